"""Rows in, the same rows out, in order; memory does not grow with the input."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import BinaryIO, TextIO

import numpy as np

from names_predictor.errors import NamesError
from names_predictor.model import Answers

BLOCK_BYTES = 1 << 20
"""How much of a file is read, classified and written at once: some 100,000 names."""


CACHED_NAMES = 1 << 18
"""Distinct names whose lines are remembered."""


class InputError(NamesError):
    """An input that cannot be read as lines of UTF-8 text."""


@contextmanager
def open_input(path: str) -> Iterator[BinaryIO]:
    """Open a file of names; `-` is the standard input."""
    if path == "-":
        yield sys.stdin.buffer
        return
    try:
        with Path(path).open("rb") as file:
            yield file
    except OSError as problem:
        raise InputError(f"{path}: cannot be read: {problem.strerror}") from None


def read_names(file: BinaryIO, path: str) -> Iterator[list[str]]:
    """Yield the lines of UTF-8 `file` in blocks, without their line ends (LF, CRLF or CR).

    A byte-order mark is no part of the first name. No other character ends a line. Raises
    `InputError` with the line number where bytes are not UTF-8.
    """
    line = 1
    rest = b""
    first = True
    while True:
        block = file.read(BLOCK_BYTES)
        if first:
            block = block.removeprefix(b"\xef\xbb\xbf")
            first = False
        content = rest + block
        # A line feed belongs to the carriage return before it, which may end this block.
        end = max(content.rfind(b"\n"), content.rfind(b"\r", 0, -1)) + 1 if block else len(content)
        if not end:
            if not block:
                return
            rest = content
            continue
        rest = content[end:]
        names = _lines(content[:end], path, line)
        line += len(names)
        yield names
        if not block:
            return


def _lines(content: bytes, path: str, first_line: int) -> list[str]:
    content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    try:
        text = content.decode()
    except UnicodeDecodeError as problem:
        line = first_line + content.count(b"\n", 0, problem.start)
        raise InputError(
            f"{path}:{line}: byte 0x{content[problem.start]:02x} is not UTF-8: "
            "convert the file to UTF-8 first"
        ) from None
    return text.removesuffix("\n").split("\n")


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


def tsv_lines(names: Sequence[str], answers: Answers, labels: Sequence[str]) -> list[str]:
    """Return a line a name: name, label, probability (both once a rank), reason.

    Prediction sets stand before the reason, their labels apart by `|`. The label of a row of low
    confidence is left empty, its probability is not. A tab inside a name becomes a space, so that
    columns stay columns.
    """
    columns = [[name.replace("\t", " ") for name in names]]
    no_label, no_probability = len(labels), len(_PROBABILITIES) - 1
    known = np.array([*labels, ""], dtype=np.object_)
    unusable = np.isnan(answers.scores)
    numbers = np.where(unusable, no_label, answers.best)
    numbers[[reason is not None for reason in answers.reasons], 0] = no_label
    rounded = np.rint(np.where(unusable, 0, answers.scores).astype(np.float64) * 10_000).astype(
        np.int64
    )
    rounded[unusable] = no_probability
    for of_rank, probability in zip(numbers.T, rounded.T, strict=True):
        columns += [known[of_rank].tolist(), _PROBABILITIES[probability].tolist()]
    if answers.candidates:
        columns.append(["|".join(labels) for labels in answers.candidates])
    columns.append([reason or "" for reason in answers.reasons])
    return ["\t".join(cells) + "\n" for cells in zip(*columns, strict=True)]


_PROBABILITIES = np.array([*(f"{i / 10_000:.4f}" for i in range(10_001)), ""], dtype=np.object_)
"""Every probability as it is written, and the empty cell of an unusable row."""


class LineCache:
    """The lines of names met before: a file of people repeats its names.

    It starts afresh when it holds `CACHED_NAMES`, so that memory does not grow with the input.
    """

    def __init__(self, new_lines: Callable[[list[str]], list[str]]) -> None:
        self._new_lines = new_lines
        self._line_of: dict[str, str] = {}

    def lines(self, names: Sequence[str]) -> list[str]:
        """Return the line of each name, asking for each distinct one once."""
        new = list(dict.fromkeys(name for name in names if name not in self._line_of))
        if len(self._line_of) + len(new) > CACHED_NAMES:
            self._line_of.clear()
            new = list(dict.fromkeys(names))
        if new:
            self._line_of.update(zip(new, self._new_lines(new), strict=True))
        return [self._line_of[name] for name in names]


@contextmanager
def open_output(path: Path) -> Iterator[TextIO]:
    """Open a temporary file beside `path`, which takes its place only when all went well."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            yield file
        temporary.replace(path)
    except OSError as problem:
        raise NamesError(f"{path}: cannot be written: {problem.strerror}") from None
    finally:
        temporary.unlink(missing_ok=True)
