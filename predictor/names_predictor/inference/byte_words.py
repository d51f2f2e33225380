"""Words found in the bytes of many plain names at once, without making text of them.

A word of at most 24 bytes is a key of three 64-bit numbers, its bytes themselves. So a table of
keys finds exactly the word: keys that share a place in it are told apart.
"""

import unicodedata
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from names_predictor.encoding import FALLBACKS, ONE_FORM
from names_predictor.inference.lines import Lines

LONGEST = 24
"""Bytes of a word that fit a key."""

Keys = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

_IN_WORD, _BETWEEN, _OTHER, _MARK = range(4)
_KIND = np.full(256, _OTHER, dtype=np.uint8)
_KIND[list(b"abcdefghijklmnopqrstuvwxyz0123456789'")] = _IN_WORD
_KIND[list(b" ,.-\n")] = _BETWEEN
_KIND[0x80:] = _IN_WORD  # the bytes of longer characters, which `_others` looks at

_LOWER = np.frombuffer(bytes(range(256)).lower(), dtype=np.uint8)

SIGMA = ord("Σ")
"""The only letter whose lower case depends on the letters next to it."""

_GREEK = frozenset(chr(code).encode() for code in range(ord("Α"), ord("ώ") + 1))

_MASK = np.array([(1 << 64) - (1 << 64 - 8 * n) for n in range(9)], dtype=np.uint64)
"""The first n of 8 bytes, which are read as a number with the first byte highest."""


class ByteWords(NamedTuple):
    """The words of lines, in lower case.

    Attributes:
        content: The bytes of the lines, in lower case.
        keys: The key of each word, uint64 [3, words].
        line: The line of each word, int64 [words].
        start: Index of its first byte.
        end: Index after its last byte.
        is_plain: Of which lines the words are here, bool [lines]: the others have characters that
            mean more than a plain letter, long words, or no word.

    """

    content: bytes
    keys: Keys
    line: Numbers
    start: Numbers
    end: Numbers
    is_plain: npt.NDArray[np.bool_]


def find_words(lines: Lines, max_length: int) -> ByteWords:
    """Find the words of lines; those of more than `max_length` bytes are not plain."""
    content = _LOWER[np.frombuffer(lines.content + bytes(LONGEST), dtype=np.uint8)]
    kind = _KIND[content[:-LONGEST]]
    others = np.concatenate([np.flatnonzero(kind == _OTHER), _lower_characters(content)])
    in_word = kind == _IN_WORD
    edge = np.flatnonzero(in_word[1:] != in_word[:-1]) + 1  # the text ends outside a word
    if in_word[0]:
        edge = np.concatenate([[0], edge])
    start, end = edge[::2], edge[1::2]
    line = np.searchsorted(lines.ends, start)

    is_plain = np.diff(lines.ends, prepend=-1) - 1 <= max_length
    is_plain[line[end - start > LONGEST]] = False
    is_plain[np.searchsorted(lines.ends, others)] = False
    quoted = (content[start] == ord("'")) | (content[end - 1] == ord("'"))
    is_plain[line[quoted]] = False  # an apostrophe around a word is no part of it
    is_plain &= np.bincount(line, minlength=len(lines)) > 0

    here = is_plain[line]
    start, end, line = start[here], end[here], line[here]
    # Every 8 bytes of the text as a number, wherever they begin.
    eight = np.ndarray(len(content) - 7, dtype=">u8", buffer=content, strides=(1,))
    length = end - start
    keys = np.empty((3, len(start)), dtype=np.uint64)
    for i, first in enumerate((0, 8, 16)):
        keys[i] = eight[start + first] & _MASK[np.clip(length - first, 0, 8)]
    return ByteWords(content.tobytes(), keys, line, start, end, is_plain)


def _lower_characters(content: Bytes) -> Numbers:
    """Put the characters of 2 and 3 bytes in lower case; return where one is not plain.

    Source: RFC 3629, section 3: the bits of characters.
    """
    first = np.flatnonzero(content >= 0xC0)
    if not first.size:
        return first
    one, two, three = (content[first + i].astype(np.int32) for i in range(3))
    is_short = one < 0xE0
    code = np.where(
        is_short,
        (one & 0x1F) << 6 | two & 0x3F,
        (one & 0x0F) << 12 | (two & 0x3F) << 6 | three & 0x3F,
    )
    kinds, lower_codes = _characters()
    kind, lower = np.where(one < 0xF0, kinds[code], _OTHER), lower_codes[code]
    for at in np.flatnonzero(code == SIGMA):
        if small := _lower_sigma(content, first[at]):
            kind[at], lower[at] = _IN_WORD, small
    changed = np.flatnonzero((lower != code) & (kind != _OTHER))
    of_short, of_long = changed[is_short[changed]], changed[~is_short[changed]]
    for which, lead, bits in ((of_short, 0xC0, (6, 0)), (of_long, 0xE0, (12, 6, 0))):
        for i, shift in enumerate(bits):
            byte = lower[which] >> shift & 0x3F
            content[first[which] + i] = byte | (0x80 if i else lead)
    is_other = kind == _OTHER
    # NFC orders marks that follow each other.
    is_other[1:] |= (kind[1:] == _MARK) & (kind[:-1] == _MARK)
    others: Numbers = first[is_other]
    return others


