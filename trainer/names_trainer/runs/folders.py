"""The folder of a run: its files, its name, and the newest one."""

import re
import time
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from names_predictor.errors import NamesError
from names_trainer.config import TrainConfig

CONFIG_FILE = "config.json"
"""The configuration, characters, labels and fingerprints."""

METRICS_FILE = "metrics.jsonl"
"""The metrics of each epoch."""

BEST_FILE = "best.safetensors"
"""The weights of the best epoch."""

STATE_FILE = "state.safetensors"
"""Weights and optimizer after the last epoch, from which a run is resumed."""

TEST_FILE = "test.json"
"""The test metrics of the best epoch; a run with this file is finished."""

ERROR_FILE = "error.txt"
"""The standard error of a run in a child process."""

TEACHERS_FOLDER = "teachers"
"""The runs of the teachers."""

SOFT_LABELS_FILE = "soft_labels.safetensors"
"""Training, auxiliary and synthetic names with their soft labels."""

NAMES_FILE = "names.jsonl"
"""The corpus of a run with teachers, if it was given as rows."""

STAMP = "%Y%m%d-%H%M%S"
"""Prefix of the folder of a run, by which runs are sorted."""

_STAMPED = re.compile(r"\d{8}-\d{6}(?!\d)")


def newest_run(runs: Path, unfinished: bool = False) -> Path:
    """Return the folder of the newest run in `runs`.

    Args:
        runs: Folder of runs.
        unfinished: Whether to find a run without test metrics; by default, one with test metrics
            or, if there is none, with at least one finished epoch.

    Raises:
        NamesError: There is no such run.

    """
    folders = sorted(runs.glob("*/"), key=_by_age, reverse=True)
    needed = (CONFIG_FILE,) if unfinished else (TEST_FILE, BEST_FILE)
    for name in needed:
        for folder in folders:
            if (folder / name).exists() and not (unfinished and (folder / TEST_FILE).exists()):
                return folder
    kind = "unfinished run" if unfinished else "run with a finished epoch"
    raise NamesError(f"{runs}: no {kind} in it: start one with `names train`, or give --run")


def newer_untested(runs: Path, than: Path) -> Path | None:
    """Return the newest run in `runs`, newer than another, that was stopped before its test."""
    newer = [folder for folder in runs.glob("*/") if _by_age(folder) > _by_age(than)]
    stopped = [f for f in newer if (f / BEST_FILE).exists() and not (f / TEST_FILE).exists()]
    return max(stopped, key=_by_age, default=None)


def _by_age(folder: Path) -> tuple[bool, str]:
    """Return the sort key of a run: its stamp; renamed folders come first."""
    return bool(_STAMPED.match(folder.name)), folder.name


def new_folder(runs: Path, config: TrainConfig) -> Path:
    """Create a folder in `runs`, named by time, sizes and seed."""
    runs.mkdir(parents=True, exist_ok=True)
    name = (
        f"{_stamp(runs)}-{config.num_layers}x{config.hidden_dim}"
        f"-b{config.batch_size}-{config.split}-s{config.seed}"
    )
    attempt = 1
    while True:
        folder = runs / (name if attempt == 1 else f"{name}-{attempt}")
        try:
            folder.mkdir()
        except FileExistsError:
            attempt += 1
        else:
            return folder


def _stamp(runs: Path) -> str:
    """Return the current time, or a second after the newest run if the clock was set back."""
    latest = time.strftime(STAMP)
    for folder in runs.glob("*/"):
        with suppress(ValueError, OverflowError):
            stamp = datetime.strptime(folder.name[:15], STAMP) + timedelta(seconds=1)
            latest = max(latest, stamp.strftime(STAMP))
    return latest
