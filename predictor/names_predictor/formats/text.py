"""Text with a name per line; the output has tabs between the cells and no header."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TypeGuard

import numpy as np

from names_predictor.formats.base import (
    LINES,
    Block,
    InputError,
    InputOptions,
    Written,
    chosen_columns,
    is_header,
)
from names_predictor.formats.decoding import TextReader, lines_of
from names_predictor.formats.detection import looks_like_json
from names_predictor.formats.labelling import Labelling
from names_predictor.formats.line_cache import Cells, LineCache
from names_predictor.formats.rows import Cache, shown_name
from names_predictor.inference.cells import REASONS
from names_predictor.inference.lines import Lines

SAMPLE_LINES = 50
FEW_CHARACTERS = 10_000
"""Shorter blocks are lists of strings: with so few names nothing is gained by bytes."""


class LineReader(TextReader[Sequence[str]]):
    """A reader of text with a name per line."""

    header = False
    is_text = True
    names_in = ("name",)

    def __init__(self, options: InputOptions) -> None:
        super().__init__(options)
        self.columns = ["name"]

    def blocks(self, paths: Sequence[str]) -> Iterator[Block[Sequence[str]]]:
        """Yield the rows of all files; the `rows` of a block are its lines."""
        has_nulls, name_of = self._options.null_values, self._options.name_of
        for number in range(len(paths)):
            with self._open(paths, number) as text:
                blocks = text.blocks()
                start = next(blocks, "")
                if not self._options.is_list:
                    refuse_table(start, paths[number], self._options)
                for lines in map(_lines, chain([start] if start else [], blocks)):
                    names = [name_of([line]) for line in lines] if has_nulls else lines
                    yield Block(names, lines)

    def records(self, block: Block[Sequence[str]]) -> Iterable[Sequence[str]]:
        """Return the cell of each row."""
        return ([line] for line in block.rows or [])


def _lines(text: str) -> Sequence[str]:
    """Split a block of whole lines; long ones without single carriage returns stay bytes."""
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if len(text) < FEW_CHARACTERS or "\r" in text:
        return lines_of(text)
    try:
        return Lines((text if text[-1] == "\n" else f"{text}\n").encode())
    except UnicodeEncodeError:  # a lone surrogate, as UTF-7 can hold
        return lines_of(text)


def refuse_table(start: str, path: str, options: InputOptions) -> None:
    """Raise `InputError` if a text looks like a table or JSON.

    In a table, all of the first lines have the same number of tabs, semicolons or bars, or of
    commas if the first is a header: lines such as `Nowak, Jan` are names.

    Args:
        start: The first characters of the text.
        path: The file, for errors.
        options: Options for reading.

    """
    where = "standard input" if path == "-" else path
    if looks_like_json(start):
        raise InputError(f"{where}: JSON: give --input-format json, for lines of it jsonl")
    lines = [line for line in lines_of(start)[:SAMPLE_LINES] if line.strip()]
    for delimiter in "\t;|,":
        number = lines[0].count(delimiter) if len(lines) > 1 else 0
        cells = lines[0].split(delimiter) if number else []
        is_even = number and all(line.count(delimiter) == number for line in lines)
        if is_even and (delimiter != "," or any(map(is_header, cells))):
            chosen_columns(cells, replace(options, columns=(), added=()), where, "a table", LINES)


class LineWriter:
    """A writer of text: each name and the new cells, with tabs between them."""

    def __init__(self, job: Labelling, options: InputOptions) -> None:
        """Set the job and the options; lines are written as read if the job says so."""
        self._job = job
        self._name_of, self._nulls = options.name_of, options.null_values
        self._show = shown_name(job.spreadsheet_safe, job.salt)
        self._shows_all = bool(job.spreadsheet_safe or job.salt)
        self._cache = Cache(self._lines, len(job.added))
        self._line_cache = LineCache(self._cells)

    def __call__(self, block: Block[Sequence[str]]) -> Written:
        """Return the lines of a block."""
        rows = block.rows if self._job.as_read and block.rows else block.names
        if self._is_fast(rows):
            cells = self._line_cache.of(rows)
            reasons = map(REASONS.__getitem__, cells[:, 0].tolist())
            return self._job.written(joined(rows, cells[:, 1:]), reasons, block)
        lines = self._cache.of(rows)
        for row in block.malformed:
            lines[row] = lines[row].removesuffix("blank") + "malformed"
        of_lines = (line.rpartition("\t")[2] for line in lines)
        text = "\n".join([*lines, ""])
        return self._job.written(text.encode("utf-8", "replace"), of_lines, block)

    def _is_fast(self, rows: Sequence[str]) -> TypeGuard[Lines]:
        """Whether the rows are written as they are."""
        is_changed = self._shows_all or self._nulls
        return isinstance(rows, Lines) and not is_changed and b"\t" not in rows.content

    def _lines(self, texts: list[str]) -> list[str]:
        names = [self._name_of([text]) for text in texts] if self._nulls else texts
        columns = self._job.text_columns(names)
        is_changed = self._shows_all or not "".join(texts).isprintable()
        shown = map(self._show, texts) if is_changed else texts
        return list(map("\t".join, zip(shown, *columns, strict=True)))

    def _cells(self, lines: Lines) -> Cells:
        """Return the number of each line's reason, a byte, and its cells after a tab each."""
        columns, reasons = self._job.byte_columns(lines)
        tab = np.full((len(lines), 1), ord("\t"), dtype=np.uint8)
        cells = [cell[:, None].view(np.uint8) for cell in columns]
        padded = [part for cell in cells for part in (tab, cell)]
        return np.hstack([reasons[:, None].astype(np.uint8), *padded])


def joined(lines: Lines, cells: Cells) -> bytes:
    """Return lines with the bytes of their cells, but for zeros, at their end."""
    is_used = cells != 0
    # The bytes of a line, of its cells, of the line feed and the next line, and so on.
    lengths = np.empty((len(lines), 2), dtype=np.int64)
    lengths[:, 0] = np.diff(lines.ends, prepend=0)
    lengths[:, 1] = is_used.sum(axis=1)
    is_of_line = np.append(np.repeat(np.tile([True, False], len(lines)), lengths.ravel()), True)
    content = np.empty(len(is_of_line), dtype=np.uint8)
    content[is_of_line] = np.frombuffer(lines.content, dtype=np.uint8)
    content[~is_of_line] = cells[is_used]
    return content.tobytes()


def read_prior(path: Path) -> dict[str, float]:
    """Read a prior: lines of label, tab or comma, frequency on any scale.

    Args:
        path: The file.

    Returns:
        The frequency of each label.

    Raises:
        InputError: A line is invalid; the message has its number.

    """
    prior: dict[str, float] = {}
    blocks = LineReader(InputOptions(is_list=True)).blocks([str(path)])
    for number, line in enumerate(chain.from_iterable(block.names for block in blocks), 1):
        label, separator, frequency = line.rpartition("\t" if "\t" in line else ",")
        label = label.strip()
        try:
            value = float(frequency)
        except ValueError:
            value = -1.0
        if line.strip() and (not separator or not value >= 0 or label in prior):
            raise InputError(
                f"{path}:{number}: not a label and its frequency, or a label twice: "
                "write lines such as Greek,0.25"
            )
        if line.strip():
            prior[label] = value
    return prior
