"""What is asked of every name, and its answer as the cells of a row."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from names_predictor.errors import NamesError
from names_predictor.inference.predictor import Answers, NamePredictor, Probabilities

FEW = 1000


@dataclass(frozen=True)
class Asked:
    """What every row is to say of its name; `NamePredictor.predict` explains the first three.

    With `distribution` it says every label's probability. `prefix` is what the names of the new
    columns begin with.
    """

    top_k: int = 1
    min_probability: float = 0.0
    coverage: float | None = None
    distribution: bool = False
    prefix: str = ""

    def __post_init__(self) -> None:
        """Raise `NamesError` for a prefix that is no text."""
        if not isinstance(self.prefix, str):
            raise NamesError(f"prefix can't be {self.prefix!r}: give a text")

    def columns(self, labels: Sequence[str]) -> dict[str, str]:
        """Return the new columns in order, each with its type, as Arrow, Spark and pandas call it.

        `candidates` holds labels apart by `|`.
        """
        columns = {"label": "string", "probability": "double"}
        for rank in range(2, min(self.top_k, len(labels)) + 1):
            columns |= {f"label_{rank}": "string", f"probability_{rank}": "double"}
        if self.coverage is not None:
            columns["candidates"] = "string"
        if self.distribution:
            columns |= {f"p_{label}": "double" for label in labels}
        columns["reason"] = "string"
        return {self.prefix + name: kind for name, kind in columns.items()}

    def answers(self, predictor: NamePredictor, names: Sequence[str]) -> Answers:
        """Answer for all `names`; raises `NamesError` where what is asked is impossible."""
        return predictor.answer(names, self.top_k, self.min_probability, self.coverage)

    def texts(self, predictor: NamePredictor, names: Sequence[str]) -> list[tuple[str, ...]]:
        """Return the cells behind each name as text: four digits, nothing where there is none."""
        return cells_of(self.answers(predictor, names), predictor.labels, self.distribution)

    def values(self, predictor: NamePredictor, names: Sequence[str]) -> list[tuple[Any, ...]]:
        """Return the cells behind each name: text, numbers, None where there is none."""
        answers = self.answers(predictor, names)
        return _cells(answers, predictor.labels, self.distribution, None, _as_numbers)


def cells_of(
    answers: Answers, labels: Sequence[str], distribution: bool = False
) -> list[tuple[str, ...]]:
    """Return the cells behind each name: label, probability (both once a rank), reason.

    Before the reason stand prediction sets, their labels apart by `|`, and with `distribution`
    every label's probability. The label of a row of low confidence is left empty, its probability
    is not.
    """
    return _cells(answers, labels, distribution, "", _as_text)


def _cells(
    answers: Answers,
    labels: Sequence[str],
    distribution: bool,
    nothing: Any,
    written: Callable[[Probabilities], list[Any]],
) -> list[tuple[Any, ...]]:
    known = np.array([*labels, nothing], dtype=np.object_)
    unusable = np.isnan(answers.scores)
    numbers = np.where(unusable, len(labels), answers.best)
    numbers[[reason is not None for reason in answers.reasons], 0] = len(labels)
    columns = []
    for of_rank, probability in zip(numbers.T, answers.scores.T, strict=True):
        columns += [known[of_rank].tolist(), written(probability)]
    if answers.candidates:
        sets = zip(answers.candidates, unusable[:, 0].tolist(), strict=True)
        columns.append([nothing if none else "|".join(labels) for labels, none in sets])
    if distribution:
        columns += map(written, answers.probabilities.T)
    columns.append([reason or nothing for reason in answers.reasons])
    return list(zip(*columns, strict=True))


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
