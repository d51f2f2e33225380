"""What readers and writers of every format share; it knows none of them."""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, Protocol, TypeVar

from names_predictor.errors import NamesError, visible
from names_predictor.formats.rows import Cache, shown_name
from names_predictor.inference.options import Asked
from names_predictor.inference.predictor import NamePredictor

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

Result = TypeVar("Result")


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
    verbose: bool = False
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


class Block(NamedTuple):
    """Rows that are read, labelled and written at once: their names, and all that stands in them.

    `rows` are as their reader holds them; the `first` block is that before which a header goes.
    `malformed` holds the numbers, in this block, of rows that could not be read, `share` how much
    of the input is read with it, None where nobody knows.
    """

    names: list[str]
    rows: Any = None
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


class Reader(Protocol):
    """Reads files of one format; all it holds is known from the first block on."""

    columns: list[str]
    """The names of the columns."""

    names_in: tuple[str, ...]
    """The columns that hold the names."""

    notes: list[str]
    """What was guessed, for a person."""

    def blocks(self, paths: Sequence[str]) -> Iterator[Block]:
        """Yield the rows of one file after another."""

    def records(self, block: Block) -> Iterable[Sequence[Any]]:
        """Return each row's values, in the order of `columns`."""

    def done(self) -> float | None:
        """Return the share of the input that is read, None where nobody knows its size."""

    def style(self) -> Style:
        """Return the style of the first file, for an output of the same format."""


@dataclass(frozen=True)
class Labelling:
    """What a writer needs to know: where rows come from, what is asked, how names are shown.

    With a `salt` names are hashed; with `spreadsheet_safe` no text is left that a spreadsheet would
    compute. With `counts` what is written says how many rows have which reason.
    """

    reader: Reader
    predictor: NamePredictor
    asked: Asked
    salt: bytes | None = None
    spreadsheet_safe: bool = False
    counts: bool = False

    @cached_property
    def added(self) -> dict[str, str]:
        """The new columns and their types."""
        return self.asked.columns(self.predictor.labels)

    def texts(self, names: Sequence[str]) -> list[tuple[str, ...]]:
        """Return the new cells of each name as text."""
        return self.asked.texts(self.predictor, names)

    def values(self, names: Sequence[str]) -> list[tuple[Any, ...]]:
        """Return the new cells of each name: text, numbers, None where there is none."""
        return self.asked.values(self.predictor, names)

    def cells(self, block: Block, cache: Cache[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Return the new cells of each row of a block; those of a malformed row say so alone."""
        found = cache.of(block.names)
        for row in block.malformed:
            found[row] = (*found[row][:-1], "malformed")  # its name is blank
        return found

    def written(self, text: str, reasons: Iterable[str | None], block: Block) -> Written:
        """Return the text of a block as bytes, with the reasons of its rows counted if wanted."""
        counted = Counter(reason or "" for reason in reasons) if self.counts else None
        return Written(text.encode("utf-8", "replace"), len(block.names), counted, block.share)

    def shown(self, column: str) -> Callable[[Any], Any] | None:
        """Return how the values of a column are written, None where as they are."""
        if self.salt and self.holds_names(column):
            return lambda value: self._hashed_inside(value, column)
        salt = self.salt if column in self.reader.names_in else None
        if not (salt or self.spreadsheet_safe):
            return None
        show = shown_name(self.spreadsheet_safe, salt, in_table=True)
        return lambda value: show(plain_text(value)) if isinstance(value, (str, bytes)) else value

    def holds_names(self, column: str) -> bool:
        """Whether names are in fields of a column, and not the column itself."""
        names_in = self.reader.names_in
        return column not in names_in and any(name.startswith(f"{column}.") for name in names_in)

    def _hashed_inside(self, value: Any, path: str) -> Any:
        if isinstance(value, dict):
            return {
                key: self._hashed_inside(of_key, f"{path}.{key}") for key, of_key in value.items()
            }
        show = self.shown(path) if path in self.reader.names_in else None
        return show(value) if show else value

    def records(self, block: Block) -> Iterable[Sequence[Any]]:
        """Return each row's values as they are to be written."""
        records = self.reader.records(block)
        shows = list(map(self.shown, self.reader.columns))
        if not any(shows):
            return records
        return (
            [show(value) if show else value for show, value in zip(shows, record, strict=True)]
            for record in records
        )


def chosen_columns(
    columns: Sequence[str], options: InputOptions, where: str, kind: str, otherwise: str = ""
) -> tuple[str, ...]:
    """Return the columns that hold the names: those given, or the only one.

    Raises `InputError` where they are not there once each, where none is given and there are
    several, and where a new column's name is taken. `kind` says what the file is, `otherwise` how
    else it can be read.
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
