"""Tables and progress in a terminal, with rich."""

import io
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import Progress
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from names_predictor.errors import has_style, visible
from names_predictor.formats.base import Written
from names_predictor.inference.explain import Evidence, Explanation
from names_predictor.inference.types import Prediction

PATIENCE = 1.0
"""Seconds before a job shows its progress."""

NAME, PROBABILITY, CODE = 20, 10, 8
"""Least width of the column of names; widths of the columns after a label, with the space between
columns."""

BAR = 40
LOWEST_PROBABILITY = 0.005
"""Lowest probability of a label that has a bar."""

LOWEST_EVIDENCE = 0.1
"""Lowest evidence for or against the label that is coloured, in log-odds."""


class SafeConsole(Console):
    """A console that escapes control characters in text."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterator[Segment]:
        """Yield the segments of an object; control codes of rich itself are kept."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                shown = "\n".join(map(visible, segment.text.split("\n")))
                yield Segment(shown, segment.style)


def new_console(**settings: Any) -> Console:
    """Return a safe console, without style if `has_style` is false."""
    if os.environ.get("COLUMNS") == "0":  # of a terminal of unknown size, where rich shows nothing
        settings.setdefault("width", 80)
    return SafeConsole(color_system="auto" if has_style() else None, highlight=False, **settings)


class Tally:
    """Counts the rows of a job by reason, and shows its progress."""

    def __init__(self, shows_progress: bool) -> None:
        """Set whether progress is shown, as for rows that go to a file."""
        self._console = new_console(stderr=True)
        self._shows_progress = shows_progress and not self._console.is_dumb_terminal
        self._progress: Progress | None = None
        self._reasons: Counter[str] = Counter()
        self.resumed = 0  # rows that an interrupted job had written
        self._started = time.perf_counter()

    def __enter__(self) -> "Tally":
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress:
            self._progress.stop()  # which shows the cursor again

    def watch(self, blocks: Iterator[Written]) -> Iterator[Written]:
        """Yield the blocks and count their rows."""
        for written in blocks:
            self._reasons.update(written.reasons or {})
            yield written
            if self._shows_progress and time.perf_counter() - self._started > PATIENCE:
                self._show(written.progress)

    def summary(self) -> str:
        """Return the numbers of rows, by reason, and the duration."""
        rows = self._reasons.total()
        before = f"{self.resumed:,} rows from before, then " if self.resumed else ""
        counts = [f"{before}{rows:,} row{'s' * (rows != 1)}: {self._reasons['']:,} labelled"]
        counts += [f"{n:,} {reason}" for reason, n in self._reasons.most_common() if reason]
        return f"{', '.join(counts)}; {time.perf_counter() - self._started:.1f} s"

    def _show(self, fraction: float | None) -> None:
        if not self._progress:
            self._progress = Progress(console=self._console, transient=True)
            self._progress.add_task("", total=None if fraction is None else 1.0)
            self._progress.start()
        rows = f"{self.resumed + self._reasons.total():,} rows"
        self._progress.update(self._progress.task_ids[0], description=rows, completed=fraction)


def drawn(show: Callable[[Console], None]) -> bytes:
    """Return the text that a function prints, with style if standard output is a terminal."""
    file = io.StringIO()
    show(new_console(file=file, force_terminal=sys.stdout.isatty() or None))
    return file.getvalue().encode("utf-8", "replace")


