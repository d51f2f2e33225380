"""Write the table of languages.md: `python docs/languages.py`, or `... --evaluate`.

Labels, codes and shared surnames are those of data/labels.csv. With `--evaluate`, the columns of
predictions are renewed: how often the bundled model is right on the test split of its training, and
what it predicts instead. It needs data/people-world. Without `--evaluate` they stay.
"""

import csv
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path

PAGE = Path(__file__).with_name("languages.md")
LABELS = PAGE.parents[1] / "data" / "labels.csv"
MARK = "<!-- python docs/languages.py -->\n"
HEAD = ("label", "ISO 639-3", "what it holds", "same surnames", "right", "predicted instead")
EVALUATED = 2
"""Number of columns of predictions; they are the last ones."""

MOST = 3
SPACE = "\N{NO-BREAK SPACE}"
LEAST_NAMES, LEAST_RATE = 2, 0.05
"""A wrong label that is rarer than this among the test names is not listed."""


def evaluated() -> dict[str, list[str]]:
    """Return each label's recall on its test names, and its most frequent wrong labels."""
    from names_predictor import NamePredictor
    from names_trainer.data.dataset import Dataset
    from names_trainer.export.release import RELEASE

    rows = Dataset.of(RELEASE).split.test
    predicted = NamePredictor.load().label([row.name for row in rows])
    labels: dict[str, Counter[str | None]] = defaultdict(Counter)
    for row, label in zip(rows, predicted, strict=True):
        labels[row.label][label] += 1
    cells = {}
    for label, counts in labels.items():
        names = counts.total()
        found = [
            f"{other} {percent(number, names)}"
            for other, number in sorted(counts.items(), key=lambda pair: (-pair[1], str(pair[0])))
            if other not in (label, None) and number >= LEAST_NAMES and number / names >= LEAST_RATE
        ]
        right = f"{percent(counts[label], names)} of {names:,}"
        cells[label] = [right.replace(" ", SPACE), ", ".join(found[:MOST])]
    return cells


def percent(number: int, total: int) -> str:
    """Return a fraction as a percentage, with a no-break space."""
    return f"{100 * number / total:.0f}{SPACE}%"


def written(page: str) -> dict[str, list[str]]:
    """Return the columns of predictions of the page, by label."""
    rows = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("| ")]
    return {row[0].strip(): [cell.strip() for cell in row[-EVALUATED:]] for row in rows[1:]}


def table(predicted: Mapping[str, list[str]]) -> str:
    """Return a Markdown table with a row a label."""
    lines = [f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|"]
    with LABELS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            label, shared = row["label"], ", ".join(row["neighbours"].split())
            tail = predicted.get(label, [""] * EVALUATED)
            cells = (label, row["iso639_3"], row["holds"], shared, *tail)
            lines.append(f"| {' | '.join(cells)} |".replace("  ", " "))
    return "\n".join(lines) + "\n"


def main() -> None:
    """Replace the table, which is the end of the page."""
    prose, _, old = PAGE.read_text(encoding="utf-8").partition(MARK)
    predicted = evaluated() if sys.argv[1:] == ["--evaluate"] else written(old)
    PAGE.write_text(f"{prose}{MARK}\n{table(predicted)}", encoding="utf-8")


if __name__ == "__main__":
    main()
