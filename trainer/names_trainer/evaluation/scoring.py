"""Score any run or artifact on any labelled names, seen names apart from unseen ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from names_predictor.artifact.store import read_artifact
from names_predictor.conformal import prediction_sets, thresholds
from names_predictor.errors import NamesError
from names_predictor.inference.predictor import NamePredictor, Probabilities
from names_trainer.config import TrainConfig
from names_trainer.data.corpus import Row, read_corpus
from names_trainer.data.dataset import Task
from names_trainer.data.sources import Source
from names_trainer.evaluation.calibration import calibrate, calibrated_on
from names_trainer.metrics import (
    Bin,
    Floats,
    Targets,
    calibration_noise,
    confusion_matrix,
    evaluate,
)
from names_trainer.models.lstm import logits_of
from names_trainer.runs.run import Run

RESAMPLES = 2000
CELLS_AT_ONCE = 1 << 24
"""Cells of confusion matrices that are drawn at once: with hundreds of labels they are large."""


@dataclass(frozen=True)
class LabelScore:
    """Figures of the rows of one label."""

    label: str
    precision: float
    recall: float
    f1: float
    coverage: float
    rows: int


@dataclass(frozen=True)
class Score:
    """Figures of some rows; intervals are 95 % percentile bootstrap intervals over the rows.

    `calibration_noise` is the calibration error that chance alone would give. `coverage` is how
    often the prediction set held the right label, `set_size` how many labels it held on average,
    `per_label` both by label, with the label's precision, recall and F1.
    """

    part: str
    rows: int
    accuracy: float
    accuracy_interval: tuple[float, float]
    top3_accuracy: float
    macro_f1: float
    macro_f1_interval: tuple[float, float]
    loss: float
    calibration_error: float
    calibration_noise: float
    coverage: float
    set_size: float
    per_label: tuple[LabelScore, ...]
    reliability: tuple[Bin, ...]


@dataclass(frozen=True)
class Measurement:
    """Scores of all rows, of those whose name was learnt, and of the others.

    Learnt is a name of the training part or of the other lists that teachers learnt from.
    `asked_coverage` is what the prediction sets were made for. `unknown_labels` counts rows left
    out because the model does not have their label. Without the training names at hand there is
    the score of all rows alone. The model was calibrated on `calibration_names` names, of which it
    labels `calibration_wrong` wrongly (None: not known).
    """

    scores: tuple[Score, ...]
    asked_coverage: float
    unknown_labels: int
    calibration_names: int
    calibration_wrong: int | None


def measure_run(run: Run, source: Source | None, coverage: float) -> Measurement:
    """Score the best epoch of `run` on its own test part, or on all rows of `source`."""
    rows, left_out = _rows(run.task.split.test, source, run.task.labels)
    data = run.task.encode(rows)
    calibration = calibrate(run)
    logits = logits_of(run.best_model(), data.ids, data.words)
    probabilities = (logits / calibration.temperature).softmax(dim=1).numpy()
    least = thresholds(calibration.groups, len(run.task.labels), coverage)
    scores = scores_of(rows, probabilities, least, run.task.labels, run.task)
    return Measurement(scores, coverage, left_out, calibration.names, calibration.wrong)


def measure_artifact(folder: Path, source: Source | None, coverage: float) -> Measurement:
    """Score an exported artifact through the predictor, as `measure_run` does.

    A row that the predictor will not label counts as labelled wrong.
    """
    artifact = read_artifact(folder)
    task = task_of(artifact.vocab.provenance)
    if task is None and source is None:
        raise NamesError(
            f"{folder}: the names it was trained on, or the other lists it learnt from, are not "
            "where they were: name other labelled names with --data"
        )
    labels = artifact.vocab.labels
    rows, left_out = _rows(task.split.test if task else (), source, labels)
    probabilities, _ = answers(NamePredictor(artifact), rows)
    least = thresholds(artifact.vocab.groups, len(labels), coverage)
    scores = scores_of(rows, probabilities, least, labels, task)
    return Measurement(scores, coverage, left_out, *calibrated_on(artifact.vocab))


def answers(predictor: NamePredictor, rows: Sequence[Row]) -> tuple[Probabilities, int]:
    """Return what the predictor says of `rows`, and how many of them it will not label.

    The probabilities [rows, labels + 1] have a last column for no label, the likeliest of such a
    row; its right label is the least likely one by a hair.
    """
    size = len(predictor.labels)
    probabilities = np.zeros((len(rows), size + 1), dtype=np.float32)
    probabilities[:, :size] = predictor.predict_proba([row.name for row in rows])
    unlabelled = np.flatnonzero(np.isnan(probabilities[:, 0]))
    probabilities[unlabelled] = 1 / size
    probabilities[unlabelled, size] += np.float32(1e-6)
    probabilities[unlabelled, targets_of(rows, predictor.labels)[unlabelled]] -= np.float32(1e-6)
    return probabilities, len(unlabelled)


def task_of(provenance: Mapping[str, Any]) -> Task | None:
    """Return the corpus and split that an artifact comes from, if they are still there."""
    try:
        task = Task.of(TrainConfig(**provenance["config"]))
        same = task.split.fingerprint() == provenance["split_fingerprint"]
    except (NamesError, KeyError, TypeError):
        return None
    return task if same else None


def _rows(
    own: Sequence[Row], source: Source | None, labels: Sequence[str]
) -> tuple[list[Row], int]:
    rows = list(own) if source is None else read_corpus(source)
    wanted = set(labels)
    known = [row for row in rows if row.label in wanted]
    if source and not known:
        raise NamesError(f"{source.path}: none of its labels is one of the model's")
    return known, len(rows) - len(known)


def targets_of(rows: Sequence[Row], labels: Sequence[str]) -> Targets:
    """Return the rows' labels [rows] as ids into `labels`."""
    number = {label: i for i, label in enumerate(labels)}
    return np.array([number[row.label] for row in rows], dtype=np.int64)


