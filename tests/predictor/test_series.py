"""Labels come back in what the names came in."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from names_predictor.artifact.store import RELEASED
from names_predictor.errors import NamesError
from names_predictor.inference.predictor import NamePredictor
from names_predictor.inference.sequences import texts_of

NAMES = ["abc", None, "王", "zßé", "", "abc"]


@pytest.fixture(scope="module")
def labels(predictor: NamePredictor) -> list[str | None]:
    found = [prediction.label for prediction in predictor.predict([n or "" for n in NAMES])]
    assert [label is None for label in found] == [False, True, True, False, True, False]
    return found


def test_missing_values_of_numpy_are_blank(predictor: NamePredictor) -> None:
    missing = [np.float32("nan"), np.datetime64("NaT"), np.float64("nan"), None]
    assert [p.reason for p in predictor.predict(missing)] == ["blank"] * 4
    with pytest.raises(NamesError, match="holds float32, not text"):
        predictor.predict([np.float32(1)])


def test_a_list_of_text_is_not_copied() -> None:
    names = ["Nowak", ""]
    assert texts_of(names, "the sequence") is names


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
        ("abc", "names: a single string: give a list"),
        (["a", None, 1], "the sequence holds int, not text, as number 2: convert such values"),
        (np.array([b"abc"]), "the array holds bytes, not text"),
        (pd.Series([1.5]), "the Series holds float, not text"),
        (pl.Series([1]), "the Series holds int, not text"),
    ],
)
def test_names_that_are_not_text_are_rejected(
    predictor: NamePredictor, names: Any, message: str
) -> None:
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


class Table:
    """As the tables of all libraries, it is iterated over by its columns' names."""

    columns = ("name",)

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)


@pytest.mark.parametrize("method", ["label", "predict", "predict_proba", "predict_batch"])
@pytest.mark.parametrize(
    "names",
    [
        pd.DataFrame({"name": ["abc", "abd"]}),
        pl.DataFrame({"name": ["abc"]}),
        pl.LazyFrame({"name": ["abc"]}),
        pa.table({"name": ["abc"]}),
        pa.RecordBatch.from_pydict({"name": ["abc"]}),
        Table(),
        {"a": "abc"},
        {"abc"},
        frozenset({"abc"}),
        {"a": "abc"}.keys(),
        "abc",
        b"abc",
        None,
        5,
        [b"abc"],
        [["abc"]],
        [5],
    ],
    ids=lambda names: type(names).__name__,
)
def test_an_argument_that_is_not_a_list_is_rejected(
    predictor: NamePredictor, names: Any, method: str
) -> None:
    with pytest.raises(NamesError):
        getattr(predictor, method)(names)


def test_arrow_arrays_are_names(predictor: NamePredictor) -> None:
    plain = predictor.label(["abc", None, "abd"])
    for names in (
        pa.array(["abc", None, "abd"]),
        pa.array(["abc", None, "abd"], pa.large_string()),
        pa.array(["abc", None, "abd"]).dictionary_encode(),
        pa.chunked_array([["abc"], [None, "abd"]]),
    ):
        labels = predictor.label(names)
        assert isinstance(labels, pa.Array)
        assert labels.to_pylist() == plain
        assert [p.label for p in predictor.predict(names)] == plain
    assert predictor.label(name for name in ("abc", "abd")) == [plain[0], plain[2]]


@pytest.mark.parametrize(
    "arguments",
    [
        {"folder": 5},
        {"folder": b"artifacts"},
        {"prior": [0.5, 0.5]},
        {"prior": {"label 1": "much"}},
    ],
)
def test_arguments_of_load_are_checked(artifact_folder: Path, arguments: dict[str, Any]) -> None:
    with pytest.raises(NamesError):
        NamePredictor.load(**{"folder": artifact_folder} | arguments)
    folder: Any = artifact_folder
    with pytest.raises(NamesError):
        NamePredictor(folder)


@pytest.mark.parametrize("arguments", [{"top_k": 0}, {"min_probability": 70}, {"coverage": "0.9"}])
def test_arguments_of_predict_are_checked(
    predictor: NamePredictor, arguments: dict[str, Any]
) -> None:
    for names in ([], ["abc"]):
        with pytest.raises(NamesError, match=f"{next(iter(arguments))} can't be"):
            predictor.predict(names, **arguments)


def test_a_folder_called_artifacts_is_not_used_in_python(
    artifact_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NAMES_ARTIFACTS", raising=False)
    monkeypatch.chdir(tmp_path)
    Path("artifacts").symlink_to(artifact_folder)
    assert NamePredictor.load().labels == NamePredictor.load(RELEASED).labels
    assert len(NamePredictor.load("artifacts").labels) == 5
    monkeypatch.setenv("NAMES_ARTIFACTS", str(artifact_folder))
    assert len(NamePredictor.load().labels) == 5
