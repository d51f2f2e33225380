"""A soak: one predictor in many threads and a pool of processes at once, against a reference."""

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from names_predictor.inference.predictor import NamePredictor
from names_predictor.inference.types import Prediction

THREADS = 16
PROCESSES = 2
BLOCKS = 24
"""Lists of names that are requested again and again, each with its earlier predictions."""

ALPHABET = " '-abcdefghijklmnopqrstuvwxyzäßéαβγδабвгкZÉ王"
WARM_UP = 0.25
"""Fraction of the calls after which memory must not grow any more."""

FEWEST_CALLS = 4
"""Lowest number of calls of a thread, also on a busy machine."""


class Soak(NamedTuple):
    """Number of calls, names, names whose prediction changed, and growth of memory in MB."""

    calls: int
    names: int
    different: int
    growth: float


def blocks() -> list[list[str]]:
    """Return lists of names of very different lengths, some of them of one name."""
    generator = random.Random(0)
    return [
        ["".join(generator.choices(ALPHABET, k=generator.randint(0, 30))) for _ in range(size)]
        for size in generator.choices([1, 3, 40, 300, 1500, 6000], k=BLOCKS)
    ]


def ask(predictor: NamePredictor, names: list[str]) -> list[Prediction]:
    """Use every part of the predictor on a list of names."""
    return predictor.predict(names, top_k=2, min_probability=0.3, coverage=0.9)


def memory() -> float:
    """Return the memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def soak(folder: Path, seconds: float) -> Soak:
    """Predict for `seconds` or longer, until each thread has made `FEWEST_CALLS`.

    The pool receives the predictor itself, which is pickled for every call.
    """
    predictor = NamePredictor.load(folder)
    names = blocks()
    expected = [ask(predictor, block) for block in names]
    end = time.monotonic() + seconds
    counts = {"calls": 0, "names": 0, "different": 0}
    lock = threading.Lock()
    sizes: list[float] = []

    def compare(i: int, found: list[Prediction]) -> None:
        different = sum(a != b for a, b in zip(found, expected[i], strict=True))
        with lock:
            counts["calls"] += 1
            counts["names"] += len(found)
            counts["different"] += different
            sizes.append(memory())

    def chosen_blocks(seed: int) -> Iterator[int]:
        generator = random.Random(seed)
        for call in count():
            if call >= FEWEST_CALLS and time.monotonic() >= end:
                return
            yield generator.randrange(BLOCKS)

    def in_a_thread(seed: int) -> None:
        for i in chosen_blocks(seed):
            compare(i, ask(predictor, names[i]))

    def by_a_process(seed: int) -> None:
        for i in chosen_blocks(seed):
            compare(i, pool.submit(ask, predictor, names[i]).result())

    with (
        ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool,
        ThreadPoolExecutor(THREADS + PROCESSES) as threads,
    ):
        work = [threads.submit(in_a_thread, seed) for seed in range(THREADS)]
        work += [threads.submit(by_a_process, seed) for seed in range(PROCESSES)]
        for one in work:
            one.result()
    # Single calls differ in their memory, so means of the first and the last quarter are compared.
    sizes = sizes[int(WARM_UP * len(sizes)) :]
    quarter = max(1, len(sizes) // 4)
    growth = (sum(sizes[-quarter:]) - sum(sizes[:quarter])) / quarter
    return Soak(counts["calls"], counts["names"], counts["different"], growth)
