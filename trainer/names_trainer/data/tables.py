"""The rows of a table, read with the predictor's readers."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any, NamedTuple

from names_predictor.errors import NamesError
from names_predictor.formats.base import InputError, InputOptions, Reader
from names_predictor.formats.columns import MissingColumnError, chosen_columns
from names_predictor.formats.delimited import TableReader
from names_predictor.formats.files import InputFiles, format_of, input_files, reader_of
from names_predictor.formats.grid import GridReader


class TableRow(NamedTuple):
    """A row of a table.

    Attributes:
        number: Line number, or row number in a binary format.
        name: The name.
        label: The label.
        malformed: Whether the row could not be read; it then has neither name nor label.

    """

    number: int
    name: str
    label: str
    malformed: bool


def is_table(path: Path) -> bool:
    """Whether the ending of `path` is that of a format with columns."""
    return format_of(str(path)) is not None


def labelled_rows(path: Path, columns: Sequence[str], label_column: str) -> Iterator[TableRow]:
    """Yield every row; a missing cell is blank, and invalid UTF-8 becomes U+FFFD.

    Args:
        path: The table.
        columns: Columns that are joined by a space to the name.
        label_column: Column of the label.

    Raises:
        NamesError: The table cannot be read, or a column is missing.

    """
    try:
        yield from _rows(path, columns, label_column)
    except InputError as problem:
        options = " (--column, --label-column)" * isinstance(problem, MissingColumnError)
        raise NamesError(f"{problem.without_options}{options}") from None


def _rows(path: Path, columns: Sequence[str], label_column: str) -> Iterator[TableRow]:
    files = input_files([str(path)], None, is_table=True)
    _check_columns(files, (*columns, label_column))
    # Two readers, because the options for joined columns and for numbers differ.
    names = reader_of(files, InputOptions(tuple(columns), errors="flag"), is_flat=False)
    of_labels = InputOptions((label_column,), errors="flag", takes_scalars=True)
    labels = reader_of(files, of_labels, is_flat=False)
    number = 0
    for block, block_of_labels in zip(
        names.blocks(files.paths), labels.blocks(files.paths), strict=True
    ):
        number = number or _first_row(names)
        malformed = {*block.malformed, *block_of_labels.malformed}
        is_text = isinstance(names, TableReader)
        sizes = map(_lines_of, names.records(block)) if is_text else repeat(1)
        rows = zip(block.names, block_of_labels.names, sizes, strict=False)
        for row, (name, label, size) in enumerate(rows):
            yield TableRow(number, name, label, row in malformed)
            number += size


def _check_columns(files: InputFiles, wanted: tuple[str, ...]) -> None:
    """Raise `InputError` if a table cannot be read, or, with the list of columns, lacks one."""
    options = InputOptions(wanted, errors="flag", takes_scalars=True)
    reader = reader_of(files, options, is_flat=True)
    next(reader.blocks(files.paths), None)
    if files.format in ("json", "jsonl"):  # a key must be in one object at least
        top = (c if c in reader.columns else c.partition(".")[0] for c in wanted)
        options = InputOptions(tuple(dict.fromkeys(top)))
        chosen_columns(reader.columns, options, files.paths[0], "JSON objects")


def _first_row(reader: Reader[Any]) -> int:
    """Return the number of the first row after the header."""
    if isinstance(reader, TableReader):
        return 1 + _lines_of(reader.columns) + bool(reader.separator_line)
    return 2 + reader.blank_rows if isinstance(reader, GridReader) else 1


def _lines_of(record: Iterable[str]) -> int:
    text = ",".join(record)
    return 1 + text.count("\n") + text.count("\r") - text.count("\r\n")
