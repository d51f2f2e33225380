"""Files of names, whatever wrote them: compression, encodings, line ends."""

import codecs
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from names_predictor.errors import NamesError

BLOCK_BYTES = 1 << 19
"""How much of a file is read, classified and written at once: some 50,000 names."""

UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Decoding(NamedTuple):
    """How bytes become text.

    With `errors` "replace" those that are not of the `encoding` become U+FFFD; errors quote the
    input only if `verbose`.
    """

    encoding: str = "utf-8"
    errors: str = "strict"
    verbose: bool = False


class InputError(NamesError):
    """An input that cannot be read as rows of text."""


@contextmanager
def open_input(path: str) -> Iterator[BinaryIO]:
    """Open a file, decompressed as its ending says; `-` is the standard input.

    Raises `InputError` where it cannot be read, now or later, or where compressed data are damaged
    or end early.
    """
    if path == "-":
        if sys.stdin is None:
            raise InputError("standard input: is closed: name a file")
        try:
            yield sys.stdin.buffer
        except OSError as problem:
            reason = problem.strerror or problem
            raise InputError(f"standard input: cannot be read: {reason}") from None
        return
    open_file, damage = _opener(path)
    try:
        with open_file(path) as file:
            yield file
    except EOFError:
        raise InputError(f"{path}: its compressed data end early: get the whole file") from None
    except damage as problem:
        raise InputError(f"{path}: its compressed data are damaged: {problem}") from None
    except OSError as problem:
        raise InputError(f"{path}: cannot be read: {problem.strerror or problem}") from None


def _opener(path: str) -> tuple[Callable[[str], Any], tuple[type[Exception], ...]]:
    """Return what opens a file of this ending, and what it raises for damaged data."""
    from names_predictor.archives import open_gzip, open_members

    match Path(path).suffix.lower():
        case ".gz":
            import gzip
            import zlib

            return open_gzip, (zlib.error, gzip.BadGzipFile)
        case ".bz2":
            import bz2

            return partial(open_members, new=bz2.BZ2Decompressor), ()
        case ".xz":
            import lzma

            return partial(open_members, new=lzma.LZMADecompressor), (lzma.LZMAError,)
        case ".zst":
            try:
                if sys.version_info >= (3, 14):
                    from compression import zstd
                else:
                    from backports import zstd
            except ImportError:
                raise InputError(
                    f"{path}: needs a decompressor: pip install 'names-predictor[zstd]'"
                ) from None
            return zstd.open, (zstd.ZstdError,)
    return partial(open, mode="rb"), ()


def check_encoding(encoding: str) -> None:
    """Raise `InputError` unless Python can read text in that encoding."""
    try:
        "".encode(encoding)
        b"\xff".decode(encoding, "replace")  # such as idna can't
    except (LookupError, UnicodeError):
        raise InputError(
            f"--encoding {encoding}: unknown: give a name such as utf-8, utf-16, latin-1 or cp1252"
        ) from None


def read_names(
    file: BinaryIO,
    path: str,
    encoding: str = "utf-8",
    errors: str = "strict",
    verbose: bool = False,
) -> Iterator[list[str]]:
    """Yield the lines of `file` in blocks, without their line ends (LF, CRLF or CR).

    A byte-order mark is no part of the first name; no other character ends a line. With `errors`
    "replace" what cannot be decoded becomes U+FFFD. Otherwise raises `InputError` with the line
    number, and with the line itself only if `verbose`.
    """
    for text in decoded_blocks(file, path, encoding, errors, verbose):
        lines = text.replace("\r\n", "\n").replace("\r", "\n")
        yield lines.removesuffix("\n").split("\n")


def decoded_blocks(
    file: BinaryIO,
    path: str,
    encoding: str = "utf-8",
    errors: str = "strict",
    verbose: bool = False,
) -> Iterator[str]:
    """Yield the text of `file` in blocks of whole lines; options and errors as in `read_names`."""
    marked = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
    decoder = codecs.getincrementaldecoder(marked)(errors)
    line = 1
    unfinished: list[str] = []  # joined once its line ends: a line may be as long as the file
    while True:
        content = file.read(BLOCK_BYTES)
        _, state = decoder.getstate()
        try:
            text = decoder.decode(content, final=not content)
        except UnicodeDecodeError as problem:
            decoder.setstate((b"", state))  # which knows how the file's marks say to read it
            with suppress(UnicodeError):  # a mark that must be there is not: line 1
                unfinished.append(decoder.decode(problem.object[: problem.start]))
            line += _line_ends("".join(unfinished))
            raise InputError(_undecodable(problem, path, line, encoding, verbose)) from None
        except UnicodeError as problem:  # of no byte: a mark that must be there is not
            raise InputError(f"{path}: not {encoding.upper()}: {problem}") from None
        if not content:
            if last := "".join([*unfinished, text]):
                yield last
            return
        # A line feed belongs to the carriage return before it, which may end this block.
        end = max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1
        if end:
            block = "".join([*unfinished, text[:end]])
            line += _line_ends(block)
            yield block
            unfinished = []
        unfinished.append(text[end:])


def _line_ends(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _undecodable(
    problem: UnicodeDecodeError, path: str, line: int, encoding: str, verbose: bool
) -> str:
    content, start = problem.object, problem.start
    what = f"{path}:{line}: byte 0x{content[start]:02x} is not {encoding.upper()}"
    if verbose:
        begin = content.rfind(b"\n", 0, start) + 1
        what += f" in {content[begin : start + 100].splitlines()[0]!r}"
    if line == 1 and content.startswith(UTF_16):
        return f"{what}: the file begins as UTF-16 does: try --encoding utf-16"
    return f"{what}: name the file's --encoding, or flag such rows with --errors flag"


def read_prior(path: Path) -> dict[str, float]:
    """Read label shares, a line each: the label, a tab or comma, the share on any scale.

    Raises `InputError` with the line number for a line that is something else.
    """
    shares: dict[str, float] = {}
    with open_input(str(path)) as file:
        for number, line in enumerate(chain.from_iterable(read_names(file, str(path))), 1):
            label, separator, share = line.rpartition("\t" if "\t" in line else ",")
            label = label.strip()
            try:
                value = float(share)
            except ValueError:
                value = -1.0
            if line.strip() and (not separator or not value >= 0 or label in shares):
                raise InputError(
                    f"{path}:{number}: not a label and its share, once each: "
                    "write lines such as Greek,0.25"
                )
            if line.strip():
                shares[label] = value
    return shares
