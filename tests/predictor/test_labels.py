"""Predictions among some of a model's labels: `load(labels=...)` and `--labels`."""

import pickle

import numpy as np
import pandas as pd
import pytest
from conftest import CommandLine

from names_predictor import NamePredictor, NamesError
from names_predictor.artifact.store import RELEASED
from names_predictor.engines.labeller import NameLabeller

EAST = ["Korean", "Chinese", "Japanese"]
NAMES = ["Kim", "Lee", "Smith", "Tanaka", "", "Wang Xiaoming"]


@pytest.fixture(scope="module")
def full() -> NamePredictor:
    return NamePredictor.load(RELEASED)


@pytest.fixture(scope="module")
def few() -> NamePredictor:
    return NamePredictor.load(RELEASED, labels=EAST)


def test_probabilities_are_those_of_all_labels_renormalised(full, few) -> None:
    assert few.labels == ("Chinese", "Japanese", "Korean")  # in the model's order
    columns = [full.labels.index(label) for label in few.labels]
    wanted = full.predict_proba(NAMES)[:, columns]
    wanted /= wanted.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(few.predict_proba(NAMES), wanted, atol=1e-6)
    assert set(few.label(NAMES)) == {*EAST, None}


def test_all_results_have_the_kept_labels_only(few) -> None:
    (kim,) = few.predict(["Kim"], top_k=9, coverage=0.999)
    assert {label for label, _ in kim.ranked} == set(EAST)
    assert set(kim.candidates) <= set(EAST)
    assert few.class_priors.shape == (3,)
    assert few.class_priors.sum() == pytest.approx(1)
    assert "3 labels: Chinese, Japanese, Korean" in repr(few)
    assert few.explain("Kim").prediction.label == "Korean"
    copy = pickle.loads(pickle.dumps(few))
    assert copy.labels == few.labels


def test_prediction_sets_are_those_of_all_labels_without_the_others(full, few) -> None:
    sets = [prediction.candidates for prediction in full.predict(NAMES, coverage=0.9)]
    kept = [tuple(label for label in of_name if label in EAST) for of_name in sets]
    assert [p.candidates for p in few.predict(NAMES, coverage=0.9)] == kept != sets


def test_a_prior_weighs_the_labels_that_are_left() -> None:
    prior = {"Korean": 1, "Chinese": 1, "English": 98}
    predictor = NamePredictor.load(RELEASED, prior=prior, labels=EAST)
    (smith,) = predictor.predict(["Smith"], top_k=3)
    assert dict(smith.ranked)["Japanese"] == 0
    assert sum(p for _, p in smith.ranked) == pytest.approx(1)
    with pytest.raises(NamesError, match="frequency above 0"):
        NamePredictor.load(RELEASED, prior={"English": 1}, labels=EAST)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["Korean"], "at least two"),
        (["Korean", "Korean"], "at least two"),
        (["Korean", "Chines"], "did you mean Chinese"),
        (["Korean", "Klingon!"], "--list-labels prints all"),
        ("Korean", "give a list"),
        ([1, 2], "give a list"),
        (5, "give a list"),
    ],
)
def test_impossible_labels_are_an_error(labels, message) -> None:
    with pytest.raises(NamesError, match=message):
        NamePredictor.load(RELEASED, labels=labels)


@pytest.mark.parametrize("kind", [tuple, np.array, pd.Series, iter])
def test_labels_of_any_kind_of_list(kind) -> None:
    assert NamePredictor.load(RELEASED, labels=kind(EAST)).labels == tuple(sorted(EAST))


def test_the_command_predicts_the_kept_labels(names_predict: CommandLine, tmp_path) -> None:
    file = tmp_path / "names.txt"
    file.write_text("Smith\nKim\nSato\n")
    released = ("--artifacts", RELEASED)
    result = names_predict(file, *released, "--labels", "Korean, Japanese")
    found = [line.split("\t")[1] for line in result.out.splitlines()]
    assert found[1:] == ["Korean", "Japanese"]
    assert found[0] in {"Korean", "Japanese"}
    result = names_predict(file, *released, "--labels", "Korean,Japan")
    assert result.code == 2
    assert "did you mean Japanese" in result.err


def test_a_labeller_has_the_columns_of_these_labels() -> None:
    labeller = NameLabeller(RELEASED, "name", distribution=True, labels=EAST)
    found = labeller(pd.DataFrame({"name": ["Kim", "Smith"]}))
    columns = [name for name in found.columns if name.startswith("p_")]
    assert columns == ["p_Chinese", "p_Japanese", "p_Korean"]
    assert found["p_Korean"][0] > 0.9


def test_the_given_list_and_prior_are_copied() -> None:
    given, prior = ["Korean", "Polish"], {"Korean": 1.0, "Polish": 1.0}
    predictor = NamePredictor.load(RELEASED, labels=given, prior=prior)
    given.append("Greek")
    prior["Polish"] = 99.0
    copy = pickle.loads(pickle.dumps(predictor))
    assert copy.labels == predictor.labels
    assert copy.class_priors.tolist() == predictor.class_priors.tolist()
