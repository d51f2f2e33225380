"""The cells of a study: the finished runs of one setting under one split, and their metrics."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from statistics import mean, stdev
from typing import Any

from names_trainer.study.study import Result, StudyRun, by_cell, results

METRICS = {
    "train_loss": "best train loss",
    "train_accuracy": "best train acc.",
    "validation_loss": "best val. loss",
    "validation_accuracy": "best val. acc.",
    "test_loss": "test loss",
    "test_accuracy": "test acc.",
    "test_macro_f1": "test macro-F1",
}

COURSEWORK: dict[str, dict[str, dict[str, float]]] = tomllib.loads(
    files("names_trainer.study").joinpath("coursework.toml").read_text(encoding="utf-8")
)
"""Published metrics by experiment, cell and metric."""


@dataclass(frozen=True)
class Value:
    """A metric over the seeds, and the one that the coursework published, if any."""

    mean: float
    deviation: float | None
    coursework: float | None


@dataclass(frozen=True)
class Cell:
    """The finished runs of one cell under one split strategy, in the order of their seeds."""

    experiment: str
    split: str
    name: str
    options: dict[str, Any]
    results: tuple[Result, ...]
    values: dict[str, Value]

    @property
    def seeds(self) -> list[int]:
        """The seeds of the runs."""
        return [result.run.config.seed for result in self.results]

    @property
    def value(self) -> float:
        """The value of the option, in an experiment that varies one number."""
        (number,) = self.options.values()
        return float(number)


def collect(runs: Sequence[StudyRun]) -> list[Cell]:
    """Group the finished runs by experiment, split and cell."""
    cells = []
    for (experiment, split, name), members in by_cell([r for r in runs if r.finished]).items():
        found = results(members)
        published = COURSEWORK.get(experiment, {}).get(name, {}) if split == "random" else {}
        values = {}
        for metric in METRICS:
            of_seeds = [result.metrics()[metric] for result in found]
            deviation = stdev(of_seeds) if len(of_seeds) > 1 else None
            values[metric] = Value(mean(of_seeds), deviation, published.get(metric))
        cells.append(Cell(experiment, split, name, members[0].cell, tuple(found), values))
    return cells
