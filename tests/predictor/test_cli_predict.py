import hmac
import io
import os
import pty
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import HANGS, CommandLine, enter_workplace, heavy_imports

from names_predictor.cli import main as cli
from names_predictor.errors import NamesError
from names_predictor.formats.files import input_files

COMMAND = [sys.executable, "-m", "names_predictor"]


workplace = pytest.fixture(autouse=True)(enter_workplace)


def rows(text: str) -> list[list[str]]:
    return [line.split("\t") for line in text.split("\n")[:-1]]


def test_each_name_gives_a_row_in_order(names_predict: CommandLine) -> None:
    Path("names.txt").write_text("abc\n\nDEF\n王\n a b \n", encoding="utf-8")
    result = names_predict("names.txt")
    assert result.code == 0, result.err
    found = rows(result.out)
    assert [row[0] for row in found] == ["abc", "", "DEF", "王", " a b "]
    assert [row[3] for row in found] == ["", "blank", "", "unknown-script", ""]
    for row in found:
        assert len(row) == 4
        assert (row[1].startswith("label ") and 0 < float(row[2]) <= 1) != bool(row[3])


def test_several_files_and_standard_input(
    names_predict: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("one.txt").write_text("abc\n")
    Path("two.txt").write_text("abd")
    stdin = io.TextIOWrapper(io.BytesIO(b"from stdin\r\n"))
    monkeypatch.setattr(sys, "stdin", stdin)
    result = names_predict("one.txt", "-", "two.txt")
    assert [row[0] for row in rows(result.out)] == ["abc", "from stdin", "abd"]


def test_nothing_reads_standard_input() -> None:
    done = subprocess.run(COMMAND, input=b"abc\n", capture_output=True, check=True)
    assert done.stdout.startswith(b"abc\tlabel ")
    assert done.stderr == b""


def test_top_k(names_predict: CommandLine) -> None:
    Path("names.txt").write_text("abc\n\n")
    named, blank = rows(names_predict("names.txt", "--top-k", 3).out)
    assert len(named) == len(blank) == 8
    assert len({named[1], named[3], named[5]}) == 3
    assert float(named[2]) >= float(named[4]) >= float(named[6])
    assert len(rows(names_predict("names.txt", "--top-k", 99).out)[0]) == 2 + 2 * 5


def test_the_output_file_equals_standard_output(names_predict: CommandLine) -> None:
    Path("names.txt").write_text("abc\nö\n\n", encoding="utf-8")
    expected = names_predict("names.txt").out
    result = names_predict("names.txt", "--output", "out.tsv")
    assert (result.code, result.out) == (0, "")
    assert Path("out.tsv").read_text(encoding="utf-8") == expected
    assert names_predict("names.txt", "--output", "-").out == expected
    assert not Path("-").exists()
    assert Path("out.tsv").stat().st_mode & 0o777 == 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.txt"], "nowhere.txt: no such file: check the path"),
        (["empty"], "empty: a folder without files to read"),
        (["latin1.txt"], "latin1.txt:2: byte 0xfc is not UTF-8"),
        (["good.txt", "--artifacts", "nowhere"], "nowhere: no such folder"),
        (["good.txt", "--output", "nowhere/out.tsv"], "cannot be written"),
        (["good.txt", "--output", "."], ".: cannot be written"),
        (["good.txt", "--resume"], "--resume: needs --output"),
        (["good.txt", "--output", "/dev/full"], "/dev/full: cannot be written"),
        (["good.txt", "--prior", "nowhere.txt"], "nowhere.txt: cannot be read"),
        (["good.txt", "--prior", "latin1.txt"], "latin1.txt:"),
        (["latin1.txt", "--output", "kept.tsv"], "is not UTF-8"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    names_predict: CommandLine, arguments: list[object], message: str
) -> None:
    Path("good.txt").write_text("abc\n")
    Path("latin1.txt").write_bytes(b"abc\nm\xfcller\n")
    Path("kept.tsv").write_text("kept")
    Path("empty").mkdir()
    before = set(Path().iterdir())
    result = names_predict(*arguments)
    assert result.code == 2
    assert message in result.err
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert Path("kept.tsv").read_text() == "kept"
    assert set(Path().iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--top-k", 0], "--top-k: give a whole number from 1"),
        (["--top-k", "x"], "--top-k: give a whole number from 1"),
        (["--min-probability", 1.5], "--min-probability: give a number from 0 to 1"),
        (["--coverage", "x"], "--coverage: give a number between 0 and 1"),
        (["--threads", -1], "--threads"),
        (["--no-such-option"], "--no-such-option"),
        (["--output", ""], "--output: give the name of a file"),
        (["--explain", "abc", "--top-k", 2], "--explain: does not go with --top-k: leave it out"),
        (["--explain", "abc", "--output", "x"], "--explain: does not go with --output"),
        (["--column", "a", "--prefix", "\udce4"], "--prefix: give printable text"),
        (["--resume", "--output", "/dev/null", "names.txt"], "--resume: /dev/null is not a file"),
        (
            ["names.txt", "--resume", "--output", "x", "--hash-names"],
            "--resume: the random salt is gone: set NAMES_SALT",
        ),
        (["-", "--prior", "-"], "--prior -: standard input has the names: name a file"),
        (["--prior", "-"], "--prior -: standard input has the names: name a file"),
        (["x", "--column", "n", "--column", "n"], "--column 'n': given twice: leave one out"),
        (["names.txt", "--prefix", "p_"], "--prefix: a plain list has no header"),
        (["names.txt", "--output", "new/"], "new/: a folder: name a file in it"),
        ([""], "'': not a path of this machine: name a file"),
        (["https://x/a.csv"], "'https://x/a.csv': not a path of this machine"),
        (["--output", "x", "round"], "round: cannot be read: Too many levels"),
    ],
)
def test_bad_options_are_one_line_and_exit_code_2(
    names_predict: CommandLine, arguments: list[object], message: str
) -> None:
    Path("names.txt").write_text("abc\n")
    Path("round").symlink_to("round")
    result = names_predict(*arguments)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert message in result.err
    assert not Path("x").exists()


