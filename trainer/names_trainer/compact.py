"""A model in few bytes: 4 bits a weight of the LSTM, and 2 bytes a row of the table of n-grams.

For the first passes a compact model is trained like any other. Then the table's rows are put
together from two codebooks, which are trained instead of them from there on, and the LSTM is
trained as it will be rounded.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from names_trainer.model import CODEBOOK_SIZE, NameLSTM, NgramTable, batches_by_length, logits_of
from names_trainer.quantisation import rounded_to_4_bits
from names_trainer.task import Data

ROUNDS = 20
"""Of k-means for each codebook."""

REFINEMENTS = 4
"""Rounds in which each codebook is fitted again to what the other leaves."""

FLOOR = 0.05
"""Least sensitivity to a label, as a share of the mean of a row's labels: rare labels count too."""


@contextmanager
def lstm_in_4_bits(model: NameLSTM) -> Iterator[None]:
    """Round the LSTM's matrices for a while: gradients are of the rounded weights.

    They are then applied to the exact ones, which so add up changes smaller than a step. Source:
    the straight-through estimator of Bengio et al., "Estimating or Propagating Gradients Through
    Stochastic Neurons for Conditional Computation", 2013.
    """
    matrices = [weights.data for weights in model.lstm.parameters() if weights.ndim > 1]
    exact = [matrix.clone() for matrix in matrices]
    try:
        for matrix in matrices:
            matrix.copy_(rounded_to_4_bits(matrix))
        yield
    finally:
        for matrix, before in zip(matrices, exact, strict=True):
            matrix.copy_(before)


def share_rows(model: NameLSTM, table: NgramTable, data: Data) -> None:
    """Make every row of the model's `table` the sum of one entry of each of its codebooks.

    Which ones are nearest is a matter of `sensitivity`, since what a row says of a label counts
    the more, the more names of `data` have the n-gram and leave the label open. Sources: the
    residual vector quantisation of Juang and Gray, 1982; k-means weighted by the loss' curvature as
    in Kim et al., "SqueezeLLM: Dense-and-Sparse Quantization", 2023.
    """
    weights = sensitivity(model, table, data)
    generator = torch.Generator().manual_seed(0)
    codes = []
    left = table.table.weight.detach().clone()  # what the codebooks so far do not say
    for codebook in table.codebooks.detach():
        codes.append(_k_means(left, weights, codebook, generator))
        left -= codebook[codes[-1]]
    for _ in range(REFINEMENTS):
        for i, codebook in enumerate(table.codebooks.detach()):
            left += codebook[codes[i]]
            codes[i] = _nearest(left, weights, codebook)
            _centre(left, weights, codes[i], codebook)
            left -= codebook[codes[i]]
    table.codes.copy_(torch.stack(codes, dim=1))
    table.shared.fill_(True)


def sensitivity(model: NameLSTM, table: NgramTable, data: Data) -> Tensor:
    """Return how much the loss on `data` curves with what each row of `table` says of each label.

    [rows, labels]: the diagonal of the Fisher information, p (1 - p) for a name of which the model
    says p, divided by the number of its n-grams as its logits are by the root. An n-gram that a
    name has twice counts as two that are different.
    """
    found = torch.zeros_like(table.table.weight)
    probabilities = logits_of(model, data.ids, data.lengths).softmax(dim=1)
    for batch in batches_by_length(data.lengths, 1024):
        rows = table.buckets(data.ids[batch, : data.lengths[batch[0]]])
        p = probabilities[batch]
        curvature = (p * (1 - p) / rows.shape[1]).unsqueeze(1).expand(-1, rows.shape[1], -1)
        found.index_add_(0, rows.flatten(), curvature.flatten(0, 1))
    return found + FLOOR * found.mean(dim=1, keepdim=True) + 1e-6


def _k_means(rows: Tensor, weights: Tensor, codebook: Tensor, generator: torch.Generator) -> Tensor:
    """Fit `codebook` [size, labels] to `rows` and return each row's nearest entry."""
    energy = ((weights * rows**2).sum(dim=1) + 1e-9).clamp(max=1e30)  # of a run that diverges
    codebook.copy_(rows[torch.multinomial(energy, CODEBOOK_SIZE, generator=generator)])
    for _ in range(ROUNDS):
        codes = _nearest(rows, weights, codebook)
        error = (weights * (rows - codebook[codes]) ** 2).sum(dim=1)
        _centre(rows, weights, codes, codebook)
        unused = (torch.bincount(codes, minlength=CODEBOOK_SIZE) == 0).nonzero().flatten()
        codebook[unused] = rows[error.topk(len(unused)).indices]  # worst served
    return _nearest(rows, weights, codebook)


def _nearest(rows: Tensor, weights: Tensor, codebook: Tensor) -> Tensor:
    """Return the entry [rows] of `codebook` that is nearest to each row, by its weights."""
    batches = zip(torch.split(rows, 4096), torch.split(weights, 4096), strict=True)
    distances = (w @ (codebook**2).t() - 2 * (w * r) @ codebook.t() for r, w in batches)
    return torch.cat([distance.argmin(dim=1) for distance in distances])


def _centre(rows: Tensor, weights: Tensor, codes: Tensor, codebook: Tensor) -> None:
    """Move every entry of `codebook` to the weighted mean of its rows, if it has some."""
    total = torch.zeros_like(codebook).index_add_(0, codes, weights)
    weighted = torch.zeros_like(codebook).index_add_(0, codes, weights * rows)
    codebook.copy_(torch.where(total > 0, weighted / total.clamp(min=1e-12), codebook))
