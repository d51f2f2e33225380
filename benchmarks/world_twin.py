"""Train the twin of the bundled model: the same settings, on a split of `world.py --prepare`.

    python benchmarks/world_twin.py artifacts/yardstick

It takes as long as `names release`. The model is written to the folder `twin` of the split.
"""

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from names_trainer.config import TrainConfig
from names_trainer.export.export import export
from names_trainer.export.release import RELEASE
from names_trainer.pipeline import fit
from names_trainer.runs.run import Run
from names_trainer.views.training import TrainingView


def like_bundled(surnames: Path, given: Path, people: Path) -> TrainConfig:
    """Return the settings of the bundled model for other data."""
    return replace(RELEASE, data_dir=str(surnames), given_dir=str(given), people_dir=str(people))


def train_model(config: TrainConfig, folder: Path, console: Console) -> None:
    """Train a model and export it to `folder` in 8 bits."""
    with tempfile.TemporaryDirectory() as runs:
        run = Run.create(Path(runs), config, folder.name)
        with TrainingView(run, console, shows_test=False) as view:
            fit(run, view, jobs=2)
        export(run, folder, int8=True)


def main() -> None:
    """Train the twin of a split."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="one of world.py --prepare")
    folder = parser.parse_args().folder
    config = like_bundled(folder / "surnames", folder / "given", folder / "people")
    train_model(config, folder / "twin", Console())


if __name__ == "__main__":
    main()
