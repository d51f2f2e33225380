"""Evaluate models on common names and on held-out names of the world.

    python benchmarks/world.py --artifact artifacts/world

evaluates artifacts on the commonest surnames and full names of every label, in several written
forms. These names can be in the training names, and no setting is chosen by them. To evaluate on
held-out names:

    python data/compile_world.py --people
    python benchmarks/world.py --prepare artifacts/yardstick --seed 1
    python benchmarks/world.py --held-out artifacts/yardstick --train-rivals
    python benchmarks/world.py --held-out artifacts/yardstick --artifact artifacts/world

`--prepare` writes training data (surnames, given, people) and test data (test-surnames,
test-people with surname and given name held out, test-new-surname). `--installed` evaluates other
packages too. For the published dataset of 176 nationalities, the first command writes the data,
the second evaluates a model:

    python benchmarks/world.py --nationalities artifacts/nationalities
    python benchmarks/world.py --nationalities artifacts/nationalities --artifact FOLDER
"""

import argparse
import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from world_installed import installed
from world_metrics import (
    FORMS,
    FULL_NAME_FORMS,
    SURE,
    Classifier,
    Floats,
    Known,
    artifact,
    interval,
    known_metrics,
    metrics,
    people_weights,
    probabilities,
    ranks_of_right,
    read_clear,
    read_known,
    right_labels,
    spelt,
)
from world_nationalities import evaluate_nationalities, write_nationalities
from world_rivals import rivals, train
from world_split import HAN_SETS, TEST_SETS, Line, plain, prepare, read_lines

ROOT = Path(__file__).parent
DATA = ROOT.parent / "data"
LISTS = {"surnames": "common_names.csv", "full names": "common_full_names.csv"}
WEAKEST = 12
THRESHOLDS = (0.3, 0.5, 0.7, 0.8, 0.9)

PERSON_FORMS: dict[str, Callable[[Line], str]] = {
    "given-surname": lambda line: f"{line.fields[1]} {line.fields[0]}",
    "surname-given": lambda line: f"{line.fields[0]} {line.fields[1]}",
    "Surname, Given": lambda line: f"{line.fields[0]}, {line.fields[1]}",
    "CAPITALS": lambda line: f"{line.fields[1]} {line.fields[0]}".upper(),
    "no diacritics": lambda line: plain(f"{line.fields[1]} {line.fields[0]}"),
}
SURNAME_FORMS: dict[str, Callable[[Line], str]] = {
    "surname": lambda line: line.fields[0],
    "CAPITALS": lambda line: line.fields[0].upper(),
    "no diacritics": lambda line: plain(line.fields[0]),
}


def table(title: str, *columns: str) -> Table:
    """Return an empty table with right-aligned metrics."""
    made = Table(title=title, title_justify="left")
    for i, column in enumerate(("", *columns)):
        made.add_column(column, justify="right" if i else "left")
    return made


def all_labels() -> list[str]:
    """Return the labels of data/labels.csv."""
    with (DATA / "labels.csv").open(encoding="utf-8", newline="") as file:
        return sorted(row["label"] for row in csv.DictReader(file))


def known_rows(classifier: Classifier, known: Sequence[Known], labels: Sequence[str]) -> list[str]:
    """Return the metrics of a classifier on common names, as the cells of a row."""
    predictions = probabilities(classifier, [one.name for one in known], labels)
    found = known_metrics(predictions, right_labels(known, labels))
    sure = f"{found.sure_right / found.sure:.3f}" if found.sure else "-"
    return [
        f"{found.rows:,}",
        f"{found.right / found.rows:.3f}",
        f"{found.top3 / found.rows:.3f}",
        f"{found.wrong_and_likely:,}",
        f"{found.sure / found.rows:.3f}",
        sure,
    ]


def answerable(classifier: Classifier, known: Sequence[Known]) -> list[Known]:
    """Return the names with a label of the classifier."""
    return [one for one in known if one.labels.intersection(classifier.labels)]


