"""The cells of lines that recur, found by the bytes of the lines."""

from collections.abc import Callable
from threading import Lock

import numpy as np

from names_predictor.formats.name_cache import CACHED_LENGTH, MOST_NEW, MOST_NEW_OF_SAMPLE, SAMPLE
from names_predictor.inference.key_table import LONGEST, Keys, KeyTable, distinct, keys_of
from names_predictor.inference.lines import Lines
from names_predictor.inference.types import Bytes, Flags, Numbers

CACHED_LINES = 1 << 18
"""Highest number of lines in a cache."""

CACHED_BYTES = 1 << 24
"""Highest number of bytes of their cells."""

Cells = Bytes
"""The new cells of lines, padded with zeros to rows of the same number of bytes."""


class LineCache:
    """A cache of the cells of lines, since lists of people repeat names.

    It has lines of less than 24 bytes, and is emptied when it is full. It is thread-safe.

    Args:
        work: Computes the cells of lines.

    """

    def __init__(self, work: Callable[[Lines], Cells]) -> None:
        self._work = work
        self._lock = Lock()
        self._size = 0
        self._clear(0)

    def of(self, lines: Lines) -> Cells:
        """Return the cells of each line; those of a distinct new line are computed once.

        If most lines of a block are new, they are not cached, because they hardly recur; nor are
        those next to a very long line, of which copies would take much memory.
        """
        if len(lines.content) > CACHED_LENGTH * len(lines):
            return self._work(lines)
        sample, _ = _keys(lines[:SAMPLE])
        new, _ = distinct(sample[:, self._find(sample)[0] < 0])
        if len(new) > MOST_NEW_OF_SAMPLE * SAMPLE:
            return self._work(lines)
        keys, is_short = _keys(lines)
        rows, known = self._find(keys)
        short, long = (np.flatnonzero((rows < 0) & kind) for kind in (is_short, ~is_short))
        new, number = distinct(keys[:, short])
        computed = self._work(lines.take(np.concatenate([short[new], long])))
        if len(new) <= MOST_NEW * len(lines):
            self._add(keys[:, short[new]], computed[: len(new)])
        width = max(known.shape[1], computed.shape[1])
        cells = _widened(known.take(rows, axis=0, mode="clip"), width)
        computed = _widened(computed, width)
        cells[short], cells[long] = computed[number], computed[len(new) :]
        return cells

    def _find(self, keys: Keys) -> tuple[Numbers, Cells]:
        """Return the row of each key, -1 for new ones, and the cells of the rows."""
        with self._lock:
            table, cells, size = self._table, self._cells, self._size
        rows = table.find(keys)
        rows[rows >= size] = -1  # which another thread is about to add
        return rows, cells

    def _add(self, keys: Keys, cells: Cells) -> None:
        """Keep the cells of distinct lines, unless they are too many."""
        with self._lock:
            width = max(self._cells.shape[1], cells.shape[1])
            if width > self._cells.shape[1] or self._size + len(cells) > len(self._cells):
                self._clear(width)
            is_new = self._table.find(keys) < 0  # another thread may have added some
            after = self._size + int(is_new.sum())
            if after <= len(self._cells):
                self._table.add(keys[:, is_new], self._size)
                self._cells[self._size : after] = _widened(cells[is_new], width)
                self._size = after

    def _clear(self, width: int) -> None:
        """Forget all lines; other threads may still read the cells that they found."""
        most = min(CACHED_LINES, max(1, CACHED_BYTES // max(1, width)))
        self._table = KeyTable(most)
        self._cells = np.zeros((most, width), dtype=np.uint8)
        self._size = 0


def _keys(lines: Lines) -> tuple[Keys, Flags]:
    """Return the key of each line, and whether all of the line is in it."""
    start, end = lines.starts, lines.ends + 1  # with the line feed: no key begins another
    content = np.frombuffer(lines.content + bytes(LONGEST), dtype=np.uint8)
    return keys_of(content, start, end), end - start <= LONGEST


def _widened(cells: Cells, width: int) -> Cells:
    more = width - cells.shape[1]
    return np.pad(cells, ((0, 0), (0, more))) if more else cells
