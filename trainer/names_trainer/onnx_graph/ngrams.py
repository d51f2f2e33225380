"""The table of n-grams in a graph: `NgramTable`, a character at a time.

Its states are the codes of the n-grams that end at the last character, shortest first, and the sum
of the table's rows of all n-grams so far, followed by their number.
"""

import numpy as np
import torch
from onnx import TensorProto

from names_predictor.encoding import PAD
from names_trainer.models.ngrams import BEFORE, MULTIPLIER, NgramTable, extended
from names_trainer.onnx_graph.builder import Builder

NO_NGRAM = -1.0
"""Stands for the code of an n-gram that would begin before the word does."""


def ngram_states(ngrams: NgramTable) -> dict[str, int]:
    """Return the width of each state by name."""
    return {"ngram_codes": ngrams.longest, "ngram_sums": ngrams.table.embedding_dim + 1}


def first_ngram_states(
    ngrams: NgramTable,
) -> dict[str, "np.ndarray[tuple[int, int], np.dtype[np.float32]]"]:
    """Return the states [1, width] before the first character: an n-gram of one, the beginning."""
    start = extended(BEFORE, PAD)
    codes = np.full((1, ngrams.longest), NO_NGRAM, dtype=np.float32)
    codes[0, 0] = start
    row = ngrams.table(torch.tensor(start % ngrams.table.num_embeddings)).detach().numpy()
    return {"ngram_codes": codes, "ngram_sums": np.append(row, np.float32(1))[None]}


def add_table(build: Builder, ngrams: NgramTable) -> None:
    """Add the table, with a column of ones that counts n-grams, and the matrix that follows it."""
    table = build.weights("ngram_table", ngrams.table.weight.detach().numpy())
    shape = build.integers(ngrams.table.num_embeddings, 1)
    ones = build.op("Expand", build.constant("one_ngram", np.ones((1, 1), np.float32)), shape)
    build.op("Concat", table, ones, axis=1, name="counted_ngrams")
    build.weights("ngram_linear", ngrams.linear.weight.detach().numpy())


def ngram_step(
    build: Builder, ngrams: NgramTable, character: str, states: dict[str, str]
) -> dict[str, str]:
    """Extend the n-grams that end at one character by the next, `character` int64 [batch].

    Codes are whole numbers below 2^16 in float32, which is exact.
    """
    longest = ngrams.longest
    one = build.integers(1)
    # The n-gram to extend is one shorter; before a single character it is `BEFORE`, which is 0.
    shorter = build.constant("shorter", np.maximum(np.arange(longest) - 1, 0))
    is_longer = build.constant("is_longer", np.array([0, *[1] * (longest - 1)], np.float32))
    moved = build.op("Gather", states["ngram_codes"], shorter, axis=1)
    before = build.op("Mul", moved, is_longer)
    is_ngram = build.op("Less", build.number(NO_NGRAM), before)
    # As `extended` does, where the modulus is all that 16 bits keep.
    code = build.op("Cast", before, to=TensorProto.INT64)
    code = build.op("Mul", code, build.integers(MULTIPLIER))
    code = build.op("Add", code, build.op("Add", build.op("Unsqueeze", character, one), one))
    code = build.op("Cast", build.op("Cast", code, to=TensorProto.UINT16), to=TensorProto.INT64)
    as_float = build.op("Cast", code, to=TensorProto.FLOAT)
    row = code
    if ngrams.table.num_embeddings < 2**16:
        row = build.op("Mod", code, build.integers(ngrams.table.num_embeddings))
    rows = build.op("Gather", "counted_ngrams", row)  # [batch, longest, dim + 1]
    weight = build.op("Unsqueeze", build.op("Cast", is_ngram, to=TensorProto.FLOAT), one)
    added = build.op("Squeeze", build.op("MatMul", weight, rows), one)  # [batch, dim + 1]
    return {
        "ngram_codes": build.op("Where", is_ngram, as_float, build.number(NO_NGRAM)),
        "ngram_sums": build.op("Add", states["ngram_sums"], added),
    }


def ngram_evidence(build: Builder, ngrams: NgramTable, states: dict[str, str]) -> str:
    """Read the end of the word and return the evidence [batch, labels] of its n-grams."""
    rows = build.op("Shape", states["ngram_sums"], end=1)
    end = build.op("Expand", build.integers(PAD), rows)
    sums = ngram_step(build, ngrams, end, states)["ngram_sums"]
    total, number = build.split(sums, [ngrams.linear.in_features, 1], axis=1)
    mean = build.op("Mul", total, build.op("Reciprocal", build.op("Sqrt", number)))
    return build.op("Gemm", mean, "ngram_linear", transB=1)