def common(
    classifiers: Sequence[Classifier], labels: Sequence[str], clear: Path, console: Console
) -> None:
    """Print the metrics of each classifier on common names, and their change per written form.

    Args:
        classifiers: What is evaluated.
        labels: All labels.
        clear: Folder of counted surnames, of which those that are clearly of one label count.
        console: Where to print.

    """
    lists = {name: read_known(ROOT / file) for name, file in LISTS.items()}
    more = lists | {"counted surnames": read_clear(clear)}
    columns = ("names", "right", "top 3", "wrong at 0.5+", f"at {SURE}+", "of these right")
    main = table("The commonest names, right if the label is in a name's set", *columns)
    for classifier in classifiers:
        for name, known in more.items():
            title = f"{classifier.name}, {name}"
            main.add_row(title, *known_rows(classifier, known, labels))
            some = answerable(classifier, known)
            if len(some) < len(known):
                main.add_row("  that it has a label for", *known_rows(classifier, some, labels))
    console.print(main)
    limits = table("Names labelled at a threshold, and right of these", *map(str, THRESHOLDS))
    for classifier in classifiers:
        for name, known in more.items():
            predictions = probabilities(classifier, [one.name for one in known], labels)
            hit = ranks_of_right(predictions, right_labels(known, labels)) == 0
            are_sure = [predictions.max(axis=1) >= threshold for threshold in THRESHOLDS]
            rates = [f"{sure.mean():.2f} {hit[sure].mean():.3f}" for sure in are_sure if sure.any()]
            limits.add_row(f"{classifier.name}, {name}", *rates)
    console.print(limits)
    for name, known in lists.items():
        forms = FORMS if name == "surnames" else FULL_NAME_FORMS
        by_form = table(f"Forms of common {name}: right, of those with a label", *forms)
        for classifier in classifiers:
            some = answerable(classifier, known)
            cells = []
            for form in forms.values():
                written = spelt(some, form)
                predictions = probabilities(classifier, [one.name for one in written], labels)
                cells.append(ranks_of_right(predictions, right_labels(written, labels)) == 0)
            first, *others = (float(cell.mean()) for cell in cells)
            by_form.add_row(classifier.name, f"{first:.3f}", *(f"{x - first:+.3f}" for x in others))
        console.print(by_form)
    for classifier in classifiers:
        weak = []
        known = answerable(classifier, lists["surnames"])
        predictions = probabilities(classifier, [one.name for one in known], labels)
        hit = ranks_of_right(predictions, right_labels(known, labels)) == 0
        for label in sorted(set(labels).intersection(classifier.labels)):
            if any(own := [label in one.labels for one in known]):
                weak.append((float(hit[own].mean()), label))
        weakest = ", ".join(f"{label} {recall:.2f}" for recall, label in sorted(weak)[:WEAKEST])
        console.print(f"{classifier.name}, weakest on common surnames: {weakest}")


def evaluated(
    classifier: Classifier, lines: Sequence[Line], names: Sequence[str], labels: Sequence[str]
) -> tuple[list[str], Floats]:
    """Return the metrics of a classifier on held-out names, as cells, and its probabilities."""
    predictions = probabilities(classifier, names, labels)
    targets = np.array([labels.index(line.label) for line in lines])
    each = metrics(predictions, targets)
    weighted = metrics(
        predictions, targets, people_weights([line.weight for line in lines], targets)
    )
    cells = [
        f"{each.rows:,}",
        *(f"{v:.3f}" for v in (each.accuracy, each.macro_f1, each.top3, each.loss)),
        *(f"{v:.3f}" for v in (each.calibration_error, each.sure, each.sure_accuracy)),
        *(f"{v:.3f}" for v in (weighted.accuracy, weighted.macro_f1, weighted.top3)),
    ]
    return cells, predictions


