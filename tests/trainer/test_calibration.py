import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import CommandLine, random_model
from hypothesis import given
from hypothesis import strategies as st

from names_predictor.artifact.store import CARD_FILE, RELEASED, read_artifact
from names_predictor.conformal import LabelGroup, prediction_sets, thresholds
from names_predictor.errors import NamesError
from names_predictor.inference.scorer import softmax
from names_trainer.data.dataset import label_ids
from names_trainer.evaluation.calibration import (
    FEW_NAMES,
    FEWEST_ROWS,
    MOST_PER_LABEL,
    NO_ROWS,
    _frequencies,
    calibrated_on,
    class_priors,
    conformal_groups,
    fit_temperature,
    fit_temperatures,
    label_weights,
    rough_note,
)
from names_trainer.evaluation.fitted import FittedModel
from names_trainer.metrics import (
    calibration_error,
    calibration_noise,
    evaluate,
    reliability,
)
from names_trainer.runs.run import Run

LABELS = 6


def drawn(rows: int, seed: int, sharpness: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """Return logits, and targets drawn from their softmax."""
    generator = np.random.default_rng(seed)
    bias = np.array([2, 1, 0.5, 0, -0.5, -3])  # common labels and a rare one
    logits = (generator.normal(size=(rows, LABELS)) * sharpness + bias).astype(np.float32)
    cumulated = softmax(logits).cumsum(axis=1)
    targets = (generator.random((rows, 1)) * cumulated[:, -1:] > cumulated).sum(axis=1)
    return logits, targets.astype(np.int64)


@pytest.mark.parametrize("temperature", [0.4, 1.0, 2.5])
def test_the_temperature_of_the_logits_is_found(temperature: float) -> None:
    logits, targets = drawn(20_000, 0)
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
    logits, targets = drawn(5_000, 0)
    known = targets < labels
    logits, targets = logits[known, :labels], targets[known]
    likeliest = fit_temperature(logits, targets, 0.0)
    assert fit_temperature(logits, targets) == pytest.approx(likeliest, rel=0.005)


def test_a_large_label_does_not_set_the_temperature_of_the_others() -> None:
    """One label has 90 % of the names, all correct; the others are overrated by a factor of 2."""
    logits, targets = drawn(3_000, 0)
    logits, targets = logits * 2, targets % 5
    large = np.tile(np.eye(LABELS, dtype=np.float32)[5] * 2, (30_000, 1))
    all_logits = np.concatenate([logits, large])
    all_targets = np.concatenate([targets, np.full(len(large), 5)])
    alone, uneven = fit_temperature(logits, targets), fit_temperature(all_logits, all_targets)
    even = fit_temperature(all_logits, all_targets, weights=label_weights(all_targets, 500))
    assert uneven < 1 < alone
    assert even == pytest.approx(alone, rel=0.2)


def test_each_number_of_words_with_enough_names_has_a_temperature() -> None:
    logits, targets = drawn(12_000, 0)
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
    logits, targets = drawn(sum(names), 0)
    counts = np.repeat([1, 2, 3], names)
    found = fit_temperatures(logits, targets, counts, evenly=False)
    shared = np.array(temperatures)[counts - 1]
    for words, group in enumerate(temperatures):
        rows = shared == group
        assert found[min(words, len(found) - 1)] == fit_temperature(logits[rows], targets[rows])


def test_labels_count_evenly_in_the_temperature_of_a_number_of_words() -> None:
    logits, targets = drawn(12_000, 0)
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
    logits, targets = drawn(500, 0)
    repeated = fit_temperature(np.repeat(logits, 3, axis=0), np.repeat(targets, 3))
    assert fit_temperature(logits, targets, weights=np.full(500, 3.0)) == pytest.approx(repeated)


def test_calibration_error_of_known_probabilities() -> None:
    sure = np.tile(np.array([[0.8, 0.2]], dtype=np.float32), (150, 1))
    targets = np.array(([0] * 9 + [1]) * 15)
    assert calibration_error(reliability(sure, targets)) == pytest.approx(0.1, abs=1e-6)


def test_calibration_error_of_a_calibrated_classifier_is_noise() -> None:
    errors, noises = [], []
    for seed in range(30):
        logits, targets = drawn(1500, seed)
        errors.append(calibration_error(reliability(softmax(logits), targets)))
        noises.append(calibration_noise(softmax(logits)))
    assert np.mean(errors) == pytest.approx(np.mean(noises), rel=0.1)
    logits, targets = drawn(1500, 0)
    overconfident = softmax(np.asarray(logits * 2, dtype=np.float32))
    assert calibration_error(reliability(overconfident, targets)) > 3 * np.mean(noises)


@pytest.mark.parametrize("coverage", [0.6, 0.8, 0.9, 0.95])
def test_prediction_sets_have_the_target_coverage(coverage: float) -> None:
    held = np.zeros(LABELS)
    support = np.zeros(LABELS)
    for seed in range(20):
        logits, targets = drawn(2000, 2 * seed)
        groups = conformal_groups(softmax(logits), targets)
        lowest = thresholds(groups, LABELS, coverage)
        logits, targets = drawn(2000, 2 * seed + 1)
        sets = prediction_sets(softmax(logits), lowest)
        held += np.bincount(targets, sets[np.arange(len(targets)), targets], LABELS)
        support += np.bincount(targets, minlength=LABELS)
    assert held.sum() / support.sum() == pytest.approx(coverage, abs=0.015)
    rare = support < 1000  # calibrated on a dozen names: the coverage is higher
    assert rare.sum() == 1
    np.testing.assert_allclose((held / support)[~rare], coverage, atol=0.03)
    assert (held / support)[rare] > coverage - 0.05


def test_a_label_of_enough_names_is_a_group_and_the_others_are_one() -> None:
    support = [FEWEST_ROWS, FEWEST_ROWS - 1, 0]
    targets = np.repeat(np.arange(3), support)
    probabilities = np.zeros((len(targets), 3), dtype=np.float32)
    groups = conformal_groups(probabilities, targets)
    assert groups == (
        LabelGroup((0,), support[0], (0.0,) * support[0]),
        LabelGroup((1, 2), support[1], (0.0,) * support[1]),
    )


def test_a_group_of_too_few_names_is_in_every_set() -> None:
    group = LabelGroup((0, 1), 5, (0.1, 0.2, 0.3, 0.4, 0.5))
    assert group.threshold(0.9) == 0.0
    assert group.threshold(0.5) == pytest.approx(0.3)
    never, lowest = np.array([[0, 1]], dtype=np.float32), np.zeros(2, dtype=np.float32)
    assert prediction_sets(never, lowest).all()


def test_labels_without_a_calibration_name_are_in_every_set() -> None:
    group = LabelGroup((0, 1), 0, ())
    assert [group.threshold(coverage) for coverage in (1e-12, 0.5, 0.9)] == [0.0, 0.0, 0.0]


def test_nine_names_are_enough_for_a_coverage_of_nine_in_ten() -> None:
    probabilities = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    assert LabelGroup((0,), 9, probabilities).threshold(0.9) == 0.1
    assert LabelGroup((0,), 8, probabilities[:8]).threshold(0.9) == 0.0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50), st.floats(0.01, 0.99))
