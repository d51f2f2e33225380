import pickle
import random
from collections.abc import Iterable
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import SYLLABLES
from sklearn.base import clone
from sklearn.metrics import accuracy_score, classification_report, confusion_matrix, f1_score
from sklearn.model_selection import GridSearchCV, cross_val_score

from names_predictor.errors import NamesError
from names_predictor.inference.predictor import NamePredictor
from names_trainer import config as config_module
from names_trainer.classifier import InputError, NameClassifier
from names_trainer.config import TrainConfig
from names_trainer.data.corpus import Row
from names_trainer.data.dataset import Dataset
from names_trainer.presets import DEFAULT
from names_trainer.runs.folders import NAMES_FILE
from names_trainer.runs.run import Run

SMALL = NameClassifier(hidden_dim=16, embedding_dim=8, batch_size=16, num_epochs=3)


@pytest.fixture(scope="module")
def pairs() -> tuple[list[str], list[str]]:
    generator = random.Random(0)
    pairs = [
        ("".join(generator.choices(syllables, k=generator.randint(2, 5))), label)
        for _ in range(40)
        for label, syllables in SYLLABLES.items()
    ]
    return [name for name, _ in pairs], [label for _, label in pairs]


@pytest.fixture(scope="module")
def fitted(pairs: tuple[list[str], list[str]]) -> NameClassifier:
    return clone(SMALL).fit(*pairs)


def test_an_invalid_date_is_found_before_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "today")
    with pytest.raises(NamesError, match="SOURCE_DATE_EPOCH: 'today' is not a number"):
        clone(SMALL).fit([], [])


def test_it_fits_and_predicts(
    fitted: NameClassifier, pairs: tuple[list[str], list[str]], tmp_path: Path
) -> None:
    names, labels = pairs
    assert fitted.classes_.tolist() == sorted(SYLLABLES)
    assert fitted.score(names, labels) > 0.9
    assert fitted.predict([names[0], None, ""]).tolist() == [labels[0], None, None]
    assert fitted.score([names[0], ""], [labels[0], labels[0]]) == 0.5
    probabilities = fitted.predict_proba([*names, ""])
    assert (fitted.classes_[probabilities[:-1].argmax(axis=1)] == fitted.predict(names)).all()
    assert np.isnan(probabilities[-1]).all()
    fitted.export(tmp_path / "artifact")
    assert (tmp_path / "artifact" / "MODEL_CARD.md").read_text(encoding="utf-8") == fitted.card_
    loaded = NamePredictor.load(tmp_path / "artifact")
    assert loaded.label(names) == fitted.predict(names).tolist()
    assert loaded.vocab.provenance["config"]["hidden_dim"] == 16
    assert loaded.vocab.provenance["test"]["accuracy"] > 0.5


def test_a_fit_leaves_torch_its_threads_and_random_numbers(
    pairs: tuple[list[str], list[str]],
) -> None:
    before, state = torch.get_num_threads(), torch.get_rng_state()
    torch.set_num_threads(2)
    try:
        clone(SMALL).set_params(num_epochs=1).fit(*pairs)
        assert torch.get_num_threads() == 2
        assert torch.equal(torch.get_rng_state(), state)
    finally:
        torch.set_num_threads(before)


