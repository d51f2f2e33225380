"""The teachers that count n-grams: a support vector machine, naive Bayes and boosted trees."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import log_expit, log_softmax

from names_trainer.data.corpus import Row

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.naive_bayes import MultinomialNB

Scores = npt.NDArray[np.floating]

NGRAMS = 5
INVERSE_PENALTY = 1.0
"""Longest n-grams of these teachers, and scikit-learn's C of the SVM; chosen on validation."""

LIKENESS = 1.0
"""Weight of the likelihood features of the auxiliary data; chosen on validation."""

SMOOTHING = 0.002
"""Additive smoothing of the teacher naive Bayes.

Chosen on validation together with the other teachers. Alone it would do best with five times as
much; in the ensemble it helps by all but excluding a label because of one n-gram.
"""

AUXILIARY_SMOOTHING = 0.01
"""The same of the one that learns auxiliary names; chosen on validation."""

TREES = 60
LEAVES = 15
PENALTY_OF_LEAVES = 10.0
"""Rounds of boosting (in each a tree a label), leaves a tree, and the L2 penalty of a leaf's value.

Without the penalty the values of labels with few names grow without bound. Chosen on validation,
where it does as well at 1 and at 30.
"""

HELD_BACK = 10
"""One training name in so many is held back to fit the sigmoid of the SVM's scores."""

MISSING_LABEL = -20.0
"""The log probability of a label that a random split left out of the training split."""

END = "\n"
"""The character before and after a name; no name has it."""


def svm_log_probs(
    train: Sequence[Row],
    names: Sequence[str],
    labels: Sequence[str],
    auxiliary: Sequence[Row] = (),
) -> npt.NDArray[np.float32]:
    """Return log probabilities [names, labels] of a linear SVM on n-grams.

    With `auxiliary` names, the likelihoods of their labels are features too.
    """
    features_of = ngram_features([row.name for row in train], auxiliary)
    # The sigmoid is fitted to names that a second SVM was not trained on.
    of_label = {row.label: row.name for row in train}  # which keeps a name of each label
    held_back = set(sorted({row.name for row in train})[::HELD_BACK]).difference(of_label.values())
    held_out = [row for row in train if row.name in held_back]
    slope, offset = 1.0, 0.0
    if held_out:
        rest = [row for row in train if row.name not in held_back]
        known, scores = _svm_scores(features_of, rest, [row.name for row in held_out])
        targets = np.array([known.index(row.label) for row in held_out])
        slope, offset = fit_sigmoid(scores, targets)
    known, scores = _svm_scores(features_of, train, names)
    return _in_columns(labels, known, log_probabilities(scores, slope, offset))


def bayes_log_probs(
    train: Sequence[Row], names: Sequence[str], labels: Sequence[str]
) -> npt.NDArray[np.float32]:
    """Return log probabilities [names, labels] of naive Bayes on n-grams.

    It assumes that they are independent and is overconfident: useful in an ensemble, not alone.
    Source: Rennie et al., see `likelihoods`.
    """
    from sklearn.naive_bayes import MultinomialNB

    vectorizer = _vectorizer(NGRAMS)
    features = vectorizer.fit_transform(_with_ends(row.name) for row in train)
    bayes = MultinomialNB(alpha=SMOOTHING).fit(features, [row.label for row in train])
    log_probs = [bayes.predict_log_proba(_features(vectorizer, chunk)) for chunk in _chunks(names)]
    return _in_columns(labels, bayes.classes_.tolist(), np.concatenate(log_probs))


def trees_log_probs(
    train: Sequence[Row],
    names: Sequence[str],
    labels: Sequence[str],
    auxiliary: Sequence[Row],
) -> npt.NDArray[np.float32]:
    """Return log probabilities [names, labels] of boosted trees on likelihoods (`likelihoods`).

    Unlike a linear model, they learn how the likelihoods of auxiliary labels interact.
    Source: Friedman, "Greedy Function Approximation: A Gradient Boosting Machine", 2001.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    likelihoods_of = likelihoods([row.name for row in train], auxiliary)
    trees = HistGradientBoostingClassifier(
        max_iter=TREES,
        max_leaf_nodes=LEAVES,
        l2_regularization=PENALTY_OF_LEAVES,
        early_stopping=False,
        random_state=0,
    )
    with threadpool_limits(1):  # sums depend on how many threads add
        trees.fit(likelihoods_of([row.name for row in train]), [row.label for row in train])
    probabilities = [trees.predict_proba(likelihoods_of(chunk)) for chunk in _chunks(names)]
    log_probs = np.log(np.maximum(np.concatenate(probabilities), np.exp(MISSING_LABEL)))
    return _in_columns(labels, trees.classes_.tolist(), log_probs)


def _in_columns(
    labels: Sequence[str], known: Sequence[str], log_probs: Scores
) -> npt.NDArray[np.float32]:
    found = np.full((len(log_probs), len(labels)), MISSING_LABEL, dtype=np.float32)
    found[:, [labels.index(label) for label in known]] = log_probs
    return found


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield `names` in chunks whose features fit into memory."""
    return (names[start : start + 20_000] for start in range(0, len(names), 20_000))


