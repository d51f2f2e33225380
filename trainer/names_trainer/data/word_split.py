"""The split of words: a word of a held-out name is in no training name, of either list."""

from collections.abc import Mapping, Sequence

from names_predictor.encoding import split_words
from names_trainer.data.corpus import Row, Split, letters
from names_trainer.data.lines import CorpusError

WordSplits = Mapping[str, int]
"""Letters of a word, or of a whole name -> its split: 0 training, 1 validation, 2 test."""


def split_by_words(surnames: Split, given: Split) -> tuple[Split, Split]:
    """Move the names whose words are all in an earlier split to that split.

    A word belongs to the first split that has it in either list, and a name to the last split of
    its words. So the surname Ann is in training if the given name Ann is, and Ruiz Soto is if Ruiz
    and Soto are.

    Args:
        surnames: Split of the surnames.
        given: Split of the given names.

    Returns:
        Both lists, split anew.

    Raises:
        CorpusError: No surname is left for validation, or none for the test.

    """
    found = word_splits(surnames, given)

    def moved(split: Split) -> Split:
        parts: tuple[list[Row], ...] = ([], [], [])
        for rows in split:
            for row in rows:
                parts[max(map(found.__getitem__, _keys(row.name)))].append(row)
        return Split(*map(tuple, parts))

    whole = moved(surnames)
    for rows, name in zip(whole, Split._fields, strict=True):
        if not rows:
            raise CorpusError(
                f"no {name} split is left: all words of its names are in training, as surnames or "
                "given names: give more surnames, or a --given-dir with fewer of them"
            )
    return whole, moved(given)


def word_splits(surnames: Split, given: Split) -> WordSplits:
    """Return the first split of every word, compared by its letters."""
    found: dict[str, int] = {}
    for number, parts in enumerate(zip(surnames, given, strict=True)):
        for rows in parts:
            for row in rows:
                for key in _keys(row.name):
                    found.setdefault(key, number)
    return found


def split_of(names: Sequence[str], found: WordSplits) -> int | None:
    """Return the split of a person with these names, or None if none is free of leaks.

    It is the split of a word that is held out, or else training. Words of both held-out splits
    leave none, and neither does a held-out word that is written as several: Ye-Sol for Yesol.
    """
    of_words = {found.get(key, 0) for name in names for key in _keys(name)}
    joined = max(found.get(letters(name), 0) for name in names)
    number = max(of_words)
    return None if of_words.issuperset((1, 2)) or joined > number else number


def _keys(name: str) -> list[str]:
    return [letters(word) or word for word in split_words(name)]
