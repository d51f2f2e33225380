"""A table of short byte strings, which finds many at once.

A string of at most 24 bytes is a key of three 64-bit numbers, which are its bytes. So the table
finds exactly that string: it compares in full the keys that share a place.
"""

import os

import numpy as np
import numpy.typing as npt

from names_predictor.inference.types import Bytes, Numbers

LONGEST = 24
"""Bytes that fit a key."""

AT_ONCE = 1 << 13
"""Rows that are moved at once."""

Keys = npt.NDArray[np.uint64]

_MASK = np.array([(1 << 64) - (1 << 64 - 8 * n) for n in range(9)], dtype=np.uint64)
"""The first n of 8 bytes, which are read as a number with the first byte highest."""


def keys_of(content: Bytes, start: Numbers, end: Numbers) -> Keys:
    """Return the key of each string, uint64 [3, strings].

    Args:
        content: Bytes, with `LONGEST` more after the last string.
        start: Index of the first byte of each string.
        end: Index after its last byte; of a longer string only `LONGEST` bytes count.

    """
    # Every 8 bytes of the content as a number, wherever they begin.
    eight = np.ndarray(len(content) - 7, dtype=">u8", buffer=content, strides=(1,))
    length = end - start
    keys = np.empty((3, len(start)), dtype=np.uint64)
    for i, first in enumerate((0, 8, 16)):
        keys[i] = eight[start + first] & _MASK[np.clip(length - first, 0, 8)]
    return keys


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
        # Secret and random: with a known factor, words could be made to share a place.
        self._factor = np.uint64(int.from_bytes(os.urandom(8)) | 1)

    def keep(self, rows: Numbers) -> None:
        """Keep the keys of `rows`, in ascending order, which become the rows from 0."""
        is_taken = np.zeros(self._keys.shape[1], dtype=np.bool_)
        is_taken[self._row[self._row > 0] - 1] = True
        for part in parts(rows):
            self._keys[:, part] = self._keys[:, rows[part]]
        self._row.fill(0)
        taken = np.flatnonzero(is_taken[rows])
        for part in parts(taken):
            self._place(taken[part])

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
        mixed = np.zeros_like(keys[0])
        for part in keys[::-1]:  # no two parts meet before the factor: their sum could be chosen
            mixed = (mixed ^ part) * self._factor
            mixed ^= mixed >> np.uint64(29)
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        return np.asarray(mixed >> np.uint64(64 - self._bits), dtype=np.int64)


def parts(rows: Numbers) -> list[slice]:
    """Return slices of `rows`, so that no copy of all of them is made."""
    return [slice(i, min(i + AT_ONCE, len(rows))) for i in range(0, len(rows), AT_ONCE)]


def distinct(keys: Keys) -> tuple[Numbers, Numbers]:
    """Return the index of one of each distinct key, and the number of each key's distinct key.

    The distinct keys [3, keys] are numbered in the alphabetical order of their strings.
    """
    order = np.lexsort(keys[::-1])
    ordered = keys[:, order]
    is_new = np.ones(len(order), dtype=np.bool_)
    is_new[1:] = (ordered[:, 1:] != ordered[:, :-1]).any(axis=0)
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.cumsum(is_new) - 1
    return order[is_new], number
