"""Excel workbooks (.xlsx): one sheet; the values of all cells are kept."""

import datetime
import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

from names_predictor.errors import NamesError, one_line
from names_predictor.formats.base import Block, InputError, Written, cell_text, plain_text
from names_predictor.formats.compression import MAGIC
from names_predictor.formats.detection import ZIP, kind_of
from names_predictor.formats.grid import GridReader, Malformed, Record
from names_predictor.formats.labelling import Labelling

try:
    import openpyxl
    from openpyxl.cell import WriteOnlyCell
except ImportError:
    raise NamesError("Excel needs openpyxl: pip install 'names-predictor[excel]'") from None

MOST_ROWS = 1 << 20
"""Highest number of rows of a sheet, with the header."""

MOST_CHARACTERS = 32_767
"""Highest number of characters of a cell."""

PEEKED = 1 << 13
ERRORS = {
    "#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!",
}  # fmt: skip
"""Values of cells whose formula failed."""

_EMPTY_FORMULA = re.compile(rb"(?:</f>|<f[^>]*/>)(?:<v ?/>|<v></v>)?</c>")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML cannot represent."""


class ExcelReader(GridReader):
    """A reader of one sheet per workbook, all with the same columns.

    A formula is read as its stored value. Formatting is not read.
    """

    def blocks(self, paths: Sequence[str]) -> Iterator[Block[list[Record]]]:
        """Yield the rows of all files; the `rows` of a block are lists of values.

        Raises:
            InputError: A file is not a workbook, has several sheets and none is requested, or its
                columns differ from those of the first.

        """
        for path in paths:
            if path == "-":
                raise InputError("Excel can't be read from standard input: name the file")
            try:
                with Path(path).open("rb") as file:
                    yield from self._of_file(file, path)
            except NamesError:
                raise
            except Exception as problem:  # openpyxl's parsers raise all kinds of exceptions
                unread = isinstance(problem, OSError) and problem.errno
                what = "cannot be read" if unread else "a damaged workbook"
                raise InputError(f"{path}: {what}: {one_line(problem)}") from None

    def _of_file(self, file: BinaryIO, path: str) -> Iterator[Block[list[Record]]]:
        try:
            with warnings.catch_warnings(action="ignore"):  # about unknown styles
                book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        except (zipfile.BadZipFile, KeyError):  # not an archive, or another one
            file.seek(0)
            what = _remedy(file.read(PEEKED))
            raise InputError(f"{path}: not an Excel workbook (.xlsx): {what}") from None
        with closing(book):
            sheet = self._sheet(book, path)
            if _has_empty_formula(book, sheet):
                raise InputError(
                    f"{path}, sheet {sheet.title!r}: formulas without a stored value: open the "
                    "workbook in Excel and save it once"
                )
            yield from self._of_sheet(sheet, path)

    def _sheet(self, book: Any, path: str) -> Any:
        """Return the requested sheet, or the only one with content."""
        names = [sheet.title for sheet in book.worksheets]
        if self._options.sheet:
            if self._options.sheet not in names:
                raise InputError(
                    f"{path}: no sheet {self._options.sheet!r}: choose one of {', '.join(names)}"
                )
            return book[self._options.sheet]
        filled = [sheet for sheet in book.worksheets if any(_rows_of(sheet))]
        if len(filled) > 1:
            titles = ", ".join(sheet.title for sheet in filled)
            raise InputError(f"{path}: several sheets ({titles}): choose one with --sheet")
        return filled[0] if filled else book.worksheets[0]

    def _of_sheet(self, sheet: Any, path: str) -> Iterator[Block[list[Record]]]:
        rows = enumerate(_rows_of(sheet), 1)
        self._rows = sheet.max_row
        first = next((row for _, row in rows if row), None)  # after empty ones
        if first is None:
            return
        others = self._checked(rows, len(first), path)
        inside = f", sheet {sheet.title!r}"
        for block in self._of_records(first, others, path, "a sheet", sheet=inside):
            self._done += len(block.names)
            yield block

    def _checked(
        self, rows: Iterator[tuple[int, Record]], width: int, path: str
    ) -> Iterator[Record]:
        """Yield numbered rows with the number of cells of the first one."""
        for number, row in rows:
            if len(row) <= width:
                yield row + [None] * (width - len(row))
            elif self._options.errors == "flag":
                yield Malformed([*row[: width - 1], " ".join(map(cell_text, row[width - 1 :]))])
            else:
                raise InputError(
                    f"{path}: row {number}: {len(row)} cells, but the first row has "
                    f"{width}: correct it, or flag such rows with --errors flag"
                )

    def _names(self, records: list[Record], at: Sequence[int]) -> list[str]:
        name_of = self._options.name_of
        return [name_of([_name_text(record[i]) for i in at]) for record in records]


def _remedy(start: bytes) -> str:
    """Return the type of a file that is not a workbook, by its first bytes, and a remedy."""
    if not start:
        return "it is empty"
    if start.startswith(tuple(MAGIC)):
        return "it is compressed: unpack it first"
    if start.startswith(ZIP) and kind_of(start)[0] in ("a zip archive", "an Excel workbook"):
        return "it is damaged, cut off, or another zip archive"
    what, remedy = kind_of(start)
    return f"it is {what}: {remedy}" if what else "if it holds text, name its --input-format"


def _has_empty_formula(book: Any, sheet: Any) -> bool:
    """Whether a sheet has a formula without a stored value, as libraries write them."""
    with book._archive.open(sheet._worksheet_path) as file:
        before = b""
        while content := file.read(1 << 20):
            if _EMPTY_FORMULA.search(before + content):
                return True
            before = content[-100:]
    return False


def _name_text(value: Any) -> str:
    """Return the text of a cell of a name; errors and booleans are blank."""
    return "" if isinstance(value, bool) or value in ERRORS else cell_text(value)


def _rows_of(sheet: Any) -> Iterator[Record]:
    """Yield the values of each row up to its last filled cell, without blank rows at the end.

    The dimensions that a sheet declares are ignored, since they can be wrong.
    """
    sheet.reset_dimensions()
    blank = 0
    for values in sheet.iter_rows(values_only=True):
        row = [_day(v) if isinstance(v, datetime.datetime) else v for v in values]
        while row and row[-1] is None:
            row.pop()
        if not row:
            blank += 1
            continue
        yield from ([] for _ in range(blank))
        blank = 0
        yield row


def _day(moment: datetime.datetime) -> datetime.datetime | datetime.date:
    """Return a date for a moment at midnight, as Excel stores dates."""
    return moment.date() if moment.time() == datetime.time() else moment


def workbook(
    job: Labelling, blocks: Iterable[tuple[Block[list[Record]], list[tuple[Any, ...]]]]
) -> Iterator[Written]:
    """Yield an empty result for each block, then the bytes of a workbook with all rows.

    Args:
        job: What is written.
        blocks: Blocks of rows, with the new cells of each row.

    Raises:
        NamesError: There are more rows than a sheet can have.

    """
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("labelled")
    rows = 0
    for block, cells in blocks:
        is_bare = job.as_read and not job.reader.header
        if block.first and job.reader.columns and not is_bare:
            sheet.append([cell_of(sheet, name) for name in [*job.reader.columns, *job.added]])
            rows += 1
        rows += len(cells)
        if rows > MOST_ROWS:
            raise NamesError(f"more than {MOST_ROWS:,} rows, as no Excel sheet has: write CSV")
        for record, of_row in zip(job.records(block), cells, strict=True):
            sheet.append([cell_of(sheet, value) for value in (*record, *of_row)])
        yield job.written(b"", (of_row[-1] for of_row in cells), block)
    file = io.BytesIO()
    book.save(file)
    yield Written(file.getvalue(), 0)


def cell_of(sheet: Any, value: Any) -> Any:
    """Return a value for openpyxl; text is never a formula."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (list, dict, bytes)):
        value = cell_text(value)
    if not isinstance(value, str):
        try:
            return WriteOnlyCell(sheet, value)  # a date
        except ValueError:
            value = plain_text(value)
    cell = WriteOnlyCell(sheet, _FORBIDDEN.sub("\ufffd", value)[:MOST_CHARACTERS])
    cell.data_type = "s"  # otherwise text that begins with = is a formula
    return cell
