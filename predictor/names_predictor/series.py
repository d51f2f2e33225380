"""Names in a list, an array or a Series: their text, and labels of the same kind."""

import math
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from names_predictor.errors import NamesError


def is_nan(value: Any) -> bool:
    """Whether a value is a number that is none."""
    return isinstance(value, float) and math.isnan(value)


def text_of(value: Any) -> str | None:
    """Return a name's text: blank where it is missing (None, NaN, NA), None if it is no text."""
    if isinstance(value, str):
        return value
    pandas = sys.modules.get("pandas")  # NA comes from nowhere else
    missing = value is None or is_nan(value) or (pandas and value is pandas.NA)
    return "" if missing else None


def texts_of(values: Iterable[Any], where: str) -> list[str]:
    """Return the text of each name; raises `NamesError` where `where` holds something else."""
    if isinstance(values, str):
        raise NamesError("a single text: give a list of names")
    texts = []
    for value in values:
        text = text_of(value)
        if text is None:
            raise NamesError(
                f"{where} holds {type(value).__name__}, not text: convert it to strings first"
            )
        texts.append(text)
    return texts


def labels_like(names: Any, labels_of: Callable[[Sequence[str]], list[str | None]]) -> Any:
    """Return the labels of `names` as the same kind of thing; a Series is called `label` then.

    pandas and polars are not imported here: who has a Series of theirs has imported them.
    """
    pandas, polars = sys.modules.get("pandas"), sys.modules.get("polars")
    if pandas and isinstance(names, pandas.Series):
        known = names.astype(object).where(names.notna(), None)
        labels = labels_of(texts_of(known, "the Series"))
        return pandas.Series(labels, names.index, dtype=object, name="label")
    if polars and isinstance(names, polars.Series):
        labels = labels_of(texts_of(names.to_list(), "the Series"))
        return polars.Series("label", labels, dtype=polars.String)
    if isinstance(names, np.ndarray):
        labels = labels_of(texts_of(names.ravel().tolist(), "the array"))
        return np.array(labels, dtype=np.object_).reshape(names.shape)
    labels = labels_of(texts_of(names, "the sequence"))
    return tuple(labels) if isinstance(names, tuple) else labels
