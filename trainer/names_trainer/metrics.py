"""How good a classifier is: metrics from its probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from names_predictor.conformal import prediction_sets
from names_predictor.inference.types import Probabilities

BINS = 15
RESAMPLES = 2000
CELLS_AT_ONCE = 1 << 24
"""Cells of confusion matrices that are drawn at once: with hundreds of labels they are large."""

Targets = npt.NDArray[np.int64]
Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class LabelMetrics:
    """Precision, recall and F1 (0 where undefined) of one label, and its rows in the data."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class Bin:
    """Rows of about one confidence: its mean, the fraction of right labels, and their number."""

    confidence: float
    accuracy: float
    rows: int


@dataclass(frozen=True)
class Metrics:
    """Loss is the mean cross-entropy in nats; `macro_f1` is the mean over labels with rows.

    `calibration_error` is the mean gap between confidence and accuracy over `reliability`'s bins.
    """

    accuracy: float
    macro_f1: float
    loss: float
    calibration_error: float
    rows: int
    per_label: tuple[LabelMetrics, ...]
    reliability: tuple[Bin, ...]


@dataclass(frozen=True)
class LabelDetails:
    """Metrics of the rows of one label."""

    label: str
    precision: float
    recall: float
    f1: float
    coverage: float
    rows: int


@dataclass(frozen=True)
class DetailedMetrics:
    """Metrics of some rows; intervals are 95 % percentile bootstrap intervals over the rows.

    `calibration_noise` is the calibration error that chance alone would give. `coverage` is how
    often the prediction set held the right label, `set_size` how many labels it held on average,
    `per_label` both by label, with the label's precision, recall and F1.
    """

    part: str
    rows: int
    accuracy: float
    accuracy_interval: tuple[float, float]
    top3_accuracy: float
    macro_f1: float
    macro_f1_interval: tuple[float, float]
    loss: float
    calibration_error: float
    calibration_noise: float
    coverage: float
    set_size: float
    per_label: tuple[LabelDetails, ...]
    reliability: tuple[Bin, ...]


def confusion_matrix(targets: Targets, predicted: Targets, num_labels: int) -> Targets:
    """Count rows by true label (first axis) and predicted label (second)."""
    flat = np.bincount(targets * num_labels + predicted, minlength=num_labels**2)
    return flat.reshape(num_labels, num_labels).astype(np.int64)


def evaluate(probabilities: Floats, targets: Targets, labels: tuple[str, ...]) -> Metrics:
    """Evaluate `probabilities` [rows, labels] against `targets` [rows], ids into `labels`."""
    confusion = confusion_matrix(targets, probabilities.argmax(axis=1), len(labels))
    hits = confusion.diagonal()
    support, predicted = confusion.sum(axis=1), confusion.sum(axis=0)
    precision = hits / np.maximum(predicted, 1)
    recall = hits / np.maximum(support, 1)
    f1 = 2 * hits / np.maximum(support + predicted, 1)
    bins = reliability(probabilities, targets)
    likelihood = probabilities[np.arange(len(targets)), targets].astype(np.float64)
    return Metrics(
        accuracy=float(hits.sum() / len(targets)),
        macro_f1=float(f1[support > 0].mean()),
        loss=float(-np.log(np.maximum(likelihood, np.finfo(np.float32).tiny)).mean()),
        calibration_error=calibration_error(bins),
        rows=len(targets),
        per_label=tuple(
            LabelMetrics(label, float(p), float(r), float(f), int(n))
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

    Labels are drawn again and again by the probabilities; an error about as large as this one is no
    evidence of miscalibration.
    """
    generator = np.random.default_rng(0)
    confidence = np.sort(probabilities.max(axis=1))
    errors = []
    for _ in range(200):
        right = generator.random(len(confidence)) < confidence
        pairs = zip(np.array_split(confidence, BINS), np.array_split(right, BINS), strict=True)
        errors.append(sum(abs(c.sum() - r.sum()) for c, r in pairs) / len(confidence))
    return float(np.mean(errors))


def evaluate_in_detail(
    part: str,
    probabilities: Probabilities,
    targets: Targets,
    thresholds: Probabilities,
    labels: tuple[str, ...],
) -> DetailedMetrics:
    """Evaluate `probabilities` [rows, labels] with bootstrap intervals and prediction sets.

    `thresholds` [labels] are those of the prediction sets. A last column of `probabilities` more
    than there are labels means no label.

    Resampling rows only changes how often each (true, predicted) pair occurs, so the bootstrap
    draws confusion matrices from a multinomial distribution: the same thing, much faster.
    """
    metrics = evaluate(probabilities, targets, (*labels, "no label")[: probabilities.shape[1]])
    confusion = confusion_matrix(targets, probabilities.argmax(axis=1), probabilities.shape[1])
    generator = np.random.default_rng(0)
    sums = []
    at_once = max(1, CELLS_AT_ONCE // confusion.size)
    for start in range(0, RESAMPLES, at_once):
        draws = generator.multinomial(
            len(targets), confusion.ravel() / len(targets), size=min(at_once, RESAMPLES - start)
        ).reshape(-1, *confusion.shape)
        hits = draws.diagonal(axis1=1, axis2=2).copy()
        sums.append((hits, draws.sum(axis=2), draws.sum(axis=1)))
    hits, support, predicted = map(np.concatenate, zip(*sums, strict=True))
    f1 = np.where(support > 0, 2 * hits / np.maximum(support + predicted, 1), np.nan)
    best3 = np.argsort(-probabilities, axis=1, kind="stable")[:, :3]
    sets = prediction_sets(probabilities[:, : len(labels)], thresholds)
    covered = sets[np.arange(len(targets)), targets]
    held = np.bincount(targets, weights=covered, minlength=len(labels))
    return DetailedMetrics(
        part=part,
        rows=len(targets),
        accuracy=metrics.accuracy,
        accuracy_interval=_interval(hits.sum(axis=1) / len(targets)),
        top3_accuracy=float((best3 == targets[:, None]).any(axis=1).mean()),
        macro_f1=metrics.macro_f1,
        macro_f1_interval=_interval(np.nanmean(f1, axis=1)),
        loss=metrics.loss,
        calibration_error=metrics.calibration_error,
        calibration_noise=calibration_noise(probabilities),
        coverage=float(covered.mean()),
        set_size=float(sets.sum(axis=1).mean()),
        per_label=tuple(
            LabelDetails(
                f.label, f.precision, f.recall, f.f1, float(n / max(f.support, 1)), f.support
            )
            for f, n in zip(metrics.per_label[: len(labels)], held, strict=True)
        ),
        reliability=metrics.reliability,
    )


def _interval(values: Floats) -> tuple[float, float]:
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)
