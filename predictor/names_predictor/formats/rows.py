"""Names in, the same rows out, in order; memory does not grow with the input."""

import hmac
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Generic, TypeVar

from names_predictor.errors import NamesError

CACHED_NAMES = 1 << 17
"""Distinct names whose results are remembered."""

CACHED_CELLS = 1 << 20
"""Cells that are remembered: fewer names, where each has many."""

CACHED_LENGTH = 100
"""Characters that a block's new names have on average at most, if they are to be remembered."""

MOST_NEW = 0.6
"""Share of a block's rows that may be new names, if they are to be remembered."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def shown_name(
    spreadsheet_safe: bool, salt: bytes | None, in_table: bool = False
) -> Callable[[str], str]:
    """Return how a name is written: as it is, or unless `in_table` without what ends cell or line.

    With a `salt` it is its HMAC-SHA-256. `spreadsheet_safe` puts an apostrophe before what a
    spreadsheet would compute.
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
    """What was worked out for names met before: a file of people repeats its names.

    It starts afresh when it holds `CACHED_NAMES`, or `CACHED_CELLS` of so many `cells` a name, and
    does not remember long lines, which are no names: so memory does not grow with the input.
    Threads may share it.
    """

    def __init__(self, work: Callable[[list[str]], Sequence[Result]], cells: int = 1) -> None:
        self._work = work
        self._size = min(CACHED_NAMES, CACHED_CELLS // cells)
        self._known: dict[str, Result] = {}

    def of(self, names: Sequence[str]) -> list[Result]:
        """Return the result of each name, asking for each distinct new one once.

        Where most names are new, they hardly recur: then remembering them costs more than it saves.
        """
        known = self._known  # another thread may start afresh meanwhile
        new = list(dict.fromkeys([name for name in names if name not in known]))
        if len(new) > MOST_NEW * len(names):
            return list(self._work(list(names)))
        if len(known) + len(new) > self._size:
            known = self._known = {}
            new = list(dict.fromkeys(names))
        if new:
            results = dict(zip(new, self._work(new), strict=True))
            if sum(map(len, new)) > CACHED_LENGTH * len(new):
                return [results[name] if name in results else known[name] for name in names]
            known.update(results)
        return [known[name] for name in names]


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], threads: int
) -> Iterator[Result]:
    """Yield `work(item)` of each item in order, some of them worked on at once.

    So one block is read or written while others are classified. No more than `threads` + 1 are
    held. Where `items` raises `NamesError`, the results of those before come first. Whoever stops
    early, by Ctrl-C for instance, waits for no thread: what is not begun is dropped.
    """
    failures: list[NamesError] = []
    items = _until_failure(items, failures)
    first = list(islice(items, 2))
    if len(first) < 2:  # importing a pool of threads takes longer than a few names
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
    """Yield the items before one that cannot be read, and put why into `failures`."""
    try:
        yield from items
    except NamesError as problem:
        failures.append(problem)
