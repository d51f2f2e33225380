"""The formats of files, each declared once; the module of a format is imported by `load`."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:  # --help lists the formats, and imports nothing else
    from names_predictor.formats.base import Block, InputOptions, Reader, Written
    from names_predictor.formats.labelling import Labelling


NewReader = Callable[["InputOptions", frozenset[str], bool], "Reader[Any]"]
"""Returns a reader, for options, paths whose delimiter is a tab, and whether the output is flat."""

WriteBlocks = Callable[
    ["Labelling", "InputOptions", Iterator["Block[Any]"], int], Iterator["Written"]
]
"""Yields the written blocks, of which a number of threads label as many in parallel."""


class Codec(NamedTuple):
    """The reader and the writer of a format."""

    reader: NewReader
    write: WriteBlocks


class FileFormat(NamedTuple):
    """A format of files.

    Attributes:
        load: Imports the module of the format and returns its reader and writer.
        endings: Endings of its files.
        options: Options of the command line that not all formats have, but this one has.
        shares_endings_of: Another format, whose endings an output can have, too.
        copies_rows_of: Another format, whose rows are written as they were read.
        is_flat: Whether all rows have the same columns.
        is_binary: Whether a terminal cannot show it.
        is_resumable: Whether an output can be resumed: its end neither closes nor indexes it.

    """

    load: Callable[[], Codec]
    endings: tuple[str, ...] = ()
    options: tuple[str, ...] = ("--column", "--prefix")
    shares_endings_of: str = ""
    copies_rows_of: str = ""
    is_flat: bool = True
    is_binary: bool = False
    is_resumable: bool = True


def _by_block(
    new_writer: Callable[["Labelling", "InputOptions"], Callable[["Block[Any]"], "Written"]],
) -> WriteBlocks:
    """Return the writer of a format whose blocks are written in parallel."""
    from names_predictor.formats.rows import in_order

    def write(
        job: "Labelling", options: "InputOptions", blocks: Iterator["Block[Any]"], threads: int
    ) -> Iterator["Written"]:
        return in_order(new_writer(job, options), blocks, threads)

    return write


def _text() -> Codec:
    from names_predictor.formats.text import LineReader, LineWriter

    return Codec(lambda options, *_: LineReader(options), _by_block(LineWriter))


def _delimited(delimiter: str) -> Codec:
    from names_predictor.formats.delimited import TableReader, TableWriter

    def writer(job: "Labelling", _: "InputOptions") -> TableWriter:
        table = job.reader if job.as_read and isinstance(job.reader, TableReader) else None
        return TableWriter(job, delimiter, table)

    return Codec(lambda options, tabs, _: TableReader(options, tabs), _by_block(writer))


def _json_array() -> Codec:
    from names_predictor.formats.jsonl import JsonReader, json_array

    return Codec(
        lambda options, _, is_flat: JsonReader(options, True, is_flat),
        lambda job, _, blocks, threads: json_array(job, blocks, threads),
    )


def _json_lines() -> Codec:
    from names_predictor.formats.jsonl import JsonReader, JsonWriter

    return Codec(
        lambda options, _, is_flat: JsonReader(options, False, is_flat),
        _by_block(lambda job, _: JsonWriter(job)),
    )


def _parquet() -> Codec:
    from names_predictor.formats.parquet import ParquetReader, parquet_file

    return Codec(
        lambda options, *_: ParquetReader(options),
        lambda job, _, blocks, threads: parquet_file(job, blocks, threads),
    )


def _excel() -> Codec:
    from names_predictor.formats.excel import ExcelReader, workbook

    return Codec(
        lambda options, *_: ExcelReader(options),
        lambda job, _, blocks, threads: workbook(job, blocks, threads),
    )


TABLE = ("--column", "--prefix", "--delimiter", "--no-header")
FORMATS = {
    "text": FileFormat(_text, options=(), shares_endings_of="tsv"),
    "csv": FileFormat(lambda: _delimited(","), (".csv", ".psv"), TABLE),
    "tsv": FileFormat(lambda: _delimited("\t"), (".tsv", ".tab"), TABLE),
    "json": FileFormat(
        _json_array, (".json",), copies_rows_of="jsonl", is_flat=False, is_resumable=False
    ),
    "jsonl": FileFormat(
        _json_lines,
        (".jsonl", ".ndjson"),
        shares_endings_of="json",
        copies_rows_of="json",
        is_flat=False,
    ),
    "parquet": FileFormat(_parquet, (".parquet", ".pq"), is_binary=True, is_resumable=False),
    "xlsx": FileFormat(
        _excel,
        (".xlsx", ".xlsm"),
        ("--column", "--prefix", "--no-header", "--sheet"),
        is_binary=True,
        is_resumable=False,
    ),
}
"""The formats by the names that `--format` takes."""
