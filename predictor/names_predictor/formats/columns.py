"""The columns of the names: chosen, recognised, and named in errors."""

import re
import unicodedata
from collections.abc import Sequence

from names_predictor.errors import NamesError, visible
from names_predictor.formats.base import InputError, InputOptions

DELIMITERS = ",;\t|"
MOST_COLUMNS_LISTED = 20
MOST_SHOWN = 40
"""Highest number of characters of a column's name in an error."""

HEADER = (
    r"(?<![^\W_])(?:(?:first|last|sur|full|given|family|fore|middle|nick|user|customer|person|vor"
    r"|nach|familien)?names?|(?:pr[eé])?nom|nombres?|apellidos?|cognome|nome|sobrenome|имя|фамилия"
    r"|фио|姓名?|氏名|名前|이름|성명)(?![^\W_])"
)
"""Pattern of the header of a column of names, in several languages; case is ignored."""


IS_A_ROW = " (if the first line is a row already, --no-header --column 1)"


class MissingColumnError(InputError):
    """The exception for a requested column that is not in the input."""


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
        InputError: There are no columns, a requested one is missing or ambiguous, none is requested
            and there are several, or a new column is already there.

    """
    if not columns:
        raise InputError(f"{where}: {kind} without columns: name another file")
    requested = tuple(as_in(columns, column) for column in options.columns)
    for column in requested:
        if columns.count(column) > 1:
            raise InputError(
                f"{where}: column '{shortened(column)}' occurs more than once: rename one"
            )
        if column not in columns:
            raise _missing(column, columns, where, otherwise, header)
    if not requested and len(columns) != 1:
        raise _not_requested(columns, where, kind, otherwise, header)
    if taken := [name for name in options.added if name in columns]:
        raise InputError(f"{where}: column {taken[0]!r} is there already: choose a --prefix")
    return requested or tuple(columns)


def _missing(
    column: str, columns: Sequence[str], where: str, otherwise: str, header: bool
) -> MissingColumnError:
    """Return the error for a requested column that is not among `columns`."""
    problem = f"{where}: column '{shortened(column)}' is missing"
    if len(columns) == 1 and (header or otherwise):
        remove = "if that is a title, remove it; else " if header else ""
        delimiter = ", or give --delimiter" if otherwise else ""
        return MissingColumnError(
            f"{problem}: the only one is '{shortened(columns[0])}'",
            f"{remove}leave --column out{delimiter}",
            f"{remove}{'save it as CSV with commas' if otherwise else 'choose it'}",
        )
    hint = _hint(column, columns)
    title = _padded_title(columns) if header else ""
    if title and not (hint or column.isdecimal()):
        return MissingColumnError(
            f"{problem}: the only one is '{title}': if that is a title, remove it"
        )
    problem += f": {hint or f'choose one of {listed_columns(columns)}'}"
    if column.isdecimal() and header:
        first = "if the first line is a row already, add"
        return MissingColumnError(problem, f"{first} --no-header", f"{first} a header")
    return MissingColumnError(problem)


def _not_requested(
    columns: Sequence[str], where: str, kind: str, otherwise: str, header: bool
) -> InputError:
    """Return the error for several columns of which none is requested."""
    import shlex

    title = _padded_title(columns) if header else ""
    if title:
        return InputError(
            f"{where}: only one cell of the first row has text, '{title}': if it is a title, "
            f"remove it; else give --column {shlex.quote(title)}{IS_A_ROW}{otherwise}"
        )
    likely = list(filter(is_header, columns))
    named = [column for column in columns if column.strip()] or list(columns)
    chosen = likely if len(likely) == 2 else (likely or named)[:1]
    options_of = " ".join(f"--column {shlex.quote(shortened(one))}" for one in chosen)
    if header and not likely:
        options_of += IS_A_ROW
    return InputError(
        f"{where}: {kind} of {len(columns)} columns ({listed_columns(columns)}): give the column "
        f"of the names, such as {options_of}{otherwise}"
    )


def as_in(columns: Sequence[str], column: str) -> str:
    """Return the column that errors show as `column`, unless there is one of that name."""
    alike = [] if column in columns else [one for one in columns if shortened(one) == column]
    return alike[0] if len(alike) == 1 else column


def refuse_repeated(columns: Sequence[str], format: str) -> None:
    """Raise `NamesError` for a column that occurs twice, which a format cannot have."""
    if repeated := [column for column in columns if columns.count(column) > 1]:
        raise NamesError(
            f"two columns {shortened(repeated[0])!r}, which {format} cannot have: rename one"
        )


def is_list(first: Sequence[str]) -> bool:
    """Whether a table is a list of names: one column, whose first cell is not a header."""
    return len(first) == 1 and not is_header(first[0])


def is_titled(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row of a table is a title: one cell above the rows of a table.

    Without a known header it must have no other delimiter, at which the first row may divide too.
    """
    if len(rows) < 3:
        return False
    title, header, *others = rows
    is_plain = not any(delimiter in cell for cell in title for delimiter in DELIMITERS)
    is_sure = is_plain or any(map(is_header, header))
    return is_list(title) and is_sure and is_table([header, *others])


def is_table(rows: Sequence[Sequence[str]]) -> bool:
    """Whether rows that may be names with commas are a table: as many cells in each.

    `Nowak, Jan` and `King, Martin Luther, Jr.` are names: without a known header a table has three
    cells a row or more, and no space before them.
    """
    first = rows[0]
    if len(first) < 2 or any(len(row) != len(first) for row in rows):
        return False
    has_spaces = any(cell.startswith(" ") for row in rows for cell in row[1:])
    return any(map(is_header, first)) or (len(first) > 2 and not has_spaces)


def _padded_title(columns: Sequence[str]) -> str:
    """Return the first of several cells if it alone has text and is no header; else ""."""
    first, *others = columns or [""]
    is_title = first.strip() and others and not "".join(others).strip() and not is_header(first)
    return shortened(first) if is_title else ""


def is_header(cell: str) -> bool:
    """Whether a cell looks like the header of a column of names."""
    return re.search(HEADER, cell, re.IGNORECASE) is not None


def listed_columns(columns: Sequence[str]) -> str:
    """Return the first columns, for an error."""
    shown = ", ".join(shortened(column) or "''" for column in columns[:MOST_COLUMNS_LISTED])
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
