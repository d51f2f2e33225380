"""The number of threads of torch: one in training, calibration and export.

Sums depend on the number of threads, so one thread makes a run reproducible on every machine. More
threads are often slower, because the matrices are small: docs/study.md has the measurements.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

THREADS = 1


@contextmanager
def fixed_threads() -> Iterator[None]:
    """Let torch compute with `THREADS` threads in a block, and restore the number after it."""
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    try:
        yield
    finally:
        torch.set_num_threads(before)
