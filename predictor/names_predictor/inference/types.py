"""The values that predicting gives."""

from collections.abc import Sequence
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
    """The prediction for one name.

    `label` is None where `reason` says why; `probability` is too, unless it was only too low.
    `ranked` holds `top_k` labels with their probabilities, most probable first; `candidates` holds
    the prediction set where a coverage was given, in the same order.
    """

    name: str
    label: str | None
    probability: float | None
    reason: Reason | None
    ranked: tuple[tuple[str, float], ...] = ()
    candidates: tuple[str, ...] = ()


class PredictionBatch(NamedTuple):
    """The predictions for many names, in columns.

    `best` holds label numbers [names, top_k], `scores` their probabilities (NaN for an unusable
    name), `candidates` the prediction sets where a coverage was given, `probabilities` every
    label's [names, labels].
    """

    best: npt.NDArray[np.int64]
    scores: Probabilities
    reasons: list[Reason | None]
    candidates: list[tuple[str, ...]]
    probabilities: Probabilities

    def predictions(self, names: Sequence[str], labels: Sequence[str]) -> list[Prediction]:
        """Return a `Prediction` a name; `labels` are those that `best` numbers."""
        best, scores = self.best.tolist(), self.scores.tolist()
        predictions = []
        for i, (name, reason) in enumerate(zip(names, self.reasons, strict=True)):
            if reason and reason != "low-confidence":
                predictions.append(Prediction(name, None, None, reason))
                continue
            ranked = tuple((labels[n], p) for n, p in zip(best[i], scores[i], strict=True))
            label, probability = ranked[0]
            candidates = self.candidates[i] if self.candidates else ()
            given = None if reason else label
            predictions.append(Prediction(name, given, probability, reason, ranked, candidates))
        return predictions
