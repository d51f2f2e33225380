"""The rows of a table, read as `names-predict` reads them.

Only this module knows the predictor's readers of formats.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any, NamedTuple

from names_predictor.errors import NamesError
from names_predictor.formats.base import (
    InputOptions,
    MissingColumnError,
    Reader,
    chosen_columns,
)
from names_predictor.formats.delimited import TableReader
from names_predictor.formats.registry import InputFiles, format_of, input_files, reader_of


class TableRow(NamedTuple):
    """A row's line number (its row number where rows are no lines), its name and its label.

    A `malformed` row could not be read: neither is known.
    """

    number: int
    name: str
    label: str
    malformed: bool


def is_table(path: Path) -> bool:
    """Say whether the ending is one of a format with columns."""
    return format_of(str(path)) is not None


def labelled_rows(path: Path, columns: Sequence[str], label_column: str) -> Iterator[TableRow]:
    """Yield every row: the cells of `columns`, joined by a space, and that of `label_column`.

    A missing cell is blank, a byte that is not UTF-8 becomes U+FFFD. Raises `NamesError` where a
    column is missing.
    """
    files = input_files([str(path)], None, is_table=True)
    _check_columns(files, (*columns, label_column))
    # Two readers, so that a label is whatever --column of names-predict can name.
    names = reader_of(files, InputOptions(tuple(columns), errors="flag"), is_flat=False)
    of_labels = InputOptions((label_column,), errors="flag", takes_numbers=True)
    labels = reader_of(files, of_labels, is_flat=False)
    number = 0
    for block, block_of_labels in zip(
        names.blocks(files.paths), labels.blocks(files.paths), strict=True
    ):
        number = number or _first_row(names, files.format)
        malformed = {*block.malformed, *block_of_labels.malformed}
        is_text = isinstance(names, TableReader)
        sizes = map(_lines_of, names.records(block)) if is_text else repeat(1)
        rows = zip(block.names, block_of_labels.names, sizes, strict=False)
        for row, (name, label, size) in enumerate(rows):
            yield TableRow(number, name, label, row in malformed)
            number += size


def _check_columns(files: InputFiles, wanted: tuple[str, ...]) -> None:
    """Raise `NamesError`, which lists the columns, where one of them is missing."""
    options = InputOptions(wanted, errors="flag", takes_numbers=True)
    reader = reader_of(files, options, is_flat=True)
    try:
        next(reader.blocks(files.paths), None)
        if files.format in ("json", "jsonl"):  # any object may lack a key, but not all of them
            top = (c if c in reader.columns else c.partition(".")[0] for c in wanted)
            options = InputOptions(tuple(dict.fromkeys(top)))
            chosen_columns(reader.columns, options, files.paths[0], "JSON objects")
    except MissingColumnError as problem:
        raise NamesError(f"{problem}: name them with --column and --label-column") from None


def _first_row(reader: Reader[Any], format: str) -> int:
    """Return the number of the first row after the header."""
    if isinstance(reader, TableReader):
        return 1 + _lines_of(reader.columns) + bool(reader.separator_line)
    return 2 if format == "xlsx" else 1


def _lines_of(record: Iterable[str]) -> int:
    text = ",".join(record)
    return 1 + text.count("\n") + text.count("\r") - text.count("\r\n")
