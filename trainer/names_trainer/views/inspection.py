"""The view of an artifact: a summary, or everything."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from names_trainer.export.inspection import COVERAGE, Inspection
from names_trainer.views.tables import new_table

CONFUSIONS_SHOWN = 3
LABELS_SHOWN = 3
NAMES_OF_TEST = {
    "random": "names, some of them perhaps in training too",
    "grouped": "names, none of them in training",
    "rare": "names, none of them common",
}
"""What the test split holds, by the split strategy."""


def show_inspection(found: Inspection, folder: Path, console: Console) -> None:
    """Print a summary of about twelve lines."""
    named = list(found.labels)
    if len(named) > LABELS_SHOWN + 1:
        named[LABELS_SHOWN:-1] = ["..."]
    short = sum(n for kind, n in found.weights.items() if kind in ("int4", "int8"))
    total = sum(found.weights.values())
    # Only an artifact that a predictor would load can be opened.
    facts = {
        "model": str(folder),
        "labels": f"{len(found.labels):,}: {', '.join(named)}"
        + (f"; {len(found.codes):,} have ISO 639 codes" if found.codes else ""),
        **dict(_quality(found.provenance)),
        **dict(_origin(found.provenance)),
        "size": f"{(found.model_bytes + found.vocab_bytes) / 1e3:,.0f} kB; {total:,} weights"
        + (f", {short / total:.0%} of them in 4 or 8 bits" if short else ""),
        "valid": "yes: both files match their hashes, every operator is allowed",
        "SHA-256": found.sha256,
        "more": "--full: weights, operators, calibration by label, all settings",
    }
    console.print(_facts(facts))


def _quality(provenance: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the metrics of the test split, as far as the provenance has them."""
    test, config = _noted(provenance, "test"), _noted(provenance, "config")
    try:
        yield (
            "correct",
            f"for {test['accuracy']:.0%} of its test split: {test['rows']:,} "
            + NAMES_OF_TEST.get(str(config.get("split")), "names"),
        )
        yield (
            "metrics",
            f"accuracy {test['accuracy']:.4f}, macro-F1 {test['macro_f1']:.4f}, calibration error "
            f"{test['calibration_error']:.3f}",
        )
    except (KeyError, TypeError, ValueError, ArithmeticError):
        yield "correct", "not recorded: names evaluate --data FILE computes it"
        return
    try:
        shown = [
            f"{c['label']} as {c['given']} ({c['number'] / c['of']:.0%})"
            for c in provenance["confusions"][:CONFUSIONS_SHOWN]
        ]
    except (KeyError, TypeError, ValueError, ArithmeticError):
        shown = ["not recorded: names evaluate shows them"]
    yield "confused", ", ".join(shown) or "none"


def _origin(provenance: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the training data and the date, as far as the provenance has them."""
    config, versions = _noted(provenance, "config"), _noted(provenance, "versions")
    places = ("data_dir", "given_dir", "people_dir", "auxiliary_dir")
    named = [str(config[place]) for place in places if config.get(place)]
    yield "trained", f"on {', '.join(named)}" if named else "on data that are not recorded"
    if exported := str(provenance.get("exported", ""))[:10]:
        maker = str(versions.get("names-trainer", "")) or "of an unknown version"
        yield "exported", f"{exported} by names-trainer {maker}"


def _noted(provenance: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return an object of `provenance`, or an empty one: it may hold anything."""
    content = provenance.get(key)
    return content if isinstance(content, Mapping) else {}


def show_full_inspection(found: Inspection, console: Console) -> None:
    """Show the summary, the labels, the operators and the provenance."""
    weights = ", ".join(f"{number:,} {kind}" for kind, number in found.weights.items())
    facts = {
        "model.onnx": f"{found.model_bytes:,} bytes, opset {found.opset}",
        "vocab.json": f"{found.vocab_bytes:,} bytes, schema {found.schema_version}",
        "SHA-256": found.sha256,
        "weights": weights,
        "labels": f"{len(found.labels):,}",
        "characters": f"{found.characters:,}, normalised by {found.normalisation}",
        "longest name": f"{found.max_length:,} characters",
        "temperatures": ", ".join(f"{one:.4f}" for one in found.temperatures),
        "operators": ", ".join(f"{name} {number}" for name, number in found.operators.items()),
    }
    _show("artifact", facts, console)
    group_of = {label: i for i, group in enumerate(found.conformal) for label in group.labels}
    table = new_table(
        "label", "share in training", "calibrated on", "labels together", f"in {COVERAGE:.0%} set"
    )
    for label, prior in found.labels.items():
        group = found.conformal[group_of[label]]
        table.add_row(
            Text(label).append(f" {code}" if (code := found.codes.get(label)) else "", "dim"),
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
    console.print(_facts(facts))
    console.print()


def _facts(facts: Mapping[str, str]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(overflow="fold")
    for key, value in facts.items():
        table.add_row(Text(key, "dim"), Text(value))
    return table


def _flat(content: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Yield the values of nested objects, except empty lists."""
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        elif isinstance(value, list):
            if value:
                yield f"{before}{key}", f"{len(value)} entries (--json shows them)"
        else:
            yield f"{before}{key}", f"{value:.4g}" if isinstance(value, float) else str(value)
