import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import random_model
from hypothesis import given, settings
from hypothesis import strategies as st

from names_predictor.artifact.store import Artifact, read_artifact
from names_predictor.encoding import normalise, split_words
from names_predictor.errors import NamesError
from names_predictor.inference import evidence, scorer
from names_predictor.inference.evidence import SLICE_SIZE
from names_predictor.inference.predictor import NamePredictor
from names_predictor.inference.prefix_tree import evidence_by_prefix
from names_predictor.inference.ranking import best_labels, ranked_sets
from names_predictor.inference.runtime import ort
from names_predictor.inference.scorer import softmax
from names_trainer.onnx_graph.encoder import to_onnx

NAMES = st.text(alphabet="abcxyzABCäéßπόςабк김 '-", min_size=1, max_size=24) | st.text(max_size=12)


def fresh(predictor: NamePredictor) -> NamePredictor:
    """Return a predictor of the same artifact that has not met a word yet."""
    return NamePredictor(predictor.artifact)


@pytest.fixture(scope="session")
def predictors() -> list[NamePredictor]:
    """Models with and without n-grams, in floats and in 8 bits."""
    found = []
    for ngrams, layers, int8 in ((0, 2, False), (5, 1, False), (5, 2, True)):
        model, vocab = random_model(
            "abcdexyzäéабк '-", 5, num_layers=layers, ngrams=ngrams, hidden_dim=33
        )
        model.power.data.fill_(0.6)
        found.append(NamePredictor(Artifact(to_onnx(model, vocab, int8), vocab)))
    return found


@settings(max_examples=20)
@given(names=st.lists(NAMES, min_size=1, max_size=40), seed=st.integers(0, 2**32))
def test_a_prediction_does_not_depend_on_other_rows(
    predictors: list[NamePredictor], names: list[str], seed: int
) -> None:
    order = list(range(len(names)))
    random.Random(seed).shuffle(order)
    for predictor in predictors:
        together = fresh(predictor).predict_proba(names)
        shuffled = fresh(predictor).predict_proba([names[i] for i in order])
        np.testing.assert_array_equal(shuffled, together[order])
        one_by_one = fresh(predictor)
        alone = [one_by_one.predict_proba([name])[0] for name in names]
        np.testing.assert_array_equal(alone, together)


@settings(max_examples=20)
@given(names=st.lists(NAMES, min_size=1, max_size=20), seed=st.integers(0, 2**32))
def test_the_order_of_the_words_changes_nothing(
    predictors: list[NamePredictor], names: list[str], seed: int
) -> None:
    generator = random.Random(seed)
    turned = []
    for name in names:
        words = split_words(normalise(name))
        generator.shuffle(words)
        turned.append(", ".join(words))
    for predictor in predictors:
        found, expected = fresh(predictor).predict_proba(turned), predictor.predict_proba(names)
        usable = [len(name) <= 128 and len(turned[i]) <= 128 for i, name in enumerate(names)]
        np.testing.assert_array_equal(found[usable], expected[usable])


def test_a_prediction_does_not_depend_on_batch_or_threads(predictors: list[NamePredictor]) -> None:
    generator = random.Random(1)
    words = [
        "".join(generator.choices("abcdexyzäéабк", k=generator.randint(1, 30)))
        for _ in range(2 * SLICE_SIZE + 7)
    ]
    names = [" ".join(generator.choices(words, k=generator.randint(1, 4))) for _ in words]
    for predictor in predictors:
        expected = predictor.predict_proba(names)
        for size in (1, 7, 100):
            end = len(names) if size > 1 else 50
            blocks = [names[start : start + size] for start in range(0, end, size)]
            with ThreadPoolExecutor(2) as threads:
                found = list(threads.map(fresh(predictor).predict_proba, blocks))
            np.testing.assert_array_equal(np.concatenate(found)[:end], expected[:end])


@pytest.mark.parametrize("fewest_found_in_bytes", [1, 10**9])
def test_a_full_cache_changes_no_prediction(
    predictors: list[NamePredictor], monkeypatch: pytest.MonkeyPatch, fewest_found_in_bytes: int
) -> None:
    monkeypatch.setattr(scorer, "FEW", fewest_found_in_bytes)
    monkeypatch.setattr(evidence, "MOST_CELLS", 5 * 7)
    monkeypatch.setattr(evidence, "FEWEST_WORDS", 1)
    generator = random.Random(0)
    words = [letter * n for letter in "ab王" for n in range(1, 6)]  # 王 is unknown
    names = [" ".join(generator.choices(words, k=generator.randint(1, 2))) for _ in range(60)]
    for predictor in predictors:
        small = fresh(predictor)
        found = np.concatenate([small.predict_proba(names[i : i + 3]) for i in range(0, 60, 3)])
        np.testing.assert_array_equal(found, predictor.predict_proba(names))


