"""The gates of an export: the graph in the predictor must predict what the network does."""

import copy
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

import numpy as np
import numpy.typing as npt
import torch

from names_predictor.artifact.manifest import Vocab
from names_predictor.encoding import Vocabulary, normalise
from names_predictor.errors import NamesError
from names_predictor.inference.predictor import NamePredictor
from names_predictor.inference.scorer import by_words, softmax
from names_trainer.data.dataset import encode_names, label_ids
from names_trainer.evaluation.calibration import TOLERANCE
from names_trainer.models.lstm import NameLSTM, logits_of
from names_trainer.runs.run import Run

ROUNDING = TOLERANCE / 20
"""Largest difference of torch's predictions in single and double precision, up to which a random
string is compared. On strings unlike any name an LSTM can amplify rounding by orders of magnitude,
so single precision does not determine the result. Real names are always compared."""

ROUNDINGS = 4
"""Number of perturbed networks that are compared too: one rounding can be harmless by chance."""

BATCH_SIZES = (1, 2, 3, 5, 8, 16, 31, 32, 64, 100, 128, 256, 511, 512)
MAX_LOSS = 0.002
"""Largest loss of validation accuracy by computing in 8 bits."""


class ParityError(NamesError):
    """The exception for an exported graph whose predictions differ from those of the network."""

    exit_code = 1


@dataclass(frozen=True)
class Rounding:
    """The change of accuracy and labels by 8 bits, on usable `names` of the validation split."""

    exact_accuracy: float
    accuracy: float
    changed_labels: int
    names: int


@dataclass(frozen=True)
class Parity:
    """The result of the parity gate.

    Attributes:
        names: Number of names compared.
        left_out: Number of random strings that were not compared (see `ROUNDING`).
        batches: Number of batches.
        max_difference: Largest difference of a probability.
        rounding: The change by 8 bits; None for an export in 32 bits.

    """

    names: int
    left_out: int
    batches: int
    max_difference: float
    rounding: Rounding | None = None


def check_parity(model: NameLSTM, predictor: NamePredictor, run: Run) -> Parity:
    """Compare torch and onnxruntime, each from the name's text to its probabilities.

    The names are a random sample of the training and test splits, and as many random strings of
    known and unknown characters, of all lengths up to that of the longest name, in batches of 1 to
    512.

    Raises:
        ParityError: A probability differs by more than `TOLERANCE`, or a label differs.

    """
    vocab = predictor.vocab
    exact = copy.deepcopy(model).double()
    rounded = [_with_other_rounding(exact, seed) for seed in range(ROUNDINGS)]
    compared, left_out, largest = 0, 0, 0.0
    for names, are_random in _batches(run, vocab.vocabulary):
        ours = predictor.predict_proba(names)
        usable = ~np.isnan(ours[:, 0])
        if not usable.any():
            continue
        ours = ours[usable]
        texts = [normalise(name) for name, use in zip(names, usable, strict=True) if use]
        theirs = _torch_probabilities(model, vocab, texts)
        if are_random:
            repeats = [theirs, *(_torch_probabilities(m, vocab, texts) for m in rounded)]
            rounding = np.abs(repeats - _torch_probabilities(exact, vocab, texts))
            determined = rounding.max(axis=(0, 2)) <= ROUNDING
            left_out += int((~determined).sum())
            ours, theirs = ours[determined], theirs[determined]
        compared += len(ours)
        largest = max(largest, _largest_difference(ours, theirs))
    return Parity(compared, left_out, 2 * len(BATCH_SIZES), largest)


def _batches(run: Run, vocabulary: Vocabulary) -> Iterator[tuple[list[str], bool]]:
    """Yield batches of names, and of random strings (True)."""
    generator = random.Random(0)
    real = [row.name for row in (*run.dataset.split.train, *run.dataset.split.test)]
    unknown = [chr(spans[-1].stop - 1) for spans in vocabulary.fallbacks.values()]
    alphabet = [*vocabulary.characters.strip(), *unknown, "\U0010ffff"]
    lengths = cycle(range(1, max(map(len, real)) + 1))
    for size in BATCH_SIZES:
        strings = ["".join(generator.choices(alphabet, k=next(lengths))) for _ in range(size)]
        yield generator.choices(real, k=size), False
        yield strings, True


def _largest_difference(ours: npt.NDArray[np.float32], theirs: npt.NDArray[np.float32]) -> float:
    """Return the largest difference of a probability, or raise `ParityError` if it is too large."""
    difference = float(np.abs(ours - theirs).max(initial=0))
    changed = int((ours.argmax(axis=1) != theirs.argmax(axis=1)).sum())
    if not difference <= TOLERANCE or changed:  # NaN too
        raise ParityError(
            f"onnxruntime and torch differ by {difference:.1e} in a probability "
            f"(at most {TOLERANCE:.0e} is allowed) and in {changed} of {len(ours)} "
            "labels; the artifact was not replaced"
        )
    return difference


def _with_other_rounding(exact: NameLSTM, seed: int) -> NameLSTM:
    """Return a copy with each weight changed by up to the spacing of single precision."""
    generator = torch.Generator().manual_seed(seed)
    rounded = copy.deepcopy(exact)
    for weights in rounded.parameters():
        noise = 2 * torch.rand(weights.shape, generator=generator, dtype=weights.dtype) - 1
        weights.data *= 1 + torch.finfo(torch.float32).eps * noise
    return rounded


def check_rounding(model: NameLSTM, predictor: NamePredictor, run: Run) -> Rounding:
    """Evaluate torch and a `predictor` that computes in 8 bits on the validation split.

    Raises:
        ParityError: The accuracy of the predictor is lower by more than `MAX_LOSS`, or it labels
            no name.

    """
    rows = run.dataset.split.validation
    probabilities = predictor.predict_proba([row.name for row in rows])
    usable = ~np.isnan(probabilities[:, 0])  # the others get no label in either
    if not usable.any():
        raise ParityError(
            "8 bits cannot be checked: no name of the validation split gets a label: "
            "export without --int8"
        )
    names = [normalise(row.name) for row, use in zip(rows, usable, strict=True) if use]
    labels = label_ids(rows, predictor.labels)[usable]
    ours = probabilities[usable].argmax(axis=1)
    exact = _torch_probabilities(model, predictor.vocab, names).argmax(axis=1)
    found = Rounding(
        exact_accuracy=float((exact == labels).mean()),
        accuracy=float((ours == labels).mean()),
        changed_labels=int((exact != ours).sum()),
        names=len(names),
    )
    if found.exact_accuracy - found.accuracy > MAX_LOSS:
        raise ParityError(
            f"8 bits cost {found.exact_accuracy - found.accuracy:.2%} of accuracy on the "
            f"validation split (at most {MAX_LOSS:.1%} is allowed): export without --int8"
        )
    return found


def _torch_probabilities(
    model: NameLSTM, vocab: Vocab, names: list[str]
) -> npt.NDArray[np.float32]:
    """Return probabilities in the precision of `model`, at most single."""
    ids, words = encode_names(vocab.vocabulary, names)
    logits = logits_of(model, ids, words).numpy()
    return softmax(logits, by_words(vocab.temperatures, (words >= 0).sum(dim=1).numpy()))
