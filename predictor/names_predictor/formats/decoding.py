"""Decode files to lines of text: encodings, byte-order marks, line ends."""

import codecs
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO

from names_predictor.formats.base import InputError, InputOptions, Reader, Rows, Style, shown_path
from names_predictor.formats.compression import open_input
from names_predictor.formats.detection import refuse_foreign

BLOCK_BYTES = 1 << 18
"""Bytes of a block, of about 20,000 names."""

WINDOWS = "cp1252, but cp1250 in Polish or Czech, cp1251 in Russian, cp1253 in Greek"
"""The encodings of Excel on Windows, by language."""

MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
UTF_16 = MARKS[1:]
UTF_32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


class TextFile:
    """The text of a file, in blocks of whole lines.

    Attributes:
        style: Its byte-order mark and its most frequent line end; set with the first block.

    """

    def __init__(self, file: BinaryIO, path: str, options: InputOptions) -> None:
        self._file = file
        self._path = path
        self._options = options
        self.style = Style()

    def blocks(self) -> Iterator[str]:
        """Yield the text without its byte-order mark.

        With `errors` "flag", invalid bytes become U+FFFD.

        Raises:
            InputError: A byte is invalid; the message has the line number, and the line itself if
                `verbose`.

        """
        encoding, path = self._options.encoding, self._path
        strict = self._options.errors == "strict"
        is_wide = _is_wide(encoding)
        decoder = codecs.getincrementaldecoder(encoding)("strict" if strict else "replace")
        line, is_first = 1, True
        unfinished: list[str] = []  # joined at its line end, since a line can be very long
        while True:
            content = self._file.read(BLOCK_BYTES)
            is_last = len(content) < BLOCK_BYTES  # a file from `open_input` reads in full
            _, state = decoder.getstate()
            try:
                text = decoder.decode(content, final=is_last)
            except UnicodeError as problem:
                # Before Python 3.13 the lack of a byte-order mark is a plain `UnicodeError`.
                if not isinstance(problem, UnicodeDecodeError) or (
                    is_first and problem.start == 0 and _lacks_mark(encoding, content)
                ):
                    raise InputError(
                        f"{path}: not {encoding.upper()}: it has no byte-order mark: name its "
                        f"--encoding, such as {codecs.lookup(encoding).name}-le"
                    ) from None
                decoder.setstate((b"", state))  # the state has the byte order
                with suppress(UnicodeError):  # a byte-order mark is missing: line 1
                    unfinished.append(decoder.decode(problem.object[: problem.start]))
                line += _line_ends("".join(unfinished))
                raise InputError(self._undecodable(problem, line)) from None
            # Single NULs are flagged later; many mean another encoding.
            if "\0" in text and not is_wide and (wide := _wide(content)):
                what, remedy = wide
                what = f"{path}: NUL bytes, as no {encoding.upper()} text has: {what}"
                raise InputError(what, remedy, "save it as UTF-8")
            if is_first:
                text = text.removeprefix("\ufeff")  # which not every codec leaves out
                is_first = not text
                if text:
                    mark = "\ufeff" if content.startswith(MARKS) else ""
                    self.style = Style(mark, _line_end(text))
            if is_last:
                if last := "".join([*unfinished, text]):
                    yield last
                return
            # A carriage return at the end of the block can belong to a line feed in the next.
            end = max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1
            if end:
                block = "".join([*unfinished, text[:end]])
                line += _line_ends(block)
                yield block
                unfinished = []
            unfinished.append(text[end:])

    def _undecodable(self, problem: UnicodeDecodeError, line: int) -> str:
        content, start = problem.object, problem.start
        encoding = self._options.encoding.upper()
        what = f"{self._path}:{line}: byte 0x{content[start]:02x} is not {encoding}"
        if self._options.verbose:
            begin = max(content.rfind(end, 0, start) for end in (b"\n", b"\r")) + 1
            what += f" in {content[begin : start + 100].splitlines()[0]!r}"
        if not _is_wide(encoding):
            if line == 1 and content.startswith((*UTF_16, *UTF_32)):
                width = 32 if content.startswith(UTF_32) else 16
                return f"{what}: the file begins as UTF-{width} does: try --encoding utf-{width}"
            if wide := _wide(content):
                return ": ".join([what, *wide])
        windows = f" (from Excel on Windows: {WINDOWS})" if encoding == "UTF-8" else ""
        return f"{what}: name the file's --encoding{windows}, or flag such rows with --errors flag"


