"""Compressed files, read to the last byte or refused."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from bz2 import BZ2Decompressor
    from lzma import LZMADecompressor

CHUNK_BYTES = 1 << 16


class Members(io.RawIOBase):
    """The members of a bzip2 or xz archive, one after another.

    Python's own readers take a damaged member behind a whole one for the end, and its rows would
    be lost without a word. Raises `EOFError` where a member ends early, and what the decompressor
    raises where data are none of its format.
    """

    def __init__(
        self, file: BinaryIO, new: Callable[[], "BZ2Decompressor | LZMADecompressor"]
    ) -> None:
        self._file = file
        self._new = new
        self._decompressor = new()

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the front of `buffer`; return how much, 0 at the end."""
        while True:
            data = b""
            if self._decompressor.eof:
                data = self._decompressor.unused_data.lstrip(b"\0")  # xz may pad its members
                while not data:
                    if not (chunk := self._file.read(CHUNK_BYTES)):
                        return 0
                    data = chunk.lstrip(b"\0")
                self._decompressor = self._new()
            elif self._decompressor.needs_input:
                data = self._file.read(CHUNK_BYTES)
                if not data:
                    raise EOFError
            content = self._decompressor.decompress(data, len(buffer))
            if content:
                buffer[: len(content)] = content
                return len(content)


@contextmanager
def open_members(
    path: str, new: Callable[[], "BZ2Decompressor | LZMADecompressor"]
) -> Iterator[BinaryIO]:
    """Open a bzip2 or xz archive to read."""
    with Path(path).open("rb") as archive, Members(archive, new) as members:
        yield io.BufferedReader(members, CHUNK_BYTES)


@contextmanager
def open_gzip(path: str) -> Iterator[BinaryIO]:
    """Open a gzip archive to read; an empty one is cut off, which Python's reader does not say."""
    import gzip

    with Path(path).open("rb") as archive:
        if not archive.peek(1):
            raise EOFError
        with gzip.open(archive) as file:
            yield io.BufferedReader(file)
