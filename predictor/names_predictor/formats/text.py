"""Text with a name per line; the output has tabs between the cells and no header."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain

import numpy as np

from names_predictor.formats.base import LINES, Block, InputError, InputOptions, Written, shown_path
from names_predictor.formats.columns import chosen_columns, is_table, is_titled
from names_predictor.formats.decoding import TextReader, lines_of
from names_predictor.formats.detection import looks_like_json
from names_predictor.formats.labelling import Labelling
from names_predictor.formats.line_cache import Cells, LineCache
from names_predictor.formats.name_cache import Cache
from names_predictor.formats.redaction import shown_name
from names_predictor.inference.cells import REASONS, TEXT, UTF_8
from names_predictor.inference.lines import Lines

SAMPLE_LINES = 50
FEW_CHARACTERS = 10_000
"""Shorter blocks are lists of strings: with so few names nothing is gained by bytes."""

MOST_LINES = 1 << 15
"""Lines of a block, however short they are: their cells take much more memory."""


class LineReader(TextReader[Sequence[str]]):
    """A reader of text with a name per line."""

    header = False
    is_text = True
    names_in = ("name",)

    def blocks(self, paths: Sequence[str]) -> Iterator[Block[Sequence[str]]]:
        """Yield the rows of all files; the `rows` of a block are its lines."""
        self.columns = ["name"]
        has_nulls, name_of = self._options.null_values, self._options.name_of
        for number in range(len(paths)):
            with self._open(paths, number) as blocks:
                start = next(blocks, "")
                if not self._options.is_list:
                    refuse_table(start, paths[number], self._options)
                for lines in map(_lines, chain([start] if start else [], blocks)):
                    for at in range(0, len(lines), MOST_LINES):
                        part = lines[at : at + MOST_LINES]
                        yield Block([name_of([one]) for one in part] if has_nulls else part, part)

    def records(self, block: Block[Sequence[str]]) -> Iterable[Sequence[str]]:
        """Return the cell of each row."""
        return ([line] for line in block.rows or [])


def _lines(text: str) -> Sequence[str]:
    """Split a block of whole lines; long ones without single carriage returns stay bytes."""
    unix = text.replace("\r\n", "\n") if "\r" in text else text
    if len(unix) >= FEW_CHARACTERS and "\r" not in unix:
        with suppress(UnicodeEncodeError):  # a lone surrogate, as UTF-7 can hold
            return Lines((unix if unix[-1] == "\n" else f"{unix}\n").encode())
    return lines_of(text)  # not of `unix`, where a single one may precede a line feed


def refuse_table(start: str, path: str, options: InputOptions) -> None:
    """Raise `InputError` if a text looks like a table or JSON.

    In a table, all of the first lines have the same number of tabs, semicolons or bars, or of
    commas as `is_table` counts them.

    Args:
        start: The first characters of the text.
        path: The file, for errors.
        options: Options for reading.

    """
    where = shown_path(path)
    if looks_like_json(start):
        raise InputError(f"{where}: JSON: give --input-format json, for lines of it jsonl")
    lines = [line for line in lines_of(start)[:SAMPLE_LINES] if line.strip()]
    for delimiter in "\t;|,":
        rows = [_cells(line, delimiter) for line in lines]
        if is_titled(rows):
            raise InputError(f"{where}: a title above the header of a table: remove it{LINES}")
        is_even = len(rows) > 1 and all(len(row) == len(rows[0]) > 1 for row in rows)
        if is_even and (delimiter != "," or is_table(rows)):
            no_columns = replace(options, columns=(), added=())
            chosen_columns(rows[0], no_columns, where, "a table", LINES, header=True)


def _cells(line: str, delimiter: str) -> list[str]:
    """Split a line at a delimiter that is not within quotes."""
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        return line.split(delimiter)


def line_writer(job: Labelling) -> Callable[[Block[Sequence[str]]], Written]:
    """Return a function that writes each name of a block, or its line, then the new cells."""
    show = shown_name(job.spreadsheet_safe, job.salt)
    is_shown_as_it_is = not (job.spreadsheet_safe or job.salt)
    cells_of = job.cells(TEXT)
    cache = Cache(lambda lines: list(map(show, lines)))
    line_cache = LineCache(lambda lines: _byte_cells(job, lines))

    def write(block: Block[Sequence[str]]) -> Written:
        names = block.names
        if isinstance(names, Lines) and is_shown_as_it_is and b"\t" not in names.content:
            of_lines = line_cache.of(names)
            reasons = map(REASONS.__getitem__, of_lines[:, 0].tolist())
            return job.written(joined(names, of_lines[:, 1:]), reasons, block)
        cells = cells_of(block)
        shown = cache.of(block.rows if job.as_read and block.rows else names)
        lines = ("\t".join([line, *of_row]) for line, of_row in zip(shown, cells, strict=True))
        content = "\n".join([*lines, ""]).encode("utf-8", "replace")
        return job.written(content, (of_row[-1] for of_row in cells), block)

    return write


def _byte_cells(job: Labelling, lines: Lines) -> Cells:
    """Return the number of each line's reason, a byte, and its cells after a tab each."""
    columns, reasons = job.columns(UTF_8, lines)
    tab = np.full((len(lines), 1), ord("\t"), dtype=np.uint8)
    cells = [part for column in columns for part in (tab, column[:, None].view(np.uint8))]
    return np.hstack([reasons[:, None].astype(np.uint8), *cells])


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
