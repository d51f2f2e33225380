"""Export of a run to an artifact: weights -> ONNX graph and vocab, with a parity gate."""

import copy
import random
import time
from dataclasses import asdict, dataclass, replace
from itertools import cycle
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import torch

from names_predictor.artifact.manifest import Vocab, parse_manifest
from names_predictor.artifact.store import (
    MODEL_FILE,
    MOST_MODEL_BYTES,
    MOST_VOCAB_BYTES,
    VOCAB_FILE,
    Artifact,
    write_artifact,
)
from names_predictor.encoding import MAX_LENGTH, normalise
from names_predictor.errors import NamesError
from names_predictor.inference.predictor import NamePredictor
from names_predictor.inference.scorer import softmax
from names_trainer import __version__
from names_trainer.data.dataset import encode_names, label_ids
from names_trainer.data.label_table import label_codes
from names_trainer.evaluation.calibration import TOLERANCE
from names_trainer.evaluation.fitted import FittedModel
from names_trainer.export.card import CONFUSIONS, model_card
from names_trainer.export.date import export_date
from names_trainer.metrics import confusion_matrix, confusions
from names_trainer.models.lstm import NameLSTM, logits_of
from names_trainer.onnx_graph.encoder import to_onnx
from names_trainer.runs.folders import METRICS_FILE
from names_trainer.runs.run import Run, metrics_in

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


def export(
    run: Run, folder: Path, int8: bool = False, label_table: Path | None = None
) -> tuple[Artifact, Parity]:
    """Write the best epoch of a run and its model card to `folder`.

    Args:
        run: A run with a finished epoch.
        folder: Folder of the artifact; it is left unchanged after an error.
        int8: Whether the graph computes in 8 bits; `check_rounding` is its gate.
        label_table: Table with the codes of the labels; by default that next to the corpus.

    Raises:
        NamesError: A predictor would refuse the files.
        ParityError: The parity gate or `check_rounding` fails.

    """
    codes = label_codes(run.dataset.labels, run.config.source.path, label_table)
    fitted = FittedModel.of(run)
    model, calibration = fitted.model, fitted.calibration
    vocab = Vocab(
        vocabulary=run.dataset.vocabulary,
        labels=run.dataset.labels,
        max_length=MAX_LENGTH,
        temperature=calibration.temperature,
        class_priors=calibration.class_priors,
        groups=calibration.groups,
        provenance=_provenance(run, fitted),
        codes=codes,
    )
    artifact = Artifact(to_onnx(model, vocab), vocab)
    parity = check_parity(model, NamePredictor(artifact), run)
    if int8:
        artifact = Artifact(to_onnx(model, vocab, int8=True), vocab)
        parity = replace(parity, rounding=check_rounding(model, NamePredictor(artifact), run))
    _check_readable(artifact, folder)
    write_artifact(folder, artifact, model_card(artifact, run.dataset))
    return artifact, parity


def _check_readable(artifact: Artifact, folder: Path) -> None:
    """Raise `NamesError` if a predictor would refuse the files of a model that it can run."""
    parse_manifest(artifact.manifest, folder / VOCAB_FILE)
    for name, content, most in (
        (MODEL_FILE, artifact.model, MOST_MODEL_BYTES),
        (VOCAB_FILE, artifact.manifest, MOST_VOCAB_BYTES),
    ):
        if len(content) > most:
            raise NamesError(
                f"{folder / name}: would have {len(content):,} bytes, and names-predict reads at "
                f"most {most:,}: train a smaller model: --int8-weights, lower --ngram-rows or "
                "--hidden-dim, or fewer labels"
            )


