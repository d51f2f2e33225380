"""A run on disk: its configuration, its corpus, and the checkpoints of training.

config.json        the configuration, vocabulary, labels and fingerprints
metrics.jsonl      a line an epoch
best.safetensors   the weights of the best epoch
state.safetensors  weights and optimizer after the last epoch: where resuming starts
test.json          the best epoch's test metrics; a run that has it is finished
teachers/          with a preset that has teachers: their runs
lessons.safetensors  training, auxiliary and synthetic names with their soft labels
names.jsonl        the corpus of a run with teachers that is not on disk
"""

import json
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from names_predictor.artifact.files import write_atomically
from names_predictor.errors import NamesError
from names_trainer.config import Source, TrainConfig
from names_trainer.data.corpus import Row, fingerprint, read_corpus
from names_trainer.data.dataset import Dataset
from names_trainer.metrics import Bin, LabelMetrics, Metrics
from names_trainer.models.lstm import NameLSTM, new_model
from names_trainer.models.quantisation import rounded_model

CONFIG_FILE = "config.json"
METRICS_FILE = "metrics.jsonl"
BEST_FILE = "best.safetensors"
STATE_FILE = "state.safetensors"
TEST_FILE = "test.json"
SOFT_LABELS_FILE = "lessons.safetensors"
TEACHERS_FOLDER = "teachers"
NAMES_FILE = "names.jsonl"
STAMP = "%Y%m%d-%H%M%S"
"""What the folder of a run begins with, so that the newest comes last."""

_STAMPED = re.compile(r"\d{8}-\d{6}(?!\d)")


@dataclass(frozen=True)
class Epoch:
    """The metrics of one epoch; the training metrics are taken while the weights change."""

    epoch: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    learning_rate: float
    names_per_second: float


@dataclass(frozen=True)
class Run:
    """A run's folder with its config and, on disk, what became of it so far."""

    folder: Path
    config: TrainConfig
    dataset: Dataset

    @classmethod
    def create(
        cls,
        runs: Path,
        config: TrainConfig,
        name: str | None = None,
        rows: Sequence[Row] | None = None,
    ) -> "Run":
        """Make a folder in `runs`: `name`, or a new one with time and size.

        The corpus is read as `config` says, unless its `rows` are given. Teachers, which are
        processes, read those from a file.
        """
        dataset = Dataset.of(config) if rows is None else Dataset.of_rows(rows, config)
        new_model(dataset, config)  # or else no folder: it would be a run that can never be resumed
        try:
            folder = runs / name if name else _new_folder(runs, config)
            folder.mkdir(parents=True, exist_ok=True)
            run = cls(folder, config, dataset)
            if rows is not None and config.teachers:
                _write_names(folder / NAMES_FILE, rows)
            write_atomically(
                folder / CONFIG_FILE, _json(asdict(config) | {"provenance": run.provenance()})
            )
        except OSError as problem:
            raise NamesError(f"{runs}: cannot make a run folder: {problem.strerror}") from None
        return run

    @classmethod
    def open(cls, folder: Path) -> "Run":
        """Open a run; raises `NamesError` where the corpus is no longer the one it began with."""
        try:
            content = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
            provenance = content.pop("provenance")
            config = TrainConfig(**content)
            folders = {
                "split": config.data_dir,
                "auxiliary": config.auxiliary_dir,
                "given": config.given_dir,
                "people": config.people_dir,
            }
            expected = {kind: provenance[f"{kind}_fingerprint"] for kind in folders}
        except FileNotFoundError:
            raise NamesError(f"{folder}: not a run: it has no {CONFIG_FILE}") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise NamesError(f"{folder / CONFIG_FILE}: damaged: train again") from None
        run = cls(folder, config, Dataset.of(config))
        for kind, data_dir in folders.items():
            if run.provenance()[f"{kind}_fingerprint"] != expected[kind]:
                raise NamesError(
                    f"{data_dir}: not the names that {folder} was trained on: "
                    "bring them back or train again"
                )
        return run

    def provenance(self) -> dict[str, Any]:
        """Return what the run's result rests on besides the config."""
        return {
            "corpus_fingerprint": self.dataset.corpus_fingerprint,
            "split_fingerprint": self.dataset.split.fingerprint(),
            "auxiliary_fingerprint": fingerprint(self.dataset.auxiliary),
            "given_fingerprint": fingerprint(
                self.dataset.given.split.train, self.dataset.given.counts
            ),
            "people_fingerprint": fingerprint(
                [Row(f"{p.given}\t{p.surname}", p.label) for p in self.dataset.given.people]
            ),
            "characters": self.dataset.vocabulary.characters,
            "labels": self.dataset.labels,
            "torch": torch.__version__,
        }

    def epochs(self) -> list[Epoch]:
        """Return the metrics of the finished epochs."""
        return epochs_in(self.folder)

    def best_model(self) -> NameLSTM:
        """Return the model of the best epoch, ready to evaluate."""
        model = new_model(self.dataset, self.config)
        _load_weights(model, load_tensors(self.folder / BEST_FILE)[0], self.folder / BEST_FILE)
        return model.eval()


