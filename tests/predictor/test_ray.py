"""The engine ray on a local cluster, one node of which is killed."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from conftest import CommandLine

from names_predictor.engines.labeller import NameLabeller

pa = pytest.importorskip("pyarrow")
pafs = pytest.importorskip("pyarrow.fs")
pq = pytest.importorskip("pyarrow.parquet")
ray = pytest.importorskip("ray")

HALF_WAY = 3
"""Batches of a file after which its worker is killed."""

NAMES = ["abc", None, "ABC", "王", "", "zßé", "x" * 200, "def"]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    from ray.cluster_utils import Cluster

    import names_predictor.engines.ray  # it turns Ray's reports off  # noqa: F401

    node = {"num_cpus": 1, "object_store_memory": 100 << 20, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=node)
    ray.init(cluster.address, log_to_driver=False, logging_level="error")
    yield cluster
    ray.shutdown()
    cluster.shutdown()


def write_people(folder: Path, files: int, group: int = 3) -> dict[str, Any]:
    tables = {}
    for i in range(files):
        path = folder / f"part={i % 2}" / f"{i}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        table = pa.table({"file": [i] * 8, "surname": NAMES, "n": [{"a": [n]} for n in range(8)]})
        pq.write_table(table, path, row_group_size=group)
        tables[path.relative_to(folder).as_posix()] = table
    return tables


def written(folder: Path) -> dict[str, Any]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): pq.ParquetFile(path).read() for path in files}


def test_a_node_killed_during_the_job(cluster: Any, artifact_folder: Path, tmp_path: Path) -> None:
    from names_predictor.engines.ray import predict_with_ray

    doomed = cluster.add_node(num_cpus=1, object_store_memory=100 << 20)
    attempts = tmp_path / "attempts"
    attempts.mkdir()

    end = tmp_path / "killed"
    of_doomed = f"{doomed.node_id}.*"

    class Slow(NameLabeller):
        """Reports which node is at which file; waits on both until one is killed half-way."""

        def __call__(self, batch: Any) -> Any:
            if batch.num_rows:
                node = ray.get_runtime_context().get_node_id()
                name = f"{node}.{os.getpid()}.{batch['file'][0]}.{uuid4().hex}"
                (attempts / name).touch()
                is_doomed = (attempts / name).match(of_doomed)
                while not end.exists() and (not is_doomed or len(at_file(name)) >= HALF_WAY):
                    time.sleep(0.05)
            return super().__call__(batch)

    def at_file(attempt: str) -> list[Path]:
        """Return the attempts of one worker at one file."""
        return list(attempts.glob(f"{attempt.rpartition('.')[0]}.*"))

    killed = []
    finished = threading.Event()

    def kill() -> None:
        """Kill the node and its worker where a file is half done."""
        while not finished.wait(0.05):
            for path in attempts.glob(of_doomed):
                if len(at_file(path.name)) >= HALF_WAY:
                    _, pid, file, _ = path.name.split(".")
                    os.kill(int(pid), signal.SIGKILL)
                    cluster.remove_node(doomed, allow_graceful=False)
                    killed.append(file)
                    end.touch()
                    return

    tables = write_people(tmp_path / "people", 10, group=1)
    killer = threading.Thread(target=kill)
    killer.start()
    try:
        done = predict_with_ray(
            str(tmp_path / "people/*/*.parquet"),
            str(tmp_path / "labelled"),
            Slow(artifact_folder, "surname"),
        )
    finally:
        finished.set()
        killer.join()
    (file,) = killed
    nodes = {p.name.split(".")[0] for p in attempts.iterdir() if p.name.split(".")[2] == file}
    assert len(nodes) == 2, "the killed node's file was done again elsewhere"
    assert done[:2] == (10, 80)
    found = written(tmp_path / "labelled")  # nothing besides, hidden or not
    expect = NameLabeller(artifact_folder, "surname")
    assert found == {path: expect(table) for path, table in tables.items()}
    assert pq.ParquetFile(tmp_path / "labelled/part=0/0.parquet").num_row_groups == 8


def test_command_line(cluster: Any, artifact_folder: Path, tmp_path: Path) -> None:
    tables = write_people(tmp_path / "people", 2)
    arguments = ["--engine", "ray", f"file://{tmp_path}/people/part=*/*.parquet"]
    command = [
        sys.executable,
        "-c",
        "from names_predictor.cli.main import main; main()",
        *arguments,
    ]
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
        (["no*.parquet", "--column", "s", "--output", "out"], "no*.parquet: no file matches"),
        (["empty", "--column", "s", "--output", "out"], "empty: no file matches"),
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
    Path("empty").mkdir()
    Path("empty/_SUCCESS").touch()
    result = names_predict("--engine", "ray", "--artifacts", artifact_folder, *arguments)
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert not Path("out").exists() or written(Path("out")) == {}


def test_ray_takes_the_names_from_one_column(names_predict: CommandLine) -> None:
    columns = ("--column", "first", "--column", "last")
    result = names_predict("--engine", "ray", "*.parquet", *columns, "--output", "out")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "--engine ray: give one pattern" in result.err


@pytest.mark.parametrize(
    "option",
    [
        *(["--hash-names"], ["--spreadsheet-safe"], ["--resume"], ["--no-header"]),
        *(["--delimiter", "|"], ["--encoding", "latin-1"], ["--errors", "flag"]),
        *(["--threads", "1"], ["--verbose"]),
    ],
)
def test_options_that_ray_does_not_support_are_rejected(
    names_predict: CommandLine, option: list[str]
) -> None:
    places = ("*.parquet", "--column", "surname", "--output", "out")
    result = names_predict("--engine", "ray", *places, *option)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert f"does not support {option[0]}" in result.err
    assert not Path("out").exists()


def test_a_partitioned_folder_nested_names_and_null_values(
    cluster: Any, names_predict: CommandLine, artifact_folder: Path, tmp_path: Path
) -> None:
    parts = tmp_path / "parts"
    (parts / "part=0" / "_temporary").mkdir(parents=True)
    names = [{"last": name} for name in ("abc", "NULL", None)]
    pq.write_table(pa.table({"name": names}), parts / "part=0" / "a.parquet")
    for hidden in ("_SUCCESS", "._a.parquet", "part=0/.a.parquet.crc", "part=0/_temporary/b"):
        (parts / hidden).write_text("no Parquet")
    options = ("--column", "name.last", "--null-value", "NULL", "--output", tmp_path / "out")
    result = names_predict("--engine", "ray", "--artifacts", artifact_folder, parts, *options)
    assert result.code == 0, result.err
    assert list(written(tmp_path / "out")) == ["part=0/a.parquet"]
    (labelled,) = written(tmp_path / "out").values()
    assert labelled.column("name").to_pylist() == names
    assert labelled.column("reason").to_pylist() == [None, "blank", "blank"]


def test_the_options_of_an_address_and_hidden_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from names_predictor.engines import ray as engine

    for name in ("a.parquet", "._a.parquet", "_b.parquet"):
        (tmp_path / name).touch()
    given = []

    def local(path: str) -> tuple[Any, str]:
        given.append(path)
        return pafs.LocalFileSystem(), str(tmp_path)

    monkeypatch.setattr(engine, "_file_system", local)
    *_, found = engine._matching("s3://bucket/people/*.parquet?region=eu")
    assert (given, found) == (["s3://bucket/people?region=eu"], ["a.parquet"])


def test_a_column_name_that_is_not_utf_8_is_a_problem_of_its_file(
    artifact_folder: Path, tmp_path: Path
) -> None:
    from names_predictor.engines.ray import _Job

    path = tmp_path / "latin1.parquet"
    pq.write_table(pa.table({"Nxme": ["abc"], "id": ["1"]}), path, store_schema=False)
    path.write_bytes(path.read_bytes().replace(b"Nxme", b"N\xe4me"))
    system, folder = pafs.LocalFileSystem(), str(tmp_path)
    job = _Job(NameLabeller(artifact_folder, "id"), system, folder, system, folder, folder)
    assert job.label({"file": path.name})["problem"].startswith("latin1.parquet: 'utf-8' codec")


def test_without_ray(names_predict: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delitem(sys.modules, "names_predictor.engines.ray", raising=False)
    result = names_predict("--engine", "ray", "*.parquet", "--column", "s", "--output", "out")
    assert result.code == 2
    assert "the engine ray needs ray: pip install 'names-predictor[ray]'" in result.err


def test_map_batches_takes_an_instance_or_the_class(cluster: Any, artifact_folder: Path) -> None:
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
