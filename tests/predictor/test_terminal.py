"""What a person at a terminal sees and types."""

import io
import os
import pty
import random
import re
import string
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from conftest import CommandLine, enter_workplace
from rich.table import Table
from rich.text import Text

from names_predictor.cli.job import PredictJob
from names_predictor.cli.parser import parse
from names_predictor.cli.rows import prepared_job
from names_predictor.cli.terminal import Tally, new_console, print_table
from names_predictor.errors import visible
from names_predictor.formats import decoding
from names_predictor.formats.base import Written
from names_predictor.formats.output import PartialOutput
from names_predictor.inference.predictor import NamePredictor
from names_predictor.inference.types import Prediction

PREDICT = [sys.executable, "-m", "names_predictor"]
SUMMARY = re.compile(
    r"^([\d,]+) rows: ([\d,]+) labelled(.*); [\d.]+ s; the model in artifacts \(5 "
)


workplace = pytest.fixture(autouse=True)(enter_workplace)


def screen(
    *arguments: str,
    typed: bytes | None = None,
    stdout: Any = None,
    program: str = "names_predictor",
    **environment: str,
) -> tuple[int, str]:
    """Run a command line at a terminal; return its exit code and all that the terminal got."""
    ours, theirs = pty.openpty()
    variables = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm"}
    process = subprocess.Popen(
        [sys.executable, "-m", program, *arguments],
        stdin=theirs if typed is not None else subprocess.DEVNULL,
        stdout=stdout or theirs,
        stderr=theirs,
        env=variables | environment,
    )
    os.close(theirs)
    if typed is not None:
        os.write(ours, typed)
    seen = b""
    while True:
        try:
            piece = os.read(ours, 1 << 16)
        except OSError:  # the other side is closed
            break
        if not piece:
            break
        seen += piece
    os.close(ours)
    return process.wait(60), seen.decode(errors="replace").replace("\r\n", "\n")


