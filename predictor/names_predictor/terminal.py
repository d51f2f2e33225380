"""What people see in a terminal."""

import io
import sys
from collections.abc import Callable, Iterator, Sequence

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from names_predictor.model import Prediction


def counted(blocks: Iterator[tuple[bytes, int]]) -> Iterator[tuple[bytes, int]]:
    """Show the number of names done on stderr."""
    columns = (SpinnerColumn(), TextColumn("{task.completed:,} names"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("names", total=None)
        for content, rows in blocks:
            yield content, rows
            progress.advance(task, rows)


def drawn(show: Callable[[Console], None]) -> bytes:
    """Return what `show` prints, as fits where standard output goes."""
    file = io.StringIO()
    show(Console(file=file, force_terminal=sys.stdout.isatty() or None, highlight=False))
    return file.getvalue().encode("utf-8", "replace")


def print_table(
    console: Console,
    predictions: Sequence[Prediction],
    with_sets: bool,
    show: Callable[[str], str],
) -> None:
    """Print a row a name; `show` says how it is written."""
    top_k = max((len(p.ranked) for p in predictions), default=1) or 1
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("name")
    for _ in range(top_k):
        table.add_column("label")
        table.add_column("probability", justify="right")
    if with_sets:
        table.add_column("possible labels")
    table.add_column("")
    for p in predictions:
        cells = [Text(show(p.name))]  # as Text, so that brackets in a name are no markup
        sure = p.probability or 0
        style = "green" if sure >= 0.8 else "yellow" if sure >= 0.5 else "red"
        for label, probability in p.ranked:
            shown = label if p.label or style == "dim" else ""
            cells += [Text(shown, style), Text(f"{probability:.3f}", style)]
            style = "dim"
        cells += [Text("")] * (1 + 2 * top_k - len(cells))
        if with_sets:
            cells.append(Text(", ".join(p.candidates), "dim"))
        table.add_row(*cells, Text(p.reason or "", "dim"))
    console.print(table)
