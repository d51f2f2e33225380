"""The types that readers and writers of every format share; it knows none of them."""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from names_predictor.errors import NamesError, visible
from names_predictor.fingerprint import NO_EFFECT

MOST_COLUMNS_LISTED = 20
MOST_SHOWN = 40
"""Characters of a column's name in an error."""

HEADER = (
    r"(?<![^\W_])(?:(?:first|last|sur|full|given|family|fore|middle|nick|user|customer|person|vor"
    r"|nach|familien)?names?|(?:pr[eé])?nom|nombres?|apellidos?|cognome|nome|sobrenome|имя|фамилия"
    r"|фио|姓名?|氏名|名前|이름|성명)(?![^\W_])"
)
"""The pattern of what the header of a column of names holds, in any capitals and in the languages
that many such files are in."""

LINES = "; --input-format text reads it line by line"
FIRST_IS_A_NAME = (
    "the first cell of its one column is taken for a name: if it is the header, give it as --column"
)

Rows = TypeVar("Rows")


class InputError(NamesError):
    """An input that cannot be read as rows."""


class MissingColumnError(InputError):
    """A column that was asked for is not in the input."""


@dataclass(frozen=True)
class InputOptions:
    """How files become rows.

    `columns` hold the names, joined by a space; without any, a table must have one column only.
    `added` are the new columns' names, which must be free. With `errors` "flag" a row that cannot
    be read is flagged instead of stopping the job. Errors quote the input only if `verbose`.
    Without a `header`, columns have numbers, from 1. Cells that equal one of `null_values` are
    blank. `delimiter` "" is to be found out, and so is the `sheet` of a workbook that has one. With
    `is_list` the lines of a text are names even if they look like a table, with `takes_numbers` a
    whole number in JSON or Parquet is a text.
    """

    columns: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    encoding: str = "utf-8"
    errors: str = "strict"
    verbose: bool = field(default=False, metadata=NO_EFFECT)
    header: bool = True
    delimiter: str = ""
    sheet: str = ""
    null_values: frozenset[str] = field(default_factory=frozenset)
    is_list: bool = False
    takes_numbers: bool = False

    def name_of(self, parts: Iterable[str]) -> str:
        """Join the parts of a name, without null values."""
        if self.null_values:
            parts = (part for part in parts if part.strip() not in self.null_values)
        return " ".join(parts)


class Block(NamedTuple, Generic[Rows]):
    """Rows that are read, labelled and written at once: their names, and all that stands in them.

    `rows` are as their reader holds them, None where there is no row; the `first` block is that
    before which a header goes. `malformed` holds the numbers, in this block, of rows that could not
    be read, `share` how much of the input is read with it, None where nobody knows.
    """

    names: list[str]
    rows: Rows | None = None
    first: bool = False
    malformed: tuple[int, ...] = ()
    share: float | None = None


class Written(NamedTuple):
    """What a block became: bytes, the number of its rows, and how many have which reason.

    `reasons` counts "" for labelled rows; it is None where nobody asks. `share` is the block's.
    """

    content: bytes
    rows: int
    reasons: Counter[str] | None = None
    share: float | None = None


class Style(NamedTuple):
    """How a text file begins and how its lines end."""

    mark: str = ""
    line_end: str = "\n"


class Reader(Protocol[Rows]):
    """Reads files of one format; all it holds is known from the first block on."""

    columns: list[str]
    """The names of the columns."""

    names_in: tuple[str, ...]
    """The columns that hold the names."""

    notes: list[str]
    """What was guessed, for a person."""

    header: bool
    """Whether the columns have names in the input."""

    is_text: bool
    """Whether all values are text."""

    def blocks(self, paths: Sequence[str]) -> Iterator[Block[Rows]]:
        """Yield the rows of one file after another."""

    def records(self, block: Block[Rows]) -> Iterable[Sequence[Any]]:
        """Return each row's values, in the order of `columns`."""

    def done(self) -> float | None:
        """Return the share of the input that is read, None where nobody knows its size."""

    def style(self) -> Style:
        """Return the style of the first file, for an output of the same format."""


