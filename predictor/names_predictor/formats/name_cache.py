"""A bounded cache of the results of names, since files of people repeat names."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar, cast

CACHED_NAMES = 1 << 17
"""Highest number of names in a cache."""

CACHED_CELLS = 1 << 20
"""Highest number of cells in a cache."""

CACHED_LENGTH = 100
"""Highest mean length of a block's new names for which they are cached."""

MOST_NEW = 0.6
"""Highest fraction of new names in a block for which they are cached."""

SAMPLE, MOST_NEW_OF_SAMPLE = 1000, 0.9
"""Number of a block's first names, and the highest fraction of new ones among them for which the
whole block is looked up. Few names have a higher fraction of new ones than a block."""

Result = TypeVar("Result")


class Cache(Generic[Result]):
    """A cache of the results of names.

    Its memory is bounded: it is cleared when it is full, and long lines are not cached. It is
    thread-safe.

    Args:
        work: Computes the results of names.
        cells: Number of cells of a result.

    """

    def __init__(self, work: Callable[[list[str]], Sequence[Result]], cells: int = 1) -> None:
        self._work = work
        self._size = min(CACHED_NAMES, CACHED_CELLS // cells)
        self._known: dict[str, Result] = {}

    def of(self, names: Sequence[str]) -> list[Result]:
        """Return the result of each name; that of each distinct new name is computed once.

        If most names of a block are new, they are not cached, because they hardly recur.
        """
        names = list(names)
        sample = set(names[:SAMPLE])
        if len(sample.difference(self._known)) > MOST_NEW_OF_SAMPLE * SAMPLE:
            return list(self._work(names))
        known = self._known  # another thread may replace it
        found = list(map(known.get, names))
        missing = [row for row, result in enumerate(found) if result is None]
        new = list(dict.fromkeys([names[row] for row in missing]))
        if len(new) > MOST_NEW * len(names):
            return list(self._work(names))
        results = dict(zip(new, self._work(new) if new else (), strict=True))
        for row in missing:
            found[row] = results[names[row]]
        if len(new) <= self._size and sum(map(len, new)) <= CACHED_LENGTH * len(new):
            if len(known) + len(new) > self._size:
                known = self._known = {}
            known.update(results)
        return cast(list[Result], found)
