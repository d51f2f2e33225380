"""The linear teacher: an SVM on a name's n-grams and on what others take the name for.

"Others" are a second SVM, which tells the labels of other lists of names, and a language detector,
lingua (Apache 2.0), which knows how the words of 75 languages are spelt. Only the names whose
answers are learnt, made-up ones and those of the training part, are shown to it.
"""

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax

from names_trainer.calibration import fit_temperature
from names_trainer.corpus import Row

# Not imported at the top: most runs have no teachers and need not wait for scikit-learn and lingua.
if TYPE_CHECKING:
    from lingua import Language, LanguageDetector
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

Features = Callable[[Sequence[str]], "csr_matrix"]
"""What turns names into features [names, features]."""

NGRAMS = 5
INVERSE_PENALTY = 1.0
"""Longest n-grams and scikit-learn's C; chosen on validation."""

LIKENESS = 1.0
"""Weight of the features that tell what auxiliary names a name is like; chosen on validation."""

DETECTED = 0.1
"""Weight of a language's log probability against an n-gram's; chosen on validation."""

LEAST_DETECTED = 1e-6
"""Least probability of a language, and that of all where a name has no letter that one uses."""

HELD_BACK = 10
"""One training name in so many is held back to see how sure the linear teacher may be."""

UNSEEN_LABEL = -20.0
"""Its log probability for a label that a random split left out of the training part."""

END = "\n"
"""What stands on both ends of a name; no name holds it."""

CHUNK = 20_000
"""Names that are turned into features at once."""


def linear_answer(
    train: Sequence[Row],
    names: Sequence[str],
    labels: Sequence[str],
    auxiliary: Sequence[Row] = (),
    *,
    language_detector: bool = False,
) -> npt.NDArray[np.float32]:
    """Return log probabilities [names, labels] of a linear SVM that learnt `train`.

    `auxiliary` and `language_detector` are as in `linear_features`.
    """
    features_of = linear_features(
        [row.name for row in train], auxiliary, language_detector=language_detector
    )
    # The temperature that turns scores into probabilities is of names that a second SVM never saw.
    of_label = {row.label: row.name for row in train}  # which keeps a name of each label
    held_back = set(sorted({row.name for row in train})[::HELD_BACK]).difference(of_label.values())
    unseen = [row for row in train if row.name in held_back]
    temperature = 1.0
    if unseen:
        rest = [row for row in train if row.name not in held_back]
        known, scores = _svm_scores(features_of, rest, [row.name for row in unseen])
        temperature = fit_temperature(scores, np.array([known.index(row.label) for row in unseen]))
    known, scores = _svm_scores(features_of, train, names)
    answer = np.full((len(names), len(labels)), UNSEEN_LABEL, dtype=np.float32)
    answer[:, [labels.index(label) for label in known]] = log_softmax(scores / temperature, axis=1)
    return answer


def _svm_scores(
    features_of: Features, train: Sequence[Row], names: Sequence[str]
) -> tuple[list[str], npt.NDArray[np.float32]]:
    """Return the labels of `train` and how a linear SVM fitted to it scores `names` by them."""
    from sklearn.svm import LinearSVC

    svm = LinearSVC(C=INVERSE_PENALTY, max_iter=5000, random_state=0)
    svm.fit(features_of([row.name for row in train]), [row.label for row in train])
    chunks = (names[start : start + CHUNK] for start in range(0, len(names), CHUNK))
    scores = np.concatenate([svm.decision_function(features_of(chunk)) for chunk in chunks])
    if scores.ndim == 1:  # of two labels it is one score, for the second
        scores = np.stack([-scores, scores], axis=1)
    return svm.classes_.tolist(), scores.astype(np.float32)


def linear_features(
    train: Sequence[str],
    auxiliary: Sequence[Row] = (),
    *,
    language_detector: bool = False,
    likeness: float = LIKENESS,
    longest: int = NGRAMS,
) -> Features:
    """Fit to `train` and `auxiliary`, and return what turns names into features.

    They are TF-IDF weights of n-grams up to `longest`; behind them, `likeness` times, the scores by
    which a linear SVM tells the labels of the auxiliary names, where there are any; and behind
    those the log probabilities of `detected_languages`, less what they are on average.
    Source of the stack: Wolpert, "Stacked Generalization", 1992.
    """
    from sklearn.svm import LinearSVC

    parts: list[Features] = [partial(_ngrams, _vectorizer(longest).fit(map(_with_ends, train)))]
    if auxiliary:
        judge = _vectorizer(longest)
        features = judge.fit_transform(_with_ends(row.name) for row in auxiliary)
        svm = LinearSVC(C=0.5, random_state=0).fit(features, [row.label for row in auxiliary])
        parts.append(partial(_likeness, judge, svm, likeness))
    if language_detector:
        parts.append(partial(_detected, detected_languages(train).mean(axis=0)))
    return partial(_side_by_side, parts)


def _side_by_side(parts: Sequence[Features], names: Sequence[str]) -> "csr_matrix":
    from scipy.sparse import hstack

    return hstack([part(names) for part in parts], format="csr")


def _ngrams(vectorizer: "TfidfVectorizer", names: Sequence[str]) -> "csr_matrix":
    return vectorizer.transform(map(_with_ends, names))


def _likeness(
    judge: "TfidfVectorizer", svm: "LinearSVC", likeness: float, names: Sequence[str]
) -> "csr_matrix":
    from scipy.sparse import csr_matrix

    scores = svm.decision_function(_ngrams(judge, names))
    return csr_matrix(likeness * scores.reshape(len(names), -1))  # of two labels it is one column


def _detected(usual: npt.NDArray[np.float32], names: Sequence[str]) -> "csr_matrix":
    from scipy.sparse import csr_matrix

    return csr_matrix(DETECTED * (detected_languages(names) - usual))


def detected_languages(names: Sequence[str]) -> npt.NDArray[np.float32]:
    """Return log probabilities [names, languages] of the languages that `names` are words of."""
    detector, languages = _language_detector()
    column = {language: i for i, language in enumerate(languages)}
    answer = np.empty((len(names), len(languages)), dtype=np.float32)
    told = detector.compute_language_confidence_values_in_parallel(list(names))
    for i, confidences in enumerate(told):
        for confidence in confidences:
            answer[i, column[confidence.language]] = confidence.value
    np.log(answer.clip(LEAST_DETECTED), out=answer)
    return answer


@cache
def _language_detector() -> "tuple[LanguageDetector, list[Language]]":
    """Return lingua's detector, which loads the languages' models as names need them."""
    from lingua import Language, LanguageDetectorBuilder

    languages = sorted(Language.all(), key=lambda language: language.name)
    return LanguageDetectorBuilder.from_all_languages().build(), languages


def _vectorizer(longest: int) -> "TfidfVectorizer":
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        analyzer="char", ngram_range=(1, longest), sublinear_tf=True, lowercase=False
    )


def _with_ends(name: str) -> str:
    return f"{END}{name}{END}"
