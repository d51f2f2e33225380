"""Open a file or standard input, decompressed according to its first bytes."""

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Any, BinaryIO

from names_predictor.formats.base import InputError, shown_path

if TYPE_CHECKING:
    from bz2 import BZ2Decompressor
    from lzma import LZMADecompressor

CHUNK_BYTES = 1 << 16

ENDINGS = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd"}

MAGIC = {
    b"\x1f\x8b": "gzip",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    **{b"BZh%d1AY&SY" % level: "bzip2" for level in range(1, 10)},
    **{b"BZh%d\x17\x72\x45\x38\x50\x90" % level: "bzip2" for level in range(1, 10)},
}
"""First bytes of compressed data. Sources: RFC 1952 and 8878, the specifications of xz, bzip2."""


class Members(io.RawIOBase):
    """The concatenated members of a bzip2 or xz file.

    Unlike Python's own readers, which silently stop at a damaged member after a whole one, it
    raises an exception.

    Args:
        file: The compressed file.
        new: Returns a new decompressor.

    Raises:
        EOFError: While reading: a member ends early.

    """

    def __init__(
        self, file: BinaryIO, new: Callable[[], "BZ2Decompressor | LZMADecompressor"]
    ) -> None:
        self._file = file
        self._new = new
        self._decompressor = new()

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the start of `buffer`; return the number of bytes, 0 at the end."""
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


class Pipe(io.RawIOBase):
    """A pipe whose reads are as long as requested, so that its first bytes show what it holds.

    Args:
        file: The pipe.

    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer`; return the number of bytes, fewer only at the end."""
        content = self._file.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)


@contextmanager
def open_input(path: str) -> Iterator[tuple[io.BufferedReader, io.BufferedReader]]:
    """Open a file, decompressed if its first bytes or its ending are those of compressed data.

    Args:
        path: Path of the file; `-` for standard input.

    Yields:
        The decompressed file, and the compressed one, whose position shows the progress.

    Raises:
        InputError: The file cannot be read, or compressed data is damaged or ends early; also
            while it is read.

    """
    where = shown_path(path)
    failures: tuple[type[Exception], ...] = (OSError,)
    try:
        with _raw(path) as raw:
            start = raw.peek(CHUNK_BYTES)
            by_ending = ENDINGS.get(Path(path).suffix.lower(), "")
            kind = next((k for magic, k in MAGIC.items() if start.startswith(magic)), by_ending)
            if not kind:
                yield raw, raw
                return
            if not start:  # not every decompressor rejects an empty file
                raise EOFError
            decompress, damage = _decompressor(kind, where)
            failures += damage
            with decompress(raw) as file:
                yield file, raw
    except EOFError:
        raise InputError(f"{where}: its compressed data end early: get the whole file") from None
    except failures as problem:
        what = "its compressed data are damaged: get the file again"
        if isinstance(problem, OSError) and problem.strerror:  # not gzip's or bz2's own
            what = f"cannot be read: {problem.strerror}"
        raise InputError(f"{where}: {what}") from None


@contextmanager
def _raw(path: str) -> Iterator[io.BufferedReader]:
    if path == "-":
        if sys.stdin is None:
            raise InputError("standard input: is closed: name a file")
        yield io.BufferedReader(Pipe(sys.stdin.buffer))
        return
    with open(path, "rb") as file:  # noqa: PTH123 `Path` would drop a trailing slash
        is_file = S_ISREG(os.fstat(file.fileno()).st_mode)
        yield file if is_file else io.BufferedReader(Pipe(file))


def _decompressor(
    kind: str, where: str
) -> tuple[Callable[[Any], Any], tuple[type[Exception], ...]]:
    """Return a function that decompresses an open file, and its exceptions for damaged data.

    An `OSError` without a number is one of these, too.
    """
    match kind:
        case "gzip":
            import gzip
            import zlib

            # Not within another buffer, which would ask for its properties and lose a Ctrl-C then.
            return lambda file: gzip.GzipFile(fileobj=file), (zlib.error,)
        case "bzip2":
            import bz2

            return lambda file: io.BufferedReader(Members(file, bz2.BZ2Decompressor)), ()
        case "xz":
            import lzma

            members = partial(Members, new=lzma.LZMADecompressor)
            return lambda file: io.BufferedReader(members(file)), (lzma.LZMAError,)
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
    except ImportError:
        raise InputError(
            f"{where}: needs a decompressor: pip install 'names-predictor[zstd]'"
        ) from None
    return zstd.ZstdFile, (zstd.ZstdError,)
