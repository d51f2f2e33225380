"""Evaluate a run or an artifact on labelled names, seen in training or not."""

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
from names_trainer.data.corpus import Row, read_rows
from names_trainer.data.dataset import Dataset, label_ids
from names_trainer.evaluation.calibration import calibrated_on
from names_trainer.evaluation.fitted import FittedModel
from names_trainer.metrics import DetailedMetrics, evaluate_in_detail
from names_trainer.runs.run import Run


@dataclass(frozen=True)
class Evaluation:
    """The result of an evaluation; the fields are the keys of `names evaluate --json`.

    Attributes:
        subsets: Metrics of all rows, of the names seen in training (in the training split or the
            auxiliary data) and of the others; of all rows only if the training data is missing.
        target_coverage: Target coverage of the prediction sets.
        unlabelled: Number of rows that the predictor does not label, such as those in an unknown
            script; they count as wrong. 0 for a run, whose network labels every name.
        unknown_labels: Number of rows left out because the model does not have their label.
        calibration_names: Number of names on which the model was calibrated.
        calibration_wrong: Number of these that it labels wrongly; None if unknown.

    """

    subsets: tuple[DetailedMetrics, ...]
    target_coverage: float
    unlabelled: int
    unknown_labels: int
    calibration_names: int
    calibration_wrong: int | None


def evaluate_run(run: Run, source: Source | None, coverage: float) -> Evaluation:
    """Evaluate the best epoch of a run.

    Args:
        run: A run with a finished epoch.
        source: Labelled names; None for the test split of the run.
        coverage: Target coverage of the prediction sets.

    Raises:
        NamesError: A file cannot be read, or no label of `source` is one of the model's.

    """
    rows, left_out = _rows(run.dataset.split.test, source, run.dataset.labels)
    fitted = FittedModel.of(run)
    calibration = fitted.calibration
    lowest = thresholds(calibration.groups, len(run.dataset.labels), coverage)
    found = evaluate_subsets(
        rows, fitted.predict_proba(rows), lowest, run.dataset.labels, run.dataset
    )
    return Evaluation(found, coverage, 0, left_out, calibration.names, calibration.wrong)


def evaluate_artifact(folder: Path, source: Source | None, coverage: float) -> Evaluation:
    """Evaluate an exported artifact with the predictor; unlabelled rows count as wrong.

    Args:
        folder: Folder of the artifact.
        source: Labelled names; None for the test split of the run that was exported. For a model
            from the Hub, whose manifest could name any file, that split is not read.
        coverage: Target coverage of the prediction sets.

    Raises:
        NamesError: A file cannot be read, the training data has changed and there is no `source`,
            or no label of `source` is one of the model's.

    """
    artifact = read_artifact(folder)
    dataset = None if artifact.source else dataset_of(artifact.vocab.provenance)
    if dataset is None and source is None:
        raise NamesError(
            f"{artifact.source or folder}: its training data is missing or has changed: "
            "give labelled names with --data"
        )
    labels = artifact.vocab.labels
    rows, left_out = _rows(dataset.split.test if dataset else (), source, labels)
    probabilities, unlabelled = predictions(NamePredictor(artifact), rows)
    lowest = thresholds(artifact.vocab.groups, len(labels), coverage)
    found = evaluate_subsets(rows, probabilities, lowest, labels, dataset)
    return Evaluation(found, coverage, unlabelled, left_out, *calibrated_on(artifact.vocab))


def predictions(predictor: NamePredictor, rows: Sequence[Row]) -> tuple[Probabilities, int]:
    """Predict labelled rows, with a last column for no label.

    A row that the predictor does not label counts as wrong: its likeliest column is that for no
    label, and its unlikeliest the true label.

    Args:
        predictor: The predictor.
        rows: Rows with labels of the predictor.

    Returns:
        Probabilities float32 [rows, labels + 1], and the number of unlabelled rows.

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
    """Return the dataset of an artifact's training run; None if it is missing or has changed.

    Args:
        provenance: Provenance in the manifest of the artifact.

    """
    try:
        dataset = Dataset.of(TrainConfig(**provenance["config"]))
        same = dataset.split.fingerprint() == provenance["split_fingerprint"]
    except (NamesError, KeyError, TypeError):
        return None
    return dataset if same else None


def _rows(
    own: Sequence[Row], source: Source | None, labels: Sequence[str]
) -> tuple[list[Row], int]:
    rows = list(own) if source is None else read_rows(source)[0]
    wanted = set(labels)
    known = [row for row in rows if row.label in wanted]
    if source and not known:
        raise NamesError(
            f"{source.path}: none of its labels is one of the model's: names-predict --list-labels "
            "prints these"
        )
    return known, len(rows) - len(known)


def evaluate_subsets(
    rows: Sequence[Row],
    probabilities: Probabilities,
    lowest: Probabilities,
    labels: tuple[str, ...],
    dataset: Dataset | None,
) -> tuple[DetailedMetrics, ...]:
    """Evaluate all rows, those whose name was seen in training, and the others.

    Args:
        rows: Rows with labels of the model.
        probabilities: Float32 [rows, labels], or [rows, labels + 1] with a column for no label.
        lowest: Lowest probability of a label in a prediction set, float32 [labels].
        labels: Labels of the model.
        dataset: Dataset of the training run; None to evaluate all rows only.

    """
    targets = label_ids(rows, labels)
    subsets: dict[str, npt.NDArray[np.bool_]] = {"all": np.ones(len(rows), dtype=np.bool_)}
    if dataset:
        seen = dataset.are_in_training([row.name for row in rows])
        subsets |= {"seen in training": seen, "not seen": ~seen}
    return tuple(
        evaluate_in_detail(subset, probabilities[chosen], targets[chosen], lowest, labels)
        for subset, chosen in subsets.items()
        if chosen.any()
    )
