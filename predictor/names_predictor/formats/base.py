"""The base types of readers and writers."""

import json
import os
import re
import unicodedata
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from names_predictor.errors import NamesError, visible
from names_predictor.fingerprint import NO_EFFECT

MOST_COLUMNS_LISTED = 20
MOST_SHOWN = 40
"""Highest number of characters of a column's name in an error."""

HEADER = (
    r"(?<![^\W_])(?:(?:first|last|sur|full|given|family|fore|middle|nick|user|customer|person|vor"
    r"|nach|familien)?names?|(?:pr[eé])?nom|nombres?|apellidos?|cognome|nome|sobrenome|имя|фамилия"
    r"|фио|姓名?|氏名|名前|이름|성명)(?![^\W_])"
)
"""Pattern of the header of a column of names, in several languages; case is ignored."""

LINES = "; --input-format text reads it line by line"
BY_ENDING = "give it the ending of its format"
"""The remedy without options for a file that another format can read."""

Rows = TypeVar("Rows")


class InputError(NamesError):
    """The exception for an input that cannot be read as rows.

    Attributes:
        without_options: The message for a reader that lacks the options of `names-predict`.

    """

    def __init__(self, problem: str, remedy: str = "", without_options: str = "") -> None:
        """Set the message.

        Args:
            problem: What is wrong and where, with the remedy if that is not given.
            remedy: The remedy.
            without_options: The remedy without options of `names-predict`, if `remedy` has one.

        """
        super().__init__(f"{problem}: {remedy}" if remedy else problem)
        self.without_options = f"{problem}: {without_options}" if without_options else str(self)


class MissingColumnError(InputError):
    """The exception for a requested column that is not in the input."""


@dataclass(frozen=True)
class InputOptions:
    """The options for reading files.

    Attributes:
        columns: Columns that are joined by a space to the name; may be empty for a table with one
            column.
        added: New columns, which must not be in the input.
        encoding: Encoding of text.
        errors: "strict": a row that cannot be read stops the job; "flag": it is marked malformed.
        verbose: Whether errors quote the input.
        header: Whether the first row is a header; otherwise columns are numbered from 1.
        delimiter: Delimiter of the cells; "" to detect it.
        sheet: Sheet of a workbook; "" for the only one with content.
        null_values: Cells that are blank.
        is_list: Whether the lines of a text are names even if they look like a table.
        takes_scalars: Whether integers and booleans in JSON or Parquet, and booleans in Excel, are
            read as text.
        tabs: Paths of tables whose delimiter is a tab, unless the file names another.
        is_flat: Whether the rows are written as a table.

    """

    columns: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    encoding: str = "utf-8"
    errors: Literal["strict", "flag"] = "strict"
    verbose: bool = field(default=False, metadata=NO_EFFECT)
    header: bool = True
    delimiter: str = ""
    sheet: str = ""
    null_values: frozenset[str] = field(default_factory=frozenset)
    is_list: bool = False
    takes_scalars: bool = False
    tabs: frozenset[str] = field(default_factory=frozenset, metadata=NO_EFFECT)
    is_flat: bool = field(default=False, metadata=NO_EFFECT)

    def name_of(self, cells: Iterable[str]) -> str:
        """Return the cells, without null values, joined to a name."""
        if self.null_values:
            cells = (cell for cell in cells if cell.strip() not in self.null_values)
        return " ".join(cells)


class Block(NamedTuple, Generic[Rows]):
    """Rows that are read, labelled and written together.

    Attributes:
        names: The name of each row, a list or `Lines`.
        rows: The rows, in the type of their reader; None if there are none.
        first: Whether this is the first block, which a header precedes.
        malformed: Row numbers, in this block, of rows that could not be read.
        progress: Fraction of the input that is read; None if unknown.

    """

    names: Sequence[str]
    rows: Rows | None = None
    first: bool = False
    malformed: tuple[int, ...] = ()
    progress: float | None = None


class Written(NamedTuple):
    """A labelled block.

    Attributes:
        content: Its bytes.
        rows: Its number of rows.
        reasons: Number of rows per reason, "" for labelled ones; None if not requested.
        progress: Fraction of the input that is read; None if unknown.

    """

    content: bytes
    rows: int
    reasons: Counter[str] | None = None
    progress: float | None = None


class Style(NamedTuple):
    """The byte-order mark and the line end of a text file."""

    mark: str = ""
    line_end: str = "\n"


class Reader(ABC, Generic[Rows]):
    """A reader of files of one format. Its attributes are set when the first block is read.

    The defaults are those of most formats.

    Attributes:
        columns: The names of the columns.
        names_in: The columns of the names.
        notes: Notes for the user on what was detected.
        header: Whether the columns have names in the input.
        is_text: Whether all values are text.

    """

    names_in: tuple[str, ...] = ()
    header: bool = True
    is_text: bool = False
    _total: int | None = None
    _done: float = 0

    def __init__(self, options: InputOptions) -> None:
        self._options = options
        self.columns: list[str] = []
        self.notes: list[str] = []

    @abstractmethod
    def blocks(self, paths: Sequence[str]) -> Iterator[Block[Rows]]:
        """Yield the rows of all files, in order."""

    @abstractmethod
    def records(self, block: Block[Rows]) -> Iterable[Sequence[Any]]:
        """Return the values of each row, in the order of `columns`."""

    def progress(self) -> float | None:
        """Return the fraction of the input that is read; None if its size is unknown or 0."""
        return min(self._done / self._total, 1.0) if self._total else None

    def style(self) -> Style:
        """Return the style of the first file, for an output of the same format."""
        return Style()


