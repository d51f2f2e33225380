"""Metrics of a classifier, computed from its probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from names_predictor.conformal import prediction_sets
from names_predictor.inference.types import Probabilities

BINS = 15
RESAMPLES = 2000

Targets = npt.NDArray[np.int64]
Floats = npt.NDArray[np.floating[Any]]
Interval = tuple[float, float]


@dataclass(frozen=True)
class LabelMetrics:
    """Metrics of one label: precision, recall, F1 (0 where undefined) and number of rows."""

    label: str
    precision: float
    recall: float
    f1: float
    rows: int


@dataclass(frozen=True)
class DetailedLabelMetrics(LabelMetrics):
    """Metrics of one label, with the coverage of its prediction sets."""

    coverage: float


@dataclass(frozen=True)
class Confusion:
    """`number` of the `of` rows of `label` got the label `given`."""

    label: str
    given: str
    number: int
    of: int


@dataclass(frozen=True)
class Bin:
    """A bin of rows of similar confidence: mean confidence, accuracy and number of rows."""

    confidence: float
    accuracy: float
    rows: int


@dataclass(frozen=True)
class Metrics:
    """Metrics of a classifier on labelled rows.

    Attributes:
        accuracy: Fraction of correctly labelled rows.
        macro_f1: Mean F1 over the labels that have rows.
        loss: Mean cross-entropy in nats.
        calibration_error: Expected calibration error over the bins of `reliability`.
        rows: Number of rows.
        per_label: Metrics of each label.
        reliability: Bins of equal size, by confidence.

    """

    accuracy: float
    macro_f1: float
    loss: float
    calibration_error: float
    rows: int
    per_label: tuple[LabelMetrics, ...]
    reliability: tuple[Bin, ...]


@dataclass(frozen=True)
class DetailedMetrics(Metrics):
    """Metrics of a subset of rows, with intervals and prediction sets.

    Attributes:
        per_label: Metrics of each label, with the coverage of its prediction sets.
        subset: Name of the subset.
        accuracy_interval: 95 % percentile bootstrap interval over the rows.
        top3_accuracy: Fraction of rows whose label is among the three likeliest.
        macro_f1_interval: 95 % percentile bootstrap interval over the rows.
        calibration_noise: Calibration error of a perfectly calibrated classifier, by chance.
        coverage: Fraction of rows whose prediction set contains the label.
        set_size: Mean number of labels in a prediction set.
        confusions: Pairs of labels that were confused, the most frequent first.

    """

    per_label: tuple[DetailedLabelMetrics, ...]
    subset: str
    accuracy_interval: Interval
    top3_accuracy: float
    macro_f1_interval: Interval
    calibration_noise: float
    coverage: float
    set_size: float
    confusions: tuple[Confusion, ...]


def confusion_matrix(targets: Targets, predicted: Targets, num_labels: int) -> Targets:
    """Return the confusion matrix int64 [true labels, predicted labels] of `targets` [rows]."""
    flat = np.bincount(targets * num_labels + predicted, minlength=num_labels**2)
    return flat.reshape(num_labels, num_labels).astype(np.int64)


def confusions(matrix: Targets, labels: Sequence[str]) -> tuple[Confusion, ...]:
    """Return the confusions of `labels` in a `confusion_matrix`, the most frequent first."""
    size = len(labels)
    support = matrix.sum(axis=1)
    wrong = matrix[:size, :size] * ~np.eye(size, dtype=np.bool_)
    ordered = np.argsort(-wrong, axis=None, kind="stable")[: np.count_nonzero(wrong)]
    return tuple(
        Confusion(labels[i], labels[j], int(wrong[i, j]), int(support[i]))
        for i, j in (divmod(int(place), size) for place in ordered)
    )


def verdict(metrics: Metrics, which: str, confusions: Sequence[Confusion]) -> str:
    """Return how many names are labelled correctly, and the commonest confusion.

    Args:
        metrics: Metrics of the names.
        which: Words that describe the names, after a space; "" for none.
        confusions: Confusions, the most frequent first.

    """
    out_of = min(metrics.rows, 100 if metrics.accuracy < 0.995 else 1000)
    names = f"{out_of:,} name{'s' * (out_of != 1)}"
    sentence = f"correct for {metrics.accuracy * out_of:.0f} of {names}{which}"
    if confusions:
        sentence += f"; most often it takes {confusions[0].label} for {confusions[0].given}"
    return f"{sentence}."


def evaluate(probabilities: Floats, targets: Targets, labels: tuple[str, ...]) -> Metrics:
    """Return the metrics of predictions.

    Args:
        probabilities: Float [rows, labels].
        targets: The true labels, int64 [rows], as ids into `labels`.
        labels: Names of the labels.

    """
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
    """Return `BINS` bins of equal size, by the probability of the likeliest label.

    Args:
        probabilities: Float [rows, labels].
        targets: The true labels, int64 [rows].

    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == targets
    chunks = np.array_split(np.argsort(confidence, kind="stable"), BINS)
    return tuple(
        Bin(float(confidence[rows].mean()), float(right[rows].mean()), len(rows))
        for rows in chunks
        if len(rows)
    )


