import pickle
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from names_predictor.artifact.manifest import ArtifactError
from names_predictor.engines.labeller import NameLabeller
from names_predictor.errors import NamesError
from names_predictor.inference.predictor import NamePredictor
from names_predictor.inference.types import Prediction

pd = pytest.importorskip("pandas")
pa = pytest.importorskip("pyarrow")

NAMES = ["abc", None, "ABC", "王", "", "zßé", "x" * 200, "def"]


@pytest.fixture(scope="module")
def expected(predictor: NamePredictor) -> list[Prediction]:
    return predictor.predict([name or "" for name in NAMES], top_k=2, coverage=0.9)


def columns_of(expected: list[Prediction]) -> dict[str, list[Any]]:
    second = [p.ranked[1] if p.ranked else (None, None) for p in expected]
    return {
        "label": [p.label for p in expected],
        "probability": [p.probability for p in expected],
        "label_2": [label for label, _ in second],
        "probability_2": [probability for _, probability in second],
        "candidates": ["|".join(p.candidates) if p.ranked else None for p in expected],
        "reason": [p.reason for p in expected],
    }


def test_a_list_in_a_dict_is_read_as_it_is(artifact_folder: Path) -> None:
    labeller = NameLabeller(artifact_folder, "surname")
    found = labeller({"surname": ["abc", float("nan"), None]})
    assert found["reason"].tolist() == [None, "blank", "blank"]
    with pytest.raises(NamesError, match="holds int, not text"):
        labeller({"surname": ["abc", 1]})


def test_bytes_that_arrow_takes_for_text_are_one_line(artifact_folder: Path) -> None:
    offsets, content = np.array([0, 2, 4], np.int32).tobytes(), b"ab\xff\xff"
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(content)]
    table = pa.table({"surname": pa.Array.from_buffers(pa.string(), 2, buffers)})
    with pytest.raises(NamesError, match="column 'surname': holds bytes that are not UTF-8"):
        NameLabeller(artifact_folder, "surname")(table)


@pytest.mark.parametrize("column", [5, "abc", {"abc": 1}])
def test_a_column_that_is_no_list_is_refused(artifact_folder: Path, column: Any) -> None:
    with pytest.raises(NamesError, match=r"give (a list|one)"):
        NameLabeller(artifact_folder, "surname")({"surname": column})


@pytest.mark.parametrize("given", [5, ["label a", None], "label a"])
def test_labels_of_a_labeller_are_checked(artifact_folder: Path, given: Any) -> None:
    with pytest.raises(NamesError, match="labels: give a list of labels"):
        NameLabeller(artifact_folder, "surname", labels=given)


def test_a_prior_of_a_labeller_is_checked(artifact_folder: Path) -> None:
    prior: Any = {"label a": 1.0, float("nan"): 2.0, None: 3.0}
    with pytest.raises(NamesError, match="prior: the model has no label"):
        NameLabeller(artifact_folder, "surname", prior=prior)


def test_another_kind_of_table_is_one_line(artifact_folder: Path) -> None:
    class Table:
        def assign(self) -> None: ...

    with pytest.raises(NamesError, match="a batch of type test_distributed's Table: give a pandas"):
        NameLabeller(artifact_folder, "surname")(Table())


def test_arrow(artifact_folder: Path, expected: list[Prediction]) -> None:
    labeller = NameLabeller(artifact_folder, "surname", top_k=2, coverage=0.9)
    table = pa.table({"surname": NAMES, "n": range(8)}, metadata={"kept": "yes"})
    labelled = labeller(table)
    assert labelled.to_pydict() == {**table.to_pydict(), **columns_of(expected)}
    assert labelled.schema.metadata == {b"kept": b"yes"}
    assert labeller(table.slice(1, 1)).schema == labelled.schema
    assert labeller(table.slice(0, 0)).schema == labelled.schema
    assert labeller(table.to_batches()[0]).to_pydict() == labelled.to_pydict()
    coded = table.set_column(0, "surname", table["surname"].dictionary_encode())
    assert labeller(coded)["label"] == labelled["label"]


