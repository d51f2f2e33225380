import random
from statistics import mean

import pytest
from scipy import stats

from names_trainer.evaluation.comparison import (
    friedman_p,
    pairwise_differences,
    t_interval,
    trend_per_doubling,
)


def test_t_interval_is_scipys() -> None:
    values = [0.1, 0.4, 0.2, 0.35, 0.3]
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    found = t_interval(values)
    assert (found.mean, found.low, found.high) == pytest.approx((mean(values), *expected))
    assert found.excludes_zero
    assert t_interval([-value for value in values]).excludes_zero
    wider = t_interval(values, comparisons=6)
    assert wider.low < found.low < found.high < wider.high


def test_pairs_are_compared_seed_by_seed() -> None:
    values = {10: [0.1, 0.5, 0.9], 20: [0.2, 0.6, 1.01], 40: [0.1, 0.7, 0.6]}
    differences = {(d.first, d.second): d.interval for d in pairwise_differences(values)}
    assert set(differences) == {(10, 20), (10, 40), (20, 40)}
    assert differences[10, 20].mean == pytest.approx((0.1 + 0.1 + 0.11) / 3)
    assert differences[10, 20].excludes_zero
    assert not differences[10, 40].excludes_zero


def test_trend_counts_doublings() -> None:
    values = {
        size: [0.1 * power + e for e in (0, 0.2, 0.3)] for power, size in enumerate((8, 16, 32))
    }
    trend = trend_per_doubling(values)
    assert (trend.mean, trend.low, trend.high) == pytest.approx((0.1, 0.1, 0.1))


def test_equal_cells_rarely_differ_significantly() -> None:
    """Of 200 studies without an effect, about 5 % may report one."""
    generator = random.Random(0)
    claims = 0
    for _ in range(200):
        values = {size: [generator.gauss(0.8, 0.01) for _ in range(5)] for size in (10, 20, 30, 40)}
        claims += any(d.interval.excludes_zero for d in pairwise_differences(values))
    assert 0 < claims < 0.1 * 200


def test_friedman() -> None:
    alike = {1: [0.1, 0.2, 0.3], 2: [0.2, 0.3, 0.1], 3: [0.3, 0.1, 0.2]}
    different = {1: [0.1, 0.2, 0.3], 2: [0.4, 0.5, 0.6], 3: [0.7, 0.8, 0.9]}
    assert friedman_p(alike) > 0.9
    assert friedman_p(different) < 0.06
    assert friedman_p({1: [0.1, 0.2], 2: [0.1, 0.2], 3: [0.1, 0.2]}) == 1.0
