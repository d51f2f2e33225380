"""Names in, the same rows out, in order; memory does not grow with the input."""

import hmac
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Generic, TypeVar

import numpy as np

from names_predictor.model import Answers

CACHED_NAMES = 1 << 17
"""Distinct names whose answers are remembered."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def cells_of(answers: Answers, labels: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the cells behind each name: label, probability (both once a rank), reason.

    Prediction sets stand before the reason, their labels apart by `|`. The label of a row of low
    confidence is left empty, its probability is not.
    """
    no_label, no_probability = len(labels), len(_PROBABILITIES) - 1
    known = np.array([*labels, ""], dtype=np.object_)
    unusable = np.isnan(answers.scores)
    numbers = np.where(unusable, no_label, answers.best)
    numbers[[reason is not None for reason in answers.reasons], 0] = no_label
    rounded = np.rint(np.where(unusable, 0, answers.scores).astype(np.float64) * 10_000).astype(
        np.int64
    )
    rounded[unusable] = no_probability
    columns = []
    for of_rank, probability in zip(numbers.T, rounded.T, strict=True):
        columns += [known[of_rank].tolist(), _PROBABILITIES[probability].tolist()]
    if answers.candidates:
        columns.append(["|".join(labels) for labels in answers.candidates])
    columns.append([reason or "" for reason in answers.reasons])
    return list(zip(*columns, strict=True))


_PROBABILITIES = np.array([*(f"{i / 10_000:.4f}" for i in range(10_001)), ""], dtype=np.object_)
"""Every probability as it is written, and the empty cell of an unusable row."""


def shown_name(
    spreadsheet_safe: bool, salt: bytes | None, in_table: bool = False
) -> Callable[[str], str]:
    """Return how a name is written: as it is, but that a tab becomes a space unless `in_table`.

    With a `salt` it is its HMAC-SHA-256. `spreadsheet_safe` puts an apostrophe before what a
    spreadsheet would compute.
    """
    if salt:
        return lambda name: hmac.digest(salt, name.encode("utf-8", "replace"), "sha256").hex()
    tab = "\t" if in_table else " "
    if spreadsheet_safe:
        return lambda name: _FORMULA.sub(r"'\g<0>", name).replace("\t", tab)
    if in_table:
        return str
    return lambda name: name.replace("\t", " ")


_FORMULA = re.compile(r"\A\s*[=+\-@|%]|\A[\t\r]")


class Cache(Generic[Result]):
    """What was worked out for names met before: a file of people repeats its names.

    It starts afresh when it holds `CACHED_NAMES`, so that memory does not grow with the input.
    Threads may share it.
    """

    def __init__(self, work: Callable[[list[str]], Sequence[Result]]) -> None:
        self._work = work
        self._known: dict[str, Result] = {}

    def of(self, names: Sequence[str]) -> list[Result]:
        """Return the result of each name, asking for each distinct new one once."""
        known = self._known  # another thread may start afresh meanwhile
        new = list(dict.fromkeys(name for name in names if name not in known))
        if len(known) + len(new) > CACHED_NAMES:
            known = self._known = {}
            new = list(dict.fromkeys(names))
        if new:
            known.update(zip(new, self._work(new), strict=True))
        return [known[name] for name in names]


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], threads: int
) -> Iterator[Result]:
    """Yield `work(item)` of each item in order, some of them worked on at once.

    So one block is read or written while others are classified. No more than `threads` + 1 are
    held.
    """
    items = iter(items)
    first = list(islice(items, 2))
    if len(first) < 2:  # importing a pool of threads takes longer than a few names
        yield from map(work, first)
        return
    from concurrent.futures import Future, ThreadPoolExecutor

    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Result]] = deque()
        for item in chain(first, items):
            waiting.append(pool.submit(work, item))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
