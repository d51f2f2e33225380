"""The n-gram table: a linear model of hashed n-grams, next to the LSTM."""

import math
from collections.abc import Sequence
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from names_predictor.encoding import PAD
from names_trainer.config import TrainConfig

MULTIPLIERS = {2**16: 40_503, 2**22: 2_592_237}
"""Multiplier of the hash for each number of n-gram codes: odd, about that number divided by the
golden ratio. Source: Knuth, "The Art of Computer Programming", volume 3, 1998."""

DENSE_ROWS = 2**16
"""Adam changes all rows of a table at each batch; of a table with more rows than these only those
of the batch, as `torch.optim.SparseAdam` does. With four million rows that takes a quarter of the
time."""

EMPTY = 0
"""Code of the empty n-gram."""


class NgramTable(nn.Module):
    """A low-rank linear model of the n-grams of a word, its ends included.

    Each n-gram is hashed to a row of the table. The rows of a word are summed, divided by the
    square root of their number, and multiplied by a matrix.

    Source: Joulin et al., "Bag of Tricks for Efficient Text Classification", 2016 (hashed n-grams).

    Args:
        config: Its `ngrams` is the length of the longest n-gram, `ngram_rows` and `ngram_dim` are
            the sizes of the table, and `ngram_dropout` is the dropout rate of the n-grams, so that
            no label depends on a rare one.
        num_labels: Number of outputs.

    """

    def __init__(self, config: TrainConfig, num_labels: int) -> None:
        super().__init__()
        self.longest = config.ngrams
        self.dropout = config.ngram_dropout
        self.codes = next(codes for codes in MULTIPLIERS if config.ngram_rows <= codes)
        is_large = config.ngram_rows > DENSE_ROWS and config.optimizer in ("adam", "adamw")
        self.table = nn.Embedding(config.ngram_rows, config.ngram_dim, sparse=is_large)
        self.linear = nn.Linear(config.ngram_dim, num_labels, bias=False)
        nn.init.zeros_(self.table.weight)
        nn.init.normal_(self.linear.weight, std=1 / math.sqrt(config.ngram_dim))

    def forward(self, groups: Sequence[Tensor]) -> Tensor:
        """Return the evidence float32 [words, labels] of groups of words.

        All groups are looked up in one step, because the gradient of each is as large as the table.

        Args:
            groups: For each length of word, the ids int64 [words, time].

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
            sparse=self.table.sparse,
        )
        evidence: Tensor = self.linear(sums)
        return evidence

    def buckets(self, ids: Tensor) -> Tensor:
        """Return the row of each n-gram, int64 [words, n-grams], of `ids` int64 [words, time]."""
        ids = functional.pad(ids, (1, 1), value=PAD)  # padding marks both ends
        rows = []
        for n in range(1, min(self.longest, ids.shape[1]) + 1):
            windows = ids.unfold(1, n, 1)  # [words, n-grams, n]
            code = torch.full(windows.shape[:2], EMPTY)
            for position in range(n):
                code = extended(code, windows[:, :, position], self.codes)
            rows.append(code)
        return torch.cat(rows, dim=1) % self.table.num_embeddings


Codes = TypeVar("Codes", int, Tensor)


def extended(code: Codes, character: Codes, codes: int) -> Codes:
    """Return the code of n-grams extended by a character's id, one of `codes`."""
    return (code * MULTIPLIERS[codes] + character + 1) % codes
