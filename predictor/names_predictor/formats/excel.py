"""Excel workbooks (.xlsx): one sheet; the values of all cells are kept."""

import datetime
import io
import math
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree.ElementTree import iterparse

from names_predictor.errors import NamesError, one_line
from names_predictor.formats.base import (
    BY_ENDING,
    Block,
    InputError,
    Written,
    cell_text,
    plain_text,
    refuse_pipe,
)
from names_predictor.formats.detection import ZIP, kind_of, without_options
from names_predictor.formats.grid import GridReader, Malformed, Record, wrong_width
from names_predictor.formats.labelling import Labelling

try:
    import openpyxl
    from openpyxl.cell import WriteOnlyCell
except ImportError:
    raise NamesError("Excel needs openpyxl: pip install 'names-predictor[excel]'") from None

MOST_ROWS = 1 << 20
"""Highest number of rows of a sheet, with the header."""

MOST_COLUMNS = 1 << 14
MOST_CHARACTERS = 32_767
"""Highest number of characters of a cell."""

TOO_LONG = 10**15
"""Least whole number with more digits than a cell keeps; such a number is written as text."""

ROWS_AT_ONCE = 1 << 8
"""Rows that openpyxl reads while its warnings are watched."""

PEEKED = 1 << 13
CHUNK = 1 << 20
ERRORS = {
    "#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!",
}  # fmt: skip
"""Values of cells whose formula failed."""

_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_NO_DATE = re.compile("Cell ([A-Z]+[0-9]+) is marked as a date")
"""Warning of openpyxl about a number that it replaces by an error."""

_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
"""A character that Excel writes by its number, such as _x000D_ for a carriage return."""

_CONTROL = "\x00-\x08\x0b-\x1f"
_TO_ESCAPE = re.compile(f"[{_CONTROL}]|_(?=x[0-9A-Fa-f]{{4}}[_{_CONTROL}])")
"""A control character, and what would be read as the beginning of an escaped character."""

_FORBIDDEN = re.compile("[\ud800-\udfff\ufffe\uffff]")
"""Characters that a workbook cannot represent."""


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
        self._total = len(paths)
        for number, path in enumerate(paths):
            self._done = number
            refuse_pipe(path, "Excel")
            try:
                with Path(path).open("rb") as file:
                    yield from self._of_file(file, path)
            except NamesError:
                raise
            except Exception as problem:  # openpyxl's parsers raise all kinds of exceptions
                if isinstance(problem, OSError) and problem.errno:
                    raise InputError(f"{path}: cannot be read: {one_line(problem)}") from None
                # Without the message of the exception, which can quote a cell.
                what = f"a damaged workbook ({type(problem).__name__})"
                raise InputError(f"{path}: {what}: save it again in Excel") from None

    def _of_file(self, file: BinaryIO, path: str) -> Iterator[Block[list[Record]]]:
        try:
            with warnings.catch_warnings(action="ignore"):  # about unknown styles
                book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        except (zipfile.BadZipFile, KeyError):  # not an archive, or another one
            file.seek(0)
            raise _not_a_workbook(path, file.read(PEEKED)) from None
        with closing(book):
            declared = {sheet.title: sheet.max_row for sheet in book.worksheets}
            sheet = self._sheet(book, path)
            with book._archive.open(sheet._worksheet_path) as content:
                has_formula = _has_formula(content)
            with book._archive.open(sheet._worksheet_path) as content:
                is_empty = has_formula and _has_empty_formula(content)
            if is_empty:
                raise InputError(
                    f"{path}, sheet {sheet.title!r}: formulas without a stored value: open the "
                    "workbook in Excel and save it once"
                )
            yield from self._of_sheet(sheet, path, declared[sheet.title])

    def _sheet(self, book: Any, path: str) -> Any:
        """Return the requested sheet, or the only one with content."""
        names = [sheet.title for sheet in book.worksheets]
        if not names:  # only charts, or relations of the strict variant, which openpyxl leaves out
            raise InputError(
                f"{path}: no sheet with cells: save it in Excel as Excel Workbook, not as Strict "
                "Open XML"
            )
        if self._options.sheet:
            if self._options.sheet not in names:
                raise InputError(
                    f"{path}: no sheet {self._options.sheet!r}: choose one of {', '.join(names)}"
                )
            return book[self._options.sheet]
        filled = [sheet for sheet in book.worksheets if any(_rows_of(sheet, path))]
        if len(filled) > 1:
            titles = ", ".join(sheet.title for sheet in filled)
            several = f"{path}: several sheets ({titles})"
            raise InputError(several, "choose one with --sheet", "keep one")
        return filled[0] if filled else book.worksheets[0]

    def _of_sheet(
        self, sheet: Any, path: str, declared: int | None
    ) -> Iterator[Block[list[Record]]]:
        rows = enumerate(_rows_of(sheet, path), 1)
        number, first = next((pair for pair in rows if pair[1]), (1, None))
        self.blank_rows = number - 1
        if first is None:
            return
        inside = f", sheet {sheet.title!r}"
        others = self._checked(rows, len(first), path + inside)
        for block in self._of_records(first, others, path, "a sheet", sheet=inside):
            if declared:
                self._done += len(block.names) / declared
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
                raise InputError(wrong_width(f"{path}: row {number}", "row", len(row), width))

    def _names(self, records: list[Record], at: Sequence[int]) -> list[str]:
        name_of, takes_booleans = self._options.name_of, self._options.takes_scalars
        return [name_of([_text(record[i], takes_booleans) for i in at]) for record in records]


