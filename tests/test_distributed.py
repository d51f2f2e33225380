import os
import pickle
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from conftest import CommandLine

from names_predictor.artifact import ArtifactError
from names_predictor.distributed import NameLabeller
from names_predictor.errors import NamesError
from names_predictor.model import NamePredictor, Prediction

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
    shares = {"label 3": 1.0, "label 1": 2.0}
    labeller = NameLabeller(artifact_folder, "s", 99, 1.0, prior=shares, prefix="names_")
    assert len(labeller.columns) == 2 * 5 + 1
    found = labeller(pa.table({"s": ["abc"], "label": ["mine"]})).to_pylist()[0]
    assert (found["label"], found["names_label"]) == ("mine", None)
    predictor = NamePredictor.load(artifact_folder, prior=shares)
    (answer,) = predictor.predict(["abc"], min_probability=1.0)
    assert (found["names_probability"], found["names_reason"]) == (
        answer.probability,
        answer.reason,
    )


def test_many_rows_are_answered_in_chunks(
    artifact_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labeller = NameLabeller(artifact_folder, "s")
    table = pa.table({"s": NAMES * 3})
    whole = labeller(table)
    monkeypatch.setattr("names_predictor.distributed.CHUNK_ROWS", 5)
    assert labeller(table) == whole


def test_a_worker_loads_the_artifact_once(
    artifact_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(artifact_folder, tmp_path / "artifact")
    travelled = pickle.dumps(NameLabeller(folder, "s"))
    shutil.rmtree(folder)  # a worker's machine need not have it
    monkeypatch.setattr("names_predictor.distributed._predictors", {})
    loaded = []
    make = NamePredictor.__init__
    monkeypatch.setattr(NamePredictor, "__init__", lambda *a: (loaded.append(a[2]), make(*a))[1])
    for _ in range(3):
        assert pickle.loads(travelled)(pa.table({"s": ["abc"]})).num_rows == 1
    assert loaded == [1]  # once, with one thread


@pytest.mark.parametrize(
    ("column", "options", "batch", "message"),
    [
        ("s", {}, {"t": ["abc"]}, "column 's' is missing: there are t"),
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


def test_bad_options(artifact_folder: Path) -> None:
    with pytest.raises(NamesError, match="top_k 0"):
        NameLabeller(artifact_folder, "s", top_k=0)
    with pytest.raises(NamesError, match="coverage 2"):
        NameLabeller(artifact_folder, "s", coverage=2)
    with pytest.raises(ArtifactError, match="no such file"):
        NameLabeller("nowhere", "s")
    with pytest.raises(NamesError, match="a batch of type list: give a pandas"):
        NameLabeller(artifact_folder, "s")(["abc"])
    twice = pd.DataFrame([["a", "b"]], columns=["s", "s"])
    with pytest.raises(NamesError, match="'s' stands more than once"):
        NameLabeller(artifact_folder, "s")(twice)


# Ray


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    pytest.importorskip("ray")
    from names_predictor import ray_engine  # first: it turns Ray's reports off  # noqa: F401

    import ray  # isort: skip
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 1, "object_store_memory": 100 << 20, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=node)
    ray.init(cluster.address, log_to_driver=False, logging_level="error")
    yield cluster
    ray.shutdown()
    cluster.shutdown()


def write_people(folder: Path, files: int, group: int = 3) -> dict[str, Any]:
    import pyarrow.parquet as pq

    tables = {}
    for i in range(files):
        path = folder / f"part={i % 2}" / f"{i}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        table = pa.table({"file": [i] * 8, "surname": NAMES, "n": [{"a": [n]} for n in range(8)]})
        pq.write_table(table, path, row_group_size=group)
        tables[path.relative_to(folder).as_posix()] = table
    return tables


def written(folder: Path) -> dict[str, Any]:
    import pyarrow.parquet as pq

    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): pq.ParquetFile(path).read() for path in files}


def test_a_node_killed_during_the_job(cluster: Any, artifact_folder: Path, tmp_path: Path) -> None:
    import ray

    from names_predictor.ray_engine import predict_with_ray

    doomed = cluster.add_node(num_cpus=1, object_store_memory=100 << 20)
    attempts = tmp_path / "attempts"
    attempts.mkdir()

    class Slow(NameLabeller):
        """Tells which node is at which file, and gives time to kill it."""

        def __call__(self, batch: Any) -> Any:
            if batch.num_rows:
                node = ray.get_runtime_context().get_node_id()
                name = f"{node}.{os.getpid()}.{batch['file'][0]}.{uuid4().hex}"
                (attempts / name).touch()
                time.sleep(0.2)
            return super().__call__(batch)

    killed = []

    def kill() -> None:
        for _ in range(600):
            time.sleep(0.05)
            for path in attempts.glob(f"{doomed.node_id}.*"):
                _, pid, file, _ = path.name.split(".")
                with suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
                cluster.remove_node(doomed, allow_graceful=False)
                killed.append(file)
                return

    tables = write_people(tmp_path / "people", 10)
    killer = threading.Thread(target=kill)
    killer.start()
    done = predict_with_ray(
        str(tmp_path / "people/*/*.parquet"),
        str(tmp_path / "labelled"),
        Slow(artifact_folder, "surname"),
    )
    killer.join()
    (file,) = killed
    nodes = {p.name.split(".")[0] for p in attempts.iterdir() if p.name.split(".")[2] == file}
    assert len(nodes) == 2, "the killed node's file was done again elsewhere"
    assert done[:2] == (10, 80)
    found = written(tmp_path / "labelled")  # nothing besides, hidden or not
    expect = NameLabeller(artifact_folder, "surname")
    assert found == {path: expect(table) for path, table in tables.items()}


def test_command_line(cluster: Any, artifact_folder: Path, tmp_path: Path) -> None:
    tables = write_people(tmp_path / "people", 2)
    arguments = ["--engine", "ray", f"file://{tmp_path}/people/part=?/*.parquet"]
    arguments[-1] = f"file://{tmp_path}/people/part=*/*.parquet"
    command = [sys.executable, "-c", "from names_predictor.cli import main; main()", *arguments]
    command += ["--artifacts", str(artifact_folder), "--column", "surname", "--top-k", "2"]
    done = subprocess.run(
        [*command, "--coverage", "0.9", "--prefix", "name_", "--output", "out"],
        cwd=tmp_path,
        env=os.environ | {"RAY_ADDRESS": cluster.address},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
    assert done.stderr.startswith("2 files, 16 rows, ")
    assert done.stderr.count("\n") == 1
    labeller = NameLabeller(artifact_folder, "surname", 2, coverage=0.9, prefix="name_")
    assert written(tmp_path / "out") == {path: labeller(table) for path, table in tables.items()}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.parquet", "b.parquet", "--column", "s", "--output", "out"], "one pattern in quotes"),
        (["a.parquet", "--output", "out"], "--column"),
        (["a.parquet", "--column", "s"], "--output"),
        (["no*.parquet", "--column", "s", "--output", "out"], "no*.parquet: no file fits"),
        (["people", "--column", "s", "--output", "out"], "people: no file fits"),
        (["*/*/*.parquet", "--column", "s", "--output", "people"], "people: not an empty folder"),
        (["x://y/*.parquet", "--column", "s", "--output", "out"], "Unrecognized filesystem"),
        (["*/*/1.parquet", "--column", "s", "--output", "out"], "1.parquet: column 's' is missing"),
        (["*/*/1.parquet", "--column", "file", "--output", "out"], "holds int, not text"),
        (["bad.parquet", "--column", "s", "--output", "out"], "bad.parquet: Parquet magic bytes"),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_2(
    cluster: Any,
    names_predict: CommandLine,
    artifact_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    write_people(tmp_path / "people", 2)
    Path("bad.parquet").write_text("no parquet, surely")
    result = names_predict("--engine", "ray", "--artifacts", artifact_folder, *arguments)
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert not Path("out").exists() or written(Path("out")) == {}


def test_options_of_the_ray_engine_alone(names_predict: CommandLine) -> None:
    assert "only with --engine ray" in names_predict("--column", "s", "names.txt").err


def test_without_ray(names_predict: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delitem(sys.modules, "names_predictor.ray_engine", raising=False)
    result = names_predict("--engine", "ray", "*.parquet", "--column", "s", "--output", "out")
    assert result.code == 2
    assert "the engine ray needs ray: pip install 'names-predictor[ray]'" in result.err


def test_map_batches_takes_an_instance_or_the_class(cluster: Any, artifact_folder: Path) -> None:
    import ray

    rows = ray.data.from_arrow(pa.table({"surname": NAMES, "n": range(8)}))
    expect = NameLabeller(artifact_folder, "surname")(pa.table({"surname": NAMES, "n": range(8)}))
    labeller = NameLabeller(artifact_folder, "surname")
    options = {"artifacts": str(artifact_folder), "column": "surname"}
    for dataset in (
        rows.map_batches(labeller, batch_format="pandas"),
        rows.map_batches(NameLabeller, fn_constructor_kwargs=options, batch_format="pyarrow"),
    ):
        dataset.context.enable_progress_bars = False
        found = {row["n"]: row for row in dataset.take_all()}
        assert [found[n] for n in range(8)] == expect.to_pylist()


# The other engines


def test_dask(artifact_folder: Path) -> None:
    dd = pytest.importorskip("dask.dataframe")
    frame = pd.DataFrame({"surname": NAMES, "n": range(8)})
    labeller = NameLabeller(artifact_folder, "surname")
    labelled = dd.from_pandas(frame, npartitions=3).map_partitions(
        labeller, meta=labeller(frame[:0])
    )
    pd.testing.assert_frame_equal(labelled.compute(), labeller(frame), check_dtype=False)


def test_spark(artifact_folder: Path) -> None:
    sql = pytest.importorskip("pyspark.sql")
    if not shutil.which("java"):
        pytest.skip("Spark needs java")
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
