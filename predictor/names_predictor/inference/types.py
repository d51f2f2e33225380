"""The values that predicting gives."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Probabilities = npt.NDArray[np.float32]
Reason = Literal[
    "blank", "undecodable", "too-long", "unknown-script", "low-confidence", "malformed"
]
"""Why a row has no label; `malformed` rows are those of files that could not be read."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer for one row.

    `label` is None where `reason` says why; `probability` is too, unless it was only too low.
    `ranked` holds the asked number of labels with their probabilities, most probable first;
    `candidates` holds the prediction set where a coverage was asked for, likewise in order.
    """

    name: str
    label: str | None
    probability: float | None
    reason: Reason | None
    ranked: tuple[tuple[str, float], ...] = ()
    candidates: tuple[str, ...] = ()


class PredictionBatch(NamedTuple):
    """The answers for many rows, in columns.

    `best` holds label numbers [rows, top_k], `scores` their probabilities (NaN in an unusable
    row), `candidates` the prediction sets where a coverage was asked for, `probabilities` every
    label's [rows, labels].
    """

    best: npt.NDArray[np.int64]
    scores: Probabilities
    reasons: list[Reason | None]
    candidates: list[tuple[str, ...]]
    probabilities: Probabilities