def test_a_threshold_covers_its_calibration_names(
    probabilities: list[float], coverage: float
) -> None:
    group = LabelGroup((0,), len(probabilities), tuple(sorted(probabilities)))
    kept = np.mean(np.array(probabilities) >= group.threshold(coverage))
    assert kept >= coverage - 1e-9


def test_rounding_of_another_runtime_keeps_the_coverage() -> None:
    probabilities = np.tile(np.array([[1 - 2e-7, 2e-7]], dtype=np.float32), (100, 1))
    targets = np.zeros(100, dtype=np.int64)
    groups = conformal_groups(probabilities, targets)
    others = probabilities + np.array([[-5e-6, 5e-6]], dtype=np.float32)
    sets = prediction_sets(others, thresholds(groups, 2, 0.9))
    assert sets[:, 0].all()


@pytest.mark.parametrize(
    ("names", "wrong", "note"),
    [
        (60, 0, "calibrated on 60 validation names, 0 of them wrong: probabilities are rough"),
        (1, 1, "calibrated on 1 validation name, 1 of them wrong: probabilities are rough"),
        (60, None, "calibrated on 60 validation names: probabilities are rough"),
        (FEW_NAMES - 1, 7, f"calibrated on {FEW_NAMES - 1} validation names, 7 of them"),
        (FEW_NAMES, 0, ""),
    ],
)
def test_a_calibration_on_few_names_is_reported(names: int, wrong: int | None, note: str) -> None:
    found = rough_note(names, wrong)
    assert found.startswith(note)
    assert bool(found) == bool(note)


