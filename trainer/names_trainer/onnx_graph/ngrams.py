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
        both = build.constant(PAIRS, pairs(table.steps))
        sixteenth = build.op("Mul", build.op("Cast", both, to=FLOAT), build.number(1 / 16))
        upper = build.op("Cast", sixteenth, to=TensorProto.UINT8)
        build.op("Concat", both, upper, axis=1, name="ngram_bytes")  # once, at load time
        codes = build.op("Cast", build.constant(SCALE_CODES, table.codes), to=INT64)
        build.op("Gather", build.constant("ngram_levels", table.levels), codes, name="ngram_scale")
    else:
        build.weights("ngram_table", weights)  # in 8 bits, in runs of earlier versions
    build.weights("ngram_linear", ngrams.linear.weight.detach().numpy())


def pairs(steps: Steps) -> npt.NDArray[np.uint8]:
    """Return `steps` [rows, columns] as bytes [rows, columns / 2], rounded up.

    The lower 4 bits are the step of a column of the left half, the upper ones that of the right
    half, each plus 8.
    """
    padded = np.pad(steps, ((0, 0), (0, steps.shape[1] % 2))) + 8
    left, right = np.split(padded.astype(np.uint8), 2, axis=1)
    return np.asarray(left | right << 4)


def sum_of_pairs(build: Builder, weights: str, ones: str, row: str, dim: int) -> str:
    """Sum rows of the table with `weights` [batch, 1, n-grams]; return float32 [batch, 1, dim].

    A row of `ngram_bytes` has the bytes of `pairs`, then their upper steps. The lower step of a
    byte is the byte less 16 times the upper one. This holds for sums too, and one subtraction for
    all n-grams of a character is faster than one for each.
    """
    rows = build.op("Cast", build.op("Gather", "ngram_bytes", row), to=FLOAT)
    width = (dim + 1) // 2
    both, right = build.split(build.op("MatMul", weights, rows), [width] * 2, axis=2)
    left = build.op("Add", both, build.op("Mul", right, build.number(-16.0)))
    eights = build.op("Mul", build.op("MatMul", weights, ones), build.number(-8.0))
    sums = build.op("Add", build.op("Concat", left, right, axis=2), eights)
    return build.split(sums, [dim, 1], axis=2)[0] if dim % 2 else sums


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
    ones = build.constant("one_an_ngram", np.ones((longest, 1), np.float32))
    if PAIRS in build.constants:
        weights = build.op("Mul", is_here, build.op("Gather", "ngram_scale", row))
        weights = build.op("Unsqueeze", weights, one)
        sums = sum_of_pairs(build, weights, ones, row, ngrams.table.embedding_dim)
    else:
        rows = build.op("Gather", "ngram_table", row)  # [batch, longest, dim]
        sums = build.op("MatMul", build.op("Unsqueeze", is_here, one), rows)
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
