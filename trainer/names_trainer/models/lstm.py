"""The character LSTM in plain torch: each word gives evidence, a name is the sum of its words."""

import math
from collections.abc import Sequence
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from names_predictor.encoding import PAD
from names_trainer.training.threads import fixed_threads

MULTIPLIER = 40_503
"""Of the hash: odd, and 2^16 by the golden ratio, as in Knuth, "The Art of Computer Programming",
volume 3, 1998."""

HASHES = 2**16
"""Codes that an n-gram can have: as many numbers as 16 bits hold."""

BEFORE = 0
"""The code of an n-gram of no characters."""

MOST_WORDS = 8
"""Names of more words are scaled as those of so many."""


class NameLSTM(nn.Module):
    """Embedding, LSTM over the characters of a word, linear layer; summed over a name's words.

    logits of a name = bias + n^power x sum of the evidence of its n words

    For a name of one word this is the plain LSTM classifier. One direction: the linear layer reads
    the last state. Two directions, which only teachers have: the largest value of every state
    over the word's characters. `ngrams` above 0 adds the word's n-grams, see `NgramTable`. With
    `num_auxiliary` the model has as many outputs more, for the labels of an auxiliary task.

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
        ngram_rows: int = HASHES,
        ngram_dim: int = 16,
        ngram_dropout: float = 0.0,
        num_auxiliary: int = 0,
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
        self.power = nn.Parameter(torch.zeros(()))
        self.ngrams = (
            NgramTable(ngrams, ngram_rows, ngram_dim, outputs, ngram_dropout) if ngrams else None
        )

    def forward(self, ids: Tensor, words: Tensor) -> Tensor:
        """Return logits [names, labels], auxiliary labels last.

        `ids` int64 [words, time] are distinct words, padded with `PAD`; `words` int64
        [names, most] says which of them a name has, -1 where it has fewer.
        """
        evidence = self.evidence(ids)
        is_word = words >= 0
        if words.shape[1] == 1:
            sums = evidence[words[:, 0]]
        else:
            name = is_word.nonzero()[:, 0]
            sums = evidence.new_zeros(len(words), evidence.shape[1])
            sums = sums.index_add(0, name, evidence[words[is_word]])
        return self.sum_to_logits(sums, is_word.sum(dim=1))

    def sum_to_logits(self, sums: Tensor, counts: Tensor) -> Tensor:
        """Return logits [names, labels] for the summed evidence of `counts` [names] words each."""
        logits: Tensor = self.linear.bias + self.scale(counts)[:, None] * sums
        return logits

    def scale(self, counts: Tensor) -> Tensor:
        """Return the factor of the summed evidence of `counts` words: 1 for a single one."""
        return counts.clamp(1, MOST_WORDS).to(self.power.dtype) ** self.power

    def evidence(self, ids: Tensor) -> Tensor:
        """Return the evidence [words, labels] of `ids` int64 [words, time].

        Words of one length are computed together, so no step of the LSTM is spent on padding.
        """
        lengths = (ids != PAD).sum(dim=1)
        groups = batches_by_length(lengths, len(lengths))
        of_one_length = [ids[rows, : lengths[rows[0]]] for rows in groups]
        summary = self.dropout(torch.cat([self._summary(ids) for ids in of_one_length]))
        found: Tensor = functional.linear(summary, self.linear.weight)
        if self.ngrams:
            found = found + self.ngrams(of_one_length)
        return found if len(groups) == 1 else found[torch.cat(groups).argsort()]

    def _summary(self, ids: Tensor) -> Tensor:
        embedded = self.dropout(self.embedding(ids.t()))  # [time, batch, embedding]
        states, (hidden, _) = self.lstm(embedded)  # [time, batch, states], [layers, batch, hidden]
        summary: Tensor = states.amax(dim=0) if self.lstm.bidirectional else hidden[-1]
        return summary


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


def logits_of(model: NameLSTM, ids: Tensor, words: Tensor, batch_size: int = 2048) -> Tensor:
    """Return logits [names, labels] without training; those of auxiliary labels are left out.

    `ids` and `words` are those of `NameLSTM.forward`, of any number of names.
    """
    model.eval()
    lengths = (ids != PAD).sum(dim=1)
    evidence = model.linear.weight.new_empty(len(ids), model.linear.out_features)
    with torch.inference_mode(), fixed_threads():
        for rows in batches_by_length(lengths, batch_size):
            evidence[rows] = model.evidence(ids[rows, : lengths[rows[0]]])
        sums = torch.zeros_like(evidence[:1]).repeat(len(words), 1)
        for column in words.t():
            has_word = column >= 0
            sums[has_word] += evidence[column[has_word]]
        return model.sum_to_logits(sums, (words >= 0).sum(dim=1))[:, : model.num_labels]


def batches_by_length(lengths: Tensor, batch_size: int) -> list[Tensor]:
    """Return row numbers in batches of at most `batch_size` rows, all of one length."""
    counts = torch.unique(lengths, return_counts=True)[1].tolist()
    groups = torch.split(lengths.argsort(stable=True), counts)
    return [batch for group in groups for batch in torch.split(group, batch_size)]