def test_it_may_have_teachers(
    pairs: tuple[list[str], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    teacher = TrainConfig(hidden_dim=8, embedding_dim=4, bidirectional=True, num_epochs=1, member=1)
    monkeypatch.setattr(config_module, "TEACHER", teacher)
    labels = [f"{label}, \u201c1\u201d" for label in pairs[1]]
    taught = clone(SMALL).set_params(teachers=1, synthetic_names=60).fit(pairs[0], labels)
    assert taught.score(pairs[0], labels) > 0.7
    config = taught.predictor_.vocab.provenance["config"]
    assert (config["teachers"], config["data_dir"]) == (1, "given to NameClassifier.fit")


def test_the_rows_of_a_run_with_teachers_are_in_a_file(
    pairs: tuple[list[str], list[str]], tmp_path: Path
) -> None:
    rows = [Row(name.lower(), label) for name, label in zip(*pairs, strict=True)]
    config = replace(DEFAULT, data_dir="nowhere", teachers=1)
    run = Run.create(tmp_path, config, rows=rows)
    read = Dataset.of(replace(config, data_dir=str(run.folder / NAMES_FILE)))
    assert (read.labels, read.vocabulary) == (run.dataset.labels, run.dataset.vocabulary)
    for split in ("train", "validation", "test"):
        assert sorted(getattr(read.split, split)) == sorted(getattr(run.dataset.split, split))
    with pytest.raises(NamesError, match="labels: some begin or end with a space"):
        Run.create(tmp_path, config, rows=[Row(name, f" {label}") for name, label in rows])


def test_it_is_an_estimator_of_scikit_learn(pairs: tuple[list[str], list[str]]) -> None:
    assert clone(SMALL).set_params(num_epochs=2).get_params()["num_epochs"] == 2
    names, labels = np.array(pairs[0], dtype=object), pairs[1]
    scores = cross_val_score(SMALL, names, labels, cv=2, error_score="raise")
    assert scores.min() > 0.7


def test_labels_may_be_numbers(pairs: tuple[list[str], list[str]]) -> None:
    number = dict(zip(SYLLABLES, (2, 10, 1), strict=True))
    labels = [number[label] for label in pairs[1]]
    fitted = clone(SMALL).set_params(num_epochs=6).fit(pairs[0], labels)
    assert fitted.classes_.tolist() == [1, 2, 10]
    assert fitted.score(pairs[0], labels) > 0.9
    best = fitted.predict_proba(pairs[0]).argmax(axis=1)
    assert fitted.classes_[best].tolist() == fitted.predict(pairs[0]).tolist()


@pytest.mark.parametrize(
    ("names", "labels", "changes", "message"),
    [
        (["ab", 5], ["x", "y"], {}, "names holds int, not text"),
        (["ab", "c" * 200], ["x", "y"], {}, "names: number 1 is too-long: remove it"),
        (["ab", "c\ud83d"], ["x", "y"], {}, "names: number 1 is undecodable: remove it"),
        (["ab", "ac"], ["x", None], {}, "labels: number 1 is missing"),
        (["ab", "ac"], ["x", float("nan")], {}, "labels: number 1 is missing"),
        (["ab", "ac"], pd.Series(["x", None], dtype="string"), {}, "labels: number 1 is missing"),
        (["ab", "ac"], iter(["x", None]), {}, "labels: number 1 is missing"),
        (["ab", "ac"], ["x", " "], {}, "labels: number 1 is blank, not printable or"),
        (["ab", "ac"], ["x", "y\n"], {}, "labels: number 1 is blank, not printable or"),
        (["ab", "ac"], ["x", "y" * 201], {}, "or too long: rename it"),
        (["ab", "ac"], ["x", "x"], {}, "labels: only one distinct"),
        ([], [], {}, "labels: no label of a name"),
        (["ab", "ac"], ["x"], {}, "labels: 1 of 2 names: give a label for each"),
        (["ab", "ac"], ["x", "y", "x"], {}, "labels: 3 of 2 names"),
        (["ab", "ac"], None, {}, r"labels: not a list \(NoneType\)"),
        (["ab", "ac"], "xy", {}, r"labels: not a list \(str\)"),
        (["ab", "ac"], {"x": 1, "y": 2}, {}, r"labels: not a list \(dict\)"),
        (["ab", "ac"], {"x", "y"}, {}, r"labels: not a list \(set\)"),
        (["ab", "ac"], np.array("x"), {}, "labels: 0 dimensions: give one column"),
        (
            ["ab", "ac"],
            pd.DataFrame({"label": ["x", "y"]}),
            {},
            "labels: 2 dimensions: give one column, such as table",
        ),
        (["ab", "ac"], [["x"], ["y"]], {}, r"labels: number 0 is not a label \(list\): give text"),
        (["ab", "ac"], [1, 0.5], {}, r"labels: number 1 is not a label \(float\): give text"),
        (["ab", "ac"], [b"x", b"y"], {}, r"labels: number 0 is not a label \(bytes\)"),
        (["ab", "ac"], [1, "y"], {}, "labels: number 1 is a text, number 0 a whole number"),
        (["ab", "ac"], [1, True], {}, "labels: number 1 is a boolean, number 0 a whole number"),
        (None, ["x", "y"], {}, "names: NoneType is not a list of names"),
        (5, ["x", "y"], {}, "names: int is not a list of names"),
        (np.array([["ab"], ["ac"]]), ["x", "y"], {}, "names: an array of 2 dimensions: give one"),
        (["ab", "ac"], np.array([["x"], ["y"]]), {}, "labels: 2 dimensions: give one column"),
        (["ab", "ac"], ["x", "y"], {"unlabelled": 1}, "unlabelled can't be 1: give a text"),
        (["ab", "ac"], [1, 2], {"unlabelled": "?"}, "can't be '\\?': give a whole number"),
        (["ab", "ac"], ["x", "y"], {}, "2 rows leave no"),
        (["ab", "ac"], ["x", "y"], {"num_epochs": 0}, "--num-epochs can't be 0"),
    ],
)
def test_invalid_names_and_labels_are_errors(
    names: list[str], labels: Iterable[Any], changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(NamesError, match=message) as raised:
        clone(SMALL).set_params(**changes).fit(names, labels)
    if message.startswith(("labels", "names")):
        assert isinstance(raised.value, InputError)
    assert "\n" not in str(raised.value)


def test_a_zero_has_no_sign(pairs: tuple[list[str], list[str]]) -> None:
    labels = [0.0, -0.0, 1.0] * (len(pairs[0]) // 3)
    fitted = clone(SMALL).fit(pairs[0][: len(labels)], labels)
    assert fitted.predictor_.labels == ("0.0", "1.0")
    assert set(fitted.predict(pairs[0]).tolist()) <= {0.0, 1.0}


@pytest.mark.parametrize("numbers", [(2**63 - 1, 2**63), (-1, 2**63)])
def test_whole_numbers_of_any_size_stay_whole(
    pairs: tuple[list[str], list[str]], numbers: tuple[int, int]
) -> None:
    labels = [numbers[label == "Vowelish"] for label in pairs[1]]
    fitted = clone(SMALL).fit(pairs[0], labels)
    assert fitted.classes_.tolist() == list(numbers)
    predicted = fitted.predict(pairs[0]).tolist()
    assert {type(label) for label in predicted} == {int}
    assert set(predicted) <= set(numbers)
    assert fitted.score(pairs[0], labels) > 0.8
    assert fitted.predict([]).tolist() == []


def test_the_card_cites_no_notice_of_the_current_folder(
    pairs: tuple[list[str], list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "LICENSE-other.txt").write_text("The licence of something else\n")
    monkeypatch.chdir(tmp_path)
    assert "something else" not in clone(SMALL).fit(*pairs).card_


def test_numbers_of_numpy_are_numbers() -> None:
    numbers = {"hidden_dim": np.int64(8), "dropout": np.float32(0.5), "int8_weights": np.True_}
    config = TrainConfig(**numbers)
    assert config == TrainConfig(hidden_dim=8, dropout=0.5, int8_weights=True)
    assert [type(value) for value in (config.hidden_dim, config.dropout)] == [int, float]


def test_labels_may_be_booleans(pairs: tuple[list[str], list[str]]) -> None:
    labels = [label == "Vowelish" for label in pairs[1]]
    fitted = clone(SMALL).fit(pairs[0], labels)
    assert fitted.classes_.tolist() == [False, True]
    assert fitted.predict(pairs[0]).dtype == bool


class Kind(str, Enum):  # noqa: UP042 - StrEnum has another str
    """Labels whose `str` is not their text, and longer than it."""

    FIRST = "v"
    SECOND = "c"


def test_labels_may_be_an_enum_of_text(pairs: tuple[list[str], list[str]]) -> None:
    labels = [Kind.FIRST if label == "Vowelish" else Kind.SECOND for label in pairs[1]]
    fitted = clone(SMALL).fit(pairs[0], labels)
    assert fitted.classes_.tolist() == ["c", "v"]
    assert fitted.score(pairs[0], labels) > 0.6


def test_labels_may_be_large_numbers_in_single_precision(
    pairs: tuple[list[str], list[str]],
) -> None:
    labels = np.array([1e10 if label == "Vowelish" else 2e10 for label in pairs[1]], np.float32)
    fitted = clone(SMALL).fit(pairs[0], labels)
    assert set(fitted.predict(pairs[0])) <= {1e10, 2e10}
    assert fitted.predict_proba(pairs[0]).shape == (len(labels), 2)


@pytest.mark.parametrize("labels", [["x"], ["x", "y", "x"], None, ["x", None]])
def test_a_score_needs_a_label_for_each_name(fitted: NameClassifier, labels: Any) -> None:
    with pytest.raises(InputError, match="labels"):
        fitted.score(["ab", ""], labels)


def test_a_score_needs_labels_of_the_type_that_was_learnt(fitted: NameClassifier) -> None:
    with pytest.raises(InputError, match="not what the classifier learned: give each as a text"):
        fitted.score(["ab", "ac"], [1, 2])


@pytest.mark.parametrize("weights", [[1.0], [0, 0], [1, -1], [1, np.nan], "ab", [[1, 1]], [1, "x"]])
def test_a_score_needs_a_weight_for_each_name(fitted: NameClassifier, weights: Any) -> None:
    with pytest.raises(InputError, match="sample_weight: give a number from 0 for each of 2 names"):
        fitted.score(["ab", ""], ["x", "y"], sample_weight=weights)


def test_a_score_weighs_names(fitted: NameClassifier, pairs: tuple[list[str], list[str]]) -> None:
    assert fitted.score([pairs[0][0], ""], [pairs[1][0], "x"], sample_weight=[3, 1]) == 0.75
    with pytest.raises(InputError, match="names: there are none"):
        fitted.score([], [])


def test_unlabelled_may_change_after_fit(fitted: NameClassifier) -> None:
    copy = pickle.loads(pickle.dumps(fitted))
    assert copy.set_params(unlabelled="none").predict([""]).tolist() == ["none"]
    with pytest.raises(InputError, match="unlabelled can't be 5: give a text as labels are"):
        copy.set_params(unlabelled=5).predict([""])


@pytest.mark.parametrize("names", [None, 5, "ab", np.array([["ab"]]), [5]])
def test_an_argument_that_is_not_a_list_is_rejected(fitted: NameClassifier, names: Any) -> None:
    for ask in (fitted.predict, fitted.predict_proba):
        with pytest.raises(NamesError, match="names"):
            ask(names)


def test_metrics_work_where_every_row_gets_a_label(
    fitted: NameClassifier, pairs: tuple[list[str], list[str]]
) -> None:
    names, labels = [*pairs[0], "", "王"], [*pairs[1], "Vowelish", "Vowelish"]
    assert fitted.predict(names)[-2:].tolist() == [None, None]
    for unlabelled in ("no label", "Vowelish"):
        every = clone(fitted).set_params(unlabelled=unlabelled).fit(*pairs)
        predicted = every.predict(names)
        assert predicted[-2:].tolist() == [unlabelled] * 2
        assert predicted[:-2].tolist() == fitted.predict(names[:-2]).tolist()
        assert accuracy_score(labels, predicted) == pytest.approx(every.score(names, labels))
        known = sorted({*labels, unlabelled})
        assert confusion_matrix(labels, predicted).shape == (len(known), len(known))
        assert f1_score(labels, predicted, average="macro", zero_division=0) > 0.6
        assert unlabelled in classification_report(labels, predicted, zero_division=0)
    number = dict(zip(SYLLABLES, (0, 1, 2), strict=True))
    every = clone(SMALL).set_params(unlabelled=-1).fit(pairs[0], [number[x] for x in pairs[1]])
    assert every.predict(["", pairs[0][0]]).dtype.kind == "i"
    assert every.predict(["", pairs[0][0]])[0] == -1
    assert every.predict([]).dtype.kind == "i"
    assert every.predict_proba([]).shape == (0, 3)


def test_it_is_cloned_pickled_and_searched_like_any_estimator(
    fitted: NameClassifier, pairs: tuple[list[str], list[str]]
) -> None:
    copy = pickle.loads(pickle.dumps(fitted))
    assert copy.get_params() == fitted.get_params()
    np.testing.assert_array_equal(copy.predict_proba(pairs[0]), fitted.predict_proba(pairs[0]))
    fresh = clone(fitted)
    assert not hasattr(fresh, "classes_")
    assert fresh.get_params() == fitted.get_params()
    params = fitted.get_params()
    assert fitted.fit(*pairs) is fitted
    assert fitted.get_params() == params
    # The same names give the same model, in whatever order they are scored.
    np.testing.assert_array_equal(copy.predict_proba(pairs[0]), fitted.predict_proba(pairs[0]))
    backwards = fitted.predict_proba(pairs[0][::-1])[::-1]
    np.testing.assert_array_equal(backwards, fitted.predict_proba(pairs[0]))
    search = GridSearchCV(clone(SMALL), {"num_epochs": [1, 2]}, cv=2, error_score="raise")
    names = pd.Series(pairs[0], index=range(7, 7 + len(pairs[0])))
    assert search.fit(names, pd.Series(pairs[1])).best_params_["num_epochs"] in (1, 2)
