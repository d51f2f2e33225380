"""Export of a run to an artifact: weights -> ONNX graph and vocab, with a parity gate."""

import time
from dataclasses import asdict, replace
from pathlib import Path

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
from names_predictor.encoding import MAX_LENGTH
from names_predictor.errors import NamesError
from names_predictor.inference.predictor import NamePredictor
from names_trainer import __version__
from names_trainer.data.dataset import label_ids
from names_trainer.data.label_table import label_codes
from names_trainer.evaluation.fitted import FittedModel
from names_trainer.export.card import CONFUSIONS, model_card
from names_trainer.export.date import export_date
from names_trainer.export.parity import Parity, check_parity, check_rounding
from names_trainer.metrics import confusion_matrix, confusions
from names_trainer.onnx_graph.encoder import to_onnx
from names_trainer.runs.folders import METRICS_FILE
from names_trainer.runs.run import Run, metrics_in


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
        temperatures=calibration.temperatures,
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
