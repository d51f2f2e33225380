"""Write the table of languages.md: `python docs/languages.py`, or with a run `... RUN`.

Labels, codes and shared surnames are those of data/labels.csv. With the folder of a run that
`names release` made, the last column is measured anew: what the bundled model predicts for the
run's test names instead of their label. Without one it stays.
"""

import csv
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path

PAGE = Path(__file__).with_name("languages.md")
LABELS = PAGE.parents[1] / "data" / "labels.csv"
MARK = "<!-- python docs/languages.py -->\n"
HEAD = ("label", "ISO 639-3", "what it holds", "same surnames", "predicted instead")
MOST = 3
LEAST_NAMES, LEAST_RATE = 2, 0.05
"""A wrong label that is rarer than this among the test names is not listed."""


def measured(folder: Path) -> dict[str, str]:
    """Return the most frequent wrong labels of each label's test names, with their rates."""
    from names_predictor import NamePredictor
    from names_trainer.runs.run import Run

    rows = Run.open(folder).dataset.split.test
    predicted = NamePredictor.load().label([row.name for row in rows])
    wrong: dict[str, Counter[str]] = defaultdict(Counter)
    for row, label in zip(rows, predicted, strict=True):
        if label is not None and label != row.label:
            wrong[row.label][label] += 1
    cells = {}
    for label, names in Counter(row.label for row in rows).items():
        found = [
            f"{other} {100 * number / names:.0f}\N{NO-BREAK SPACE}%"
            for other, number in sorted(wrong[label].items(), key=lambda pair: (-pair[1], pair[0]))
            if number >= LEAST_NAMES and number / names >= LEAST_RATE
        ]
        cells[label] = ", ".join(found[:MOST]) and f"{', '.join(found[:MOST])} (of {names:,})"
    return cells


def written(page: str) -> dict[str, str]:
    """Return the last column of the page, by label."""
    rows = [line.split("|") for line in page.splitlines() if line.startswith("| ")]
    return {row[1].strip(): row[-2].strip() for row in rows[1:]}


def table(predicted: Mapping[str, str]) -> str:
    """Return a Markdown table with a row a label."""
    lines = [f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|"]
    with LABELS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            label, shared = row["label"], ", ".join(row["neighbours"].split())
            cells = (label, row["iso639_3"], row["holds"], shared, predicted.get(label, ""))
            lines.append(f"| {' | '.join(cells)} |".replace("  ", " "))
    return "\n".join(lines) + "\n"


def main() -> None:
    """Replace the table, which is the end of the page."""
    prose, _, old = PAGE.read_text(encoding="utf-8").partition(MARK)
    predicted = measured(Path(sys.argv[1])) if sys.argv[1:] else written(old)
    PAGE.write_text(f"{prose}{MARK}\n{table(predicted)}", encoding="utf-8")


if __name__ == "__main__":
    main()
