"""The rows of a table, read as `names-predict` reads them.

Only this module knows the predictor's readers of formats.
"""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any, NamedTuple

from names_predictor.errors import NamesError
from names_predictor.formats import Reader, format_of, input_format, reader_of
from names_predictor.options import parser
from names_predictor.rows import Block

COLUMNS_SHOWN = 20


class TableRow(NamedTuple):
    """A row's line number (in Parquet its row number), its name and its label as they stand."""

    number: int
    name: str
    label: str


def is_table(path: Path) -> bool:
    """Say whether the ending is one of a format with columns."""
    return format_of(str(path)) is not None


def labelled_rows(path: Path, columns: Sequence[str], label_column: str) -> Iterator[TableRow]:
    """Yield every row: the cells of `columns`, joined by a space, and that of `label_column`.

    A missing cell is blank, a byte that is not UTF-8 becomes U+FFFD. Raises `NamesError` where a
    column is missing, and with the line number where a row is broken.
    """
    options = _options(path, [*columns, label_column])
    _check_columns(path, [*columns, label_column], _columns_of(options))
    # Two readers, so that a label is whatever --column of names-predict can name.
    readers = [_reader(options, wanted) for wanted in (list(columns), [label_column])]
    blocks = zip(*(reader.blocks(options.files) for reader in readers), strict=True)
    has_lines = options.source in {"csv", "tsv"}
    number = 0
    for of_names, of_labels in blocks:
        if not number:
            number = 1 + (_lines_of(readers[0].columns) if has_lines else 0)
        sizes = _row_sizes(readers[0], of_names) if has_lines else repeat(1)
        for name, label, size in zip(of_names.names, of_labels.names, sizes, strict=False):
            yield TableRow(number, name, label)
            number += size


def _options(path: Path, columns: Sequence[str]) -> argparse.Namespace:
    """Return the options with which `names-predict` would read the file."""
    options = parser().parse_args(["--errors", "flag"])
    options.files, options.column = [str(path)], list(columns)
    options.source = options.target = input_format(options)
    return options


def _reader(options: argparse.Namespace, columns: Sequence[str], **changes: Any) -> Reader:
    return reader_of(argparse.Namespace(**vars(options) | {"column": columns} | changes), ())


def _columns_of(options: argparse.Namespace) -> list[str]:
    """Return the columns of a table; of JSON lines the keys of the first block."""
    reader = _reader(options, [], target="csv")
    next(reader.blocks(options.files), None)
    return reader.columns


def _check_columns(path: Path, wanted: Sequence[str], columns: Sequence[str]) -> None:
    """Raise `NamesError`, which lists the columns, where one is missing."""
    for column in wanted:
        if column not in columns:
            listed = ", ".join(map(repr, columns[:COLUMNS_SHOWN])) or "none"
            more = f" and {len(columns) - COLUMNS_SHOWN} more" * (len(columns) > COLUMNS_SHOWN)
            raise NamesError(
                f"{path}: column {column!r} is missing: its columns are {listed}{more}: "
                "name them with --column and --label-column"
            )


def _row_sizes(reader: Reader, block: Block) -> Iterable[int]:
    """Return the number of lines that each row of a CSV file takes."""
    return map(_lines_of, reader.records(block))


def _lines_of(record: Sequence[str]) -> int:
    text = ",".join(record)
    return 1 + text.count("\n") + text.count("\r") - text.count("\r\n")
