import json
import os
import shutil
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from conftest import HANGS, CommandLine, write_corpus
from rich.console import Console

from names_trainer.config import TrainConfig
from names_trainer.runs.run import Run
from names_trainer.views.training import show_stopped

SMALL = ["--hidden-dim", 8, "--embedding-dim", 4, "--num-epochs", 2, "--batch-size", 30]


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a corpus where the commands look for one."""
    write_corpus(tmp_path / "data" / "names")
    monkeypatch.chdir(tmp_path)


def one_line(text: str) -> bool:
    return text.startswith("error: ") and text.count("\n") == 1


def test_train_and_export_and_again(names: CommandLine) -> None:
    result = names("train", *SMALL, "--schedule", "constant")
    assert result.code == 0, result.err
    assert "epoch 2/2" in result.out
    # Reported if it applies, and only then.
    last_is_best = "test, best epoch 2:" in result.out
    assert ("may get further" in result.out) == last_is_best
    assert "test, best epoch" in result.out
    (run,) = Path("artifacts/runs").iterdir()
    assert run.name.endswith("1x8-b30-grouped-s100")
    assert {p.name for p in run.iterdir()} == {
        "config.json",
        "metrics.jsonl",
        "best.safetensors",
        "state.safetensors",
        "test.json",
    }
    result = names("export")
    assert result.code == 0, result.err
    assert "every label equal" in result.out
    assert sorted(p.name for p in Path("artifacts").iterdir()) == [
        "MODEL_CARD.md",
        "model.onnx",
        "runs",
        "vocab.json",
    ]
    assert names("export", "--run", run, "--output", "elsewhere").code == 0
    assert Path("elsewhere/model.onnx").read_bytes() == Path("artifacts/model.onnx").read_bytes()


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
    result = names("train", *SMALL)
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
        names("train", *SMALL)


def test_every_training_option_reaches_the_run(names: CommandLine) -> None:
    options = {
        "split": "random",
        "embedding_dim": 5,
        "hidden_dim": 6,
        "num_layers": 2,
        "dropout": 0.25,
        "optimizer": "adamw",
        "learning_rate": 0.02,
        "weight_decay": 0.03,
        "batch_size": 31,
        "num_epochs": 1,
        "seed": 7,
        "data_dir": str(Path("data/names").absolute()),
    }
    arguments = [a for k, v in options.items() for a in (f"--{k.replace('_', '-')}", v)]
    assert names("train", *arguments, "--output", "here").code == 0
    (run,) = Path("here").iterdir()
    config = json.loads((run / "config.json").read_text(encoding="utf-8"))
    assert {key: config[key] for key in options} == options


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "--data-dir", "nowhere"], "nowhere: no such folder"),
        (["train", "--batch-size", 0], "--batch-size can't be 0"),
        (["train", "--run", "x"], "--run names the run to --resume"),
        (["train", "--resume"], "no unfinished run"),
        (["train", "--resume", "--seed", 3], "--seed can't change"),
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
    result = names("train", "--preset", "best", *without, *SMALL)
    assert result.code == 0, result.err
    result = names("train", "--ngrams", 0, *SMALL)
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
    result = names("train", *SMALL)
    assert result.code == 2
    assert one_line(result.err), result.err
    assert message in result.err
    assert not Path("artifacts").exists()


def test_one_label_only(names: CommandLine) -> None:
    for path in list(Path("data/names").iterdir())[1:]:
        path.unlink()
    result = names("train", *SMALL)
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
    assert names("train", *SMALL).code == 0
    monkeypatch.setattr("names_trainer.export.export.TOLERANCE", 0.0)
    result = names("export")
    assert result.code == 1
    assert one_line(result.err), result.err
    assert not Path("artifacts/model.onnx").exists()


def test_an_export_to_where_no_folder_can_be(names: CommandLine) -> None:
    assert names("train", *SMALL).code == 0
    Path("file").write_text("in the way")
    result = names("export", "--output", "file/artifacts")
    assert (result.code, one_line(result.err)) == (2, True)


def test_ctrl_c_keeps_the_best_weights_and_resume_continues(names: CommandLine) -> None:
    # A shell lets background processes ignore Ctrl-C, and the children of pytest inherit that.
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from names_trainer.cli.main import main; main()"
    )
    command = [sys.executable, "-c", code, "train"]
    options = ["--hidden-dim", "64", "--num-epochs", "400", "--batch-size", "30"]
    process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    for line in process.stdout:
        if line.startswith("epoch 3/"):
            break
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    rest = process.stdout.read()
    assert process.wait(HANGS) == 130
    assert "best weights are kept" in rest
    (folder,) = Path("artifacts/runs").iterdir()
    assert f"names train --resume --run {folder}" in rest
    done = len(Run.open(folder).epochs())
    assert done >= 3
    assert names("export").code == 0

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["num_epochs"] = done + 1  # otherwise it would take long
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    result = names("train", "--resume")
    assert result.code == 0, result.err
    assert len([line for line in result.out.splitlines() if line.startswith("epoch ")]) == 1
    assert (folder / "test.json").exists()


def test_a_folder_is_shown_as_it_is_called(names: CommandLine) -> None:
    odd = Path("[red] runs")
    result = names("train", *SMALL, "--output", odd)
    assert result.code == 0, result.err
    assert f"run {odd}/" in result.out
    (run,) = odd.iterdir()
    assert f"from {run}" in names("export", "--run", run, "--output", "[bold]").out
    assert "[bold]/model.onnx" in names("export", "--run", run, "--output", "[bold]").out
    shown = StringIO()
    show_stopped(Run.open(run), Console(file=shown))
    assert f"--run '{run}'" in shown.getvalue()


def test_resume_after_a_kill_ends_with_the_same_weights(names: CommandLine) -> None:
    # It kills itself in the third epoch, because a kill from outside could be too late.
    code = """
import os, signal
from names_trainer import pipeline
from names_trainer.training import loop as training
from names_trainer.cli.main import main

def half_of_it(share):
    if share > 0.5 and len(epochs) == 2:
        os.kill(os.getpid(), signal.SIGKILL)

def train(run, soft_labels, on_batch, soften):
    for epoch in training.train(run, soft_labels, half_of_it):
        epochs.append(epoch)
        yield epoch

epochs = []
pipeline.train = train
main()
"""
    options = ["--hidden-dim", "32", "--num-epochs", "4", "--batch-size", "2"]
    command = [sys.executable, "-c", code, "train", *options, "--output", "killed"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    (killed,) = Path("killed").iterdir()
    assert len(Run.open(killed).epochs()) == 2
    assert names("train", *options, "--output", "whole").code == 0
    assert names("train", "--resume", "--output", "killed").code == 0
    (whole,) = Path("whole").iterdir()
    for name in ("best.safetensors", "state.safetensors"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes()


def test_an_export_after_the_corpus_changed_is_refused(names: CommandLine) -> None:
    assert names("train", *SMALL).code == 0
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


def test_ctrl_c_ends_the_command_while_it_is_imported() -> None:
    code = """
import signal, sys
from names_trainer.__main__ import command

class Finder:
    def find_spec(name, *_):
        if name == "typer":
            signal.raise_signal(signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Finder)
command()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (130, b"")