def log_probabilities(scores: Scores, slope: float, offset: float) -> Scores:
    """Return log probabilities [rows, labels]: each label's score through a sigmoid, then scaled.

    A softmax of scores gives too much to impossible labels, which are many and each have a score of
    about -1. Source: Platt, "Probabilistic Outputs for Support Vector Machines",
    1999, with one sigmoid for all labels.
    """
    return np.asarray(log_softmax(log_expit(slope * scores + offset), axis=1))


def fit_sigmoid(scores: Scores, targets: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Return the slope and offset at which `targets` [rows] are likeliest."""
    rows = np.arange(len(targets))

    def loss(parameters: npt.NDArray[np.float64]) -> float:
        return -float(log_probabilities(scores, *parameters)[rows, targets].mean())

    slope, offset = minimize(loss, (3.0, 0.0), method="Nelder-Mead").x
    return float(slope), float(offset)


def _svm_scores(
    features_of: "Callable[[Sequence[str]], csr_matrix]", train: Sequence[Row], names: Sequence[str]
) -> tuple[list[str], npt.NDArray[np.float32]]:
    """Return the labels of `train` and how a linear SVM fitted to it scores `names` by them."""
    # Not at the top: most runs have no teachers and need not wait for scikit-learn.
    from sklearn.svm import LinearSVC
    from threadpoolctl import threadpool_limits

    # Likelihoods go together, and the dual problem's solver doesn't get to the end of those.
    svm = LinearSVC(C=INVERSE_PENALTY, dual=False)
    with threadpool_limits(1):  # sums depend on how many threads add
        svm.fit(features_of([row.name for row in train]), [row.label for row in train])
    scores = np.concatenate([svm.decision_function(features_of(n)) for n in _chunks(names)])
    if scores.ndim == 1:  # of two labels it is one score, for the second
        scores = np.stack([-scores, scores], axis=1)
    return svm.classes_.tolist(), scores.astype(np.float32)


def ngram_features(
    train: Sequence[str],
    auxiliary: Sequence[Row],
    likeness: float = LIKENESS,
    longest: int = NGRAMS,
) -> "Callable[[Sequence[str]], csr_matrix]":
    """Fit to `train` and `auxiliary`, and return the function from names to features.

    Features [names, features] are TF-IDF weights of n-grams up to `longest`, followed by
    `likelihoods` times `likeness`. Source: Wolpert, "Stacked Generalization", 1992.
    """
    vectorizer = _vectorizer(longest).fit(map(_with_ends, train))
    if not auxiliary:
        return partial(_features, vectorizer)
    return partial(_stacked_features, vectorizer, likelihoods(train, auxiliary, longest), likeness)


def likelihoods(
    train: Sequence[str], auxiliary: Sequence[Row], longest: int = NGRAMS
) -> Callable[[Sequence[str]], Scores]:
    """Fit to `auxiliary`, and return a function from names to likelihoods [names, its labels].

    These are log likelihoods of naive Bayes, which learns hundreds of thousands of names in
    seconds, standardised by their means and deviation over `train`.
    Source: Rennie et al., "Tackling the Poor Assumptions of Naive Bayes Text Classifiers", 2003
    (TF-IDF weights in it).
    """
    from sklearn.naive_bayes import MultinomialNB

    counter = _vectorizer(longest, fewest=2)  # every other n-gram is in one name only
    features = counter.fit_transform(_with_ends(row.name) for row in auxiliary)
    bayes = MultinomialNB(alpha=AUXILIARY_SMOOTHING, fit_prior=False)
    bayes.fit(features, [row.label for row in auxiliary])
    of_train = bayes.predict_joint_log_proba(_features(counter, train))
    # Auxiliary data that share no n-gram with the training names give one constant.
    return partial(_likelihoods, counter, bayes, of_train.mean(axis=0), of_train.std() or 1.0)


def _features(vectorizer: "TfidfVectorizer", names: Sequence[str]) -> "csr_matrix":
    return vectorizer.transform(map(_with_ends, names))


def _likelihoods(
    counter: "TfidfVectorizer",
    bayes: "MultinomialNB",
    means: Scores,
    deviation: float,
    names: Sequence[str],
) -> Scores:
    return np.asarray(
        (bayes.predict_joint_log_proba(_features(counter, names)) - means) / deviation
    )


def _stacked_features(
    vectorizer: "TfidfVectorizer",
    likelihoods_of: Callable[[Sequence[str]], Scores],
    likeness: float,
    names: Sequence[str],
) -> "csr_matrix":
    from scipy.sparse import csr_matrix, hstack

    likely = csr_matrix(likeness * likelihoods_of(names))
    return hstack([_features(vectorizer, names), likely], format="csr")


def _vectorizer(longest: int, fewest: int = 1) -> "TfidfVectorizer":
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        analyzer="char",
        ngram_range=(1, longest),
        min_df=fewest,
        sublinear_tf=True,
        lowercase=False,
    )


def _with_ends(name: str) -> str:
    return f"{END}{name}{END}"