def test_pandas(artifact_folder: Path, expected: list[Prediction]) -> None:
    labeller = NameLabeller(artifact_folder, "surname", top_k=2, coverage=0.9)
    frame = pd.DataFrame({"surname": NAMES, "n": range(8)}, index=[7, 7, 6, 5, 4, 3, 2, 1])
    labelled = labeller(frame)
    pd.testing.assert_frame_equal(labelled[["surname", "n"]], frame)
    for name, cells in columns_of(expected).items():
        found = labelled[name].astype(object)
        assert found.where(found.notna(), None).tolist() == cells
    assert list(labelled.columns) == ["surname", "n", *labeller.columns]
    for part in (labelled, labeller(frame[1:2]), labeller(frame[:0])):
        assert [str(kind) for kind in part.dtypes[2:4]] == ["string", "float64"]
    assert list(frame.columns) == ["surname", "n"]
    for kind in ("category", "string", object):
        assert labeller(frame.astype({"surname": kind}))["label"].equals(labelled["label"])


def test_numpy(artifact_folder: Path, expected: list[Prediction]) -> None:
    labeller = NameLabeller(artifact_folder, "surname", top_k=2, coverage=0.9)
    batch = {"surname": np.array(NAMES, dtype=object), "n": np.arange(8)}
    batch["surname"][1] = float("nan")
    labelled = labeller(batch)
    assert list(labelled) == ["surname", "n", *labeller.columns]
    assert labelled["n"] is batch["n"]
    for name, cells in columns_of(expected).items():
        np.testing.assert_equal(labelled[name], np.array(cells, labelled[name].dtype))
    assert labeller({"surname": np.array(["abc", "de"])})["label"].shape == (2,)


def test_options_and_prefix(artifact_folder: Path) -> None:
    prior = {"label 3": 1.0, "label 1": 2.0}
    labeller = NameLabeller(artifact_folder, "s", 99, 1.0, prior=prior, prefix="names_")
    assert len(labeller.columns) == 2 * 5 + 1
    found = labeller(pa.table({"s": ["abc"], "label": ["mine"]})).to_pylist()[0]
    assert (found["label"], found["names_label"]) == ("mine", None)
    predictor = NamePredictor.load(artifact_folder, prior=prior)
    (predicted,) = predictor.predict(["abc"], min_probability=1.0)
    assert (found["names_probability"], found["names_reason"]) == (
        predicted.probability,
        predicted.reason,
    )


def test_the_whole_distribution(artifact_folder: Path, predictor: NamePredictor) -> None:
    labeller = NameLabeller(artifact_folder, "s", distribution=True)
    found = labeller(pa.table({"s": ["abc", ""]})).to_pydict()
    assert list(found)[3:-1] == [f"p_{label}" for label in predictor.labels]
    expected = predictor.predict_proba(["abc"])[0].tolist()
    assert [found[f"p_{label}"] for label in predictor.labels] == [[p, None] for p in expected]


