"""Which formats the files have, and what readers and writers of every format share."""

import argparse
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from names_predictor.answers import Asked
from names_predictor.errors import NamesError
from names_predictor.inputs import Decoding
from names_predictor.model import NamePredictor, available_processors
from names_predictor.rows import Block, in_order, shown_name

ENDINGS = {
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".parquet": "parquet",
}  # fmt: skip
COMPRESSED = {".gz", ".bz2", ".xz", ".zst"}


class Reader(Protocol):
    """Reads files of one format."""

    columns: list[str]
    """The names of the columns, known from the first block on."""

    def blocks(self, paths: Sequence[str]) -> Iterator[Block]:
        """Yield the rows of one file after another."""

    def records(self, block: Block) -> Iterable[Sequence[Any]]:
        """Return each row's values, in the order of `columns`."""


@dataclass(frozen=True)
class Labelling:
    """What a writer needs to know: where rows come from, what is asked, how names are shown.

    `names_in` are the columns that hold the names. With a `salt` those are hashed; with
    `spreadsheet_safe` no text is left that a spreadsheet would compute.
    """

    reader: Reader
    predictor: NamePredictor
    asked: Asked
    names_in: Collection[str]
    salt: bytes | None = None
    spreadsheet_safe: bool = False

    @cached_property
    def added(self) -> dict[str, str]:
        """The new columns and their types."""
        return self.asked.columns(self.predictor.labels)

    def texts(self, names: Sequence[str]) -> list[tuple[str, ...]]:
        """Return the new cells of each name as text."""
        return self.asked.texts(self.predictor, names)

    def shown(self, column: str) -> Callable[[Any], Any] | None:
        """Return how the values of a column are written, None where as they are."""
        salt = self.salt if column in self.names_in else None
        if not (salt or self.spreadsheet_safe):
            return None
        show = shown_name(self.spreadsheet_safe, salt, in_table=True)
        return lambda value: show(plain_text(value)) if isinstance(value, (str, bytes)) else value

    def records(self, block: Block) -> Iterable[Sequence[Any]]:
        """Return each row's values as they are to be written."""
        records = self.reader.records(block)
        shows = list(map(self.shown, self.reader.columns))
        if not any(shows):
            return records
        return (
            [show(value) if show else value for show, value in zip(shows, record, strict=True)]
            for record in records
        )


def labelled_blocks(
    options: argparse.Namespace, predictor: NamePredictor, asked: Asked, done: int
) -> Iterator[tuple[bytes, int]]:
    """Yield what is to be written of each block but the first `done`, and the number of its rows.

    `options` are those of `names-predict`, and the formats: `source` and `target`.
    """
    job = Labelling(
        reader=reader_of(options, asked.columns(predictor.labels)),
        predictor=predictor,
        asked=asked,
        names_in=options.column or ["name"],
        salt=options.salt,
        spreadsheet_safe=options.spreadsheet_safe,
    )
    blocks = islice(_from_the_first(job.reader.blocks(options.files)), done, None)
    threads = options.threads or available_processors()
    if options.target == "parquet":
        from names_predictor.parquet import parquet_file

        yield from parquet_file(job, blocks, threads)
        return
    write = _writer(options, job)
    yield from in_order(lambda block: (write(block), len(block.names)), blocks, threads)


def _from_the_first(blocks: Iterator[Block]) -> Iterator[Block]:
    """Mark the first block; there is one even where there is no row."""
    yield next(blocks, Block([]))._replace(first=True)
    yield from blocks


def reader_of(options: argparse.Namespace, added: Collection[str]) -> Reader:
    """Return what reads the files; `added` are the new columns' names."""
    match options.source:
        case "jsonl":
            from names_predictor.jsonlines import JsonReader

            flat = options.target != "jsonl"
            return JsonReader(options.column, added, decoding(options), flat)
        case "parquet":
            from names_predictor.parquet import ParquetReader

            return ParquetReader(options.column, added)
        case "text":
            from names_predictor.lines import LineReader

            return LineReader(decoding(options))
    from names_predictor.tables import TableReader

    return TableReader(options.column, added, decoding(options), options.input_format)


