"""One writer at a time in a folder, so that what two of them write never mixes."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from names_predictor.errors import NamesError


@contextmanager
def sole_writer(folder: Path, wait: bool = True) -> Iterator[None]:
    """Keep other writers out of `folder`: wait for them or, without `wait`, raise `NamesError`.

    The folder itself is locked, so nothing is left behind: the system lets go of it when this
    process ends, however it ends. Windows and some network drives have no such lock; there writers
    are not kept apart.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl

    handle = -1
    try:
        with suppress(OSError):  # this drive has no locks, or the folder may not be opened
            handle = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise NamesError(
                    f"{folder}: another process is at work in it: wait for it"
                ) from None
        yield
    finally:
        if handle >= 0:
            os.close(handle)
