"""How good a classifier is: figures from its probabilities."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

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
class Figures:
    """Loss is the mean cross-entropy in nats; `macro_f1` is the mean over labels with rows."""

    accuracy: float
    macro_f1: float
    loss: float
    rows: int
    per_label: tuple[LabelFigures, ...]


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
    likelihood = probabilities[np.arange(len(targets)), targets].astype(np.float64)
    return Figures(
        accuracy=float(hits.sum() / len(targets)),
        macro_f1=float(f1[support > 0].mean()),
        loss=float(-np.log(np.maximum(likelihood, np.finfo(np.float32).tiny)).mean()),
        rows=len(targets),
        per_label=tuple(
            LabelFigures(label, float(p), float(r), float(f), int(n))
            for label, p, r, f, n in zip(labels, precision, recall, f1, support, strict=True)
        ),
    )
