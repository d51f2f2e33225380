"""The cells of a study: the finished runs of one setting under one split, and their metrics."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any

from names_trainer.metrics import Metrics
from names_trainer.runs.run import Epoch, epochs_in, metrics_in
from names_trainer.study.study import StudyRun, results

METRICS = {
    "train_loss": "best train loss",
    "train_accuracy": "best train acc.",
    "validation_loss": "best val. loss",
    "validation_accuracy": "best val. acc.",
    "test_loss": "test loss",
    "test_accuracy": "test acc.",
    "test_macro_f1": "test macro-F1",
}

COURSEWORK: dict[str, dict[str, dict[str, float]]] = {
    "layers": {
        f"num-layers {layers}, hidden-dim {hidden}": {
            "validation_accuracy": validation,
            "test_accuracy": test,
        }
        for layers, hidden, validation, test in [
            (1, 200, 0.821, 0.814),
            (1, 250, 0.802, 0.805),
            (1, 300, 0.795, 0.785),
            (2, 200, 0.796, 0.797),
            (2, 250, 0.802, 0.813),
            (2, 300, 0.794, 0.804),
        ]
    },
    "batch-size": {
        f"batch-size {size}": dict(zip(METRICS, values, strict=False))
        for size, *values in [
            (10, 0.6667, 0.793, 0.7078, 0.778, 0.6713, 0.784),
            (20, 0.5423, 0.830, 0.6623, 0.795, 0.6139, 0.807),
            (30, 0.5186, 0.836, 0.6098, 0.811, 0.5936, 0.820),
            (40, 0.4871, 0.844, 0.6349, 0.800, 0.5729, 0.810),
        ]
    },
}
"""The metrics of the coursework that these experiments repeat: one run a cell, random split."""


@dataclass(frozen=True)
class Value:
    """A metric over the seeds; `coursework` is the published one, where there is one."""

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
    runs: tuple[StudyRun, ...]
    epochs: tuple[tuple[Epoch, ...], ...]
    metrics: tuple[Metrics, ...]
    values: dict[str, Value]


def collect(runs: Sequence[StudyRun]) -> list[Cell]:
    """Group the finished runs by experiment, split and cell."""
    groups: dict[tuple[str, str, str], list[StudyRun]] = {}
    for run in runs:
        if run.finished:
            key = (run.experiment, run.config.split, run.cell_name)
            groups.setdefault(key, []).append(run)
    cells = []
    for (experiment, split, name), members in groups.items():
        found = results(members)
        published = COURSEWORK.get(experiment, {}).get(name, {}) if split == "random" else {}
        values = {}
        for metric in METRICS:
            of_seeds = [getattr(result, metric) for result in found]
            deviation = stdev(of_seeds) if len(of_seeds) > 1 else None
            values[metric] = Value(mean(of_seeds), deviation, published.get(metric))
        cells.append(
            Cell(
                experiment,
                split,
                name,
                members[0].cell,
                tuple(members),
                tuple(tuple(epochs_in(run.folder)) for run in members),
                tuple(f for run in members if (f := metrics_in(run.folder))),
                values,
            )
        )
    return cells
