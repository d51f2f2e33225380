import json
import random
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from conftest import random_model, small_config
from hypothesis import given, settings
from hypothesis import strategies as st

from names_predictor.artifact import store
from names_predictor.artifact.manifest import SCHEMA_VERSION, Vocab
from names_predictor.artifact.store import (
    CARD_FILE,
    MODEL_FILE,
    VOCAB_FILE,
    Artifact,
    read_artifact,
)
from names_predictor.encoding import PAD
from names_predictor.errors import NamesError
from names_predictor.inference.predictor import NamePredictor
from names_predictor.inference.runtime import ort
from names_trainer.data.dataset import encode_names
from names_trainer.export import export as export_module
from names_trainer.export.export import export
from names_trainer.export.parity import BATCH_SIZES, ParityError, _torch_probabilities
from names_trainer.models.lstm import NameLSTM, logits_of
from names_trainer.models.ngrams import EMPTY, extended
from names_trainer.models.quantisation import quantise, rounded_model
from names_trainer.onnx_graph.encoder import to_onnx
from names_trainer.runs.run import Run, best_epoch
from names_trainer.training.loop import train


def round_weights(model: NameLSTM) -> None:
    model.load_state_dict(rounded_model(model.state_dict()))


def evidence_of(session: ort.InferenceSession, words: list[str], vocab: Vocab) -> np.ndarray:
    ids, lengths = vocab.vocabulary.encode(words)
    inputs = {"ids": ids, "lengths": lengths, "ends": np.arange(len(words))}
    (evidence,) = session.run(["evidence"], inputs)
    return np.asarray(evidence)


CHARACTERS = " '-abcdeéβк김\U0001f600"


KINDS = [
    *({"ngrams": longest} for longest in (0, 1, 3, 5)),
    {"ngrams": 4, "ngram_rows": 1000, "ngram_dim": 4},
    {"ngrams": 3, "ngram_rows": 500, "ngram_dim": 5},
    {"ngrams": 5, "ngram_rows": 2**16 + 1, "ngram_dim": 2},
]


@settings(max_examples=40)
@given(
    names=st.lists(st.text(CHARACTERS + "zЖ", min_size=1, max_size=30), min_size=1, max_size=30),
    num_layers=st.integers(1, 2),
    num_labels=st.integers(2, 20),
    hidden_dim=st.integers(1, 40),
    seed=st.integers(0, 1000),
    kind=st.sampled_from(KINDS),
    int8_weights=st.booleans(),
)
def test_onnx_equals_torch(
    names: list[str],
    num_layers: int,
    num_labels: int,
    hidden_dim: int,
    seed: int,
    kind: dict[str, Any],
    int8_weights: bool,
) -> None:
    model, vocab = random_model(CHARACTERS, num_labels, hidden_dim, num_layers, seed, **kind)
    if int8_weights:
        round_weights(model)
    ids, _ = vocab.vocabulary.encode(names)
    ours = evidence_of(ort.InferenceSession(to_onnx(model, vocab)), names, vocab)
    with torch.inference_mode():
        theirs = model.evidence(torch.from_numpy(ids)).numpy()
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


