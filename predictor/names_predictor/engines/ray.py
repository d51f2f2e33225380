"""Parquet files labelled on a Ray cluster: a file in, a file of the same name out.

A file is one task, which streams it through a worker a row group at a time and renames the result
into place when it is whole. So the order within a file holds, memory is bounded by a row group,
and a task that Ray runs again because its node died writes the same file once more instead of a
second one. Ray Data's own `read_parquet` and `write_parquet` promise less: rows of a file are
spread over blocks, output files are named after blocks, and one that was cut off stays.
"""

import logging
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from names_predictor.engines.labeller import NameLabeller
from names_predictor.errors import NamesError, one_line
from names_predictor.formats.registry import is_hidden

# Names are personal data: a cluster that is started here reports to nobody. It counts from the
# import on.
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
try:
    import pyarrow as pa
    import pyarrow.fs as pafs
    import pyarrow.parquet as pq
    import ray
    import ray.data
except ImportError as problem:
    raise NamesError(
        f"the engine ray needs {problem.name}: pip install 'names-predictor[ray]'"
    ) from None

WILDCARDS = frozenset("*?[")


class Summary(NamedTuple):
    """What a job did."""

    files: int
    rows: int
    seconds: float


def predict_with_ray(pattern: str, output: str, labeller: NameLabeller) -> Summary:
    """Label the Parquet files that fit `pattern`, each to a file of the same name in `output`.

    A folder stands for all files in it; hidden ones and those that begin with `_` are left out.
    Both are local paths, which all nodes must share, or URIs of a file system that pyarrow knows,
    such as `s3://bucket/people/*.parquet`. Below the first part of the pattern with a wildcard,
    folders are kept. It runs on the cluster that Ray is connected to or finds (`RAY_ADDRESS`),
    else on one that is started on this machine for as long.

    Raises:
        NamesError: No file fits, `output` holds something already, or a file can't be labelled;
            the files that were done before stay, whole.

    """
    start = time.perf_counter()
    job, files = _plan(pattern, output, labeller)
    rows = 0
    with _connected(), job.folders(files):
        items = [{"file": file} for file in files]
        tasks = ray.data.from_items(items, override_num_blocks=len(items)).map(job.label)
        tasks.context.enable_progress_bars = False
        tasks.context.print_on_execution_start = False
        for done in tasks.iter_rows():
            if done["problem"]:
                raise NamesError(done["problem"])
            rows += done["rows"]
    return Summary(len(files), rows, time.perf_counter() - start)


@dataclass(frozen=True)
class _Job:
    """Where the files come from and go to; it travels to the workers."""

    labeller: NameLabeller
    source: pafs.FileSystem
    root: str
    target: pafs.FileSystem
    output: str
    parts: str

    def label(self, row: dict[str, Any]) -> dict[str, Any]:
        """Label one file; a problem is an answer too, since an exception comes as a traceback."""
        file = row["file"]
        try:
            return {"rows": self._label(file), "problem": ""}
        except (NamesError, OSError, pa.ArrowException) as problem:
            return {"rows": 0, "problem": f"{file}: {one_line(problem)}"}

    def _label(self, file: str) -> int:
        # Two attempts can run at once, where a node was only thought dead: each has its own part.
        part = f"{self.parts}/{uuid4().hex}"
        with self.source.open_input_file(f"{self.root}/{file}") as stream:
            reader = pq.ParquetFile(stream)
            schema = self.labeller(reader.schema_arrow.empty_table()).schema
            with (
                self.target.open_output_stream(part) as sink,
                pq.ParquetWriter(sink, schema) as writer,
            ):
                for group in range(reader.num_row_groups):
                    table = self.labeller(reader.read_row_group(group, use_threads=False))
                    writer.write_table(table, row_group_size=max(len(table), 1))
            rows = reader.metadata.num_rows
        self.target.move(part, f"{self.output}/{file}")
        return int(rows)

    @contextmanager
    def folders(self, files: Sequence[str]) -> Iterator[None]:
        """Make the folders for the results, and at the end remove what dead workers left."""
        made = {f"{self.output}/{file}".rpartition("/")[0] for file in files}
        try:
            for folder in sorted({*made, self.parts}):
                self.target.create_dir(folder, recursive=True)
        except OSError as problem:
            raise NamesError(f"{self.output}: {one_line(problem)}") from None
        try:
            yield
        finally:
            with suppress(OSError):  # the results are whole with or without it
                self.target.delete_dir(self.parts)


