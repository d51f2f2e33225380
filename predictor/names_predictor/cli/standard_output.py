"""Write to standard output, which can be a full disk or a closed pipe."""

import os
import sys
from collections.abc import Iterable

from names_predictor.errors import NamesError


def write(contents: Iterable[bytes]) -> None:
    """Write to standard output, until its reader, such as `head`, closes it.

    Raises:
        NamesError: It cannot be written.

    """
    try:
        for content in contents:
            sys.stdout.buffer.write(content)
            sys.stdout.flush()
    except BrokenPipeError:
        discard()
    except OSError as problem:
        discard()
        raise NamesError(f"standard output: cannot be written: {problem.strerror}") from None


def discard() -> None:
    """Discard what is buffered, which Python would write at its exit, and fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
