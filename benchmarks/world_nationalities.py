"""The published task of name2nat: people of Wikipedia and their nationalities.

Source: Park, "name2nat: a Python package for nationality prediction from a name", 2020, with a
precision at 1 and 5 of 0.551 and 0.868 on a tenth of the names; another tenth is for validation.
"""

import hashlib
import html
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from world_metrics import artifact, ranks_of_right
from world_split import Line, read_lines, write_lines

sys.path.insert(0, str(Path(__file__).parent.parent / "data"))
from world_archives import read_people

HELD_OUT = ("test", "validation")
FOLDS = 10
"""Number of folds, of which the first are `HELD_OUT` and the others are for training."""


def split_of(name: str, seed: int) -> str:
    """Return the split of a name, with all its nationalities."""
    digest = hashlib.blake2b(f"{seed}\t{name}".encode(), digest_size=8).digest()
    fold = int.from_bytes(digest, "big") % FOLDS
    return HELD_OUT[fold] if fold < len(HELD_OUT) else "train"


def write_nationalities(cache: Path, folder: Path, seed: int) -> str:
    """Write folders `train`, `validation` and `test` of label files; return a summary."""

    def lines() -> Iterator[Line]:
        for name, nations in sorted(read_people(cache).items()):
            clean = " ".join(html.unescape(name).partition("(")[0].split())
            for nation in sorted(set(nations)):
                if clean:
                    yield Line((clean,), nation, "")

    by_split: dict[str, list[Line]] = {}
    for line in lines():
        by_split.setdefault(split_of(line.fields[0], seed), []).append(line)
    for split, found in by_split.items():
        write_lines(folder / split, sorted(found))
    written = ", ".join(f"{len(by_split[s]):,} {s}" for s in ("train", *HELD_OUT))
    return f"{written} lines of {len({line.label for line in by_split['train']})} nationalities"


def evaluate_nationalities(model: Path, folder: Path) -> str:
    """Return the precision of an artifact at 1 and 5 on the test split, as text."""
    classifier = artifact(model)
    lines = list(read_lines(folder / "test"))
    predictions = np.nan_to_num(
        np.asarray(classifier.predict_proba([line.fields[0] for line in lines]))
    )
    number = {label: i for i, label in enumerate(classifier.labels)}
    right = np.zeros((len(lines), len(number) + 1), dtype=bool)
    for row, line in enumerate(lines):
        right[row, number.get(line.label, len(number))] = True
    places = ranks_of_right(np.pad(predictions, ((0, 0), (0, 1))), right)
    at = {k: float((places < k).mean()) for k in (1, 5)}
    return (
        f"{classifier.name}: precision at 1 {at[1]:.3f}, at 5 {at[5]:.3f} on {len(lines):,} lines"
        " (published: 0.551, 0.868)"
    )