def chosen_columns(
    columns: Sequence[str],
    options: InputOptions,
    where: str,
    kind: str,
    otherwise: str = "",
    header: bool = False,
) -> tuple[str, ...]:
    """Return the columns of the names: the requested ones, or the only one.

    Args:
        columns: The columns of the file.
        options: Requested columns and new columns.
        where: The file, for errors.
        kind: Type of the file, for errors.
        otherwise: Alternative for the user, for errors.
        header: Whether the first row was read as a header.

    Raises:
        InputError: A requested column is missing or ambiguous, none is requested and there are
            several, or a new column is already there.

    """
    listed = listed_columns(columns)
    for column in options.columns:
        if columns.count(column) > 1:
            raise InputError(
                f"{where}: column '{shortened(column)}' occurs more than once: rename one"
            )
        if column not in columns:
            problem = f"{where}: column '{shortened(column)}' is missing"
            if len(columns) == 1 and (header or otherwise):
                title = "if that is a title, remove it; else " if header else ""
                delimiter = ", or give --delimiter" if otherwise else ""
                raise MissingColumnError(
                    f"{problem}: the only one is '{listed}'",
                    f"{title}leave --column out{delimiter}",
                    f"{title}{'save it as CSV with commas' if otherwise else 'choose it'}",
                )
            problem += f": {_hint(column, columns) or f'choose one of {listed}'}"
            if column.isdecimal() and header:
                first = "if the first line is a row already, add"
                raise MissingColumnError(problem, f"{first} --no-header", f"{first} a header")
            raise MissingColumnError(problem)
    if not options.columns and len(columns) != 1:
        import shlex

        likely = list(filter(is_header, columns))
        chosen = likely if len(likely) == 2 else (likely or list(columns))[:1]
        options_of = " ".join(f"--column {shlex.quote(shortened(one))}" for one in chosen)
        if header and not likely:
            options_of += " (if the first line is a row already, --no-header --column 1)"
        raise InputError(
            f"{where}: {kind} of {len(columns)} columns ({listed}): give the column of the names, "
            f"such as {options_of}{otherwise}"
        )
    if taken := [name for name in options.added if name in columns]:
        raise InputError(f"{where}: column {taken[0]!r} is there already: give another --prefix")
    return options.columns or tuple(columns)


def refuse_pipe(path: str, format: str) -> None:
    """Raise `InputError` for a pipe, in which a reader cannot go back."""
    is_pipe = os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path))  # noqa: PTH110, PTH112, PTH113
    if path == "-" or is_pipe:
        where = "standard input" if path == "-" else f"{path}: a pipe or device"
        raise InputError(f"{where}: {format} needs a file: save it as one, and name that")


def refuse_repeated(columns: Sequence[str], format: str) -> None:
    """Raise `NamesError` for a column that occurs twice, which a format cannot have."""
    if repeated := [column for column in columns if columns.count(column) > 1]:
        raise NamesError(
            f"two columns {shortened(repeated[0])!r}, which {format} cannot have: rename one"
        )


def shown_path(path: str) -> str:
    """Return the path of a file, for an error."""
    return "standard input" if path == "-" else path


def is_list(first: Sequence[str]) -> bool:
    """Whether a table is a list of names: one column, whose first cell is not a header."""
    return len(first) == 1 and not is_header(first[0])


def is_titled(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row of a table is a title: one cell, then a header and rows as wide."""
    if len(rows) < 3:
        return False
    title, header, *others = rows
    return (
        is_list(title)
        and len(header) > 1
        and any(map(is_header, header))
        and all(len(row) == len(header) for row in others)
    )


def is_header(cell: str) -> bool:
    """Whether a cell looks like the header of a column of names."""
    return re.search(HEADER, cell, re.IGNORECASE) is not None


def listed_columns(columns: Sequence[str]) -> str:
    """Return the first columns, for an error."""
    shown = ", ".join(map(shortened, columns[:MOST_COLUMNS_LISTED]))
    more = len(columns) - MOST_COLUMNS_LISTED
    return f"{shown} and {more} more" if more > 0 else shown


def shortened(column: str) -> str:
    """Return the name of a column, shortened for an error."""
    shown = visible(column)
    return shown if len(shown) <= MOST_SHOWN else shown[: MOST_SHOWN - 1] + "…"


def _hint(column: str, columns: Sequence[str]) -> str:
    """Return a hint at a similar column; "" if there is none."""
    for there in columns:
        if _folded(there) == _folded(column):
            if _folded(there, case=False) != _folded(column, case=False):
                how = "with other capitals"
            elif there.strip() != column.strip() and _composed(there) == _composed(column):
                how = "in another Unicode form"
            else:
                how = "with other spaces or invisible characters"
            return f"there is '{shortened(there)}', {how}: give that"
    parts = [part.strip() for part in column.split(",")]
    if len(parts) > 1 and set(parts) <= set(columns):
        return "give --column for each of them"
    from difflib import get_close_matches  # not needed for most jobs

    close = get_close_matches(column, columns, 1)
    listed = listed_columns(columns)
    return f"choose one of {listed}: did you mean '{shortened(close[0])}'?" if close else ""


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def _folded(text: str, case: bool = True) -> str:
    """Return the name of a column without spaces and invisible characters, for comparison."""
    composed = unicodedata.normalize("NFKC", text)
    seen = "".join(c for c in composed if unicodedata.category(c)[0] not in "CZ")
    return seen.casefold() if case else seen


def cell_text(value: Any) -> str:
    """Return a value as the text of a cell: "" for None, JSON for numbers, lists and objects."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, (bool, int, float, list, dict)):
        return json.dumps(value, ensure_ascii=False, default=plain_text)
    return plain_text(value)


def plain_text(value: object) -> str:
    """Return the text of a value that JSON does not have: bytes, a date, a decimal number."""
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
