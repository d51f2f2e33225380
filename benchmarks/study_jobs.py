"""Measure the speed-up of a study with one job per core.

python benchmarks/study_jobs.py --data-dir data/names18
"""

import argparse
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from names_predictor.processors import available_processors
from names_trainer.config import Source
from names_trainer.study.study import BATCH_SIZE, Experiment, plan
from names_trainer.training.jobs import train_in_parallel


def study_seconds(data_dir: Path, epochs: int, runs: int, jobs: int) -> float:
    """Return the seconds of a study of `runs` runs, `jobs` of them at once."""
    settings = BATCH_SIZE.settings | {"num_epochs": epochs}
    experiment = Experiment("jobs", {"batch_size": (32,)}, settings)
    with TemporaryDirectory() as folder:
        planned = plan([experiment], Source(data_dir), ["grouped"], range(runs), Path(folder))
        started = time.perf_counter()
        for _, failed in train_in_parallel(planned, jobs):
            if failed:
                sys.exit(f"error: {failed[0].error}")
        return time.perf_counter() - started


def main() -> None:
    """Measure in turns; print both medians and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-dir", type=Path, default=Path("data/names"))
    parser.add_argument("--num-epochs", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    cores = available_processors()
    settings = (arguments.data_dir, arguments.num_epochs, cores)
    pairs = [
        (study_seconds(*settings, jobs=1), study_seconds(*settings, jobs=cores))
        for _ in range(arguments.repeats)
    ]
    serial, parallel = (median(times) for times in zip(*pairs, strict=True))
    ratios = sorted(a / b for a, b in pairs)
    print(f"{cores} runs, one after another: {serial:.1f} s")
    print(f"{cores} runs at once: {parallel:.1f} s")
    print(f"ratio {median(ratios):.2f} (from {ratios[0]:.2f} to {ratios[-1]:.2f})")


if __name__ == "__main__":
    main()