def test_many_rows_are_labelled_in_chunks(
    artifact_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labeller = NameLabeller(artifact_folder, "s")
    table = pa.table({"s": NAMES * 3})
    whole = labeller(table)
    monkeypatch.setattr("names_predictor.engines.labeller.CHUNK_ROWS", 5)
    assert labeller(table) == whole


def test_a_worker_loads_the_artifact_once(
    artifact_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(artifact_folder, tmp_path / "artifact")
    travelled = pickle.dumps(NameLabeller(folder, "s"))
    NameLabeller(folder, "s", labels=NamePredictor.load(folder).labels[:2])  # forgets the first
    shutil.rmtree(folder)  # a worker's machine need not have it
    loaded = []
    make = NamePredictor.__init__
    monkeypatch.setattr(NamePredictor, "__init__", lambda *a: (loaded.append(a), make(*a))[1])
    for _ in range(3):
        assert pickle.loads(travelled)(pa.table({"s": ["abc"]})).num_rows == 1
    assert len(loaded) == 1


@pytest.mark.parametrize(
    ("column", "options", "batch", "message"),
    [
        ("s", {}, {"t": ["abc"]}, "column 's' is missing: choose one of t"),
        ("s", {}, {"s": [1, 2]}, "column 's' holds int, not text"),
        ("s", {}, {"s": [b"abc"]}, "column 's' holds bytes, not text"),
        ("s", {}, {"s": ["a"], "label": ["b"]}, "column 'label' is there already: give a prefix"),
        ("s", {"prefix": "x"}, {"s": ["a"], "xreason": ["b"]}, "column 'xreason' is there already"),
    ],
)
def test_bad_batches(
    artifact_folder: Path, column: str, options: Any, batch: Any, message: str
) -> None:
    labeller = NameLabeller(artifact_folder, column, **options)
    arrays = {name: np.array(values, dtype=object) for name, values in batch.items()}
    for kind in (pa.table(batch), pd.DataFrame(batch), arrays):
        with pytest.raises(NamesError, match=message):
            labeller(kind)


def test_white_space_around_null_values_is_ignored(artifact_folder: Path) -> None:
    labeller = NameLabeller(artifact_folder, "s", null_values=[" NULL"])
    found = labeller(pa.table({"s": ["NULL ", "abc"]}))
    assert found["reason"].to_pylist() == ["blank", None]


def test_bad_options(artifact_folder: Path) -> None:
    with pytest.raises(NamesError, match="top_k can't be 0"):
        NameLabeller(artifact_folder, "s", top_k=0)
    with pytest.raises(NamesError, match="coverage can't be 2"):
        NameLabeller(artifact_folder, "s", coverage=2)
    with pytest.raises(ArtifactError, match="no such folder"):
        NameLabeller("nowhere", "s")
    with pytest.raises(NamesError, match="a batch of type list: give a pandas"):
        NameLabeller(artifact_folder, "s")(["abc"])
    with pytest.raises(NamesError, match="'s' is missing: choose one of 0, 1"):
        NameLabeller(artifact_folder, "s")(pd.DataFrame([["a", "b"]]))
    twice = pd.DataFrame([["a", "b"]], columns=["s", "s"])
    with pytest.raises(NamesError, match="'s' occurs more than once"):
        NameLabeller(artifact_folder, "s")(twice)


# The other engines


def test_dask(artifact_folder: Path) -> None:
    dd = pytest.importorskip("dask.dataframe")
    frame = pd.DataFrame({"surname": NAMES, "n": range(8)})
    labeller = NameLabeller(artifact_folder, "surname")
    labelled = dd.from_pandas(frame, npartitions=3).map_partitions(
        labeller, meta=labeller(frame[:0])
    )
    pd.testing.assert_frame_equal(labelled.compute(), labeller(frame), check_dtype=False)


def test_spark(artifact_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sql = pytest.importorskip("pyspark.sql")
    if not shutil.which("java"):
        pytest.skip("Spark needs java")
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    labeller = NameLabeller(artifact_folder, "surname")
    spark = sql.SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    session = spark.getOrCreate()
    try:
        people = session.createDataFrame(
            list(zip(NAMES, range(8), strict=True)), "surname string, n int"
        )
        added = ", ".join(f"{name} {kind}" for name, kind in labeller.columns.items())
        schema = f"surname string, n int, {added}"
        found = (
            people.mapInPandas(lambda frames: map(labeller, frames), schema).orderBy("n").collect()
        )
    finally:
        session.stop()
    table = pa.table({"surname": NAMES, "n": range(8)})
    assert [row.asDict() for row in found] == labeller(table).to_pylist()
