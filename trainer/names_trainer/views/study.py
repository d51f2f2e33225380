"""The live view of a study: its grid filling in, the running ones, the time left."""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from names_trainer.study.study import PlannedRun, results, run_study
from names_trainer.views.training import new_table


def watch_study(runs: Sequence[PlannedRun], jobs: int, console: Console) -> list[PlannedRun]:
    """Run a study and show its grid filling in; return the runs that failed."""
    total = sum(run.epoch_cost * run.config.num_epochs for run in runs)
    progress = Progress(
        TextColumn("{task.fields[runs]} of {task.fields[total_runs]} runs"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("elapsed"),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=console,
        disable=not console.is_terminal,
        speed_estimate_period=600,  # a run may take minutes an epoch
    )
    done_before = int(sum(run.epoch_cost * run.epochs_done for run in runs))
    task = progress.add_task("", total=total, completed=done_before, runs=0, total_runs=len(runs))
    failed: list[PlannedRun] = []
    told: set[Path] = {run.folder for run in runs if run.finished}
    with Live(console=console, refresh_per_second=4) as live:
        for running, failed in run_study(runs, jobs):  # noqa: B007 - the last one is returned
            done = [run for run in runs if run.finished]
            progress.update(
                task, completed=sum(r.epoch_cost * r.epochs_done for r in runs), runs=len(done)
            )
            if console.is_terminal:
                live.update(Group(_grid(runs), *map(_bar, running), progress))
            for run in done:
                if not console.is_terminal and run.folder not in told:
                    told.add(run.folder)
                    console.print(
                        f"{len(told)}/{len(runs)} {run.folder.name}", markup=False, soft_wrap=True
                    )
        live.update(_grid(runs))
    return failed


def _grid(runs: Sequence[PlannedRun]) -> Table:
    """Show a row a cell: how many of its runs are finished, and their means so far."""
    table = new_table(
        "experiment", "split", "cell", "runs", "validation acc.", "test acc.", "macro-F1"
    )
    cells: dict[tuple[str, str, str], list[PlannedRun]] = {}
    for run in runs:
        cells.setdefault((run.experiment, run.config.split, run.cell_name), []).append(run)
    for (experiment, split, cell), members in cells.items():
        rows = results(members)
        means = [
            f"{mean(row[key] for row in rows):.4f}" if rows else ""
            for key in ("validation_accuracy", "test_accuracy", "test_macro_f1")
        ]
        style = "" if len(rows) == len(members) else "dim"
        counts = f"{len(rows)}/{len(members)}"
        table.add_row(experiment, split, cell, counts, *means, style=style)
    return table


def _bar(run: PlannedRun) -> Table:
    line = Table.grid(padding=(0, 1))
    done, total = run.epochs_done, run.config.num_epochs
    bar = ProgressBar(total=total, completed=done, width=20)
    line.add_row(bar, f"{done}/{total} epochs", Text(run.folder.name, "dim"))
    return line
