"""Models in few bytes: weights of 4 bits, rows of a table put together from codebooks."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch
from conftest import CommandLine, random_model, small_config
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hypothesis_numpy
from torch import Tensor
from torch.nn import functional

from names_predictor.errors import NamesError
from names_predictor.runtime import ort
from names_trainer import compact, graph, matrices_graph
from names_trainer.compact import FLOOR, lstm_in_4_bits, sensitivity, share_rows
from names_trainer.config import Optimizer
from names_trainer.export import export
from names_trainer.graph import to_onnx
from names_trainer.matrices_graph import packed
from names_trainer.model import CODEBOOK_SIZE, COMPACT_BUCKETS, NameLSTM, logits_of
from names_trainer.quantisation import quantise_to_4_bits, rounded_to_4_bits
from names_trainer.runs import Run, best_epoch
from names_trainer.task import Data
from names_trainer.training import train

MATRICES = hypothesis_numpy.arrays(
    np.float32,
    st.tuples(st.integers(1, 5), st.integers(1, 9)),
    elements=st.floats(-100, 100, width=32, allow_subnormal=False),
)


@given(MATRICES)
def test_4_bits_round_once_and_for_all(matrix: np.ndarray) -> None:
    steps, scale = quantise_to_4_bits(matrix)
    assert np.abs(steps).max() <= 7
    rounded = rounded_to_4_bits(torch.from_numpy(matrix))
    np.testing.assert_array_equal(rounded.numpy(), steps * scale)
    assert torch.equal(rounded_to_4_bits(rounded), rounded)


def test_4_bits_cut_a_lone_large_weight_off() -> None:
    generator = np.random.default_rng(0)
    matrix = generator.normal(size=(20, 200)).astype(np.float32)
    plain = np.abs(matrix).max(axis=1, keepdims=True) / 7
    error_if_plain = ((np.rint(matrix / plain) * plain - matrix) ** 2).sum()
    steps, scale = quantise_to_4_bits(matrix)
    assert ((steps * scale - matrix) ** 2).sum() < 0.9 * error_if_plain


def test_two_weights_share_a_byte() -> None:
    steps = np.array([[-7, 0, 7, 3]], dtype=np.int8)
    assert packed(steps).tolist() == [[(-7 + 8) + 16 * (7 + 8), (0 + 8) + 16 * (3 + 8)]]


def test_the_lstm_is_rounded_for_a_while() -> None:
    torch.manual_seed(0)
    model = NameLSTM(9, 3, 4, 6)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    ids = torch.randint(2, 9, (4, 5))
    with lstm_in_4_bits(model):
        rounded = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        model(ids).sum().backward()
    changed = {name for name in before if not torch.equal(before[name], rounded[name])}
    assert changed == {"lstm.weight_ih_l0", "lstm.weight_hh_l0"}
    for name in changed:
        assert torch.equal(rounded[name], rounded_to_4_bits(before[name]))
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    other = NameLSTM(9, 3, 4, 6)
    other.load_state_dict(rounded)
    other(ids).sum().backward()
    assert torch.equal(model.lstm.weight_hh_l0.grad, other.lstm.weight_hh_l0.grad)


@pytest.fixture
def model() -> NameLSTM:
    torch.manual_seed(0)
    return NameLSTM(30, 4, 4, 6, ngrams=3, compact=True)


def some_names(names: int) -> Data:
    lengths = torch.randint(2, 9, (names,))
    ids = torch.randint(2, 30, (names, 8)) * (torch.arange(8) < lengths[:, None])
    return Data(ids, lengths, torch.randint(4, (names,)))


def test_sensitivity_is_the_curvature_of_the_loss(model: NameLSTM) -> None:
    assert model.ngrams
    expected = torch.zeros(COMPACT_BUCKETS, 4)
    data = some_names(20)
    torch.nn.init.normal_(model.ngrams.table.weight)
    for ids, length, target in zip(*data, strict=True):
        rows = model.ngrams.buckets(ids[None, :length])[0]
        logits = model(ids[None, :length])

        def loss(added: Tensor) -> Tensor:  # to each n-gram's row
            changed = logits + added.sum(dim=0) / len(added) ** 0.5  # noqa: B023
            return functional.cross_entropy(changed, target[None])  # noqa: B023

        size = 4 * len(rows)
        curvature = torch.autograd.functional.hessian(loss, torch.zeros(len(rows), 4))
        diagonal = curvature.reshape(size, size).diagonal().reshape(len(rows), 4)
        expected.index_add_(0, rows, diagonal)
    expected += FLOOR * expected.mean(dim=1, keepdim=True) + 1e-6
    torch.testing.assert_close(sensitivity(model, model.ngrams, data), expected)


def test_rows_that_two_codebooks_can_say_are_kept(model: NameLSTM) -> None:
    table, data = model.ngrams, some_names(300)
    assert table
    entries = torch.randn(20, 4)
    table.table.weight.data = entries[torch.randint(20, (COMPACT_BUCKETS,))]
    before = table(data.ids[:, :4])
    assert not table.is_shared
    share_rows(model, table, data)
    assert table.is_shared
    # Entries are means of up to 32,768 rows in single precision.
    torch.testing.assert_close(table(data.ids[:, :4]), before, rtol=0, atol=1e-4)


def test_what_counts_is_kept_best(model: NameLSTM) -> None:
    table, data = model.ngrams, some_names(300)
    assert table
    torch.nn.init.normal_(table.table.weight)
    exact = table.table.weight.detach().clone()
    is_used = sensitivity(model, table, data).sum(dim=1) > 1e-4
    assert CODEBOOK_SIZE < int(is_used.sum()) < COMPACT_BUCKETS / 2
    share_rows(model, table, data)
    error = (table.rows(torch.arange(COMPACT_BUCKETS)) - exact).detach() ** 2
    assert error[is_used].mean() < 0.8 * error[~is_used].mean()


def test_codebooks_are_fitted_to_each_other(
    model: NameLSTM, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, data = model.ngrams, some_names(300)
    assert table
    torch.nn.init.normal_(table.table.weight)
    exact = table.table.weight.detach().clone()
    weights = sensitivity(model, table, data)
    errors = []
    for refinements in (0, compact.REFINEMENTS):
        table.shared.fill_(False)
        monkeypatch.setattr(compact, "REFINEMENTS", refinements)
        share_rows(model, table, data)
        found = table.rows(torch.arange(COMPACT_BUCKETS)).detach()
        errors.append(float((weights * (found - exact) ** 2).sum()))
    assert errors[1] < 0.95 * errors[0]


@pytest.mark.parametrize("int8", [False, True])
@pytest.mark.parametrize("num_layers", [1, 2])
def test_the_graph_unpacks_what_is_packed(
    num_layers: int, int8: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, vocab = random_model("abcdefgh", 3, 60, num_layers, ngrams=4, compact=True)
    ids, lengths = vocab.vocabulary.encode(["abc", "h", "abcdefgh", "gg"])
    inputs = {"ids": ids, "lengths": lengths}
    content = to_onnx(model, vocab, int8)
    (ours,) = ort.InferenceSession(content).run(["logits"], inputs)
    # The same steps, one a byte: in what is said, nothing else changes.
    plain = {
        name: replace(matrix, is_packed=False) for name, matrix in graph.matrices(model).items()
    }
    monkeypatch.setattr(graph, "matrices", lambda model: plain)
    monkeypatch.setattr(matrices_graph, "quantise", quantise_to_4_bits)
    unpacked = to_onnx(model, vocab, int8)
    (theirs,) = ort.InferenceSession(unpacked).run(["logits"], inputs)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)
    if not int8:
        theirs = logits_of(model, torch.from_numpy(ids), torch.from_numpy(lengths)).numpy()
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)
    weights = sum(w.numel() for w in model.lstm.parameters() if w.ndim > 1)
    assert len(unpacked) - len(content) > (0.4 if int8 else 3.3) * weights


def compact_run(corpus: Path, runs: Path, **changes: Any) -> Run:
    settings: dict[str, Any] = {"ngrams": 3, "num_epochs": 6} | changes
    config = small_config(corpus, int8_weights=True, compact=True, **settings)
    return Run.create(runs, config, "compact")


@pytest.mark.parametrize("changes", [{}, {"ngrams": 0, "num_layers": 2}])
def test_a_compact_run_is_chosen_resumed_and_exported_as_that(
    corpus: Path, tmp_path: Path, changes: dict[str, Any]
) -> None:
    run = compact_run(corpus, tmp_path / "runs", **changes)
    broken = Path(shutil.copytree(run.folder, tmp_path / "runs" / "broken"))
    epochs = list(train(run))
    best = best_epoch(epochs, run.config)
    assert best.epoch in (5, 6)
    assert best_epoch(epochs[:4], run.config) in epochs[:4]
    model = run.best_model()
    assert bool(model.ngrams) == bool(run.config.ngrams)
    assert not model.ngrams or model.ngrams.is_shared
    of_state = model.lstm.weight_hh_l0.detach()
    assert torch.equal(rounded_to_4_bits(of_state), of_state)
    validation = run.task.encode(run.task.split.validation)
    logits = logits_of(model, validation.ids, validation.lengths)
    accuracy = (logits.argmax(dim=1) == validation.targets).float().mean()
    assert float(accuracy) == pytest.approx(best.validation_accuracy, abs=0.03)  # 8 bits besides
    loss = functional.cross_entropy(logits, validation.targets)
    assert float(loss) == pytest.approx(best.validation_loss, abs=0.02)
    for last in (2, 4, 5):  # cut off before it became compact, just before, and after
        for epoch in train(Run.open(broken)):
            if epoch.epoch == last:
                break
        if last == 4:  # what is not compact yet can be exported too
            artifact, _ = export(Run.open(broken), tmp_path / "before")
            size_before = len(artifact.model)
    list(train(Run.open(broken)))
    for name in ("best.safetensors", "state.safetensors"):
        assert (broken / name).read_bytes() == (run.folder / name).read_bytes()
    artifact, parity = export(run, tmp_path / "artifact")
    assert parity.max_difference <= 1e-5
    assert len(artifact.model) < size_before - (COMPACT_BUCKETS if run.config.ngrams else 0)
    artifact, parity = export(run, tmp_path / "artifact", int8=True)
    assert parity.rounding


def test_a_compact_model_is_trained_and_scored_as_it_is_rounded(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = compact_run(corpus, tmp_path, ngrams=0, num_epochs=3)
    is_rounded: dict[bool, list[bool]] = {}
    forward = NameLSTM.forward

    def watched(model: NameLSTM, ids: Tensor) -> Tensor:
        weights = model.lstm.weight_hh_l0.detach()
        is_rounded[model.training].append(torch.equal(rounded_to_4_bits(weights), weights))
        return forward(model, ids)

    monkeypatch.setattr(NameLSTM, "forward", watched)
    epochs = train(run)
    for expected in (False, False, True):
        is_rounded |= {True: [], False: []}
        next(epochs)
        assert set(is_rounded[True]) == set(is_rounded[False]) == {expected}


@pytest.mark.parametrize("optimizer", get_args(Optimizer))
def test_every_optimizer_trains_codebooks(
    corpus: Path, tmp_path: Path, optimizer: Optimizer
) -> None:
    run = compact_run(
        corpus, tmp_path, optimizer=optimizer, num_epochs=3, batch_size=64, learning_rate=0.001
    )
    was_shared = []
    for _ in train(run):
        table = run.best_model().ngrams
        assert table
        was_shared.append(table.is_shared)
        assert bool(table.codebooks.any()) == table.is_shared
    assert was_shared == [False, False, True]


def test_rows_too_large_to_square_are_shared_too(model: NameLSTM) -> None:
    table = model.ngrams
    assert table
    torch.nn.init.normal_(table.table.weight, std=1e25)
    assert (table.table.weight.detach() ** 2).isinf().any()
    share_rows(model, table, some_names(300))
    assert table.is_shared
    assert table.rows(torch.arange(COMPACT_BUCKETS)).isfinite().all()  # useless, but finite


def test_the_screen_says_from_when_on_a_model_is_compact(
    corpus: Path, tmp_path: Path, names: CommandLine
) -> None:
    options = ("--compact", "--int8-weights", "--num-epochs", 3, "--hidden-dim", 8)
    result = names("train", "--data-dir", corpus, "--output", tmp_path, *options)
    assert result.code == 0, result.err
    epochs = [line for line in result.out.splitlines() if line.startswith("epoch ")]
    assert [" compact" in line for line in epochs] == [False, False, True]
    assert "best so far" in epochs[2]  # whatever was before it


def test_what_can_not_be_compact(corpus: Path, names: CommandLine) -> None:
    options = ("train", "--data-dir", corpus, "--compact")
    for more in (
        ("--float32-weights",),
        ("--int8-weights", "--num-epochs", 1),
        ("--int8-weights", "--hidden-dim", 15),
        ("--int8-weights", "--embedding-dim", 15),
        ("--int8-weights", "--bidirectional"),
    ):
        result = names(*options, *more)
        assert result.code == 2
        assert "--compact can't be True: give --int8-weights, --num-epochs from 2" in result.err
    with pytest.raises(NamesError, match="--compact can't be True"):
        small_config(corpus, int8_weights=True, compact=True, member=1)
