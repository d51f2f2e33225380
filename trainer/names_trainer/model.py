"""The character LSTM in plain torch."""

import math
from typing import TypeVar

import torch
from torch import Tensor, nn

from names_predictor.encoding import PAD
from names_trainer.threads import fixed_threads

BUCKETS = 2**16
"""Rows of a table of n-grams: as many numbers as 16 bits hold, so that a graph of any runtime can
hash by leaving the other bits away."""

COMPACT_BUCKETS = 2**15
"""Rows of a compact table: of numbers of 16 bits, what 15 keep."""

CODEBOOKS, CODEBOOK_SIZE = 2, 256
"""A row of a compact table is the sum of as many codebooks' entries, each told by one byte."""

MULTIPLIER = 40_503
"""Of the hash: odd, and 2^16 by the golden ratio, as in Knuth, "The Art of Computer Programming",
volume 3, 1998."""

BEFORE = 0
"""The code of an n-gram of no characters."""


class NameLSTM(nn.Module):
    """Embedding, LSTM over the characters, and a linear layer on what the LSTM says of the name.

    One direction: the layer reads the last state. Two directions: the largest value of every
    state over the name's characters. `ngrams` above 0 adds a linear model over n-grams, see
    `NgramTable`, which `compact` makes a smaller one. With `num_auxiliary` the model tells as many
    labels of another list too, behind its own.

    Source: Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997, with the forget gate of
    Gers et al., 2000, as in `torch.nn.LSTM`; deep and linear part summed as in Cheng et al.,
    "Wide & Deep Learning for Recommender Systems", 2016.
    """

    def __init__(
        self,
        vocabulary_size: int,
        num_labels: int,
        embedding_dim: int = 64,
        hidden_dim: int = 200,
        num_layers: int = 1,
        dropout: float = 0.0,
        bidirectional: bool = False,
        ngrams: int = 0,
        ngram_dropout: float = 0.0,
        num_auxiliary: int = 0,
        compact: bool = False,
    ) -> None:
        super().__init__()
        self.num_labels = num_labels
        outputs = num_labels + num_auxiliary
        self.embedding = nn.Embedding(vocabulary_size, embedding_dim, padding_idx=PAD)
        self.lstm = nn.LSTM(
            embedding_dim,
            hidden_dim,
            num_layers,
            dropout=dropout if num_layers > 1 else 0.0,
            bidirectional=bidirectional,
        )
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(hidden_dim * (2 if bidirectional else 1), outputs)
        self.ngrams = NgramTable(ngrams, outputs, ngram_dropout, compact) if ngrams else None

    def forward(self, ids: Tensor) -> Tensor:
        """Return logits [batch, labels] for `ids` int64 [batch, time], auxiliary labels behind.

        The names of a batch are all of one length, so there is no padding to keep out.
        """
        embedded = self.dropout(self.embedding(ids.t()))  # [time, batch, embedding]
        states, (hidden, _) = self.lstm(embedded)  # [time, batch, states], [layers, batch, hidden]
        summary = states.amax(dim=0) if self.lstm.bidirectional else hidden[-1]
        logits: Tensor = self.linear(self.dropout(summary))
        return logits + self.ngrams(ids) if self.ngrams else logits


class NgramTable(nn.Module):
    """A linear model over the n-grams of a name, its ends included, hashed into one table.

    A compact table has fewer rows, and once it is `shared` each is the sum of the entries of
    `codebooks` that `codes` [rows, codebooks] names (see `compact`); `table` is then ignored.

    Source: the hashed n-grams of Joulin et al., "Bag of Tricks for Efficient Text
    Classification", 2016.
    """

    codebooks: Tensor
    codes: Tensor
    shared: Tensor

    def __init__(
        self, longest: int, num_labels: int, dropout: float = 0.0, compact: bool = False
    ) -> None:
        super().__init__()
        self.longest = longest
        self.dropout = dropout  # a name should not lean on one rare n-gram
        self.compact = compact
        self.table = nn.Embedding(COMPACT_BUCKETS if compact else BUCKETS, num_labels)
        nn.init.zeros_(self.table.weight)
        if compact:
            self.codebooks = nn.Parameter(torch.zeros(CODEBOOKS, CODEBOOK_SIZE, num_labels))
            codes = torch.zeros(COMPACT_BUCKETS, CODEBOOKS, dtype=torch.uint8)
            self.register_buffer("codes", codes)
            self.register_buffer("shared", torch.tensor(False))

    @property
    def is_shared(self) -> bool:
        """Whether rows are sums of codebooks' entries."""
        return self.compact and bool(self.shared)

    def forward(self, ids: Tensor) -> Tensor:
        """Return logits [batch, labels] for `ids` int64 [batch, time], all of one length."""
        buckets = self.buckets(ids)
        logits = self.rows(buckets)
        if self.training and self.dropout:
            kept = torch.rand(buckets.shape) >= self.dropout
            logits = logits * kept.unsqueeze(-1) / (1 - self.dropout)
        total: Tensor = logits.sum(dim=1) / math.sqrt(buckets.shape[1])
        return total

    def rows(self, buckets: Tensor) -> Tensor:
        """Return the rows [..., labels] of `buckets` [...]."""
        if not self.is_shared:
            found: Tensor = self.table(buckets)
            return found
        first, second = self.codes[buckets].long().unbind(dim=-1)
        return nn.functional.embedding(first, self.codebooks[0]) + nn.functional.embedding(
            second, self.codebooks[1]
        )

    def buckets(self, ids: Tensor) -> Tensor:
        """Return the table's row of every n-gram of `ids`, [batch, n-grams]."""
        ids = nn.functional.pad(ids, (1, 1), value=PAD)  # padding marks both ends
        rows = []
        for n in range(1, min(self.longest, ids.shape[1]) + 1):
            windows = ids.unfold(1, n, 1)  # [batch, n-grams, n]
            code = torch.full(windows.shape[:2], BEFORE)
            for position in range(n):
                code = extended(code, windows[:, :, position])
            rows.append(code)
        return torch.cat(rows, dim=1) % self.table.num_embeddings


Codes = TypeVar("Codes", int, Tensor)


def extended(code: Codes, character: Codes) -> Codes:
    """Return the code, below `BUCKETS`, of n-grams with one more character, given by its id."""
    return (code * MULTIPLIER + character + 1) % BUCKETS


def logits_of(model: NameLSTM, ids: Tensor, lengths: Tensor, batch_size: int = 512) -> Tensor:
    """Return logits [rows, labels] of names of any lengths, without training.

    `ids` is int64 [rows, time], padded behind each name's length in `lengths` [rows]. Logits of
    auxiliary labels are left out.
    """
    model.eval()
    logits = model.linear.weight.new_empty(len(lengths), model.num_labels)
    with torch.inference_mode(), fixed_threads():
        for rows in batches_by_length(lengths, batch_size):
            logits[rows] = model(ids[rows, : lengths[rows[0]]])[:, : model.num_labels]
    return logits


def batches_by_length(lengths: Tensor, batch_size: int) -> list[Tensor]:
    """Return row numbers in batches of at most `batch_size` rows, all of one length."""
    counts = torch.unique(lengths, return_counts=True)[1].tolist()
    groups = torch.split(lengths.argsort(stable=True), counts)
    return [batch for group in groups for batch in torch.split(group, batch_size)]