def _writer(options: argparse.Namespace, job: Labelling) -> Callable[[Block], bytes]:
    match options.target:
        case "text":
            from names_predictor.lines import LineWriter

            return LineWriter(job)
        case "jsonl":
            from names_predictor.jsonlines import JsonWriter

            return JsonWriter(job)
    from names_predictor.tables import TableReader, TableWriter

    same = options.target == options.source
    like = job.reader if same and isinstance(job.reader, TableReader) else None
    return TableWriter(job, "\t" if options.target == "tsv" else ",", like)


def decoding(options: argparse.Namespace) -> Decoding:
    """Return how bytes become text, as the options say."""
    errors = "replace" if options.errors == "flag" else "strict"
    return Decoding(options.encoding, errors, options.verbose)


def format_of(path: str) -> str | None:
    """Return the format that the ending tells, if it does."""
    endings = [ending.lower() for ending in Path(path).suffixes]
    if endings and endings[-1] in COMPRESSED:
        endings.pop()
    return ENDINGS.get(endings[-1]) if endings else None


def input_format(options: argparse.Namespace) -> str:
    """Return the format of the files: the one given, else by the endings, else by --column.

    Without a column, CSV and TSV are read as plain lists. Raises `NamesError` where the formats
    differ or one needs a column.
    """
    told = {format: path for path in options.files if (format := format_of(path))}
    if options.input_format:
        told = {options.input_format: "--input-format " + options.input_format}
    tables = told.keys() & {"csv", "tsv"}
    if len(told) > 1 and len(tables) < len(told):
        raise NamesError(f"{', '.join(told.values())}: of several formats: label each alone")
    format = next(iter(told), "csv" if options.column else "text")
    if options.column and format == "text":
        raise NamesError("--column: a plain list has none: give another --input-format")
    if not options.column and tables and not options.input_format:
        return "text"
    if not options.column and format != "text":
        raise NamesError(f"{told[format]}: say with --column where the names are")
    return format


def output_format(options: argparse.Namespace) -> str:
    """Return the format to write: the one given, else by the ending of --output, else the input's.

    A plain list as .tsv has no header, since that is what plain lists give. Raises `NamesError` for
    a compressed one.
    """
    if (ending := Path(options.output or "").suffix.lower()) in COMPRESSED:
        raise NamesError(f"{options.output}: nothing is compressed here: leave out {ending}")
    told = format_of(options.output or "")
    if options.source == "text" and told == "tsv":
        told = None
    return str(options.format or told or options.source)


def check_columns(
    columns: Sequence[str],
    names_in: Sequence[str],
    added: Collection[str],
    where: str,
    quoted: bool = True,
) -> None:
    """Raise `NamesError` where a column for the names is not there once, or a new one is.

    The columns are told unless `quoted` is False: in a CSV file without a header they are names.
    """
    for column in names_in:
        if columns.count(column) != 1:
            problem = "stands more than once" if column in columns else "is missing"
            there = ", ".join(columns) if quoted else f"the {len(columns)} of the first line"
            raise NamesError(
                f"{where}: column {column!r} {problem} among {there}: name one of them"
            )
    if taken := [name for name in added if name in columns]:
        raise NamesError(f"{where}: column {taken[0]!r} is there already: give a --prefix")


def cell_text(value: Any) -> str:
    """Return a value as the text of a cell: nothing for None, JSON for numbers and what is nested.

    It is what a value becomes in a format that knows text only.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, (bool, int, float, list, dict)):
        return json.dumps(value, ensure_ascii=False, default=plain_text)
    return plain_text(value)


def plain_text(value: object) -> str:
    """Return the text of a value that JSON does not know: bytes, a date, a decimal number."""
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
