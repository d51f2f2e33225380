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
"""Weight of the features that tell what auxiliary names a name is like; chosen on validation."""

SMOOTHING = 0.002
"""What the teacher naive Bayes adds to the weight of every n-gram under every label.

Chosen on validation together with the other teachers. Alone it would do best with five times as
much, but what it is good for here is that it all but rules a label out by one n-gram.
"""

SMOOTHING_OF_OTHERS = 0.01
"""The same of the one that learns auxiliary names; chosen on validation."""

TREES = 60
LEAVES = 15
PENALTY_OF_LEAVES = 10.0
"""Rounds of boosting (in each a tree a label), leaves a tree, and what holds a leaf's value down.

Without the last the values of labels that have few names grow beyond all bounds. Chosen on
validation, where it does as well at 1 and at 30.
"""

HELD_BACK = 10
"""One training name in so many is held back to see how sure the SVM may be."""

UNSEEN_LABEL = -20.0
"""The log probability of a label that a random split left out of the training part."""

END = "\n"
"""What stands on both ends of a name; no name holds it."""


def svm_answer(
    train: Sequence[Row],
    names: Sequence[str],
    labels: Sequence[str],
    auxiliary: Sequence[Row] = (),
) -> npt.NDArray[np.float32]:
    """Return log probabilities [names, labels] of a linear SVM on n-grams.

    Where there are `auxiliary` names, which of their labels a name looks like is a feature too.
    """
    features_of = ngram_features([row.name for row in train], auxiliary)
    # How sure scores are is learnt from names that a second SVM never saw.
    of_label = {row.label: row.name for row in train}  # which keeps a name of each label
    held_back = set(sorted({row.name for row in train})[::HELD_BACK]).difference(of_label.values())
    unseen = [row for row in train if row.name in held_back]
    slope, offset = 1.0, 0.0
    if unseen:
        rest = [row for row in train if row.name not in held_back]
        known, scores = _svm_scores(features_of, rest, [row.name for row in unseen])
        targets = np.array([known.index(row.label) for row in unseen])
        slope, offset = fit_sigmoid(scores, targets)
    known, scores = _svm_scores(features_of, train, names)
    return _of_labels(labels, known, log_probabilities(scores, slope, offset))


def bayes_answer(
    train: Sequence[Row], names: Sequence[str], labels: Sequence[str]
) -> npt.NDArray[np.float32]:
    """Return log probabilities [names, labels] of naive Bayes on n-grams.

    It takes them for independent and is far too sure: good company for others, not alone.
    Source: Rennie et al., see `likelihoods`.
    """
    from sklearn.naive_bayes import MultinomialNB

    vectorizer = _vectorizer(NGRAMS)
    features = vectorizer.fit_transform(_with_ends(row.name) for row in train)
    bayes = MultinomialNB(alpha=SMOOTHING).fit(features, [row.label for row in train])
    answers = [bayes.predict_log_proba(_features(vectorizer, chunk)) for chunk in _chunks(names)]
    return _of_labels(labels, bayes.classes_.tolist(), np.concatenate(answers))


def trees_answer(
    train: Sequence[Row],
    names: Sequence[str],
    labels: Sequence[str],
    auxiliary: Sequence[Row],
) -> npt.NDArray[np.float32]:
    """Return log probabilities [names, labels] of boosted trees on likelihoods (`likelihoods`).

    That a name is like those of one auxiliary label counts for more or less by what else it is
    like: no linear model can say so.
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
    chances = [trees.predict_proba(likelihoods_of(chunk)) for chunk in _chunks(names)]
    log_chances = np.log(np.maximum(np.concatenate(chances), np.exp(UNSEEN_LABEL)))
    return _of_labels(labels, trees.classes_.tolist(), log_chances)


def _of_labels(
    labels: Sequence[str], known: Sequence[str], log_chances: Scores
) -> npt.NDArray[np.float32]:
    answer = np.full((len(log_chances), len(labels)), UNSEEN_LABEL, dtype=np.float32)
    answer[:, [labels.index(label) for label in known]] = log_chances
    return answer


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield `names` in parts whose features fit into memory."""
    return (names[start : start + 20_000] for start in range(0, len(names), 20_000))


def log_probabilities(scores: Scores, slope: float, offset: float) -> Scores:
    """Return log probabilities [rows, labels]: each label's score through a sigmoid, then scaled.

    A softmax of scores leaves too much to labels that are out of the question, for each of many
    has a score of about -1. Source: Platt, "Probabilistic Outputs for Support Vector Machines",
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
    """Fit to `train` and `auxiliary`, and return what turns names into features [names, features].

    They are TF-IDF weights of n-grams up to `longest` and behind them `likelihoods`, times
    `likeness`. Source: Wolpert, "Stacked Generalization", 1992.
    """
    vectorizer = _vectorizer(longest).fit(map(_with_ends, train))
    if not auxiliary:
        return partial(_features, vectorizer)
    return partial(_stacked_features, vectorizer, likelihoods(train, auxiliary, longest), likeness)


def likelihoods(
    train: Sequence[str], auxiliary: Sequence[Row], longest: int = NGRAMS
) -> Callable[[Sequence[str]], Scores]:
    """Fit to `auxiliary`, and return what tells how like the names of each of its labels names are.

    These are log likelihoods [names, labels] of naive Bayes, which learns hundreds of thousands of
    names in seconds, around their means over `train`, over their deviation there.
    Source: Rennie et al., "Tackling the Poor Assumptions of Naive Bayes Text Classifiers", 2003
    (TF-IDF weights in it).
    """
    from sklearn.naive_bayes import MultinomialNB

    counter = _vectorizer(longest, fewest=2)  # every other n-gram stands in one name
    features = counter.fit_transform(_with_ends(row.name) for row in auxiliary)
    bayes = MultinomialNB(alpha=SMOOTHING_OF_OTHERS, fit_prior=False)
    bayes.fit(features, [row.label for row in auxiliary])
    of_train = bayes.predict_joint_log_proba(_features(counter, train))
    # Lists that share no n-gram with the training names tell nothing, and all alike.
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

    alike = csr_matrix(likeness * likelihoods_of(names))
    return hstack([_features(vectorizer, names), alike], format="csr")


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
