"""Weights in 8 bits: a whole number each, up to 127 either way, and a scale a row.

A model is rounded when its best weights are saved, so that torch and the exported file hold the
very same numbers: only the file is smaller.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

LEVELS = 127

Weights = npt.NDArray[np.float32]
Steps = npt.NDArray[np.int8]


def quantise(weights: Weights) -> tuple[Steps, Weights]:
    """Return `weights` [..., rows, columns] as int8 and their scales [..., rows, 1].

    A scale has so few digits that its product with a whole number is exact. So rounding again
    changes nothing, and rounded weights are recognised as such.
    """
    scale = np.abs(weights).max(axis=-1, keepdims=True) / np.float32(LEVELS)
    bits = np.asarray(scale, dtype=np.float32).view(np.int32)
    scale = ((bits + 0x1000) & ~0x1FFF).view(np.float32)  # 10 of the 23 digits, to the nearest
    steps = np.rint(weights / np.where(scale > 0, scale, 1))
    with np.errstate(invalid="ignore"):  # where the loss diverged, which the training reports
        return np.clip(steps, -LEVELS, LEVELS).astype(np.int8), scale


def rounded_model(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a model's `weights` by name in 8 bits; vectors, which are small, stay as they are."""
    return {
        name: rounded_matrix(tensor) if tensor.ndim > 1 else tensor
        for name, tensor in weights.items()
    }


def rounded_matrix(weights: Tensor) -> Tensor:
    """Return what 8 bits keep of a matrix."""
    steps, scale = quantise(weights.numpy())
    return torch.from_numpy(np.asarray(steps * scale))