def _line_end(text: str) -> str:
    """Return the most frequent line end of a text; a few line feeds within cells do not decide."""
    both = text.count("\r\n")
    counts = {"\r\n": both, "\n": text.count("\n") - both, "\r": text.count("\r") - both}
    return max(counts, key=counts.__getitem__) if any(counts.values()) else "\n"


def _is_wide(encoding: str) -> bool:
    """Whether an encoding is a form of UTF-16 or UTF-32."""
    return codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))


def _lacks_mark(encoding: str, content: bytes) -> bool:
    """Whether a file begins without the byte-order mark that its encoding needs."""
    marks = {"utf-16": UTF_16, "utf-32": UTF_32}.get(codecs.lookup(encoding).name, ())
    return bool(marks) and not content.startswith(marks)


def _wide(content: bytes) -> tuple[str, str] | None:
    """Return a hint at UTF-16 or UTF-32 and a remedy, by the zeros between Latin letters."""
    zeros = [content[start::4].count(0) * 4 / max(len(content), 1) for start in range(4)]
    if len(content) < 8:
        return None
    for order, high in (("le", zeros[1:]), ("be", zeros[:3])):
        if min(high) > 0.9:
            return f"it looks like UTF-32{order.upper()}", f"try --encoding utf-32-{order}"
    even, odd = (zeros[0] + zeros[2]) / 2, (zeros[1] + zeros[3]) / 2
    if max(even, odd) < 0.5 or min(even, odd) > max(even, odd) / 9:
        return None
    order = "le" if odd > even else "be"
    return f"it looks like UTF-16{order.upper()}", f"try --encoding utf-16-{order}"


def _line_ends(text: str) -> int:
    single = text.count("\r") - text.count("\r\n") if "\r" in text else 0
    return text.count("\n") + single


class TextReader(Reader[Rows]):
    """A reader of text files, which computes the progress by their bytes."""

    _sizes: Sequence[int | None] = ()
    _file: BinaryIO | None = None
    _at = 0
    _first: TextFile | None = None

    @contextmanager
    def _open(self, paths: Sequence[str], number: int) -> Iterator[Iterator[str]]:
        """Open one of the files, and yield the blocks of its text.

        Args:
            paths: Paths of all files.
            number: Index of the file to open.

        Raises:
            InputError: As `open_input`, and for a file that is not text.

        """
        self._sizes = self._sizes or [_size(path) for path in paths]
        self._at, path = number, paths[number]
        with open_input(path) as (file, self._file):
            refuse_foreign(file.peek(BLOCK_BYTES), path)
            text = TextFile(file, shown_path(path), self._options)
            self._first = self._first or text
            yield text.blocks()

    def progress(self) -> float | None:
        """Return the fraction of the bytes of all files that is read; None if a size is unknown."""
        if self._file is None or self._file.closed or None in self._sizes:
            return None
        sizes = [size or 0 for size in self._sizes]
        return min((sum(sizes[: self._at]) + self._file.tell()) / max(sum(sizes), 1), 1.0)

    def style(self) -> Style:
        """Return the byte-order mark and the line end of the first file."""
        return self._first.style if self._first else Style()


def _size(path: str) -> int | None:
    """Return the size of a file in bytes; None for a pipe."""
    with suppress(OSError):
        state = Path(path).stat()
        if path != "-" and S_ISREG(state.st_mode):
            return state.st_size
    return None


def lines_of(text: str) -> list[str]:
    """Split a block of whole lines, without their line ends (LF, CRLF or CR)."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return lines.removesuffix("\n").split("\n")


def check_encoding(encoding: str) -> None:
    """Raise `InputError` unless Python can read text in that encoding."""
    try:
        "".encode(encoding)
        b"\xff".decode(encoding, "replace")  # fails for codecs such as idna
    except (LookupError, UnicodeError):
        raise InputError(
            f"--encoding {encoding}: unknown: give a name such as utf-8, utf-16, latin-1 or cp1252"
        ) from None
