"""Metrics of `world.py`, and its lists of common names in several written forms."""

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from world_split import key, plain

from names_predictor.inference.predictor import NamePredictor

Floats = npt.NDArray[np.floating]
Numbers = npt.NDArray[np.int64]

BINS = 15
SURE = 0.8
LIKELY = 0.5
LOWEST = 1e-9
"""Lowest probability in a loss."""

CLEAR_PEOPLE, CLEAR_SHARE, SHARED = 300, 0.8, 0.05


@dataclass(frozen=True)
class Classifier:
    """A classifier: its name, its labels, and its function to probabilities [names, labels]."""

    name: str
    labels: tuple[str, ...]
    predict_proba: Callable[[Sequence[str]], Floats]


@dataclass(frozen=True)
class Metrics:
    """Metrics of a row of a table.

    `sure` is the fraction of names with a probability of at least `SURE`, `sure_accuracy` their
    accuracy.
    """

    rows: int
    accuracy: float
    macro_f1: float
    top3: float
    loss: float
    calibration_error: float
    sure: float
    sure_accuracy: float


def artifact(folder: Path | None) -> Classifier:
    """Load the artifact in `folder`, or the bundled model."""
    predictor = NamePredictor.load(folder)
    name = f"{folder.parent.name}/{folder.name}" if folder else "bundled"
    return Classifier(name, predictor.labels, lambda names: predictor.predict_proba(list(names)))


def probabilities(classifier: Classifier, names: Sequence[str], labels: Sequence[str]) -> Floats:
    """Return probabilities float32 [names, labels + 1] in the order of `labels`.

    The last column, for no label, is the highest probability of a label outside of `labels`. A name
    without a prediction has zeros.
    """
    predictions = np.nan_to_num(np.asarray(classifier.predict_proba(names), dtype=np.float32))
    columns = np.zeros((len(names), len(labels) + 1), dtype=np.float32)
    for number, label in enumerate(classifier.labels):
        if label in labels:
            columns[:, labels.index(label)] += predictions[:, number]
        else:
            columns[:, -1] = np.maximum(columns[:, -1], predictions[:, number])
    return columns


def ranks_of_right(predictions: Floats, right: npt.NDArray[np.bool_]) -> Numbers:
    """Return the rank, from 0, of each row's likeliest right label; the last if it has none."""
    best = np.where(right, predictions, 0).max(axis=1)
    wrong = np.where(right, -1, predictions)
    places = (wrong >= best[:, None]).sum(axis=1)
    return np.asarray(np.where(best > 0, places, predictions.shape[1]), dtype=np.int64)


def metrics(predictions: Floats, targets: Numbers, weights: Floats | None = None) -> Metrics:
    """Return the metrics of `predictions` [rows, labels] against `targets` [rows]."""
    predictions = predictions.astype(np.float64)
    rows, labels = predictions.shape
    each = np.ones(rows) if weights is None else np.asarray(weights, dtype=np.float64)
    right = np.zeros(predictions.shape, dtype=bool)
    right[np.arange(rows), targets] = True
    places = ranks_of_right(predictions, right)
    best, confidence = predictions.argmax(axis=1), predictions.max(axis=1)
    best = np.where(confidence > 0, best, labels)
    hit = places == 0
    support = np.bincount(targets, each, labels + 1)
    hits = np.bincount(targets[hit], each[hit], labels + 1)
    f1 = 2 * hits / np.maximum(support + np.bincount(best, each, labels + 1), LOWEST)
    likelihood = np.maximum(predictions[np.arange(rows), targets], LOWEST)
    sure = confidence >= SURE
    bins = np.array_split(np.argsort(confidence, kind="stable"), BINS)
    gaps = [abs((each[chunk] * (confidence[chunk] - hit[chunk])).sum()) for chunk in bins]
    return Metrics(
        rows=rows,
        accuracy=float(np.average(hit, weights=each)),
        macro_f1=float(f1[support > 0].mean()),
        top3=float(np.average(places < 3, weights=each)),
        loss=float(np.average(-np.log(likelihood), weights=each)),
        calibration_error=float(sum(gaps) / each.sum()),
        sure=float(np.average(sure, weights=each)),
        sure_accuracy=float(np.average(hit[sure], weights=each[sure])) if sure.any() else 0.0,
    )


def people_weights(people: Sequence[float], targets: Numbers) -> Floats:
    """Return weights [rows] in proportion to people within each label.

    A label weighs as much as it has rows, so that those with a state register (Polish, Russian)
    do not dominate.
    """
    counts = np.asarray(people, dtype=np.float64)
    totals = np.bincount(targets, counts)
    return np.asarray(counts * np.bincount(targets)[targets] / totals[targets])


def bootstrap(first: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_], seed: int = 0) -> Floats:
    """Return 10,000 bootstrap samples of the difference of two accuracies on the same rows.

    The difference of a row is 1, 0 or -1, so a multinomial distribution of these is drawn. Source:
    Efron, "Bootstrap Methods: Another Look at the Jackknife", 1979.
    """
    rows = len(first)
    better, worse = int((first & ~second).sum()), int((second & ~first).sum())
    frequencies = [better / rows, worse / rows, (rows - better - worse) / rows]
    drawn = np.random.default_rng(seed).multinomial(rows, frequencies, 10_000)
    return np.asarray((drawn[:, 0] - drawn[:, 1]) / rows)


