"""Prediction sets that hold the right label as often as given (split conformal prediction).

Source: Angelopoulos and Bates, "A Gentle Introduction to Conformal Prediction", 2021: the score
is one minus the probability of the right label, calibrated apart for groups of labels.
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
    """Labels calibrated together, on `rows` names that were held out of training.

    `probabilities` are those of the right label, ascending: all of them, or evenly spaced ones
    from the first to the last where there are many.
    """

    labels: tuple[int, ...]
    rows: int
    probabilities: tuple[float, ...]

    def threshold(self, coverage: float) -> float:
        """Return the least probability with which a label of the group belongs to a set."""
        rank = np.floor((self.rows + 1) * (1 - coverage) + 1e-9)
        if rank < 1:
            return 0.0  # too few names to leave the label out of any set
        ranks = np.linspace(1, self.rows, len(self.probabilities))
        return float(np.interp(rank, ranks, self.probabilities))


def check_coverage(coverage: Any) -> None:
    """Raise `NamesError` where a coverage is no number between 0 and 1."""
    is_number = isinstance(coverage, Real)
    if not (is_number and 0 < coverage < 1):
        raise NamesError(f"coverage can't be {coverage!r}: give a share between 0 and 1")


def thresholds(
    groups: Sequence[LabelGroup], num_labels: int, coverage: float
) -> npt.NDArray[np.float32]:
    """Return each label's threshold [labels] for prediction sets of that coverage.

    Args:
        groups: Each label is in one of them.
        num_labels: How many labels there are.
        coverage: A share between 0 and 1.

    Raises:
        NamesError: The coverage is no such share.

    """
    check_coverage(coverage)
    values = np.zeros(num_labels, dtype=np.float32)
    for group in groups:
        values[list(group.labels)] = group.threshold(coverage)
    return values


def prediction_sets(
    probabilities: npt.NDArray[np.float32], least: npt.NDArray[np.float32]
) -> npt.NDArray[np.bool_]:
    """Return which labels belong to each row's set [rows, labels].

    A set can be empty: no label is as probable as it mostly is for its own names.
    """
    return np.asarray(probabilities >= least)
