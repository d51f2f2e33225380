"""What a writer does to rows: new cells for rows, and hashed or spreadsheet-safe values."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from names_predictor.artifact.manifest import LONGEST_CODE
from names_predictor.formats.base import Block, Reader, Written, cell_text, plain_text
from names_predictor.formats.name_cache import Cache
from names_predictor.formats.redaction import shown_name
from names_predictor.inference.cells import Column, Kind, new_columns
from names_predictor.inference.labels import codes_of
from names_predictor.inference.options import PredictOptions
from names_predictor.inference.predictor import NamePredictor
from names_predictor.inference.types import Numbers

MOST_CELL_BYTES = 1 << 26
"""Bytes of the new cells of a block: long labels and prediction sets take much more than names."""

NUMBER_BYTES = 8


@dataclass(frozen=True)
class Labelling:
    """The job of a writer.

    Attributes:
        reader: Reader of the input.
        predictor: The predictor.
        options: Options of the predictions.
        salt: Salt with which names are hashed; None for no hashes.
        spreadsheet_safe: Whether formulas are escaped.
        counts: Whether the reasons of rows are counted.
        as_read: Whether rows are written as they were read, with their dialect, types or text.

    """

    reader: Reader[Any]
    predictor: NamePredictor
    options: PredictOptions
    salt: bytes | None = None
    spreadsheet_safe: bool = False
    counts: bool = False
    as_read: bool = False

    @cached_property
    def added(self) -> dict[str, str]:
        """The new columns and their types."""
        return self.options.columns(self.predictor.labels)

    @cached_property
    def codes(self) -> Sequence[str]:
        """The code of each label, if codes are wanted; raises `NamesError` where there are none."""
        predictor = self.predictor
        return codes_of(predictor.labels, predictor.vocab.codes) if self.options.codes else ()

    def divided(self, blocks: Iterable[Block[Any]]) -> Iterator[Block[Any]]:
        """Yield blocks of fewer rows where the new cells of a row can be long."""
        most = max(1, MOST_CELL_BYTES // self._longest_row())
        for block in blocks:
            if len(block.names) <= most:
                yield block
                continue
            for start in range(0, len(block.names), most):
                stop = start + most
                yield Block(
                    block.names[start:stop],
                    None if block.rows is None else block.rows[start:stop],
                    block.first and not start,
                    tuple(row - start for row in block.malformed if start <= row < stop),
                    block.progress,
                )

    def _longest_row(self) -> int:
        """Return the bytes of the new cells of a row, at most."""
        labels = [len(label.encode()) + 1 for label in self.predictor.labels]
        of_rank = max(labels) + NUMBER_BYTES + LONGEST_CODE * self.options.codes
        of_sets = sum(labels) * (self.options.coverage is not None)
        of_distribution = NUMBER_BYTES * len(labels) * self.options.distribution
        return of_rank * min(self.options.top_k, len(labels)) + of_sets + of_distribution

    def columns(self, kind: Kind[Column], names: Sequence[str]) -> tuple[list[Column], Numbers]:
        """Return the new columns, and the number of each name's reason."""
        batch = self.predictor.predict_batch(names, self.options)
        show = shown_name(self.spreadsheet_safe, None, in_table=True)
        return new_columns(kind, batch, self.predictor.labels, self.codes, show)

    def cells(self, kind: Kind[list[Any]]) -> Callable[[Block[Any]], list[tuple[Any, ...]]]:
        """Return a function that returns the new cells of each row of a block."""

        def of_names(names: list[str]) -> list[tuple[Any, ...]]:
            columns, _ = self.columns(kind, names)
            return list(zip(*columns, strict=True))

        cache = Cache(of_names, len(self.added))
        (malformed,) = kind.texts(["malformed"], np.zeros(1, dtype=np.int64))

        def of_block(block: Block[Any]) -> list[tuple[Any, ...]]:
            cells = cache.of(block.names)
            for row in block.malformed:
                cells[row] = (*cells[row][:-1], malformed)  # instead of blank
            return cells

        return of_block

    def written(self, content: bytes, reasons: Iterable[str | None], block: Block[Any]) -> Written:
        """Return the written block.

        Args:
            content: Its bytes.
            reasons: The reason of each row, "" or None for labelled ones.
            block: The block that was read.

        """
        counted = Counter(reason or "" for reason in reasons) if self.counts else None
        return Written(content, len(block.names), counted, block.progress)

    def shown(self, column: str) -> Callable[[Any], Any] | None:
        """Return the function that hashes or escapes the values of a column; None for none."""
        if self.salt and self.holds_names(column):
            return lambda value: self._hashed_inside(value, column)
        salt = self.salt if column in self.reader.names_in else None
        if not (salt or self.spreadsheet_safe):
            return None
        show = shown_name(self.spreadsheet_safe, salt, in_table=True)
        if salt:  # a number in a column of names can be a name
            return lambda value: None if value is None else show(cell_text(value))
        return lambda value: show(plain_text(value)) if isinstance(value, (str, bytes)) else value

    def holds_names(self, column: str) -> bool:
        """Whether names are in fields of a column, rather than in the column itself."""
        names_in = self.reader.names_in
        return column not in names_in and any(name.startswith(f"{column}.") for name in names_in)

    def _hashed_inside(self, value: Any, path: str) -> Any:
        if isinstance(value, dict) and self.holds_names(path):
            return {
                key: self._hashed_inside(of_key, f"{path}.{key}") for key, of_key in value.items()
            }
        show = self.shown(path) if path in self.reader.names_in else None
        return show(value) if show else value

    def records(self, block: Block[Any]) -> Iterable[Sequence[Any]]:
        """Return the values of each row, hashed or escaped as needed."""
        records = self.reader.records(block)
        shows = list(map(self.shown, self.reader.columns))
        if not any(shows):
            return records
        hashed = frozenset(block.malformed) if self.salt else frozenset()
        return (
            self.hashed(record)
            if row in hashed
            else [show(value) if show else value for show, value in zip(shows, record, strict=True)]
            for row, record in enumerate(records)
        )

    def hashed(self, cells: Iterable[Any]) -> list[str | None]:
        """Return the hashes of all cells of a malformed row, any of which may hold the name."""
        show = shown_name(False, self.salt)
        return [None if cell is None else show(cell_text(cell)) for cell in cells]
