import json
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from conftest import HANGS, SMALL_RUN, CommandLine
from rich.console import Console

from names_trainer.runs.run import Run
from names_trainer.views.training import show_stopped

pytestmark = pytest.mark.usefixtures("workplace")


def test_train_and_export_and_again(names: CommandLine) -> None:
    result = names("train", *SMALL_RUN, "--schedule", "constant")
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
    result = names("train", *SMALL_RUN, "--output", odd)
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
