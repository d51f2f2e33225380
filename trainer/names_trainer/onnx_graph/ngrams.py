"""The graph of `NgramTable`, one character at a time.

The states are the codes of the n-grams that end at the last character, shortest first, and the sum
of the table's rows of all n-grams so far, followed by their number.
"""

import numpy as np
import numpy.typing as npt
import torch
from onnx import TensorProto

from names_predictor.encoding import PAD
from names_trainer.models.ngrams import EMPTY, MULTIPLIERS, NgramTable, extended
from names_trainer.models.quantisation import Steps, quantise_table
from names_trainer.onnx_graph import PAIRS, SCALE_CODES
from names_trainer.onnx_graph.builder import Builder

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64

NO_NGRAM = -1.0
"""Code of an n-gram that would begin before the word."""

SIXTEENFOLD = 16
"""Factor of the steps in memory: 4 bits in the upper half of a byte."""


def ngram_states(ngrams: NgramTable) -> dict[str, int]:
    """Return the width of each state by name."""
    return {"ngram_codes": ngrams.longest, "ngram_sums": ngrams.table.embedding_dim + 1}


def first_ngram_states(ngrams: NgramTable) -> dict[str, npt.NDArray[np.float32]]:
    """Return the states float32 [1, width] after the padding that marks the start of a word."""
    start = extended(EMPTY, PAD, ngrams.codes)
    codes = np.full((1, ngrams.longest), NO_NGRAM, dtype=np.float32)
    codes[0, 0] = start
    row = ngrams.table(torch.tensor(start % ngrams.table.num_embeddings)).detach().numpy()
    return {"ngram_codes": codes, "ngram_sums": np.append(row, np.float32(1))[None]}


def add_table(build: Builder, ngrams: NgramTable) -> None:
    """Add the table, in 4 bits if they represent it exactly, and the linear layer."""
    weights = ngrams.table.weight.detach().numpy()
    table = quantise_table(weights)
    if (table.weights() == weights).all():
        _add_sixteenfold_steps(build, table.steps)
        levels = build.constant("ngram_levels", table.levels / np.float32(SIXTEENFOLD))
        codes = build.op("Cast", build.constant(SCALE_CODES, table.codes), to=INT64)
        build.op("Gather", levels, codes, name="ngram_scale")
    else:
        build.weights("ngram_table", weights)
    build.weights("ngram_linear", ngrams.linear.weight.detach().numpy())


def _add_sixteenfold_steps(build: Builder, steps: Steps) -> None:
    """Add 16 x `steps` int8 [rows, dim], which onnxruntime unpacks once, at load time.

    A signed number of 4 bits in the upper half of a byte, with zeros below it, is 16 times itself.
    """
    dim = steps.shape[1]
    both = build.constant(PAIRS, pairs(steps))
    four = build.constant("four_bits", np.array(4, dtype=np.uint8))
    upper = build.op("BitShift", both, four, direction="RIGHT")
    halves = [build.op("BitShift", x, four, direction="LEFT") for x in (both, upper)]
    columns = build.op("Concat", *halves, axis=1)
    if dim % 2:
        columns = build.split(columns, [dim, 1], axis=1)[0]
    build.op("Cast", columns, to=TensorProto.INT8, name="ngram_steps")


def pairs(steps: Steps) -> npt.NDArray[np.uint8]:
    """Return `steps` [rows, columns] as bytes [rows, columns / 2], rounded up.

    The lower 4 bits are the step of a column of the left half, the upper ones that of the right
    half, as signed numbers.
    """
    padded = np.pad(steps, ((0, 0), (0, steps.shape[1] % 2))) & 0xF
    left, right = np.split(padded.astype(np.uint8), 2, axis=1)
    return np.asarray(left | right << 4)


def ngram_step(
    build: Builder, ngrams: NgramTable, character: str, states: dict[str, str]
) -> dict[str, str]:
    """Add the equations of a step, which extends the n-grams by a character.

    Codes are integers below 2^22 in float32, which is exact.

    Args:
        build: Builder of the graph.
        ngrams: The n-gram table.
        character: Ids int64 [batch].
        states: The states by name.

    Returns:
        The next states by name.

    """
    longest = ngrams.longest
    one = build.integers(1)
    # Each n-gram extends one that is shorter by one; a 1-gram extends `EMPTY`, which is 0.
    shorter = build.constant("shorter", np.maximum(np.arange(longest) - 1, 0))
    is_longer = build.constant("is_longer", np.array([0, *[1] * (longest - 1)], np.float32))
    moved = build.op("Gather", states["ngram_codes"], shorter, axis=1)
    before = build.op("Mul", moved, is_longer)
    is_ngram = build.op("Less", build.number(NO_NGRAM), before)
    # As in `extended`.
    code = build.op("Cast", before, to=INT64)
    code = build.op("Mul", code, build.integers(MULTIPLIERS[ngrams.codes]))
    column = build.op("Unsqueeze", character, one)
    code = build.op("Add", code, build.op("Add", column, one))
    if ngrams.codes == 2**16:  # a cast to 16 bits is a faster modulus
        code = build.op("Cast", build.op("Cast", code, to=TensorProto.UINT16), to=INT64)
    else:
        code = build.op("Mod", code, build.integers(ngrams.codes))
    as_float = build.op("Cast", code, to=FLOAT)
    row = code
    if ngrams.table.num_embeddings < ngrams.codes:
        row = build.op("Mod", code, build.integers(ngrams.table.num_embeddings))
    is_here = build.op("Cast", is_ngram, to=FLOAT)  # [batch, longest]
    if PAIRS in build.constants:
        rows = build.op("Cast", build.op("Gather", "ngram_steps", row), to=FLOAT)
        weights = build.op("Mul", is_here, build.op("Gather", "ngram_scale", row))
    else:
        rows = build.op("Gather", "ngram_table", row)  # [batch, longest, dim]
        weights = is_here
    sums = build.op("MatMul", build.op("Unsqueeze", weights, one), rows)
    ones = build.constant("one_an_ngram", np.ones((longest, 1), np.float32))
    # Before the first character there is one row of states for all words.
    number = build.op("Expand", build.op("MatMul", is_here, ones), build.op("Shape", column))
    added = build.op("Concat", build.op("Squeeze", sums, one), number, axis=1)  # [batch, dim + 1]
    return {
        "ngram_codes": build.op("Where", is_ngram, as_float, build.number(NO_NGRAM)),
        "ngram_sums": build.op("Add", states["ngram_sums"], added),
    }


def ngram_evidence(build: Builder, ngrams: NgramTable, states: dict[str, str]) -> str:
    """Add the end of the words; return the evidence [batch, labels] of their n-grams."""
    rows = build.op("Shape", states["ngram_sums"], end=1)
    end = build.op("Expand", build.integers(PAD), rows)
    sums = ngram_step(build, ngrams, end, states)["ngram_sums"]
    total, number = build.split(sums, [ngrams.linear.in_features, 1], axis=1)
    mean = build.op("Mul", total, build.op("Reciprocal", build.op("Sqrt", number)))
    return build.op("Gemm", mean, "ngram_linear", transB=1)
