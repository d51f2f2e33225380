"""The report of a study: one HTML file with tables, curves and statistics, readable offline."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from jinja2 import Environment, PackageLoader
from matplotlib.figure import Figure as Plot

from names_predictor.artifact.files import write_atomically
from names_trainer.evaluation.comparison import (
    Difference,
    Interval,
    friedman_p,
    pairwise_differences,
    t_interval,
    trend_per_doubling,
)
from names_trainer.evaluation.plots import COLOURS, on_white, plot_curves, plot_reliability, svg
from names_trainer.metrics import Metrics, confusion_matrix
from names_trainer.models.lstm import logits_of
from names_trainer.runs.run import Epoch, Run, epochs_in, metrics_in
from names_trainer.study.study import PlannedRun, results

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
    runs: tuple[PlannedRun, ...]
    epochs: tuple[tuple[Epoch, ...], ...]
    metrics: tuple[Metrics, ...]
    values: dict[str, Value]


@dataclass(frozen=True)
class BestModel:
    """The run of a split that validates best, with its confusion matrix on the test split."""

    split: str
    name: str
    seed: int
    metrics: Metrics
    labels: tuple[str, ...]
    confusion: list[list[int]]


@dataclass(frozen=True)
class Question:
    """Does the one option that an experiment varies matter? For one split and one metric."""

    option: str
    split: str
    metric: str
    seeds: int
    trend: Interval
    friedman: float | None
    differences: tuple[Difference, ...]

    def answer(self) -> str:
        """Return what the runs support, in points (hundredths)."""
        trend = (
            f"{self.metric} changes by {_points(self.trend.mean)} points a doubling "
            f"(95 % interval {_points(self.trend.low)} to {_points(self.trend.high)})"
        )
        shown = [d for d in self.differences if d.interval.excludes_zero]
        pairs = ", ".join(
            f"{d.second:g} against {d.first:g} {_points(d.interval.mean)}" for d in shown
        )
        if self.trend.excludes_zero:
            verdict = f"{self.option} matters: {trend}"
        elif shown:
            verdict = f"No trend over {self.option} is shown: {trend}"
        else:
            verdict = f"No effect of {self.option} is shown: {trend}"
        return f"{verdict}; " + (f"pairs that differ: {pairs}." if shown else "no pair differs.")


def write_report(runs: Sequence[PlannedRun], path: Path) -> None:
    """Write the report on the finished ones of `runs` to `path`, and its plots next to it."""
    cells = collect(runs)
    best = [_best_model(cells, split) for split in dict.fromkeys(cell.split for cell in cells)]
    plots = path.parent / "plots"
    plots.mkdir(exist_ok=True)
    curves = {}
    for cell in cells:
        name = f"{cell.experiment}-{cell.split}-{cell.name}"
        image = _save(plot_curves(cell.epochs), plots, name)
        curves[cell.experiment, cell.split, cell.name] = image
    reliability = {
        b.split: _save(plot_reliability(b.metrics.reliability), plots, f"reliability-{b.split}")
        for b in best
    }
    environment = Environment(
        loader=PackageLoader("names_trainer.study", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("report.html.jinja").render(
        data_dir=runs[0].config.data_dir,
        planned=len(runs),
        cells=cells,
        sections=list(dict.fromkeys((cell.experiment, cell.split) for cell in cells)),
        metrics=METRICS,
        curves=curves,
        questions=questions(cells),
        label_trends=label_trends(cells),
        few_seeds=few_seeds(cells),
        best=best,
        reliability=reliability,
        points=_points,
    )
    write_atomically(path, page.encode())


def _save(plot: Plot, folder: Path, name: str) -> str:
    """Write `plot` to `folder`; return it for the page, whose colours it follows."""
    file_name = re.sub(r"\W+", "-", name)
    (folder / f"{file_name}.svg").write_text(on_white(plot), encoding="utf-8")
    image = svg(plot)
    for colour, replacement in COLOURS.items():
        image = image.replace(colour, replacement)
    return image[image.index("<svg") :]


def collect(runs: Sequence[PlannedRun]) -> list[Cell]:
    """Group the finished runs by experiment, split and cell."""
    groups: dict[tuple[str, str, str], list[PlannedRun]] = {}
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


def questions(cells: Sequence[Cell]) -> list[Question]:
    """Return for every experiment that varies one number whether it matters.

    Only cells with the most seeds, and those the same ones, take part; needs at least two of them
    and two seeds.
    """
    found = []
    for group in _one_option_groups(cells):
        (option,) = group[0].options
        for metric, value_of in _TEST_METRICS.items():
            values = {
                float(cell.options[option]): [value_of(f) for f in cell.metrics] for cell in group
            }
            found.append(
                Question(
                    option=option.replace("_", " "),
                    split=group[0].split,
                    metric=metric,
                    seeds=len(group[0].metrics),
                    trend=trend_per_doubling(values),
                    friedman=friedman_p(values) if len(values) > 2 else None,
                    differences=tuple(pairwise_differences(values)),
                )
            )
    return found


def label_trends(cells: Sequence[Cell]) -> list[tuple[str, str, Interval]]:
    """Return (split, label, trend of its test F1 a doubling), intervals for all labels at once.

    A label without test rows in some run is left out.
    """
    trends = []
    for group in _one_option_groups(cells):
        (option,) = group[0].options
        labels = [f.label for f in group[0].metrics[0].per_label]
        for i, label in enumerate(labels):
            members = [[metrics.per_label[i] for metrics in cell.metrics] for cell in group]
            if all(f.support for of_cell in members for f in of_cell):
                values = {
                    float(cell.options[option]): [f.f1 for f in of_cell]
                    for cell, of_cell in zip(group, members, strict=True)
                }
                trends.append((group[0].split, label, trend_per_doubling(values, len(labels))))
    return trends


_TEST_METRICS: dict[str, Callable[[Metrics], float]] = {
    "test accuracy": lambda metrics: metrics.accuracy,
    "test macro-F1": lambda metrics: metrics.macro_f1,
}


def _one_option_groups(cells: Sequence[Cell]) -> list[list[Cell]]:
    groups: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        values = list(cell.options.values())
        if len(values) == 1 and isinstance(values[0], int | float) and values[0] > 0:
            groups.setdefault((cell.experiment, cell.split), []).append(cell)
    complete = []
    for group in groups.values():
        most = max(group, key=lambda cell: len(cell.runs))
        members = [cell for cell in group if _seeds(cell) == _seeds(most)]
        if len(members) > 1 and len(most.runs) > 1:
            complete.append(members)
    return complete


def _seeds(cell: Cell) -> list[int]:
    return [run.config.seed for run in cell.runs]


def _best_model(cells: Sequence[Cell], split: str) -> BestModel:
    """Evaluate the run that validates best once more, for its confusions."""
    _, best, metrics = max(
        (
            (max(e.validation_accuracy for e in epochs), run, metrics)
            for cell in cells
            if cell.split == split
            for run, epochs, metrics in zip(cell.runs, cell.epochs, cell.metrics, strict=True)
        ),
        key=lambda candidate: candidate[0],
    )
    run = Run.open(best.folder)
    data = run.dataset.encode(run.dataset.split.test)
    predicted = logits_of(run.best_model(), data.ids, data.words).argmax(dim=1)
    confusion = confusion_matrix(data.targets.numpy(), predicted.numpy(), len(run.dataset.labels))
    return BestModel(
        split, best.cell_name, best.config.seed, metrics, run.dataset.labels, confusion.tolist()
    )


def _points(fraction: float) -> str:
    return f"{100 * fraction:+.2f}"


def few_seeds(cells: Sequence[Cell]) -> list[tuple[Cell, Interval]]:
    """Return cells with fewer seeds than their group, against the next larger value, paired."""
    compared = []
    for group in _one_option_groups(cells):
        (option,) = group[0].options
        nearest = min(group, key=lambda cell: float(cell.options[option]))
        for cell in cells:
            same = (cell.experiment, cell.split) == (nearest.experiment, nearest.split)
            if same and 1 < len(cell.runs) < len(nearest.runs):
                by_seed = {
                    run.config.seed: f.accuracy
                    for run, f in zip(nearest.runs, nearest.metrics, strict=True)
                }
                gaps = [
                    f.accuracy - by_seed[seed]
                    for seed, f in zip(_seeds(cell), cell.metrics, strict=True)
                    if seed in by_seed
                ]
                if len(gaps) > 1:
                    compared.append((cell, t_interval(gaps)))
    return compared
