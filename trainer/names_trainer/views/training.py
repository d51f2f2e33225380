"""What a person sees: live training, results, the corpus check."""

import shlex
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from itertools import combinations
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from names_predictor.artifact.store import CARD_FILE, MODEL_FILE, VOCAB_FILE, Artifact
from names_trainer.config import TrainConfig
from names_trainer.data.lint import Check
from names_trainer.evaluation.calibration import calibrated_on, rough_note
from names_trainer.evaluation.scoring import Measurement
from names_trainer.export.export import Parity
from names_trainer.metrics import Metrics
from names_trainer.observer import Observer
from names_trainer.runs.run import Epoch, Run, best_epoch

FINDINGS_SHOWN = 20
PAIRS_SHOWN = 8
LABELS_PAIRED = 50
"""A name of more labels counts for pairs among so many: else a wrong column takes for ever."""


class TrainingView(Observer):
    """Shows a run as it is fitted: live tables in a terminal, else a line an epoch."""

    def __init__(self, run: Run, console: Console) -> None:
        self._run = run
        self._console = console
        self._epochs = run.epochs()
        self._before = len(self._epochs)
        self._started = 0.0
        self._shown = ExitStack()
        self._teachers: tuple[Progress, TaskID, float] | None = None
        self._training: tuple[Live, Progress, TaskID] | None = None

    def __enter__(self) -> "TrainingView":
        show_run(self._run, self._console)
        return self

    def __exit__(self, *_: object) -> None:
        if self._training:
            live, progress, task = self._training
            progress.remove_task(task)
            live.refresh()
        self._shown.close()

    def on_soft_labels(self, done: int, total: int) -> None:
        """Show a bar over all epochs of the teachers, or plain lines."""
        title = f"training {self._number_of_teachers()}"
        if not self._teachers:
            columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
            progress = Progress(*columns, console=self._console, transient=True)
            self._shown.enter_context(progress)
            self._teachers = progress, progress.add_task(title, total=None), time.perf_counter()
        progress, task, _ = self._teachers
        if not self._console.is_terminal and done > progress.tasks[0].completed:
            self._console.print(f"teachers: {done} of {total} epochs")
        is_over = done == total
        title = "computing the soft labels" if is_over else title
        progress.update(task, description=title, completed=done, total=None if is_over else total)

    def on_batch(self, share: float) -> None:
        """Show how far the epoch is; the first batch ends the teachers' bar."""
        if not self._started:
            self._started = time.perf_counter()
            self._end_teachers()
            if self._console.is_terminal:
                self._show_table()
        if self._training:
            _, progress, task = self._training
            progress.update(task, completed=len(self._epochs) + share)

    def on_epoch(self, epoch: Epoch) -> None:
        """Show a row or a line."""
        self._epochs.append(epoch)
        num_epochs = self._run.config.num_epochs
        if self._training:
            _, progress, task = self._training
            progress.update(task, epoch=min(len(self._epochs) + 1, num_epochs))
            return
        an_epoch = (time.perf_counter() - self._started) / (len(self._epochs) - self._before)
        left = an_epoch * (num_epochs - epoch.epoch)
        self._console.print(_plain(epoch, self._epochs, self._run, left), soft_wrap=True)

    def _number_of_teachers(self) -> str:
        number = self._run.config.teachers
        return "1 teacher" if number == 1 else f"{number} teachers"

    def _end_teachers(self) -> None:
        if self._teachers:
            self._shown.close()
            seconds = time.perf_counter() - self._teachers[2]
            teachers = self._number_of_teachers()
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
        task = progress.add_task("", total=total, epoch=len(self._epochs) + 1, epochs=total)
        live = Live(
            get_renderable=lambda: Group(_epoch_table(self._epochs, self._run.config), progress),
            console=self._console,
            refresh_per_second=8,
        )
        self._training = self._shown.enter_context(live), progress, task


