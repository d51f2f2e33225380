"""The live view of a study: its grid, the runs in training, the time left."""

from collections.abc import Sequence
from statistics import mean
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from names_trainer.study.study import StudyRun, by_cell, results
from names_trainer.views.tables import new_table


class StudyView:
    """Shows the grid of a study; without a terminal, a line per finished run."""

    def __init__(self, runs: Sequence[StudyRun], console: Console) -> None:
        self._runs = runs
        self._console = console
        self._finished = {run.folder for run in runs if run.finished}
        self._grid = _grid(runs)  # computed again when a run has finished
        self._live = Live(console=console, refresh_per_second=4)
        self._progress = Progress(
            TextColumn("{task.fields[runs]} of {task.fields[total_runs]} runs"),
            BarColumn(),
            TimeElapsedColumn(),
            TextColumn("elapsed"),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=console,
            disable=not console.is_terminal,
            speed_estimate_period=600,  # an epoch may take minutes
        )
        total = sum(run.epoch_cost * run.config.num_epochs for run in runs)
        self._task = self._progress.add_task(
            "", total=total, completed=int(self._cost_done()), runs=0, total_runs=len(runs)
        )

    def __enter__(self) -> "StudyView":
        self._live.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: Any) -> None:
        if kind is None:
            self._live.update(_grid(self._runs))
        self._live.__exit__(kind, *rest)
        if kind is None and not self._console.is_terminal:
            self._console.line()  # Rich ends the line in a terminal only

    def show(self, running: Sequence[StudyRun]) -> None:
        """Show the progress of the study and of the `running` runs."""
        others = [run for run in self._runs if run.folder not in self._finished]
        new = dict.fromkeys(run.folder for run in others if run.finished)
        if new:
            self._grid = _grid(self._runs)
        for folder in new:
            self._finished.add(folder)
            if not self._console.is_terminal:
                line = f"{len(self._finished)}/{len(self._runs)} {folder.name}"
                self._console.print(line, markup=False, soft_wrap=True)
        done = sum(run.folder in self._finished for run in self._runs)
        self._progress.update(self._task, completed=self._cost_done(), runs=done)
        if self._console.is_terminal:
            # First what changes: rich cuts off the end of what is higher than the terminal.
            self._live.update(Group(self._progress, *map(_bar, running), self._grid))

    def _cost_done(self) -> float:
        def epochs(run: StudyRun) -> int:  # called several times a second: most runs are not read
            return run.config.num_epochs if run.folder in self._finished else run.epochs_done

        return sum(run.epoch_cost * epochs(run) for run in self._runs)


def _grid(runs: Sequence[StudyRun]) -> Table:
    """Return a table of cells: the number of finished runs and their means."""
    table = new_table(
        "experiment", "split", "cell", "runs", "validation acc.", "test acc.", "macro-F1", left=3
    )
    for (experiment, split, cell), members in by_cell(runs).items():
        found = results(members)
        means = [
            f"{mean(result.metrics()[key] for result in found):.4f}" if found else ""
            for key in ("validation_accuracy", "test_accuracy", "test_macro_f1")
        ]
        style = "" if len(found) == len(members) else "dim"
        counts = f"{len(found)}/{len(members)}"
        table.add_row(Text(experiment), split, Text(cell), counts, *means, style=style)
    return table


def _bar(run: StudyRun) -> Table:
    line = Table.grid(padding=(0, 1))
    done, total = run.epochs_done, run.config.num_epochs
    bar = ProgressBar(total=total, completed=done, width=20)
    line.add_row(bar, f"{done}/{total} epochs", Text(run.folder.name, "dim"))
    return line
