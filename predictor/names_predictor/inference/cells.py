"""Predictions as columns of cells: text, or numbers and text."""

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from names_predictor.inference.types import PredictionBatch, Probabilities

FEW = 1000


def text_columns(
    batch: PredictionBatch,
    labels: Sequence[str],
    distribution: bool = False,
    codes: Sequence[str] = (),
) -> list[list[str]]:
    """Return the new columns: for each rank the labels, codes and probabilities; the reasons.

    Prediction sets, with `|` between their labels, and the probabilities of all labels precede the
    reasons. Probabilities have four digits. A cell without a value is empty, as is the label of a
    row of low confidence.

    Args:
        batch: The predictions.
        labels: The labels, which `batch.best` numbers.
        distribution: Whether there is a column for the probability of each label.
        codes: The code of each label, "" for none; empty for no codes.

    """
    return _columns(batch, labels, distribution, codes, "", _as_text)


def value_columns(
    batch: PredictionBatch,
    labels: Sequence[str],
    distribution: bool = False,
    codes: Sequence[str] = (),
) -> list[list[Any]]:
    """Return the columns of `text_columns` as text and numbers, None for an empty cell."""
    return _columns(batch, labels, distribution, codes, None, _as_numbers)


def _columns(
    batch: PredictionBatch,
    labels: Sequence[str],
    distribution: bool,
    codes: Sequence[str],
    nothing: Any,
    written: Callable[[Probabilities], list[Any]],
) -> list[list[Any]]:
    known = np.array([*labels, nothing], dtype=np.object_)
    known_codes = np.array([*(code or nothing for code in codes), nothing], dtype=np.object_)
    unusable = np.isnan(batch.scores)
    numbers = np.where(unusable, len(labels), batch.best)
    numbers[[reason is not None for reason in batch.reasons], 0] = len(labels)
    columns: list[list[Any]] = []
    for of_rank, probability in zip(numbers.T, batch.scores.T, strict=True):
        columns.append(known[of_rank].tolist())
        if codes:
            columns.append(known_codes[of_rank].tolist())
        columns.append(written(probability))
    if batch.candidates:
        sets = zip(batch.candidates, unusable[:, 0].tolist(), strict=True)
        columns.append([nothing if none else "|".join(labels) for labels, none in sets])
    if distribution:
        columns += map(written, batch.probabilities.T)
    columns.append([reason or nothing for reason in batch.reasons])
    return columns


@cache
def _texts() -> npt.NDArray[np.object_]:
    """Every probability as it is written, and the empty cell of an unusable row."""
    return np.array([*map(_digits, range(10_001)), ""], dtype=np.object_)


def _digits(steps: int) -> str:
    return f"{steps / 10_000:.4f}"


def _as_text(probabilities: Probabilities) -> list[str]:
    nothing = np.isnan(probabilities)
    exact = np.where(nothing, 0, probabilities).astype(np.float64)
    rounded = np.rint(exact * 10_000).astype(np.int64)
    if len(rounded) < FEW:  # the table takes 7 ms to make, as long as a few names do
        return ["" if none else _digits(n) for n, none in zip(rounded, nothing, strict=True)]
    rounded[nothing] = 10_001
    texts: list[str] = _texts()[rounded].tolist()
    return texts


def _as_numbers(probabilities: Probabilities) -> list[float | None]:
    return [None if math.isnan(p) else p for p in probabilities.tolist()]
