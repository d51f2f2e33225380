"""The gates of an export: parity with torch, and the loss by 8 bits."""

import string
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import onnx
import pytest
from conftest import random_model

from names_predictor.artifact.store import Artifact
from names_predictor.inference.predictor import NamePredictor
from names_trainer.data.corpus import Row, Split
from names_trainer.data.dataset import label_ids
from names_trainer.export import parity as parity_module
from names_trainer.export.export import export
from names_trainer.export.parity import ParityError, check_parity, check_rounding
from names_trainer.models.quantisation import quantise
from names_trainer.onnx_graph import lstm
from names_trainer.onnx_graph.encoder import to_onnx
from names_trainer.runs.run import Run


def test_an_8_bit_export_reports_its_loss_of_accuracy(finished_run: Run, tmp_path: Path) -> None:
    artifact, parity = export(finished_run, tmp_path, int8=True)
    operators = {node.op_type for node in onnx.load_from_string(artifact.model).graph.node}
    assert "If" in operators
    assert b"MatMulInteger" in artifact.model
    assert parity.rounding is not None
    rows = finished_run.dataset.split.validation
    predictions = NamePredictor.load(tmp_path).predict([row.name for row in rows])
    hits = sum(p.label == row.label for p, row in zip(predictions, rows, strict=True))
    assert parity.rounding.accuracy == hits / len(rows)
    assert parity.rounding.names == len(rows)


def test_8_bits_may_gain_accuracy(finished_run: Run) -> None:
    dataset = finished_run.dataset
    targets = label_ids(dataset.split.validation, dataset.labels)
    right = SimpleNamespace(
        labels=dataset.labels,
        vocab=SimpleNamespace(vocabulary=dataset.vocabulary, temperatures=(1.0,)),
        predict_proba=lambda names: np.eye(len(dataset.labels), dtype=np.float32)[targets],
    )
    model = finished_run.best_model()
    model.linear.weight.data.neg_()
    found = check_rounding(model, cast(NamePredictor, right), finished_run)
    assert (found.exact_accuracy < 0.5, found.accuracy) == (True, 1.0)


def test_8_bits_that_cost_too_much_are_refused(
    finished_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(finished_run, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.setattr(lstm, "quantise", lambda part: quantise(-part))
    with pytest.raises(ParityError, match="export without --int8"):
        export(finished_run, tmp_path, int8=True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_8_bits_that_label_no_validation_name_are_refused(finished_run: Run) -> None:
    labels = finished_run.dataset.labels
    silent = SimpleNamespace(
        labels=labels,
        predict_proba=lambda names: np.full((len(names), len(labels)), np.nan, np.float32),
    )
    with pytest.raises(ParityError, match="no name of the validation split gets a label"):
        check_rounding(finished_run.best_model(), cast(NamePredictor, silent), finished_run)


@pytest.mark.parametrize("seed", [7, 11])
def test_strings_that_single_precision_does_not_determine_stop_no_export(seed: int) -> None:
    # With one perturbed copy, these two models passed some such strings.
    model, vocab = random_model(string.ascii_lowercase, 3, hidden_dim=32, seed=seed)
    for weights in model.parameters():
        weights.data *= 2.5
    rows = (Row("ab", "x"), Row("bc", "y"), Row("x" * 20, "x"))
    run = cast(Run, SimpleNamespace(dataset=SimpleNamespace(split=Split(rows, (), ()))))
    parity = check_parity(model, NamePredictor(Artifact(to_onnx(model, vocab), vocab)), run)
    assert parity.max_difference < 5e-6
    assert 100 < parity.left_out < 1000
    assert parity.names > 2000


def test_the_parity_gate_refuses_nan() -> None:
    ours = np.array([[0.9, 0.1]], np.float32)
    with pytest.raises(ParityError, match="differ by nan"):
        parity_module._largest_difference(ours, np.full_like(ours, np.nan))
