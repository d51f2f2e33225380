"""Words found in the bytes of many plain names at once, without making text of them.

A word of at most 24 bytes is a key of three 64-bit numbers, its bytes themselves. So a table of
keys finds exactly the word: keys that share a place in it are told apart.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from names_predictor.encoding import MAX_LENGTH

LONGEST = 24
"""Bytes of a word that fit a key."""

Keys = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

_IN_WORD, _BETWEEN, _LINE, _OTHER = range(4)
_KIND = np.full(256, _OTHER, dtype=np.uint8)
_KIND[list(b"abcdefghijklmnopqrstuvwxyz0123456789'")] = _IN_WORD
_KIND[list(b" ,.-")] = _BETWEEN
_KIND[ord("\n")] = _LINE
# UTF-8 of letters that lower case and NFC leave as they are: Latin with marks, Greek, Cyrillic,
# Han, Hangul. What follows the first byte of others is without meaning, as their line is not plain.
_KIND[[*range(0x80, 0xC0), 0xC3, 0xC4, 0xC5, 0xCE, 0xCF, 0xD0, 0xD1, 0xE1]] = _IN_WORD
_KIND[[*range(0xE4, 0xEE)]] = _IN_WORD
_NO_LETTERS = {
    0xC3: [0x97, 0xB7],  # times, divided by
    0xCE: [0x87],  # a semicolon
    0xE1: [*range(0x80, 0xB8), *range(0xBC, 0xC0)],
    0xEA: [*range(0x80, 0xB0)],
    0xED: [*range(0x9E, 0xC0)],
}
"""Second bytes of what else begins so: signs, other scripts, letters that NFC may change."""

_MASK = np.array([(1 << 8 * n) - 1 for n in range(9)], dtype=np.uint64)
"""Of 8 bytes, read as a number, those of a word of n."""


class ByteWords(NamedTuple):
    """The words of lines: `keys` [3, words], each word's line, and its first byte and the next.

    `is_plain` [lines] tells of which lines the words are here: the others hold characters that
    mean more than a plain letter, long words, or none at all.
    """

    keys: Keys
    line: Numbers
    start: Numbers
    end: Numbers
    is_plain: npt.NDArray[np.bool_]


def find_words(text: bytes, lines: int) -> ByteWords:
    """Find the words of `text`, UTF-8 in lower case with `lines` lines."""
    content = np.frombuffer(text + b"\n" + bytes(LONGEST), dtype=np.uint8)
    kind = _KIND[content[:-LONGEST]]
    line_end = np.flatnonzero(kind == _LINE)
    in_word = kind == _IN_WORD
    edge = np.flatnonzero(in_word[1:] != in_word[:-1]) + 1  # the text ends outside a word
    if in_word[0]:
        edge = np.concatenate([[0], edge])
    start, end = edge[::2], edge[1::2]
    line = np.searchsorted(line_end, start)

    is_plain = np.diff(line_end, prepend=-1) - 1 <= MAX_LENGTH
    is_plain[line[end - start > LONGEST]] = False
    is_plain[np.searchsorted(line_end, _others(content, kind))] = False
    quoted = (content[start] == ord("'")) | (content[end - 1] == ord("'"))
    is_plain[line[quoted]] = False  # an apostrophe around a word is no part of it
    is_plain &= np.bincount(line, minlength=lines) > 0

    here = is_plain[line]
    start, end, line = start[here], end[here], line[here]
    # Every 8 bytes of the text as a number, wherever they begin.
    eight = np.ndarray(len(content) - 7, dtype="<u8", buffer=content, strides=(1,))
    length = end - start
    keys = np.empty((3, len(start)), dtype=np.uint64)
    for i, first in enumerate((0, 8, 16)):
        keys[i] = eight[start + first] & _MASK[np.clip(length - first, 0, 8)]
    return ByteWords(keys, line, start, end, is_plain)


def _others(content: Bytes, kind: Bytes) -> Numbers:
    """Return where there is a byte that is no part of a plain name."""
    others = [np.flatnonzero(kind == _OTHER)]
    for first, seconds in _NO_LETTERS.items():
        at = np.flatnonzero(content[: len(kind)] == first)
        others.append(at[np.isin(content[at + 1], seconds)])
    return np.concatenate(others)


class KeyTable:
    """Keys with a row each, in a table of places of which at most half are taken.

    A key whose place is taken goes to the next free one. Source: Knuth, "The Art of Computer
    Programming", volume 3, section 6.4 (open addressing).
    """

    def __init__(self, most: int) -> None:
        """Make a table for `most` keys."""
        self._bits = max(1, 2 * most - 1).bit_length()
        self._keys = np.zeros((3, 1 << self._bits), dtype=np.uint64)
        self._row = np.zeros(1 << self._bits, dtype=np.int32)  # 0 is free: rows count from 1 here

    def clear(self) -> None:
        """Take all keys out."""
        self._row.fill(0)

    def find(self, keys: Keys) -> Numbers:
        """Return the row of each key [3, keys], -1 where it is not in the table."""
        row = np.full(keys.shape[1], -1, dtype=np.int64)
        place = self._first_place(keys)
        left = np.arange(keys.shape[1])
        while left.size:
            at = place[left]
            found = self._row[at]
            is_same = found > 0
            for of_table, of_words in zip(self._keys, keys, strict=True):
                is_same &= of_table[at] == of_words[left]
            row[left[is_same]] = found[is_same] - 1
            left = left[~is_same & (found > 0)]
            place[left] = (place[left] + 1) & (self._row.size - 1)
        return row

    def add(self, keys: Keys, first: int) -> None:
        """Put in distinct new keys [3, keys], whose rows are counted from `first`."""
        place = self._first_place(keys)
        left = np.arange(keys.shape[1])
        while left.size:
            at, rows = place[left], first + 1 + left
            # Of several keys at one free place the last one gets it, the others try the next.
            is_free = self._row[at] == 0
            self._row[at[is_free]] = rows[is_free]
            is_placed = self._row[at] == rows
            self._keys[:, at[is_placed]] = keys[:, left[is_placed]]
            left = left[~is_placed]
            place[left] = (place[left] + 1) & (self._row.size - 1)

    def _first_place(self, keys: Keys) -> Numbers:
        mixed = keys[2].copy()
        for part in keys[:2]:  # by odd numbers with many ones
            mixed = (mixed ^ part) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        return np.asarray(mixed >> np.uint64(64 - self._bits), dtype=np.int64)


def distinct(keys: Keys) -> tuple[Numbers, Numbers]:
    """Return where one of each distinct key [3, keys] is, and which of these each key is."""
    order = np.lexsort(keys)
    ordered = keys[:, order]
    is_new = np.ones(len(order), dtype=np.bool_)
    is_new[1:] = (ordered[:, 1:] != ordered[:, :-1]).any(axis=0)
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.cumsum(is_new) - 1
    return order[is_new], number
