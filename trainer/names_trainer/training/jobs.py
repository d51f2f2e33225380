"""Planned runs, and training several of them in parallel.

Each run is a child process (`names train --resume`): one that fails does not stop the others, and
one that was killed is resumed.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from names_predictor.errors import NamesError
from names_trainer.config import TrainConfig
from names_trainer.runs.folders import CONFIG_FILE, ERROR_FILE, METRICS_FILE, TEST_FILE
from names_trainer.runs.run import Run
from names_trainer.training.processes import Process, start_names

POLL_SECONDS = 0.2


@dataclass(frozen=True)
class PlannedRun:
    """The config of a run, and its folder, which need not exist yet."""

    config: TrainConfig
    folder: Path

    @property
    def finished(self) -> bool:
        """Whether the run has been tested."""
        return (self.folder / TEST_FILE).exists()

    @property
    def epochs_done(self) -> int:
        """Count the finished epochs."""
        path = self.folder / METRICS_FILE
        return path.read_bytes().count(b"\n") if path.exists() else 0

    @property
    def error(self) -> str:
        """The error of a run that failed."""
        lines = (self.folder / ERROR_FILE).read_text(encoding="utf-8").strip().splitlines()
        silent = "ended without a message: killed, or the disk is full: start it again"
        return lines[-1].removeprefix("error: ") if lines else silent


Planned = TypeVar("Planned", bound=PlannedRun)


def train_in_parallel(
    runs: Sequence[Planned], jobs: int
) -> Iterator[tuple[list[Planned], list[Planned]]]:
    """Train the unfinished runs, `jobs` at a time, with one thread each.

    Yields the running and the failed runs, several times a second.
    """
    waiting = [run for run in {run.folder: run for run in runs}.values() if not run.finished]
    running: list[tuple[Planned, Process]] = []
    failed: list[Planned] = []
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                run = waiting.pop(0)
                try:
                    running.append((run, start_run(run)))
                except NamesError as problem:  # such as a split with one label
                    run.folder.mkdir(parents=True, exist_ok=True)
                    (run.folder / ERROR_FILE).write_text(str(problem), encoding="utf-8")
                    failed.append(run)
            time.sleep(POLL_SECONDS)
            # Polled once: a process may end in between.
            codes = [process.poll() for _, process in running]
            failed += [run for (run, _), code in zip(running, codes, strict=True) if code]
            running = [one for one, code in zip(running, codes, strict=True) if code is None]
            yield [run for run, _ in running], failed
    finally:
        for _, process in running:
            process.terminate()
            process.wait()


def start_run(run: PlannedRun) -> Process:
    """Start the process that trains a run, a new one or one to resume."""
    if not (run.folder / CONFIG_FILE).exists():
        Run.create(run.folder.parent, run.config, run.folder.name)
    with (run.folder / ERROR_FILE).open("wb") as errors:
        arguments = ["train", "--resume", "--run", str(run.folder), "--jobs", "1"]
        return start_names(arguments, errors)
