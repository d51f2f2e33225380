"""Measure the training speed with one thread and with several, alone and next to other processes.

    python benchmarks/train_threads.py
    python benchmarks/train_threads.py --turns 5 --seconds 2

Each model is trained in turns with one thread and with one per processor, for a few seconds each;
then again next to one and two busy processes. The last rows are the preset `best` without teachers,
a teacher, and the labelling of names by a teacher.
"""

import argparse
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import torch
from rich.console import Console
from rich.table import Table

from names_trainer.config import TEACHER, Source, TrainConfig
from names_trainer.data.corpus import Row, read_corpus
from names_trainer.models import threads
from names_trainer.models.lstm import logits_of, new_model
from names_trainer.presets import BEST
from names_trainer.runs.run import Run
from names_trainer.training import loop as training

BATCH_SIZES = (1, 8, 32, 128)
HIDDEN_DIMS = (16, 64, 200)
BUSY = (0, 1, 2)
NAMES = 8_000
LABELLED_AT_ONCE = 2_000

Speed = Callable[[float], float]
"""A function from a duration in seconds to names per second."""


class EnoughError(Exception):
    """Stops a training after the measured time."""


@contextmanager
def other_work(processes: int) -> Iterator[None]:
    """Run busy processes in the background."""
    command = [sys.executable, "-c", "while True: pass"]
    running = [subprocess.Popen(command) for _ in range(processes)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def training_speed(config: TrainConfig, rows: Sequence[Row], seconds: float) -> float:
    """Return the names per second of training for `seconds`."""
    marks: list[tuple[float, float]] = []

    def watch(fraction: float) -> None:
        marks.append((time.perf_counter(), fraction))
        if marks[-1][0] - marks[0][0] > seconds:
            raise EnoughError

    with TemporaryDirectory() as folder:
        run = Run.create(Path(folder), config, rows=rows)
        with suppress(EnoughError):
            next(training.train(run, on_batch=watch))
    (started, first), (ended, last) = marks[0], marks[-1]
    return (last - first) * len(run.dataset.split.train) / (ended - started)


def labelling_speed(config: TrainConfig, rows: Sequence[Row], seconds: float) -> float:
    """Return the names per second of labelling in torch for `seconds`."""
    with TemporaryDirectory() as folder:
        dataset = Run.create(Path(folder), config, rows=rows).dataset
        model, data = (
            new_model(dataset, config),
            dataset.encode(dataset.split.train[:LABELLED_AT_ONCE]),
        )
        started, labelled = time.perf_counter(), 0
        while time.perf_counter() - started < seconds:
            logits_of(model, data.ids, data.words)
            labelled += len(data.targets)
        return labelled / (time.perf_counter() - started)


def measurements(rows: Sequence[Row]) -> dict[str, Speed]:
    """Return the measurements by title."""
    grid = {
        f"batch size {size}, hidden {hidden}": TrainConfig(batch_size=size, hidden_dim=hidden)
        for size, hidden in product(BATCH_SIZES, HIDDEN_DIMS)
    }
    grid |= {"preset best": replace(BEST, teachers=0, synthetic_names=0), "a teacher": TEACHER}
    found: dict[str, Speed] = {
        title: partial(training_speed, config, rows) for title, config in grid.items()
    }
    return found | {"a teacher labels": partial(labelling_speed, TEACHER, rows)}


def main() -> None:
    """Measure in turns; print medians, and the median ratio of one thread to several."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-dir", type=Path, default=Path("data/names"))
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.7)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    rows = read_corpus(Source(arguments.data_dir))
    random.Random(0).shuffle(rows)
    several = arguments.threads
    table = Table(f"names/s by 1 thread / by {several}: ratio", box=None)
    for busy in BUSY:
        table.add_column(f"next to {busy} busy" if busy else "alone", justify="right")
    console = Console(width=120)
    for title, speed in measurements(rows[:NAMES]).items():
        cells = []
        for busy in BUSY:
            pairs = []
            with console.status(f"{title}, next to {busy}"), other_work(busy):
                for _ in range(arguments.turns):
                    threads.THREADS = 1
                    alone = speed(arguments.seconds)
                    threads.THREADS = several
                    pairs.append((alone, speed(arguments.seconds)))
            one, many = (median(speeds) for speeds in zip(*pairs, strict=True))
            ratio = median(a / b for a, b in pairs)
            cells.append(f"{one:,.0f} / {many:,.0f}: {ratio:.2f}")
        table.add_row(title, *cells)
    console.print(table)
    console.print(
        f"medians of {arguments.turns} turns of {arguments.seconds} s; load average at the end "
        f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} processors, torch {torch.__version__}",
        highlight=False,
    )


if __name__ == "__main__":
    main()
