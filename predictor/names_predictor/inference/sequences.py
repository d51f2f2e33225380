"""Names in a list, an array or a Series: their text, and labels of the same kind."""

import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Any

import numpy as np

from names_predictor.errors import NamesError


def is_nan(value: Any) -> bool:
    """Whether a value is NaN."""
    return isinstance(value, float) and math.isnan(value)


def text_of(value: Any) -> str | None:
    """Return a name's text: blank where it is missing (None, NaN, NA), None if it is no text."""
    if isinstance(value, str):
        return value
    pandas = sys.modules.get("pandas")  # NA comes from nowhere else
    is_na = pandas and (value is pandas.NA or value is pandas.NaT)
    missing = value is None or is_nan(value) or is_na
    return "" if missing else None


def texts_of(values: Iterable[Any], where: str) -> list[str]:
    """Return the text of each name; a missing one is blank.

    Args:
        values: A list, an array or anything like one.
        where: What holds the names, as errors call it.

    Raises:
        NamesError: Something in it is no text, or `values` is no list of names.

    """
    values = _listed(values)
    if isinstance(values, (list, tuple)) and set(map(type, values)) <= {str}:
        return list(values)
    texts = []
    for value in values:
        text = text_of(value)
        if text is None:
            raise NamesError(
                f"{where} holds {type(value).__name__}, not text: convert it to strings first"
            )
        texts.append(text)
    return texts


def _listed(values: Any) -> Iterable[Any]:
    """Return the names of a list or of anything like one; raises `NamesError` for anything else.

    A table, a dict or a set can be iterated over too, but not over one name after another.
    """
    if isinstance(values, (list, tuple)):
        return values
    if isinstance(values, (str, bytes)):
        raise NamesError("a single text: give a list of names")
    if isinstance(values, np.ndarray):
        if values.ndim != 1:
            raise NamesError(f"names: an array of {values.ndim} dimensions: give one of one")
        return list(values.tolist())
    if hasattr(type(values), "columns") or hasattr(type(values), "column_names"):
        raise NamesError(
            f"names: a table ({type(values).__name__}): give one of its columns, such as "
            'table["surname"]'
        )
    if isinstance(values, (Mapping, Set)):
        raise NamesError(f"names: a {type(values).__name__} has no order of rows: give a list")
    if hasattr(values, "to_pylist"):  # pyarrow's arrays
        return list(values.to_pylist())
    if not isinstance(values, Iterable):
        raise NamesError(f"names: {type(values).__name__} is not a list of names: give one")
    return list(values)


def labels_like(names: Any, labels_of: Callable[[Sequence[str]], list[str | None]]) -> Any:
    """Return the labels of `names` as the same kind of thing; a Series is called `label` then.

    pandas, polars and pyarrow are not imported here: who has a Series of theirs has imported them.
    """
    pandas, polars = sys.modules.get("pandas"), sys.modules.get("polars")
    pyarrow = sys.modules.get("pyarrow")
    if pandas and isinstance(names, pandas.Series):
        known = names.astype(object).where(names.notna(), None)
        labels = labels_of(texts_of(known.tolist(), "the Series"))
        return pandas.Series(labels, names.index, dtype=object, name="label")
    if polars and isinstance(names, polars.Series):
        labels = labels_of(texts_of(names.to_list(), "the Series"))
        return polars.Series("label", labels, dtype=polars.String)
    if isinstance(names, np.ndarray):
        labels = labels_of(texts_of(names.ravel(), "the array"))
        return np.array(labels, dtype=np.object_).reshape(names.shape)
    labels = labels_of(texts_of(names, "the sequence"))
    if pyarrow and isinstance(names, (pyarrow.Array, pyarrow.ChunkedArray)):
        return pyarrow.array(labels, pyarrow.string())
    return tuple(labels) if isinstance(names, tuple) else labels