def show_last_is_best(run: Run, console: Console) -> None:
    """Say that more epochs may help, where the last one is the best so far."""
    epochs = run.epochs()
    # A one-cycle schedule ends on its best epoch whatever its length.
    if run.config.schedule == "constant" and best_epoch(epochs, run.config) is epochs[-1]:
        console.print(
            "the last epoch is the best so far: a run of more --num-epochs may get further"
        )


def show_stopped(run: Run, console: Console) -> None:
    """Say how to resume a run that was interrupted."""
    done = len(run.epochs())
    kept = "its best weights are kept" if done else "no epoch was finished"
    console.print(
        f"\nstopped after epoch {done} of {run.config.num_epochs}; {kept}; "
        f"resume with: names train --resume --run {shlex.quote(str(run.folder))}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


def _epoch_table(epochs: list[Epoch], config: TrainConfig) -> Table:
    table = new_table("epoch", "train loss", "acc.", "val. loss", "acc.", "lr", "names/s", "")
    best = best_epoch(epochs, config) if epochs else None
    for e in epochs:
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
    """Say what is about to be trained."""
    task, config = run.task, run.config
    parts = " / ".join(
        f"{len(p):,}" for p in (task.split.train, task.split.validation, task.split.test)
    )
    console.print(
        f"{config.data_dir}: {len(task.labels)} labels, {len(task.vocabulary)} character ids, "
        f"{config.split} split: {parts} names",
        highlight=False,
        markup=False,
    )
    console.print(f"run {run.folder}", style="dim", highlight=False, markup=False, soft_wrap=True)


def show_test(metrics: Metrics, epoch: int, console: Console) -> None:
    """Show the test metrics of the best epoch, label by label."""
    table = new_table("label", "precision", "recall", "F1", "names")
    for f in metrics.per_label:
        style = "dim" if not f.support else ""
        cells = (f"{f.precision:.3f}", f"{f.recall:.3f}", f"{f.f1:.3f}", str(f.support))
        table.add_row(Text(f.label), *cells, style=style)
    console.print(table)
    console.print(
        f"test, best epoch {epoch}: accuracy [bold]{metrics.accuracy:.4f}[/bold], "
        f"macro-F1 [bold]{metrics.macro_f1:.4f}[/bold], loss {metrics.loss:.4f}, "
        f"{metrics.rows:,} names",
        highlight=False,
    )


def show_note(note: str, console: Console) -> None:
    """Show a sentence that a user should not miss; "" shows nothing."""
    if note:
        console.print(note, style="yellow", highlight=False, markup=False)


def show_parity(parity: Parity, console: Console) -> None:
    """Show what the gate compared."""
    console.print(
        f"parity: {parity.names:,} names in {parity.batches} batches, every label equal, largest "
        f"difference of a probability {parity.max_difference:.1e} ({parity.left_out:,} random "
        "strings left out: single precision does not determine their answer)",
        highlight=False,
    )
    if rounding := parity.rounding:
        console.print(
            f"8 bits: accuracy {rounding.accuracy:.4f} on the validation part, "
            f"{rounding.exact_accuracy:.4f} in torch; {rounding.changed_labels:,} of "
            f"{rounding.names:,} labels changed",
            highlight=False,
        )


def show_export(
    artifact: Artifact, parity: Parity, folder: Path, origin: str, console: Console
) -> None:
    """Show what the gate compared and what was written."""
    show_parity(parity, console)
    show_note(rough_note(*calibrated_on(artifact.vocab)), console)
    console.print(
        f"wrote {folder / MODEL_FILE} ({len(artifact.model) / 1e3:,.0f} kB), "
        f"{folder / VOCAB_FILE} and {folder / CARD_FILE} from {origin}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


def show_measurement(measurement: Measurement, console: Console) -> None:
    """Show a row a label of all names, then a row a part of the names."""
    per_label = new_table("label", "precision", "recall", "F1", "set holds it", "rows")
    for label in measurement.scores[0].per_label:
        values = (label.precision, label.recall, label.f1, label.coverage)
        cells = [f"{value:.3f}" for value in values] if label.rows else [""] * len(values)
        style = "" if label.rows else "dim"
        per_label.add_row(Text(label.label), *cells, f"{label.rows:,}", style=style)
    console.print(per_label)
    table = new_table("names", "rows", "accuracy", "95 %", "top 3", "macro-F1", "95 %", "loss")
    whole, *parts = measurement.scores
    # A part that is everything is not shown twice.
    names_of_whole = [whole.part, *(s.part for s in parts if s.rows == whole.rows)]
    shown = [replace(whole, part=", ".join(names_of_whole))]
    shown += [s for s in parts if s.rows < whole.rows]
    for s in shown:
        intervals = [
            f"{i[0]:.4f} to {i[1]:.4f}" for i in (s.accuracy_interval, s.macro_f1_interval)
        ]
        table.add_row(
            s.part,
            f"{s.rows:,}",
            f"{s.accuracy:.4f}",
            intervals[0],
            f"{s.top3_accuracy:.4f}",
            f"{s.macro_f1:.4f}",
            intervals[1],
            f"{s.loss:.4f}",
        )
    console.print(table)
    for s in shown:
        console.print(
            f"{s.part}: calibration error {s.calibration_error:.4f} (chance alone "
            f"{s.calibration_noise:.4f}); sets made to hold the right label in "
            f"{measurement.asked_coverage:.1%} hold it in {s.coverage:.1%}, with "
            f"{s.set_size:.2f} labels on average",
            highlight=False,
        )
    note = rough_note(measurement.calibration_names, measurement.calibration_wrong)
    show_note(note, console)
    if measurement.unknown_labels:
        console.print(f"{measurement.unknown_labels:,} rows left out: the model lacks their label")
    if not parts:
        console.print("the model's training names are not at hand: seen and unseen not told apart")


def show_check(check: Check, console: Console) -> None:
    """Show a corpus check: a row a label, shared names, findings, and what bounds a model."""
    table = new_table(
        "label", "lines", "distinct", "duplicates", "under other labels too", "leaked"
    )
    for row in check.labels:
        table.add_row(
            Text(row.label),
            f"{row.lines:,}",
            f"{row.distinct:,}",
            f"{row.duplicates:,}",
            f"{row.shared:,}",
            f"{row.leaked:.1%}",
        )
    console.print(table)
    if check.shared:
        pairs = Counter(
            pair
            for labels in check.shared.values()
            for pair in combinations(list(labels)[:LABELS_PAIRED], 2)
        )
        common = ", ".join(f"{a} and {b} {n}" for (a, b), n in pairs.most_common(PAIRS_SHOWN))
        console.print(
            f"\nnames under several labels: {len(check.shared):,} ({common})", markup=False
        )
    if check.findings:
        counts = Counter(finding.kind for finding in check.findings)
        kinds = ", ".join(f"{kind} {n:,}" for kind, n in sorted(counts.items()))
        console.print(f"\nlines worth a look: {kinds}")
        # What stops training comes first.
        ordered = sorted(check.findings, key=lambda finding: finding.usable)
        for f in ordered[:FINDINGS_SHOWN]:
            style = "yellow" if f.usable else "red"
            place = Text(f"{f.file}:{f.line}: {f.kind} ", style)
            console.print(place.append(f.detail, "dim"), soft_wrap=True)
        if len(ordered) > FINDINGS_SHOWN:
            console.print(f"and {len(ordered) - FINDINGS_SHOWN:,} more (--json gives all)")
    console.print(
        f"\n{check.lines:,} lines, {check.distinct_pairs:,} distinct (name, label) pairs, "
        f"{check.distinct_names:,} distinct names\n"
        "best accuracy of any classifier that sees the name alone: "
        f"[bold]{check.ceiling_lines:.4f}[/bold] over all lines, "
        f"[bold]{check.ceiling_pairs:.4f}[/bold] over distinct pairs\n"
        f"test rows that a random split leaks into training: [bold]{check.leaked:.1%}[/bold]",
        highlight=False,
    )


def new_table(first: str, *others: str) -> Table:
    """Return a plain table: the first column to the left, the others to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column(first)
    for title in others:
        table.add_column(title, justify="right")
    return table