def scores_of(
    rows: Sequence[Row],
    probabilities: Probabilities,
    least: Probabilities,
    labels: tuple[str, ...],
    task: Task | None,
) -> tuple[Score, ...]:
    """Score all rows and, where `task` tells them apart, those seen in training and the others."""
    targets = targets_of(rows, labels)
    parts: dict[str, npt.NDArray[np.bool_]] = {"all": np.ones(len(rows), dtype=np.bool_)}
    if task:
        trained = {row.name for row in (*task.split.train, *task.auxiliary)}
        seen = np.array([row.name in trained for row in rows], dtype=np.bool_)
        parts |= {"seen in training": seen, "not seen": ~seen}
    return tuple(
        score(part, probabilities[chosen], targets[chosen], least, labels)
        for part, chosen in parts.items()
        if chosen.any()
    )


def score(
    part: str,
    probabilities: Probabilities,
    targets: Targets,
    least: Probabilities,
    labels: tuple[str, ...],
) -> Score:
    """Score `probabilities` [rows, labels] against `targets` [rows].

    `least` [labels] are the thresholds of the prediction sets. A last column of `probabilities`
    more than there are labels stands for no label.

    Resampling rows only changes how often each (true, predicted) pair occurs, so the bootstrap
    draws confusion matrices from a multinomial distribution: the same thing, much faster.
    """
    figures = evaluate(probabilities, targets, (*labels, "no label")[: probabilities.shape[1]])
    confusion = confusion_matrix(targets, probabilities.argmax(axis=1), probabilities.shape[1])
    generator = np.random.default_rng(0)
    sums = []
    at_once = max(1, CELLS_AT_ONCE // confusion.size)
    for start in range(0, RESAMPLES, at_once):
        draws = generator.multinomial(
            len(targets), confusion.ravel() / len(targets), size=min(at_once, RESAMPLES - start)
        ).reshape(-1, *confusion.shape)
        hits = draws.diagonal(axis1=1, axis2=2).copy()
        sums.append((hits, draws.sum(axis=2), draws.sum(axis=1)))
    hits, support, predicted = map(np.concatenate, zip(*sums, strict=True))
    f1 = np.where(support > 0, 2 * hits / np.maximum(support + predicted, 1), np.nan)
    best3 = np.argsort(-probabilities, axis=1, kind="stable")[:, :3]
    sets = prediction_sets(probabilities[:, : len(labels)], least)
    covered = sets[np.arange(len(targets)), targets]
    held = np.bincount(targets, weights=covered, minlength=len(labels))
    return Score(
        part=part,
        rows=len(targets),
        accuracy=figures.accuracy,
        accuracy_interval=_interval(hits.sum(axis=1) / len(targets)),
        top3_accuracy=float((best3 == targets[:, None]).any(axis=1).mean()),
        macro_f1=figures.macro_f1,
        macro_f1_interval=_interval(np.nanmean(f1, axis=1)),
        loss=figures.loss,
        calibration_error=figures.calibration_error,
        calibration_noise=calibration_noise(probabilities),
        coverage=float(covered.mean()),
        set_size=float(sets.sum(axis=1).mean()),
        per_label=tuple(
            LabelScore(
                f.label, f.precision, f.recall, f.f1, float(n / max(f.support, 1)), f.support
            )
            for f, n in zip(figures.per_label[: len(labels)], held, strict=True)
        ),
        reliability=figures.reliability,
    )


def _interval(values: Floats) -> tuple[float, float]:
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)
