"""The base types of readers and writers."""

import json
import os
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from names_predictor.errors import NamesError
from names_predictor.fingerprint import NO_EFFECT

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


def refuse_pipe(path: str, format: str) -> None:
    """Raise `InputError` for a pipe, in which a reader cannot go back."""
    is_pipe = os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path))  # noqa: PTH110, PTH112, PTH113
    if path == "-" or is_pipe:
        where = "standard input" if path == "-" else f"{path}: a pipe or device"
        raise InputError(f"{where}: {format} needs a file: save it as one, and name that")


def shown_path(path: str) -> str:
    """Return the path of a file, for an error."""
    return "standard input" if path == "-" else path


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
