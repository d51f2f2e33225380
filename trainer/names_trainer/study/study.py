"""Grids of runs: the runs of a study and their results."""

import csv
import hashlib
import io
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from names_predictor.artifact.files import write_atomically
from names_predictor.errors import NamesError
from names_trainer.config import CORPUS, PLACES, Source, SplitStrategy, TrainConfig
from names_trainer.data.corpus import fingerprint, read_counted
from names_trainer.data.label_files import ORDERS, VARIANTS
from names_trainer.data.people import people_files
from names_trainer.metrics import Metrics
from names_trainer.options import check_effects, options
from names_trainer.runs.run import Epoch, best_epoch, epochs_in, metrics_in
from names_trainer.training.jobs import PlannedRun


@dataclass(frozen=True)
class Experiment:
    """A grid: every combination of the values in `grid`, with the options in `settings`."""

    name: str
    grid: dict[str, tuple[Any, ...]]
    settings: dict[str, Any]

    def cells(self) -> list[dict[str, Any]]:
        """Return the combinations, the first option slowest."""
        return [
            dict(zip(self.grid, values, strict=True)) for values in product(*self.grid.values())
        ]


LONGEST_SLUG = 150
"""Bytes of the name of a run or plot before its hash; a file name has 255 bytes at most."""

SPLITS: tuple[SplitStrategy, ...] = ("grouped", "random")
"""The split strategies of a study, unless one is chosen."""

SETTINGS = {"learning_rate": 0.01, "weight_decay": 0.01, "num_epochs": 10}
LAYERS = Experiment(
    "layers",
    {"num_layers": (1, 2), "hidden_dim": (200, 250, 300)},
    SETTINGS | {"batch_size": 32},
)
BATCH_SIZE = Experiment("batch-size", {"batch_size": (10, 20, 30, 40, 1)}, SETTINGS)
BUILT_IN = {"layers": (LAYERS,), "batch-size": (BATCH_SIZE,), "all": (LAYERS, BATCH_SIZE)}


@dataclass(frozen=True)
class StudyRun(PlannedRun):
    """A run of a study, with the name of its experiment and its cell of the grid."""

    experiment: str
    cell: dict[str, Any]

    @property
    def cell_name(self) -> str:
        """The options of the cell, such as `batch-size 30`."""
        return ", ".join(f"{key.replace('_', '-')} {value}" for key, value in self.cell.items())

    @property
    def epoch_cost(self) -> float:
        """Estimate the time of an epoch, relative to other runs on the same names."""
        c = self.config
        weights = 4 * c.hidden_dim * (c.embedding_dim + (2 * c.num_layers - 1) * c.hidden_dim)
        return weights * (1 + 20 / c.batch_size)


