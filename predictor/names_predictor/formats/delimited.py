"""Tables in CSV and TSV; all cells are kept."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from names_predictor.formats.base import (
    BY_ENDING,
    LINES,
    Block,
    InputError,
    InputOptions,
    Style,
    Written,
    cell_text,
    shown_path,
)
from names_predictor.formats.columns import DELIMITERS, is_titled
from names_predictor.formats.decoding import TextReader
from names_predictor.formats.detection import looks_like_json
from names_predictor.formats.grid import GridReader, Malformed, numbered_columns, wrong_width
from names_predictor.formats.labelling import Labelling
from names_predictor.formats.redaction import shown_name
from names_predictor.inference.cells import TEXT

SAMPLE_RECORDS = 50
SAMPLE_CHARACTERS = 1 << 16

LONGEST_CELL = (1 << 31) - 1
"""Highest number of characters of a cell: the largest limit that `csv` takes on Windows."""

SEPARATOR_LINE = re.compile(r"\"?sep=([^\r\n\"])\"?(?:\r\n|\r|\n|\Z)", re.IGNORECASE)
"""The first line with which Excel declares the delimiter."""

Record = list[str]


class TableReader(TextReader[list[Record]], GridReader):
    """A reader of CSV and TSV files with the same columns, with or without a header."""

    is_text = True

    def __init__(self, options: InputOptions) -> None:
        super().__init__(options)
        self.delimiter = options.delimiter or ","
        self.separator_line = ""

    def blocks(self, paths: Sequence[str]) -> Iterator[Block[list[Record]]]:
        """Yield the records of all files; the `rows` of a block are lists of cells.

        With `errors` "flag", a record with too few cells gets empty ones, and surplus cells are
        joined to the last one.

        Raises:
            InputError: A record is not valid CSV, or its number of cells differs; the message has
                its line number.

        """
        for number, path in enumerate(paths):
            with self._open(paths, number) as text:
                yield from self._of_file(text, path)

    def _of_file(self, text: Iterator[str], path: str) -> Iterator[Block[list[Record]]]:
        start = next(text, "")
        if not start:  # an empty file has no columns
            return
        by_ending = "\t" if path in self._options.tabs else ""
        path = shown_path(path)
        if looks_like_json(start):
            remedy = "give --input-format json, for lines of it jsonl"
            raise InputError(f"{path}: JSON, not a table", remedy, BY_ENDING)
        if separator := SEPARATOR_LINE.match(start):
            start = start[separator.end() :] or next(text, "")
            if not self.columns:
                self.separator_line = separator[0].rstrip("\r\n")
        given = self._options.delimiter or (separator[1] if separator else "")
        delimiter = given or by_ending or found_delimiter(start, self._options)
        lines = chain.from_iterable(io.StringIO(t, newline="") for t in chain([start], text))
        csv.field_size_limit(LONGEST_CELL)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        skipped = 1 if separator else 0
        where = f"{path}:{1 + skipped}"
        if not (given or self._options.columns) and self._options.header:
            _refuse_title(start, path, skipped)
        records = self._checked(reader, path, delimiter, skipped)
        header = next(records, [])
        if not header:
            what = "a row" if not self._options.header else "a header"
            raise InputError(f"{where}: blank, but {what} belongs there: remove the line")
        wrong = [column for column in self._options.columns if not column.isdecimal()]
        if wrong and not self._options.header:
            raise InputError(
                f"--column {wrong[0]!r}: with --no-header give the column's number, from 1"
            )
        if not self.columns:
            self.delimiter = delimiter
        yield from self._of_records(header, records, where, "a table", LINES)

    def _checked(self, reader: Any, path: str, delimiter: str, skipped: int) -> Iterator[Record]:
        """Yield the records of a `csv.reader`, all with the number of cells of the first one."""
        width = 0
        takes_names = not self._options.delimiter  # which can contain the one that is assumed
        for record in _parsed(reader, path, skipped):
            width = width or len(record)
            if len(record) == width:
                yield record
            elif not record or (width == 1 and takes_names):
                yield _of_width(record, width, delimiter)
            elif self._options.errors == "flag":
                yield Malformed(_of_width(record, width, delimiter))
            else:
                where = f"{path}:{reader.line_num + skipped}"
                raise InputError(wrong_width(where, "line", len(record), width))


def _parsed(reader: Any, path: str, skipped: int) -> Iterator[Record]:
    """Yield the records of a `csv.reader`; raises `InputError` for one that is not CSV.

    Kept this short: on Python 3.11 a longer `try` may never end once the memory is full.
    """
    begins = 1 + skipped
    try:
        for record in reader:
            yield record
            begins = reader.line_num + 1 + skipped
    except csv.Error as problem:
        raise _not_csv(f"{path}:{begins}", problem) from None


def _not_csv(where: str, problem: csv.Error) -> InputError:
    why = str(problem).replace("\t", "\\t")
    return InputError(
        f"{where}: not CSV: {why}: close the quotes that open in this row, and double those within "
        "a cell"
    )


def table_writer(delimiter: str, job: Labelling) -> Callable[[Block[list[Record]]], Written]:
    """Return a function that writes a block as CSV or TSV: each row, then its new cells.

    Args:
        delimiter: The delimiter, unless a table is written as it was read.
        job: What is written.

    """
    cells_of = job.cells(TEXT)
    like = job.reader if job.as_read and isinstance(job.reader, TableReader) else None

    def write(block: Block[list[Record]]) -> Written:
        between = like.delimiter if like else delimiter
        mark, line_end = like.style() if like else Style()
        records = job.records(block)
        if not job.reader.is_text:
            records = (list(map(cell_text, record)) for record in records)
        cells = cells_of(block)
        rows = [[*record, *of_row] for record, of_row in zip(records, cells, strict=True)]
        begun = ""
        if block.first and job.reader.columns:
            begun = mark + (like.separator_line + line_end if like and like.separator_line else "")
            if not like or like.header:
                show = shown_name(job.spreadsheet_safe, None, in_table=True)
                rows.insert(0, list(map(show, [*job.reader.columns, *job.added])))
        text = _as_csv(rows, between, line_end)
        bare = {"\r", "\n"} - set(line_end)  # which Python 3.11 does not quote
        if any(end in text for end in bare):
            text = "".join(
                _as_csv([row], between, line_end, any(e in cell for e in bare for cell in row))
                for row in rows
            )
        content = (begun + text).encode("utf-8", "replace")
        return job.written(content, (of_row[-1] for of_row in cells), block)

    return write


def found_delimiter(start: str, options: InputOptions) -> str:
    """Detect the delimiter from the first records of a file.

    The best delimiter gives the requested columns, then the highest fraction of records with as
    many cells as the first, then the most cells.

    Args:
        start: The first characters of the file.
        options: The requested columns.

    """

    def fit(delimiter: str) -> tuple[bool, float, int]:
        records = _sample(start, delimiter)
        width = len(records[0]) if records else 0
        if width < 2:
            return False, 0, 0
        alike = sum(len(record) == width for record in records) / len(records)
        there = records[0] if options.header else numbered_columns(width)
        return set(options.columns) <= set(there), alike, width

    return max(DELIMITERS, key=fit)


def _refuse_title(start: str, path: str, skipped: int) -> None:
    """Raise `InputError` if a title is above the header, which makes a list of a table."""
    if any(is_titled(_sample(start, delimiter)) for delimiter in DELIMITERS):
        blank = len(start) - len(start.lstrip("\r\n"))
        number = 1 + skipped + start[:blank].count("\n")
        raise InputError(f"{path}:{number}: a title above the header: remove it{LINES}")


def _sample(start: str, delimiter: str) -> list[Record]:
    """Return the first records of a file that are not blank; none if they are not CSV."""
    sample = start[:SAMPLE_CHARACTERS]
    whole = sample[: sample.rfind("\n") + 1] or sample
    reader = csv.reader(io.StringIO(whole, newline=""), delimiter=delimiter)
    try:
        return [record for record in islice(reader, SAMPLE_RECORDS) if record]
    except csv.Error:
        return []


def _of_width(record: Record, width: int, delimiter: str) -> Record:
    """Return a record of `width` cells: empty ones are added, surplus ones joined to the last."""
    if len(record) > width:
        return [*record[: width - 1], delimiter.join(record[width - 1 :])]
    return record + [""] * (width - len(record))


def _as_csv(rows: Iterable[Record], delimiter: str, line_end: str, quoted: bool = False) -> str:
    text = io.StringIO()
    writer = csv.writer(
        text,
        delimiter=delimiter,
        quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL,
        lineterminator=line_end,
    )
    writer.writerows(rows)
    return text.getvalue()
