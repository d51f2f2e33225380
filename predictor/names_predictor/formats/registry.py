"""Which format a file has, and what reads and writes it."""

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from names_predictor.errors import NamesError
from names_predictor.formats.base import Block, InputError, InputOptions, Reader, Written
from names_predictor.formats.compression import ENDINGS as COMPRESSED
from names_predictor.formats.compression import open_input
from names_predictor.formats.detection import UNWRITTEN
from names_predictor.formats.kinds import Format
from names_predictor.formats.labelling import Labelling
from names_predictor.formats.rows import in_order

ENDINGS: dict[str, Format] = {
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".psv": "csv", ".json": "json",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet", ".pq": "parquet",
    ".xlsx": "xlsx", ".xlsm": "xlsx",
}  # fmt: skip

WHOLE = {"parquet", "xlsx", "json"}
"""Formats whose end says what stands where, or closes them: a part of one is no file."""

ALSO = {("tsv", "text"), ("json", "jsonl")}
"""An ending's format, and another that files of that ending hold too."""


class InputFiles(NamedTuple):
    """The files of a job, in order, and the one format that they have."""

    paths: tuple[str, ...]
    format: Format
    tabs: frozenset[str] = frozenset()
    """Those whose cells have tabs between them, because their names say so."""


def input_files(
    given: Sequence[str], format: Format | None, is_table: bool, encoding: str = "utf-8"
) -> InputFiles:
    """Find the files, those in folders too, and their format.

    It is the `format` given, else what the endings say, else CSV where options of tables are
    given (`is_table`), else a plain list. Of a `.json` file, its first character says whether it
    holds an array or lines.

    Raises:
        NamesError: A folder is empty, or formats differ.

    """
    paths = tuple(path for one in given for path in _files_in(one))
    endings = {path: ending for path in paths if (ending := format_of(path))}
    if format:
        if format == "json" and paths[0] != "-":
            format = _json_kind(paths[0], encoding)
        return InputFiles(paths, format, frozenset(paths if format == "tsv" else ()))
    found: dict[Format, str] = {}
    for path, kind in endings.items():
        found[_json_kind(path, encoding) if kind == "json" else kind] = path
    tables = found.keys() & {"csv", "tsv"}
    if len(found) > 1 and len(tables) < len(found):
        raise NamesError(f"{', '.join(found.values())}: of several formats: label each alone")
    tabs = frozenset(path for path, kind in endings.items() if kind == "tsv")
    chosen: Format = "csv" if len(tables) == 2 else next(iter(found), "csv" if is_table else "text")
    return InputFiles(paths, chosen, tabs)


def _files_in(path: str) -> list[str]:
    """Return the files below a folder, as Spark and Dask write them; any other path as it is."""
    if path == "-" or not os.path.isdir(path):  # noqa: PTH112 it raises nothing
        return [path]
    found = []
    for folder, below, files in os.walk(path):
        below[:] = sorted(name for name in below if not is_hidden(name))
        found += [os.path.join(folder, name) for name in sorted(files) if not is_hidden(name)]  # noqa: PTH118
    if not found:
        raise InputError(f"{path}: a folder without a file to read: name files")
    return found


def is_hidden(name: str) -> bool:
    """Whether a file is a system's or an engine's own, such as `._x`, `_SUCCESS` and `.x.crc`."""
    return name.startswith((".", "_"))


def format_of(path: str) -> Format | None:
    """Return the format that the ending tells, if it does."""
    endings = [ending.lower() for ending in Path(path).suffixes]
    if endings and endings[-1] in COMPRESSED:
        endings.pop()
    return ENDINGS.get(endings[-1]) if endings else None


def _json_kind(path: str, encoding: str) -> Format:
    """Return whether a `.json` file holds one array or an object a line."""
    with open_input(path) as file:
        start = file.peek(1 << 12).decode(encoding, "ignore").lstrip("\ufeff \t\r\n")
    return "json" if start.startswith("[") else "jsonl"


