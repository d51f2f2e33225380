"""The types of predictions and of their arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]
Probabilities = Floats
Reason = Literal[
    "blank", "undecodable", "too-long", "unknown-script", "low-confidence", "malformed"
]
"""The reason for no label; a `malformed` row is one of a file that could not be read."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """The prediction for one name.

    Attributes:
        name: The name.
        label: The most probable label; None for a name with a reason.
        probability: Its probability; None for a name with another reason than `low-confidence`.
        reason: The reason for no label; None for a labelled name.
        ranked: The `top_k` labels with their probabilities, most probable first.
        candidates: The prediction set, most probable label first; empty without a coverage.

    """

    name: str
    label: str | None
    probability: float | None
    reason: Reason | None
    ranked: tuple[tuple[str, float], ...] = ()
    candidates: tuple[str, ...] = ()


class PredictionBatch(NamedTuple):
    """The predictions for many names, in columns.

    Attributes:
        best: Ids of the most probable labels, int64 [names, top_k].
        scores: Their probabilities, float32 [names, top_k]; NaN for an unusable name.
        reasons: The reason of each name.
        candidates: The prediction set of each name; empty without a coverage.
        probabilities: With the option `distribution`, the probabilities of all labels, float32
            [names, labels]; else [names, 0].

    """

    best: Numbers
    scores: Probabilities
    reasons: list[Reason | None]
    candidates: list[tuple[str, ...]]
    probabilities: Probabilities

    def predictions(self, names: Sequence[str], labels: Sequence[str]) -> list[Prediction]:
        """Return the prediction of each name; `labels` are those of the predictor."""
        best, scores = self.best.tolist(), self.scores.tolist()
        predictions = []
        for i, (name, reason) in enumerate(zip(names, self.reasons, strict=True)):
            if reason and reason != "low-confidence":
                predictions.append(Prediction(name, None, None, reason))
                continue
            ranked = tuple((labels[n], p) for n, p in zip(best[i], scores[i], strict=True))
            label, probability = ranked[0]
            candidates = self.candidates[i] if self.candidates else ()
            best_label = None if reason else label
            predictions.append(
                Prediction(name, best_label, probability, reason, ranked, candidates)
            )
        return predictions

    def best_labels(self, labels: Sequence[str]) -> list[str | None]:
        """Return the label of each name, None for no label; `labels` are those of the predictor."""
        best = zip(self.best[:, 0].tolist(), self.reasons, strict=True)
        return [None if reason else labels[number] for number, reason in best]
