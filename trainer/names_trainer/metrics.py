"""How good a classifier is: figures from its probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

BINS = 15

Targets = npt.NDArray[np.int64]
Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class LabelFigures:
    """Precision, recall and F1 (0 where undefined) of one label, and its rows in the data."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class Bin:
    """Rows of about one confidence: its mean, the share of right labels, and their number."""

    confidence: float
    accuracy: float
    rows: int


@dataclass(frozen=True)
class Figures:
    """Loss is the mean cross-entropy in nats; `macro_f1` is the mean over labels with rows.

    `calibration_error` is the mean gap between confidence and accuracy over `reliability`'s bins.
    """

    accuracy: float
    macro_f1: float
    loss: float
    calibration_error: float
    rows: int
    per_label: tuple[LabelFigures, ...]
    reliability: tuple[Bin, ...]


def confusion_matrix(targets: Targets, predicted: Targets, num_labels: int) -> Targets:
    """Count rows by true label (first axis) and predicted label (second)."""
    flat = np.bincount(targets * num_labels + predicted, minlength=num_labels**2)
    return flat.reshape(num_labels, num_labels).astype(np.int64)


def evaluate(probabilities: Floats, targets: Targets, labels: tuple[str, ...]) -> Figures:
    """Score `probabilities` [rows, labels] against `targets` [rows], ids into `labels`."""
    confusion = confusion_matrix(targets, probabilities.argmax(axis=1), len(labels))
    hits = confusion.diagonal()
    support, predicted = confusion.sum(axis=1), confusion.sum(axis=0)
    precision = hits / np.maximum(predicted, 1)
    recall = hits / np.maximum(support, 1)
    f1 = 2 * hits / np.maximum(support + predicted, 1)
    bins = reliability(probabilities, targets)
    likelihood = probabilities[np.arange(len(targets)), targets].astype(np.float64)
    return Figures(
        accuracy=float(hits.sum() / len(targets)),
        macro_f1=float(f1[support > 0].mean()),
        loss=float(-np.log(np.maximum(likelihood, np.finfo(np.float32).tiny)).mean()),
        calibration_error=calibration_error(bins),
        rows=len(targets),
        per_label=tuple(
            LabelFigures(label, float(p), float(r), float(f), int(n))
            for label, p, r, f, n in zip(labels, precision, recall, f1, support, strict=True)
        ),
        reliability=bins,
    )


def reliability(probabilities: Floats, targets: Targets) -> tuple[Bin, ...]:
    """Sort rows by the probability of their best label into `BINS` bins of equal size."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == targets
    parts = np.array_split(np.argsort(confidence, kind="stable"), BINS)
    return tuple(
        Bin(float(confidence[rows].mean()), float(right[rows].mean()), len(rows))
        for rows in parts
        if len(rows)
    )


def calibration_error(bins: Sequence[Bin]) -> float:
    """Return the expected calibration error over `bins`.

    Sources: Naeini et al., 2015; bins of equal size after Nguyen and O'Connor, 2015.
    """
    gap = sum(b.rows * abs(b.confidence - b.accuracy) for b in bins)
    return gap / sum(b.rows for b in bins)


def calibration_noise(probabilities: Floats) -> float:
    """Return the calibration error that chance alone gives a perfectly calibrated classifier.

    Labels are drawn again and again as the probabilities say; a measured error about as large as
    this one is no sign of miscalibration.
    """
    generator = np.random.default_rng(0)
    confidence = np.sort(probabilities.max(axis=1))
    errors = []
    for _ in range(200):
        right = generator.random(len(confidence)) < confidence
        pairs = zip(np.array_split(confidence, BINS), np.array_split(right, BINS), strict=True)
        errors.append(sum(abs(c.sum() - r.sum()) for c, r in pairs) / len(confidence))
    return float(np.mean(errors))