def test_a_name_is_the_scaled_sum_of_its_words() -> None:
    model, vocab = random_model(CHARACTERS, 4, ngrams=3)
    model.power.data.fill_(0.7)
    session = ort.InferenceSession(to_onnx(model, vocab))
    evidence = evidence_of(session, ["abc", "bd", "e"], vocab)
    inputs = {"ids": np.array([[2]]), "lengths": np.array([1]), "ends": np.array([0])}
    bias, scale = session.run(["bias", "scale"], inputs)
    logits = bias + scale[2] * evidence.sum(axis=0)
    powers = np.exp((logits - logits.max()) / vocab.temperatures[2])
    predictor = NamePredictor(Artifact(to_onnx(model, vocab), vocab))
    (found,) = predictor.predict_proba(["Abc-bd, E"])
    np.testing.assert_allclose(found, powers / powers.sum(), atol=1e-5)
    ids, words = encode_names(vocab.vocabulary, ["e abc bd", "bd"])
    of_torch = logits_of(model, ids, words).numpy()
    np.testing.assert_allclose(of_torch[0], logits, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(of_torch[1], bias + evidence[1], rtol=1e-4, atol=1e-4)


def test_torch_has_the_temperatures_of_the_predictor() -> None:
    model, vocab = random_model(CHARACTERS, 4)
    names = ["e", "e bd", "e bd abc", "e bd abc de"]
    predictor = NamePredictor(Artifact(to_onnx(model, vocab), vocab))
    of_torch = _torch_probabilities(model, vocab, names)
    np.testing.assert_allclose(predictor.predict_proba(names), of_torch, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_padding_after_a_word_is_ignored(kind: dict[str, Any]) -> None:
    model, vocab = random_model(CHARACTERS, 3, num_layers=2, **kind)
    session = ort.InferenceSession(to_onnx(model, vocab))
    ids, lengths = vocab.vocabulary.encode(["abc"])
    alone = evidence_of(session, ["abc"], vocab)
    for padding in (0, 5):
        padded = np.pad(ids, ((0, 0), (0, 9)), constant_values=padding)
        inputs = {"ids": padded, "lengths": lengths, "ends": np.array([0])}
        (found,) = session.run(["evidence"], inputs)
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
    states = [["words or 1", 12]] * 2
    next_states = [["words", 12]] * 2
    inputs = [["words", "time"], ["words"], ["ends"], *states]
    assert shapes == [*inputs, ["ends", 3], [3], [8], *next_states]


@pytest.mark.parametrize(("rows", "modulus"), [(2**16, 2**16), (2**16 + 1, 2**22)])
def test_a_graph_with_ngrams_passes_them_on(rows: int, modulus: int) -> None:
    model, vocab = random_model(CHARACTERS, 3, ngrams=5, ngram_rows=rows)
    proto = onnx.load_from_string(to_onnx(model, vocab))
    outputs = {o.name: o.type.tensor_type.shape.dim[-1].dim_value for o in proto.graph.output}
    assert outputs == {
        "evidence": 3, "bias": 3, "scale": 8,
        "next_h_0": 12, "next_c_0": 12, "next_ngram_codes": 5, "next_ngram_sums": 4,
    }  # fmt: skip
    session = ort.InferenceSession(to_onnx(model, vocab))
    ids, lengths = vocab.vocabulary.encode(["abcd", "ab", "abab"])
    codes, sums = session.run(
        ["next_ngram_codes", "next_ngram_sums"],
        {"ids": ids, "lengths": lengths, "ends": np.array([0])},
    )
    for row, length, found, total in zip(ids.tolist(), lengths, codes, sums, strict=True):
        read = [PAD, *row[:length]]
        ending = [
            reduce(lambda code, one: extended(code, one, modulus), read[-n:], EMPTY)
            for n in range(1, min(5, len(read)) + 1)
        ]
        assert found.tolist() == [*ending, *[-1] * (5 - len(ending))]
        assert total[-1] == sum(max(len(read) - n + 1, 0) for n in range(1, 6))


def test_an_exported_artifact_predicts_like_the_run(finished_run: Run, tmp_path: Path) -> None:
    artifact, parity = export(finished_run, tmp_path)
    assert read_artifact(tmp_path).sha256 == artifact.sha256
    assert parity.names > 1.5 * sum(BATCH_SIZES)
    assert parity.names + parity.left_out <= 2 * sum(BATCH_SIZES)
    assert 0 < parity.max_difference <= 1e-5
    provenance = json.loads((tmp_path / VOCAB_FILE).read_text(encoding="utf-8"))["provenance"]
    assert provenance["split_fingerprint"] == finished_run.dataset.split.fingerprint()
    assert (
        provenance["best_epoch"]["epoch"]
        == best_epoch(finished_run.epochs(), finished_run.config).epoch
    )
    test_rows = finished_run.dataset.split.test
    predictions = NamePredictor.load(tmp_path).predict([row.name for row in test_rows])
    hits = sum(p.label == row.label for p, row in zip(predictions, test_rows, strict=True))
    assert hits / len(test_rows) == provenance["test"]["accuracy"]


@pytest.mark.parametrize("change", ["weights", "labels"])
def test_the_gate_refuses_a_wrong_graph_and_keeps_the_old_artifact(
    finished_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    export(finished_run, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def wrong(model: NameLSTM, vocab: Vocab, int8: bool = False) -> bytes:
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
    assert set(before) == {CARD_FILE, MODEL_FILE, VOCAB_FILE}


def test_int8_weights_have_a_quarter_of_the_size() -> None:
    model, vocab = random_model(CHARACTERS, 3, hidden_dim=100)
    whole = len(to_onnx(model, vocab))
    round_weights(model)
    assert len(to_onnx(model, vocab)) < 0.35 * whole


@settings(max_examples=25)
@given(
    name=st.text(CHARACTERS, min_size=1, max_size=12),
    num_layers=st.integers(1, 3),
    ngrams=st.sampled_from([0, 1, 4]),
    int8=st.booleans(),
    data=st.data(),
)
def test_a_word_can_continue_from_any_state(
    name: str, num_layers: int, ngrams: int, int8: bool, data: st.DataObject
) -> None:
    model, vocab = random_model(CHARACTERS, 4, num_layers=num_layers, ngrams=ngrams)
    session = ort.InferenceSession(to_onnx(model, vocab, int8))
    ids, _ = vocab.vocabulary.encode([name])
    whole = evidence_of(session, [name], vocab)
    states: dict[str, object] = {}
    rest = ids
    while rest.size:
        size = data.draw(st.integers(1, rest.shape[1]), label="characters in this call")
        part, rest = rest[:, :size], rest[:, size:]
        inputs = {"ids": part, "lengths": np.array([size]), "ends": np.array([0])} | states
        found, _, _, *after = session.run(None, inputs)
        names = [i.name for i in session.get_overridable_initializers()]
        states = dict(zip(names, after, strict=True))
    # In 8 bits every product is exact; in floats the rounding depends on the size of the batch.
    np.testing.assert_allclose(found, whole, rtol=0, atol=1e-6 if int8 else 1e-4)


def lstm_in_8_bits(model: NameLSTM, ids: list[int]) -> np.ndarray:
    """The equations in numpy: h rounded to 1/63, R to 1/127 of the largest weight of a row."""
    weights = {
        name: tensor.numpy().astype(np.float64) for name, tensor in model.state_dict().items()
    }
    recurrent = weights["lstm.weight_hh_l0"]
    steps, scale = quantise(recurrent.astype(np.float32))
    h = c = np.zeros(recurrent.shape[1])
    for i in ids:
        raw = weights["lstm.weight_ih_l0"] @ weights["embedding.weight"][i]
        raw = raw + weights["lstm.bias_ih_l0"] + weights["lstm.bias_hh_l0"]
        raw = raw + steps @ np.rint(h * 63) * scale[:, 0] / 63
        i_gate, f_gate, g_gate, o_gate = np.split(raw, 4)
        c = c / (1 + np.exp(-f_gate)) + np.tanh(g_gate) / (1 + np.exp(-i_gate))
        h = np.tanh(c) / (1 + np.exp(-o_gate))
    return weights["linear.weight"] @ h


def test_8_bit_products_equal_their_definition() -> None:
    model, vocab = random_model(CHARACTERS, 4, hidden_dim=30)
    model = model.requires_grad_(False)
    session = ort.InferenceSession(to_onnx(model, vocab, int8=True))
    generator = random.Random(0)
    names = ["".join(generator.choices(CHARACTERS, k=1 + i % 12)) for i in range(300)]
    ids, lengths = vocab.vocabulary.encode(names)
    found = evidence_of(session, names, vocab)
    expected = [lstm_in_8_bits(model, row[:n]) for row, n in zip(ids, lengths, strict=True)]
    differences = np.abs(found - np.array(expected)).max(axis=1)
    # A value between two steps can be rounded to either; that is rare.
    assert np.quantile(differences, 0.9) < 1e-4
    exact = model.evidence(torch.from_numpy(ids)).numpy()
    assert np.abs(found - exact).max(axis=1).mean() > 1e-3  # so the graph does compute in 8 bits


@pytest.mark.parametrize("limit", ["MOST_MODEL_BYTES", "MOST_VOCAB_BYTES"])
def test_files_too_large_to_be_read_do_not_replace_the_old_artifact(
    finished_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    export(finished_run, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for module in (export_module, store):
        monkeypatch.setattr(module, limit, 100)
    with pytest.raises(NamesError, match="names-predict reads at most 100: train a smaller model"):
        export(finished_run, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_teacher_is_not_exported(corpus: Path, tmp_path: Path) -> None:
    config = small_config(corpus, bidirectional=True, ngrams=3, num_epochs=1, member=1)
    run = Run.create(tmp_path / "runs", config)
    list(train(run))
    with pytest.raises(NamesError, match="a teacher can't be exported"):
        export(run, tmp_path / "artifact")


def test_the_tightest_model_file_loads_from_bytes_alone() -> None:
    model, vocab = random_model(CHARACTERS, 3)
    predictor = NamePredictor(Artifact(to_onnx(model, vocab), vocab))
    assert predictor.predict(["abc"])[0].label in vocab.labels
