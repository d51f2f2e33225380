"""The weights with which the predictions of several models are pooled."""

import numpy as np
import numpy.typing as npt
import torch
from scipy.optimize import minimize
from scipy.special import log_softmax
from torch import Tensor

PENALTY = 10.0
"""L2 penalty of the deviation of the models' weights from equal ones."""


def pool_weights(log_probs: Tensor, targets: Tensor) -> Tensor:
    """Return the weights float32 [models] of a logarithmic pool with the highest likelihood.

    The class priors are the last model. Their weight is usually negative, because the sum of the
    other models counts the priors several times.
    Source: Genest and Zidek, "Combining Probability Distributions", 1986.

    Args:
        log_probs: Predictions of held-out names, float32 [models, rows, labels].
        targets: The true labels, int64 [rows].

    """
    exact = log_probs.double().numpy()
    rows, right = np.arange(len(targets)), targets.numpy()
    equal = np.array([*[1 / (len(exact) - 1)] * (len(exact) - 1), 0.0])

    def loss(weights: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        logs = log_softmax(np.tensordot(weights, exact, axes=1), axis=1)
        expected = (np.exp(logs) * exact).sum(axis=(1, 2))
        away = weights - equal
        return (
            -logs[rows, right].sum() + PENALTY / 2 * (away**2).sum(),
            expected - exact[:, rows, right].sum(axis=1) + PENALTY * away,
        )

    bounds = [*[(0, None)] * (len(exact) - 1), (None, None)]
    return torch.from_numpy(minimize(loss, equal, jac=True, bounds=bounds).x).float()
