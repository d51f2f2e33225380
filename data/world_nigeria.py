"""Tell Yoruba, Igbo and Hausa people of Nigeria apart, by the words of their names.

No source says which of them speaks what. Lists of each language's names (Faker's) start a naive
Bayes classifier over the letters of a word; people whom it is sure of then teach it their other
words, a few times over. Those whom it is not sure of stay under Nigerian, as do the people of
Nigeria's other languages where they are like none of the three.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping

from world_people import Parts, key

ROUNDS = 3
LONGEST = 4
"""Letters of the longest piece of a word."""
SMOOTHING = 0.5
SURE = 0.97
"""The posterior from which on a person belongs to a language."""

Model = dict[str, dict[str, float]]
"""By language and piece: the logarithm of the piece's probability."""


def pieces(word: str) -> list[str]:
    """Return the runs of two to four letters of a word, its ends marked."""
    marked = f"<{key(word)}>"
    return [
        marked[start : start + size]
        for size in range(2, LONGEST + 1)
        for start in range(len(marked) - size + 1)
    ]


def learn(words: Mapping[str, Mapping[str, float]]) -> Model:
    """Return the model of each language's words, weighted."""
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
    """Return the probability of each language, all being alike beforehand."""
    every = next(iter(model.values()))
    found = [piece for word in words for piece in pieces(word) if piece in every]
    logs = {language: sum(known[piece] for piece in found) for language, known in model.items()}
    top = max(logs.values())
    odds = {language: math.exp(log - top) for language, log in logs.items()}
    return {language: odd / sum(odds.values()) for language, odd in odds.items()}


def tell(
    people: Iterable[Parts], seeds: Mapping[str, Iterable[str]], rest: str
) -> list[tuple[Parts, str]]:
    """Return each person with their language, or `rest` where the words don't tell.

    One of the seeds' keys must be `rest`: words that are of no one language.
    """
    found = list(people)
    start = {language: dict.fromkeys(sorted(set(words)), 1.0) for language, words in seeds.items()}
    model = learn(start)
    told: list[tuple[Parts, str]] = []
    for _ in range(ROUNDS):
        told = []
        words = {language: defaultdict(float, known) for language, known in start.items()}
        for one in found:
            chances = posterior([one.surname, one.given], model)
            best = max(sorted(chances), key=lambda language: chances[language])
            language = best if chances[best] >= SURE else rest
            told.append((one, language))
            if language != rest:
                for word in (one.surname, one.given):
                    if word not in start[rest]:
                        words[language][word] = 1.0
        model = learn(words)
    return told
