"""The view of metrics: those of the test split after training, and those of `names evaluate`."""

from dataclasses import replace

from rich.console import Console
from rich.text import Text

from names_trainer.evaluation.calibration import rough_note
from names_trainer.evaluation.scoring import Evaluation
from names_trainer.metrics import Metrics
from names_trainer.views.tables import new_table, show_note


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


def show_evaluation(evaluation: Evaluation, console: Console) -> None:
    """Show a row for each label of all names, then a row for each subset of the names."""
    per_label = new_table("label", "precision", "recall", "F1", "set holds it", "rows")
    for label in evaluation.scores[0].per_label:
        values = (label.precision, label.recall, label.f1, label.coverage)
        cells = [f"{value:.3f}" for value in values] if label.rows else [""] * len(values)
        style = "" if label.rows else "dim"
        per_label.add_row(Text(label.label), *cells, f"{label.rows:,}", style=style)
    console.print(per_label)
    table = new_table("names", "rows", "accuracy", "95 %", "top 3", "macro-F1", "95 %", "loss")
    whole, *subsets = evaluation.scores
    # A subset that is everything is not shown twice.
    names_of_whole = [whole.part, *(s.part for s in subsets if s.rows == whole.rows)]
    shown = [replace(whole, part=", ".join(names_of_whole))]
    shown += [s for s in subsets if s.rows < whole.rows]
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
            f"{evaluation.asked_coverage:.1%} hold it in {s.coverage:.1%}, with "
            f"{s.set_size:.2f} labels on average",
            highlight=False,
        )
    note = rough_note(evaluation.calibration_names, evaluation.calibration_wrong)
    show_note(note, console)
    if evaluation.unknown_labels:
        console.print(f"{evaluation.unknown_labels:,} rows left out: the model lacks their label")
    if not subsets:
        console.print("no training names at hand: names seen in training are not separated")
