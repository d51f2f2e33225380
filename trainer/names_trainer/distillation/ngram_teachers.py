"""The n-gram teachers: a linear SVM, naive Bayes and boosted trees."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import log_expit, log_softmax

from names_trainer.data.corpus import Row

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfVectorizer

Scores = npt.NDArray[np.floating]

NGRAMS = 5
INVERSE_PENALTY = 1.0
"""Longest n-gram of these teachers, and C of the SVM; chosen on the validation split."""

LIKELIHOOD_WEIGHT = 1.0
"""Weight of the likelihood features of the auxiliary data; chosen on the validation split."""

SMOOTHING = 0.002
"""Additive smoothing of naive Bayes, chosen for the ensemble on the validation split.

Alone, naive Bayes is best with five times as much; the ensemble gains when one n-gram can all but
exclude a label.
"""

AUXILIARY_SMOOTHING = 0.01
"""Additive smoothing of naive Bayes on auxiliary names; chosen on the validation split."""

FOLDS = 5
"""Parts of the training names among the auxiliary ones; each has a naive Bayes without it."""

TREES = 60
LEAVES = 15
LEAF_PENALTY = 10.0
"""Rounds of boosting (a tree per label each), leaves per tree, and L2 penalty of leaf values.

Without the penalty, the values of rare labels grow without bound. Chosen on the validation split,
where 1 and 30 do as well.
"""

HELD_BACK = 10
"""One in this many training names is held back to fit the sigmoid of the SVM."""

MISSING_LABEL = -20.0
"""Log probability of a label without training names, which a random split can leave."""

LEAST_SLOPE = 0.1
"""Least slope of the sigmoid: a few wrong names must not turn the order of the labels round."""

END = "\n"
"""Character before and after a name, which no name contains."""


def svm_log_probs(
    train: Sequence[Row],
    names: Sequence[str],
    labels: Sequence[str],
    auxiliary: Sequence[Row] = (),
) -> npt.NDArray[np.float32]:
    """Return the predictions of a linear SVM on n-grams.

    Args:
        train: Training rows.
        names: Names to predict.
        labels: Labels of the columns.
        auxiliary: Auxiliary rows; the likelihoods of their labels are features too.

    Returns:
        Log probabilities float32 [names, labels].

    """
    features_of = ngram_features([row.name for row in train], auxiliary)
    # The sigmoid is fitted to held-back names with a second SVM, which keeps a name of each label.
    of_label = {row.label: row.name for row in train}
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
    """Return the predictions of naive Bayes on n-grams.

    Naive Bayes is overconfident: useful in an ensemble, not alone.
    Source: Rennie et al., see `likelihoods`.

    Args:
        train: Training rows.
        names: Names to predict.
        labels: Labels of the columns.

    Returns:
        Log probabilities float32 [names, labels].

    """
    from sklearn.naive_bayes import MultinomialNB

    vectorizer = _vectorizer(NGRAMS)
    features = vectorizer.fit_transform(row.name for row in train)
    bayes = MultinomialNB(alpha=SMOOTHING).fit(features, [row.label for row in train])
    log_probs = [bayes.predict_log_proba(vectorizer.transform(chunk)) for chunk in _chunks(names)]
    return _in_columns(labels, bayes.classes_.tolist(), np.concatenate(log_probs))


def trees_log_probs(
    train: Sequence[Row],
    names: Sequence[str],
    labels: Sequence[str],
    auxiliary: Sequence[Row],
) -> npt.NDArray[np.float32]:
    """Return the predictions of boosted trees on `likelihoods` of auxiliary labels.

    Source: Friedman, "Greedy Function Approximation: A Gradient Boosting Machine", 2001.

    Args:
        train: Training rows.
        names: Names to predict.
        labels: Labels of the columns.
        auxiliary: Auxiliary rows.

    Returns:
        Log probabilities float32 [names, labels].

    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    likelihoods_of = likelihoods([row.name for row in train], auxiliary)
    trees = HistGradientBoostingClassifier(
        max_iter=TREES,
        max_leaf_nodes=LEAVES,
        l2_regularization=LEAF_PENALTY,
        early_stopping=False,
        random_state=0,
    )
    with threadpool_limits(1):  # sums depend on the number of threads
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
    """Yield `names` in chunks, which bound the memory."""
    return (names[start : start + 20_000] for start in range(0, len(names), 20_000))


def log_probabilities(scores: Scores, slope: float, offset: float) -> Scores:
    """Return log probabilities [rows, labels]: a sigmoid of each score, normalised over labels.

    A softmax would give too much probability to the many impossible labels, whose scores are about
    -1. Source: Platt, "Probabilistic Outputs for Support Vector Machines", 1999, with one sigmoid
    for all labels.

    Args:
        scores: Scores of the SVM [rows, labels].
        slope: Slope of the sigmoid.
        offset: Offset of the sigmoid.

    """
    return np.asarray(log_softmax(log_expit(slope * scores + offset), axis=1))


