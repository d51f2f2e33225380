"""The exception for user errors, and functions that make text safe to print."""

import os
import re
import sys


class NamesError(Exception):
    """The exception for user errors.

    Its message is one line: what is wrong, where, and what to do. The command lines print it
    without a traceback and exit with code 2.
    """


def one_line(problem: Exception) -> str:
    """Return the first line of an exception's message."""
    if isinstance(problem, OSError) and problem.strerror:
        return problem.strerror
    lines = str(problem).strip().splitlines() or [type(problem).__name__]
    return lines[0]


def has_style() -> bool:
    """Whether a terminal may get colours: not with NO_COLOR or a dumb TERM.

    Source: https://no-color.org
    """
    is_terminal = os.environ.get("TERM", "") not in ("", "dumb", "unknown")
    return not os.environ.get("NO_COLOR") and (is_terminal or sys.platform == "win32")


def visible(text: str) -> str:
    """Return `text` with control and direction characters escaped, so that it is safe to print.

    A name can contain a sequence that clears the screen, sets the title of the window or reverses
    the direction of writing. Tabs and line ends are escaped too.
    """
    return text if text.isprintable() else re.sub(UNSAFE, _escape, text)


UNSAFE = (
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
