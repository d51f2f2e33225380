"""Words found in the bytes of many plain names at once, without making text of them.

A word of at most 16 bytes is a key of two 64-bit numbers, its bytes themselves. So a table of keys
finds exactly the word: keys that share a place in it are told apart.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from names_predictor.encoding import MAX_LENGTH

LONGEST = 16
"""Bytes of a word that fit a key."""

Keys = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]

_IN_WORD, _BETWEEN, _LINE, _OTHER = range(4)
_KIND = np.full(256, _OTHER, dtype=np.uint8)
_KIND[list(b"abcdefghijklmnopqrstuvwxyz0123456789'")] = _IN_WORD
_KIND[list(b" ,.-")] = _BETWEEN
_KIND[ord("\n")] = _LINE

_MASK = np.array([(1 << 8 * n) - 1 for n in range(9)], dtype=np.uint64)
"""Of 8 bytes, read as a number, those of a word of n."""


class ByteWords(NamedTuple):
    """The words of lines: `keys` [2, words], and each word's line and place in the text.

    `is_plain` [lines] tells of which lines the words are here: the others hold characters that
    mean more than a plain letter, long words or none at all.
    """

    keys: Keys
    line: Numbers
    start: Numbers
    end: Numbers
    is_plain: npt.NDArray[np.bool_]


def find_words(text: str, lines: int) -> ByteWords:
    """Find the words of `text`, which is ASCII in lower case and has `lines` lines."""
    content = np.frombuffer(text.encode() + b"\n" + bytes(LONGEST), dtype=np.uint8)
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
    is_plain[np.searchsorted(line_end, np.flatnonzero(kind == _OTHER))] = False
    quoted = (content[start] == ord("'")) | (content[end - 1] == ord("'"))
    is_plain[line[quoted]] = False  # an apostrophe around a word is no part of it
    is_plain &= np.bincount(line, minlength=lines) > 0

    here = is_plain[line]
    start, end, line = start[here], end[here], line[here]
    # Every 8 bytes of the text as a number, wherever they begin.
    eight = np.ndarray(len(content) - 7, dtype="<u8", buffer=content, strides=(1,))
    length = end - start
    keys = np.stack(
        [
            eight[start] & _MASK[np.minimum(length, 8)],
            eight[start + 8] & _MASK[np.maximum(length - 8, 0)],
        ]
    )
    return ByteWords(keys, line, start, end, is_plain)


class KeyTable:
    """Keys with a row each, in a table of places of which at most half are taken.

    A key whose place is taken goes to the next free one. Source: Knuth, "The Art of Computer
    Programming", volume 3, section 6.4 (open addressing).
    """

    def __init__(self, most: int) -> None:
        """Make a table for `most` keys."""
        self._bits = max(1, 2 * most - 1).bit_length()
        self._keys = np.zeros((2, 1 << self._bits), dtype=np.uint64)
        self._row = np.zeros(1 << self._bits, dtype=np.int32)  # 0 is free: rows count from 1 here

    def clear(self) -> None:
        """Take all keys out."""
        self._row.fill(0)

    def find(self, keys: Keys) -> Numbers:
        """Return the row of each key [2, keys], -1 where it is not in the table."""
        row = np.full(keys.shape[1], -1, dtype=np.int64)
        place = self._first_place(keys)
        left = np.arange(keys.shape[1])
        while left.size:
            at = place[left]
            found = self._row[at]
            is_same = (self._keys[0, at] == keys[0, left]) & (self._keys[1, at] == keys[1, left])
            is_same &= found > 0
            row[left[is_same]] = found[is_same] - 1
            left = left[~is_same & (found > 0)]
            place[left] = (place[left] + 1) & (self._row.size - 1)
        return row

    def add(self, keys: Keys, first: int) -> None:
        """Put in distinct new keys [2, keys], whose rows are counted from `first`."""
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
        mixed = keys[0] * np.uint64(0x9E3779B97F4A7C15) ^ keys[1] * np.uint64(0xC2B2AE3D27D4EB4F)
        mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
        return np.asarray(mixed >> np.uint64(64 - self._bits), dtype=np.int64)


def distinct(keys: Keys) -> tuple[Numbers, Numbers]:
    """Return where one of each distinct key [2, keys] is, and which of these each key is."""
    order = np.lexsort(keys)
    ordered = keys[:, order]
    is_new = np.ones(len(order), dtype=np.bool_)
    is_new[1:] = (ordered[:, 1:] != ordered[:, :-1]).any(axis=0)
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.cumsum(is_new) - 1
    return order[is_new], number