def fit_sigmoid(scores: Scores, targets: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Return the slope, at least `LEAST_SLOPE`, and offset of highest likelihood.

    Args:
        scores: Scores of the SVM [rows, labels].
        targets: The true labels, int64 [rows].

    """
    rows = np.arange(len(targets))

    def loss(parameters: npt.NDArray[np.float64]) -> float:
        return -float(log_probabilities(scores, *parameters)[rows, targets].mean())

    bounds = ((LEAST_SLOPE, None), (None, None))
    slope, offset = minimize(loss, (3.0, 0.0), method="Nelder-Mead", bounds=bounds).x
    return float(slope), float(offset)


def _svm_scores(
    features_of: "Callable[[Sequence[str]], csr_matrix]", train: Sequence[Row], names: Sequence[str]
) -> tuple[list[str], npt.NDArray[np.float32]]:
    """Fit a linear SVM to `train`; return its labels and scores float32 [names, labels]."""
    # Imported here, because most runs have no teachers.
    from sklearn.svm import LinearSVC
    from threadpoolctl import threadpool_limits

    svm = LinearSVC(C=INVERSE_PENALTY, dual=False)  # dual=True does not converge on likelihoods
    with threadpool_limits(1):  # sums depend on the number of threads
        svm.fit(features_of([row.name for row in train]), [row.label for row in train])
    scores = np.concatenate([svm.decision_function(features_of(n)) for n in _chunks(names)])
    if scores.ndim == 1:  # two labels have one score, for the second
        scores = np.stack([-scores, scores], axis=1)
    return svm.classes_.tolist(), scores.astype(np.float32)


def ngram_features(
    train: Sequence[str],
    auxiliary: Sequence[Row],
    weight: float = LIKELIHOOD_WEIGHT,
    longest: int = NGRAMS,
) -> "Callable[[Sequence[str]], csr_matrix]":
    """Fit the features of the SVM: TF-IDF weights of n-grams, then weighted `likelihoods`.

    Source: Wolpert, "Stacked Generalization", 1992.

    Args:
        train: Training names.
        auxiliary: Auxiliary rows; without them there are no likelihoods.
        weight: Weight of the likelihoods.
        longest: Length of the longest n-gram.

    Returns:
        A function from names to features, float64 [names, features].

    """
    from scipy.sparse import csr_matrix, hstack

    features_of: Callable[[Sequence[str]], csr_matrix] = _vectorizer(longest).fit(train).transform
    if not auxiliary:
        return features_of
    likelihoods_of = likelihoods(train, auxiliary, longest)

    def stacked(names: Sequence[str]) -> csr_matrix:
        weighted = csr_matrix(weight * likelihoods_of(names))
        return hstack([features_of(names), weighted], format="csr")

    return stacked


def likelihoods(
    train: Sequence[str], auxiliary: Sequence[Row], longest: int = NGRAMS
) -> Callable[[Sequence[str]], Scores]:
    """Fit naive Bayes to auxiliary data, whose log likelihoods are features.

    A training name that is in the auxiliary data too gets the likelihoods of a naive Bayes that is
    fitted without it, as a held-out name does. Sources: Rennie et al., "Tackling the Poor
    Assumptions of Naive Bayes Text Classifiers", 2003 (TF-IDF weights); Wolpert, "Stacked
    Generalization", 1992 (folds).

    Args:
        train: Training names, over which the features are standardised.
        auxiliary: Auxiliary rows.
        longest: Length of the longest n-gram.

    Returns:
        A function from names to log likelihoods, float64 [names, auxiliary labels].

    """
    from sklearn.naive_bayes import MultinomialNB

    counter = _vectorizer(longest, fewest=2)  # leaves out the n-grams of a single name
    features = counter.fit_transform(row.name for row in auxiliary)
    shared = sorted(set(train).intersection(row.name for row in auxiliary))
    fold_of = {name: number % FOLDS for number, name in enumerate(shared)}
    fold_of_row = np.array([fold_of.get(row.name, -1) for row in auxiliary])
    targets = np.array([row.label for row in auxiliary])

    def fitted_without(fold: int | None) -> MultinomialNB:
        rows = np.flatnonzero(fold_of_row != fold) if fold is not None else slice(None)
        bayes = MultinomialNB(alpha=AUXILIARY_SMOOTHING, fit_prior=False)
        return bayes.partial_fit(features[rows], targets[rows], np.unique(targets))

    of_all = fitted_without(None)
    of_folds = {fold: fitted_without(fold) for fold in set(fold_of.values())}

    def log_likelihoods(names: Sequence[str]) -> Scores:
        counts = counter.transform(names)
        found = of_all.predict_joint_log_proba(counts)
        for fold, bayes in of_folds.items():
            rows = [i for i, name in enumerate(names) if fold_of.get(name) == fold]
            if rows:
                found[rows] = bayes.predict_joint_log_proba(counts[rows])
        return np.asarray(found)

    of_train = log_likelihoods(train)
    # The deviation is 0 if no n-gram is in both the auxiliary and the training names.
    means, deviation = of_train.mean(axis=0), of_train.std() or 1.0
    return lambda names: np.asarray((log_likelihoods(names) - means) / deviation)


def _vectorizer(longest: int, fewest: int = 1) -> "TfidfVectorizer":
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        analyzer="char",
        ngram_range=(1, longest),
        min_df=fewest,
        sublinear_tf=True,
        preprocessor=_with_ends,  # instead of lower-casing
    )


def _with_ends(name: str) -> str:
    return f"{END}{name}{END}"
