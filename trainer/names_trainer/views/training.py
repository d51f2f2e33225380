"""The live view of a run: its teachers, its epochs, its test."""

import shlex
import time
from contextlib import ExitStack

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from names_trainer.config import TrainConfig
from names_trainer.evaluation.calibration import Calibration, rough_note
from names_trainer.metrics import Metrics
from names_trainer.observer import Observer
from names_trainer.runs.run import Epoch, Run, best_epoch
from names_trainer.views.evaluation import show_test
from names_trainer.views.tables import counted, new_table, show_note

AROUND_EPOCHS = 3
"""Lines of a terminal for the heading of the epochs, the bar and the cursor."""


class TrainingView(Observer):
    """Shows a run as it is fitted: live tables in a terminal, otherwise a line per epoch.

    The test metrics follow if `shows_test`.
    """

    def __init__(self, run: Run, console: Console, shows_test: bool = True) -> None:
        self._run = run
        self._console = console
        self._shows_test = shows_test
        self._epochs = run.epochs()
        self._before = len(self._epochs)
        self._started = 0.0
        self._shown = ExitStack()
        self._teachers: Progress | None = None
        self._training: tuple[Live, Progress] | None = None

    def __enter__(self) -> "TrainingView":
        show_run(self._run, self._console)
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def on_soft_labels(self, done: int, total: int) -> None:
        """Show a bar over all epochs of the teachers, or plain lines."""
        title = f"training {counted(self._run.config.teachers, 'teacher')}"
        if not self._teachers:
            columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
            progress = Progress(*columns, console=self._console, transient=True)
            self._teachers = self._shown.enter_context(progress)
            self._teachers.add_task(title, total=None)
        (task,) = self._teachers.tasks
        if not self._console.is_terminal and done > task.completed:
            self._console.print(f"teachers: {done} of {total} epochs")
        is_over = done == total
        title = "computing the soft labels" if is_over else title
        length = None if is_over else total
        self._teachers.update(task.id, description=title, completed=done, total=length)

    def on_batch(self, fraction: float) -> None:
        """Show the progress of the epoch; the first batch ends the teachers' bar."""
        if not self._started:
            self._started = time.perf_counter()
            self._end_teachers()
            if self._console.is_terminal:
                self._show_table()
        if self._training:
            _, progress = self._training
            progress.update(progress.task_ids[0], completed=len(self._epochs) + fraction)

    def on_epoch(self, epoch: Epoch) -> None:
        """Show a row or a line."""
        self._epochs.append(epoch)
        num_epochs = self._run.config.num_epochs
        if self._training:
            _, progress = self._training
            progress.update(progress.task_ids[0], epoch=min(len(self._epochs) + 1, num_epochs))
            return
        an_epoch = (time.perf_counter() - self._started) / (len(self._epochs) - self._before)
        left = an_epoch * (num_epochs - epoch.epoch)
        self._console.print(_plain(epoch, self._epochs, self._run, left), soft_wrap=True)

    def on_test(self, metrics: Metrics, calibration: Calibration) -> None:
        """End the live tables and show the metrics."""
        self._end()
        best = best_epoch(self._epochs, self._run.config)
        # A one-cycle schedule has its best epoch at the end, however long it is.
        if self._run.config.schedule == "constant" and best is self._epochs[-1]:
            self._console.print(
                "the last epoch is the best so far: a run of more --num-epochs may get further"
            )
        if self._shows_test:
            show_test(metrics, best.epoch, self._console)
            show_note(rough_note(calibration.names, calibration.wrong), self._console)

    def _end(self) -> None:
        if self._training:
            live, progress = self._training
            progress.remove_task(progress.task_ids[0])
            live.refresh()
            self._training = None
        self._shown.close()

    def _end_teachers(self) -> None:
        if self._teachers:
            self._shown.close()
            seconds = self._teachers.tasks[0].elapsed or 0.0
            teachers = counted(self._run.config.teachers, "teacher")
            self._console.print(f"{teachers} trained, soft labels computed: {seconds:.0f} s")

    def _show_table(self) -> None:
        progress = Progress(
            TextColumn("epoch {task.fields[epoch]} of {task.fields[epochs]}"),
            BarColumn(),
            TextColumn("{task.percentage:.0f} %"),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=self._console,
        )
        total = self._run.config.num_epochs
        progress.add_task("", total=total, epoch=len(self._epochs) + 1, epochs=total)
        live = Live(
            get_renderable=lambda: Group(self._table(bool(progress.tasks)), progress),
            console=self._console,
            refresh_per_second=8,
        )
        self._training = self._shown.enter_context(live), progress

    def _table(self, has_bar: bool) -> Table:
        """Return the table of the epochs; above the bar, of the newest ones that leave it room."""
        most = self._console.height - AROUND_EPOCHS if has_bar else len(self._epochs)
        return _epoch_table(self._epochs, self._run.config, most)


def show_stopped(run: Run, console: Console) -> None:
    """Show how to resume a run that was interrupted."""
    done = len(run.epochs())
    kept = "its best weights are kept" if done else "no epoch was finished"
    console.print(
        f"\nstopped after epoch {done} of {run.config.num_epochs}; {kept}; "
        f"resume with: names train --resume --run {shlex.quote(str(run.folder))}",
        markup=False,
        soft_wrap=True,
    )


def _epoch_table(epochs: list[Epoch], config: TrainConfig, most: int) -> Table:
    table = new_table("epoch", "train loss", "acc.", "val. loss", "acc.", "lr", "names/s", "")
    best = best_epoch(epochs, config) if epochs else None
    for e in epochs[-most:]:
        table.add_row(
            str(e.epoch),
            f"{e.train_loss:.4f}",
            f"{e.train_accuracy:.4f}",
            f"{e.validation_loss:.4f}",
            f"{e.validation_accuracy:.4f}",
            f"{e.learning_rate:.2g}",
            f"{e.names_per_second:,.0f}",
            "[green]best[/green]" if e is best else "",
            style="bold" if e is best else "",
        )
    return table


def _plain(e: Epoch, epochs: list[Epoch], run: Run, left: float) -> str:
    return (
        f"epoch {e.epoch}/{run.config.num_epochs}"
        f"  train loss {e.train_loss:.4f} accuracy {e.train_accuracy:.4f}"
        f"  validation loss {e.validation_loss:.4f} accuracy {e.validation_accuracy:.4f}"
        f"  lr {e.learning_rate:.2g}  {e.names_per_second:,.0f} names/s  {left:.0f} s left"
        f"{'  best so far' if best_epoch(epochs, run.config) is e else ''}"
    )


def show_run(run: Run, console: Console) -> None:
    """Show the dataset and the settings of a run."""
    dataset, config = run.dataset, run.config
    sizes = " / ".join(f"{len(rows):,}" for rows in dataset.split)
    console.print(
        f"{config.data_dir}: {len(dataset.labels)} labels, {len(dataset.vocabulary)} character "
        f"ids, {config.split} split: {sizes} names",
        markup=False,
    )
    console.print(f"run {run.folder}", style="dim", markup=False, soft_wrap=True)