def interval(
    first: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_]
) -> tuple[float, float, float]:
    """Return the difference of two accuracies on the same rows, and its 95 % interval."""
    low, high = np.percentile(bootstrap(first, second), [2.5, 97.5])
    return float(first.mean() - second.mean()), float(low), float(high)


@dataclass(frozen=True)
class Known:
    """A common name, its right labels, and its surname."""

    name: str
    labels: frozenset[str]
    surname: str


def read_known(path: Path) -> list[Known]:
    """Read a file of common names."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Known(row["name"], frozenset(row["labels"].split("|")), row.get("surname", ""))
            for row in csv.DictReader(file)
        ]


def read_clear(folder: Path) -> list[Known]:
    """Return the surnames of `CLEAR_PEOPLE` people or more that are clearly of one label.

    One label has at least `CLEAR_SHARE` of a surname's people. It is right, and so is every label
    with at least `SHARED` of them.

    Args:
        folder: Folder of <Label>.txt files with lines of a surname, a tab and a count.

    """
    people: dict[str, dict[str, float]] = defaultdict(dict)
    for path in sorted(folder.glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            name, _, count = line.partition("\t")
            people[name][path.stem] = float(count or 1)
    known = []
    for name, counts in people.items():
        total = sum(counts.values())
        if total >= CLEAR_PEOPLE and max(counts.values()) >= CLEAR_SHARE * total:
            right = {label for label, count in counts.items() if count >= SHARED * total}
            known.append(Known(name, frozenset(right), name))
    return known


def spelt(known: Sequence[Known], form: Callable[[Known], str]) -> list[Known]:
    """Return names in another form; one that equals another name has the labels of both."""
    labels_of: dict[str, frozenset[str]] = {}
    for one in known:
        labels_of[one.name] = labels_of.get(one.name, frozenset()) | one.labels
    changed = [(form(one), one) for one in known]
    return [
        Known(name, one.labels | labels_of.get(name, frozenset()), one.surname)
        for name, one in changed
    ]


def given_of(one: Known) -> str:
    """Return the given name of a full name."""
    return re.sub(r"\s+", " ", one.name.replace(one.surname, " ", 1)).strip() if one.surname else ""


def _other_order(one: Known, between: str) -> str:
    given = given_of(one)
    if not given:
        return one.name
    if one.name.startswith(one.surname) and not between:
        return f"{given} {one.surname}"
    return f"{one.surname}{between} {given}"


def _with_initial(one: Known, middle: bool) -> str:
    given = given_of(one)
    if not given or not key(given).isascii():
        return one.name
    first, rest = (given, "J.") if middle else (f"{given[0]}.", "")
    words = [one.surname, first, rest] if one.name.startswith(one.surname) else []
    return " ".join(word for word in words or [first, rest, one.surname] if word)


FORMS: dict[str, Callable[[Known], str]] = {
    "as written": lambda one: one.name,
    "no diacritics": lambda one: plain(one.name),
    "CAPITALS": lambda one: one.name.upper(),
    "small letters": lambda one: one.name.lower(),
    "in quotes": lambda one: f'"{one.name}"',
    "full stop": lambda one: f"{one.name}.",
}
FULL_NAME_FORMS: dict[str, Callable[[Known], str]] = FORMS | {
    "other order": partial(_other_order, between=""),
    "Surname, Given": partial(_other_order, between=","),
    "J. Surname": partial(_with_initial, middle=False),
    "Given J. Surname": partial(_with_initial, middle=True),
    "Dr. ...": lambda one: f"Dr. {one.name}",
    "... Jr.": lambda one: f"{one.name} Jr.",
}


@dataclass(frozen=True)
class KnownMetrics:
    """Counts of common names, whose label is right if it is one of a name's labels."""

    rows: int
    right: int
    top3: int
    wrong_and_likely: int
    sure: int
    sure_right: int


def known_metrics(predictions: Floats, right: npt.NDArray[np.bool_]) -> KnownMetrics:
    """Return the metrics of `predictions` [rows, labels] against `right` labels [rows, labels]."""
    places = ranks_of_right(predictions, right)
    hit, confidence = places == 0, predictions.max(axis=1)
    sure = confidence >= SURE
    return KnownMetrics(
        rows=len(predictions),
        right=int(hit.sum()),
        top3=int((places < 3).sum()),
        wrong_and_likely=int((~hit & (confidence >= LIKELY)).sum()),
        sure=int(sure.sum()),
        sure_right=int((hit & sure).sum()),
    )


def right_labels(known: Sequence[Known], labels: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Return the right labels, bool [rows, labels + 1]; the last column, for no label, is False."""
    number = {label: i for i, label in enumerate(labels)}
    right = np.zeros((len(known), len(labels) + 1), dtype=bool)
    for row, one in enumerate(known):
        right[row, [number[label] for label in one.labels]] = True
    return right
