"""Rows of cells, of which the first may be a header: tables and sheets."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from names_predictor.formats.base import Block, InputError, InputOptions, Reader, cell_text
from names_predictor.formats.columns import chosen_columns, is_list

BLOCK_ROWS = 20_000
FIRST_IS_A_NAME = (
    "the first cell of its one column is taken for a name: if it is the header, give it as --column"
)

Record = list[Any]


class Malformed(list[Any]):
    """A record whose number of cells differs from that of the first record."""


class GridReader(Reader[list[Record]]):
    """A reader of files with the same columns, with or without a header.

    Attributes:
        blank_rows: Number of blank rows before the first record of the last file.

    """

    blank_rows = 0

    def __init__(self, options: InputOptions) -> None:
        super().__init__(options)
        self.header = options.header

    def records(self, block: Block[list[Record]]) -> Iterable[Record]:
        """Return the cells of each row."""
        return block.rows or []

    def _of_records(
        self,
        first: Record,
        others: Iterator[Record],
        where: str,
        kind: str,
        otherwise: str = "",
        sheet: str = "",
    ) -> Iterator[Block[list[Record]]]:
        """Yield the records of a file, in at least one block; the first file sets the columns.

        Args:
            first: The first record.
            others: The other ones; a `Malformed` one gets a blank name.
            where: The file, for errors.
            kind: Type of the file, for errors.
            otherwise: Alternative for the user, for errors.
            sheet: The sheet of the file, for errors.

        """
        header = list(map(cell_text, first))
        if self.header and not self.columns and not self._options.columns and is_list(header):
            self.header = False
            self.notes.append(f"{where}: {FIRST_IS_A_NAME}")
        is_guess = self._options.header and not self.header
        columns = header if self.header else numbered_columns(len(header))
        if not self.columns:
            self.columns = columns
            self.names_in = chosen_columns(
                columns, self._options, where + sheet, kind, otherwise, self.header
            )
        elif columns != self.columns or (is_guess and not is_list(header)):
            are_moved = columns != self.columns and sorted(columns) == sorted(self.columns)
            what = "the columns in another order" if are_moved else "other columns"
            raise InputError(f"{where}: {what} than in the file before: label it separately")
        records = others if self.header else chain([first], others)
        yield self._block(list(islice(records, BLOCK_ROWS)))
        while block := list(islice(records, BLOCK_ROWS)):
            yield self._block(block)

    def _block(self, records: list[Record]) -> Block[list[Record]]:
        names = self._names(records, [self.columns.index(column) for column in self.names_in])
        malformed = tuple(n for n, record in enumerate(records) if type(record) is Malformed)
        for n in malformed:
            names[n] = ""
        return Block(names, records, malformed=malformed)

    def _names(self, records: list[Record], at: Sequence[int]) -> list[str]:
        if len(at) == 1 and not self._options.null_values:
            return [record[at[0]] for record in records]
        return [self._options.name_of([record[i] for i in at]) for record in records]


def wrong_width(where: str, row: str, cells: int, width: int) -> str:
    """Return the message for a row with another number of cells than the first one."""
    number = "1 cell" if cells == 1 else f"{cells} cells"
    remedy = f"correct this {row}, or flag such rows with --errors flag"
    if width == 1:  # else all rows but the title would be flagged
        remedy = f"if the first row is a title, remove it; else correct this {row}"
    return f"{where}: {number}, but the first row has {width}: {remedy}"


def numbered_columns(count: int) -> list[str]:
    """Return the names of the columns of a file without a header."""
    return [str(n) for n in range(1, count + 1)]
