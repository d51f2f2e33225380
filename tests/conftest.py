"""A tiny corpus, a model with random weights, and the command lines run in this process."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, settings

from names_predictor.artifact.manifest import Vocab
from names_predictor.artifact.store import Artifact, write_artifact
from names_predictor.conformal import LabelGroup
from names_predictor.encoding import Vocabulary
from names_predictor.inference.predictor import NamePredictor
from names_predictor.inference.scorer import softmax
from names_trainer.config import TrainConfig
from names_trainer.models.lstm import NameLSTM
from names_trainer.onnx_graph.encoder import to_onnx
from names_trainer.pipeline import fit
from names_trainer.runs.run import Run
from names_trainer.training.loop import train

# The time of an example depends on other work on the machine.
settings.register_profile("names", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("names")

HANGS = 1800
"""Seconds after which a process counts as hanging, many more than any needs on a busy machine."""

LABELS = 6
"""Number of labels of `drawn_logits`."""

LETTERS = " '-abcdefghijklmnopqrstuvwxyzäßéαβγδπόςабвгк김"

SYLLABLES = {
    "Vowelish": ["a", "e", "io", "ua", "oe", "ly"],
    "Клич": ["ков", "ски", "нова", "ич", "бор"],
    "Zed-like": ["zak", "tzu", "rex", "Xan", "Q'a"],
}


def drawn_logits(rows: int, seed: int, sharpness: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """Return logits, and targets drawn from their softmax."""
    generator = np.random.default_rng(seed)
    bias = np.array([2, 1, 0.5, 0, -0.5, -3])  # common labels and a rare one
    logits = (generator.normal(size=(rows, LABELS)) * sharpness + bias).astype(np.float32)
    cumulated = softmax(logits).cumsum(axis=1)
    targets = (generator.random((rows, 1)) * cumulated[:, -1:] > cumulated).sum(axis=1)
    return logits, targets.astype(np.int64)


def write_corpus(folder: Path, names: int = 60) -> Path:
    """Write three easy labels of `names` lines, some of them twice."""
    folder.mkdir(parents=True)
    generator = random.Random(0)
    for label, syllables in SYLLABLES.items():
        lines = [
            "".join(generator.choices(syllables, k=generator.randint(2, 5))) for _ in range(names)
        ]
        (folder / f"{label}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def write_given(folder: Path) -> Path:
    folder.mkdir()
    for label, name in (("Vowelish", "eua"), ("Клич", "иван"), ("Zed-like", "zot")):
        lines = [f"{name * n}{tail}\t{n}" for n in range(1, 11) for tail in name]
        (folder / f"{label}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "Of no surname.txt").write_text("bobo\n")
    return folder


def random_model(
    characters: str,
    num_labels: int,
    hidden_dim: int = 12,
    num_layers: int = 1,
    seed: int = 0,
    bidirectional: bool = False,
    ngrams: int = 0,
    ngram_rows: int = 2**16,
    ngram_dim: int = 3,
) -> tuple[NameLSTM, Vocab]:
    torch.manual_seed(seed)
    labels = tuple(f"label {i}" for i in range(num_labels))
    group = LabelGroup(tuple(range(num_labels)), 99, tuple(i / 100 for i in range(1, 100)))
    vocab = Vocab(
        Vocabulary(characters),
        labels,
        max_length=128,
        temperatures=(1.0, 1.25, 1.5),
        class_priors=(1 / num_labels,) * num_labels,
        groups=(group,),
        provenance={"made": "for a test"},
    )
    model = NameLSTM(
        TrainConfig(
            embedding_dim=8,
            hidden_dim=hidden_dim,
            num_layers=num_layers,
            bidirectional=bidirectional,
            member=int(bidirectional),
            ngrams=ngrams,
            ngram_rows=ngram_rows,
            ngram_dim=ngram_dim,
        ),
        len(vocab.vocabulary),
        num_labels,
    )
    for parameter in model.parameters():  # larger than usual, so that mistakes show
        torch.nn.init.normal_(parameter, std=0.6)
    return model.eval(), vocab


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus") / "names")


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change to a folder with a corpus where the commands look for one."""
    write_corpus(tmp_path / "data" / "names")
    monkeypatch.chdir(tmp_path)


SMALL_RUN = ["--hidden-dim", 8, "--embedding-dim", 4, "--num-epochs", 2, "--batch-size", 30]
"""Options of `names train` for a run of a second."""


def small_config(corpus: Path, **changes: Any) -> TrainConfig:
    settings: dict[str, Any] = {"hidden_dim": 16, "embedding_dim": 8, "batch_size": 16}
    return TrainConfig(**{"data_dir": str(corpus), "num_epochs": 3} | settings | changes)


@pytest.fixture(scope="session")
def finished_run(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = Run.create(tmp_path_factory.mktemp("runs"), small_config(corpus))
    assert len(list(train(run))) == 3
    fit(run)
    return run


@pytest.fixture(scope="session")
def artifact_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("artifact")
    model, vocab = random_model(LETTERS, 5)
    write_artifact(folder, Artifact(to_onnx(model, vocab), vocab))
    return folder


@pytest.fixture(scope="session")
def predictor(artifact_folder: Path) -> NamePredictor:
    return NamePredictor.load(artifact_folder)


class Result(NamedTuple):
    code: int
    out: str
    err: str


CommandLine = Callable[..., Result]


def _command(
    main: Callable[[], None], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> CommandLine:
    def run(*arguments: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["command", *map(str, arguments)])
        monkeypatch.setattr(os, "_exit", sys.exit)
        interrupt = signal.getsignal(signal.SIGINT)
        capfd.readouterr()
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 0
        finally:
            signal.signal(signal.SIGINT, interrupt)
        sys.stdout.flush()
        return Result(code, *capfd.readouterr())

    return run


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> CommandLine:
    from names_trainer.cli.main import main

    monkeypatch.setenv("COLUMNS", "160")
    return _command(main, monkeypatch, capfd)


@pytest.fixture
def names_predict(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> CommandLine:
    from names_predictor.cli.main import main

    return _command(main, monkeypatch, capfd)


def enter_workplace(artifact_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change to a folder that has an artifact where the command looks for one."""
    monkeypatch.chdir(tmp_path)
    Path("artifacts").symlink_to(artifact_folder)


def heavy_imports(module: str, arguments: list[str]) -> set[str]:
    """Return which heavy packages the command line in `module` imports for `arguments`."""
    code = (
        f"import sys; from {module} import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'onnx', 'onnxruntime', 'numpy', 'scipy', 'huggingface_hub'}\n"
        "print(*heavy & set(sys.modules))"
    )
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())