def calibration_error(bins: Sequence[Bin]) -> float:
    """Return the expected calibration error over `bins`.

    Sources: Naeini et al., 2015; bins of equal size after Nguyen and O'Connor, 2015.
    """
    gap = sum(b.rows * abs(b.confidence - b.accuracy) for b in bins)
    return gap / sum(b.rows for b in bins)


def calibration_noise(probabilities: Floats) -> float:
    """Return the expected calibration error of a perfectly calibrated classifier, by chance.

    Labels are drawn from `probabilities`, float [rows, labels]. A calibration error of about this
    size is no evidence of miscalibration.
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
    subset: str,
    probabilities: Probabilities,
    targets: Targets,
    thresholds: Probabilities,
    labels: tuple[str, ...],
) -> DetailedMetrics:
    """Return the metrics of a subset of rows, with bootstrap intervals and prediction sets.

    Args:
        subset: Name of the subset.
        probabilities: Float32 [rows, labels], or [rows, labels + 1] where the last column is the
            probability of no label.
        targets: The true labels, int64 [rows], as ids into `labels`.
        thresholds: Lowest probability of a label in a prediction set, float32 [labels].
        labels: Names of the labels.

    """
    metrics = evaluate(probabilities, targets, (*labels, "no label")[: probabilities.shape[1]])
    confusion = confusion_matrix(targets, probabilities.argmax(axis=1), probabilities.shape[1])
    accuracy_interval, macro_f1_interval = _bootstrap_intervals(confusion)
    best3 = np.argsort(-probabilities, axis=1, kind="stable")[:, :3]
    is_labelled = best3[:, 0] < len(labels)
    sets = sets_of_rows(probabilities, thresholds)
    covered = sets[np.arange(len(targets)), targets]
    held = np.bincount(targets, weights=covered, minlength=len(labels))
    per_label = tuple(
        DetailedLabelMetrics(**vars(f), coverage=float(n / max(f.rows, 1)))
        for f, n in zip(metrics.per_label[: len(labels)], held, strict=True)
    )
    return DetailedMetrics(
        **vars(metrics) | {"per_label": per_label},
        subset=subset,
        accuracy_interval=accuracy_interval,
        top3_accuracy=float(((best3 == targets[:, None]).any(axis=1) & is_labelled).mean()),
        macro_f1_interval=macro_f1_interval,
        calibration_noise=calibration_noise(probabilities),
        coverage=float(covered.mean()),
        set_size=float(sets.sum(axis=1).mean()),
        confusions=confusions(confusion, labels),
    )


def sets_of_rows(probabilities: Probabilities, thresholds: Probabilities) -> npt.NDArray[np.bool_]:
    """Return the prediction sets, bool [rows, labels]; that of a row without a label is empty.

    Args:
        probabilities: As in `evaluate_in_detail`.
        thresholds: Lowest probability of a label in a prediction set, float32 [labels].

    """
    sets = prediction_sets(probabilities[:, : len(thresholds)], thresholds)
    sets[probabilities.argmax(axis=1) == len(thresholds)] = False
    return sets


def _bootstrap_intervals(confusion: Targets) -> tuple[Interval, Interval]:
    """Return the 95 % percentile bootstrap intervals of accuracy and macro-F1.

    The bootstrap draws confusion matrices from a multinomial distribution. This is equivalent to
    resampling rows, and much faster. Empty cells, which are nearly all of many labels, stay empty.
    """
    rows, size = confusion.sum(), len(confusion)
    is_drawn = confusion > 0
    is_drawn[-1, -1] = True  # it gets the rest, without a random number, empty or not
    true, given = np.nonzero(is_drawn)
    chances = confusion[true, given] / rows
    generator = np.random.default_rng(0)
    accuracies, macro_f1s = [], []
    for _ in range(RESAMPLES):
        drawn = generator.multinomial(rows, chances)
        hits = np.bincount(true, drawn * (true == given), size)
        support, predicted = np.bincount(true, drawn, size), np.bincount(given, drawn, size)
        f1 = 2 * hits / np.maximum(support + predicted, 1)
        accuracies.append(hits.sum() / rows)
        macro_f1s.append(f1.sum() / np.count_nonzero(support))
    return _interval(accuracies), _interval(macro_f1s)


def _interval(values: Sequence[float]) -> Interval:
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)
