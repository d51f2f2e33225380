"""Predictions as columns of cells: text, bytes, or numbers and text."""

import math
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any, Generic, NamedTuple, TypeVar, get_args

import numpy as np
import numpy.typing as npt

from names_predictor.inference.types import Numbers, PredictionBatch, Probabilities, Reason

FEW = 1000
DIGITS = 4
STEPS = 10**DIGITS
"""Text has probabilities in such steps, of `DIGITS` digits."""

REASONS: tuple[Reason | None, ...] = (None, *get_args(Reason))
"""The reasons by their number, 0 for a labelled row."""

_NUMBER_OF = {reason: number for number, reason in enumerate(REASONS)}

Column = TypeVar("Column")
Bytes = npt.NDArray[np.bytes_]
Texts = Sequence[str | None]


class Kind(NamedTuple, Generic[Column]):
    """A kind of columns, `TEXT`, `UTF_8` or `VALUES`.

    Attributes:
        texts: Returns a column, given the distinct texts and the number of each cell's text.
        numbers: Returns a column of probabilities.

    """

    texts: Callable[[Texts, Numbers], Column]
    numbers: Callable[[Probabilities], Column]


def new_columns(
    kind: Kind[Column],
    batch: PredictionBatch,
    labels: Sequence[str],
    codes: Sequence[str] = (),
    show: Callable[[str], str] = str,
) -> tuple[list[Column], Numbers]:
    """Return the new columns, and the number of each row's reason.

    The columns are, in this order: the labels, codes and probabilities of each rank, the prediction
    sets with `|` between their labels, the probabilities of all labels, and the reasons. A cell
    without a value is empty, and so are the labels of a row of low confidence.

    Args:
        kind: The kind of the columns.
        batch: The predictions.
        labels: The labels, which `batch.best` numbers.
        codes: The code of each label, "" for none; empty for no codes.
        show: Escapes the text of a cell.

    """
    unusable = np.isnan(batch.scores)
    numbers = np.where(unusable, len(labels), batch.best)
    reasons = np.fromiter(map(_NUMBER_OF.__getitem__, batch.reasons), np.int64, len(numbers))
    numbers[reasons > 0] = len(labels)
    columns: list[Column] = []
    shown_labels, shown_codes = list(map(show, labels)), list(map(show, codes))
    for of_rank, probability in zip(numbers.T, batch.scores.T, strict=True):
        columns.append(kind.texts([*shown_labels, None], of_rank))
        if codes:
            columns.append(kind.texts([*shown_codes, None], of_rank))
        columns.append(kind.numbers(probability))
    if batch.candidates:
        sets = zip(batch.candidates, unusable[:, 0].tolist(), strict=True)
        joined = [None if none else show("|".join(in_set)) for in_set, none in sets]
        columns.append(kind.texts(joined, np.arange(len(joined))))
    columns += map(kind.numbers, batch.probabilities.T)
    columns.append(kind.texts(REASONS, reasons))
    return columns, reasons


def _texts(missing: str | None, texts: Texts, numbers: Numbers) -> list[Any]:
    found: list[Any] = np.array([text or missing for text in texts], np.object_)[numbers].tolist()
    return found


def _bytes(texts: Texts, numbers: Numbers) -> Bytes:
    return np.array([(text or "").encode() for text in texts])[numbers]


def _numbers(probabilities: Probabilities) -> list[float | None]:
    return [None if math.isnan(p) else p for p in probabilities.tolist()]


def _steps(probabilities: Probabilities) -> Numbers:
    """Return probabilities in steps of the last digit, `STEPS` + 1 for NaN."""
    nothing = np.isnan(probabilities)
    exact = np.where(nothing, 0, probabilities).astype(np.float64)
    steps: Numbers = np.rint(exact * STEPS).astype(np.int64)
    steps[nothing] = STEPS + 1
    return steps


def _text_of(step: int) -> str:
    return "" if step > STEPS else f"{step / STEPS:.{DIGITS}f}"


@cache
def _all_digits() -> npt.NDArray[np.object_]:
    return np.array([*map(_text_of, range(STEPS + 2))], dtype=np.object_)


def _digits(probabilities: Probabilities) -> list[str]:
    steps = _steps(probabilities)
    if len(steps) < FEW:  # the table takes 7 ms to make, as long as a few names do
        return list(map(_text_of, steps.tolist()))
    texts: list[str] = _all_digits()[steps].tolist()
    return texts


@cache
def _all_bytes() -> Bytes:
    return _all_digits().astype(np.bytes_)


def _byte_digits(probabilities: Probabilities) -> Bytes:
    return _all_bytes()[_steps(probabilities)]


TEXT = Kind(partial(_texts, ""), _digits)
"""Text, with probabilities of four digits."""

UTF_8 = Kind(_bytes, _byte_digits)
"""Arrays of the bytes of `TEXT`."""

VALUES = Kind(partial(_texts, None), _numbers)
"""Text and exact numbers, None for a cell without a value."""
