"""Average the metrics of `world.py` over several splits, that is, sets of held-out words.

    python benchmarks/world_splits.py artifacts/yardstick artifacts/yardstick?

Each folder is one of `world.py --prepare`, with trained rivals and the model of `world_twin.py`. It
prints the means over the splits, and the paired differences in accuracy with 95 % intervals.
"""

import argparse
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from rich.console import Console
from scipy import stats
from world import LISTS, PERSON_FORMS, ROOT, SURNAME_FORMS, all_labels, table
from world_metrics import (
    Metrics,
    artifact,
    bootstrap,
    known_metrics,
    metrics,
    probabilities,
    read_known,
    right_labels,
)
from world_rivals import rivals
from world_split import HAN_SETS, TEST_SETS, read_lines

NO_DIACRITICS = "no diacritics"
FIELDS = ("accuracy", "macro_f1", "top3", "loss", "calibration_error", "sure_accuracy")


class Evaluated(NamedTuple):
    """The metrics of a classifier on a test set, and which names it labels correctly."""

    metrics: Metrics
    right: npt.NDArray[np.bool_]
    bare: float
    """Accuracy without diacritics."""


def evaluate(folder: Path, labels: Sequence[str]) -> dict[tuple[str, str], Evaluated]:
    """Evaluate the twin and the rivals of a split; return their metrics by test set and name."""
    found = {}
    for test_set in TEST_SETS:
        alone = test_set == "test-surnames"
        forms = SURNAME_FORMS if alone else PERSON_FORMS
        written = forms["surname" if alone else "given-surname"]
        lines = list(read_lines(folder / test_set, 1 if alone else 2))
        targets = np.array([labels.index(line.label) for line in lines])
        for classifier in (artifact(folder / "twin"), *rivals(folder)):
            in_form = [
                probabilities(classifier, [form(line) for line in lines], labels)
                for form in (written, forms[NO_DIACRITICS])
            ]
            hits = [predictions.argmax(axis=1) == targets for predictions in in_form]
            name = "twin" if classifier.name.endswith("twin") else classifier.name
            found[test_set, name] = Evaluated(
                metrics(in_form[0], targets), hits[0], float(hits[1].mean())
            )
    return found


def print_means(splits: Sequence[dict[tuple[str, str], Evaluated]], console: Console) -> None:
    """Print the means of the metrics over the splits."""
    made = table(
        f"means of {len(splits)} splits",
        *("rows", "accuracy", "macro-F1", "top 3", "loss", "cal. error", "of 0.8+ right"),
        NO_DIACRITICS,
    )
    for test_set, name in splits[0]:
        of_splits = [split[test_set, name] for split in splits]
        rows = " ".join(f"{one.metrics.rows:,}" for one in of_splits)
        values = [np.mean([getattr(one.metrics, field) for one in of_splits]) for field in FIELDS]
        bare = np.mean([one.bare - one.metrics.accuracy for one in of_splits])
        made.add_row(f"{test_set}, {name}", rows, *(f"{v:.3f}" for v in values), f"{bare:+.3f}")
    console.print(made)


def cell(gap: float, low: float, high: float) -> str:
    """Return a difference with its interval."""
    return f"{gap:+.2f} ({low:.2f} to {high:.2f})"


def print_differences(splits: Sequence[dict[tuple[str, str], Evaluated]], console: Console) -> None:
    """Print the differences in accuracy between the twin and each rival, by split and in the mean.

    The interval of a split is that of its names, by bootstrap; that of the mean is Student's t over
    the splits, which differ in their names and in the training of all classifiers.
    """
    columns = (*(f"split {number + 1}" for number in range(len(splits))), "mean")
    made = table("the twin's accuracy minus that of a rival, points, 95 % intervals", *columns)
    for test_set, name in splits[0]:
        if name == "twin":
            continue
        cells, gaps = [], []
        for number, split in enumerate(splits):
            ours, theirs = split[test_set, "twin"], split[test_set, name]
            gaps.append(100 * (ours.metrics.accuracy - theirs.metrics.accuracy))
            draws = 100 * bootstrap(ours.right, theirs.right, number)
            cells.append(cell(gaps[-1], *np.percentile(draws, [2.5, 97.5])))
        mean = float(np.mean(gaps))
        reach = stats.sem(gaps) * stats.t.ppf(0.975, len(gaps) - 1)
        cells.append(cell(mean, mean - reach, mean + reach))
        made.add_row(f"{test_set}, {name}", *cells)
    console.print(made)


def print_known(folders: Sequence[Path], labels: Sequence[str], console: Console) -> None:
    """Print the means on common names and on names in Han characters."""
    values: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for folder in folders:
        for classifier in (artifact(folder / "twin"), *rivals(folder)):
            row = values["twin" if classifier.name.endswith("twin") else classifier.name]
            for kind, file in LISTS.items():
                known = read_known(ROOT / file)
                names = [one.name for one in known]
                predictions = probabilities(classifier, names, labels)
                found = known_metrics(predictions, right_labels(known, labels))
                row[f"common {kind}"].append(found.right / found.rows)
                row[f"{kind} top 3"].append(found.top3 / found.rows)
                row[f"{kind} of 0.8+"].append(found.sure_right / found.sure)
            for name in HAN_SETS:
                lines = list(read_lines(folder / name))
                names = [line.fields[0] for line in lines]
                best = probabilities(classifier, names, labels)[:, :-1].argmax(axis=1)
                hits = [labels[i] == line.label for i, line in zip(best, lines, strict=True)]
                row[name].append(float(np.mean(hits)))
    made = table("means on common names and on names in Han characters", *values["twin"])
    for name, row in values.items():
        made.add_row(name, *(f"{np.mean(of_splits):.3f}" for of_splits in row.values()))
    console.print(made)


def main() -> None:
    """Evaluate the splits and print their means."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    folders = parser.parse_args().folders
    if len(folders) < 2:
        parser.error("give two folders or more")
    console = Console(width=None if Console().is_terminal else 190)
    labels = all_labels()
    splits = [evaluate(folder, labels) for folder in folders]
    print_means(splits, console)
    print_differences(splits, console)
    print_known(folders, labels, console)


if __name__ == "__main__":
    main()
