"""Evaluate any run or artifact on any labelled names, also by whether training had the name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from names_predictor.artifact.store import read_artifact
from names_predictor.conformal import thresholds
from names_predictor.errors import NamesError
from names_predictor.inference.predictor import NamePredictor
from names_predictor.inference.types import Probabilities
from names_trainer.config import Source, TrainConfig
from names_trainer.data.corpus import Row, read_corpus
from names_trainer.data.dataset import Dataset
from names_trainer.evaluation.calibration import calibrated_on
from names_trainer.evaluation.fitted import FittedModel
from names_trainer.metrics import DetailedMetrics, Targets, evaluate_in_detail
from names_trainer.runs.run import Run


@dataclass(frozen=True)
class Evaluation:
    """Metrics of all rows, of those whose name is in the training data, and of the others.

    Training data are the training split and the auxiliary data. `asked_coverage` is the target of
    the prediction sets. `unknown_labels` counts rows left out because the model lacks their label.
    Without the training data there are the metrics of all rows alone. Field names are the keys of
    `names evaluate --json`. The model was calibrated on `calibration_names` names, of which it
    labels `calibration_wrong` wrongly (None: not known).
    """

    scores: tuple[DetailedMetrics, ...]
    asked_coverage: float
    unknown_labels: int
    calibration_names: int
    calibration_wrong: int | None


def evaluate_run(run: Run, source: Source | None, coverage: float) -> Evaluation:
    """Evaluate the best epoch of `run` on its own test split, or on all rows of `source`."""
    rows, left_out = _rows(run.dataset.split.test, source, run.dataset.labels)
    fitted = FittedModel.of(run)
    calibration = fitted.calibration
    lowest = thresholds(calibration.groups, len(run.dataset.labels), coverage)
    found = evaluate_subsets(
        rows, fitted.predict_proba(rows), lowest, run.dataset.labels, run.dataset
    )
    return Evaluation(found, coverage, left_out, calibration.names, calibration.wrong)


def evaluate_artifact(folder: Path, source: Source | None, coverage: float) -> Evaluation:
    """Evaluate an exported artifact through the predictor, as `evaluate_run` does.

    A row that the predictor will not label counts as labelled wrong. What a model from the Hub
    calls its training data is not looked for: its maker could name any file of ours.
    """
    artifact = read_artifact(folder)
    dataset = None if artifact.source else dataset_of(artifact.vocab.provenance)
    if dataset is None and source is None:
        raise NamesError(
            f"{artifact.source or folder}: the names it was trained on, or its auxiliary data, "
            "are not where they were: name other labelled names with --data"
        )
    labels = artifact.vocab.labels
    rows, left_out = _rows(dataset.split.test if dataset else (), source, labels)
    probabilities, _ = predictions(NamePredictor(artifact), rows)
    lowest = thresholds(artifact.vocab.groups, len(labels), coverage)
    found = evaluate_subsets(rows, probabilities, lowest, labels, dataset)
    return Evaluation(found, coverage, left_out, *calibrated_on(artifact.vocab))


def predictions(predictor: NamePredictor, rows: Sequence[Row]) -> tuple[Probabilities, int]:
    """Return the probabilities of `rows`, and how many of them the predictor does not label.

    The probabilities [rows, labels + 1] have a last column for no label, the likeliest of such a
    row; its right label is slightly less likely than the others.
    """
    size = len(predictor.labels)
    probabilities = np.zeros((len(rows), size + 1), dtype=np.float32)
    probabilities[:, :size] = predictor.predict_proba([row.name for row in rows])
    unlabelled = np.flatnonzero(np.isnan(probabilities[:, 0]))
    probabilities[unlabelled] = 1 / size
    probabilities[unlabelled, size] += np.float32(1e-6)
    probabilities[unlabelled, label_ids(rows, predictor.labels)[unlabelled]] -= np.float32(1e-6)
    return probabilities, len(unlabelled)


def dataset_of(provenance: Mapping[str, Any]) -> Dataset | None:
    """Return the corpus and split that an artifact comes from, if they are still there."""
    try:
        dataset = Dataset.of(TrainConfig(**provenance["config"]))
        same = dataset.split.fingerprint() == provenance["split_fingerprint"]
    except (NamesError, KeyError, TypeError):
        return None
    return dataset if same else None


def _rows(
    own: Sequence[Row], source: Source | None, labels: Sequence[str]
) -> tuple[list[Row], int]:
    rows = list(own) if source is None else read_corpus(source)
    wanted = set(labels)
    known = [row for row in rows if row.label in wanted]
    if source and not known:
        raise NamesError(f"{source.path}: none of its labels is one of the model's")
    return known, len(rows) - len(known)


def label_ids(rows: Sequence[Row], labels: Sequence[str]) -> Targets:
    """Return the rows' labels [rows] as ids into `labels`."""
    number = {label: i for i, label in enumerate(labels)}
    return np.array([number[row.label] for row in rows], dtype=np.int64)


def evaluate_subsets(
    rows: Sequence[Row],
    probabilities: Probabilities,
    lowest: Probabilities,
    labels: tuple[str, ...],
    dataset: Dataset | None,
) -> tuple[DetailedMetrics, ...]:
    """Evaluate all rows and, where there is a `dataset`, those seen in training and the others.

    `lowest` [labels] are the thresholds of the prediction sets.
    """
    targets = label_ids(rows, labels)
    subsets: dict[str, npt.NDArray[np.bool_]] = {"all": np.ones(len(rows), dtype=np.bool_)}
    if dataset:
        trained = {row.name for row in (*dataset.split.train, *dataset.auxiliary)}
        seen = np.array([row.name in trained for row in rows], dtype=np.bool_)
        subsets |= {"seen in training": seen, "not seen": ~seen}
    return tuple(
        evaluate_in_detail(subset, probabilities[chosen], targets[chosen], lowest, labels)
        for subset, chosen in subsets.items()
        if chosen.any()
    )
