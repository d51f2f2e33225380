"""How a model does on full names, in the forms that files have, beside surnames alone.

Surnames are those of the model's own test part, given names the held-out fifth of `data/given`,
joined as `data/given/orders.toml` says. Every row of the table labels the same names. A name that
the model won't label counts as wrong.

    python benchmarks/full_names.py
    python benchmarks/full_names.py --artifacts my-model --number 50000 --by-label
"""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from names_predictor.artifact import chosen_folder, read_artifact
from names_predictor.model import NamePredictor
from names_trainer.corpus import Row
from names_trainer.evaluation import Figures, evaluate
from names_trainer.full_names import (
    FullName,
    GivenNames,
    full_names,
    is_latin,
    read_given,
    write_name,
)
from names_trainer.measure import answers, targets_of, task_of

SEED = 100


def forms(names: GivenNames) -> dict[str, Callable[[FullName], str]]:
    """Return how a full name is written, by the title of its row in the table."""
    write = partial(write_name, names=names)
    return {
        "surname alone": lambda name: name.surname,
        "given name alone": lambda name: name.given,
        "as the locale writes it": lambda name: write(name, form="as written"),
        "the other order": lambda name: write(name, form="other order"),
        "Surname, Given": lambda name: write(name, form="comma"),
        "IN CAPITALS": lambda name: write(name, form="as written").upper(),
    }


def figures_of(predictor: NamePredictor, rows: list[Row]) -> tuple[Figures, list[Figures]]:
    """Score all rows; then the romanised ones, and those in another script than Latin."""
    probabilities, _ = answers(predictor, rows)
    targets = targets_of(rows, predictor.labels)
    labels = (*predictor.labels, "no label")
    latin = np.array([is_latin(row.name) for row in rows])
    scripted = {row.label for row in rows if not is_latin(row.name)}
    romanised = latin & np.array([row.label in scripted for row in rows])
    parts = [evaluate(probabilities[part], targets[part], labels) for part in (romanised, ~latin)]
    return evaluate(probabilities, targets, labels), parts


def main() -> None:
    """Print a row a form."""
    parser = argparse.ArgumentParser(description="Accuracy on full names.")
    parser.add_argument("--artifacts", type=Path, default=None, help="default: as names-predict")
    parser.add_argument("--given-dir", type=Path, default=Path("data/given"))
    parser.add_argument("--number", type=int, default=20_000, help="full names to make up")
    parser.add_argument("--by-label", action="store_true", help="F1 of each label, too")
    options = parser.parse_args()
    artifact = read_artifact(options.artifacts or chosen_folder())
    task = task_of(artifact.vocab.provenance)
    if task is None:
        parser.error("the names that the model was trained on are not where they were")
    predictor, names = NamePredictor(artifact), read_given(options.given_dir)
    made = full_names(task.split.test, names.test, options.number, SEED)
    console = Console(width=120)
    console.print(
        f"{len(made):,} full names of {len({(n.surname, n.label) for n in made}):,} surnames and "
        f"{len({n.given for n in made}):,} given names"
    )
    table = Table("names", "accuracy", "macro-F1", "romanised", "other scripts", box=None)
    by_label = {}
    for title, write in forms(names).items():
        found, parts = figures_of(predictor, [Row(write(name), name.label) for name in made])
        by_label[title] = [f.f1 for f in found.per_label]
        shares = (found.accuracy, found.macro_f1, *(part.accuracy for part in parts))
        table.add_row(title, *(f"{share:.3f}" for share in shares))
    console.print(table)
    if options.by_label:
        table = Table("F1", *by_label, box=None)
        for label, *scores in zip(predictor.labels, *by_label.values(), strict=False):
            table.add_row(label, *(f"{score:.3f}" for score in scores))
        console.print(table)


if __name__ == "__main__":
    main()
