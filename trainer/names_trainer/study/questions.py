"""The effect of an option, estimated over the seeds of a study, with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from names_trainer.evaluation.comparison import (
    Difference,
    Interval,
    friedman_p,
    pairwise_differences,
    t_interval,
    trend_per_doubling,
)
from names_trainer.study.cells import Cell

TEST_METRICS = {"test accuracy": "accuracy", "test macro-F1": "macro_f1"}
"""The metrics that are compared, and their names in `Metrics`."""


@dataclass(frozen=True)
class Question:
    """The effect of the one option that an experiment varies, on one split and one metric.

    `trend` is over the values above 0, which alone can double; None if there is only one.
    """

    option: str
    split: str
    metric: str
    seeds: int
    trend: Interval | None
    friedman: float | None
    differences: tuple[Difference, ...]

    @property
    def verdict(self) -> str:
        """The conclusion on the option, in words."""
        differ = any(d.interval.excludes_zero for d in self.differences)
        matters = self.trend.excludes_zero if self.trend else differ
        if matters:
            return f"{self.option} matters"
        if differ:
            return f"no trend over {self.option} is shown"
        return f"no effect of {self.option} is shown"

    def answer(self) -> str:
        """Return the conclusion with the estimates, in points (hundredths)."""
        trend = self.trend and (
            f"{self.metric} changes by {points(self.trend.mean)} points a doubling "
            f"(95 % interval {points(self.trend.low)} to {points(self.trend.high)}); "
        )
        shown = [d for d in self.differences if d.interval.excludes_zero]
        pairs = ", ".join(
            f"{d.second:g} against {d.first:g} {points(d.interval.mean)}" for d in shown
        )
        verdict = self.verdict[0].upper() + self.verdict[1:]
        return f"{verdict}: {trend or ''}" + (
            f"pairs that differ: {pairs}." if shown else "no pair differs."
        )


def questions(cells: Sequence[Cell]) -> list[Question]:
    """Return the effect of the option of each experiment that varies one number.

    Only cells that have the same, largest set of seeds are compared: two or more, of two seeds or
    more.
    """
    found = []
    for group in _one_option_groups(cells):
        (option,) = group[0].options
        for metric, name in TEST_METRICS.items():
            values = {
                cell.value: [getattr(result.test, name) for result in cell.results]
                for cell in group
            }
            found.append(
                Question(
                    option=option.replace("_", " "),
                    split=group[0].split,
                    metric=metric,
                    seeds=len(group[0].results),
                    trend=_trend(values),
                    friedman=friedman_p(values) if len(values) > 2 else None,
                    differences=tuple(pairwise_differences(values)),
                )
            )
    return found


def label_trends(cells: Sequence[Cell]) -> list[tuple[str, str, Interval]]:
    """Return (split, label, change of its test F1 per doubling) with simultaneous intervals.

    Labels without test rows in some run are left out.
    """
    trends = []
    for group in _one_option_groups(cells):
        labels = [metrics.label for metrics in group[0].results[0].test.per_label]
        for i, label in enumerate(labels):
            found = {
                cell.value: [result.test.per_label[i] for result in cell.results] for cell in group
            }
            if all(metrics.rows for of_cell in found.values() for metrics in of_cell):
                values = {value: [m.f1 for m in of_cell] for value, of_cell in found.items()}
                if trend := _trend(values, len(labels)):
                    trends.append((group[0].split, label, trend))
    return trends


def _trend(values: Mapping[float, Sequence[float]], comparisons: int = 1) -> Interval | None:
    doubled = {value: of_seeds for value, of_seeds in values.items() if value > 0}
    return trend_per_doubling(doubled, comparisons) if len(doubled) > 1 else None


def _one_option_groups(cells: Sequence[Cell]) -> list[list[Cell]]:
    """Return the cells of each experiment and split that vary one number, with equal seeds."""
    groups: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        values = list(cell.options.values())
        if len(values) == 1 and isinstance(values[0], int | float):
            groups.setdefault((cell.experiment, cell.split), []).append(cell)
    complete = []
    for group in groups.values():
        most = max(group, key=lambda cell: len(cell.results))
        members = [cell for cell in group if cell.seeds == most.seeds]
        if len(members) > 1 and len(most.results) > 1:
            complete.append(members)
    return complete


def points(fraction: float) -> str:
    """Return a change in points (hundredths)."""
    return f"{100 * fraction:+.2f}"


def other_seeds(cells: Sequence[Cell]) -> list[tuple[Cell, int, Interval]]:
    """Return cells of other seeds than most, with their difference from the nearest of these.

    It is paired over the seeds that both have, whose number is in between.
    """
    compared = []
    for group in _one_option_groups(cells):
        for cell in cells:
            same = (cell.experiment, cell.split) == (group[0].experiment, group[0].split)
            if same and cell.seeds != group[0].seeds:
                nearest = min(group, key=lambda other: abs(other.value - cell.value))
                of_cell, of_nearest = (
                    {result.run.config.seed: result.test.accuracy for result in one.results}
                    for one in (cell, nearest)
                )
                gaps = [of_cell[seed] - of_nearest[seed] for seed in of_cell if seed in of_nearest]
                if len(gaps) > 1:
                    compared.append((cell, len(gaps), t_interval(gaps)))
    return compared
