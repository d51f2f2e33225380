"""The view of a corpus check: a line per kind of finding, or every finding."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from names_trainer.data.lines import NO_NAME
from names_trainer.data.lines import REMEDIES as REMEDIES_OF_LINES
from names_trainer.data.lint import Check, Finding
from names_trainer.views.tables import counted, new_table

REMEDIES = {
    **REMEDIES_OF_LINES,
    "blank": "nothing: training skips it",
    NO_NAME: "add names or drop the label",
    "nameless-label": "nothing: it is left out",
    "unusual": "check that it is a name",
    "similar-label": "merge equal labels",
}
"""The remedy for each kind of finding."""

Summary = tuple[Text, str, str, str]
"""A kind of finding, its number of lines, an example and the remedy."""

PAIRS_SHOWN = 8
LABELS_SHOWN = 25
LABELS_PAIRED = 50
"""Labels of a name of which pairs are counted, since their number is quadratic."""


def show_check(check: Check, console: Console, full: bool = False) -> None:
    """Show whether a corpus can be trained on, the findings, and the limits of a model.

    In full, show every finding and every label.
    """
    _show_verdict(check, console)
    summaries = list(_summaries(check))
    if summaries:
        console.print(_finding_table(summaries, console.width))
        console.print()
    if full:
        _show_findings(check, console)
    if full or len(check.labels) <= LABELS_SHOWN:
        console.print(_label_table(check))
        console.print()
    elif check.labels:
        few, many = (f(check.labels, key=lambda row: row.lines) for f in (min, max))
        console.print(
            f"from {few.lines:,} lines ({few.label}) to {many.lines:,} ({many.label}) a label; "
            "--full lists every label",
            markup=False,
        )
    console.print(
        "best accuracy of any classifier that sees the name alone:\n"
        f"[bold]{check.ceiling_lines:.4f}[/bold] over all lines, "
        f"[bold]{check.ceiling_pairs:.4f}[/bold] over distinct pairs\n"
        f"test rows that a random split leaks into training: [bold]{check.leaked:.1%}[/bold] "
        "(--split grouped: none)"
    )


def _show_verdict(check: Check, console: Console) -> None:
    names, labels = (
        counted(check.distinct_names, "distinct name"),
        counted(sum(row.lines > 0 for row in check.labels), "label"),
    )
    sizes = f": {names}, {labels}"
    verdict = Text(f"all {check.lines:,} lines can be used", "green")
    if check.unusable:
        verdict = Text(f"{counted(check.unusable, 'line')} cannot be used", "red")
        sizes = f", {check.lines:,} can{sizes}"
    console.print(verdict + Text(sizes))
    if check.refusal:
        console.print(Text(check.refusal, "red"))
    console.print()


def _finding_table(summaries: Sequence[Summary], width: int) -> Table:
    """Return a table with a line per row; examples are truncated to fit `width`."""
    table = new_table("finding", "lines")
    table.add_column("example")
    table.add_column("what to do")
    kinds, counts, _, remedies = zip(*summaries, strict=True)
    room = width - sum(max(map(len, cells)) + 2 for cells in (["finding", *kinds], remedies))
    room -= max(map(len, ["lines", *counts])) + 2
    for kind, count, example, remedy in summaries:
        shown = Text(example, "dim")
        shown.truncate(max(room, len("example")), overflow="ellipsis")
        table.add_row(kind, count, shown, remedy)
    return table


def _summaries(check: Check) -> Iterator[Summary]:
    """Yield a row per kind of finding, errors first: kind, lines, example, remedy."""
    of_kind: dict[str, list[Finding]] = {}
    for finding in sorted(check.findings, key=lambda finding: finding.harmless):
        of_kind.setdefault(finding.kind, []).append(finding)
    for kind, (first, *others) in of_kind.items():
        style = "yellow" if first.harmless else "red"
        example = f"{Path(first.file).name}:{first.line} {first.detail}"
        remedy = REMEDIES[kind]
        yield Text(kind, style), f"{1 + len(others):,}", example, remedy
    if duplicates := sum(row.duplicates for row in check.labels):
        most = max(check.labels, key=lambda row: row.duplicates)
        example = f"{most.duplicates:,} of {most.label}"
        yield Text("duplicate"), f"{duplicates:,}", example, "nothing: grouped splits drop it"
    if check.shared:
        ((a, b), number), *_ = _pairs(check).most_common(1)
        example = f"{number:,} of {a} and {b}"
        yield Text("two labels"), f"{len(check.shared):,}", example, "nothing: it limits accuracy"


def _show_findings(check: Check, console: Console) -> None:
    """Show every finding, errors first, and the labels with the most names in common."""
    for f in sorted(check.findings, key=lambda finding: finding.harmless):
        place = Text(f"{f.file}:{f.line}: {f.kind} ", "yellow" if f.harmless else "red")
        console.print(place.append(f.detail, "dim"), soft_wrap=True)
    if check.shared:
        pairs = _pairs(check).most_common(PAIRS_SHOWN)
        common = ", ".join(f"{a} and {b} {n}" for (a, b), n in pairs)
        shared = f"names under several labels: {len(check.shared):,} ({common})"
        console.print(shared, markup=False)
    if check.findings or check.shared:
        console.print()


def _pairs(check: Check) -> Counter[tuple[str, str]]:
    """Count the names that two labels have in common."""
    return Counter(
        pair
        for labels in check.shared.values()
        for pair in combinations(list(labels)[:LABELS_PAIRED], 2)
    )


def _label_table(check: Check) -> Table:
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
    return table
