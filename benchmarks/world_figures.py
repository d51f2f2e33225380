"""What `world.py` counts: figures of a classifier's probabilities, and the names it must know."""

import csv
import re
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
LEAST = 1e-9
"""The probability that a loss is counted from, where a label has less or is unknown."""

SAME_LABEL = {"Twi": "Ghanaian"}
"""Labels of other models that data/labels.csv calls otherwise."""


@dataclass(frozen=True)
class Classifier:
    """What gives probabilities [names, labels] to names."""

    name: str
    labels: tuple[str, ...]
    answer: Callable[[Sequence[str]], Floats]


@dataclass(frozen=True)
class Figures:
    """Figures of one table row; `sure_accuracy` is of the rows of probability `SURE` and above."""

    rows: int
    accuracy: float
    macro_f1: float
    top3: float
    loss: float
    calibration_error: float
    sure: float
    sure_accuracy: float


def artifact(folder: Path | None) -> Classifier:
    """Load an exported artifact; without a folder the bundled model."""
    predictor = NamePredictor.load(folder)
    labels = tuple(SAME_LABEL.get(label, label) for label in predictor.labels)
    name = f"{folder.parent.name}/{folder.name}" if folder else "bundled"
    return Classifier(name, labels, lambda names: predictor.predict_proba(list(names)))


def probabilities(classifier: Classifier, names: Sequence[str], labels: Sequence[str]) -> Floats:
    """Return probabilities [names, labels] in the order of `labels`, none (0) where unanswered.

    What is given to labels outside of `labels` stays out: a row need not add up to 1, and the last
    column, of no label, has the most probable of them.
    """
    answers = np.nan_to_num(np.asarray(classifier.answer(names), dtype=np.float32))
    columns = np.zeros((len(names), len(labels) + 1), dtype=np.float32)
    for number, label in enumerate(classifier.labels):
        if label in labels:
            columns[:, labels.index(label)] += answers[:, number]
        else:
            columns[:, -1] = np.maximum(columns[:, -1], answers[:, number])
    return columns


def ranks_of_right(answers: Floats, right: npt.NDArray[np.bool_]) -> Numbers:
    """Return the place, from 0, of each row's best right label; the last where it has nothing."""
    best = np.where(right, answers, 0).max(axis=1)
    wrong = np.where(right, -1, answers)
    places = (wrong >= best[:, None]).sum(axis=1)
    return np.asarray(np.where(best > 0, places, answers.shape[1]), dtype=np.int64)


def figures(answers: Floats, targets: Numbers, weights: Floats | None = None) -> Figures:
    """Score `answers` [rows, labels] against one right label a row."""
    answers = answers.astype(np.float64)
    rows, labels = answers.shape
    each = np.ones(rows) if weights is None else np.asarray(weights, dtype=np.float64)
    right = np.zeros(answers.shape, dtype=bool)
    right[np.arange(rows), targets] = True
    places = ranks_of_right(answers, right)
    best, confidence = answers.argmax(axis=1), answers.max(axis=1)
    best = np.where(confidence > 0, best, labels)
    hit = places == 0
    support = np.bincount(targets, each, labels + 1)
    hits = np.bincount(targets[hit], each[hit], labels + 1)
    f1 = 2 * hits / np.maximum(support + np.bincount(best, each, labels + 1), LEAST)
    likelihood = np.maximum(answers[np.arange(rows), targets], LEAST)
    sure = confidence >= SURE
    parts = np.array_split(np.argsort(confidence, kind="stable"), BINS)
    gaps = [abs((each[part] * (confidence[part] - hit[part])).sum()) for part in parts]
    return Figures(
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
    """Weigh a label's rows by their people; each label weighs as much as it has rows.

    Else the labels with a state register (Polish, Russian) would be all that is measured.
    """
    counts = np.asarray(people, dtype=np.float64)
    totals = np.bincount(targets, counts)
    return np.asarray(counts * np.bincount(targets)[targets] / totals[targets])


def interval(
    first: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_], seed: int = 0
) -> tuple[float, float, float]:
    """Return the difference of two accuracies on the same rows and its 95 % interval.

    A paired bootstrap: a row can only add 1, 0 or -1, so that how often each is drawn is enough.
    Source: Efron, "Bootstrap Methods: Another Look at the Jackknife", 1979.
    """
    rows = len(first)
    better, worse = int((first & ~second).sum()), int((second & ~first).sum())
    shares = [better / rows, worse / rows, (rows - better - worse) / rows]
    drawn = np.random.default_rng(seed).multinomial(rows, shares, 10_000)
    low, high = np.percentile((drawn[:, 0] - drawn[:, 1]) / rows, [2.5, 97.5])
    return (better - worse) / rows, float(low), float(high)


@dataclass(frozen=True)
class Known:
    """A name that everybody knows, the labels that are right for it, and its surname."""

    name: str
    labels: frozenset[str]
    surname: str


def read_known(path: Path) -> list[Known]:
    """Read a file of common names; the first label is the one whose list a name is in."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Known(row["name"], frozenset(row["labels"].split("|")), row.get("surname", ""))
            for row in csv.DictReader(file)
        ]


def spelt(known: Sequence[Known], form: Callable[[Known], str]) -> list[Known]:
    """Return names in another form; one that is another's name now is right for both."""
    labels_of: dict[str, frozenset[str]] = {}
    for one in known:
        labels_of[one.name] = labels_of.get(one.name, frozenset()) | one.labels
    changed = [(form(one), one) for one in known]
    return [
        Known(name, one.labels | labels_of.get(name, frozenset()), one.surname)
        for name, one in changed
    ]


def given_of(one: Known) -> str:
    """Return a full name without its surname."""
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
class KnownFigures:
    """Figures on common names: right if the label is in a name's set."""

    rows: int
    right: int
    top3: int
    wrong_and_likely: int
    sure: int
    sure_right: int


def known_figures(answers: Floats, right: npt.NDArray[np.bool_]) -> KnownFigures:
    """Score `answers` [rows, labels] against the labels that are `right` [rows, labels]."""
    places = ranks_of_right(answers, right)
    hit, confidence = places == 0, answers.max(axis=1)
    sure = confidence >= SURE
    return KnownFigures(
        rows=len(answers),
        right=int(hit.sum()),
        top3=int((places < 3).sum()),
        wrong_and_likely=int((~hit & (confidence >= LIKELY)).sum()),
        sure=int(sure.sum()),
        sure_right=int((hit & sure).sum()),
    )


def right_labels(known: Sequence[Known], labels: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Mark the right labels [rows, labels and one more, which is never right]."""
    number = {label: i for i, label in enumerate(labels)}
    right = np.zeros((len(known), len(labels) + 1), dtype=bool)
    for row, one in enumerate(known):
        right[row, [number[label] for label in one.labels]] = True
    return right