def epochs_in(folder: Path) -> list[Epoch]:
    """Return the metrics of the finished epochs of the run in `folder`."""
    path = folder / METRICS_FILE
    if not path.exists():
        return []
    try:
        return [Epoch(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    except (ValueError, TypeError):
        raise NamesError(f"{path}: damaged: train again") from None


def metrics_in(folder: Path) -> Metrics | None:
    """Return the test metrics of the run in `folder`, if it is finished."""
    path = folder / TEST_FILE
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        content["per_label"] = tuple(LabelMetrics(**label) for label in content["per_label"])
        content["reliability"] = tuple(Bin(**one) for one in content["reliability"])
        return Metrics(**content)
    except (ValueError, KeyError, TypeError):
        raise NamesError(f"{path}: damaged or of another version: remove it") from None


def save_test(run: Run, metrics: Metrics) -> None:
    """Note the best epoch's test metrics, which marks the run as finished."""
    write_atomically(run.folder / TEST_FILE, _json(asdict(metrics)))


def best_epoch(epochs: Sequence[Epoch], config: TrainConfig) -> Epoch:
    """Return the epoch of the highest validation accuracy; of equals the lowest loss.

    Of a teacher and of a student it is the epoch of the lowest loss: their probabilities matter,
    not only the best label, and the accuracy of some hundreds of names is partly luck.
    """
    if not epochs:
        raise NamesError(f"{METRICS_FILE}: holds no finished epoch: train again")
    if config.teachers or config.member:
        return min(epochs, key=lambda e: (e.validation_loss, e.epoch))
    return min(epochs, key=lambda e: (-e.validation_accuracy, e.validation_loss, e.epoch))


def newest_run(runs: Path, unfinished: bool = False) -> Path:
    """Return the newest run in `runs` that has a finished epoch (or, `unfinished`, wants more)."""
    for folder in sorted(runs.glob("*/"), key=_by_age, reverse=True):
        if unfinished and (folder / CONFIG_FILE).exists() and not (folder / TEST_FILE).exists():
            return folder
        if not unfinished and (folder / BEST_FILE).exists():
            return folder
    kind = "unfinished run" if unfinished else "run with a finished epoch"
    raise NamesError(f"{runs}: no {kind} in it: start one with `names train`")


def _by_age(folder: Path) -> tuple[bool, str]:
    """Sort runs by their stamp; a folder that somebody has renamed is older than all others."""
    return bool(_STAMPED.match(folder.name)), folder.name


def _write_names(path: Path, rows: Sequence[Row]) -> None:
    """Write `rows` to a file; raises `NamesError` where it reads as others."""
    lines = (json.dumps(row._asdict()) + "\n" for row in rows)
    write_atomically(path, "".join(lines).encode())
    if sorted(read_corpus(Source(path))) != sorted(rows):
        raise NamesError("labels: some change in the file for the teachers: strip their spaces")


def _new_folder(runs: Path, config: TrainConfig) -> Path:
    runs.mkdir(parents=True, exist_ok=True)
    name = (
        f"{_stamp(runs)}-{config.num_layers}x{config.hidden_dim}"
        f"-b{config.batch_size}-{config.split}-s{config.seed}"
    )
    attempt = 1
    while True:
        folder = runs / (name if attempt == 1 else f"{name}-{attempt}")
        try:
            folder.mkdir()
        except FileExistsError:
            attempt += 1
        else:
            return folder


def _stamp(runs: Path) -> str:
    """Return the time, or one after that of the newest run: clocks are set back now and then."""
    latest = time.strftime(STAMP)
    for folder in runs.glob("*/"):
        with suppress(ValueError, OverflowError):
            stamp = datetime.strptime(folder.name[:15], STAMP) + timedelta(seconds=1)
            latest = max(latest, stamp.strftime(STAMP))
    return latest


def save_state(
    run: Run, model: NameLSTM, optimizer: torch.optim.Optimizer, epochs: Sequence[Epoch]
) -> None:
    """Write best weights, metrics and state; the state, written last, is what counts."""
    weights = dict(model.state_dict())
    epoch = {"epoch": str(epochs[-1].epoch)}
    if best_epoch(epochs, run.config) is epochs[-1]:
        best = weights
        if run.config.int8_weights:
            best = rounded_model(weights)
        write_atomically(run.folder / BEST_FILE, save(best, epoch))
    lines = "".join(json.dumps(asdict(e)) + "\n" for e in epochs)
    write_atomically(run.folder / METRICS_FILE, lines.encode())
    state = weights | {
        f"optimizer.{i}.{key}": value
        for i, values in optimizer.state_dict()["state"].items()
        for key, value in values.items()
        if value is not None
    }
    write_atomically(run.folder / STATE_FILE, save(state, epoch))


def restore_state(run: Run, model: NameLSTM, optimizer: torch.optim.Optimizer) -> list[Epoch]:
    """Load the last saved epoch into `model` and `optimizer`; return the epochs up to it."""
    path = run.folder / STATE_FILE
    if not path.exists():
        return []
    state, metadata = load_tensors(path)
    weights: dict[str, Tensor] = {}
    of_optimizer: dict[int, dict[str, Tensor]] = {}
    for key, value in state.items():
        if key.startswith("optimizer."):
            _, i, name = key.split(".")
            of_optimizer.setdefault(int(i), {})[name] = value
        else:
            weights[key] = value
    _load_weights(model, weights, path)
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": of_optimizer, "param_groups": groups})
    return run.epochs()[: int(metadata["epoch"])]


def _load_weights(model: NameLSTM, weights: dict[str, Tensor], path: Path) -> None:
    try:
        model.load_state_dict(weights)
    except RuntimeError:
        raise NamesError(f"{path}: not the weights of this run's config: train again") from None


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read a safetensors file and its metadata; raises `NamesError` where that can't be done."""
    try:
        with safe_open(path, framework="pt") as file:
            return {key: file.get_tensor(key) for key in file.keys()}, file.metadata()  # noqa: SIM118
    except FileNotFoundError:
        raise NamesError(f"{path.parent}: no finished epoch yet: train it first") from None
    except (OSError, SafetensorError):
        raise NamesError(f"{path}: damaged: train again") from None


def _json(content: Any) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()
