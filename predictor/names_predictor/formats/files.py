"""Find the input files, and the formats of input and output."""

import os
from collections.abc import Container, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from names_predictor.errors import NamesError
from names_predictor.formats.base import InputError, InputOptions, Reader
from names_predictor.formats.compression import ENDINGS as COMPRESSED
from names_predictor.formats.compression import open_input
from names_predictor.formats.detection import UNWRITTEN
from names_predictor.formats.registry import FORMATS


class InputFiles(NamedTuple):
    """The input files of a job.

    Attributes:
        paths: The paths, in order; `-` is standard input.
        format: Their format.
        tabs: The paths whose ending makes a tab the delimiter.

    """

    paths: tuple[str, ...]
    format: str
    tabs: frozenset[str] = frozenset()


def input_files(
    given: Sequence[str],
    format: str | None,
    is_table: bool,
    encoding: str = "utf-8",
    outputs: Sequence[Path] = (),
) -> InputFiles:
    """Find the input files, also in folders, and their format.

    Args:
        given: Paths of files and folders.
        format: The format; None to take that of the endings, or else CSV or text.
        is_table: Whether files with other endings are CSV rather than text.
        encoding: Encoding of JSON, whose first character shows whether it is an array or lines.
        outputs: Files that the job writes, which are left out of a folder.

    Raises:
        NamesError: A folder has no files or cannot be read, or the formats differ.

    """
    written = frozenset(map(os.path.realpath, outputs))
    paths = tuple(path for one in given for path in _files_in(one, written))
    endings = {path: ending for path in paths if (ending := format_of(path))}
    if format:
        if format == "json":
            format = _json_kind(paths[0], encoding)
        return InputFiles(paths, format, frozenset(paths if format == "tsv" else ()))
    found: dict[str, str] = {}
    for path, kind in endings.items():
        found[_json_kind(path, encoding) if kind == "json" else kind] = path
    tables = found.keys() & {"csv", "tsv"}
    if len(found) > 1 and len(tables) < len(found):
        raise NamesError(f"{', '.join(found.values())}: several formats: label each separately")
    tabs = frozenset(path for path, kind in endings.items() if kind == "tsv")
    chosen = "csv" if len(tables) == 2 else next(iter(found), "csv" if is_table else "text")
    return InputFiles(paths, chosen, tabs)


def _files_in(path: str, written: frozenset[str]) -> list[str]:
    """Return the files in a folder, at any depth, or the path itself if it is not a folder."""
    if path == "-" or not os.path.isdir(path):  # noqa: PTH112 it never raises
        return [path]
    found, seen = [], {os.path.realpath(path)}

    def is_new(folder: str) -> bool:
        real = os.path.realpath(folder)
        is_first = real not in seen  # a link can lead back
        seen.add(real)
        return is_first

    def stop(problem: OSError) -> NoReturn:
        raise InputError(f"{problem.filename}: cannot be read: {problem.strerror}")

    for folder, below, files in os.walk(path, followlinks=True, onerror=stop):
        below[:] = sorted(name for name in below if not is_hidden(name))
        below[:] = [name for name in below if is_new(os.path.join(folder, name))]  # noqa: PTH118
        rows = sorted(name for name in files if not is_hidden(name) and not is_part(name, files))
        there = (os.path.join(folder, name) for name in rows)  # noqa: PTH118
        found += [file for file in there if os.path.realpath(file) not in written]
    if not found:
        raise InputError(f"{path}: a folder without files to read: name files")
    for file in found:
        if os.path.exists(file) and not os.path.isfile(file):  # noqa: PTH110, PTH113
            raise InputError(f"{file}: a pipe or device: name it, or take it out of the folder")
    return found


def is_hidden(name: str) -> bool:
    """Whether a file holds no rows, such as `._x`, `_SUCCESS`, `~$x` (a lock of Excel)."""
    return name.startswith((".", "_", "~$")) or name.lower() in ("desktop.ini", "thumbs.db")


def is_part(name: str, files: Container[str]) -> bool:
    """Whether a file is one of the two of an unfinished output, `X.part` and `X.journal`."""
    output = name.removesuffix(".part").removesuffix(".journal")
    return output != name and f"{output}.part" in files and f"{output}.journal" in files


def format_of(path: str) -> str | None:
    """Return the format of a path by its ending, before that of a compression; None if unknown."""
    endings = [ending.lower() for ending in Path(path).suffixes]
    if endings and endings[-1] in COMPRESSED:
        endings.pop()
    ending = endings[-1] if endings else ""
    return next((name for name, form in FORMATS.items() if ending in form.endings), None)


def _json_kind(path: str, encoding: str) -> str:
    """Return whether a `.json` file is an array or JSON lines; a pipe is taken for an array."""
    if path == "-" or (os.path.exists(path) and not os.path.isfile(path)):  # noqa: PTH110, PTH113
        return "json"  # what is read of a pipe is gone
    with open_input(path) as (file, _):
        start = file.peek(1 << 12).decode(encoding, "ignore").lstrip("\ufeff \t\r\n")
    return "json" if start.startswith("[") else "jsonl"


def folder_columns(given: Sequence[str], paths: Sequence[str]) -> list[str]:
    """Return the columns in the names of Hive partitions, such as `country=DE`.

    Args:
        given: Paths of the folders.
        paths: Paths of the files in them.

    """
    below = [path.removeprefix(one) for one in given for path in paths if path.startswith(one)]
    folders = (name for path in below for name in Path(path).parent.parts if "=" in name)
    return list(dict.fromkeys(name.partition("=")[0] for name in folders))


def output_format(source: str, format: str | None, output: str | None) -> str:
    """Return the format of the output: the requested one, that of the ending, or the input's.

    A text input with a .tsv output is written as text, which is TSV without a header.

    Args:
        source: Format of the input.
        format: Requested format, if any.
        output: Path of the output, if any.

    Raises:
        NamesError: The ending is that of another format, or of one that is not supported.

    """
    ending = Path(output or "").suffix.lower()
    if ending in COMPRESSED:
        raise NamesError(f"{output}: outputs are not compressed: leave out {ending}")
    if ending in UNWRITTEN:
        endings = ", ".join(e for f in FORMATS.values() for e in f.endings if e not in UNWRITTEN)
        raise NamesError(f"{output}: {ending} cannot be written: give one of {endings}")
    by_ending = format_of(output or "")
    if by_ending and format and by_ending not in (format, FORMATS[format].shares_endings_of):
        raise NamesError(
            f"{output}: has the ending of {by_ending}, but --format is {format}: change one"
        )
    if by_ending == FORMATS[source].shares_endings_of:
        by_ending = source
    return format or by_ending or source


def reader_of(files: InputFiles, options: InputOptions, is_flat: bool) -> Reader[Any]:
    """Return the reader of the files.

    Args:
        files: The input files.
        options: Options for reading.
        is_flat: Whether the rows are written as a table.

    """
    options = replace(options, tabs=files.tabs, is_flat=is_flat)
    return FORMATS[files.format].load().reader(options)
