"""How many threads torch computes with: one, in everything whose result is kept.

The matrices of a character LSTM are so small that threads spend their time waiting for each other,
and on a machine with other work they wait for a turn at every step: docs/study.md has the
metrics. Sums also depend on how many threads share them, so one thread makes a run the same on
every number of processors.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

THREADS = 1
"""Threads of training, calibration and export."""


@contextmanager
def fixed_threads() -> Iterator[None]:
    """Let torch compute with `THREADS` threads for a while, whatever the process has set."""
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    try:
        yield
    finally:
        torch.set_num_threads(before)
