"""Weights in 8 bits: a whole number from -127 to 127 each, and a scale a row.

A model is rounded when its best weights are saved, so that torch and the exported file hold the
very same numbers: only the file is smaller.
"""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

LEVELS = 127


def quantise(
    weights: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Return `weights` [..., rows, columns] as int8 and their scales [..., rows, 1].

    A scale has so few digits that its product with a whole number is exact. So rounding again
    changes nothing, and whether weights are rounded can be told from themselves.
    """
    scale = np.abs(weights).max(axis=-1, keepdims=True) / np.float32(LEVELS)
    bits = np.asarray(scale, dtype=np.float32).view(np.int32)
    scale = ((bits + 0x1000) & ~0x1FFF).view(np.float32)  # 10 of the 23 digits, to the nearest
    steps = np.rint(weights / np.where(scale > 0, scale, 1))
    return np.clip(steps, -LEVELS, LEVELS).astype(np.int8), scale


def rounded_to_int8(weights: Tensor) -> Tensor:
    """Return what 8 bits keep of a matrix; vectors, which are small, stay as they are."""
    if weights.ndim < 2:
        return weights
    steps, scale = quantise(weights.numpy())
    return torch.from_numpy(steps * scale)
