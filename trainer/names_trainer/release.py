"""The released model: its settings, and how it is made from them."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from names_predictor.artifact import Artifact
from names_trainer.config import BEST, TrainConfig
from names_trainer.export import Parity, ParityError, export
from names_trainer.runs import Run
from names_trainer.training import test

RELEASE: TrainConfig = replace(BEST, hidden_dim=256, ngrams=0, full_names=150_000)
"""What the model that comes with names-predictor is trained with.

Its state is larger than that of `BEST`, since it has 46 labels and full names to tell; it has no
table of n-grams, which would be most of a model that everyone gets.
"""


def release(folder: Path, watch: Callable[[Run], object]) -> tuple[Artifact, Parity]:
    """Train `RELEASE` from scratch, `watch` doing it, and export it with its card to `folder`.

    It computes in 8 bits where the gate of such an export lets it. With `SOURCE_DATE_EPOCH` set,
    one kind of machine and the pinned packages give the same three files again. Raises
    `ParityError` as `export` does.
    """
    with TemporaryDirectory() as runs:
        run = Run.create(Path(runs), RELEASE, "release")
        watch(run)
        test(run)
        with suppress(ParityError):
            return export(run, folder, int8=True)
        return export(run, folder)
