"""An artifact as a person sees it."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from names_trainer.export.inspection import COVERAGE, Inspection


def show_inspection(found: Inspection, console: Console) -> None:
    """Show the facts, the labels, the operators, and what the maker wrote down."""
    weights = ", ".join(f"{number:,} {kind}" for kind, number in found.weights.items())
    facts = {
        "model.onnx": f"{found.model_bytes:,} bytes, opset {found.opset}",
        "vocab.json": f"{found.vocab_bytes:,} bytes, schema {found.schema_version}",
        "SHA-256": found.sha256,
        "weights": weights,
        "labels": f"{len(found.labels):,}",
        "characters": f"{found.characters:,}, normalised by {found.normalisation}",
        "longest name": f"{found.max_length:,} characters",
        "temperature": f"{found.temperature:.4f}",
        "operators": ", ".join(f"{name} {number}" for name, number in found.operators.items()),
    }
    _show("artifact", facts, console)
    group_of = {label: i for i, group in enumerate(found.conformal) for label in group.labels}
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("label", overflow="fold")
    for title in (
        "share in training",
        "calibrated on",
        "labels together",
        f"in {COVERAGE:.0%} set",
    ):
        table.add_column(title, justify="right")
    for label, prior in found.labels.items():
        group = found.conformal[group_of[label]]
        table.add_row(
            Text(label),
            f"{prior:.2%}",
            f"{group.rows:,}",
            f"{len(group.labels):,}",
            f"from {group.threshold:.3f}",
        )
    console.print(table)
    console.print()
    _show("provenance", dict(_flat(found.provenance)), console)


def _show(title: str, facts: Mapping[str, str], console: Console) -> None:
    console.print(Text(title, "bold"))
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(overflow="fold")
    for key, value in facts.items():
        table.add_row(Text(key, "dim"), Text(value))
    console.print(table)
    console.print()


def _flat(content: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Yield the values of nested objects; an empty list is left out."""
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        elif isinstance(value, list):
            if value:
                yield f"{before}{key}", f"{len(value)} entries (--json shows them)"
        else:
            yield f"{before}{key}", f"{value:.4g}" if isinstance(value, float) else str(value)
