"""The exception for user errors, and how a message shows what a user gave."""

import os
import re
import sys


class NamesError(Exception):
    """Bad input or usage; its message is one line that says what, where and what to do.

    The command lines print it without a traceback and end with exit code 2.
    """


def one_line(problem: Exception) -> str:
    """Return a library's message in an exception, shortened to a line."""
    if isinstance(problem, OSError) and problem.strerror:
        return problem.strerror
    lines = str(problem).strip().splitlines() or [type(problem).__name__]
    return lines[0]


def has_style() -> bool:
    """Whether a terminal may get colours: not with NO_COLOR, nor where TERM is dumb.

    Source: https://no-color.org
    """
    is_terminal = os.environ.get("TERM", "") not in ("", "dumb", "unknown")
    return not os.environ.get("NO_COLOR") and (is_terminal or sys.platform == "win32")


def visible(text: str) -> str:
    """Return `text` safe for a terminal: control and direction characters as escapes.

    A name can hold a sequence that clears the screen, sets the window's title or turns the
    direction of writing round. Tabs and line ends are control characters too.
    """
    return text if text.isprintable() else _UNSAFE.sub(_escape, text)


_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]"
)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
