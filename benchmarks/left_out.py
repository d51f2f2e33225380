"""Measure the confidence of a model on names of languages that it was not trained on.

    python data/compile_world.py --download --people
    python benchmarks/left_out.py

It trains with the settings of the bundled model, but fewer epochs and without ten labels. For each
of these it prints the fraction of the commonest surnames, and of the people, that get a label with
a probability of at least 0.8.
"""

import argparse
import shutil
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from world_metrics import Classifier, Floats, artifact
from world_rivals import rivals, train
from world_split import Line, read_lines
from world_twin import like_bundled, train_model

from names_trainer.config import TrainConfig

DATA = Path(__file__).parent.parent / "data"
LABELS = [
    "Basque",
    "Finnish",
    "Georgian",
    "Hungarian",
    "Korean",
    "Polish",
    "Tamil",
    "Turkish",
    "Vietnamese",
    "Yoruba",
]
SEED = 1
"""Seed of the rivals."""
SURE = 0.8
COMMONEST = 300


def without(labels: list[str], folder: Path) -> TrainConfig:
    """Copy the corpus without `labels`; return the config to train on it."""
    sources = {"surnames": "world/surnames", "given": "world/given", "people": "people-world"}
    for name, source in sources.items():
        skipped = shutil.ignore_patterns(*(f"{label}.txt" for label in labels))
        shutil.copytree(DATA / source, folder / name, ignore=skipped)
    return like_bundled(*(folder / name for name in sources))


def fraction_sure(predictions: Floats) -> float:
    """Return the fraction of names with a probability of at least `SURE`."""
    return float((np.nan_to_num(predictions).max(axis=1) >= SURE).mean())


def commonest(lines: list[Line]) -> list[str]:
    """Return the names with the most people."""
    ordered = sorted(lines, key=lambda line: -line.weight)[:COMMONEST]
    return [line.fields[0] for line in ordered]


def sure(classifier: Classifier, labels: list[str]) -> Table:
    """Return a table of the fractions for each of `labels`, and their means."""
    table = Table(
        "label", f"surnames at {SURE}+", f"people at {SURE}+", "labelled as", title=classifier.name
    )
    surnames = [x for x in read_lines(DATA / "world" / "surnames") if x.label in labels]
    people = [x for x in read_lines(DATA / "people-world", 2) if x.label in labels]
    fractions: list[tuple[float, float]] = []
    for label in labels:
        names = commonest([line for line in surnames if line.label == label])
        full = [f"{one.fields[1]} {one.fields[0]}" for one in people if one.label == label]
        of_names = classifier.predict_proba(names)
        of_full = fraction_sure(classifier.predict_proba(full)) if full else np.nan
        fractions.append((fraction_sure(of_names), of_full))
        answered = of_names[~np.isnan(of_names).any(axis=1)]  # not of unknown scripts
        best = Counter(classifier.labels[i] for i in answered.argmax(axis=1))
        most, number = best.most_common(1)[0]
        shown = (f"{fraction:.3f}" for fraction in fractions[-1])
        table.add_row(label, *shown, f"{most} {number / len(names):.2f}")
    table.add_row("mean", *(f"{x:.3f}" for x in np.nanmean(np.array(fractions), axis=0)), "")
    return table


def main() -> None:
    """Train without ten labels, and predict their names."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=16)
    parser.add_argument("--labels", nargs="+", default=LABELS)
    parser.add_argument("--rivals", action="store_true", help="train fastText and the SVM, too")
    options = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = replace(without(options.labels, folder), num_epochs=options.epochs)
        if options.rivals:
            train(folder, SEED)
        train_model(config, folder / "model", console)
        for classifier in (artifact(folder / "model"), *rivals(folder)):
            console.print(sure(classifier, options.labels))


if __name__ == "__main__":
    main()
