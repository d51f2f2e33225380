"""Prediction sets with a target coverage, by split conformal prediction.

The conformity score of a name is the probability of its true label. Labels are calibrated in
groups. Source: Angelopoulos and Bates, "A Gentle Introduction to Conformal Prediction and
Distribution-Free Uncertainty Quantification", 2021.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

from names_predictor.errors import NamesError


@dataclass(frozen=True)
class LabelGroup:
    """Labels that are calibrated together on held-out names.

    Attributes:
        labels: Ids of the labels.
        rows: Number of held-out names.
        probabilities: Probabilities of the true labels in whole millionths, ascending; for many
            names, evenly spaced quantiles from the lowest to the highest.

    """

    labels: tuple[int, ...]
    rows: int
    probabilities: tuple[float, ...]

    def threshold(self, coverage: float) -> float:
        """Return the lowest probability of a label of this group in a prediction set.

        Args:
            coverage: Target coverage, between 0 and 1.

        """
        rank = min(np.floor((self.rows + 1) * (1 - coverage) + 1e-9), self.rows)
        if rank < 1:
            return 0.0  # too few names: every set contains the label
        ranks = np.linspace(1, self.rows, len(self.probabilities))
        return float(np.interp(rank, ranks, self.probabilities))


def check_coverage(coverage: Any) -> None:
    """Raise `NamesError` unless `coverage` is a number between 0 and 1."""
    is_number = isinstance(coverage, Real)
    if not (is_number and 0 < coverage < 1):
        raise NamesError(f"coverage can't be {coverage!r}: give a number between 0 and 1")


def thresholds(
    groups: Sequence[LabelGroup], num_labels: int, coverage: float
) -> npt.NDArray[np.float32]:
    """Return the lowest probability of each label in a prediction set, float32 [labels].

    Args:
        groups: Groups of labels, with each label in one of them.
        num_labels: Number of labels.
        coverage: Target coverage, between 0 and 1.

    Raises:
        NamesError: The coverage is not between 0 and 1.

    """
    check_coverage(coverage)
    values = np.zeros(num_labels, dtype=np.float32)
    for group in groups:
        values[list(group.labels)] = group.threshold(coverage)
    return values


def prediction_sets(
    probabilities: npt.NDArray[np.float32], lowest: npt.NDArray[np.float32]
) -> npt.NDArray[np.bool_]:
    """Return the prediction sets, bool [rows, labels]; a set can be empty.

    Args:
        probabilities: Float32 [rows, labels].
        lowest: The `thresholds` of the labels, float32 [labels].

    """
    return np.asarray(probabilities >= lowest)
