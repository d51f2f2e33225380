"""Measure the calibration of models with few validation names.

    python benchmarks/few_names.py
    python benchmarks/few_names.py --names 30 100 --seeds 200 201

Corpora with --names names per label are drawn from ten languages, from two labels that are easy to
separate, and from the same two with one wrong label in 100. A small model is trained on each and
calibrated twice: with the likeliest temperature and raw thresholds ("before"), and as by
`calibrate` ("now"). Both artifacts are evaluated on 200 other names per label and on random
strings.
"""

import argparse
import random
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from names_predictor.artifact.manifest import Vocab
from names_predictor.artifact.store import Artifact
from names_predictor.conformal import thresholds
from names_predictor.encoding import MAX_LENGTH
from names_predictor.inference.predictor import NamePredictor
from names_predictor.inference.scorer import softmax
from names_trainer.config import Source, TrainConfig
from names_trainer.data.corpus import Row, read_corpus
from names_trainer.data.dataset import Dataset, label_ids
from names_trainer.evaluation.calibration import (
    PSEUDO_NAMES,
    TOLERANCE,
    class_priors,
    conformal_groups,
    fit_temperature,
)
from names_trainer.evaluation.scoring import predictions
from names_trainer.metrics import evaluate, evaluate_in_detail
from names_trainer.models.lstm import NameLSTM, logits_of
from names_trainer.onnx_graph.encoder import to_onnx
from names_trainer.runs.run import Run
from names_trainer.training.loop import train

LANGUAGES = (
    *("Dutch", "English", "French", "German", "Icelandic"),
    *("Irish", "Italian", "Polish", "Slovak", "Spanish"),
)
SYLLABLES = {
    "easy one": ("a", "e", "io", "ua", "oe", "ly"),
    "easy other": ("zak", "tzu", "rex", "xan", "qa"),
}
EASY_NAMES = 8_000
"""Number of names generated per label, with repetitions."""

SWAPPED = 0.01
"""Fraction of the names with a wrong label in the third corpus."""

TEST_NAMES = 200
"""Number of test names per label."""

NONSENSE = 300
"""Number of random strings of 3 to 10 letters."""

COVERAGE = 0.9
WAYS = {"before": (0.0, 0.0), "now": (PSEUDO_NAMES, TOLERANCE)}
"""For each calibration: pseudo-names of the temperature, tolerance of the thresholds."""


class Result(NamedTuple):
    """The results of a calibration of a model."""

    temperature: float
    validation_loss: float
    test_loss: float
    calibration_error: float
    chance: float
    coverage: float
    nonsense: float


def language_rows(data_dir: Path) -> list[Row]:
    """Return the names of the ten languages."""
    return [row for row in read_corpus(Source(data_dir)) if row.label in LANGUAGES]


def easy_rows(swapped: float) -> list[Row]:
    """Return names of two labels without common syllables; a fraction `swapped` is mislabelled."""
    generator = random.Random(0)
    names = {
        "".join(generator.choices(syllables, k=generator.randint(2, 6))): label
        for label, syllables in SYLLABLES.items()
        for _ in range(EASY_NAMES)
    }
    other = dict(zip(SYLLABLES, reversed(SYLLABLES), strict=True))
    return [
        Row(name, other[label] if generator.random() < swapped else label)
        for name, label in names.items()
    ]


def drawn(rows: Sequence[Row], names: int, seed: int) -> tuple[list[Row], list[Row]]:
    """Draw `names` rows per label for a corpus, and `TEST_NAMES` rows with other names."""
    generator = random.Random(seed)
    corpus, rest = [], []
    for label in sorted({row.label for row in rows}):
        of_label = sorted({row for row in rows if row.label == label})
        generator.shuffle(of_label)
        corpus += of_label[:names]
        rest.append(of_label[names:])
    known = {row.name for row in corpus}
    others = ([row for row in of_label if row.name not in known] for of_label in rest)
    return corpus, [row for of_label in others for row in of_label[:TEST_NAMES]]