@pytest.mark.parametrize(
    ("provenance", "wrong"),
    [
        ({}, None),
        ({"calibration": {"names": 99, "wrong": 4}}, 4),
        ({"calibration": {}}, None),
        ({"calibration": [4]}, None),
        ({"calibration": {"wrong": "4"}}, None),
        ({"calibration": {"wrong": True}}, None),
    ],
)
def test_the_calibration_of_any_provenance_is_read(
    provenance: dict[str, Any], wrong: int | None
) -> None:
    _, vocab = random_model("abc", 3)
    assert calibrated_on(replace(vocab, provenance=provenance)) == (99, wrong)


def test_the_released_model_is_not_rough() -> None:
    names, _ = calibrated_on(read_artifact(RELEASED).vocab)
    assert rough_note(names, None) == ""


def test_every_command_reports_a_rough_calibration(
    corpus: Path, tmp_path: Path, names: CommandLine
) -> None:
    runs, artifact = tmp_path / "runs", tmp_path / "artifact"
    small = ("--hidden-dim", 8, "--embedding-dim", 4, "--num-epochs", 1)
    trained = names("train", "--data-dir", corpus, "--output", runs, *small)
    (folder,) = runs.iterdir()
    found = FittedModel.of(Run.open(folder)).calibration
    validation = Run.open(folder).dataset.split.validation
    assert (found.names, 0 < found.wrong < found.names) == (len(validation), True)
    note = rough_note(found.names, found.wrong)
    assert trained.out.splitlines()[-1] == note
    assert note in names("export", "--run", folder, "--output", artifact).out.splitlines()
    card = (artifact / CARD_FILE).read_text(encoding="utf-8")
    assert f"\n**{note.capitalize()}.**\n" in card
    for scored in (("--run", folder), ("--artifacts", artifact)):
        assert note in names("evaluate", *scored).out.splitlines()
        scores = json.loads(names("evaluate", *scored, "--json").out)
        counts = (scores["calibration_names"], scores["calibration_wrong"])
        assert counts == (found.names, found.wrong)


def test_quantiles_give_almost_the_same_thresholds() -> None:
    probabilities = np.sort(np.random.default_rng(3).random(5000))
    whole = LabelGroup((0,), 5000, tuple(probabilities.tolist()))
    quantiles = LabelGroup(
        (0,), 5000, tuple(np.interp(np.linspace(0, 4999, 200), range(5000), probabilities).tolist())
    )
    for coverage in (0.5, 0.9, 0.99):
        assert quantiles.threshold(coverage) == pytest.approx(whole.threshold(coverage), abs=0.005)


@pytest.mark.parametrize("coverage", [0.0, 1.0, -1.0, float("nan")])
def test_an_invalid_coverage_is_an_error(coverage: float) -> None:
    with pytest.raises(NamesError, match="give a number"):
        thresholds((LabelGroup((0, 1), 2, (0.1, 0.2)),), 2, coverage)


def test_calibration_of_a_run(finished_run: Run) -> None:
    fitted, dataset = FittedModel.of(finished_run), finished_run.dataset
    found, validation = fitted.calibration, dataset.split.validation
    train = [row.label for row in dataset.split.train]
    for label, prior in zip(dataset.labels, found.class_priors, strict=True):
        assert prior == train.count(label) / len(train)
    targets = label_ids(validation, dataset.labels)
    expected = conformal_groups(fitted.predict_proba(validation), targets)
    assert len(found.groups) == len(expected)
    for group, of_validation in zip(found.groups, expected, strict=True):
        assert (group.labels, group.rows) == (of_validation.labels, of_validation.rows)
        assert group.probabilities == pytest.approx(of_validation.probabilities, abs=2e-6)


def test_a_label_without_training_names_has_a_prior_of_half_a_name(finished_run: Run) -> None:
    dataset = finished_run.dataset
    priors = class_priors(replace(dataset, labels=(*dataset.labels, "Unseen")))
    assert sum(priors) == pytest.approx(1)
    rows = len(dataset.split.train)
    assert priors[-1] == pytest.approx(NO_ROWS / (rows + NO_ROWS))
    others = np.array(class_priors(dataset)) * rows / (rows + NO_ROWS)
    assert priors[:-1] == pytest.approx(others.tolist())


def test_a_label_without_weight_has_the_lowest_prior() -> None:
    assert _frequencies({"a": 0.1, "b": 0.3}, ["a", "b", "c"]) == pytest.approx([0.2, 0.6, 0.2])
    rare = _frequencies({"a": 1e-30, "b": 1.0}, ["a", "b"])
    assert rare == pytest.approx([1e-9, 1], rel=1e-6)
