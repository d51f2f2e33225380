"""An output is whole or not there; a job that was cut off is resumed."""

import gzip
import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import pytest
from conftest import CommandLine

from names_predictor.artifact.files import sole_writer
from names_predictor.errors import NamesError
from names_predictor.formats import decoding
from names_predictor.formats.output import PartialOutput, open_output

JOB = {"model": "a"}


def files(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_output_appears_only_when_whole(tmp_path: Path) -> None:
    target = tmp_path / "out.tsv"
    target.write_text("old")
    with open_output(target, JOB) as output:
        output.write(b"new", 1)
        assert target.read_text() == "old"
    assert files(tmp_path) == {"out.tsv": "new"}


def test_nothing_is_left_of_an_output_without_rows(tmp_path: Path) -> None:
    with pytest.raises(NamesError, match="no input"), open_output(tmp_path / "out.tsv", JOB):
        raise NamesError("no input")
    assert files(tmp_path) == {}


def cut_off(target: Path, *texts: str) -> None:
    def write_and_fail() -> None:
        with open_output(target, JOB, resume=True) as output:
            for text in texts:
                output.write(text.encode(), 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()


def test_an_interrupted_output_is_resumed(tmp_path: Path) -> None:
    target = tmp_path / "out.tsv"
    cut_off(target, "one\n", "two\n")
    cut_off(target, "three\n")
    temporary = tmp_path / "out.tsv.part"
    temporary.write_text(temporary.read_text() + "torn ro")
    with open_output(target, JOB, resume=True) as output:
        assert (output.blocks, output.rows) == (3, 3)
        output.write(b"four\n", 1)
    assert files(tmp_path) == {"out.tsv": "one\ntwo\nthree\nfour\n"}


def test_blocks_lost_in_a_power_cut_are_written_again(tmp_path: Path) -> None:
    target = tmp_path / "out.tsv"
    cut_off(target, "one\n", "two\n")
    (tmp_path / "out.tsv.part").write_text("one\nt")
    with open_output(target, JOB, resume=True) as output:
        assert output.blocks == 1
        output.write(b"two\n", 1)
    assert files(tmp_path) == {"out.tsv": "one\ntwo\n"}


def test_a_damaged_line_of_the_journal_is_left_out(tmp_path: Path) -> None:
    target = tmp_path / "out.tsv"
    cut_off(target, "one\n", "two\n")
    with (tmp_path / "out.tsv.journal").open("ab") as journal:
        journal.write(b"\0\0\0\n3 3\n")
    with open_output(target, JOB, resume=True) as output:
        assert (output.blocks, output.rows) == (2, 2)
    assert files(tmp_path) == {"out.tsv": "one\ntwo\n"}


def test_an_emptied_journal_begins_anew(tmp_path: Path) -> None:
    target = tmp_path / "out.tsv"
    cut_off(target, "one\n")
    (tmp_path / "out.tsv.journal").write_text("")
    with open_output(target, JOB, resume=True) as output:
        assert output.blocks == 0
        output.write(b"one\n", 1)
    assert files(tmp_path) == {"out.tsv": "one\n"}


def test_without_resume_the_output_is_started_anew(tmp_path: Path) -> None:
    target = tmp_path / "out.tsv"
    cut_off(target, "one\n")
    with open_output(target, JOB) as output:
        output.write(b"fresh\n", 1)
    assert files(tmp_path) == {"out.tsv": "fresh\n"}


def test_the_output_of_another_job_is_rejected_and_kept(tmp_path: Path) -> None:
    target = tmp_path / "out.tsv"
    cut_off(target, "one\n")
    before = files(tmp_path)
    with (
        pytest.raises(NamesError, match="another input, model or options"),
        open_output(target, {"model": "b"}, resume=True),
    ):
        pass
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    ("ending", "content"), [(".part", "half a download"), (".journal", "of travels\n")]
)
def test_a_file_not_written_by_a_job_is_rejected_and_kept(
    tmp_path: Path, ending: str, content: str
) -> None:
    (tmp_path / f"out.tsv{ending}").write_text(content)
    with (
        pytest.raises(NamesError, match=f"out.tsv{ending}: not written by a job"),
        open_output(tmp_path / "out.tsv", JOB),
    ):
        pass
    assert files(tmp_path) == {f"out.tsv{ending}": content}


def test_an_input_is_not_overwritten(
    names_predict: CommandLine, artifact_folder: Path, tmp_path: Path
) -> None:
    """Not even the part of a job that was cut off, or through a link."""
    target = tmp_path / "out.tsv"
    target.write_text("one\n")
    (tmp_path / "link.tsv").symlink_to(target)
    cut_off(target, "one\n")
    before = files(tmp_path)
    arguments = ("--artifacts", artifact_folder, "--output", target)
    for name, taken in (
        ("out.tsv.part", "out.tsv.part"),
        ("out.tsv.journal", "out.tsv.journal"),
        ("out.tsv", "out.tsv"),
        ("link.tsv", "out.tsv"),
    ):
        result = names_predict(tmp_path / name, *arguments)
        assert (result.code, result.err.count("\n")) == (2, 1)
        assert f"{tmp_path / taken}: would be overwritten" in result.err
        assert files(tmp_path) == before


def test_an_output_in_the_folder_that_is_read_is_left_out(
    names_predict: CommandLine, artifact_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("name\nabc\n")
    for ending in (".part", ".journal"):  # of a job that was killed
        (tmp_path / f"out.csv{ending}").write_bytes(b"")
    options = ("--artifacts", artifact_folder, "--output", tmp_path / "out.csv")
    found = []
    for _ in range(2):
        result = names_predict(tmp_path, "--column", "name", *options)
        assert (result.code, result.err) == (0, "")
        found.append(files(tmp_path))
    assert found[0] == found[1]
    assert found[0].keys() == {"a.csv", "out.csv"}


def test_two_processes_do_not_write_one_output(tmp_path: Path) -> None:
    target = tmp_path / "out.tsv"
    with open_output(target, JOB) as output:
        output.write(b"one\n", 1)
        with pytest.raises(NamesError, match="another process"), open_output(target, JOB):
            pass
        output.write(b"two\n", 1)
    assert files(tmp_path) == {"out.tsv": "one\ntwo\n"}


def test_an_output_that_another_process_has_just_made_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that ends between the opening of the part and its lock."""
    target, temporary = tmp_path / "out.tsv", tmp_path / "out.tsv.part"

    @contextmanager
    def ended_meanwhile(part: Path, wait: bool) -> Iterator[None]:
        temporary.write_text("theirs\n")
        temporary.replace(target)
        yield

    monkeypatch.setattr("names_predictor.formats.output.sole_writer", ended_meanwhile)
    with (
        pytest.raises(NamesError, match="another process has just written it"),
        open_output(target, JOB),
    ):
        pass
    assert files(tmp_path) == {"out.tsv": "theirs\n"}


@pytest.mark.parametrize("fails", [False, True])
def test_an_output_that_begins_as_another_ends_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    target = tmp_path / "out.json"
    others: list[AbstractContextManager[PartialOutput]] = []

    @contextmanager
    def then_another(part: Path, wait: bool) -> Iterator[None]:
        try:
            with sole_writer(part, wait):
                yield
        finally:
            if not others:
                others.append(open_output(target, {"model": "b"}, continued=False))
                others[0].__enter__().write(b"theirs", 1)

    monkeypatch.setattr("names_predictor.formats.output.sole_writer", then_another)
    with suppress(ZeroDivisionError), open_output(target, JOB, continued=False) as output:
        output.write(b"ours", 1)
        if fails:
            raise ZeroDivisionError
    others[0].__exit__(None, None, None)
    assert files(tmp_path) == {"out.json": "theirs"}


def test_nothing_is_left_of_an_output_that_could_not_begin(tmp_path: Path) -> None:
    (tmp_path / "out.tsv.journal.next").mkdir()
    with (
        pytest.raises(NamesError, match=r"out.tsv: cannot be written: Is a directory"),
        open_output(tmp_path / "out.tsv", JOB),
    ):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["out.tsv.journal.next"]


def test_permissions_of_the_output_are_kept(tmp_path: Path) -> None:
    target = tmp_path / "out.tsv"
    target.write_text("old")
    target.chmod(0o640)
    with open_output(target, JOB) as output:
        assert (tmp_path / "out.tsv.part").stat().st_mode & 0o777 == 0o640
        output.write(b"new", 1)
    assert (target.read_text(), target.stat().st_mode & 0o777) == ("new", 0o640)


def test_a_link_to_the_output_is_kept(tmp_path: Path) -> None:
    link = tmp_path / "link.tsv"
    link.symlink_to(tmp_path / "out.tsv")
    with open_output(link, JOB) as output:
        output.write(b"new", 1)
    assert link.is_symlink()
    assert files(tmp_path) == {"link.tsv": "new", "out.tsv": "new"}


def test_output_to_nowhere_is_one_clear_error(tmp_path: Path) -> None:
    with (
        pytest.raises(NamesError, match="cannot be written"),
        open_output(tmp_path / "no" / "x", JOB),
    ):
        pass


def test_a_truncated_archive_keeps_its_rows_in_the_part_file(
    names_predict: CommandLine,
    artifact_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decoding, "BLOCK_BYTES", 1000)
    content = gzip.compress("".join(f"abc{i}\n" for i in range(5000)).encode())
    (tmp_path / "names.txt.gz").write_bytes(content[:-2000])
    monkeypatch.chdir(tmp_path)
    result = names_predict("names.txt.gz", "--artifacts", artifact_folder, "--output", "out.tsv")
    assert result.code == 2
    assert "names.txt.gz: its compressed data end early" in result.err
    assert not Path("out.tsv").exists()
    rows = Path("out.tsv.part").read_text().splitlines()
    assert f"the {len(rows):,} rows before are in out.tsv.part" in result.err
    assert [row.split("\t")[0] for row in rows] == [f"abc{i}" for i in range(len(rows))]
    assert len(rows) > 500


def test_standard_input_can_not_be_resumed(
    names_predict: CommandLine, artifact_folder: Path
) -> None:
    result = names_predict("-", "--artifacts", artifact_folder, "--output", "x", "--resume")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "standard input can't be read again" in result.err


def test_a_pipe_can_not_be_resumed(
    names_predict: CommandLine, artifact_folder: Path, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    threading.Thread(target=pipe.write_text, args=["abc\n"], daemon=True).start()
    options = ("--artifacts", artifact_folder, "--output", tmp_path / "out.tsv", "--resume")
    result = names_predict(pipe, *options)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "a pipe or standard input can't be read again" in result.err
