"""Weights in 8 or 4 bits: a whole number each, up to 127 or 7 either way, and a scale a row.

A model is rounded when its best weights are saved, so that torch and the exported file hold the
very same numbers: only the file is smaller.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

LEVELS_OF_8_BITS = 127
LEVELS_OF_4_BITS = 7

SHARES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
"""Shares of a row's largest weight that 4 bits may reach up to; what is larger is cut off there."""

Weights = npt.NDArray[np.float32]
Steps = npt.NDArray[np.int8]


def quantise(weights: Weights) -> tuple[Steps, Weights]:
    """Return `weights` [..., rows, columns] as int8 and their scales [..., rows, 1].

    A scale has so few digits that its product with a whole number is exact. So rounding again
    changes nothing, and whether weights are rounded can be told from themselves.
    """
    return _quantise(weights, np.abs(weights).max(axis=-1, keepdims=True), LEVELS_OF_8_BITS)


def quantise_to_4_bits(weights: Weights) -> tuple[Steps, Weights]:
    """Return `weights` [..., rows, columns] in steps from -7 to 7, and scales as `quantise` does.

    With so few steps, cutting off a row's largest weights often leaves less of a squared error: of
    all `SHARES` each row has that of the least.
    """
    largest = np.abs(weights).max(axis=-1, keepdims=True)
    steps, scale = _quantise(weights, largest, LEVELS_OF_4_BITS)
    error = _squared_error(weights, steps, scale)
    for share in SHARES[1:]:
        cut = _quantise(weights, largest * np.float32(share), LEVELS_OF_4_BITS)
        error_if_cut = _squared_error(weights, *cut)
        is_closer = error_if_cut < error
        steps, scale = np.where(is_closer, cut[0], steps), np.where(is_closer, cut[1], scale)
        error = np.minimum(error, error_if_cut)
    return steps, scale


def rounded_model(weights: Mapping[str, Tensor], lstm_in_4_bits: bool) -> dict[str, Tensor]:
    """Return a model's `weights` by name in 8 bits, the LSTM's matrices in 4 if that is wanted.

    What is no weight, but whole numbers, stays as it is.
    """
    return {
        name: rounded_to_4_bits(tensor)
        if lstm_in_4_bits and name.startswith("lstm.weight")
        else rounded_to_8_bits(tensor)
        if tensor.is_floating_point()
        else tensor
        for name, tensor in weights.items()
    }


def rounded_to_8_bits(weights: Tensor) -> Tensor:
    """Return what 8 bits keep of a matrix; vectors, which are small, stay as they are."""
    return _rounded(*quantise(weights.numpy())) if weights.ndim > 1 else weights


def rounded_to_4_bits(weights: Tensor) -> Tensor:
    """Return what 4 bits keep of a matrix."""
    return _rounded(*quantise_to_4_bits(weights.numpy()))


def _quantise(weights: Weights, largest: Weights, levels: int) -> tuple[Steps, Weights]:
    scale = largest / np.float32(levels)
    bits = np.asarray(scale, dtype=np.float32).view(np.int32)
    scale = ((bits + 0x1000) & ~0x1FFF).view(np.float32)  # 10 of the 23 digits, to the nearest
    steps = np.rint(weights / np.where(scale > 0, scale, 1))
    with np.errstate(invalid="ignore"):  # no numbers: the loss will be none either, which is told
        return np.clip(steps, -levels, levels).astype(np.int8), scale


def _squared_error(weights: Weights, steps: Steps, scale: Weights) -> Weights:
    with np.errstate(over="ignore"):  # too large to square: as far off as can be
        error: Weights = ((steps * scale - weights) ** 2).sum(axis=-1, keepdims=True)
    return error


def _rounded(steps: Steps, scale: Weights) -> Tensor:
    return torch.from_numpy(steps * scale)
