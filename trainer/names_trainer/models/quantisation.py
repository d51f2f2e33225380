"""Quantisation: 8-bit weights, or 4-bit ones in the table of n-grams, with a scale per row.

The best weights are rounded when they are saved, so torch and the exported file hold equal numbers.
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
"""Candidate scales, as the row's largest weight in steps; above 7 it is clipped."""

SMALLEST = 2.0**-100
"""Weights below it count as 0."""

TABLE_KEY = "ngrams.table.weight"

Weights = npt.NDArray[np.float32]
Steps = npt.NDArray[np.int8]


def quantise(weights: Weights) -> tuple[Steps, Weights]:
    """Quantise weights.

    The scales have few digits, so their products with int8 are exact, and quantising again changes
    nothing.

    Args:
        weights: Float32 [..., rows, columns].

    Returns:
        Steps int8 [..., rows, columns] and scales float32 [..., rows, 1].

    """
    scale = _short(np.abs(weights).max(axis=-1, keepdims=True) / np.float32(LEVELS))
    return _steps(weights, np.where(scale > 0, scale, 1), LEVELS), scale


def _steps(weights: Weights, scale: Weights, most: int) -> Steps:
    with np.errstate(invalid="ignore"):  # NaN after a diverged loss, which training reports
        steps: Steps = np.clip(np.rint(weights / scale), -most, most).astype(np.int8)
        return steps


def _short(scale: Weights) -> Weights:
    """Return `scale` with 10 of its 23 binary digits, to the nearest."""
    bits = np.asarray(scale, dtype=np.float32).view(np.int32)
    return ((bits + 0x1000) & ~0x1FFF).view(np.float32)


class Table(NamedTuple):
    """A table in 4 bits.

    Attributes:
        steps: Weights divided by the scale of their row, from -7 to 7, int8 [rows, columns].
        codes: Number of each row's scale in `levels`, uint8 [rows].
        levels: Scales, float32 [256].

    """

    steps: Steps
    codes: npt.NDArray[np.uint8]
    levels: Weights

    def weights(self) -> Weights:
        """Return the weights [rows, columns]."""
        return self.steps * self.levels[self.codes][:, None]


def quantise_table(weights: Weights) -> Table:
    """Return `weights` [rows, columns] in 4 bits, each row with the scale of the smallest error.

    Neighbouring scales differ by a factor of 2^(1/16), and the largest is a power of 2. A table
    that was rounded has the same scales again, so quantising it again changes nothing.
    """
    largest = np.abs(weights).max(axis=1, initial=0)
    top = np.exp2(np.ceil(np.log2(max(float(np.nan_to_num(largest.max())), SMALLEST))))
    octave = _short(np.exp2(-np.arange(16, dtype=np.float32) / 16))
    levels = np.concatenate([octave * np.float32(top * 0.5**n) for n in range(16)])

    def table(codes: npt.NDArray[np.uint8]) -> Table:
        return Table(_steps(weights, levels[codes][:, None], TABLE_LEVELS), codes, levels)

    codes = np.zeros(len(weights), dtype=np.uint8)
    error = np.full(len(weights), np.inf)
    for candidate in CANDIDATES:
        octaves = np.log2(top * candidate / np.maximum(largest, SMALLEST))
        new_codes = np.clip(np.rint(16 * np.nan_to_num(octaves)), 0, 255).astype(np.uint8)
        rounded = table(new_codes).weights()
        new_error = np.square(weights - rounded, dtype=np.float64).sum(axis=1)
        codes = np.where(new_error < error, new_codes, codes)
        error = np.minimum(error, new_error)
    return table(codes)


def rounded_model(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a model's weights by name, the matrices rounded; vectors, which are small, are not."""
    return {name: _rounded(name, tensor) for name, tensor in weights.items()}


def _rounded(name: str, tensor: Tensor) -> Tensor:
    if name == TABLE_KEY:
        return torch.from_numpy(quantise_table(tensor.numpy()).weights())
    return rounded_matrix(tensor) if tensor.ndim > 1 else tensor


def rounded_matrix(weights: Tensor) -> Tensor:
    """Return a matrix rounded to 8 bits, as float32."""
    steps, scale = quantise(weights.numpy())
    return torch.from_numpy(np.asarray(steps * scale))
