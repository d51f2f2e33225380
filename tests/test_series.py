"""Labels come back in what the names came in."""

import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from names_predictor.errors import NamesError
from names_predictor.model import NamePredictor

NAMES = ["abc", None, "王", "zßé", "", "abc"]


@pytest.fixture(scope="module")
def labels(predictor: NamePredictor) -> list[str | None]:
    found = [prediction.label for prediction in predictor.predict([n or "" for n in NAMES])]
    assert [label is None for label in found] == [False, True, True, False, True, False]
    return found


def test_a_list_gives_a_list(predictor: NamePredictor, labels: list[str | None]) -> None:
    assert predictor.label(NAMES) == labels
    assert predictor.label(tuple(NAMES)) == tuple(labels)
    assert predictor.label([]) == []
    assert predictor.label(["abc"], min_probability=1.0) == [None]


@pytest.mark.parametrize("missing", [None, float("nan"), np.nan, pd.NA])
def test_missing_names_are_blank(predictor: NamePredictor, missing: Any) -> None:
    """And not the name `nan`, which has a label."""
    assert predictor.label(["nan", missing])[0] is not None
    for kind in (list, pd.Series, lambda names: np.array(names, dtype=object)):
        assert list(predictor.label(kind(["nan", missing])))[1] is None


def test_numpy(predictor: NamePredictor, labels: list[str | None]) -> None:
    found = predictor.label(np.array(NAMES, dtype=object).reshape(2, 3))
    assert (found.shape, found.dtype) == ((2, 3), np.dtype(object))
    assert found.ravel().tolist() == labels
    assert predictor.label(np.array(["abc", "zßé"])).tolist() == [labels[0], labels[3]]
    masked = np.ma.array(["abc", "abc"], mask=[False, True])
    assert predictor.label(masked).tolist() == [labels[0], None]


@pytest.mark.parametrize("kind", [object, "string", "category", None])
def test_pandas(predictor: NamePredictor, labels: list[str | None], kind: Any) -> None:
    names = pd.Series(NAMES, index=[3, 3, 2, 1, 0, -1], name="surname", dtype=kind)
    found = predictor.label(names)
    pd.testing.assert_series_equal(
        found, pd.Series(labels, names.index, dtype=object, name="label")
    )
    assert predictor.label(names[:0]).empty


def test_polars(predictor: NamePredictor, labels: list[str | None]) -> None:
    frame = pl.DataFrame({"surname": NAMES}).with_columns(
        coded=pl.col("surname").cast(pl.Categorical)
    )
    for column in ("surname", "coded"):
        found = frame.with_columns(predictor.label(frame[column]))
        assert found["label"].to_list() == labels
        assert found["label"].dtype == pl.String
    assert predictor.label(frame["surname"][:0]).dtype == pl.String


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("abc", "a single text: give a list of names"),
        ([1], "the sequence holds int, not text"),
        (np.array([b"abc"]), "the array holds bytes, not text"),
        (pd.Series([1.5]), "the Series holds float, not text"),
        (pl.Series([1]), "the Series holds int, not text"),
    ],
)
def test_what_is_no_text_is_refused(predictor: NamePredictor, names: Any, message: str) -> None:
    with pytest.raises(NamesError, match=message):
        predictor.label(names)


def test_no_library_of_frames_is_imported() -> None:
    code = (
        "import sys; from names_predictor import NamePredictor\n"
        "assert NamePredictor.load().label(['Papadopoulos', None])[1] is None\n"
        "print({'pandas', 'polars', 'pyarrow', 'narwhals'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
