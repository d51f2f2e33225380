"""The published task: people of Wikipedia and their nationalities, as name2nat was measured.

Source: Park, "name2nat: a Python package for nationality prediction from a name", 2020: precision
at 1 and 5 of 0.551 and 0.868 on a tenth of the names, another tenth being for validation.
"""

import hashlib
import html
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from world_figures import artifact, ranks_of_right
from world_split import Line, read_lines, write_lines

sys.path.insert(0, str(Path(__file__).parent.parent / "data"))
from world_archives import read_people

PARTS = ("test", "validation")
SHARE = 10
"""One name in so many is in each of `PARTS`; the others are to train on."""


def part_of(name: str, seed: int) -> str:
    """Return the part that a name is in, with all its nationalities."""
    digest = hashlib.blake2b(f"{seed}\t{name}".encode(), digest_size=8).digest()
    number = int.from_bytes(digest, "big") % SHARE
    return PARTS[number] if number < len(PARTS) else "train"


def write_nationalities(cache: Path, folder: Path, seed: int) -> str:
    """Write folders of label files, `train`, `validation` and `test`; say how many lines."""

    def lines() -> Iterator[Line]:
        for name, nations in sorted(read_people(cache).items()):
            clean = " ".join(html.unescape(name).partition("(")[0].split())
            for nation in sorted(set(nations)):
                if clean:
                    yield Line((clean,), nation, "")

    by_part: dict[str, list[Line]] = {}
    for line in lines():
        by_part.setdefault(part_of(line.fields[0], seed), []).append(line)
    for part, found in by_part.items():
        write_lines(folder / part, sorted(found))
    written = ", ".join(f"{len(by_part[p]):,} {p}" for p in ("train", *PARTS))
    return f"{written} lines of {len({line.label for line in by_part['train']})} nationalities"


def judge_nationalities(model: Path, folder: Path) -> str:
    """Return an artifact's precision at 1 and 5 on the test part."""
    classifier = artifact(model)
    lines = list(read_lines(folder / "test"))
    answers = np.nan_to_num(np.asarray(classifier.answer([line.fields[0] for line in lines])))
    number = {label: i for i, label in enumerate(classifier.labels)}
    right = np.zeros((len(lines), len(number) + 1), dtype=bool)
    for row, line in enumerate(lines):
        right[row, number.get(line.label, len(number))] = True
    places = ranks_of_right(np.pad(answers, ((0, 0), (0, 1))), right)
    at = {k: float((places < k).mean()) for k in (1, 5)}
    return (
        f"{classifier.name}: precision at 1 {at[1]:.3f}, at 5 {at[5]:.3f} on {len(lines):,} lines"
        " (published: 0.551, 0.868)"
    )
