import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import LABELS, CommandLine, drawn_logits, random_model
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
    NO_ROWS,
    _frequencies,
    calibrated_on,
    class_priors,
    conformal_groups,
    rough_note,
)
from names_trainer.evaluation.fitted import FittedModel
from names_trainer.metrics import (
    calibration_error,
    calibration_noise,
    reliability,
)
from names_trainer.runs.run import Run


def test_calibration_error_of_known_probabilities() -> None:
    sure = np.tile(np.array([[0.8, 0.2]], dtype=np.float32), (150, 1))
    targets = np.array(([0] * 9 + [1]) * 15)
    assert calibration_error(reliability(sure, targets)) == pytest.approx(0.1, abs=1e-6)


def test_calibration_error_of_a_calibrated_classifier_is_noise() -> None:
    errors, noises = [], []
    for seed in range(30):
        logits, targets = drawn_logits(1500, seed)
        errors.append(calibration_error(reliability(softmax(logits), targets)))
        noises.append(calibration_noise(softmax(logits)))
    assert np.mean(errors) == pytest.approx(np.mean(noises), rel=0.1)
    logits, targets = drawn_logits(1500, 0)
    overconfident = softmax(np.asarray(logits * 2, dtype=np.float32))
    assert calibration_error(reliability(overconfident, targets)) > 3 * np.mean(noises)


@pytest.mark.parametrize("coverage", [0.6, 0.8, 0.9, 0.95])
def test_prediction_sets_have_the_target_coverage(coverage: float) -> None:
    held = np.zeros(LABELS)
    support = np.zeros(LABELS)
    for seed in range(20):
        logits, targets = drawn_logits(2000, 2 * seed)
        groups = conformal_groups(softmax(logits), targets)
        lowest = thresholds(groups, LABELS, coverage)
        logits, targets = drawn_logits(2000, 2 * seed + 1)
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
