"""The part of a graph that is a table of n-grams: `NgramTable` in ONNX, a character at a time.

Its states are the codes of the n-grams that end at the character read last, shortest first, and
the sum of the table's rows of all so far, with their number behind it.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from onnx import NodeProto, TensorProto, helper
from torch import Tensor

from names_predictor.encoding import PAD
from names_predictor.prefixes import NEXT
from names_trainer.model import BEFORE, CODEBOOK_SIZE, CODEBOOKS, MULTIPLIER, NgramTable, extended

NO_NGRAM = -1
"""Stands for the code of an n-gram that would begin before the name does."""


def ngram_constants(ngrams: NgramTable) -> dict[str, npt.NDArray[Any]]:
    """Return what the nodes need, by name, the states before a name's first character among it."""
    longest, labels = ngrams.longest, ngrams.table.embedding_dim
    start = extended(BEFORE, PAD)  # a name begins behind its start, an n-gram of one
    codes = np.full((1, longest), NO_NGRAM, dtype=np.float32)
    codes[0, 0] = start
    row = ngrams.rows(torch.tensor(start % ngrams.table.num_embeddings)).detach().numpy()
    return _table(ngrams) | {
        "ngram_codes": codes,
        "ngram_sums": np.append(row, np.float32(1))[None],
        "ngram_shape": np.array(
            [CODEBOOK_SIZE if ngrams.is_shared else len(ngrams.table.weight), 1]
        ),
        "one_ngram": np.array([[1]], dtype=np.float32),
        "split_sizes": np.array([labels, 1]),
        "end": np.array([PAD]),
        "multiplier": np.array(MULTIPLIER),
        "no_ngram": np.array(NO_NGRAM, dtype=np.float32),
        "shorter": np.maximum(np.arange(longest) - 1, 0),
        "is_longer": np.array([0, *[1] * (longest - 1)], dtype=np.float32),
    }


def _table(ngrams: NgramTable) -> dict[str, npt.NDArray[Any]]:
    if not ngrams.is_shared:
        return {"ngram_table": _array(ngrams.table.weight)}
    constants = {}
    for i in range(CODEBOOKS):
        constants[f"ngram_codebook_{i}"] = _array(ngrams.codebooks[i])
        constants[f"ngram_entries_{i}"] = _array(ngrams.codes[:, i])
    return constants


def _array(tensor: Tensor) -> npt.NDArray[Any]:
    return np.ascontiguousarray(tensor.detach().numpy())


def counted_ngrams(ngrams: NgramTable) -> Iterator[NodeProto]:
    """Put a column of ones behind the table's labels, which counts n-grams; done as it loads.

    So is putting a table together from codebooks: the first one's entries count.
    """
    node = helper.make_node
    yield node("Expand", ["one_ngram", "ngram_shape"], ["ngram_ones"])
    if not ngrams.is_shared:
        yield node("Concat", ["ngram_table", "ngram_ones"], ["counted_ngrams"], axis=1)
        return
    yield node("Sub", ["ngram_ones", "ngram_ones"], ["ngram_zeros"])
    for i, column in enumerate(("ngram_ones", "ngram_zeros")):
        entries, numbers, codebook = f"ngram_entries_{i}", f"ngram_numbers_{i}", f"counted_{i}"
        yield node("Concat", [f"ngram_codebook_{i}", column], [codebook], axis=1)
        yield node("Cast", [entries], [numbers], to=TensorProto.INT32)
        yield node("Gather", [codebook, numbers], [f"ngram_rows_{i}"])
    yield node("Add", ["ngram_rows_0", "ngram_rows_1"], ["counted_ngrams"])


def extend_ngrams(ngrams: NgramTable, old: str, character: str, new: str) -> Iterator[NodeProto]:
    """Extend the n-grams that end at one character by the next, and add their rows to the sums.

    Codes are whole numbers below 2^16 in float32, which is exact. A compact table has half as many
    rows: of a code above those, 16 bits with a sign make a row counted from the end.
    """
    node = helper.make_node
    # The n-gram to extend is one shorter; before a single character it is `BEFORE`, which is 0.
    yield node("Gather", [f"{old}ngram_codes", "shorter"], [f"{new}moved"], axis=1)
    yield node("Mul", [f"{new}moved", "is_longer"], [f"{new}before"])
    yield node("Less", ["no_ngram", f"{new}before"], [f"{new}is_ngram"])
    # As `extended` does, where the modulus is all that 16 bits keep.
    yield node("Cast", [f"{new}before"], [f"{new}before_integer"], to=TensorProto.INT64)
    yield node("Mul", [f"{new}before_integer", "multiplier"], [f"{new}multiplied"])
    yield node("Unsqueeze", [character, "one"], [f"{new}character"])
    yield node("Add", [f"{new}character", "one"], [f"{new}addend"])
    yield node("Add", [f"{new}multiplied", f"{new}addend"], [f"{new}sum"])
    yield node("Cast", [f"{new}sum"], [f"{new}code"], to=TensorProto.UINT16)
    code = f"{new}code"
    if ngrams.compact:
        code = f"{new}code_with_sign"
        yield node("Cast", [f"{new}sum"], [code], to=TensorProto.INT16)
    yield node("Cast", [code], [f"{new}row"], to=TensorProto.INT64)
    yield node("Cast", [f"{new}code"], [f"{new}code_float"], to=TensorProto.FLOAT)
    yield node("Where", [f"{new}is_ngram", f"{new}code_float", "no_ngram"], [f"{new}ngram_codes"])
    yield node("Gather", ["counted_ngrams", f"{new}row"], [f"{new}rows"])
    yield node("Cast", [f"{new}is_ngram"], [f"{new}weight"], to=TensorProto.FLOAT)
    yield node("Unsqueeze", [f"{new}weight", "one"], [f"{new}weights"])
    # [batch, 1, longest] x [batch, longest, labels + 1]
    yield node("MatMul", [f"{new}weights", f"{new}rows"], [f"{new}added_row"])
    yield node("Squeeze", [f"{new}added_row", "one"], [f"{new}added"])
    yield node("Add", [f"{old}ngram_sums", f"{new}added"], [f"{new}ngram_sums"])


def add_ngrams(ngrams: NgramTable, logits: str) -> Iterator[NodeProto]:
    """Read the end of the name and add what its n-grams say to `logits` [batch, labels]."""
    node = helper.make_node
    yield from extend_ngrams(ngrams, NEXT, "end", "with_end_")
    yield node("Split", ["with_end_ngram_sums", "split_sizes"], ["sums", "counts"], axis=1)
    yield node("Sqrt", ["counts"], ["roots"])
    yield node("Reciprocal", ["roots"], ["shares"])
    yield node("Mul", ["sums", "shares"], ["logits_of_ngrams"])
    yield node("Add", [logits, "logits_of_ngrams"], ["logits"])
