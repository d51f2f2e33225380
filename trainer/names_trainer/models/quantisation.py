"""Weights as whole numbers with a scale a row: 8 bits each, of the table of n-grams 4.

A model is rounded when its best weights are saved, so that torch and the exported file hold the
very same numbers: only the file is smaller.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

LEVELS = 127
TABLE_LEVELS = 7

CANDIDATES = (*range(TABLE_LEVELS, 0, -1), 7.5, 8, 8.5, 9, 10)
"""A row's largest weight in steps of the scales that are tried; above 7 it is cut off."""

SMALLEST = 2.0**-100
"""Weights below it are as good as 0."""

TABLE_KEY = "ngrams.table.weight"

Weights = npt.NDArray[np.float32]
Steps = npt.NDArray[np.int8]


def quantise(weights: Weights) -> tuple[Steps, Weights]:
    """Return `weights` [..., rows, columns] as int8 and their scales [..., rows, 1].

    A scale has so few digits that its product with a whole number is exact. So rounding again
    changes nothing, and rounded weights are recognised as such.
    """
    scale = _short(np.abs(weights).max(axis=-1, keepdims=True) / np.float32(LEVELS))
    steps = np.rint(weights / np.where(scale > 0, scale, 1))
    with np.errstate(invalid="ignore"):  # where the loss diverged, which the training reports
        return np.clip(steps, -LEVELS, LEVELS).astype(np.int8), scale


def _short(scale: Weights) -> Weights:
    """Return `scale` with 10 of its 23 binary digits, to the nearest."""
    bits = np.asarray(scale, dtype=np.float32).view(np.int32)
    return ((bits + 0x1000) & ~0x1FFF).view(np.float32)


class Table(NamedTuple):
    """A table in 4 bits.

    `steps` [rows, columns] are up to 7 either way; the scale of a row is one of 256 `levels`, that
    of its number in `codes` [rows].
    """

    steps: Steps
    codes: npt.NDArray[np.uint8]
    levels: Weights

    def weights(self) -> Weights:
        """Return the weights [rows, columns]."""
        return self.steps * self.levels[self.codes][:, None]


def quantise_table(weights: Weights) -> Table:
    """Return `weights` [rows, columns] in 4 bits, each row with the scale of the smallest error.

    Scales are a sixteenth of an octave apart, counted from a power of 2. So they stay on the same
    levels, and as in `quantise` rounding again changes nothing.
    """
    largest = np.abs(weights).max(axis=1, initial=0)
    top = np.exp2(np.ceil(np.log2(max(float(np.nan_to_num(largest.max())), SMALLEST))))
    octave = _short(np.exp2(-np.arange(16, dtype=np.float32) / 16))
    levels = np.concatenate([octave * np.float32(top * 0.5**n) for n in range(16)])
    codes = np.zeros(len(weights), dtype=np.uint8)
    error = np.full(len(weights), np.inf)
    for candidate in CANDIDATES:
        octaves = np.log2(top * candidate / np.maximum(largest, SMALLEST))
        new_codes = np.clip(np.rint(16 * np.nan_to_num(octaves)), 0, 255).astype(np.uint8)
        rounded = Table(_steps(weights, levels[new_codes]), new_codes, levels).weights()
        new_error = np.square(weights - rounded, dtype=np.float64).sum(axis=1)
        codes = np.where(new_error < error, new_codes, codes)
        error = np.minimum(error, new_error)
    return Table(_steps(weights, levels[codes]), codes, levels)


def _steps(weights: Weights, scale: Weights) -> Steps:
    with np.errstate(invalid="ignore"):  # where the loss diverged
        steps = np.rint(weights / scale[:, None])
        cut: Steps = np.clip(steps, -TABLE_LEVELS, TABLE_LEVELS).astype(np.int8)
        return cut


def rounded_model(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a model's `weights` by name as they are exported; vectors, which are small, stay."""
    return {
        name: torch.from_numpy(quantise_table(tensor.numpy()).weights())
        if name == TABLE_KEY
        else rounded_matrix(tensor)
        if tensor.ndim > 1
        else tensor
        for name, tensor in weights.items()
    }


def rounded_matrix(weights: Tensor) -> Tensor:
    """Return what 8 bits keep of a matrix."""
    steps, scale = quantise(weights.numpy())
    return torch.from_numpy(np.asarray(steps * scale))
