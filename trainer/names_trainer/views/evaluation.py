"""The views of metrics: of the test split after training, and of `names evaluate`."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from rich.console import Console
from rich.table import Table
from rich.text import Text

from names_trainer.evaluation.calibration import rough_note
from names_trainer.evaluation.scoring import Evaluation
from names_trainer.metrics import Confusion, DetailedMetrics, LabelMetrics, Metrics, verdict
from names_trainer.views.tables import counted, new_table, show_note

LABELS_SHOWN = 25
"""Number of labels up to which all are shown."""

WEAKEST_SHOWN = 10
CONFUSIONS_SHOWN = 10
FEWEST_ROWS = 30
"""Rows from which a label counts as weak: the F1 of fewer is mostly chance."""

Label = TypeVar("Label", bound=LabelMetrics)


def show_test(metrics: Metrics, epoch: int, console: Console) -> None:
    """Show the test metrics of the best epoch, of all labels or, if many, of the weakest."""
    shown, title = _chosen(metrics.per_label)
    if title:
        console.print(title)
    table = new_table("label", "precision", "recall", "F1", "names")
    for f in shown:
        cells = (f"{f.precision:.3f}", f"{f.recall:.3f}", f"{f.f1:.3f}", f"{f.rows:,}")
        table.add_row(Text(f.label), *cells, style="" if f.rows else "dim")
    console.print(table)
    console.print(
        f"test, best epoch {epoch}: accuracy [bold]{metrics.accuracy:.4f}[/bold], "
        f"macro-F1 [bold]{metrics.macro_f1:.4f}[/bold], loss {metrics.loss:.4f}, "
        f"{counted(metrics.rows, 'name')}"
    )


def show_evaluation(evaluation: Evaluation, console: Console, full: bool = False) -> None:
    """Show a verdict, the metrics of all names and of subsets, labels and confusions.

    If there are many labels, only the weakest and the commonest confusions, unless `full`.
    """
    whole, *subsets = evaluation.subsets
    console.print(Text(verdict_of(evaluation), "bold"), soft_wrap=False)
    console.print()
    # A subset with all rows is not shown twice.
    names_of_whole = [whole.subset, *(s.subset for s in subsets if s.rows == whole.rows)]
    shown = [replace(whole, subset=", ".join(names_of_whole))]
    shown += [s for s in subsets if s.rows < whole.rows]
    console.print(_metric_table(shown, evaluation.target_coverage))
    console.print()
    _show_labels(whole, console, full)
    if whole.confusions:
        common = whole.confusions if full else whole.confusions[:CONFUSIONS_SHOWN]
        console.print(_confusion_table(common))
        console.print()
    note = rough_note(evaluation.calibration_names, evaluation.calibration_wrong)
    show_note(note, console)
    if evaluation.unlabelled:
        rows = counted(evaluation.unlabelled, "row")
        console.print(
            f"{rows} without a predicted label, such as those in an unknown script: wrong"
        )
    if evaluation.unknown_labels:
        rows = counted(evaluation.unknown_labels, "row")
        whose = "its" if evaluation.unknown_labels == 1 else "their"
        console.print(f"{rows} left out: the model lacks {whose} label")
    if not subsets:
        console.print("no training names at hand: names seen in training are not separated")
    left = len(whole.confusions) - CONFUSIONS_SHOWN
    if not full and (left > 0 or len(whole.per_label) > LABELS_SHOWN):
        console.print("--full shows every label and every confusion", style="dim")


def verdict_of(evaluation: Evaluation) -> str:
    """Return the accuracy, on names not seen in training if any, and the commonest confusion."""
    whole, *subsets = evaluation.subsets
    not_seen = next((s for s in subsets if s.subset == "not seen"), None)
    found, which = (not_seen, " it has not seen in training") if not_seen else (whole, "")
    if not not_seen and subsets:
        which = ", all of them seen in training"
    sentence = verdict(found, which, found.confusions)
    return sentence[0].upper() + sentence[1:]


def _metric_table(subsets: Sequence[DetailedMetrics], target: float) -> Table:
    """Return a table with a column per subset; three and the titles fit 80 characters."""
    table = new_table("", *(s.subset for s in subsets))
    for title, cells in (
        ("rows", [f"{s.rows:,}" for s in subsets]),
        ("accuracy", [f"{s.accuracy:.4f}" for s in subsets]),
        ("  95 %", [_interval(s.accuracy_interval) for s in subsets]),
        ("top-3 accuracy", [f"{s.top3_accuracy:.4f}" for s in subsets]),
        ("macro-F1", [f"{s.macro_f1:.4f}" for s in subsets]),
        ("  95 %", [_interval(s.macro_f1_interval) for s in subsets]),
        ("loss", [f"{s.loss:.4f}" for s in subsets]),
        ("calibration error", [f"{s.calibration_error:.4f}" for s in subsets]),
        ("  expected by chance", [f"{s.calibration_noise:.4f}" for s in subsets]),
        (f"{target:.1%} sets hold the label", [f"{s.coverage:.1%}" for s in subsets]),
        ("  labels in a set", [f"{s.set_size:.2f}" for s in subsets]),
    ):
        table.add_row(title, *cells)
    return table


def _interval(interval: tuple[float, float]) -> str:
    return f"{interval[0]:.4f} to {interval[1]:.4f}"


def _show_labels(whole: DetailedMetrics, console: Console, full: bool) -> None:
    shown, title = (whole.per_label, "") if full else _chosen(whole.per_label)
    if title:
        console.print(title)
    table = new_table("label", "precision", "recall", "F1", "set holds label", "rows")
    for label in shown:
        values = (label.precision, label.recall, label.f1, label.coverage)
        cells = [f"{value:.3f}" for value in values] if label.rows else [""] * len(values)
        style = "" if label.rows else "dim"
        table.add_row(Text(label.label), *cells, f"{label.rows:,}", style=style)
    console.print(table)
    console.print()


def _chosen(labels: Sequence[Label]) -> tuple[Sequence[Label], str]:
    """Return the labels to show and a title: all labels or, if many, those of the lowest F1."""
    if len(labels) <= LABELS_SHOWN:
        return labels, ""
    known = [label for label in labels if label.rows >= FEWEST_ROWS]
    of = f" with {FEWEST_ROWS} rows or more"
    if len(known) < 2 * WEAKEST_SHOWN:
        known = [label for label in labels if label.rows]
        of = " with a row"
    weakest = sorted(known, key=lambda label: label.f1)[:WEAKEST_SHOWN]
    of = of if len(known) < len(labels) else ""
    return weakest, f"the {len(weakest)} weakest of {len(known)} labels{of}:"


def _confusion_table(confusions: Sequence[Confusion]) -> Table:
    table = new_table("rows of", "taken for", "rows", "of the label", left=2)
    for c in confusions:
        table.add_row(Text(c.label), Text(c.given), f"{c.number:,}", f"{c.number / c.of:.1%}")
    return table
