"""The temperatures of a calibration, by the number of words."""

import numpy as np
import pytest
from conftest import LABELS, drawn_logits

from names_predictor.inference.scorer import softmax
from names_trainer.evaluation.calibration import (
    MOST_PER_LABEL,
    fit_temperature,
    fit_temperatures,
    label_weights,
)
from names_trainer.metrics import evaluate


@pytest.mark.parametrize("temperature", [0.4, 1.0, 2.5])
def test_the_temperature_of_the_logits_is_found(temperature: float) -> None:
    logits, targets = drawn_logits(20_000, 0)
    found = fit_temperature(np.asarray(logits * temperature, dtype=np.float32), targets)
    assert found == pytest.approx(temperature, rel=0.05)


@pytest.mark.parametrize("names", [1, 6, 60, 600])
@pytest.mark.parametrize("margin", [0.1, 3.0, 30.0])
def test_correct_names_alone_give_no_certainty(names: int, margin: float) -> None:
    targets = np.arange(names) % 2
    logits = np.zeros((names, 2), dtype=np.float32)
    logits[np.arange(names), targets] = margin
    found = softmax(np.asarray(logits / fit_temperature(logits, targets), dtype=np.float32))
    expected = (names + 0.5) / (names + 1)
    reachable = softmax(np.array([[margin * np.exp(3), 0], [margin * np.exp(-3), 0]], np.float32))
    expected = np.clip(expected, reachable[1, 0], reachable[0, 0])
    np.testing.assert_allclose(found[np.arange(names), targets], expected, rtol=1e-3)


def test_a_temperature_of_few_correct_names_is_not_overconfident() -> None:
    """All of 60 validation names are correct, of labels with 1 wrong name in 50."""
    generator = np.random.default_rng(0)

    def names(number: int, mixed: float) -> tuple[np.ndarray, np.ndarray]:
        targets = generator.integers(2, size=number)
        given = np.where(generator.random(number) < mixed, 1 - targets, targets)
        margins = generator.normal(8, 1, number)
        return (np.eye(2)[given] * margins[:, None]).astype(np.float32), targets

    few, many = names(60, 0.0), names(5_000, 0.02)
    losses = {}
    for pseudo_names in (0.0, 1.0):
        scaled = np.asarray(many[0] / fit_temperature(*few, pseudo_names), dtype=np.float32)
        losses[pseudo_names] = evaluate(softmax(scaled), many[1], ("a", "b")).loss
    assert losses[1.0] < 0.2
    assert losses[0.0] > 0.5


@pytest.mark.parametrize("labels", [2, LABELS])
def test_pseudo_names_do_not_affect_a_large_validation_split(labels: int) -> None:
    logits, targets = drawn_logits(5_000, 0)
    known = targets < labels
    logits, targets = logits[known, :labels], targets[known]
    likeliest = fit_temperature(logits, targets, 0.0)
    assert fit_temperature(logits, targets) == pytest.approx(likeliest, rel=0.005)


def test_a_large_label_does_not_set_the_temperature_of_the_others() -> None:
    """One label has 90 % of the names, all correct; the others are overrated by a factor of 2."""
    logits, targets = drawn_logits(3_000, 0)
    logits, targets = logits * 2, targets % 5
    large = np.tile(np.eye(LABELS, dtype=np.float32)[5] * 2, (30_000, 1))
    all_logits = np.concatenate([logits, large])
    all_targets = np.concatenate([targets, np.full(len(large), 5)])
    alone, uneven = fit_temperature(logits, targets), fit_temperature(all_logits, all_targets)
    even = fit_temperature(all_logits, all_targets, weights=label_weights(all_targets, 500))
    assert uneven < 1 < alone
    assert even == pytest.approx(alone, rel=0.2)


def test_each_number_of_words_with_enough_names_has_a_temperature() -> None:
    logits, targets = drawn_logits(12_000, 0)
    counts = 1 + np.arange(12_000) % 4
    overrated = np.array([0, 0.5, 1.0, 2.0, 2.0])[counts]
    found = fit_temperatures(logits * overrated[:, None], targets, counts, evenly=False)
    assert found == pytest.approx((0.5, 1.0, 2.0), rel=0.1)


@pytest.mark.parametrize(
    ("names", "temperatures"),
    [
        ((400, 400, 399), [1, 2, 2]),
        ((400, 399, 399), [1, 2, 2]),
        ((399, 400, 400), [1, 1, 2]),
        ((0, 400, 400), [1, 1, 2]),
        ((800, 10, 10), [1, 1, 1]),
        ((0, 0, 10), [1, 1, 1]),
    ],
)
def test_few_names_of_a_number_of_words_share_a_temperature(
    names: tuple[int, ...], temperatures: list[int]
) -> None:
    logits, targets = drawn_logits(sum(names), 0)
    counts = np.repeat([1, 2, 3], names)
    found = fit_temperatures(logits, targets, counts, evenly=False)
    shared = np.array(temperatures)[counts - 1]
    for words, group in enumerate(temperatures):
        rows = shared == group
        assert found[min(words, len(found) - 1)] == fit_temperature(logits[rows], targets[rows])


def test_labels_count_evenly_in_the_temperature_of_a_number_of_words() -> None:
    logits, targets = drawn_logits(12_000, 0)
    logits[targets == 0] *= 3
    counts = 1 + np.arange(12_000) % 2
    found = fit_temperatures(logits, targets, counts, evenly=True)
    assert len(found) == 2
    for words, temperature in enumerate(found, 1):
        rows = counts == words
        assert np.bincount(targets[rows])[0] > 3 * MOST_PER_LABEL
        weights = label_weights(targets[rows], MOST_PER_LABEL)
        assert temperature == fit_temperature(logits[rows], targets[rows], weights=weights)
        assert temperature != pytest.approx(fit_temperature(logits[rows], targets[rows]), rel=0.02)


def test_no_label_weighs_more_than_its_highest_number_of_rows() -> None:
    targets = np.array([0] * 5 + [1] * 2 + [3] * 20)
    weights = np.bincount(targets, label_weights(targets, 10))
    assert weights.tolist() == pytest.approx([5, 2, 0, 10])


def test_whole_weights_are_repeated_rows() -> None:
    logits, targets = drawn_logits(500, 0)
    repeated = fit_temperature(np.repeat(logits, 3, axis=0), np.repeat(targets, 3))
    assert fit_temperature(logits, targets, weights=np.full(500, 3.0)) == pytest.approx(repeated)
