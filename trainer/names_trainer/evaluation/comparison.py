"""Statistics of a study: paired comparisons of its cells over seeds.

Runs with the same seed have the same split, so two cells are compared by their differences per
seed. Intervals are Student's t intervals over the seeds, at 95 %; for several comparisons they are
widened by Bonferroni's correction.
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
        """Whether the interval excludes zero, so that the difference is significant."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Difference:
    """The difference of the cell `second` minus the cell `first`."""

    first: float
    second: float
    interval: Interval


def t_interval(values: Sequence[float], comparisons: int = 1) -> Interval:
    """Return the mean of values with its 95 % Student's t interval.

    Args:
        values: A value per seed, at least two.
        comparisons: Number of simultaneous intervals, for Bonferroni's correction.

    """
    middle = mean(values)
    quantile = stats.t.ppf(1 - 0.05 / (2 * comparisons), len(values) - 1)
    reach = float(quantile) * stdev(values) / sqrt(len(values))
    return Interval(middle, middle - reach, middle + reach)


def pairwise_differences(values: Mapping[float, Sequence[float]]) -> list[Difference]:
    """Return the paired differences of all pairs of cells.

    Args:
        values: For each cell, a value per seed, in the same order of seeds.

    """
    pairs = list(combinations(sorted(values), 2))
    differences = []
    for first, second in pairs:
        gaps = [b - a for a, b in zip(values[first], values[second], strict=True)]
        differences.append(Difference(first, second, t_interval(gaps, len(pairs))))
    return differences


def trend_per_doubling(values: Mapping[float, Sequence[float]], comparisons: int = 1) -> Interval:
    """Return the change of a value when the option doubles.

    It is the slope of a linear regression over log2 of the option, fitted for each seed.

    Args:
        values: For each value of the option, above 0, a value per seed, in the same order of seeds.
        comparisons: Number of simultaneous intervals, for Bonferroni's correction.

    """
    slopes = [
        stats.linregress([log2(number) for number in values], list(of_seed)).slope
        for of_seed in zip(*values.values(), strict=True)
    ]
    return t_interval([float(slope) for slope in slopes], comparisons)


def friedman_p(values: Mapping[float, Sequence[float]]) -> float:
    """Return the p-value of Friedman's rank test of equal cells.

    Args:
        values: For each of three or more cells, a value per seed, in the same order of seeds.

    """
    if all(len(set(of_seed)) == 1 for of_seed in zip(*values.values(), strict=True)):
        return 1.0  # the test is undefined if every seed ties
    return float(stats.friedmanchisquare(*values.values()).pvalue)
