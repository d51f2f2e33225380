"""Probabilities that mean something: temperature and conformal groups, fitted on validation."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from names_predictor.artifact.manifest import Vocab
from names_predictor.conformal import LabelGroup
from names_predictor.inference.scorer import softmax
from names_predictor.inference.types import Probabilities
from names_trainer.data.dataset import Task
from names_trainer.metrics import Targets
from names_trainer.models.lstm import logits_of
from names_trainer.runs.run import Run

FEWEST_ROWS = 30
"""Validation names that a label needs to be calibrated alone; the others share one group."""

UNSEEN = 0.5
"""Training names that a label counts for which a random split left none of."""

MOST_STORED = 200
"""Probabilities stored a group."""

TOLERANCE = 1e-5
"""The largest difference of a probability between torch and onnxruntime."""

PSEUDO_NAMES = 1.0
"""Names of unknown label that the temperature is fitted to besides the validation names."""

FEW_NAMES = 400
"""Validation names below which a calibration is called rough: the 95 % interval of a share of 400
names reaches up to 5 points to either side."""


@dataclass(frozen=True)
class Calibration:
    """What turns logits into probabilities, and those into sets.

    `label_shares` are the labels' shares of the training names: what `--prior` replaces. It was
    fitted to `names` validation names, `wrong` of which the model labels wrongly.
    """

    temperature: float
    groups: tuple[LabelGroup, ...]
    label_shares: tuple[float, ...]
    names: int
    wrong: int


def calibrate(run: Run) -> Calibration:
    """Fit the best epoch of `run` to its validation part."""
    task = run.task
    data = task.encode(task.split.validation)
    logits = logits_of(run.best_model(), data.ids, data.words).numpy()
    targets = data.targets.numpy()
    temperature = fit_temperature(logits, targets)
    probabilities = softmax(np.asarray(logits / temperature, dtype=np.float32))
    return Calibration(
        temperature,
        conformal_groups(probabilities, targets),
        tuple(drawn_shares(run) if run.config.given_dir else label_shares(task)),
        names=len(targets),
        wrong=int((logits.argmax(axis=1) != targets).sum()),
    )


def rough_note(names: int, wrong: int | None) -> str:
    """Return a sentence about a calibration on `names` validation names, "" where they are many.

    `wrong` of them the model labels wrongly, if that is known.
    """
    if names >= FEW_NAMES:
        return ""
    counted = "1 validation name" if names == 1 else f"{names} validation names"
    of_them = "" if wrong is None else f", {wrong} of them wrong"
    return f"calibrated on {counted}{of_them}: probabilities are rough"


def run_note(run: Run) -> str:
    """Return the `rough_note` of the best epoch of `run`."""
    if len(run.task.split.validation) >= FEW_NAMES:
        return ""
    calibration = calibrate(run)
    return rough_note(calibration.names, calibration.wrong)


def calibrated_on(vocab: Vocab) -> tuple[int, int | None]:
    """Return how many names an artifact was calibrated on, and how many it labels wrongly.

    The second number is None where `provenance`, which may come from anyone, does not have it.
    """
    noted = vocab.provenance.get("calibration")
    wrong = noted.get("wrong") if isinstance(noted, Mapping) else None
    return sum(group.rows for group in vocab.groups), wrong if type(wrong) is int else None


def drawn_shares(run: Run) -> list[float]:
    """Return each label's share of the names that the epochs of `run` draw."""
    draws = run.task.draws(run.config)
    weights = dict(zip(draws.labels, draws.weights, strict=True))
    return [weights[label] / sum(draws.weights) for label in run.task.labels]


def label_shares(task: Task) -> list[float]:
    """Return each label's share of the training names, above 0 for all."""
    counts = Counter(row.label for row in task.split.train)
    return [max(counts[label], UNSEEN) / len(task.split.train) for label in task.labels]


def fit_temperature(
    logits: Probabilities, targets: Targets, pseudo_names: float = PSEUDO_NAMES
) -> float:
    """Return the temperature of the least cross-entropy, for `logits` [rows, labels].

    If a model labels all of a few names correctly, the likeliest temperature makes every answer
    certain. So `pseudo_names` more names count, which look like the average of the others and
    whose label is each one with equal probability: after n names of two labels, all correct, the
    mean probability is (n + 1/2) / (n + 1). Among thousands of names one more changes nothing.

    Sources: Guo et al., "On Calibration of Modern Neural Networks", 2017; targets of a sigmoid
    smoothed by pseudo-observations: Platt, "Probabilistic Outputs for Support Vector Machines",
    1999; one of them, shared by all labels: Perks, "Some Observations on Inverse Probability",
    1947 (for two labels the prior of Jeffreys).
    """
    exact = logits.astype(np.float64)
    exact -= exact.max(axis=1, keepdims=True)
    right = exact[np.arange(len(targets)), targets].sum()
    any_label = exact.mean()

    def loss(log_temperature: float) -> float:
        scale = np.exp(-log_temperature)
        log_sums = np.log(np.exp(exact * scale).sum(axis=1))
        of_names = log_sums.sum() - right * scale
        return float(of_names + pseudo_names * (log_sums.mean() - any_label * scale))

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def conformal_groups(
    probabilities: Probabilities, targets: Targets, tolerance: float = TOLERANCE
) -> tuple[LabelGroup, ...]:
    """Group the labels: each of `FEWEST_ROWS` names alone, the rarer ones together.

    Calibrated apart, a label that the model knows less well gets its share of right sets too; a
    handful of names cannot calibrate anything, so rare labels stand in for one another (a simple
    form of Ding et al., "Class-Conditional Conformal Prediction with Many Classes", 2023).
    `probabilities` are [names, labels]; what is stored is lower by `tolerance`, which another
    runtime may differ by.
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
        # Where most probabilities are nearly 1, nearly every set could lose its label to the last
        # digit of another runtime, or to this rounding, which is downwards too.
        lowered = np.maximum(right - tolerance, 0)
        stored = tuple(float(p) for p in np.floor(lowered * 1e6) / 1e6)
        groups.append(LabelGroup(labels, len(rows), stored))
    return tuple(groups)
