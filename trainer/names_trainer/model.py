"""The character LSTM in plain torch."""

import torch
from torch import Tensor, nn

from names_predictor.encoding import PAD


class NameLSTM(nn.Module):
    """Embedding, LSTM over the characters, and a linear layer on the last state.

    Source: Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997, with the forget gate of
    Gers et al., 2000, as in `torch.nn.LSTM`.
    """

    def __init__(
        self,
        vocabulary_size: int,
        num_labels: int,
        embedding_dim: int = 64,
        hidden_dim: int = 200,
        num_layers: int = 1,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, embedding_dim, padding_idx=PAD)
        self.lstm = nn.LSTM(
            embedding_dim, hidden_dim, num_layers, dropout=dropout if num_layers > 1 else 0.0
        )
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(hidden_dim, num_labels)

    def forward(self, ids: Tensor) -> Tensor:
        """Return logits [batch, labels] for `ids` int64 [batch, time].

        The names of a batch are all of one length, so there is no padding to keep out.
        """
        embedded = self.dropout(self.embedding(ids.t()))  # [time, batch, embedding]
        _, (hidden, _) = self.lstm(embedded)  # [layers, batch, hidden]
        logits: Tensor = self.linear(self.dropout(hidden[-1]))
        return logits


def logits_of(model: NameLSTM, ids: Tensor, lengths: Tensor, batch_size: int = 512) -> Tensor:
    """Return logits [rows, labels] of names of any lengths, without training.

    `ids` is int64 [rows, time], padded behind each name's length in `lengths` [rows].
    """
    model.eval()
    logits = model.linear.weight.new_empty(len(lengths), model.linear.out_features)
    with torch.inference_mode():
        for rows in batches_by_length(lengths, batch_size):
            logits[rows] = model(ids[rows, : lengths[rows[0]]])
    return logits


def batches_by_length(lengths: Tensor, batch_size: int) -> list[Tensor]:
    """Return row numbers in batches of at most `batch_size` rows, all of one length."""
    counts = torch.unique(lengths, return_counts=True)[1].tolist()
    groups = torch.split(lengths.argsort(stable=True), counts)
    return [batch for group in groups for batch in torch.split(group, batch_size)]