def held_out(
    folder: Path,
    classifiers: Sequence[Classifier],
    others: Sequence[Classifier],
    labels: Sequence[str],
    console: Console,
) -> None:
    """Print the metrics on held-out names, and the differences from the others with intervals."""
    columns = (
        *("rows", "accuracy", "macro-F1", "top 3", "loss", "cal. error", f"at {SURE}+"),
        *("of these right", "by people: accuracy", "macro-F1", "top 3"),
    )
    for test_set in TEST_SETS:
        alone = test_set == "test-surnames"
        lines = list(read_lines(folder / test_set, 1 if alone else 2))
        right = np.zeros((len(lines), len(labels) + 1), dtype=bool)
        right[np.arange(len(lines)), [labels.index(line.label) for line in lines]] = True
        made = table(test_set, *columns)
        natural: dict[str, Floats] = {}
        for classifier in (*classifiers, *others):
            forms = SURNAME_FORMS if alone else PERSON_FORMS
            for number, (form, written) in enumerate(forms.items()):
                names = [written(line) for line in lines]
                cells, predictions = evaluated(classifier, lines, names, labels)
                made.add_row(f"{classifier.name}, {form}", *cells)
                if not number:
                    natural[classifier.name] = predictions
                    own = [i for i, one in enumerate(lines) if one.label in classifier.labels]
                    if len(own) < len(lines):
                        cells, _ = evaluated(
                            classifier, [lines[i] for i in own], [names[i] for i in own], labels
                        )
                        made.add_row("  that it has a label for", *cells)
        console.print(made)
        for classifier in classifiers:
            own_labels = [line.label in classifier.labels for line in lines]
            for other in others:
                first, second = (
                    (ranks_of_right(natural[one.name], right) == 0)[own_labels]
                    for one in (classifier, other)
                )
                gap, low, high = (100 * value for value in interval(first, second))
                console.print(
                    f"{classifier.name} against {other.name}, {test_set}: {gap:+.2f} points of "
                    f"accuracy, 95 % {low:+.2f} to {high:+.2f}, {len(first):,} paired rows"
                )


def han(
    folder: Path, classifiers: Sequence[Classifier], labels: Sequence[str], console: Console
) -> None:
    """Print the accuracy on Chinese and Japanese full names in Han characters, without a space."""
    for name in HAN_SETS:
        lines = list(read_lines(folder / name))
        for classifier in classifiers:
            predictions = probabilities(classifier, [line.fields[0] for line in lines], labels)
            hit = [
                labels[n] == one.label
                for n, one in zip(predictions[:, :-1].argmax(1), lines, strict=True)
            ]
            console.print(f"{classifier.name}, {name}, {len(lines)} rows: {np.mean(hit):.3f}")


def main() -> None:
    """Write data, train rivals, or evaluate classifiers."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--artifact", type=Path, nargs="*", default=[], metavar="FOLDER")
    parser.add_argument("--prepare", type=Path, metavar="FOLDER", help="write a split")
    parser.add_argument("--seed", type=int, default=1, help="seed of the split")
    parser.add_argument("--data", type=Path, default=DATA / "world", help="surnames and given")
    parser.add_argument("--people", type=Path, default=DATA / "people-world")
    parser.add_argument("--held-out", type=Path, metavar="FOLDER", help="evaluate on a split")
    parser.add_argument("--train-rivals", action="store_true", help="train rivals on that split")
    parser.add_argument("--installed", action="store_true", help="evaluate other packages too")
    parser.add_argument(
        "--nationalities", type=Path, metavar="FOLDER", help="the published dataset"
    )
    parser.add_argument("--cache", type=Path, default=DATA / "cache", help="package files")
    options = parser.parse_args()
    if options.train_rivals and not options.held_out:
        parser.error("--train-rivals: name the split with --held-out FOLDER")
    console = Console(width=None if Console().is_terminal else 190)
    if options.prepare:
        for name, lines in prepare(
            options.data, options.people, options.prepare, options.seed
        ).items():
            print(f"{lines:,} lines of {name}")
        return
    if options.nationalities:
        if not options.artifact:
            print(write_nationalities(options.cache, options.nationalities, options.seed))
        for folder in options.artifact:
            print(evaluate_nationalities(folder, options.nationalities))
        return
    if options.train_rivals:
        train(options.held_out, int((options.held_out / "seed.txt").read_text()))
    labels = all_labels()
    classifiers = [artifact(folder) for folder in options.artifact or [None]]
    others = rivals(options.held_out) if options.held_out else []
    packages = installed(options.cache) if options.installed else []
    common([*classifiers, *others, *packages], labels, options.data / "surnames", console)
    if options.held_out:
        held_out(options.held_out, classifiers, others, labels, console)
        han(options.held_out, [*classifiers, *others], labels, console)


if __name__ == "__main__":
    main()
