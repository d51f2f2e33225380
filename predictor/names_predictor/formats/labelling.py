"""What a writer adds to the rows that were read: new cells, and names as they are shown."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from names_predictor.formats.base import Block, Reader, Written, plain_text
from names_predictor.formats.rows import Cache, shown_name
from names_predictor.inference.cells import text_cells, value_cells
from names_predictor.inference.options import PredictOptions
from names_predictor.inference.predictor import NamePredictor
from names_predictor.inference.types import PredictionBatch


@dataclass(frozen=True)
class Labelling:
    """What a writer needs to know: where rows come from, what is predicted, how names are shown.

    With a `salt` names are hashed; with `spreadsheet_safe` no text is left that a spreadsheet would
    compute. With `counts` what is written says how many rows have which reason. `as_read` is
    `passes_through` of the reader's format and the writer's.
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

    def texts(self, names: Sequence[str]) -> list[tuple[str, ...]]:
        """Return the new cells of each name as text."""
        return text_cells(*self._predicted(names))

    def values(self, names: Sequence[str]) -> list[tuple[Any, ...]]:
        """Return the new cells of each name: text, numbers, None where there is none."""
        return value_cells(*self._predicted(names))

    def _predicted(self, names: Sequence[str]) -> tuple[PredictionBatch, Sequence[str], bool]:
        batch = self.predictor.predict_batch(names, self.options)
        return batch, self.predictor.labels, self.options.distribution

    def cells(self, block: Block[Any], cache: Cache[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Return the new cells of each row of a block; those of a malformed row say so alone."""
        found = cache.of(block.names)
        for row in block.malformed:
            found[row] = (*found[row][:-1], "malformed")  # its name is blank
        return found

    def written(self, text: str, reasons: Iterable[str | None], block: Block[Any]) -> Written:
        """Return the text of a block as bytes, with the reasons of its rows counted if wanted."""
        counted = Counter(reason or "" for reason in reasons) if self.counts else None
        return Written(text.encode("utf-8", "replace"), len(block.names), counted, block.share)

    def shown(self, column: str) -> Callable[[Any], Any] | None:
        """Return how the values of a column are written, None where as they are."""
        if self.salt and self.holds_names(column):
            return lambda value: self._hashed_inside(value, column)
        salt = self.salt if column in self.reader.names_in else None
        if not (salt or self.spreadsheet_safe):
            return None
        show = shown_name(self.spreadsheet_safe, salt, in_table=True)
        return lambda value: show(plain_text(value)) if isinstance(value, (str, bytes)) else value

    def holds_names(self, column: str) -> bool:
        """Whether names are in fields of a column, and not the column itself."""
        names_in = self.reader.names_in
        return column not in names_in and any(name.startswith(f"{column}.") for name in names_in)

    def _hashed_inside(self, value: Any, path: str) -> Any:
        if isinstance(value, dict):
            return {
                key: self._hashed_inside(of_key, f"{path}.{key}") for key, of_key in value.items()
            }
        show = self.shown(path) if path in self.reader.names_in else None
        return show(value) if show else value

    def records(self, block: Block[Any]) -> Iterable[Sequence[Any]]:
        """Return each row's values as they are to be written."""
        records = self.reader.records(block)
        shows = list(map(self.shown, self.reader.columns))
        if not any(shows):
            return records
        return (
            [show(value) if show else value for show, value in zip(shows, record, strict=True)]
            for record in records
        )