def folder_columns(given: Sequence[str], paths: Sequence[str]) -> list[str]:
    """Return the columns that folders' names hold, as Hive writes them: `country=DE`."""
    below = [path.removeprefix(one) for one in given for path in paths if path.startswith(one)]
    parts = (part for path in below for part in Path(path).parent.parts if "=" in part)
    return list(dict.fromkeys(part.partition("=")[0] for part in parts))


def output_format(source: Format, format: Format | None, output: str | None) -> Format:
    """Return the format to write: the one given, else the output's ending's, else the input's.

    A plain list as .tsv has no header, since that is what plain lists give.

    Raises:
        NamesError: The ending is that of another format, or of one that is not written here.

    """
    ending = Path(output or "").suffix.lower()
    if ending in COMPRESSED:
        raise NamesError(f"{output}: nothing is compressed here: leave out {ending}")
    if ending in UNWRITTEN:
        endings = ", ".join(one for one in ENDINGS if one not in UNWRITTEN)
        raise NamesError(f"{output}: {ending} is not written here: give one of {endings}")
    by_ending = format_of(output or "")
    if by_ending and format and by_ending != format and (by_ending, format) not in ALSO:
        raise NamesError(
            f"{output}: ends as {by_ending} does, but --format is {format}: change one"
        )
    if (by_ending, source) in ALSO:
        by_ending = source
    return format or by_ending or source


def reader_of(files: InputFiles, options: InputOptions, is_flat: bool) -> Reader[Any]:
    """Return what reads the files; `is_flat` where their rows are to become a table."""
    match files.format:
        case "json" | "jsonl":
            from names_predictor.formats.jsonl import JsonReader

            return JsonReader(options, files.format == "json", is_flat)
        case "parquet":
            from names_predictor.formats.parquet import ParquetReader

            return ParquetReader(options)
        case "xlsx":
            from names_predictor.formats.excel import ExcelReader

            return ExcelReader(options)
        case "text":
            from names_predictor.formats.text import LineReader

            return LineReader(options)
    from names_predictor.formats.delimited import TableReader

    return TableReader(options, files.tabs)


def passes_through(source: Format, target: Format) -> bool:
    """Whether rows are written as they were read, with the new cells after them.

    Rows of a table, a workbook or a Parquet file keep its dialect or types, those of JSON their
    text; where the formats differ, values are converted.
    """
    return source == target or {source, target} == {"json", "jsonl"}


def labelled_blocks(
    job: Labelling,
    files: InputFiles,
    options: InputOptions,
    target: Format,
    threads: int,
    done: int = 0,
) -> Iterator[Written]:
    """Yield what is to be written of each block but the first `done`."""
    blocks = islice(_noted(job.reader, files.paths), done, None)
    same = target == files.format
    match target:
        case "parquet":
            from names_predictor.formats.parquet import parquet_file

            yield from parquet_file(job, blocks, threads)
        case "xlsx":
            from names_predictor.formats.excel import workbook

            yield from workbook(job, blocks, threads)
        case "json":
            from names_predictor.formats.jsonl import json_array

            yield from json_array(job, blocks, threads)
        case _:
            yield from in_order(_writer(job, options, target, same), blocks, threads)


def _noted(reader: Reader[Any], paths: Sequence[str]) -> Iterator[Block[Any]]:
    """Yield the blocks, the first one marked, each with the share of the input that is read.

    There is a first one even where there is no row.
    """
    blocks = reader.blocks(paths)
    first = next(blocks, Block[Any]([]))
    yield first._replace(first=True, share=reader.done())
    for block in blocks:
        yield block._replace(share=reader.done())


def _writer(
    job: Labelling, options: InputOptions, target: Format, same: bool
) -> Callable[[Block[Any]], Written]:
    match target:
        case "text":
            from names_predictor.formats.text import LineWriter

            return LineWriter(job, options)
        case "jsonl":
            from names_predictor.formats.jsonl import JsonWriter

            return JsonWriter(job, same)
    from names_predictor.formats.delimited import TableReader, TableWriter

    table = job.reader if job.as_read and isinstance(job.reader, TableReader) else None
    return TableWriter(job, "\t" if target == "tsv" else ",", table)
