"""Encoding for training: names by their words, and fallback characters."""

from collections.abc import Sequence

import numpy as np

from names_predictor.encoding import FIRST_CHARACTER, PAD, UNKNOWN, Ids, Vocabulary, split_words


def encode_names(vocabulary: Vocabulary, names: Sequence[str]) -> tuple[Ids, Ids]:
    """Split normalised names into words and encode each distinct word once.

    Args:
        vocabulary: The characters.
        names: Normalised names.

    Returns:
        Ids of the distinct words, int64 [words, time], padded with `PAD`; and the words of each
        name as rows of the ids, sorted by text, int64 [names, most], padded with -1.

    """
    number: dict[str, int] = {}
    of_names = [sorted(split_words(name)) for name in names]
    found = [number.setdefault(word, len(number)) for words in of_names for word in words]
    counts = np.fromiter(map(len, of_names), dtype=np.int64, count=len(names))
    words = np.full((len(names), int(counts.max(initial=1))), -1, dtype=np.int64)
    words[np.arange(words.shape[1]) < counts[:, None]] = found
    return vocabulary.encode(list(number))[0], words


def fallback_ids(vocabulary: Vocabulary) -> Ids:
    """Return the id of an unknown character of the same script as each id, int64 [ids]."""
    ids = np.array([PAD] + [UNKNOWN] * (len(vocabulary) - 1), dtype=np.int64)
    for number, character in enumerate(vocabulary.characters, FIRST_CHARACTER):
        for fallback, spans in vocabulary.fallbacks.items():
            if any(ord(character) in span for span in spans):
                ids[number] = fallback
    return ids
