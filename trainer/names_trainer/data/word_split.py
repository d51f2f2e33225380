"""One split for the words of surnames, given names and people.

Each held-out name has a word that is in no training name.
"""

from collections.abc import Mapping, Sequence

from names_predictor.encoding import split_words
from names_trainer.data.corpus import Row, Split, letters

WordSplits = Mapping[str, int]
"""Letters of a word, or of a whole name -> its split: 0 training, 1 validation, 2 test."""


def word_splits(surnames: Split, given: Split) -> WordSplits:
    """Return the split of every word and name, the first one that has it."""
    found: dict[str, int] = {}
    names = []
    for number, lists in enumerate(zip(surnames, given, strict=True)):
        for rows in lists:
            for row in rows:
                words, whole = _keys(row.name)
                names.append((words, whole))
                for key in (*words, whole):
                    found.setdefault(key, number)
    is_stable = False
    while not is_stable:  # a name that is moved takes its words with it
        is_stable = True
        for words, whole in names:
            number = _split_of(words, whole, found)
            for key in (*words, whole):
                if found[key] > number:
                    found[key] = number
                    is_stable = False
    return found


def split_by_words(split: Split, found: WordSplits) -> Split:
    """Move held-out names whose words are all in earlier splits to the last of these.

    So the surname Ann is in training if the given name Ann is, Ruiz Soto is if Ruiz and Soto are,
    and Vandam is if Van Dam is.

    Args:
        split: A split of surnames or of given names.
        found: Splits of their words.

    """
    moved: tuple[list[Row], ...] = ([], [], [])
    for rows in split:
        for row in rows:
            moved[_split_of(*_keys(row.name), found)].append(row)
    return Split(*map(tuple, moved))


def split_of_person(surname: str, given: str, found: WordSplits) -> int | None:
    """Return the split of a person, or None if none is free of leaks.

    It is the split of a word that is held out, or else training. Words of both held-out splits
    leave none, and neither does a held-out word that a name or a part of it is written as: Yesol
    as Ye-Sol or Ye Sol.
    """
    of_words = {found.get(word, 0) for name in (surname, given) for word in _keys(name)[0]}
    parts = {surname, given, *surname.split(" "), *given.split(" ")}
    joined = max(found.get(letters(part), 0) for part in parts)
    if of_words >= {1, 2} or joined > max(of_words):
        return None
    return max(of_words)


def _split_of(words: Sequence[str], whole: str, found: WordSplits) -> int:
    return min(max(found[word] for word in words), found[whole])


def _keys(name: str) -> tuple[list[str], str]:
    """Return the letters of each word of a name, and those of the whole name."""
    return [letters(word) or word for word in split_words(name)], letters(name) or name
