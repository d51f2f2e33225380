"""A run on disk: its configuration, the metrics of its epochs and of its test."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from names_predictor.artifact.files import write_atomically
from names_predictor.errors import NamesError
from names_trainer.config import PLACES, Source, TrainConfig
from names_trainer.data.corpus import Row, fingerprint, read_corpus
from names_trainer.data.dataset import Dataset
from names_trainer.metrics import Bin, LabelMetrics, Metrics
from names_trainer.models.lstm import NameLSTM, new_model
from names_trainer.runs.folders import (
    BEST_FILE,
    CONFIG_FILE,
    METRICS_FILE,
    NAMES_FILE,
    TEST_FILE,
    new_folder,
)
from names_trainer.runs.weights import load_checkpoint, load_weights


@dataclass(frozen=True)
class Epoch:
    """The metrics of an epoch.

    Attributes:
        epoch: Number of the epoch, from 1.
        train_loss: Mean cross-entropy in nats over the epoch, while the weights change.
        train_accuracy: Accuracy over the epoch, while the weights change.
        validation_loss: Mean cross-entropy in nats after the epoch.
        validation_accuracy: Accuracy after the epoch.
        learning_rate: Learning rate of the last batch.
        names_per_second: Training speed.

    """

    epoch: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    learning_rate: float
    names_per_second: float


@dataclass(frozen=True)
class Run:
    """A training run: its folder, config and dataset.

    Attributes:
        folder: Folder of the checkpoints.
        config: Settings of the run.
        dataset: The split corpus.

    """

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
        """Create a run and its folder.

        Args:
            runs: Folder in which the run's folder is created.
            config: Settings of the run.
            name: Name of the run's folder; by default made of time, sizes and seed.
            rows: The corpus; by default it is read from `config.data_dir`.

        Raises:
            NamesError: The corpus cannot be read or is too small, the folder cannot be written,
                a path is not UTF-8, or there is not enough memory for the network.

        """
        places = (config.data_dir, config.auxiliary_dir, config.given_dir, config.people_dir)
        try:
            for path in (str(runs), *places):
                path.encode()  # as in the config, and as safetensors opens files
        except UnicodeEncodeError as problem:
            text = f"{problem.object}: not UTF-8: rename the folder or the file"
            raise NamesError(text) from None
        dataset = Dataset.of(config, rows)
        new_model(dataset, config)  # raises if it is too large, before there is a folder
        try:
            folder = runs / name if name else new_folder(runs, config)
            folder.mkdir(parents=True, exist_ok=True)
            run = cls(folder, config, dataset)
            if rows is not None and config.teachers:  # processes that read the corpus from a file
                _write_names(folder / NAMES_FILE, rows)
            write_atomically(
                folder / CONFIG_FILE, _json(asdict(config) | {"provenance": run.provenance()})
            )
        except OSError as problem:
            raise NamesError(f"{runs}: cannot make a run folder: {problem.strerror}") from None
        return run

    @classmethod
    def open(cls, folder: Path, places: TrainConfig | None = None) -> "Run":
        """Open a run.

        Args:
            folder: Folder of the run.
            places: Config with the places of its names; by default, they have not moved.

        Raises:
            NamesError: The folder is not a run, is damaged, or its names are gone or have changed.

        """
        try:
            content = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
            provenance = content.pop("provenance")
            config = TrainConfig(**content)
            if places:
                config = replace(config, **{name: getattr(places, name) for name in PLACES})
            folders = {
                "corpus": config.data_dir,  # with its counts
                "auxiliary": config.auxiliary_dir,
                "given": config.given_dir,
                "people": config.people_dir,
            }
            if "orders_fingerprint" in provenance:  # older runs do not have it
                folders["orders"] = config.given_dir
            # Last: it depends on all of them, since it has full names and people too.
            folders["split"] = config.people_dir or config.given_dir or config.data_dir
            expected = {kind: provenance[f"{kind}_fingerprint"] for kind in folders}
        except (FileNotFoundError, NotADirectoryError):
            raise NamesError(
                f"{folder}: not a run: it has no {CONFIG_FILE}: give a run of `names train`"
            ) from None
        except (ValueError, KeyError, TypeError, AttributeError):
            problem = "damaged or of another version: train again"
            raise NamesError(f"{folder / CONFIG_FILE}: {problem}") from None
        for data_dir in filter(None, folders.values()):
            if not Path(data_dir).exists():
                raise NamesError(
                    f"{data_dir}: no such folder or file, but {folder} was trained on it: bring it "
                    "back, or go to the folder of that training"
                )
        run = cls(folder, config, Dataset.of(config))
        found = run.provenance()
        for kind, data_dir in folders.items():
            if found[f"{kind}_fingerprint"] != expected[kind]:
                by_version = ", or split by another version" if kind == "split" else ""
                raise NamesError(
                    f"{data_dir}: not the names that {folder} was trained on{by_version}: "
                    "bring them back or train again"
                )
        return run

    def provenance(self) -> dict[str, Any]:
        """Return the fingerprints of the data, the characters, labels and version of torch."""
        return {
            "corpus_fingerprint": self.dataset.corpus_fingerprint,
            "split_fingerprint": self.dataset.split.fingerprint(),
            "auxiliary_fingerprint": fingerprint(self.dataset.auxiliary),
            "given_fingerprint": fingerprint(
                self.dataset.given.split.train, self.dataset.given.counts
            ),
            "orders_fingerprint": self.dataset.given.orders_fingerprint(),
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
        """Return the network of the best epoch, as `best_epoch_model` does."""
        return self.best_epoch_model()[0]

    def best_epoch_model(self) -> tuple[NameLSTM, int]:
        """Return the network of the best epoch, in evaluation mode, and the epoch's number.

        Both are read at once: a training may replace the file at any time.

        Raises:
            NamesError: No epoch is finished, or the file is damaged.

        """
        model = new_model(self.dataset, self.config)
        weights, epoch = load_checkpoint(self.folder / BEST_FILE)
        load_weights(model, weights, self.folder / BEST_FILE)
        return model.eval(), epoch


def epochs_in(folder: Path) -> list[Epoch]:
    """Return the metrics of the finished epochs of the run in `folder`.

    Raises:
        NamesError: The file is damaged.

    """
    path = folder / METRICS_FILE
    if not path.exists():
        return []
    try:
        return [Epoch(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    except (ValueError, TypeError):
        raise NamesError(f"{path}: damaged: train again") from None


def metrics_in(folder: Path) -> Metrics | None:
    """Return the test metrics of the run in `folder`; None if it is not finished.

    Raises:
        NamesError: The file is damaged.

    """
    path = folder / TEST_FILE
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        content["per_label"] = tuple(LabelMetrics(**one) for one in content["per_label"])
        content["reliability"] = tuple(Bin(**one) for one in content["reliability"])
        return Metrics(**content)
    except (ValueError, KeyError, TypeError, AttributeError):
        remedy = "remove the run's folder and train again"
        raise NamesError(f"{path}: damaged or of another version: {remedy}") from None


def save_test(run: Run, metrics: Metrics) -> None:
    """Write the test metrics of the best epoch, which marks the run as finished."""
    write_atomically(run.folder / TEST_FILE, _json(asdict(metrics)))


def best_epoch(epochs: Sequence[Epoch], config: TrainConfig) -> Epoch:
    """Return the epoch with the highest validation accuracy, then the lowest validation loss.

    In distillation, for teachers and student, only the loss counts, because the student learns
    probabilities.
    """
    if config.teachers or config.member:
        return min(epochs, key=lambda e: (e.validation_loss, e.epoch))
    return min(epochs, key=lambda e: (-e.validation_accuracy, e.validation_loss, e.epoch))


def _write_names(path: Path, rows: Sequence[Row]) -> None:
    """Write `rows` to a file; raises `NamesError` if reading it gives other rows."""
    lines = (json.dumps(row._asdict()) + "\n" for row in rows)
    write_atomically(path, "".join(lines).encode())
    if sorted(read_corpus(Source(path))) != sorted(rows):
        raise NamesError("labels: some begin or end with a space: strip them")


def _json(content: Any) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()