def test_files_and_options_may_come_in_any_order(names_predict: CommandLine) -> None:
    for name in ("a.txt", "b.txt", "--c.txt"):
        Path(name).write_text(f"{name.strip('-')[0]}bc\n")
    result = names_predict("a.txt", "--top-k", 1, "b.txt", "--", "--c.txt")
    assert result.code == 0, result.err
    assert [row[:3] for row in result.out.splitlines()] == ["abc", "bbc", "cbc"]
    assert names_predict("--", "--c.txt", "a.txt").out.count("\n") == 2


def test_an_empty_file_gives_no_rows(names_predict: CommandLine) -> None:
    Path("empty.txt").touch()
    result = names_predict("empty.txt")
    assert (result.code, result.out) == (0, "")


def test_rows_for_an_open_stream_follow_what_is_there() -> None:
    Path("names.txt").write_text("abc\n")
    job = f"{shlex.join(COMMAND)} names.txt --output"
    script = f"echo old > rows; {{ {job} /dev/stdout; {job} /dev/fd/1; }} >> rows"
    subprocess.run(["bash", "-c", script], check=True)
    old, *rows = Path("rows").read_text().splitlines()
    assert (old, len(rows)) == ("old", 2)
    assert all(row.startswith("abc\tlabel ") for row in rows)
    assert not Path("rows (deleted)").exists()


def test_a_deleted_folder_is_one_line() -> None:
    Path("names.txt").write_text("abc\n")
    job = f"{shlex.join(COMMAND)} {Path('names.txt').resolve()} --output out.tsv"
    script = f"mkdir gone; cd gone; rmdir ../gone; {job}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    message = "error: the current folder was deleted: change to another\n"
    assert (done.returncode, done.stderr) == (2, message)


def test_linked_folders_are_read_once(names_predict: CommandLine) -> None:
    for name in ("a", "b"):
        Path(f"people/{name}").mkdir(parents=True)
        Path(f"people/{name}/{name}.txt").write_text(f"{name}bc\n")
    Path("others").mkdir()
    Path("others/c.txt").write_text("cab\n")
    Path("people/0.txt").write_text("bac\n")
    Path("people/c").symlink_to("../others")
    Path("people/b/up").symlink_to("../../people")
    Path("people/same").symlink_to("b")
    rows = names_predict("people").out.splitlines()
    assert [row.partition("\t")[0] for row in rows] == ["bac", "abc", "bbc", "cab"]


def test_a_folder_without_permission_is_one_line(names_predict: CommandLine) -> None:
    locked = Path("people/locked")
    locked.mkdir(parents=True)
    for path in ("people/a.txt", "people/locked/b.txt"):
        Path(path).write_text("abc\n")
    Path().chmod(0o755)
    user = os.geteuid()
    try:
        locked.chmod(0)
        if user == 0:  # who may look into everything
            os.seteuid(65534)
        result = names_predict("people/locked/b.txt")
        with pytest.raises(NamesError, match="people/locked: cannot be read: Permission denied"):
            input_files(["people"], None, is_table=False)
    finally:
        os.seteuid(user)
        locked.chmod(0o700)
    error = "error: people/locked/b.txt: cannot be read: Permission denied\n"
    assert (result.code, result.err) == (2, error)


