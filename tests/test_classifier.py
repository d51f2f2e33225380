import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import SYLLABLES
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

from names_predictor.errors import NamesError
from names_predictor.model import NamePredictor
from names_trainer.classifier import NameClassifier

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


def test_it_learns_and_answers(
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
        (["ab", "ac"], ["x", None], {}, "labels: number 1 is missing"),
        (["ab", "ac"], ["x", float("nan")], {}, "labels: number 1 is missing"),
        (["ab", "ac"], pd.Series(["x", None], dtype="string"), {}, "labels: number 1 is missing"),
        (["ab", "ac"], iter(["x", None]), {}, "labels: number 1 is missing"),
        (["ab", "ac"], ["x", " "], {}, "labels: number 1 is not to be printed"),
        (["ab", "ac"], ["x", "y\n"], {}, "labels: number 1 is not to be printed"),
        (["ab", "ac"], ["x", "x"], {}, "labels: one only"),
        (["ab", "ac"], ["x", "y"], {}, "2 rows leave no"),
        (["ab", "ac"], ["x", "y"], {"num_epochs": 0}, "--num-epochs can't be 0"),
    ],
)
def test_what_cannot_be_learnt_is_told(
    names: list[str], labels: Iterable[Any], changes: dict[str, int], message: str
) -> None:
    with pytest.raises(NamesError, match=message):
        clone(SMALL).set_params(**changes).fit(names, labels)