def _not_a_workbook(path: str, start: bytes) -> InputError:
    """Return the exception for a file that is not a workbook, by its first bytes."""
    problem = f"{path}: not an Excel workbook (.xlsx)"
    what, remedy = kind_of(start)
    if not start:
        return InputError(f"{problem}: it is empty")
    if start.startswith(ZIP) and what in ("a zip archive", "an Excel workbook"):
        return InputError(f"{problem}: it is damaged, cut off, or another zip archive")
    if what:
        return InputError(f"{problem}: it is {what}", remedy, without_options(remedy))
    return InputError(problem, "if it holds text, name its --input-format", BY_ENDING)


def _has_formula(sheet: BinaryIO) -> bool:
    """Whether the XML of a sheet may have a formula: a quick look at its bytes."""
    before = b""
    while content := sheet.read(CHUNK):
        if _FORMULA.search(before + content):
            return True
        before = content[-100:]
    return False


def _has_empty_formula(sheet: BinaryIO) -> bool:
    """Whether a formula of a sheet has no stored value, as libraries write them.

    Excel stores an empty text as an empty value of the type `str`.
    """
    for _, element in iterparse(sheet):
        if element.tag.endswith("}c"):
            value = element.find("{*}v")
            is_stored = value is not None and (value.text or element.get("t") == "str")
            if element.find("{*}f") is not None and not is_stored:
                return True
        if element.tag.endswith("}row"):
            element.clear()  # its cells, which would fill the memory
    return False


def _text(value: Any, takes_booleans: bool) -> str:
    """Return the text of a cell; errors are blank, and booleans too unless they are taken."""
    is_blank = isinstance(value, bool) and not takes_booleans
    return "" if is_blank or value in ERRORS else cell_text(value)


def _parsed(sheet: Any, path: str) -> Iterator[tuple[Any, ...]]:
    """Yield the cells of each row; raises `InputError` for an invalid date."""
    rows = sheet.iter_rows(values_only=True)
    while True:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", _NO_DATE.pattern)
            try:
                some = list(islice(rows, ROWS_AT_ONCE))
            except UserWarning as problem:
                if not (found := _NO_DATE.match(str(problem))):
                    raise
                raise InputError(
                    f"{path}, sheet {sheet.title!r}: cell {found[1]} is formatted as a date, but "
                    "its number is too large for one: give the column the format General in Excel"
                ) from None
        if not some:
            return
        yield from some


def _rows_of(sheet: Any, path: str) -> Iterator[Record]:
    """Yield the values of each row up to its last filled cell, without blank rows at the end.

    The dimensions that a sheet declares are ignored, since they can be wrong.
    """
    sheet.reset_dimensions()
    blank = 0
    for values in _parsed(sheet, path):
        row = [_plain(value) for value in values]
        while row and row[-1] is None:
            row.pop()
        if not row:
            blank += 1
            continue
        yield from ([] for _ in range(blank))
        blank = 0
        yield row


def _plain(value: Any) -> Any:
    """Return the value of a cell: a date for a moment at midnight, text without Excel's escapes.

    Source: ECMA-376, part 1, 22.9.2.19 (ST_Xstring).
    """
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date()
    if isinstance(value, str) and "_x" in value:
        text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def workbook(
    job: Labelling, blocks: Iterable[tuple[Block[list[Record]], list[tuple[Any, ...]]]]
) -> Iterator[Written]:
    """Yield an empty result for each block, then the bytes of a workbook with all rows.

    Args:
        job: What is written.
        blocks: Blocks of rows, with the new cells of each row.

    Raises:
        NamesError: There are more rows or columns than a sheet can have, or more characters than a
            cell can.

    """
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("labelled")
    rows = 0
    with closing(sheet):  # also after an error
        for block, cells in blocks:
            if len(job.reader.columns) + len(job.added) > MOST_COLUMNS:
                raise NamesError(
                    f"more than {MOST_COLUMNS:,} columns, as no Excel sheet has: write CSV"
                )
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
    """Return a value for openpyxl; text is never a formula.

    Raises:
        NamesError: There are more characters than a cell can have.

    """
    if isinstance(value, float) and not math.isfinite(value):
        value = None if math.isnan(value) else str(value)  # Excel has neither
    if isinstance(value, int) and abs(value) >= TOO_LONG:
        value = str(value)
    if isinstance(value, float) and float(f"{value:.16g}") != value:
        cell = WriteOnlyCell(sheet, repr(value))
        cell.data_type = "n"  # openpyxl would round the number itself to 16 digits
        return cell
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (list, dict, bytes)):
        value = cell_text(value)
    if not isinstance(value, str):
        try:
            return WriteOnlyCell(sheet, value)  # a date
        except ValueError:
            value = plain_text(value)
    if len(value) > MOST_CHARACTERS:
        raise NamesError(
            f"a cell of {len(value):,} characters, but one in Excel has at most "
            f"{MOST_CHARACTERS:,}: write CSV"
        )
    escaped = _TO_ESCAPE.sub(lambda found: f"_x{ord(found[0]):04X}_", value)
    cell = WriteOnlyCell(sheet, _FORBIDDEN.sub("\ufffd", escaped))
    cell.data_type = "s"  # otherwise text that begins with = is a formula
    return cell