def test_a_closed_pipe_is_not_an_error() -> None:
    Path("many.txt").write_text("abc\n" * 300_000)
    with subprocess.Popen(
        [*COMMAND, "many.txt"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(HANGS) == 0
    for arguments in ("--explain abc", "--help"):
        command = f"{shlex.join(COMMAND)} {arguments}"
        script = ["bash", "-c", f"{command} | sleep 0; echo ${{PIPESTATUS[0]}}"]
        done = subprocess.run(script, capture_output=True, check=True)
        assert (done.stdout, done.stderr) == (b"0\n", b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("arguments", ["--help", "--version", "--list-labels", "names.txt"])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_one_line_and_exit_code_2(arguments: str, unbuffered: str) -> None:
    Path("names.txt").write_text("abc\n")
    command = ["bash", "-c", f"exec {shlex.join(COMMAND)} {arguments} >/dev/full"]
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True, check=False)
    message = "error: standard output: cannot be written: No space left on device\n"
    assert (done.returncode, done.stderr) == (2, message)


def test_without_rich_a_terminal_gets_plain_rows() -> None:
    Path("names.txt").write_text("abc\n")
    without = (
        "import sys; sys.modules['rich'] = None; from names_predictor.cli.main import main; main()"
    )
    screens = []
    for arguments in (["names.txt"], ["--explain", "abc"]):
        ours, theirs = pty.openpty()
        command = [sys.executable, "-c", without, *arguments]
        with subprocess.Popen(command, stdout=theirs, stderr=theirs) as process:
            process.wait(HANGS)
        os.close(theirs)
        screens.append((process.returncode, os.read(ours, 10_000).decode()))
        os.close(ours)
    (_, rows), (code, error) = screens
    assert rows.startswith("abc\tlabel ")
    assert (code, error.count("\n")) == (2, 1)
    assert "--explain needs rich" in error


def test_a_salt_may_be_any_bytes(
    names_predict: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("names.txt").write_text("abc\n")
    hashes = []
    for salt in (b"\xff", b"\xfe", "ö".encode()):
        monkeypatch.setenv("NAMES_SALT", os.fsdecode(salt))
        result = names_predict("names.txt", "--hash-names")
        assert result.code == 0, result.err
        hashes.append(result.out.partition("\t")[0])
        assert hashes[-1] == hmac.digest(salt, b"abc", "sha256").hex()
    assert len(set(hashes)) == 3


def test_a_terminal_gets_a_table() -> None:
    Path("names.txt").write_text("abc\n[bold]x\n\n")
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, "names.txt"],
        stdout=theirs,
        stderr=theirs,
        env=os.environ | {"TERM": "dumb", "COLUMNS": "80"},
    ) as process:
        process.wait(HANGS)
    os.close(theirs)
    screen = os.read(ours, 10_000).decode()
    os.close(ours)
    header, abc, markup, blank = screen.split("\r\n")[:4]
    assert header.split() == ["name", "label", "probability"]
    assert abc.split()[0] == "abc"
    assert markup.startswith("[bold]x")
    assert blank.split() == ["blank"]


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_does_not_wait_for_onnxruntime(arguments: list[str]) -> None:
    assert heavy_imports("names_predictor.cli.main", arguments) == set()


def test_a_shell_gets_completions(tmp_path: Path) -> None:
    line = "names-predict --min"
    environment = {"COMP_LINE": line, "COMP_POINT": str(len(line)), "_ARGCOMPLETE": "1"}
    environment |= {
        "_ARGCOMPLETE_STDOUT_FILENAME": str(tmp_path / "found"),
        "_ARGCOMPLETE_IFS": "|",
    }
    subprocess.run(COMMAND, env=os.environ | environment, check=False)
    assert (tmp_path / "found").read_text().strip() == "--min-probability"


@pytest.mark.parametrize(
    ("arguments", "is_kept", "hint"),
    [
        (["a.txt", "--output", "x.tsv"], True, True),
        (["a.txt", "--output", "x.tsv"], False, False),  # before the first row, or not resumable
        (["a.txt"], False, False),
        (["--output", "x.tsv"], True, False),
        (["a.txt", "-", "--output", "x.tsv"], True, False),
        (["a.txt", "--output", "x.tsv", "--hash-names"], True, False),
    ],
)
def test_an_interrupted_job_mentions_resume_only_if_possible(
    names_predict: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    is_kept: bool,
    hint: bool,
) -> None:
    def stopped(options: object) -> None:
        for companion in ("x.tsv.part", "x.tsv.journal"):
            if is_kept:
                Path(companion).touch()
        raise KeyboardInterrupt

    monkeypatch.delenv("NAMES_SALT", raising=False)
    monkeypatch.setattr(cli, "run", stopped)
    result = names_predict(*arguments)
    expected = "stopped; continue with --resume\n" if hint else "stopped\n"
    assert (result.code, result.err) == (130, expected)


def test_too_little_memory_is_one_line(
    names_predict: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out_of_memory(job: object) -> None:
        raise MemoryError

    monkeypatch.setattr(cli, "run", out_of_memory)
    error = "error: not enough memory: give it more, or --threads 1\n"
    assert names_predict("names.txt") == (2, "", error)
