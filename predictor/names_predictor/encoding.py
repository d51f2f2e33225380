"""Text to numbers: one normaliser and one encoder, shared by training and prediction."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

PAD = 0
"""The id that fills a row behind the end of its name."""

UNKNOWN = 1
"""The id of every character that the training names do not hold and nothing stands for."""

FIRST_CHARACTER = 2
"""The id of the first character of a vocabulary."""

NORMALISATION = "lower-nfc-1"
"""The name of what `normalise` does; an artifact made with another one is refused."""

STAND_INS = {
    "\ue000": (range(0x3400, 0x4DC0), range(0x4E00, 0xA000)),
    "\ue001": (range(0xAC00, 0xD7A4),),
}
"""What a vocabulary has for all signs of a script that it lacks, and which those are: Han, Hangul.

No list of names holds all of their thousands of signs. These private characters mean nothing in a
name, and their codes lie above those that they stand for.
"""

MAX_LENGTH = 128
"""Characters that a name may have after normalisation; longer rows are not names."""

Ids = npt.NDArray[np.int64]

_spaces = re.compile(r"\s+")
# Soft hyphens, joiners, direction marks and byte-order marks: they show nothing and mean nothing.
_directions = (0x61C, *range(0x200E, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_invisible = dict.fromkeys([0xAD, *range(0x200B, 0x200E), *_directions, 0x2060, 0xFEFF])
ONE_FORM: dict[int, int | None] = str.maketrans("’‘ʼ`´‐‑–—", "'''''----") | _invisible
"""What each code point becomes before all else; None where it goes."""


def normalise(text: str) -> str:
    """Return `text` as the model sees it, so that one name has one form.

    Invisible characters go, typographic apostrophes and hyphens become plain ones, white space is
    trimmed and folded, letters become lower case (capitals must not change an answer) and then
    NFC, since lower-casing can leave a letter and its mark apart.
    """
    if text.isascii() and text.isalpha():
        return text.lower()  # most names; the rest would change nothing more
    visible = text.translate(ONE_FORM)
    return unicodedata.normalize("NFC", _spaces.sub(" ", visible).strip().lower())


def split_words(name: str) -> list[str]:
    """Return the words of a normalised name, at least one.

    An apostrophe within a word is a part of it. A name of nothing but separators is one word.
    """
    if name.isalpha():
        return [name]
    words = [word for part in _separators.split(name) if (word := part.strip("'"))]
    return words or [name]


SEPARATORS = ' ,;.:/()[]&+"_-'
"""The characters that separate words."""

_separators = re.compile(f"[{re.escape(SEPARATORS)}]+")


@dataclass(frozen=True)
class Vocabulary:
    """The characters a model knows; `characters[i]` has the id `FIRST_CHARACTER + i`."""

    characters: str

    @classmethod
    def of(cls, names: Iterable[str]) -> "Vocabulary":
        """Collect the characters of normalised `names`, and stand-ins, in code point order."""
        characters = set().union(*names).difference(STAND_INS)
        codes = set(map(ord, characters))
        stand_ins = (
            stand_in
            for stand_in, spans in STAND_INS.items()
            if any(not codes.isdisjoint(span) for span in spans)
        )
        return cls("".join(sorted(characters.union(stand_ins))))

    def __len__(self) -> int:
        """Count the ids, padding and unknown included."""
        return FIRST_CHARACTER + len(self.characters)

    @cached_property
    def tells(self) -> npt.NDArray[np.bool_]:
        """Of each id, whether it stands for a known character that is no space or punctuation."""
        known = [unicodedata.category(character)[0] not in "PZ" for character in self.characters]
        return np.array([False] * FIRST_CHARACTER + known)

    @cached_property
    def stand_ins(self) -> dict[int, tuple[range, ...]]:
        """The ids that stand for signs that the vocabulary lacks, and the code points of those."""
        return {
            self.characters.index(stand_in) + FIRST_CHARACTER: spans
            for stand_in, spans in STAND_INS.items()
            if stand_in in self.characters
        }

    @cached_property
    def _id_of_code_point(self) -> Ids:
        """A look-up table; its last entry stands for every code point above the highest known."""
        codes = _code_points(self.characters)
        table = np.full(int(codes.max(initial=0)) + 2, UNKNOWN, dtype=np.int64)
        for stand_in, spans in self.stand_ins.items():
            for span in spans:
                table[span.start : span.stop] = stand_in
        known = np.arange(len(codes)) + FIRST_CHARACTER
        table[codes] = np.where(np.isin(known, list(self.stand_ins)), UNKNOWN, known)
        return table

    @cached_property
    def unseen(self) -> Ids:
        """Of each id, what a sign of its kind that the vocabulary lacks gets."""
        ids = np.array([PAD] + [UNKNOWN] * (len(self) - 1), dtype=np.int64)
        codes = _code_points(self.characters)
        for stand_in, spans in self.stand_ins.items():
            for span in spans:
                ids[FIRST_CHARACTER:][(codes >= span.start) & (codes < span.stop)] = stand_in
        return ids

    def encode(self, names: Sequence[str]) -> tuple[Ids, Ids]:
        """Turn normalised names into ids.

        Returns `ids` [batch, time], padded with `PAD` to the longest name, and `lengths` [batch].
        """
        lengths = np.fromiter(map(len, names), dtype=np.int64, count=len(names))
        table = self._id_of_code_point
        ids = np.full((len(names), int(lengths.max(initial=0))), PAD, dtype=np.int64)
        within = np.arange(ids.shape[1]) < lengths[:, None]
        ids[within] = table[np.minimum(_code_points("".join(names)), len(table) - 1)]
        return ids, lengths

    def encode_names(self, names: Sequence[str]) -> tuple[Ids, Ids]:
        """Split normalised names into words and turn each distinct word into ids.

        Returns `ids` [words, time], padded with `PAD`, and `words` [names, most words of a name]:
        which rows of `ids` a name has, in the order of the words' text, -1 where it has fewer.
        """
        number: dict[str, int] = {}
        of_names = [sorted(split_words(name)) for name in names]
        found = [number.setdefault(word, len(number)) for words in of_names for word in words]
        counts = np.fromiter(map(len, of_names), dtype=np.int64, count=len(names))
        words = np.full((len(names), int(counts.max(initial=1))), -1, dtype=np.int64)
        words[np.arange(words.shape[1]) < counts[:, None]] = found
        return self.encode(list(number))[0], words


def _code_points(text: str) -> npt.NDArray[np.uint32]:
    # A lone surrogate can reach us from a Python caller; it becomes an unknown character.
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
