"""Work on items in parallel and in order, with bounded memory."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeVar

from names_predictor.errors import NamesError

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

Item = TypeVar("Item")
Result = TypeVar("Result")


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

    Raises:
        NamesError: The system starts no more threads.

    """
    failures: list[NamesError] = []
    items = _until_failure(items, failures)
    first = list(islice(items, 2))
    if len(first) < 2:  # without importing thread pools, which takes longer than a few names
        yield from map(work, first)
    else:
        from concurrent.futures import ThreadPoolExecutor

        pool = ThreadPoolExecutor(threads)
        try:
            waiting: deque[Future[Result]] = deque()
            for item in chain(first, items):
                waiting.append(_submitted(pool, work, item))
                if len(waiting) > threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    if failures:
        raise failures[0]


def _submitted(
    pool: "ThreadPoolExecutor", work: Callable[[Item], Result], item: Item
) -> "Future[Result]":
    try:
        return pool.submit(work, item)
    except RuntimeError:
        raise NamesError(
            "the system starts no more threads: allow more processes or memory, or give --threads 1"
        ) from None


def _until_failure(items: Iterable[Item], failures: list[NamesError]) -> Iterator[Item]:
    """Yield the items up to a `NamesError`, which is appended to `failures`."""
    try:
        yield from items
    except NamesError as problem:
        failures.append(problem)