def chosen_columns(
    columns: Sequence[str], options: InputOptions, where: str, kind: str, otherwise: str = ""
) -> tuple[str, ...]:
    """Return the columns that hold the names: those given, or the only one.

    Args:
        columns: The columns of the file.
        options: The columns that hold the names, and the new columns.
        where: The file, as errors name it.
        kind: What the file is.
        otherwise: How else it can be read.

    Raises:
        InputError: A column is not there just once, none is given and there are several, or a new
            column's name is taken.

    """
    listed = listed_columns(columns)
    for column in options.columns:
        if columns.count(column) > 1:
            raise InputError(
                f"{where}: column '{shortened(column)}' stands more than once: rename one"
            )
        if column not in columns:
            hint = _hint(column, columns) or f"there are {listed}"
            if column.isdecimal() and options.header:
                hint += ": if the first line is a row already, add --no-header"
            if len(columns) == 1 and otherwise:
                hint = f"there is but one ({listed}): give the --delimiter between the cells"
            asked = shortened(column)
            raise MissingColumnError(f"{where}: column '{asked}' is missing: {hint}")
    if not options.columns and len(columns) != 1:
        import shlex

        likely = next(filter(is_header, columns), columns[0] if columns else "")
        raise InputError(
            f"{where}: {kind} of {len(columns)} columns ({listed}): say which holds the names, "
            f"such as --column {shlex.quote(shortened(likely))}{otherwise}"
        )
    if taken := [name for name in options.added if name in columns]:
        raise InputError(f"{where}: column {taken[0]!r} is there already: give a --prefix")
    return options.columns or tuple(columns)


def is_list(first: Sequence[str]) -> bool:
    """Whether a table is a list of names: one column, and a first row that reads like no header."""
    return len(first) == 1 and not is_header(first[0])


def is_header(cell: str) -> bool:
    """Whether a cell reads like the header of a column of names."""
    return re.search(HEADER, cell, re.IGNORECASE) is not None


def listed_columns(columns: Sequence[str]) -> str:
    """Return the names of the first columns, as an error shows them."""
    shown = ", ".join(map(shortened, columns[:MOST_COLUMNS_LISTED]))
    more = len(columns) - MOST_COLUMNS_LISTED
    return f"{shown} and {more} more" if more > 0 else shown


def shortened(column: str) -> str:
    """Return a column's name as an error shows it."""
    shown = visible(column)
    return shown if len(shown) <= MOST_SHOWN else shown[: MOST_SHOWN - 1] + "…"


def _hint(column: str, columns: Sequence[str]) -> str:
    """Say which column may be meant; "" where none is alike."""
    for there in columns:
        if _folded(there) == _folded(column):
            if _folded(there, case=False) != _folded(column, case=False):
                how = "with other capitals"
            elif there.strip() != column.strip() and _composed(there) == _composed(column):
                how = "in another Unicode form"
            else:
                how = "with other spaces or invisible characters"
            return f"there is '{shortened(there)}', {how}: give that"
    from difflib import get_close_matches  # not needed for most jobs

    close = get_close_matches(column, columns, 1)
    listed = listed_columns(columns)
    return f"there are {listed}: did you mean '{shortened(close[0])}'?" if close else ""


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def _folded(text: str, case: bool = True) -> str:
    """Return a column's name without what does not show."""
    composed = unicodedata.normalize("NFKC", text)
    seen = "".join(c for c in composed if unicodedata.category(c)[0] not in "CZ")
    return seen.casefold() if case else seen


def cell_text(value: Any) -> str:
    """Return a value as the text of a cell: nothing for None, JSON for numbers and what is nested.

    It is what a value becomes in a format that knows text only.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, (bool, int, float, list, dict)):
        return json.dumps(value, ensure_ascii=False, default=plain_text)
    return plain_text(value)


def plain_text(value: object) -> str:
    """Return the text of a value that JSON does not know: bytes, a date, a decimal number."""
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
