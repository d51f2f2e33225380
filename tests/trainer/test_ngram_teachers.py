"""The n-gram teachers."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_info, threadpool_limits

from names_trainer.data.corpus import Row
from names_trainer.distillation.ngram_teachers import (
    LEAST_SLOPE,
    bayes_log_probs,
    fit_sigmoid,
    likelihoods,
    log_probabilities,
    ngram_features,
    svm_log_probs,
    trees_log_probs,
)

Teacher = Callable[[list[Row], list[str], list[str]], npt.NDArray[np.float32]]


def test_the_svm_learns_from_auxiliary_likelihoods() -> None:
    rows = [Row("aba", "a"), Row("abb", "a"), Row("cdc", "c"), Row("cdd", "c")]
    auxiliary = [Row(name * n, name) for name in ("xy", "zw", "vu") for n in (1, 2, 3)]
    features = ngram_features([row.name for row in rows], auxiliary, weight=2.0)
    plain = ngram_features([row.name for row in rows], ())
    with_scores, without = features(["xyxy", "aba"]).toarray(), plain(["xyxy", "aba"]).toarray()
    assert (with_scores[:, :-3] == without).all()
    assert with_scores[0, -3:].argmax() == 1  # labels are sorted: vu, xy, zw
    predicted = svm_log_probs(rows, ["abab", "cdcd"], ["a", "c"], auxiliary)
    assert predicted.argmax(axis=1).tolist() == [0, 1]


def test_likelihoods_of_training_names_are_those_of_held_out_names() -> None:
    generator = random.Random(0)
    drawn = ["".join(generator.choices("abcdef", k=7)) for _ in range(400)]
    rows = [Row(name, generator.choice("xy")) for name in drawn]  # nothing can be learned
    auxiliary, labels = rows[:300], ["x", "y"]
    for train in (rows[:200], rows[100:300]):  # as are the auxiliary labels
        found = likelihoods([row.name for row in train], auxiliary)([row.name for row in train])
        right = [labels[row.argmax()] == one.label for row, one in zip(found, train, strict=True)]
        assert 0.35 < np.mean(right) < 0.65


def test_the_svm_knows_ngrams_of_the_auxiliary_names_only() -> None:
    rows = [Row("aba", "a"), Row("abb", "a"), Row("cdc", "c"), Row("cdd", "c")]
    lists = [Row("ab" + "x" * n, "X") for n in (1, 2, 3)]
    lists += [Row("cd" + "z" * n, "Z") for n in (1, 2, 3)]
    predicted = np.exp(svm_log_probs(rows, ["xx", "zz"], ["a", "c"], lists))
    assert predicted[0, 0] > 0.9
    assert predicted[1, 1] > 0.9


def test_predictions_do_not_depend_on_the_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[int] = []

    def watched(fit: Callable[..., Any]) -> Callable[..., Any]:
        def fit_watched(*data: Any) -> Any:
            threads.extend(pool["num_threads"] for pool in threadpool_info())
            return fit(*data)

        return fit_watched

    for kind in (LinearSVC, HistGradientBoostingClassifier):
        monkeypatch.setattr(kind, "fit", watched(kind.fit))
    rows, lists = [Row("ab", "a"), Row("cd", "c")], [Row("ab", "x"), Row("cd", "y")]
    with threadpool_limits(2):
        svm_log_probs(rows, ["ab"], ["a", "c"])
        of_svm = len(threads)
        trees_log_probs(rows, ["ab"], ["a", "c"], lists)
    assert set(threads) == {1}
    assert len(threads) > of_svm > 0


def test_uninformative_auxiliary_data_does_no_harm() -> None:
    rows = [Row(name * n, name) for name in "ac" for n in (1, 2, 3)]
    predicted = svm_log_probs(rows, ["aa", "cc"], ["a", "c"], [Row("x", "x"), Row("z", "z")])
    assert predicted.argmax(axis=1).tolist() == [0, 1]


def test_trees_learn_interactions_of_likelihoods() -> None:
    # Similar to one auxiliary label or the other, not to both or neither: not linear.
    generator = random.Random(3)

    def name(first: str, last: str) -> str:
        return "".join(generator.choices(first, k=4) + generator.choices(last, k=4))

    def rows() -> list[Row]:
        pairs = [(a, b) for a in ("mnrs", "dtgk") for b in ("aeio", "uyw")] * 100
        return [Row(name(a, b), "AC"[(a == "mnrs") == (b == "aeio")]) for a, b in pairs]

    kinds = ("mnrs", "dtgk", "aeio", "uyw")
    lists = [Row("".join(generator.choices(k, k=6)), k) for k in kinds for _ in range(200)]
    train, held_out = rows(), rows()
    names = [row.name for row in held_out]
    right = np.array(["ABC".index(row.label) for row in held_out])
    predicted = trees_log_probs(train, names, ["A", "B", "C"], lists)
    assert (predicted.argmax(axis=1) == right).mean() > 0.95
    assert np.exp(predicted).sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert (predicted[:, 1] < -10).all()  # which is in no row


def test_a_label_with_one_name_does_not_disturb_the_trees() -> None:
    rows = [Row("".join(letters), "a") for letters in zip("mnrst" * 40, "aeiou" * 40, strict=True)]
    rows += [Row("".join(letters), "c") for letters in zip("dtgkp" * 40, "aeiou" * 40, strict=True)]
    lists = [Row(letter * n, letter) for letter in "mnrsdgkp" for n in (1, 2, 3)]
    predicted = trees_log_probs([*rows, Row("zz", "z")], ["ma", "ge"], ["a", "c", "z"], lists)
    assert predicted.argmax(axis=1).tolist() == [0, 1]


def test_the_sigmoid_recovers_the_probabilities() -> None:
    generator = np.random.default_rng(0)
    scores = generator.normal(-1, 0.3, (4000, 30)).astype(np.float32)
    scores[np.arange(4000), generator.integers(30, size=4000)] += 1.5
    chances = np.exp(log_probabilities(scores, 5.0, 1.0).astype(np.float64))
    np.testing.assert_allclose(chances.sum(axis=1), 1, atol=1e-5)
    targets = np.array([generator.choice(30, p=row / row.sum()) for row in chances])
    assert fit_sigmoid(scores, targets) == pytest.approx((5.0, 1.0), abs=0.25)


def test_a_few_wrong_names_do_not_turn_the_sigmoid_round() -> None:
    slope, _ = fit_sigmoid(np.array([[1.0, -1.0]], dtype=np.float32), np.array([1]))
    assert slope == pytest.approx(LEAST_SLOPE)


@pytest.mark.parametrize("log_probs_of", [svm_log_probs, bayes_log_probs])
def test_labels_without_names_are_improbable(log_probs_of: Teacher) -> None:
    rows = [Row(name, label) for label in ("a", "c") for name in (label, label * 2, label * 3)]
    predicted = log_probs_of(rows, ["aa", "cc"], ["a", "b", "c"])
    assert predicted.argmax(axis=1).tolist() == [0, 2]
    assert (predicted[:, 1] < -10).all()


def test_the_ends_of_a_name_are_in_its_ngrams() -> None:
    rows = [Row(f"q{letter}", "first") for letter in "mnrs"]
    rows += [Row(f"{letter}q", "last") for letter in "mnrs"]
    first, last = np.exp(bayes_log_probs(rows, ["qt", "tq"], ["first", "last"]))
    assert first[0] > 0.9
    assert last[1] > 0.9


@pytest.mark.parametrize("log_probs_of", [svm_log_probs, bayes_log_probs])
def test_the_prediction_of_a_name_does_not_depend_on_their_number(log_probs_of: Teacher) -> None:
    rows = [Row(name, label) for label in ("a", "c") for name in (label, label * 2, label * 3)]
    few = log_probs_of(rows, ["aa", "cc", "ac"], ["a", "c"])
    many = log_probs_of(rows, ["aa", "cc", "ac"] * 7000, ["a", "c"])
    np.testing.assert_array_equal(many, np.tile(few, (7000, 1)))


def test_one_ngram_excludes_a_label_in_naive_bayes() -> None:
    rows = [Row(f"{first}{second}", "a") for first in "mnrst" for second in "aeiou"]
    rows += [Row(f"{first}{second}q", "c") for first in "mnrst" for second in "aeiou"]
    chances = np.exp(bayes_log_probs(rows, ["la", "laq"], ["a", "c"]))
    assert chances.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert chances[0, 0] > 0.9
    assert chances[1, 0] < 1e-3


def test_the_svm_is_calibrated() -> None:
    # Half of the names end with an informative letter.
    generator = random.Random(5)
    rows = [
        Row("".join(generator.choices("mnrst", k=5)) + end, label)
        for _ in range(300)
        for end, label in (("a", "A"), ("o", "O"), ("e", generator.choice("AO")))
    ]
    stems = ["".join(generator.choices("mnrst", k=5)) for _ in range(200)]
    names = [stem + end for end in "aoe" for stem in stems]
    predicted = np.exp(svm_log_probs(rows, names, ["A", "O"]))
    assert predicted.sum(axis=1) == pytest.approx(1)
    assert predicted[:200, 0].mean() > 0.9
    assert predicted[200:400, 1].mean() > 0.9
    assert predicted[400:].max(axis=1).mean() < 0.8
