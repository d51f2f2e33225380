"""The view of a corpus check."""

from collections import Counter
from itertools import combinations

from rich.console import Console
from rich.text import Text

from names_trainer.data.lint import Check
from names_trainer.views.tables import new_table

FINDINGS_SHOWN = 20
PAIRS_SHOWN = 8
LABELS_PAIRED = 50
"""Pairs of a name with more labels are counted among so many: their number is quadratic."""


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
