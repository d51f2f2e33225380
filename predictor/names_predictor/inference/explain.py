"""Explain the label of a name: the evidence of each word and each letter for it."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from names_predictor.encoding import normalise, split_words
from names_predictor.errors import NamesError
from names_predictor.inference.types import Prediction, Probabilities

MOST_LETTERS = 1024
"""The longest name that is explained: the time grows with the square of its length."""

Evidence = tuple[tuple[str, float], ...]
"""Words or letters, each with its evidence for the label, in log-odds."""


@dataclass(frozen=True)
class Explanation:
    """A prediction, and the evidence of each letter and each word for the label, in log-odds.

    If the evidence is above 0, the label is less probable without the letter or word, at the
    temperature of the whole name.

    Attributes:
        prediction: The prediction.
        letters: The letters of the name.
        words: The words of the name; empty for a single word.

    """

    prediction: Prediction
    letters: Evidence
    words: Evidence = ()


def explanation(
    prediction: Prediction, prior: float, probabilities_of: Callable[[list[str]], Probabilities]
) -> Explanation:
    """Explain a label by occlusion: leave out one letter or word at a time.

    A letter is a character with the marks that combine with it. Source: Zeiler and Fergus,
    "Visualizing and Understanding Convolutional Networks", 2014.

    Args:
        prediction: The prediction of a name with a label.
        prior: The class prior of the label.
        probabilities_of: Returns the probability of the label for each name, at the temperature of
            the whole name.

    Raises:
        NamesError: The name is too long, most of it spaces or invisible characters.

    """
    if len(prediction.name) > MOST_LETTERS:
        raise NamesError(
            f"a name of {len(prediction.name):,} characters: at most {MOST_LETTERS:,} are "
            "explained: shorten it"
        )
    letters, words = _letters(prediction.name), split_words(normalise(prediction.name))
    words = words if len(words) > 1 else []
    without = [
        *("".join(letters[:i] + letters[i + 1 :]) for i in range(len(letters))),
        *(" ".join(words[:i] + words[i + 1 :]) for i in range(len(words))),
    ]
    probabilities = probabilities_of([prediction.name, *without]).astype(np.float64)
    # A name of one letter is empty without it: the probability is then the class prior.
    probabilities = np.where(np.isnan(probabilities), prior, probabilities)
    bounded = np.clip(probabilities, 1e-6, 1 - 1e-6)
    log_odds = np.log(bounded / (1 - bounded))
    evidence = (log_odds[0] - log_odds[1:]).tolist()
    return Explanation(
        prediction,
        tuple(zip(letters, evidence[: len(letters)], strict=True)),
        tuple(zip(words, evidence[len(letters) :], strict=True)),
    )


def _letters(name: str) -> list[str]:
    letters: list[str] = []
    for character in name:
        # By category, not by combining class, which is 0 for the vowel signs of Indic scripts.
        if letters and unicodedata.category(character).startswith("M"):
            letters[-1] += character
        else:
            letters.append(character)
    return letters
