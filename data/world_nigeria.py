"""Classify people of Nigeria as Yoruba, Igbo or Hausa, by their names.

Since no source has their languages, a naive Bayes classifier on the letters of words is trained on
Faker's lists of each language's names, and then, in several rounds (self-training), on the words of
the people whom it classifies with a high probability. All others remain Nigerian.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping

from world_people import FullName, key

ROUNDS = 3
LONGEST = 4
"""Length of the longest n-gram."""
SMOOTHING = 0.5
SURE = 0.97
"""Lowest posterior probability with which a person belongs to a language."""

Model = dict[str, dict[str, float]]
"""By language and n-gram: the log probability of the n-gram."""


def pieces(word: str) -> list[str]:
    """Return the n-grams of two to four letters of a word, with its ends marked."""
    marked = f"<{key(word)}>"
    return [
        marked[start : start + size]
        for size in range(2, LONGEST + 1)
        for start in range(len(marked) - size + 1)
    ]


def learn(words: Mapping[str, Mapping[str, float]]) -> Model:
    """Fit the model to the weighted words of each language."""
    counts: dict[str, dict[str, float]] = {}
    for language, known in words.items():
        counts[language] = defaultdict(float)
        for word, weight in known.items():
            for piece in pieces(word):
                counts[language][piece] += weight
    every = set().union(*counts.values())
    model: Model = {}
    for language, found in counts.items():
        whole = sum(found.values()) + SMOOTHING * len(every)
        model[language] = {
            piece: math.log((found.get(piece, 0) + SMOOTHING) / whole) for piece in every
        }
    return model


def posterior(words: Iterable[str], model: Model) -> dict[str, float]:
    """Return the probability of each language, with equal priors."""
    every = next(iter(model.values()))
    found = [piece for word in words for piece in pieces(word) if piece in every]
    logs = {language: sum(known[piece] for piece in found) for language, known in model.items()}
    top = max(logs.values())
    odds = {language: math.exp(log - top) for language, log in logs.items()}
    return {language: odd / sum(odds.values()) for language, odd in odds.items()}


def classify(
    people: Iterable[FullName], seeds: Mapping[str, Iterable[str]], rest: str
) -> list[tuple[FullName, str]]:
    """Return each person with their language, or `rest` if it is uncertain.

    `seeds` are the initial words of each language, and of `rest`: words of several languages.
    """
    found = list(people)
    start = {language: dict.fromkeys(sorted(set(words)), 1.0) for language, words in seeds.items()}
    model = learn(start)
    classified: list[tuple[FullName, str]] = []
    for _ in range(ROUNDS):
        classified = []
        words = {language: defaultdict(float, known) for language, known in start.items()}
        for one in found:
            chances = posterior([one.surname, one.given], model)
            best = max(sorted(chances), key=lambda language: chances[language])
            language = best if chances[best] >= SURE else rest
            classified.append((one, language))
            if language != rest:
                for word in (one.surname, one.given):
                    if word not in start[rest]:
                        words[language][word] = 1.0
        model = learn(words)
    return classified