def read_experiment(path: Path) -> Experiment:
    """Read a grid from TOML: a table `grid` of lists and an optional table `settings`.

    Raises `NamesError` for anything else than a training option with a valid value.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as problem:
        remedy = "give layers, batch-size, all or a TOML file"
        raise NamesError(f"{path}: cannot be read: {problem.strerror}: {remedy}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as problem:
        raise NamesError(f"{path}: not a study: {problem}") from None
    grid, settings = content.pop("grid", None), content.pop("settings", {})
    if content or not isinstance(grid, dict) or not grid or not isinstance(settings, dict):
        raise NamesError(f"{path}: a study has a table [grid] and, if wanted, one [settings]")
    if both := sorted(grid.keys() & settings.keys()):
        raise NamesError(f"{path}: {both[0]!r} is in [grid] and in [settings]: leave one out")
    known = {field.name for field in options(TrainConfig)} - {"split", "seed"}
    for name in (*grid, *settings):
        if name not in known:
            raise NamesError(
                f"{path}: {name!r} is not an option: choose one of {', '.join(sorted(known))}"
            )
    for name, values in grid.items():
        if not isinstance(values, list) or not values:
            raise NamesError(f"{path}: give the values of {name!r} as a list")
    grid = {name: tuple(values) for name, values in grid.items()}
    experiment = Experiment(path.stem, grid, settings)
    chosen = [settings | cell for cell in experiment.cells()]
    try:
        check_effects(chosen, [TrainConfig(**values) for values in chosen])
    except NamesError as problem:
        raise NamesError(f"{path}: {problem}") from None
    return experiment


def plan(
    experiments: Sequence[Experiment],
    data: Source,
    splits: Sequence[SplitStrategy],
    seeds: Sequence[int],
    folder: Path,
) -> list[StudyRun]:
    """Return every run of the study once, seed by seed.

    A run's folder name has the fingerprints of the data, so a run on other names does not count.
    """
    fingerprint_of = cache(lambda source: fingerprint(*read_counted(source))[:8])
    fingerprint_of_files = cache(_fingerprint_of_files)
    runs: dict[tuple[str, Path], StudyRun] = {}
    for split, seed, experiment in product(splits, seeds, experiments):
        for cell in experiment.cells():
            config = TrainConfig(
                data_dir=str(data.path),
                column=data.column,
                label_column=data.label_column,
                split=split,
                seed=seed,
                **experiment.settings | cell,
            )
            between = "-given-" if config.given_dir else "-"  # or auxiliary data; never both
            corpora = between.join(map(fingerprint_of, config.sources))
            if config.given_dir:
                corpora += f"-{fingerprint_of_files(config.given_dir, config.people_dir)}"
            run_folder = folder / "runs" / f"{corpora}_{slug(config)}"
            run = StudyRun(config, run_folder, experiment.name, cell)
            runs.setdefault((experiment.name, run_folder), run)  # a grid can repeat a value
    return list(runs.values())


def slug(config: TrainConfig) -> str:
    """Return the name of a run, of its main settings and those that are not the defaults.

    A name that is too long for a folder ends in its hash.
    """
    default = asdict(TrainConfig())
    shown = {"split", "num_layers", "hidden_dim", "batch_size", "seed"}
    settings = [
        f"{key.replace('_', '-')}-{value}"
        for key, value in asdict(config).items()
        if key not in PLACES and (key in shown or value != default[key])
    ]
    return shortened("_".join(settings))


def shortened(name: str) -> str:
    """Return `name`, or its beginning and its hash if it is too long for the name of a file."""
    encoded = name.encode()
    if len(encoded) <= LONGEST_SLUG:
        return name
    digest = hashlib.sha256(encoded).hexdigest()[:8]
    return f"{encoded[:LONGEST_SLUG].decode(errors='ignore')}_{digest}"


def _fingerprint_of_files(given_dir: str, people_dir: str) -> str:
    """Return the hash of what full names are composed with besides given names: orders, people."""
    files = [Path(given_dir, ORDERS), Path(given_dir, VARIANTS)]
    if people_dir:
        files += people_files(Path(people_dir))
    digest = hashlib.sha256()
    for path in filter(Path.is_file, files):
        digest.update(f"{path.name}\n{path.stat().st_size}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


def by_cell(runs: Sequence[StudyRun]) -> dict[tuple[str, str, str], list[StudyRun]]:
    """Group runs by experiment, split and cell."""
    groups: dict[tuple[str, str, str], list[StudyRun]] = {}
    for run in runs:
        groups.setdefault((run.experiment, run.config.split, run.cell_name), []).append(run)
    return groups


@dataclass(frozen=True)
class Result:
    """A finished run of a study: its epochs and its test, and a row of `study.csv`."""

    run: StudyRun
    epochs: tuple[Epoch, ...]
    test: Metrics

    def metrics(self) -> dict[str, float]:
        """Return the metrics by name.

        Losses and accuracies of training and validation are the best over the epochs, as in the
        coursework; test metrics are those of the best epoch.
        """
        return {
            "train_loss": min(e.train_loss for e in self.epochs),
            "train_accuracy": max(e.train_accuracy for e in self.epochs),
            "validation_loss": min(e.validation_loss for e in self.epochs),
            "validation_accuracy": max(e.validation_accuracy for e in self.epochs),
            "test_loss": self.test.loss,
            "test_accuracy": self.test.accuracy,
            "test_macro_f1": self.test.macro_f1,
        }

    def row(self) -> dict[str, Any]:
        """Return the values by column; the options follow the experiment."""
        config = self.run.config
        options = {name: value for name, value in asdict(config).items() if name not in CORPUS}
        best = {"best_epoch": best_epoch(self.epochs, config).epoch}
        end = {"folder": self.run.folder.name}
        return {"experiment": self.run.experiment} | options | best | self.metrics() | end


def results(runs: Sequence[StudyRun]) -> list[Result]:
    """Return the results of the finished runs."""
    return [
        Result(run, tuple(epochs_in(run.folder)), test)
        for run in runs
        if (test := metrics_in(run.folder))
    ]


def write_csv(found: Sequence[Result], path: Path) -> None:
    """Write `study.csv`."""
    rows = [result.row() for result in found]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(path, text.getvalue().encode())
