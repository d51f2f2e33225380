"""The network in torch: a character LSTM scores words, and a name sums its words' evidence."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from names_predictor.encoding import PAD
from names_predictor.errors import NamesError
from names_trainer.config import TrainConfig
from names_trainer.data.dataset import Dataset
from names_trainer.models.ngrams import NgramTable
from names_trainer.models.threads import fixed_threads

MOST_WORDS = 8
"""Highest number of words in the scale n^power."""

WORDS_PER_BATCH = 2048
"""Words per batch outside training, which bounds the memory."""


def new_model(dataset: Dataset, config: TrainConfig) -> "NameLSTM":
    """Return a network for a dataset, with initial weights from torch's random generator.

    Raises:
        NamesError: There is not enough memory.

    """
    num_auxiliary = len(dataset.auxiliary_labels) if config.member else 0
    try:
        return NameLSTM(config, len(dataset.vocabulary), len(dataset.labels), num_auxiliary)
    except (RuntimeError, TypeError):  # out of memory, or a size beyond 64 bits
        table = f", --ngram-rows {config.ngram_rows}, --ngram-dim {config.ngram_dim}"
        raise NamesError(
            f"--hidden-dim {config.hidden_dim}, --embedding-dim {config.embedding_dim}, "
            f"--num-layers {config.num_layers}{table if config.ngrams else ''}: not enough memory: "
            "give lower numbers"
        ) from None


class NameLSTM(nn.Module):
    """The network: embedding, LSTM over the characters of a word, linear layer, sum over words.

        evidence of a word = linear(LSTM(embeddings of its characters)) (+ its n-grams)
        logits of a name   = bias + n^power x sum of the evidence of its n words

    The linear layer reads the last state of the LSTM, or, in a bidirectional network, the maximum
    of the states over the characters. `NgramTable` computes the evidence of n-grams. The outputs
    for auxiliary labels follow those for the labels.

    Sources: Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997, with the forget gate of
    Gers et al., 2000, as in `torch.nn.LSTM`; the sum of a deep and a linear model as in Cheng et
    al., "Wide & Deep Learning for Recommender Systems", 2016.

    Args:
        config: Its sizes and dropout rates are those of the network.
        vocabulary_size: Number of character ids, padding included.
        num_labels: Number of labels.
        num_auxiliary: Number of labels of the auxiliary task; for teachers only.

    """

    def __init__(
        self, config: TrainConfig, vocabulary_size: int, num_labels: int, num_auxiliary: int = 0
    ) -> None:
        super().__init__()
        self.num_labels = num_labels
        outputs = num_labels + num_auxiliary
        self.embedding = nn.Embedding(vocabulary_size, config.embedding_dim, padding_idx=PAD)
        self.lstm = nn.LSTM(
            config.embedding_dim,
            config.hidden_dim,
            config.num_layers,
            dropout=config.dropout if config.num_layers > 1 else 0.0,
            bidirectional=config.bidirectional,
        )
        self.dropout = nn.Dropout(config.dropout)
        self.linear = nn.Linear(config.hidden_dim * (2 if config.bidirectional else 1), outputs)
        self.power = nn.Parameter(torch.zeros(()))
        self.ngrams = NgramTable(config, outputs) if config.ngrams else None

    def forward(self, ids: Tensor, words: Tensor) -> Tensor:
        """Return the logits float32 [names, labels], auxiliary labels last.

        Args:
            ids: Characters of the distinct words, int64 [words, time], padded with `PAD`.
            words: Words of each name as rows of `ids`, int64 [names, most], padded with -1.

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
        """Return the logits [names, labels] of names.

        Args:
            sums: Sum of the evidence of each name's words, float32 [names, labels].
            counts: Number of words of each name, int64 [names].

        """
        logits: Tensor = self.linear.bias + self.scale(counts)[:, None] * sums
        return logits

    def scale(self, counts: Tensor) -> Tensor:
        """Return n^power for `counts` of words n, at most `MOST_WORDS`."""
        return counts.clamp(1, MOST_WORDS).to(self.power.dtype) ** self.power

    def evidence(self, ids: Tensor) -> Tensor:
        """Return the evidence [words, labels] of words given by `ids` int64 [words, time].

        Words of equal length form a batch, so the LSTM computes no padding.
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


def logits_of(model: NameLSTM, ids: Tensor, words: Tensor) -> Tensor:
    """Return the logits float32 [names, labels] in evaluation mode, without auxiliary labels.

    Args:
        model: The network.
        ids: Characters of the distinct words, int64 [words, time], padded with `PAD`.
        words: Words of each name as rows of `ids`, int64 [names, most], padded with -1.

    """
    model.eval()
    lengths = (ids != PAD).sum(dim=1)
    evidence = model.linear.weight.new_empty(len(ids), model.linear.out_features)
    with torch.inference_mode(), fixed_threads():
        for rows in batches_by_length(lengths, WORDS_PER_BATCH):
            evidence[rows] = model.evidence(ids[rows, : lengths[rows[0]]])
        sums = evidence.new_zeros(len(words), evidence.shape[1])
        for column in words.t():
            has_word = column >= 0
            sums[has_word] += evidence[column[has_word]]
        return model.sum_to_logits(sums, (words >= 0).sum(dim=1))[:, : model.num_labels]


def batches_by_length(lengths: Tensor, batch_size: int) -> list[Tensor]:
    """Return batches of at most `batch_size` row numbers, each of rows of equal length.

    Args:
        lengths: Length of each row, int64 [rows].
        batch_size: Highest number of rows in a batch.

    """
    counts = torch.unique(lengths, return_counts=True)[1].tolist()
    groups = torch.split(lengths.argsort(stable=True), counts)
    return [batch for group in groups for batch in torch.split(group, batch_size)]