def nonsense(characters: str) -> list[str]:
    """Return random strings of letters."""
    generator = random.Random(0)
    letters = [character for character in characters if character.isalpha()]
    return [
        "".join(generator.choices(letters, k=generator.randint(3, 10))) for _ in range(NONSENSE)
    ]


def trained(rows: Sequence[Row], seed: int) -> tuple[Dataset, NameLSTM]:
    """Train a small model."""
    config = TrainConfig(hidden_dim=64, embedding_dim=32, num_epochs=10, seed=seed)
    with TemporaryDirectory() as folder:
        run = Run.create(Path(folder), config, rows=rows)
        for _ in train(run):
            pass
        return run.dataset, run.best_model()


def results(dataset: Dataset, model: NameLSTM, test: Sequence[Row]) -> dict[str, Result]:
    """Return the results of each calibration of a model on test rows."""
    data = dataset.encode(dataset.split.validation)
    logits, targets = logits_of(model, data.ids, data.words).numpy(), data.targets.numpy()
    found = {}
    for way, (pseudo_names, tolerance) in WAYS.items():
        temperature = fit_temperature(logits, targets, pseudo_names)
        validation = softmax(logits, temperature)
        vocab = Vocab(
            vocabulary=dataset.vocabulary,
            labels=dataset.labels,
            max_length=MAX_LENGTH,
            temperatures=(temperature,),
            class_priors=tuple(class_priors(dataset)),
            groups=conformal_groups(validation, targets, tolerance),
        )
        predictor = NamePredictor(Artifact(to_onnx(model, vocab), vocab))
        probabilities, _ = predictions(predictor, test)
        lowest = thresholds(vocab.groups, len(vocab.labels), COVERAGE)
        scored = evaluate_in_detail(
            "all", probabilities, label_ids(test, vocab.labels), lowest, vocab.labels
        )
        strings = predictor.predict_proba(nonsense(dataset.vocabulary.characters))
        found[way] = Result(
            temperature,
            evaluate(validation, targets, dataset.labels).loss,
            scored.loss,
            scored.calibration_error,
            scored.calibration_noise,
            scored.coverage,
            float(np.nanmean(strings.max(axis=1))),
        )
    return found


def main() -> None:
    """Train and evaluate all models, and print means over the seeds."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-dir", type=Path, default=Path("data/world/surnames"))
    parser.add_argument("--names", type=int, nargs="+", default=[30, 100, 300, 1000])
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(100, 105)))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    corpora = {
        "10 languages": language_rows(arguments.data_dir),
        "2 easy labels": easy_rows(0.0),
        "easy, 1 % swapped": easy_rows(SWAPPED),
    }
    columns = ("temperature", "validation loss", "test loss", "calibration error", "chance")
    table = Table("corpus", "names a label", "calibrated", box=None)
    for column in (*columns, f"{COVERAGE:.0%} sets hold", "nonsense"):
        table.add_column(column, justify="right")
    console = Console(width=150)
    for corpus, rows in corpora.items():
        for names in arguments.names:
            found: dict[str, list[Result]] = {way: [] for way in WAYS}
            for seed in arguments.seeds:
                with console.status(f"{corpus}, {names} names a label, seed {seed}"):
                    chosen, test = drawn(rows, names, seed)
                    for way, result in results(*trained(chosen, seed), test).items():
                        found[way].append(result)
            for way, of_way in found.items():
                means = Result(*map(mean, zip(*of_way, strict=True)))
                first, *others = (f"{value:.3f}" for value in means)
                table.add_row(corpus, f"{names:,}", way, first, *others)
    console.print(table)
    seeds = len(arguments.seeds)
    console.print(
        f"means over {seeds} seeds; nonsense: the mean probability of the label of {NONSENSE} "
        "random strings",
        highlight=False,
    )


if __name__ == "__main__":
    main()