def _lower_sigma(content: Bytes, at: int) -> int:
    """Return the lower case of the capital sigma at a byte, 0 unless Greek letters decide it."""
    before, after = content[max(at - 2, 0) : at].tobytes(), content[at + 2 : at + 4].tobytes()
    if after in _GREEK:
        return ord("σ")
    return ord("ς") if before in _GREEK and after[:1] in b" ,-\n" else 0


@cache
def _characters() -> tuple[Bytes, npt.NDArray[np.uint16]]:
    """Return the kind of each character of at most three bytes, and its lower case.

    A character is a letter or a mark if NFC does not change its lower case, whatever its
    neighbours. Of a pair that NFC composes, the mark is of another kind, or its first character if
    the second is no mark. Han and Hangul are letters, Hangul's parts of syllables are not.
    """
    fallbacks = {code for ranges in FALLBACKS.values() for codes in ranges for code in codes}
    neither = range(0xD800, 0xF900)  # surrogates and private use
    codes = [c for c in range(0x80, 1 << 16) if c not in fallbacks and c not in neither]
    composed = [
        [int(part, 16) for part in parts]
        for code in codes
        if len(parts := unicodedata.decomposition(chr(code)).split()) == 2 and parts[0][0] != "<"
    ]
    composing = {
        second if unicodedata.combining(chr(second)) else first for first, second in composed
    }
    kinds = np.full(1 << 16, _OTHER, dtype=np.uint8)
    lower = np.arange(1 << 16, dtype=np.uint16)
    kinds[list(fallbacks)] = _IN_WORD
    jamo = range(0x1100, 0x1200)
    strange = {*jamo, SIGMA} | composing | ONE_FORM.keys()
    for code in set(codes) - strange:
        character = chr(code).lower()
        is_letter, is_mark = character.isalpha(), unicodedata.category(character[0])[0] == "M"
        if (
            (is_letter or is_mark)
            and len(character) == 1
            and ord(character) not in strange
            and len(character.encode()) == len(chr(code).encode())
            and unicodedata.normalize("NFC", character) == character
        ):
            kinds[code] = _MARK if unicodedata.combining(character) else _IN_WORD
            lower[code] = ord(character)
    return kinds, lower


class KeyTable:
    """Keys with a row each, in a table of places of which at most half are taken.

    A key whose place is taken goes to the next free one. Source: Knuth, "The Art of Computer
    Programming", volume 3, section 6.4 (open addressing).
    """

    def __init__(self, most: int) -> None:
        """Make a table for the rows 0 to `most` - 1."""
        self._bits = max(1, 2 * most - 1).bit_length()
        self._keys = np.zeros((3, most), dtype=np.uint64)
        self._row = np.zeros(1 << self._bits, dtype=np.int32)  # 0 is free: rows count from 1 here

    def keep(self, rows: Numbers) -> None:
        """Keep the keys of `rows`, in ascending order, which become the rows from 0."""
        is_taken = np.zeros(self._keys.shape[1], dtype=np.bool_)
        is_taken[self._row[self._row > 0] - 1] = True
        self._keys[:, : len(rows)] = self._keys[:, rows]
        self._row.fill(0)
        self._place(np.flatnonzero(is_taken[rows]))

    def find(self, keys: Keys) -> Numbers:
        """Return the row of each key [3, keys], -1 where it is not in the table."""
        row = np.full(keys.shape[1], -1, dtype=np.int64)
        place = self.first_place(keys)
        left = np.arange(keys.shape[1])
        while left.size:
            at = place[left]
            found = self._row[at] - 1  # -1 is free
            is_same = found >= 0
            for of_table, of_words in zip(self._keys, keys, strict=True):
                is_same &= of_table[found] == of_words[left]
            row[left[is_same]] = found[is_same]
            left = left[~is_same & (found >= 0)]
            place[left] = (place[left] + 1) & (self._row.size - 1)
        return row

    def add(self, keys: Keys, first: int) -> None:
        """Put in distinct new keys [3, keys], whose rows are counted from `first`."""
        rows = np.arange(first, first + keys.shape[1])
        self._keys[:, rows] = keys
        self._place(rows)

    def _place(self, rows: Numbers) -> None:
        place = self.first_place(self._keys[:, rows])
        left = np.arange(len(rows))
        while left.size:
            at, number = place[left], rows[left] + 1
            # Of several keys at one free place the last one gets it, the others try the next.
            is_free = self._row[at] == 0
            self._row[at[is_free]] = number[is_free]
            left = left[self._row[at] != number]
            place[left] = (place[left] + 1) & (self._row.size - 1)

    def first_place(self, keys: Keys) -> Numbers:
        """Return the place where the search for each key [3, keys] begins, by a hash."""
        mixed = keys[2].copy()
        for part in keys[:2]:  # by odd numbers with many ones
            mixed = (mixed ^ part) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        return np.asarray(mixed >> np.uint64(64 - self._bits), dtype=np.int64)


def distinct(keys: Keys) -> tuple[Numbers, Numbers]:
    """Return where one of each distinct key [3, keys] is, and which of these each key is.

    The distinct keys are in the alphabetical order of their words.
    """
    order = np.lexsort(keys[::-1])
    ordered = keys[:, order]
    is_new = np.ones(len(order), dtype=np.bool_)
    is_new[1:] = (ordered[:, 1:] != ordered[:, :-1]).any(axis=0)
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.cumsum(is_new) - 1
    return order[is_new], number