def check_parity(model: NameLSTM, predictor: NamePredictor, run: Run) -> Parity:
    """Compare torch and onnxruntime, each from the name's text to its probabilities.

    The names are a random sample of the training and test splits, and as many random strings of
    known and unknown characters, of all lengths up to that of the longest name, in batches of 1 to
    512.

    Raises:
        ParityError: A probability differs by more than `TOLERANCE`, or a label differs.

    """
    generator = random.Random(0)
    vocab = predictor.vocab
    exact = copy.deepcopy(model).double()
    rounded = [_with_other_rounding(exact, seed) for seed in range(ROUNDINGS)]
    real = [row.name for row in (*run.dataset.split.train, *run.dataset.split.test)]
    unknown = [chr(spans[-1].stop - 1) for spans in vocab.vocabulary.fallbacks.values()]
    alphabet = [*vocab.vocabulary.characters.strip(), *unknown, "\U0010ffff"]
    lengths = cycle(range(1, max(map(len, real)) + 1))
    compared, left_out, largest = 0, 0, 0.0
    for size in BATCH_SIZES:
        strings = ["".join(generator.choices(alphabet, k=next(lengths))) for _ in range(size)]
        for names in (generator.choices(real, k=size), strings):
            ours = predictor.predict_proba(names)
            usable = ~np.isnan(ours[:, 0])
            if not usable.any():
                continue
            ours = ours[usable]
            texts = [normalise(name) for name, use in zip(names, usable, strict=True) if use]
            theirs = _torch_probabilities(model, vocab, texts)
            if names is strings:
                repeats = [theirs, *(_torch_probabilities(m, vocab, texts) for m in rounded)]
                rounding = np.abs(repeats - _torch_probabilities(exact, vocab, texts))
                determined = rounding.max(axis=(0, 2)) <= ROUNDING
                left_out += int((~determined).sum())
                ours, theirs = ours[determined], theirs[determined]
            difference = float(np.abs(ours - theirs).max(initial=0))
            changed = int((ours.argmax(axis=1) != theirs.argmax(axis=1)).sum())
            if not difference <= TOLERANCE or changed:
                raise ParityError(
                    f"onnxruntime and torch differ by {difference:.1e} in a probability "
                    f"(at most {TOLERANCE:.0e} is allowed) and in {changed} of {len(ours)} "
                    "labels; the artifact was not replaced"
                )
            compared += len(ours)
            largest = max(largest, difference)
    return Parity(compared, left_out, 2 * len(BATCH_SIZES), largest)


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
        ParityError: The accuracy of the predictor is lower by more than `MAX_LOSS`.

    """
    rows = run.dataset.split.validation
    probabilities = predictor.predict_proba([row.name for row in rows])
    usable = ~np.isnan(probabilities[:, 0])  # the others get no label in either
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
    return softmax(np.asarray(logits / vocab.temperature, dtype=np.float32))


def _provenance(run: Run, fitted: FittedModel) -> dict[str, object]:
    path = run.folder / METRICS_FILE
    if not (epochs := run.epochs()):
        raise NamesError(f"{path}: holds no finished epoch: train again")
    if fitted.epoch > len(epochs):
        raise NamesError(f"{path}: damaged: remove the run's folder and train again")
    best = asdict(epochs[fitted.epoch - 1])
    del best["names_per_second"]  # depends on the machine; the same run gives the same artifact
    metrics, calibration, rows = metrics_in(run.folder), fitted.calibration, run.dataset.split.test
    matrix = confusion_matrix(
        label_ids(rows, run.dataset.labels),
        fitted.predict_proba(rows).argmax(axis=1),
        len(run.dataset.labels),
    )
    return {
        "run": run.folder.name,
        "config": asdict(run.config),
        "corpus_fingerprint": run.dataset.corpus_fingerprint,
        "split_fingerprint": run.dataset.split.fingerprint(),
        "best_epoch": best,
        "calibration": {"names": calibration.names, "wrong": calibration.wrong},
        "test": metrics and asdict(replace(metrics, per_label=())),
        "confusions": [asdict(c) for c in confusions(matrix, run.dataset.labels)[:CONFUSIONS]],
        "versions": {
            "names-trainer": __version__,
            "torch": torch.__version__,
            "onnx": onnx.__version__,
        },
        "exported": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(export_date())),
    }