@settings(max_examples=60)
@given(st.lists(NAMES, max_size=30))
def test_rows_come_out_as_they_went_in(predictor: NamePredictor, names: list[str]) -> None:
    predictions = predictor.predict(names)
    assert [p.name for p in predictions] == names
    for p in predictions:
        assert (p.label is None) == (p.probability is None) == (p.reason is not None)
        if p.label is not None:
            assert p.label in predictor.labels
            assert p.probability is not None
            assert 0 < p.probability <= 1


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "blank"),
        (" \t\u00a0\u200b", "blank"),
        ("a" * 129, "too-long"),
        ("王小明", "unknown-script"),
        ("12345", "unknown-script"),
        ("王 小-明", "unknown-script"),
        ("-", "blank"),
        ("'. -", "blank"),
        ("王a", None),
        ("王 abc", None),
        ("abc 王", None),
        ("a" * 128, None),
        ("NA", None),
        ("null", None),
    ],
)
def test_an_unusable_row_is_flagged_and_never_guessed(
    predictor: NamePredictor, name: str, reason: str | None
) -> None:
    (prediction,) = predictor.predict([name])
    assert prediction.reason == reason
    assert (prediction.label is None) == (reason is not None)
    assert np.isnan(predictor.predict_proba([name])).all() == (reason is not None)


def test_one_known_word_is_enough_among_names_of_one_word(predictor: NamePredictor) -> None:
    names = ["abc", "xyz", "abd", "王 abc", "王 小明"]
    assert [p.reason for p in predictor.predict(names)] == [*[None] * 4, "unknown-script"]


def test_invalid_arguments_are_errors(predictor: NamePredictor) -> None:
    numbers: list[Any] = [5]
    for ask in (predictor.predict, predictor.predict_batch, predictor.predict_proba):
        with pytest.raises(NamesError, match="a single string: give a list"):
            ask("abc")
        with pytest.raises(NamesError, match="the sequence holds int, not text"):
            ask(numbers)
    missing: list[Any] = ["abc", None]
    assert [(p.name, p.reason) for p in predictor.predict(missing)] == [
        ("abc", None),
        ("", "blank"),
    ]
    priors: dict[str, Any] = dict.fromkeys(predictor.labels, "x")
    with pytest.raises(NamesError, match="prior: give frequencies from 0"):
        NamePredictor(predictor.artifact, prior=priors)


def test_ranked_labels_come_best_first(predictor: NamePredictor) -> None:
    (best,) = predictor.predict(["abc"], top_k=99)
    probabilities = dict(
        zip(predictor.labels, predictor.predict_proba(["abc"])[0].tolist(), strict=True)
    )
    assert dict(best.ranked) == probabilities
    assert [p for _, p in best.ranked] == sorted(probabilities.values(), reverse=True)
    assert best.ranked[0] == (best.label, best.probability)
    assert sum(probabilities.values()) == pytest.approx(1, abs=1e-6)


def test_equally_probable_labels_keep_their_order() -> None:
    probabilities = np.full((2, 96), 1 / 97, dtype=np.float32)
    probabilities[1, 50] = 2 / 97
    for k in (1, 2, 96):
        alike, one_more = best_labels(probabilities, k).tolist()
        assert alike == list(range(k))
        assert one_more == [50, *range(50), *range(51, 96)][:k]


def test_prediction_sets_have_the_order_of_the_ranked_labels() -> None:
    _, vocab = random_model("abc", 96)
    probabilities = np.full((2, 96), 1 / 97, dtype=np.float32)
    probabilities[1, 50] = 2 / 97
    alike, one_more = ranked_sets(probabilities, vocab, range(96), 0.99)
    assert alike == vocab.labels
    assert one_more == (vocab.labels[50], *vocab.labels[:50], *vocab.labels[51:])


def test_temperatures_by_words_divide_the_logits(artifact_folder: Path) -> None:
    artifact = read_artifact(artifact_folder)
    vocab = replace(artifact.vocab, temperatures=(0.5, 2.0))
    names = ["abc", "abc b", "abc b c"]
    plain = replace(vocab, temperatures=(1.0,))
    before, after = (
        np.log(NamePredictor(Artifact(artifact.model, one)).predict_proba(names))
        for one in (plain, vocab)
    )
    expected = (before - before[:, :1]) / [[0.5], [2.0], [2.0]]
    np.testing.assert_allclose(after - after[:, :1], expected, atol=1e-5)


def test_softmax_does_not_overflow() -> None:
    np.testing.assert_allclose(softmax(np.array([[1e30, 0]], np.float32)), [[1, 0]])


def test_a_prefix_is_computed_once(predictors: list[NamePredictor]) -> None:
    content = predictors[0].artifact.model
    session = ort.InferenceSession(content)
    ids, lengths = predictors[0].vocab.vocabulary.encode(["abc", "abcd", "abx", "b", "b"])
    steps = []

    class Counting:
        def get_overridable_initializers(self) -> object:
            return session.get_overridable_initializers()

        def run(self, outputs: list[str], inputs: dict[str, np.ndarray]) -> object:
            steps.append(len(inputs["ids"]))
            return session.run(outputs, inputs)

    shared = evidence_by_prefix(Counting(), ids, lengths)
    assert steps == [2, 2, 2, 2]  # a and b; ab; abc and abx; abcd: one row alone is run twice
    inputs = {"ids": ids, "lengths": lengths, "ends": np.arange(5)}
    (plain,) = session.run(["evidence"], inputs)
    np.testing.assert_allclose(shared, plain, rtol=1e-5, atol=1e-5)
