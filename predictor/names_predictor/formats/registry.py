"""The formats of files, each declared once; the module of a format is imported by `load`."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:  # --help lists the formats, and imports nothing else
    from names_predictor.formats.base import Block, InputOptions, Reader, Written
    from names_predictor.formats.labelling import Labelling


class Codec(NamedTuple):
    """The reader and the writer of a format.

    Attributes:
        reader: Returns a reader.
        writer: Returns a function that labels and writes a block, for blocks in parallel.
        assemble: Makes one file of the written blocks, in order.

    """

    reader: Callable[["InputOptions"], "Reader[Any]"]
    writer: Callable[["Labelling"], Callable[["Block[Any]"], Any]]
    assemble: Callable[["Labelling", Iterator[Any]], Iterator["Written"]] = lambda _, blocks: blocks


class FileFormat(NamedTuple):
    """A format of files.

    Attributes:
        load: Imports the module of the format and returns its reader and writer.
        endings: Endings of its files.
        options: Command-line options of this format that not every format has.
        shares_endings_of: Another format, whose endings an output can have, too.
        copies_rows_of: Another format, whose rows are written as they were read.
        is_flat: Whether all rows have the same columns.
        is_binary: Whether a terminal cannot show it.
        is_resumable: Whether an output can be resumed: its end neither closes nor indexes it.

    """

    load: Callable[[], Codec]
    endings: tuple[str, ...] = ()
    options: tuple[str, ...] = ("--column",)
    shares_endings_of: str = ""
    copies_rows_of: str = ""
    is_flat: bool = True
    is_binary: bool = False
    is_resumable: bool = True


def _text() -> Codec:
    from names_predictor.formats.text import LineReader, line_writer

    return Codec(LineReader, line_writer)


def _delimited(delimiter: str) -> Codec:
    from names_predictor.formats.delimited import TableReader, table_writer

    return Codec(TableReader, partial(table_writer, delimiter))


def _json(is_array: bool) -> Codec:
    from names_predictor.formats.jsonl import JsonReader, json_array, json_writer

    codec = Codec(partial(JsonReader, is_array), partial(json_writer, is_array))
    return codec._replace(assemble=json_array) if is_array else codec


def _parquet() -> Codec:
    from names_predictor.formats.parquet import ParquetReader, parquet_file

    return Codec(ParquetReader, _with_cells, parquet_file)


def _excel() -> Codec:
    from names_predictor.formats.excel import ExcelReader, workbook

    return Codec(ExcelReader, _with_cells, workbook)


def _with_cells(job: "Labelling") -> Callable[["Block[Any]"], Any]:
    """Return a function that returns a block with the new cells of its rows."""
    from names_predictor.inference.cells import VALUES

    cells_of = job.cells(VALUES)
    return lambda block: (block, cells_of(block))


TABLE = ("--column", "--delimiter", "--no-header")
FORMATS = {
    "text": FileFormat(_text, options=(), shares_endings_of="tsv"),
    "csv": FileFormat(lambda: _delimited(","), (".csv", ".psv"), TABLE),
    "tsv": FileFormat(lambda: _delimited("\t"), (".tsv", ".tab"), TABLE),
    "json": FileFormat(
        lambda: _json(True), (".json",), copies_rows_of="jsonl", is_flat=False, is_resumable=False
    ),
    "jsonl": FileFormat(
        lambda: _json(False),
        (".jsonl", ".ndjson"),
        shares_endings_of="json",
        copies_rows_of="json",
        is_flat=False,
    ),
    "parquet": FileFormat(_parquet, (".parquet", ".pq"), is_binary=True, is_resumable=False),
    "xlsx": FileFormat(
        _excel,
        (".xlsx", ".xlsm"),
        ("--column", "--no-header", "--sheet"),
        is_binary=True,
        is_resumable=False,
    ),
}
"""The formats by the names that `--format` takes."""
