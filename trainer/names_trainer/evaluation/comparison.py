"""Statistics over seeds: what a study's runs support, and what they don't.

Runs of one seed share their split, so values of two cells are compared seed by seed (paired).
Intervals are Student's t over the seeds' differences; where several are read together they are
widened after Bonferroni, so that 95 % holds for all of them at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log2, sqrt
from statistics import mean, stdev

from scipy import stats


@dataclass(frozen=True)
class Interval:
    """A mean over seeds with its confidence interval."""

    mean: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the data support a difference."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Difference:
    """How far the cell `second` lies above the cell `first`."""

    first: float
    second: float
    interval: Interval


def t_interval(values: Sequence[float], comparisons: int = 1) -> Interval:
    """Return the mean of at least two `values` with its 95 % interval.

    With `comparisons` above 1 the interval is one of so many that hold together.
    """
    middle = mean(values)
    quantile = stats.t.ppf(1 - 0.05 / (2 * comparisons), len(values) - 1)
    reach = float(quantile) * stdev(values) / sqrt(len(values))
    return Interval(middle, middle - reach, middle + reach)


def pairwise_differences(values: Mapping[float, Sequence[float]]) -> list[Difference]:
    """Compare every two cells; `values` holds each cell's values in the same order of seeds."""
    pairs = list(combinations(sorted(values), 2))
    return [
        Difference(
            first,
            second,
            t_interval(
                [b - a for a, b in zip(values[first], values[second], strict=True)], len(pairs)
            ),
        )
        for first, second in pairs
    ]


def trend_per_doubling(values: Mapping[float, Sequence[float]], comparisons: int = 1) -> Interval:
    """Return the change of a value when the cell's number doubles.

    That is the least-squares slope over log2 of the number, taken for each seed.
    """
    slopes = [
        stats.linregress([log2(number) for number in values], list(of_seed)).slope
        for of_seed in zip(*values.values(), strict=True)
    ]
    return t_interval([float(slope) for slope in slopes], comparisons)


def friedman_p(values: Mapping[float, Sequence[float]]) -> float:
    """Return the p-value of Friedman's rank test that all cells are alike (three or more)."""
    if all(len(set(of_seed)) == 1 for of_seed in zip(*values.values(), strict=True)):
        return 1.0  # the test is not defined where every seed ties
    return float(stats.friedmanchisquare(*values.values()).pvalue)
