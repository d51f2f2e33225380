"""Calibration: temperatures and conformal groups, fitted to the validation split."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from names_predictor.artifact.manifest import MILLIONTHS, Vocab
from names_predictor.conformal import LabelGroup
from names_predictor.inference.scorer import by_words, softmax
from names_predictor.inference.types import Numbers, Probabilities
from names_trainer.config import TrainConfig
from names_trainer.data.dataset import Dataset
from names_trainer.metrics import Targets
from names_trainer.models.lstm import NameLSTM, logits_of

Weights = npt.NDArray[np.float64]

FEWEST_ROWS = 30
"""Lowest number of validation names of a label that is calibrated separately."""

NO_ROWS = 0.5
"""Assumed number of training rows of a label without any, which a random split can leave."""

NEARLY_0 = 1e-9
"""Lowest weight of a label, as a fraction of the highest: an artifact has no lower priors."""

MOST_STORED = 200
"""Highest number of probabilities that are stored for a group."""

TOLERANCE = 1e-5
"""Highest difference of a probability between torch and onnxruntime."""

PSEUDO_NAMES = 1.0
"""Number of names of unknown label that are added to fit the temperature."""

MOST_TEMPERATURES = 3
"""Names of 1, 2, and 3 or more words have temperatures of their own: the evidence of words adds up,
and so do its errors."""

MOST_PER_LABEL = 500
"""Highest number of names of one number of words for which a label counts in their temperature, in
a model of full names. Large labels are known best, and would make other probabilities too high."""

FEW_NAMES = 400
"""A calibration on fewer names is reported as rough: of 400 names, the 95 % interval of a fraction
reaches up to 5 points to each side."""


@dataclass(frozen=True)
class Calibration:
    """The temperatures, by the number of words, and the conformal groups of a model.

    `class_priors` are the frequencies of the labels in training, which `--prior` replaces. `names`
    is the number of validation names, of which the model labels `wrong` incorrectly.
    """

    temperatures: tuple[float, ...]
    groups: tuple[LabelGroup, ...]
    class_priors: tuple[float, ...]
    names: int
    wrong: int


def calibrate(model: NameLSTM, dataset: Dataset, config: TrainConfig) -> Calibration:
    """Fit temperatures and conformal groups of `model` to the validation split."""
    data = dataset.encode(dataset.split.validation)
    logits = logits_of(model, data.ids, data.words).numpy()
    targets = data.targets.numpy()
    counts = data.counts.numpy()
    temperatures = fit_temperatures(logits, targets, counts, evenly=bool(config.given_dir))
    probabilities = softmax(logits, by_words(temperatures, counts))
    return Calibration(
        temperatures,
        conformal_groups(probabilities, targets),
        tuple(drawn_priors(dataset, config) if config.given_dir else class_priors(dataset)),
        names=len(targets),
        wrong=int((logits.argmax(axis=1) != targets).sum()),
    )


def rough_note(names: int, wrong: int | None) -> str:
    """Return a sentence about a calibration on few names; "" for `FEW_NAMES` or more.

    Args:
        names: Number of validation names.
        wrong: Number of these that the model labels incorrectly; None if unknown.

    """
    if names >= FEW_NAMES:
        return ""
    counted = "1 validation name" if names == 1 else f"{names} validation names"
    of_them = "" if wrong is None else f", {wrong} of them wrong"
    return f"calibrated on {counted}{of_them}: probabilities are rough"


def calibrated_on(vocab: Vocab) -> tuple[int, int | None]:
    """Return the number of names for calibration, and of those that are labelled incorrectly.

    The second number is None if the `provenance`, which anyone can write, does not have it.
    """
    noted = vocab.provenance.get("calibration")
    wrong = noted.get("wrong") if isinstance(noted, Mapping) else None
    return sum(group.rows for group in vocab.groups), wrong if type(wrong) is int else None


def drawn_priors(dataset: Dataset, config: TrainConfig) -> list[float]:
    """Return the frequency of each label among the names of an epoch."""
    return _frequencies(dataset.sampler(config).label_weights, dataset.labels)


def class_priors(dataset: Dataset) -> list[float]:
    """Return the frequency of each label among the training names."""
    return _frequencies(Counter(row.label for row in dataset.split.train), dataset.labels)


def _frequencies(weights: Mapping[str, float], labels: Sequence[str]) -> list[float]:
    """Return the frequencies of labels with `weights`: they sum to 1, and none is nearly 0."""
    missing, lowest = min(NO_ROWS, *weights.values()), NEARLY_0 * max(weights.values())
    found = [max(weights.get(label, missing), lowest) for label in labels]
    total = sum(found)
    return [weight / total for weight in found]


def label_weights(targets: Targets, most: int) -> Weights:
    """Return weights [rows] with which no label counts for more than `most` rows."""
    weights: Weights = np.minimum(1.0, most / np.bincount(targets)[targets])
    return weights


def fit_temperatures(
    logits: Probabilities, targets: Targets, counts: Numbers, evenly: bool
) -> tuple[float, ...]:
    """Return the temperatures of names of 1, 2, ... words; the last is that of more words.

    Neighbours share a temperature until each is that of `FEW_NAMES` names, or there is only one.

    Args:
        logits: The logits, float32 [names, labels].
        targets: The true labels, int64 [names].
        counts: Number of words of each name, int64 [names].
        evenly: Whether a label counts for at most `MOST_PER_LABEL` names.

    """
    words = np.minimum(counts, MOST_TEMPERATURES)
    temperatures: list[float] = []
    for group in _shared_groups(np.bincount(words, minlength=MOST_TEMPERATURES + 1)[1:].tolist()):
        rows = np.isin(words, group)
        weights = label_weights(targets[rows], MOST_PER_LABEL) if evenly else None
        found = fit_temperature(logits[rows], targets[rows], weights=weights)
        temperatures += [found] * (1 if group[-1] == MOST_TEMPERATURES else len(group))
    return tuple(temperatures)


def _shared_groups(names: list[int]) -> list[list[int]]:
    """Return the numbers of words that share a temperature, given the names of 1, 2, ... words."""
    groups: list[list[int]] = [[]]
    for number in range(1, len(names) + 1):
        if sum(names[i - 1] for i in groups[-1]) >= FEW_NAMES:
            groups.append([])
        groups[-1].append(number)
    if len(groups) > 1 and sum(names[i - 1] for i in groups[-1]) < FEW_NAMES:
        groups[-2:] = [groups[-2] + groups[-1]]
    return groups


def fit_temperature(
    logits: Probabilities,
    targets: Targets,
    pseudo_names: float = PSEUDO_NAMES,
    weights: Weights | None = None,
) -> float:
    """Return the temperature of the lowest cross-entropy.

    If a model labels all of a few names correctly, the likeliest temperature gives probabilities
    of 1. Therefore `pseudo_names` names are added that look like the average of the others and
    have each label with equal probability: after n names of two labels, all correct, the mean
    probability is (n + 1/2) / (n + 1). Among thousands of names, one more changes nothing.

    Sources: Guo et al., "On Calibration of Modern Neural Networks", 2017; targets of a sigmoid
    smoothed by pseudo-observations: Platt, "Probabilistic Outputs for Support Vector Machines",
    1999; one of them, shared by all labels: Perks, "Some Observations on Inverse Probability",
    1947 (for two labels the prior of Jeffreys).

    Args:
        logits: The logits, float32 [rows, labels].
        targets: The true labels, int64 [rows].
        pseudo_names: Number of names of unknown label that are added.
        weights: The weights of the rows, float64 [rows]; by default 1.

    """
    exact = logits.astype(np.float64)
    exact -= exact.max(axis=1, keepdims=True)
    each = np.ones(len(targets)) if weights is None else weights
    right = each @ exact[np.arange(len(targets)), targets]
    any_label = np.average(exact.mean(axis=1), weights=each)

    def loss(log_temperature: float) -> float:
        scale = np.exp(-log_temperature)
        log_sums = np.log(np.exp(exact * scale).sum(axis=1))
        of_names = each @ log_sums - right * scale
        of_pseudo_names = np.average(log_sums, weights=each) - any_label * scale
        return float(of_names + pseudo_names * of_pseudo_names)

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def conformal_groups(
    probabilities: Probabilities, targets: Targets, tolerance: float = TOLERANCE
) -> tuple[LabelGroup, ...]:
    """Return the conformal groups: each label of `FEWEST_ROWS` names or more, and the rarer ones.

    A label that is calibrated separately keeps its coverage, however well the model knows it. A
    handful of names is too few for that, so rare labels form one group. It is a simple form of
    Ding et al., "Class-Conditional Conformal Prediction with Many Classes", 2023.

    Args:
        probabilities: Calibrated probabilities of the validation names, float32 [names, labels].
        targets: The true labels, int64 [names].
        tolerance: Highest difference of a probability in another runtime, by which the stored
            probabilities are lowered.

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
        # Rounded down: where most probabilities are nearly 1, the last digit of another runtime
        # could remove the label from nearly every set.
        lowered = np.maximum(right - tolerance, 0)
        stored = np.floor(lowered * MILLIONTHS) / MILLIONTHS
        groups.append(LabelGroup(labels, len(rows), tuple(stored.tolist())))
    return tuple(groups)