def print_table(
    console: Console,
    predictions: Sequence[Prediction],
    reasons: Sequence[str],
    with_sets: bool,
    show: Callable[[str], str],
    codes: Mapping[str, str] | None = None,
) -> None:
    """Print a table with a row per name, or one per label if that would be too wide.

    Args:
        console: The console.
        predictions: The predictions.
        reasons: Why a name has no label, "" for a labelled one.
        with_sets: Whether there is a column of prediction sets.
        show: Returns the text of a name.
        codes: The codes of labels; None for no column of codes.

    """
    top_k = max((len(p.ranked) for p in predictions), default=1) or 1
    widest = max((cell_len(label) for p in predictions for label, _ in p.ranked), default=0)
    of_label = widest + PROBABILITY + (0 if codes is None else CODE)
    of_set = max((cell_len(label) for p in predictions for label in p.candidates), default=-1) + 1
    in_row = top_k if NAME + top_k * of_label + of_set <= console.width else 1
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("name", overflow="fold")
    for _ in range(in_row):
        table.add_column("label", overflow="fold")
        if codes is not None:
            table.add_column("code")
        table.add_column("probability" if in_row == 1 else "prob.", justify="right", no_wrap=True)
    if with_sets:
        needed = NAME + in_row * of_label + of_set + max(map(cell_len, reasons), default=0)
        least = of_set if needed <= console.width else None  # room for the longest label
        table.add_column("possible labels", overflow="fold", min_width=least)
    table.add_column("", no_wrap=True)
    for p, reason in zip(predictions, reasons, strict=True):
        sure = p.probability or 0
        style = "green" if sure >= 0.8 else "yellow" if sure >= 0.5 else "red"
        of_name = [Text(visible(show(p.name)))]  # as Text, since brackets in a name are not markup
        in_set = [Text(", ".join(p.candidates), "dim")] if with_sets else []
        for start in range(0, max(len(p.ranked), 1), in_row):
            cells = []
            for label, probability in p.ranked[start : start + in_row]:
                shown = label if p.label else ""
                cells.append(Text(shown, style))
                if codes is not None:
                    cells.append(Text(codes.get(shown, ""), style))
                cells.append(Text(f"{probability:.3f}", style))
                style = "dim"
            cells += [Text("")] * (in_row * (2 if codes is None else 3) - len(cells))
            table.add_row(*of_name, *cells, *in_set, Text("" if start else reason, "dim"))
            of_name, in_set = [Text("")], [Text("")] * len(in_set)
    console.print(table)


def print_explanation(explanation: Explanation, console: Console) -> None:
    """Print the labels with bars, then the words and letters with their evidence."""
    prediction = explanation.prediction
    if prediction.label is None:
        name = prediction.name if prediction.name and not prediction.name.isspace() else "the name"
        console.print(Text(f"{name}: no label: {prediction.reason}"))
        return
    shown = [
        pair for pair in prediction.ranked if pair[1] >= LOWEST_PROBABILITY
    ] or prediction.ranked[:1]
    widest = max(len(label) for label, _ in shown)
    for label, probability in shown:
        bar = "█" * round(BAR * probability)
        console.print(Text(f"{label:<{widest}}  {probability:.3f}  "), Text(bar, "green"), sep="")
    console.print()
    label = prediction.label
    caption = f"evidence for (+) or against (-) {label}, in log-odds (+0.7 doubles the odds):"
    console.print(Text(caption, "dim"), soft_wrap=True)
    if explanation.words:
        _print_evidence(explanation.words, console)
        console.print()
    _print_evidence(explanation.letters, console)


def _print_evidence(evidence: Evidence, console: Console) -> None:
    """Print words or letters in columns, each above its evidence."""
    cells = [f"{value:+z.1f}" for _, value in evidence]
    shown = [text if text.isprintable() else "·" for text, _ in evidence]
    width = max(map(cell_len, [*cells, *shown]), default=0) + 1
    in_row = max(1, console.width // width)
    for start in range(0, len(cells), in_row):
        above, below = Text(), Text(style="dim")
        for i in range(start, min(start + in_row, len(cells))):
            value = evidence[i][1]
            is_coloured = abs(value) > LOWEST_EVIDENCE
            style = ("bold green" if value > 0 else "red") if is_coloured else ""
            # In cells of the terminal: a character of Han or Hangul takes two, a mark none.
            above.append(" " * (width - cell_len(shown[i])) + shown[i], style)
            below.append(cells[i].rjust(width))
        console.print(above)
        console.print(below)
