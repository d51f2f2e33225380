"""The columns of the names: chosen, recognised, and named in errors."""

import re
import unicodedata
from collections.abc import Sequence

from names_predictor.errors import NamesError, visible
from names_predictor.formats.base import InputError, InputOptions

MOST_COLUMNS_LISTED = 20
MOST_SHOWN = 40
"""Highest number of characters of a column's name in an error."""

HEADER = (
    r"(?<![^\W_])(?:(?:first|last|sur|full|given|family|fore|middle|nick|user|customer|person|vor"
    r"|nach|familien)?names?|(?:pr[eé])?nom|nombres?|apellidos?|cognome|nome|sobrenome|имя|фамилия"
    r"|фио|姓名?|氏名|名前|이름|성명)(?![^\W_])"
)
"""Pattern of the header of a column of names, in several languages; case is ignored."""


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
        InputError: A requested column is missing or ambiguous, none is requested and there are
            several, or a new column is already there.

    """
    listed = listed_columns(columns)
    title = _padded_title(columns) if header else ""
    for column in options.columns:
        if columns.count(column) > 1:
            raise InputError(
                f"{where}: column '{shortened(column)}' occurs more than once: rename one"
            )
        if column not in columns:
            problem = f"{where}: column '{shortened(column)}' is missing"
            if len(columns) == 1 and (header or otherwise):
                remove = "if that is a title, remove it; else " if header else ""
                delimiter = ", or give --delimiter" if otherwise else ""
                raise MissingColumnError(
                    f"{problem}: the only one is '{listed}'",
                    f"{remove}leave --column out{delimiter}",
                    f"{remove}{'save it as CSV with commas' if otherwise else 'choose it'}",
                )
            if title:
                raise MissingColumnError(
                    f"{problem}: the only one is '{title}': if that is a title, remove it"
                )
            problem += f": {_hint(column, columns) or f'choose one of {listed}'}"
            if column.isdecimal() and header:
                first = "if the first line is a row already, add"
                raise MissingColumnError(problem, f"{first} --no-header", f"{first} a header")
            raise MissingColumnError(problem)
    if not options.columns and len(columns) != 1:
        import shlex

        if title:
            raise InputError(
                f"{where}: only one cell of the first row has text, '{title}': if it is a title, "
                f"remove it; else give --column {shlex.quote(title)}{otherwise}"
            )
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
        raise InputError(f"{where}: column {taken[0]!r} is there already: choose a --prefix")
    return options.columns or tuple(columns)


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
    """Whether the first row of a table is a title: one cell, then rows of equally many cells.

    Of two cells only below a header, since `Nowak, Jan` is a name.
    """
    if len(rows) < 3:
        return False
    title, header, *others = rows
    is_wide = len(header) > 2 or (len(header) == 2 and any(map(is_header, header)))
    return is_list(title) and is_wide and all(len(row) == len(header) for row in others)


def _padded_title(columns: Sequence[str]) -> str:
    """Return the only cell with text of several, if it is no header; else ""."""
    filled = [column for column in columns if column.strip()]
    is_title = len(columns) > 1 and len(filled) == 1 and not is_header(filled[0])
    return shortened(filled[0]) if is_title else ""


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
