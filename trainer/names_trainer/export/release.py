"""Train and export the model that comes with names-predictor."""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from names_predictor.artifact.store import Artifact
from names_trainer.config import TrainConfig
from names_trainer.data.label_table import label_codes
from names_trainer.export.export import export
from names_trainer.export.parity import Parity, ParityError
from names_trainer.observer import Observer
from names_trainer.pipeline import fit
from names_trainer.runs.run import Run

RELEASE = TrainConfig(
    data_dir="data/world/surnames",
    given_dir="data/world/given",
    people_dir="data/people-world",
    split="rare",
    count_power=0.65,
    label_power=0.2,
    forms=0.4,
    embedding_dim=48,
    hidden_dim=96,
    ngrams=5,
    ngram_rows=32_768,
    ngram_dim=64,
    ngram_dropout=0.3,
    dropout=0.1,
    teachers=2,
    learning_rate=0.008,
    schedule="one-cycle",
    batch_size=512,
    num_epochs=64,
    int8_weights=True,
)
"""Settings of the bundled model, chosen on the validation split."""


def release(
    folder: Path, view: Callable[[Run], AbstractContextManager[Observer]], jobs: int
) -> tuple[Artifact, Parity]:
    """Train a run with the settings `RELEASE` and export it, in 8 bits if `check_rounding` passes.

    With `SOURCE_DATE_EPOCH` set, equal machines and packages give equal files.

    Args:
        folder: Folder of the artifact.
        view: Returns the observer of the run.
        jobs: Number of teachers trained in parallel.

    Raises:
        ParityError: The parity gate fails.

    """
    with TemporaryDirectory() as runs:
        run = Run.create(Path(runs), RELEASE, "release")
        label_codes(run.dataset.labels, run.config.source.path)  # a wrong table is an error now
        with view(run) as observer:
            fit(run, observer, jobs)
        with suppress(ParityError):
            return export(run, folder, int8=True)
        return export(run, folder)
