"""Safe writing: one writer at a time in a folder, and files that are never half written."""

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


def write_synced(path: Path, content: bytes) -> None:
    """Write a file and see it through to the disk, so that a rename after it is safe."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file beside `path` and move it into place, so that `path` is never half written.

    Raises:
        NamesError: The file cannot be written; nothing of it is left.

    """
    temporary = path.with_name(f".{path.name}.part")
    try:
        write_synced(temporary, content)
        temporary.replace(path)
    except OSError as problem:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise NamesError(f"{path}: cannot be written: {problem.strerror}") from None
