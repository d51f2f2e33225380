"""Errors of `names`: one line, and the exit code."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import SMALL_RUN, CommandLine, write_corpus

from names_trainer.config import TrainConfig
from names_trainer.runs.run import Run

pytestmark = pytest.mark.usefixtures("workplace")


def one_line(text: str) -> bool:
    return text.startswith("error: ") and text.count("\n") == 1


@pytest.mark.parametrize("date", ["", "abc", "1e9", "9" * 20])
def test_a_date_that_is_no_number_is_one_line(
    names: CommandLine, monkeypatch: pytest.MonkeyPatch, date: str
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", date)
    result = names("inspect")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert f"SOURCE_DATE_EPOCH: {date!r} is not a number" in result.err


@pytest.mark.parametrize(
    "problem", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")]
)
def test_too_little_memory_for_a_training_is_one_line(
    names: CommandLine, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    def fit(*arguments: object) -> None:
        raise problem

    monkeypatch.setattr("names_trainer.pipeline.fit", fit)
    result = names("train", *SMALL_RUN)
    assert result.code == 2
    assert one_line(result.err)
    assert "not enough memory" in result.err


def test_any_other_exception_keeps_its_traceback(
    names: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fit(*arguments: object) -> None:
        raise RuntimeError("a mistake")

    monkeypatch.setattr("names_trainer.pipeline.fit", fit)
    with pytest.raises(RuntimeError, match="a mistake"):
        names("train", *SMALL_RUN)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "--data-dir", "nowhere"], "nowhere: no such folder"),
        (["train", "--batch-size", 0], "--batch-size can't be 0"),
        (["train", "--run", "x"], "--run names the run to --resume"),
        (["train", "--resume"], "no unfinished run"),
        (["train", "--resume", "--seed", 3], "--seed can't change"),
        (["train", "--resume", "--data", "x"], "--data can't change"),
        (["train", "--resume", "--run", "nowhere"], "nowhere: not a run"),
        (["export", "--run", "data/names/Zed-like.txt"], "Zed-like.txt: not a run"),
        (["train", "--batch-size", 10**20], "--batch-size can't be 100000000000000000000: give"),
        (["train", "--synthetic-names", 5], "--synthetic-names has no effect without --teachers"),
        (["train", "--label-power", 0.2], "--label-power has no effect without --given-dir"),
        (["train", "--forms", 0.2], "--forms has no effect without --given-dir"),
        (
            ["train", "--preset", "coursework", "--ngram-dropout", 0.2],
            "--ngram-dropout has no effect without --ngrams: give both",
        ),
        (
            ["train", "--output", "out\udcff"],
            "out\\udcff: not UTF-8: rename the folder or the file",
        ),
        (["train", "--given-dir", "g\udcff"], "g\\udcff: not UTF-8: rename the folder or the file"),
        (["train", "--data", ""], "--data: give a folder or a file"),
        (["evaluate", "--data", ""], "--data: give a folder or a file"),
        (["evaluate", "--run", "x", "--artifacts", "y"], "--run, --artifacts: give one of them"),
        (["evaluate", "--run", "x", "--coverage", 2], "coverage can't be 2.0: give a number"),
        (["export", "--output", "hf://o/m"], "hf:/o/m: --output is a folder: use --push"),
        (
            ["export"],
            "no run with a finished epoch in it: start one with `names train`, or give --run",
        ),
        (["export", "--run", "nowhere"], "nowhere: not a run"),
        (["data", "check", "--data-dir", "nowhere"], "no such folder"),
        (["train", "birds"], "unexpected argument: birds: did you mean --data birds?"),
        (["inspect", "data"], "and `names export`, or name the folder of one"),
        (["inspect", "one", "two"], "unexpected argument: two: see names inspect --help"),
        (["study"], "missing argument 'WHAT': see names study --help"),
        (["export", "--output"], "option '--output' requires an argument"),
        (["oven"], "no such command 'oven': see names --help"),
        (["trian"], "no such command 'trian': did you mean 'train'?: see names --help"),
        (["data", "chek"], "did you mean 'check'?: see names data --help"),
        (["train", "--xyz"], "no such option: --xyz: see names train --help"),
        (["train", "--epochs", 3], "no such option: --epochs: did you mean --num-epochs?"),
        (["train", "--split", "other"], "--split: 'other' is not one of 'grouped', 'random'"),
        (["train", "--batch-size", "many"], "--batch-size: must be a valid integer: see"),
        (["study", "all", "--seeds", 0], "--seeds: must be greater than or equal to 1: see"),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_2(
    names: CommandLine, arguments: list[object], message: str
) -> None:
    result = names(*arguments)
    assert result.code == 2
    assert one_line(result.err), result.err
    assert message in result.err
    assert {path.name for path in Path().iterdir()} == {"data"}


def test_options_without_effect_may_be_those_of_a_preset(names: CommandLine) -> None:
    without = ["--teachers", 0, "--ngrams", 0, "--synthetic-names", 0, "--forms", 0]
    result = names("train", "--preset", "best", *without, *SMALL_RUN)
    assert result.code == 0, result.err
    result = names("train", "--ngrams", 0, *SMALL_RUN)
    assert result.code == 0, result.err


def test_a_table_that_no_memory_holds_is_one_line(names: CommandLine) -> None:
    result = names("train", "--ngram-dim", 10**12)
    assert (result.code, one_line(result.err)) == (2, True)
    assert "--ngram-rows 65536, --ngram-dim 1000000000000: not enough memory" in result.err


@pytest.mark.parametrize("size", [10**11, 10**22])
def test_a_model_that_no_memory_holds_is_one_line(
    names: CommandLine, corpus: Path, size: int
) -> None:
    result = names("train", "--data-dir", corpus, "--hidden-dim", size)
    assert (result.code, one_line(result.err)) == (2, True)
    assert f"--hidden-dim {size}, --embedding-dim 64" in result.err
    assert not Path("artifacts").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no name in it"),
        (b"Ann\nM\xfcller\n", "Clip.txt:2: undecodable line"),
        (b"Ann\n" + b"x" * 200, "Clip.txt:2: too-long line"),
    ],
)
def test_bad_data_is_reported_with_its_place(
    names: CommandLine, content: bytes, message: str
) -> None:
    Path("data/names/Clip.txt").write_bytes(content)
    result = names("train", *SMALL_RUN)
    assert result.code == 2
    assert one_line(result.err), result.err
    assert message in result.err
    assert not Path("artifacts").exists()


def test_one_label_only(names: CommandLine) -> None:
    for path in list(Path("data/names").iterdir())[1:]:
        path.unlink()
    result = names("train", *SMALL_RUN)
    assert (result.code, one_line(result.err)) == (2, True)
    assert "only one label" in result.err


@pytest.mark.parametrize("group", [[], ["data"]])
def test_a_group_alone_prints_its_help_and_ends_with_2(
    names: CommandLine, group: list[str]
) -> None:
    result = names(*group)
    assert (result.code, result.err) == (2, "")
    assert f"Usage: {' '.join(['names', *group])} [OPTIONS] COMMAND" in result.out


def test_a_refused_export_ends_with_1(names: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert names("train", *SMALL_RUN).code == 0
    monkeypatch.setattr("names_trainer.export.parity.TOLERANCE", 0.0)
    result = names("export")
    assert result.code == 1
    assert one_line(result.err), result.err
    assert not Path("artifacts/model.onnx").exists()


def test_an_export_to_where_no_folder_can_be(names: CommandLine) -> None:
    assert names("train", *SMALL_RUN).code == 0
    Path("file").write_text("in the way")
    result = names("export", "--output", "file/artifacts")
    assert (result.code, one_line(result.err)) == (2, True)


def test_an_export_after_the_corpus_changed_is_refused(names: CommandLine) -> None:
    assert names("train", *SMALL_RUN).code == 0
    shutil.rmtree("data/names")
    write_corpus(Path("data/names"), names=50)
    result = names("export")
    assert (result.code, one_line(result.err)) == (2, True)
    assert "not the names" in result.err


@pytest.mark.parametrize("command", [["export"], ["evaluate"], ["train", "--resume"]])
def test_a_run_in_another_folder_says_which_names_it_misses(
    names: CommandLine, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    run = Run.create(Path("runs"), TrainConfig(), "one").folder.absolute()
    monkeypatch.chdir("data")
    result = names(*command, "--run", run)
    assert (result.code, one_line(result.err)) == (2, True)
    assert f"data/names: no such folder or file, but {run} was trained on it" in result.err


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_closed_pipe_is_no_failed_check(options: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "names_trainer", "data", "check", *options]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_one_line_and_exit_code_2(unbuffered: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "names_trainer", "--version"],
            env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    message = "error: the output: No space left on device\n"
    assert (done.returncode, done.stderr) == (2, message)
