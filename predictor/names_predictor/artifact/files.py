"""Locks of folders and atomic writes."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from names_predictor.errors import NamesError


@contextmanager
def sole_writer(folder: Path, wait: bool = True) -> Iterator[None]:
    """Hold an exclusive lock of a folder.

    The system releases the lock when the process ends, and no lock file remains. On Windows and
    some network drives, which have no such locks, nothing is locked.

    Args:
        folder: The folder.
        wait: Whether to wait for another process that holds the lock.

    Raises:
        NamesError: Another process holds the lock, and `wait` is false.

    """
    if sys.platform == "win32":
        yield
        return
    import fcntl

    handle = -1
    try:
        with suppress(OSError):  # the drive has no locks, or the folder cannot be opened
            handle = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise NamesError(
                    f"{folder}: another process is writing to it: wait for it"
                ) from None
        yield
    finally:
        if handle >= 0:
            os.close(handle)


def write_synced(path: Path, content: bytes) -> None:
    """Write a file and flush it to disk, so that a rename after it is safe."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def write_atomically(path: Path, content: bytes) -> None:
    """Write a temporary file and rename it to `path`, which is therefore never half written.

    Raises:
        NamesError: The file cannot be written; the temporary file is removed.

    """
    temporary = path.with_name(f".{path.name}.part")
    try:
        write_synced(temporary, content)
        temporary.replace(path)
    except OSError as problem:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise NamesError(f"{path}: cannot be written: {problem.strerror}") from None