def _plan(pattern: str, output: str, labeller: NameLabeller) -> tuple[_Job, list[str]]:
    try:
        source, root, files = _fitting(pattern)
        target, folder = _file_system(output)
        there = target.get_file_info(folder)
        inside = pafs.FileSelector(folder, allow_not_found=True)
        if there.type == pafs.FileType.File or target.get_file_info(inside):
            raise NamesError(f"{output}: not an empty folder: name a new one for the results")
    except (OSError, pa.ArrowException) as problem:
        raise NamesError(f"{pattern} to {output}: {one_line(problem)}") from None
    return _Job(labeller, source, root, target, folder, f"{folder}/.parts"), files


def _fitting(pattern: str) -> tuple[pafs.FileSystem, str, list[str]]:
    """Return the file system, the folder before the first wildcard, and the paths below it.

    A folder without a wildcard stands for all files in it, at any depth.
    """
    # What stands behind the ? of a URI are options of its file system, such as an endpoint.
    path, mark, options = pattern.partition("?") if "://" in pattern else (pattern, "", "")
    parts = path.split("/")
    fixed = next((i for i, part in enumerate(parts) if WILDCARDS & set(part)), len(parts))
    fixed = min(fixed, len(parts) - 1)
    folder, globs = "/".join(parts[:fixed]), parts[fixed:]
    if path.startswith("/"):
        folder = folder or "/"
    system, root = _file_system(folder + mark + options)
    if fixed == len(parts) - 1 and not WILDCARDS & set(parts[-1]):
        whole, inside = _file_system(path + mark + options)
        if whole.get_file_info(inside).type == pafs.FileType.Directory:
            system, root, globs = whole, inside, []
    selector = pafs.FileSelector(root, allow_not_found=True, recursive=len(globs) != 1)
    found = (i for i in system.get_file_info(selector) if i.type == pafs.FileType.File)
    below = sorted(i.path.removeprefix(root).lstrip("/") for i in found)
    files = [file for file in below if _fits(file.split("/"), globs)]
    if not files:
        raise NamesError(f"{pattern}: no file fits: give a pattern such as 'people/*.parquet'")
    return system, root, files


def _fits(parts: list[str], globs: list[str]) -> bool:
    """Whether a path fits; without `globs` any does. Hidden files are left out unless named."""
    if not globs:
        return not any(map(is_hidden, parts))
    named = zip(parts, globs, strict=False)
    if len(parts) != len(globs) or any(is_hidden(p) and not is_hidden(g) for p, g in named):
        return False
    return all(map(fnmatchcase, parts, globs))


def _file_system(path: str) -> tuple[pafs.FileSystem, str]:
    if "://" in path:
        system, inner = pafs.FileSystem.from_uri(path)
        return system, inner.rstrip("/")
    # Workers have another current folder.
    return pafs.LocalFileSystem(), Path(path).absolute().as_posix().rstrip("/")


@contextmanager
def _connected() -> Iterator[None]:
    """Connect to a cluster, unless the caller has, and be quiet about it."""
    ours = not ray.is_initialized()
    log = logging.getLogger("ray.data")
    level = log.level
    try:
        if ours:
            ray.init(log_to_driver=False, logging_level=logging.ERROR, include_dashboard=False)
        log.setLevel(logging.ERROR)
        yield
    except (ray.exceptions.RayError, ConnectionError) as problem:
        raise NamesError(
            f"Ray: {one_line(problem)}: is the same names-predictor installed on every node?"
        ) from None
    finally:
        log.setLevel(level)
        if ours:
            ray.shutdown()
