"""CSV and TSV files: the names of one or more columns, every other cell kept."""

import csv
import io
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

from names_predictor.errors import NamesError
from names_predictor.inputs import InputError

BLOCK_RECORDS = 20_000

Record = list[str]


class Block(NamedTuple):
    """Records, and before the first ones the header."""

    header: Record | None
    records: list[Record]


class Table:
    """How a file, or several of the same columns, are read and written again."""

    def __init__(self, columns: Sequence[str], added: Sequence[str]) -> None:
        """Take the names from `columns`, joined by a space; `added` are the new columns' names."""
        self._columns = columns
        self._added = added
        self._header: Record = []
        self._at: list[int] = []
        self._delimiter = ","

    def blocks(self, text: Iterable[str], path: str) -> Iterator[Block]:
        """Yield the records of a file, which `text` holds in pieces of whole lines.

        Raises `InputError` with the line number where a record is broken or has another number of
        cells than the header.
        """
        lines = chain.from_iterable(io.StringIO(piece, newline="") for piece in text)
        first = next(lines, "")
        delimiter = _delimiter(path, first)
        csv.field_size_limit(sys.maxsize)
        reader = csv.reader(chain([first], lines), delimiter=delimiter, strict=True)
        records = _checked(reader, path)
        header = next(records, None)
        if not header:
            return
        begun = bool(self._header)
        if not begun:
            self._read_header(header, path)
            self._delimiter = delimiter
        elif header != self._header:
            raise InputError(f"{path}:1: other columns than in the file before: label it alone")
        block = list(islice(records, BLOCK_RECORDS))
        yield Block(None if begun else header, block)
        while block := list(islice(records, BLOCK_RECORDS)):
            yield Block(None, block)

    def names(self, records: Sequence[Record]) -> list[str]:
        """Return the name in each record."""
        return [" ".join(record[i] for i in self._at) for record in records]

    def written(
        self,
        block: Block,
        cells: Sequence[Sequence[str]],
        show: Callable[[str], str],
        hashed: bool,
    ) -> str:
        """Return the block as text, the new `cells` behind each record's own.

        `show` says how a cell is written: the names' where they are `hashed`, else every cell.
        """
        text = io.StringIO()
        writer = csv.writer(text, delimiter=self._delimiter, lineterminator="\n")
        if block.header:
            writer.writerow([*block.header, *self._added])
        shown = set(self._at if hashed else range(len(self._header)))
        for record, new in zip(block.records, cells, strict=True):
            kept = (show(cell) if i in shown else cell for i, cell in enumerate(record))
            writer.writerow([*kept, *new])
        return text.getvalue()

    def _read_header(self, header: Record, path: str) -> None:
        for column in self._columns:
            if header.count(column) != 1:
                problem = "stands more than once" if column in header else "is missing"
                # Not quoted: in a file without a header they are somebody's name.
                raise NamesError(
                    f"{path}:1: column {column!r} {problem} among the {len(header)} of the first "
                    "line: name one of them"
                )
        if taken := [name for name in self._added if name in header]:
            raise NamesError(f"{path}: column {taken[0]!r} is there already: give a --prefix")
        self._header = header
        self._at = [header.index(column) for column in self._columns]


def _checked(reader: Any, path: str) -> Iterator[Record]:
    """Yield the records of a `csv.reader`; a blank line is one of empty cells."""
    width = 0
    try:
        for record in reader:
            width = width or len(record)
            if record and len(record) != width:
                raise InputError(
                    f"{path}:{reader.line_num}: {len(record)} cells, but the header has {width}: "
                    "mend this line"
                )
            yield record or [""] * width
    except csv.Error as problem:
        raise InputError(f"{path}:{reader.line_num}: not CSV: {problem}") from None


def added_columns(top_k: int, with_sets: bool, prefix: str = "") -> list[str]:
    """Return the names of the columns that `rows.cells_of` gives."""
    ranks = ["", *(f"_{rank}" for rank in range(2, top_k + 1))]
    names = [f"{name}{rank}" for rank in ranks for name in ("label", "probability")]
    return [prefix + name for name in (*names, *(["candidates"] if with_sets else []), "reason")]


def _delimiter(path: str, header: str) -> str:
    """Tell the delimiter from the ending, or from what the header holds most of."""
    endings = Path(path).suffixes[-2:]
    if ".tsv" in endings or ".tab" in endings:
        return "\t"
    return max(",;\t", key=header.count)
