"""The text of names in lists, arrays and Series, and labels in containers of the same type."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Any

import numpy as np

from names_predictor.errors import NamesError
from names_predictor.inference.lines import Lines

_WITH_NAN = (float, np.floating, np.datetime64, np.timedelta64)
"""Types of numbers and dates that have NaN or NaT, which does not equal itself."""


def text_of(value: Any) -> str | None:
    """Return the text of a name, "" for a missing one (None, NaN, NA); None if it is not text."""
    if isinstance(value, str):
        return value
    pandas = sys.modules.get("pandas")  # without it there is no NA
    is_na = pandas and (value is pandas.NA or value is pandas.NaT)
    is_nan = isinstance(value, _WITH_NAN) and value != value  # noqa: PLR0124
    return "" if value is None or is_nan or is_na else None


def texts_of(values: Iterable[Any], where: str) -> Sequence[str]:
    """Return the text of each name; a missing one is blank. A list of text is not copied.

    Args:
        values: A list, an array or another sequence.
        where: The container of the names, for errors.

    Raises:
        NamesError: A name is not text, or the values are not a sequence of names.

    """
    if isinstance(values, Lines):
        return values
    values = listed(values)
    if set(map(type, values)) <= {str}:
        return values
    texts = []
    for number, value in enumerate(values):
        text = text_of(value)
        if text is None:
            raise NamesError(
                f"{where} holds {type(value).__name__}, not text, as number {number}: convert such "
                "values to strings"
            )
        texts.append(text)
    return texts


def listed(values: Any) -> list[Any] | tuple[Any, ...]:
    """Return the names of a sequence; raises `NamesError` for others, such as tables and sets."""
    if isinstance(values, (list, tuple)):
        return values
    if isinstance(values, (str, bytes)):
        raise NamesError("names: a single string: give a list")
    if isinstance(values, np.ndarray):
        if values.ndim != 1:
            raise NamesError(
                f"names: an array of {values.ndim} dimensions: give one column, or names.ravel()"
            )
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
    """Return the labels of names in a container of the same type; a Series is named `label`.

    pandas, polars and pyarrow are not imported, since a caller with their types has imported them.

    Args:
        names: The names.
        labels_of: Returns the labels of texts.

    """
    pandas, polars = sys.modules.get("pandas"), sys.modules.get("polars")
    pyarrow = sys.modules.get("pyarrow")
    if pandas and isinstance(names, pandas.Series):
        labels = labels_of(texts_of(names, "the Series"))
        return pandas.Series(labels, names.index, dtype=object, name="label")
    if polars and isinstance(names, polars.Series):
        labels = labels_of(texts_of(names, "the Series"))
        return polars.Series("label", labels, dtype=polars.String)
    if isinstance(names, np.ndarray):
        labels = labels_of(texts_of(names.ravel(), "the array"))
        return np.array(labels, dtype=np.object_).reshape(names.shape)
    labels = labels_of(texts_of(names, "the sequence"))
    if pyarrow and isinstance(names, (pyarrow.Array, pyarrow.ChunkedArray)):
        return pyarrow.array(labels, pyarrow.string())
    return tuple(labels) if isinstance(names, tuple) else labels
