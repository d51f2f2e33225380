"""Probabilities that mean something: temperature and conformal groups, fitted on validation."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from names_predictor.conformal import LabelGroup
from names_predictor.model import Probabilities, softmax
from names_trainer.evaluation import Targets
from names_trainer.model import logits_of
from names_trainer.runs import Run
from names_trainer.task import Task

FEWEST_ROWS = 30
"""Validation names that a label needs to be calibrated alone; the others share one group."""

UNSEEN = 0.5
"""Training names that a label counts for which a random split left none of."""

MOST_STORED = 200
"""Probabilities stored a group."""


@dataclass(frozen=True)
class Calibration:
    """What turns logits into probabilities, and those into sets.

    `label_shares` are the labels' shares of the training names: what `--prior` replaces.
    """

    temperature: float
    groups: tuple[LabelGroup, ...]
    label_shares: tuple[float, ...]


def calibrate(run: Run) -> Calibration:
    """Fit the best epoch of `run` to its validation part."""
    task = run.task
    data = task.encode(task.split.validation)
    logits = logits_of(run.best_model(), data.ids, data.lengths).numpy()
    targets = data.targets.numpy()
    temperature = fit_temperature(logits, targets)
    probabilities = softmax(np.asarray(logits / temperature, dtype=np.float32))
    return Calibration(
        temperature, conformal_groups(probabilities, targets), tuple(label_shares(task))
    )


def label_shares(task: Task) -> list[float]:
    """Return each label's share of the training names, above 0 for all."""
    counts = Counter(row.label for row in task.split.train)
    return [max(counts[label], UNSEEN) / len(task.split.train) for label in task.labels]


def fit_temperature(logits: Probabilities, targets: Targets) -> float:
    """Return the temperature of the least cross-entropy.

    Source: Guo et al., "On Calibration of Modern Neural Networks", 2017.
    """
    exact = logits.astype(np.float64)

    def loss(log_temperature: float) -> float:
        scaled = exact / np.exp(log_temperature)
        scaled -= scaled.max(axis=1, keepdims=True)
        right = scaled[np.arange(len(targets)), targets]
        return float((np.log(np.exp(scaled).sum(axis=1)) - right).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def conformal_groups(probabilities: Probabilities, targets: Targets) -> tuple[LabelGroup, ...]:
    """Group the labels: each of `FEWEST_ROWS` names alone, the rarer ones together.

    Calibrated apart, a label that the model knows less well gets its share of right sets too; a
    handful of names cannot calibrate anything, so rare labels stand in for one another (a simple
    form of Ding et al., "Class-Conditional Conformal Prediction with Many Classes", 2023).
    """
    support = np.bincount(targets, minlength=probabilities.shape[1])
    alone = [(int(label),) for label in np.flatnonzero(support >= FEWEST_ROWS)]
    rare = tuple(np.flatnonzero(support < FEWEST_ROWS).tolist())
    groups = []
    for labels in [*alone, rare] if rare else alone:
        rows = np.flatnonzero(np.isin(targets, labels))
        right = np.sort(probabilities[rows, targets[rows]].astype(np.float64))
        if len(right) > MOST_STORED:
            places = np.linspace(0, len(right) - 1, MOST_STORED)
            right = np.interp(places, np.arange(len(right)), right)
        # Rounded down, so that no set loses a label to the rounding.
        stored = tuple(float(p) for p in np.floor(right * 1e6) / 1e6)
        groups.append(LabelGroup(labels, len(rows), stored))
    return tuple(groups)
