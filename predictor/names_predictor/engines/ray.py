"""Label Parquet files on a Ray cluster: each file gives a file of the same name.

Each file is a task, which labels one row group at a time and commits the result by rename. The
order of the rows is kept, memory is bounded by a row group, and a task that Ray repeats after a
node failed overwrites its file. Ray Data's `read_parquet` and `write_parquet` give no such
guarantees: they distribute the rows of a file over blocks, name output files after blocks, and keep
incomplete files.
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
from names_predictor.formats.files import is_hidden

# Names are personal data: disable the usage reports of Ray, before its import.
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
    """The numbers of labelled files and rows, and the duration of a job."""

    files: int
    rows: int
    seconds: float


def predict_with_ray(pattern: str, output: str, labeller: NameLabeller) -> Summary:
    """Label Parquet files on a Ray cluster.

    It runs on the cluster that Ray is connected to or finds (`RAY_ADDRESS`), or else on a local
    one, which is stopped at the end. Local paths must be accessible on all nodes.

    Args:
        pattern: Path or URI of the files, with wildcards, such as `s3://bucket/people/*.parquet`,
            or of a folder. Hidden files and those that begin with `_` are skipped.
        output: Path or URI of a new folder for the results, in which the folders after the first
            wildcard are kept.
        labeller: The labeller of the rows.

    Raises:
        NamesError: No file matches, `output` is not empty, or a file cannot be labelled. Finished
            files are kept.

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
    """The folders and file systems of a job; it is pickled for the workers."""

    labeller: NameLabeller
    source: pafs.FileSystem
    root: str
    target: pafs.FileSystem
    output: str
    unfinished: str

    def label(self, row: dict[str, Any]) -> dict[str, Any]:
        """Label one file; return a problem as text, since Ray would print a traceback."""
        file = row["file"]
        try:
            return {"rows": self._label(file), "problem": ""}
        except (NamesError, OSError, UnicodeDecodeError, pa.ArrowException) as problem:
            return {"rows": 0, "problem": f"{file}: {one_line(problem)}"}

    def _label(self, file: str) -> int:
        # Two attempts can run at once, if a node was unreachable: each has its own file.
        temporary = f"{self.unfinished}/{uuid4().hex}"
        with self.source.open_input_file(f"{self.root}/{file}") as stream:
            reader = pq.ParquetFile(stream)
            schema = self.labeller(reader.schema_arrow.empty_table()).schema
            with (
                self.target.open_output_stream(temporary) as sink,
                pq.ParquetWriter(sink, schema) as writer,
            ):
                for group in range(reader.num_row_groups):
                    table = self.labeller(reader.read_row_group(group, use_threads=False))
                    writer.write_table(table, row_group_size=max(len(table), 1))
            rows = reader.metadata.num_rows
        self.target.move(temporary, f"{self.output}/{file}")
        return int(rows)

    @contextmanager
    def folders(self, files: Sequence[str]) -> Iterator[None]:
        """Create the folders for the results; at the end, remove the unfinished files."""
        made = {f"{self.output}/{file}".rpartition("/")[0] for file in files}
        try:
            for folder in sorted({*made, self.unfinished}):
                self.target.create_dir(folder, recursive=True)
        except OSError as problem:
            raise NamesError(f"{self.output}: {one_line(problem)}") from None
        try:
            yield
        finally:
            with suppress(OSError):  # the results are complete in any case
                self.target.delete_dir(self.unfinished)


def _plan(pattern: str, output: str, labeller: NameLabeller) -> tuple[_Job, list[str]]:
    try:
        source, root, files = _matching(pattern)
        target, folder = _file_system(output)
        there = target.get_file_info(folder)
        inside = pafs.FileSelector(folder, allow_not_found=True)
        if there.type == pafs.FileType.File or target.get_file_info(inside):
            raise NamesError(f"{output}: not an empty folder: name a new one for the results")
    except (OSError, pa.ArrowException) as problem:
        raise NamesError(f"{pattern} to {output}: {one_line(problem)}") from None
    return _Job(labeller, source, root, target, folder, f"{folder}/.parts"), files


def _matching(pattern: str) -> tuple[pafs.FileSystem, str, list[str]]:
    """Return the file system, the folder before the first wildcard, and the paths below it.

    A folder without a wildcard gives all files in it, at any depth.
    """
    # Options of the file system, such as an endpoint, follow the ? of a URI.
    path, mark, options = pattern.partition("?") if "://" in pattern else (pattern, "", "")
    names = path.split("/")
    fixed = next((i for i, name in enumerate(names) if WILDCARDS & set(name)), len(names) - 1)
    folder, globs = "/".join(names[:fixed]), names[fixed:]
    if path.startswith("/"):
        folder = folder or "/"
    system, root = _file_system(folder + mark + options)
    if fixed == len(names) - 1 and not WILDCARDS & set(names[-1]):
        whole, inside = _file_system(path + mark + options)
        if whole.get_file_info(inside).type == pafs.FileType.Directory:
            system, root, globs = whole, inside, []
    selector = pafs.FileSelector(root, allow_not_found=True, recursive=len(globs) != 1)
    found = (i for i in system.get_file_info(selector) if i.type == pafs.FileType.File)
    below = sorted(i.path.removeprefix(root).lstrip("/") for i in found)
    files = [file for file in below if _matches(file.split("/"), globs)]
    if not files:
        raise NamesError(f"{pattern}: no file matches: give a pattern such as 'people/*.parquet'")
    return system, root, files


def _matches(names: list[str], globs: list[str]) -> bool:
    """Whether a path matches; without `globs` all do. Hidden files match hidden globs only."""
    if not globs:
        return not any(map(is_hidden, names))
    pairs = zip(names, globs, strict=False)
    if len(names) != len(globs) or any(is_hidden(n) and not is_hidden(g) for n, g in pairs):
        return False
    return all(map(fnmatchcase, names, globs))


def _file_system(path: str) -> tuple[pafs.FileSystem, str]:
    if "://" in path:
        system, inner = pafs.FileSystem.from_uri(path)
        return system, inner.rstrip("/")
    # Absolute, since workers have another current folder.
    return pafs.LocalFileSystem(), Path(path).absolute().as_posix().rstrip("/")


@contextmanager
def _connected() -> Iterator[None]:
    """Connect to a cluster, unless the caller is connected, without log messages."""
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
