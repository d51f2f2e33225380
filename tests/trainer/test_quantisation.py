"""Weights in 8 and 4 bits."""

import numpy as np
import torch
from conftest import random_model
from hypothesis import given
from hypothesis import strategies as st

from names_predictor.artifact.store import RELEASED, read_artifact
from names_trainer.export.inspection import inspect_artifact
from names_trainer.models.quantisation import quantise_table, rounded_matrix, rounded_model
from names_trainer.onnx_graph.encoder import to_onnx


@given(st.integers(0, 2**32), st.sampled_from([1e-30, 1e-3, 1.0, 1e6]))
def test_rounding_to_8_bits(seed: int, size: float) -> None:
    generator = np.random.default_rng(seed)
    weights = (generator.normal(size=(5, 7)) * size).astype(np.float32)
    weights[2] = 0
    rounded = rounded_matrix(torch.from_numpy(weights))
    assert torch.equal(rounded_matrix(rounded), rounded)
    reach = np.abs(weights).max(axis=1, keepdims=True)
    assert (np.abs(rounded.numpy() - weights) <= reach / 127 * 0.51 + 1e-38).all()


@given(st.integers(0, 2**32), st.sampled_from([1e-20, 1e-3, 1.0, 1e6]))
def test_rounding_a_table_to_4_bits(seed: int, size: float) -> None:
    generator = np.random.default_rng(seed)
    sizes = size * 2 ** -generator.uniform(0, 10, size=(20, 1))
    weights = (generator.normal(size=(20, 7)) * sizes).astype(np.float32)
    weights[2] = 0
    table = quantise_table(weights)
    rounded = table.weights()
    assert np.abs(table.steps).max() == 7
    np.testing.assert_array_equal(quantise_table(rounded).weights(), rounded)
    error = np.square(rounded - weights).sum(axis=1)
    assert (error <= 0.02 * np.square(weights).sum(axis=1)).all()


def test_a_rounded_model_has_its_table_in_4_bits_and_exact_vectors() -> None:
    model, _ = random_model("abc", 4, ngrams=3, ngram_rows=50)
    assert model.ngrams
    rounded = rounded_model(model.state_dict())
    table = quantise_table(model.ngrams.table.weight.detach().numpy())
    np.testing.assert_array_equal(rounded["ngrams.table.weight"], table.weights())
    assert torch.equal(rounded["linear.bias"], model.linear.bias)
    assert torch.equal(rounded["linear.weight"], rounded_matrix(model.linear.weight.detach()))


def test_a_table_in_8_bits_is_exported_in_8_bits() -> None:
    model, vocab = random_model("abc", 4, ngrams=3, ngram_rows=5000, ngram_dim=16)
    assert model.ngrams
    whole = len(to_onnx(model, vocab))
    table = model.ngrams.table.weight
    table.data = rounded_matrix(table.detach())
    assert len(to_onnx(model, vocab)) < 0.35 * whole


def test_an_inspection_counts_the_weights_in_4_bits() -> None:
    config = read_artifact(RELEASED).vocab.provenance["config"]
    assert inspect_artifact(RELEASED).weights["int4"] == config["ngram_rows"] * config["ngram_dim"]
