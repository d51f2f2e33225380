"""Label blocks of rows in parallel and in order, with bounded memory."""

import hmac
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Generic, TypeVar, cast

from names_predictor.errors import NamesError

CACHED_NAMES = 1 << 17
"""Highest number of names in a cache."""

CACHED_CELLS = 1 << 20
"""Highest number of cells in a cache."""

CACHED_LENGTH = 100
"""Highest mean length of a block's new names for which they are cached."""

MOST_NEW = 0.6
"""Highest fraction of new names in a block for which they are cached."""

SAMPLE, MOST_NEW_OF_SAMPLE = 1000, 0.9
"""Number of a block's first names that are looked up, and the highest fraction of new ones for
which the others are too. Fewer names have a higher fraction of new ones."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def shown_name(
    spreadsheet_safe: bool, salt: bytes | None, in_table: bool = False
) -> Callable[[str], str]:
    """Return the function that hashes or escapes a name for the output.

    Args:
        spreadsheet_safe: Whether an apostrophe is put before formulas.
        salt: Key of the HMAC-SHA-256 that replaces the name; None for no hash.
        in_table: Whether tabs and line ends are kept, because the format quotes them.

    """
    if salt:
        return lambda name: hmac.digest(salt, name.encode("utf-8", "replace"), "sha256").hex()
    as_it_is: Callable[[str], str] = str if in_table else _on_one_line
    if spreadsheet_safe:
        return lambda name: as_it_is(_FORMULA.sub(r"'\g<0>", name))
    return as_it_is


def _on_one_line(name: str) -> str:
    return name if name.isprintable() else name.translate(_ENDS)


_ENDS = str.maketrans("\t\r\n", "   ")


_FORMULA = re.compile(r"\A\s*[=+\-@|%]|\A[\t\r]")


class Cache(Generic[Result]):
    """A cache of the results of names, since files of people repeat names.

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


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], threads: int
) -> Iterator[Result]:
    """Yield the results of items in order, computed in a pool of threads.

    At most `threads` + 1 items are in memory. If `items` raises `NamesError`, the results of the
    items before are yielded first. If the caller stops early, for example by Ctrl-C, waiting items
    are cancelled.

    Args:
        work: Computes the result of an item.
        items: The items.
        threads: Number of threads.

    """
    failures: list[NamesError] = []
    items = _until_failure(items, failures)
    first = list(islice(items, 2))
    if len(first) < 2:  # without importing thread pools, which takes longer than a few names
        yield from map(work, first)
    else:
        from concurrent.futures import Future, ThreadPoolExecutor

        pool = ThreadPoolExecutor(threads)
        try:
            waiting: deque[Future[Result]] = deque()
            for item in chain(first, items):
                waiting.append(pool.submit(work, item))
                if len(waiting) > threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    if failures:
        raise failures[0]


def _until_failure(items: Iterable[Item], failures: list[NamesError]) -> Iterator[Item]:
    """Yield the items up to a `NamesError`, which is appended to `failures`."""
    try:
        yield from items
    except NamesError as problem:
        failures.append(problem)
