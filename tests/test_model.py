import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import random_model
from hypothesis import given, settings
from hypothesis import strategies as st

from names_predictor.artifact import Artifact
from names_predictor.errors import NamesError
from names_predictor.model import BATCH_SIZE, SLICE_SIZE, NamePredictor, softmax
from names_predictor.prefixes import logits_by_prefix
from names_trainer.graph import to_onnx

NAMES = st.text(alphabet="abcxyzABCäéßπόςабк김 '-", min_size=1, max_size=24) | st.text(max_size=12)


def alone(predictor: NamePredictor, name: str) -> np.ndarray:
    return predictor.predict_proba([name])[0]


@settings(max_examples=60)
@given(names=st.lists(NAMES, min_size=1, max_size=40), seed=st.integers(0, 2**32))
def test_an_answer_does_not_depend_on_its_neighbours(
    predictor: NamePredictor, names: list[str], seed: int
) -> None:
    together = predictor.predict_proba(names)
    order = list(range(len(names)))
    random.Random(seed).shuffle(order)
    shuffled = predictor.predict_proba([names[i] for i in order])
    for position, i in enumerate(order):
        expected = alone(predictor, names[i])
        np.testing.assert_array_equal(together[i], expected)
        np.testing.assert_array_equal(shuffled[position], expected)


def test_an_answer_does_not_depend_on_batch_or_threads(artifact_folder: Path) -> None:
    generator = random.Random(1)
    names = [
        "".join(generator.choices("abcdexyzäéабк", k=generator.randint(1, 30)))
        for _ in range(3 * BATCH_SIZE + 7)
    ]
    one, two = (NamePredictor.load(artifact_folder, threads) for threads in (1, 2))
    expected = one.predict_proba(names)
    assert np.isfinite(expected).all()
    for predictor in (one, two):
        for size in (1, 7, 100, len(names)):
            rows = [
                predictor.predict_proba(names[i : i + size])
                for i in range(0, len(names) if size > 1 else 50, size)
            ]
            found = np.concatenate(rows)
            np.testing.assert_array_equal(found, expected[: len(found)])


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
        ("-", "unknown-script"),
        ("'. -", "unknown-script"),
        ("王a", None),
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


def test_what_a_caller_can_get_wrong_is_told(predictor: NamePredictor) -> None:
    numbers: list[Any] = [5]
    for ask in (predictor.predict, predictor.answer, predictor.predict_proba):
        with pytest.raises(NamesError, match="a single text: give a list"):
            ask("abc")
        with pytest.raises(NamesError, match="the sequence holds int, not text"):
            ask(numbers)
    missing: list[Any] = ["abc", None]
    assert [(p.name, p.reason) for p in predictor.predict(missing)] == [
        ("abc", None),
        ("", "blank"),
    ]
    for top_k in (0, -1):
        with pytest.raises(NamesError, match=f"top_k can't be {top_k}: give a whole number from 1"):
            predictor.predict(["abc"], top_k)
    shares: dict[str, Any] = dict.fromkeys(predictor.labels, "x")
    with pytest.raises(NamesError, match="prior: give shares from 0"):
        NamePredictor(predictor.artifact, prior=shares)


def test_ranked_labels_come_best_first(predictor: NamePredictor) -> None:
    (best,) = predictor.predict(["abc"], top_k=99)
    probabilities = dict(zip(predictor.labels, alone(predictor, "abc").tolist(), strict=True))
    assert dict(best.ranked) == probabilities
    assert [p for _, p in best.ranked] == sorted(probabilities.values(), reverse=True)
    assert best.ranked[0] == (best.label, best.probability)
    assert sum(probabilities.values()) == pytest.approx(1, abs=1e-6)


def test_temperature_softens_probabilities(artifact_folder: Path) -> None:
    from dataclasses import replace

    from names_predictor.artifact import Artifact, read_artifact

    artifact = read_artifact(artifact_folder)
    hot = NamePredictor(Artifact(artifact.model, replace(artifact.vocab, temperature=2.0)))
    cold = NamePredictor(artifact)
    before, after = (np.log(p.predict_proba(["abc"])[0]) for p in (cold, hot))
    np.testing.assert_allclose(after - after[0], (before - before[0]) / 2, atol=1e-5)


def test_softmax_does_not_overflow() -> None:
    np.testing.assert_allclose(softmax(np.array([[1e30, 0]], np.float32)), [[1, 0]])


@pytest.fixture(scope="session")
def paths() -> list[tuple[NamePredictor, NamePredictor]]:
    """Predictors that share prefixes, in floats and in 8 bits, each beside one that does not."""
    pairs = []
    for ngrams, int8 in ((0, False), (5, False), (5, True)):
        model, vocab = random_model("abcdexyzäéабк '-", 5, num_layers=2, ngrams=ngrams)
        artifact = Artifact(to_onnx(model, vocab, int8), vocab)
        fast, plain = NamePredictor(artifact, 2), NamePredictor(artifact, 2)
        plain._by_prefix = False
        pairs.append((fast, plain))
    return pairs


@settings(max_examples=60)
@given(names=st.lists(NAMES | st.text("abä", max_size=6), min_size=1, max_size=60))
def test_the_fast_path_answers_like_the_plain_one(
    paths: list[tuple[NamePredictor, NamePredictor]], names: list[str]
) -> None:
    for fast, plain in paths:
        found, expected = fast.predict(names, top_k=2), plain.predict(names, top_k=2)
        assert [(p.label, p.reason) for p in found] == [(p.label, p.reason) for p in expected]
        ours, theirs = fast.predict_proba(names), plain.predict_proba(names)
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)


def test_the_fast_path_answers_like_the_plain_one_on_many_names(
    paths: list[tuple[NamePredictor, NamePredictor]],
) -> None:
    generator = random.Random(2)
    names = [
        "".join(generator.choices("abcxyzä k", k=generator.randint(0, 130)))
        for _ in range(2 * SLICE_SIZE + 5)
    ]
    for fast, plain in paths:
        ours, theirs = fast.predict_proba(names), plain.predict_proba(names)
        assert np.isfinite(ours[:, 0]).mean() > 0.9
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)


def test_a_prefix_is_computed_once(paths: list[tuple[NamePredictor, NamePredictor]]) -> None:
    fast, _ = paths[0]
    ids, lengths = fast.vocab.vocabulary.encode(["abc", "abcd", "abx", "b", "b"])
    steps = []

    class Counting:
        def get_overridable_initializers(self) -> object:
            return fast._session.get_overridable_initializers()

        def run(self, outputs: list[str], inputs: dict[str, np.ndarray]) -> object:
            steps.append(len(inputs["ids"]))
            return fast._session.run(outputs, inputs)

    logits_by_prefix(Counting(), ids, lengths)
    assert steps == [2, 1, 2, 1]  # a and b; ab; abc and abx; abcd
