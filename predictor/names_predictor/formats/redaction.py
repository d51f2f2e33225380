"""Names as an output shows them: hashed, safe for spreadsheets, or on one line."""

import hmac
import re
from collections.abc import Callable


def shown_name(
    spreadsheet_safe: bool, salt: bytes | None, in_table: bool = False
) -> Callable[[str], str]:
    """Return the function that hashes or escapes a name for the output.

    Args:
        spreadsheet_safe: Whether an apostrophe is put before formulas.
        salt: Key of the HMAC-SHA-256 that replaces the name; None for no hash.
        in_table: Whether tabs and line ends are kept, because the format quotes them.

    """
    if salt:
        return lambda name: hmac.digest(salt, name.encode("utf-8", "replace"), "sha256").hex()
    as_it_is: Callable[[str], str] = str if in_table else _on_one_line
    if spreadsheet_safe:
        return lambda name: as_it_is(_FORMULA.sub(r"'\g<0>", name))
    return as_it_is


def _on_one_line(name: str) -> str:
    return name if name.isprintable() else name.translate(_ENDS)


_ENDS = str.maketrans("\t\r\n", "   ")
_FORMULA = re.compile(r"\A\s*[=+\-@|%]|\A[\t\r]")
