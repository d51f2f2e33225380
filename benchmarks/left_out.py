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
from world_split import Line, read_lines
from world_twin import like_bundled, train_model

from names_predictor.inference.predictor import NamePredictor
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
SURE = 0.8
COMMONEST = 300


def without(labels: list[str], folder: Path) -> TrainConfig:
    """Copy the corpus without `labels`; return the config to train on it."""
    for source in ("world/surnames", "world/given", "people-world"):
        skipped = shutil.ignore_patterns(*(f"{label}.txt" for label in labels))
        shutil.copytree(DATA / source, folder / source, ignore=skipped)
    return like_bundled(folder / "world/surnames", folder / "world/given", folder / "people-world")


def fraction_sure(predictor: NamePredictor, names: list[str]) -> float:
    """Return the fraction of `names` with a probability of at least `SURE`."""
    return float((np.nan_to_num(predictor.predict_proba(names)).max(axis=1) >= SURE).mean())


def commonest(lines: list[Line]) -> list[str]:
    """Return the names with the most people."""
    ordered = sorted(lines, key=lambda line: -line.weight)[:COMMONEST]
    return [line.fields[0] for line in ordered]


def main() -> None:
    """Train without ten labels, and predict their names."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=16)
    parser.add_argument("--labels", nargs="+", default=LABELS)
    options = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        config = replace(without(options.labels, Path(folder)), num_epochs=options.epochs)
        train_model(config, Path(folder) / "model", console)
        predictor = NamePredictor.load(Path(folder) / "model")
    table = Table("label", f"surnames at {SURE}+", f"people at {SURE}+", "labelled as")
    surnames = [x for x in read_lines(DATA / "world" / "surnames") if x.label in options.labels]
    people = [x for x in read_lines(DATA / "people-world", 2) if x.label in options.labels]
    totals: list[tuple[float, float]] = []
    for label in options.labels:
        names = commonest([line for line in surnames if line.label == label])
        full = [f"{one.fields[1]} {one.fields[0]}" for one in people if one.label == label]
        sure = (fraction_sure(predictor, names), fraction_sure(predictor, full) if full else np.nan)
        totals.append(sure)
        most, number = Counter(predictor.label(names)).most_common(1)[0]
        table.add_row(label, *(f"{s:.3f}" for s in sure), f"{most} {number / len(names):.2f}")
    table.add_row("mean", *(f"{s:.3f}" for s in np.nanmean(np.array(totals), axis=0)), "")
    console.print(table)


if __name__ == "__main__":
    main()