@pytest.mark.parametrize("variable", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_style_where_none_is_wanted(variable: dict[str, str]) -> None:
    Path("names.txt").write_text("abc\nabd\n")
    for arguments in (["names.txt"], ["--explain", "abc"], ["nowhere.txt"], ["names.txt", "--x"]):
        _, plain = screen(*arguments, **variable)
        assert "\x1b" not in plain
        assert len(plain) > 20
    _, coloured = screen("names.txt")
    assert "\x1b[" in coloured


def test_names_are_shown_to_a_terminal_not_sent(names_predict: CommandLine) -> None:
    hostile = "ab\x1b[31mc\x1b]0;title\x07\x9b2J\u202ecba"
    Path("names.txt").write_text(f"{hostile}\n", encoding="utf-8")
    Path("names.csv").write_text(f"na\x1b[2Jme,n\n{hostile},1\n", encoding="utf-8")
    for arguments in (
        ["names.txt"],
        ["names.txt", "--distribution"],
        ["names.csv", "--column", "na\x1b[2Jme"],
        ["names.csv", "--column", "x\x1b[2J"],
        ["names.csv"],
        ["--explain", "\x1b\x1b"],
        ["no\x1b[2J.txt"],
        ["names.txt", "--\x1b[2J"],
    ):
        _, seen = screen(*arguments, NO_COLOR="1")
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", seen), (arguments, seen)
        assert "\\x1b" in seen or "·" in seen
    # In a pipe they come out as they went in.
    assert names_predict("names.txt").out.startswith(hostile)


def test_what_is_visible_stays_as_it_is() -> None:
    for text in ("Nowak", "Dvořák", "محمد", "می‌خواهم", "김", "O'Neill", "क्षि", ""):
        assert visible(text) == text
    assert visible("a\tb\x00\u2028\u2066\ud800") == "a\\x09b\\x00\\u2028\\u2066\\ud800"


def test_the_last_line_sums_up_and_says_which_model() -> None:
    Path("names.txt").write_text("abc\n\n王\nabd\n", encoding="utf-8")
    plain = {"TERM": "dumb"}  # without progress, which a slow machine would show
    for arguments in (["names.txt"], ["names.txt", "--output", "out.csv"]):
        code, seen = screen(*arguments, **plain)
        found = SUMMARY.match(seen.splitlines()[-1])
        assert code == 0
        assert found
        assert found.groups() == ("4", "2", ", 1 blank, 1 unknown-script")
    for format in ("csv", "tsv", "json", "jsonl", "parquet", "xlsx"):
        _, seen = screen("names.txt", "--output", f"x.{format}", **plain)
        found = SUMMARY.match(seen.splitlines()[-1])
        assert found
        assert found.groups() == ("4", "2", ", 1 blank, 1 unknown-script")
    _, seen = screen("--explain", "abc")
    assert seen.startswith("the model in artifacts (5 labels)\n")


def test_one_row_is_summed_up() -> None:
    tally = Tally(shows_progress=False)
    assert len(list(tally.watch(iter([Written(b"abc\n", 1, Counter([""]))])))) == 1
    assert tally.summary().startswith("1 row: 1 labelled; ")


def test_resumed_rows_are_summed_up() -> None:
    tally = Tally(shows_progress=False)
    tally.resumed = 1234
    list(tally.watch(iter([Written(b"abc\n", 1, Counter([""]))])))
    assert tally.summary().startswith("1,234 rows from before, then 1 row: 1 labelled; ")


def test_a_resumed_job_without_rows_from_before_says_so() -> None:
    Path("names.txt").write_text("abc\n")
    _, seen = screen("names.txt", "--output", "new.csv", "--format", "csv", "--resume")
    assert "note: no unfinished output: all rows are labelled" in seen


def test_a_table_heeds_the_options_of_rows() -> None:
    Path("names.csv").write_text("nowak\n")
    options = ["--format", "text", "--min-probability", "1", "--hash-names"]
    _, seen = screen("names.csv", *options)
    assert "note: names.csv:1: the first cell" in seen
    assert ("1 low-confidence" in seen, "nowak" in seen) == (True, False)


def test_a_table_shows_what_a_pipe_gets() -> None:
    Path("names.csv").write_text("id,name\n1,abc\n2\n3,a,b\n")
    options = ["names.csv", "--column", "name", "--errors", "flag", "--format", "text"]
    code, seen = screen(*options)
    assert (code, seen.count("malformed")) == (0, 3)
    assert "3 rows: 1 labelled, 2 malformed" in seen
    Path("names.csv").write_text("name,label\nabc,x\n")
    code, seen = screen(*options)
    assert code == 2
    assert "column 'label' is there already: choose a --prefix" in seen


def test_a_windows_line_end_is_not_shown() -> None:
    Path("names.csv").write_bytes(b"id,name\r\n1,abc\r\n")
    code, seen = screen("names.csv", "--column", "name", "--format", "csv")
    assert (code, "1,abc," in seen, "x0d" in seen) == (0, True, False)


def test_a_pipe_gets_rows_alone() -> None:
    Path("names.txt").write_text("abc\n")
    done = subprocess.run([*PREDICT, "names.txt"], capture_output=True, check=True)
    assert (done.stdout.count(b"\n"), done.stderr) == (1, b"")


def test_progress_is_shown_only_where_rows_go_to_a_file() -> None:
    generator = random.Random(0)
    letters = string.ascii_lowercase
    names = ["".join(generator.choices(letters, k=12)) for _ in range(150_000)]
    Path("names.txt").write_text("\n".join(names) + "\n")
    slow = {"PYTHONPATH": os.pathsep.join(["slow", *sys.path])}
    Path("slow").mkdir()
    Path("slow/sitecustomize.py").write_text(
        "import names_predictor.cli.terminal as t; t.PATIENCE = 0\n"
    )
    _, seen = screen("names.txt", "--output", "out.tsv", **slow)
    assert re.search(r"[\d,]+ rows .* \d+%", seen)
    with Path("redirected.tsv").open("wb") as file:
        _, seen = screen("names.txt", stdout=file, **slow)
    assert "%" in seen
    assert Path("redirected.tsv").read_bytes() == Path("out.tsv").read_bytes()
    Path("few.txt").write_text("\n".join(names[:100]))
    for arguments in (["few.txt"], ["few.txt", "--format", "csv"]):
        _, seen = screen(*arguments, **slow)
        assert "%" not in seen
    _, seen = screen("names.txt", "--output", "out.tsv", **slow | {"TERM": "dumb"})
    assert SUMMARY.match(seen)


def test_progress_covers_all_blocks_of_all_files(
    predictor: NamePredictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "BLOCK_BYTES", 4)
    for file in ("one.txt", "two.txt"):
        Path(file).write_text("abc\nabd\n")
    job = parse(["one.txt", "two.txt"])
    assert isinstance(job, PredictJob)
    _, blocks = prepared_job(job, predictor, None, None).read(is_flat=True)
    assert [block.progress for block in blocks] == [0.25, 0.5, 0.75, 1.0]


def test_names_typed_at_a_keyboard_are_answered_one_by_one() -> None:
    code, seen = screen(typed=b"abc\n\n\x1b[31m\n\x04")
    assert code == 0
    assert (
        "reading names from the keyboard, one a line; Ctrl-D ends; the model in artifacts" in seen
    )
    assert re.search(r"^abc\tlabel \d\t0\.\d{4}\t$", seen, re.MULTILINE)
    assert "\t\t\tblank\n" in seen
    assert "\\x1b[31m\t" in seen


def test_typed_names_can_be_hashed_or_null() -> None:
    _, seen = screen("--hash-names", "--null-value", "abc", typed=b"abc\nabd\n\x04")
    assert re.search(r"^[0-9a-f]{64}\t\t\tblank$", seen, re.MULTILINE)
    assert re.search(r"^[0-9a-f]{64}\tlabel \d\t", seen, re.MULTILINE)


def test_names_can_be_typed_in_the_requested_encoding() -> None:
    _, seen = screen("--encoding", "latin-1", typed=b"ab\xfc\n\x04", LC_ALL="C.UTF-8")
    assert re.search(r"^abü\tlabel ", seen, re.MULTILINE)


def test_typed_bytes_that_are_not_text_are_undecodable() -> None:
    code, seen = screen(typed=b"ab\xff\nabc\n\x04", PYTHONIOENCODING="utf-8:strict")
    assert code == 0, seen
    assert re.search("^ab\ufffd\t\t\tundecodable$", seen, re.MULTILINE)
    assert re.search(r"^abc\tlabel ", seen, re.MULTILINE)


def test_help_fits_80_columns() -> None:
    done = subprocess.run([*PREDICT, "--help"], capture_output=True, text=True, check=True)
    assert max(map(len, done.stdout.splitlines())) <= 80
    for group in ("the model:", "the predictions:", "the input:", "the output:", "examples:"):
        assert f"\n{group}\n" in done.stdout
    assert done.stdout.startswith("usage: names-predict [OPTIONS] [FILES ...]\n")


@pytest.mark.parametrize("variable", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_the_trainer_heeds_it_too_and_shows_what_is_hostile(variable: dict[str, str]) -> None:
    Path("corpus").mkdir()
    for label in ("one", "two"):
        Path(f"corpus/{label}.txt").write_text("ab\x1b[2Jc\nabd\n" * 3)
    for arguments in (
        ["--help"],
        ["train", "--help"],
        ["trian"],
        ["inspect", "--artifacts", "artifacts"],
        ["data", "check", "--data-dir", "corpus"],
        ["data", "check", "--data-dir", "no\x1b[2J"],
    ):
        _, seen = screen(*arguments, program="names_trainer", **variable)
        assert len(seen) > 20
        assert "\x1b" not in seen, (arguments, seen)


def test_a_safe_console_shows_what_it_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    console = new_console(file=sys.stdout, force_terminal=True, width=40)
    console.print("a\x1b[2Jb", "c\u202ed")
    table = Table("na\x1bme")
    table.add_row(Text("x\x07y\nz", "bold"))
    console.print(table)
    shown = capsys.readouterr().out
    assert "a\\x1b[2Jb c\\u202ed" in shown
    assert "na\\x" in shown
    assert not re.search("\x07|\x1b(?!\\[[0-9;]*m)", shown)


def test_a_table_of_three_labels_fits_80_columns_and_loses_nothing_at_60() -> None:
    ranked = (("Vietnamese", 0.61), ("Indonesian", 0.2), ("Portuguese", 0.1))
    predictions = [Prediction("Papadopoulou-Smith", "Vietnamese", 0.61, None, ranked)]
    shown = {}
    for width in (60, 80):
        file = io.StringIO()
        print_table(new_console(file=file, width=width), predictions, [""], False, str)
        shown[width] = file.getvalue()
    assert "…" not in shown[60] + shown[80]
    assert shown[80].count("\n") == 2
    assert shown[60].count("0.610") == shown[60].count("0.200") == shown[60].count("0.100") == 1


def test_a_terminal_of_unknown_width_is_not_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "0")
    file = io.StringIO()
    print_table(
        new_console(file=file), [Prediction("Lee", None, None, "blank")], ["blank"], False, str
    )
    assert "Lee" in file.getvalue()


@pytest.mark.parametrize("width", [75, 80])
def test_a_table_breaks_no_label_of_a_prediction_set(width: int) -> None:
    ranked = (("Polish", 0.5), ("Russian", 0.2))
    in_set = ("Polish", "Russian", "Lithuanian", "Cameroonian", "Belarusian")
    first = Prediction("Papadopoulou", "Polish", 0.5, None, ranked, in_set)
    unlabelled = Prediction("1" * 40, None, None, "unknown-script", ())
    file = io.StringIO()
    console = new_console(file=file, width=width)
    codes = {"Polish": "pol", "Russian": "rus"}
    print_table(console, [first, unlabelled], ["", "unknown-script"], True, str, codes)
    assert set(in_set) <= set(file.getvalue().replace(",", " ").split())
    assert "unknown-script" in file.getvalue()


def test_a_table_of_many_labels_has_a_row_for_each() -> None:
    ranked = tuple((f"Label {i}", 0.3 - i / 100) for i in range(10))
    first = Prediction("Papadopoulou", "Label 0", 0.3, None, ranked)
    unlabelled = Prediction("", None, None, "blank", ())
    file = io.StringIO()
    console = new_console(file=file, width=80)
    print_table(console, [first, unlabelled], ["", "blank"], False, str)
    rows = [line.split() for line in file.getvalue().splitlines()]
    assert rows[1] == ["Papadopoulou", "Label", "0", "0.300"]
    assert rows[2:11] == [["Label", str(i), f"{0.3 - i / 100:.3f}"] for i in range(1, 10)]
    assert rows[11:] == [["blank"]]


def test_a_table_shows_no_label_that_is_withheld() -> None:
    withheld = Prediction("abc", None, 0.4, "low-confidence", (("Greek", 0.4), ("Thai", 0.1)))
    blank = Prediction("", None, None, "blank", ())
    file = io.StringIO()
    reasons, codes = ["low-confidence", "blank"], {"Greek": "ell"}
    print_table(new_console(file=file), [withheld, blank], reasons, False, str, codes)
    _, first, second = file.getvalue().splitlines()
    assert first.split() == ["abc", "0.400", "0.100", "low-confidence"]
    assert second.index("blank") == first.index("low-confidence")


@pytest.mark.parametrize("format", ["xlsx", "parquet"])
def test_binary_rows_do_not_go_to_a_terminal(format: str) -> None:
    Path("names.txt").write_text("abc\n")
    code, seen = screen("names.txt", "--format", format, NO_COLOR="1")
    problem = f"{format}: a terminal cannot show it: give an --output, or --format csv"
    assert (code, seen) == (2, f"error: {problem}\n")


def test_rows_from_before_are_counted(
    names_predict: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("one.txt").write_text("abc\nabd\n")
    Path("two.txt").write_text("abe\n")
    write = PartialOutput.write

    def cut_off(part: PartialOutput, content: bytes, rows: int) -> None:
        write(part, content, rows)
        raise KeyboardInterrupt

    arguments = ("one.txt", "two.txt", "--output", "out.tsv")
    with monkeypatch.context() as patch:
        patch.setattr(PartialOutput, "write", cut_off)
        assert names_predict(*arguments).code == 130
    code, seen = screen(*arguments, "--resume", TERM="dumb")
    assert (code, seen.splitlines()[-1].partition(":")[0]) == (0, "2 rows from before, then 1 row")
