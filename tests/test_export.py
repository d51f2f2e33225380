import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from conftest import random_model, small_config
from hypothesis import given, settings
from hypothesis import strategies as st

from names_predictor.artifact import (
    MODEL_FILE,
    SCHEMA_VERSION,
    VOCAB_FILE,
    Artifact,
    Vocab,
    read_artifact,
)
from names_predictor.errors import NamesError
from names_predictor.model import NamePredictor
from names_trainer import export as export_module
from names_trainer.export import BATCH_SIZES, ParityError, export, to_onnx
from names_trainer.model import NameLSTM, logits_of
from names_trainer.quantisation import rounded_to_int8
from names_trainer.runs import Run, best_epoch
from names_trainer.training import train


def round_weights(model: NameLSTM) -> None:
    model.load_state_dict({n: rounded_to_int8(w) for n, w in model.state_dict().items()})


CHARACTERS = " '-abcdeéβк김\U0001f600"


@settings(deadline=None, max_examples=40)
@given(
    names=st.lists(st.text(CHARACTERS + "zЖ", min_size=1, max_size=30), min_size=1, max_size=30),
    num_layers=st.integers(1, 2),
    num_labels=st.integers(2, 20),
    hidden_dim=st.integers(1, 40),
    seed=st.integers(0, 1000),
    bidirectional=st.booleans(),
    int8_weights=st.booleans(),
)
def test_onnx_answers_like_torch(
    names: list[str],
    num_layers: int,
    num_labels: int,
    hidden_dim: int,
    seed: int,
    bidirectional: bool,
    int8_weights: bool,
) -> None:
    model, vocab = random_model(CHARACTERS, num_labels, hidden_dim, num_layers, seed, bidirectional)
    if int8_weights:
        round_weights(model)
    ids, lengths = vocab.vocabulary.encode(names)
    session = onnxruntime.InferenceSession(to_onnx(model, vocab))
    (ours,) = session.run(None, {"ids": ids, "lengths": lengths})
    theirs = logits_of(model, torch.from_numpy(ids), torch.from_numpy(lengths)).numpy()
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_what_stands_behind_a_name_has_no_influence(bidirectional: bool) -> None:
    model, vocab = random_model(CHARACTERS, 3, num_layers=2, bidirectional=bidirectional)
    session = onnxruntime.InferenceSession(to_onnx(model, vocab))
    ids, lengths = vocab.vocabulary.encode(["abc"])
    (alone,) = session.run(None, {"ids": ids, "lengths": lengths})
    for behind in (0, 5):
        padded = np.pad(ids, ((0, 0), (0, 9)), constant_values=behind)
        (found,) = session.run(None, {"ids": padded, "lengths": lengths})
        np.testing.assert_allclose(found, alone, atol=1e-6)


def test_the_graph_explains_itself() -> None:
    model, vocab = random_model(CHARACTERS, 3)
    proto = onnx.load_from_string(to_onnx(model, vocab))
    metadata = {entry.key: entry.value for entry in proto.metadata_props}
    assert json.loads(metadata["labels"]) == list(vocab.labels)
    assert metadata["schema_version"] == str(SCHEMA_VERSION)
    assert metadata["normalisation"] == vocab.normalisation
    shapes = [
        [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]
        for value in (*proto.graph.input, *proto.graph.output)
    ]
    assert shapes == [["batch", "time"], ["batch"], ["batch", 3]]


def test_export_writes_an_artifact_that_answers_like_the_run(
    finished_run: Run, tmp_path: Path
) -> None:
    artifact, parity = export(finished_run, tmp_path)
    assert read_artifact(tmp_path).sha256 == artifact.sha256
    assert parity.names > 1.5 * sum(BATCH_SIZES)
    assert parity.names + parity.left_out <= 2 * sum(BATCH_SIZES)
    assert 0 < parity.max_difference <= 1e-5
    provenance = json.loads((tmp_path / VOCAB_FILE).read_text(encoding="utf-8"))["provenance"]
    assert provenance["split_fingerprint"] == finished_run.task.split.fingerprint()
    assert provenance["best_epoch"]["epoch"] == best_epoch(finished_run.epochs()).epoch
    test_rows = finished_run.task.split.test
    predictions = NamePredictor.load(tmp_path).predict([row.name for row in test_rows])
    hits = sum(p.label == row.label for p, row in zip(predictions, test_rows, strict=True))
    assert hits / len(test_rows) == provenance["test"]["accuracy"]


@pytest.mark.parametrize("change", ["weights", "labels"])
def test_the_gate_refuses_a_wrong_graph_and_keeps_the_old_artifact(
    finished_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    export(finished_run, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def wrong(model: NameLSTM, vocab: Vocab) -> bytes:
        with torch.no_grad():
            if change == "weights":
                model.linear.bias[0] += 1e-3
            else:
                model.linear.weight.copy_(model.linear.weight.flip(0))
        content = to_onnx(model, vocab)
        model.load_state_dict(finished_run.best_model().state_dict())
        return content

    monkeypatch.setattr(export_module, "to_onnx", wrong)
    with pytest.raises(ParityError, match="differ by"):
        export(finished_run, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert set(before) == {MODEL_FILE, VOCAB_FILE}


def test_weights_that_8_bits_hold_take_a_quarter_of_the_room() -> None:
    model, vocab = random_model(CHARACTERS, 3, hidden_dim=100)
    whole = len(to_onnx(model, vocab))
    round_weights(model)
    assert len(to_onnx(model, vocab)) < 0.35 * whole


@given(st.integers(0, 2**32), st.sampled_from([1e-30, 1e-3, 1.0, 1e6]))
def test_rounding_to_8_bits(seed: int, size: float) -> None:
    generator = np.random.default_rng(seed)
    weights = (generator.normal(size=(5, 7)) * size).astype(np.float32)
    weights[2] = 0
    rounded = rounded_to_int8(torch.from_numpy(weights))
    assert torch.equal(rounded_to_int8(rounded), rounded)
    reach = np.abs(weights).max(axis=1, keepdims=True)
    assert (np.abs(rounded.numpy() - weights) <= reach / 127 * 0.51 + 1e-38).all()


def test_a_teacher_is_not_exported(corpus: Path, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "runs", small_config(corpus, ngrams=3, num_epochs=1))
    list(train(run))
    with pytest.raises(NamesError, match="a teacher can't be exported"):
        export(run, tmp_path / "artifact")


def test_the_tightest_model_file_loads_from_bytes_alone() -> None:
    model, vocab = random_model(CHARACTERS, 3)
    predictor = NamePredictor(Artifact(to_onnx(model, vocab), vocab))
    assert predictor.predict(["abc"])[0].label in vocab.labels
