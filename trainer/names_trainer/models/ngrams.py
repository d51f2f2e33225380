"""A table of hashed n-grams, next to the LSTM."""

import math
from collections.abc import Sequence
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from names_predictor.encoding import PAD

MULTIPLIER = 40_503
"""Of the hash: odd, and 2^16 by the golden ratio, as in Knuth, "The Art of Computer Programming",
volume 3, 1998."""

HASHES = 2**16
"""Codes that an n-gram can have: as many numbers as 16 bits hold."""

BEFORE = 0
"""The code of an n-gram of no characters."""


class NgramTable(nn.Module):
    """A linear model over the n-grams of a word, its ends included, through few dimensions.

    Every n-gram is hashed to a row of the table; the rows of a word are summed, divided by the root
    of their number, and multiplied by a matrix.

    Source: the hashed n-grams of Joulin et al., "Bag of Tricks for Efficient Text
    Classification", 2016.
    """

    def __init__(
        self, longest: int, rows: int, dim: int, num_labels: int, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.longest = longest
        self.dropout = dropout  # a name should not depend on one rare n-gram
        self.table = nn.Embedding(rows, dim)
        self.linear = nn.Linear(dim, num_labels, bias=False)
        nn.init.zeros_(self.table.weight)
        nn.init.normal_(self.linear.weight, std=1 / math.sqrt(dim))

    def forward(self, groups: Sequence[Tensor]) -> Tensor:
        """Return evidence [words, labels] of `groups` of `ids` int64 [words, time].

        The words of a group are all of one length. All rows are summed in one step: the gradient
        of each step is as large as the table.
        """
        buckets = [self.buckets(ids) for ids in groups]
        counts = torch.cat([torch.full((len(b),), b.shape[1]) for b in buckets])
        flat = torch.cat([b.flatten() for b in buckets])
        factors = counts.to(self.table.weight.dtype).rsqrt().repeat_interleave(counts)
        if self.training and self.dropout:
            factors = functional.dropout(factors, self.dropout)
        sums = functional.embedding_bag(
            flat,
            self.table.weight,
            counts.cumsum(0) - counts,
            mode="sum",
            per_sample_weights=factors,
        )
        evidence: Tensor = self.linear(sums)
        return evidence

    def buckets(self, ids: Tensor) -> Tensor:
        """Return the table's row of every n-gram of `ids`, [words, n-grams]."""
        ids = functional.pad(ids, (1, 1), value=PAD)  # padding marks both ends
        rows = []
        for n in range(1, min(self.longest, ids.shape[1]) + 1):
            windows = ids.unfold(1, n, 1)  # [words, n-grams, n]
            code = torch.full(windows.shape[:2], BEFORE)
            for position in range(n):
                code = extended(code, windows[:, :, position])
            rows.append(code)
        return torch.cat(rows, dim=1) % self.table.num_embeddings


Codes = TypeVar("Codes", int, Tensor)


def extended(code: Codes, character: Codes) -> Codes:
    """Return the code, below `HASHES`, of n-grams with one more character, given by its id."""
    return (code * MULTIPLIER + character + 1) % HASHES
