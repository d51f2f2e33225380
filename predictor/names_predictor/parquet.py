"""Parquet files, a batch of rows at a time: the names of some columns, every other column kept."""

import io
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

from names_predictor.distributed import with_columns
from names_predictor.errors import NamesError, one_line
from names_predictor.formats import Labelling, cell_text, check_columns
from names_predictor.inputs import InputError
from names_predictor.rows import Block, Cache, in_order
from names_predictor.series import texts_of

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError:
    raise NamesError("parquet needs pyarrow: pip install 'names-predictor[parquet]'") from None

BATCH_ROWS = 1 << 16
"""Rows that are read, labelled and written at once."""

_OUT_OF_RANGE = "<value out of range"
"""How Arrow writes a date that it has no text for."""


class ParquetReader:
    """Reads a parquet file, or several of the same columns."""

    def __init__(self, names_in: Sequence[str], added: Collection[str]) -> None:
        """Take the names from the columns `names_in`, joined by a space.

        `added` are the new columns' names.
        """
        self._names_in = names_in
        self._added = added
        self._schema: Any = None
        self.columns: list[str] = []

    def blocks(self, paths: Sequence[str]) -> Iterator[Block]:
        """Yield the rows of one file after another; a block's `rows` are a RecordBatch.

        Raises `InputError` for a file that is not parquet, is damaged, or has other columns than
        the one before.
        """
        for path in paths:
            if path == "-":
                raise InputError("parquet can't be read from standard input: name the file")
            try:
                yield from self._of_file(path)
            except (OSError, pa.ArrowException) as problem:
                absent = isinstance(problem, OSError) and problem.errno
                what = "cannot be read" if absent else "no whole parquet file"
                raise InputError(f"{path}: {what}: {one_line(problem)}") from None

    def _of_file(self, path: str) -> Iterator[Block]:
        # Not buffered ahead: that would hold a whole row group.
        with pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20) as file:
            schema = file.schema_arrow
            if self._schema is None:
                check_columns(schema.names, self._names_in, self._added, path)
                self._schema, self.columns = schema, schema.names
            elif not schema.equals(self._schema):
                raise InputError(f"{path}: other columns than in the file before: label it alone")
            found = False
            for batch in file.iter_batches(BATCH_ROWS, use_threads=False):
                found = True
                batch.validate(full=True)  # text that is none, too
                yield Block(self._names(batch, path), batch)
            if not found:
                yield Block([], pa.RecordBatch.from_pylist([], schema))

    def _names(self, batch: Any, path: str) -> list[str]:
        parts = []
        for column in self._names_in:
            values = batch.column(column).to_pylist()
            parts.append(texts_of(values, f"{path}: column {column!r}"))
        return parts[0] if len(parts) == 1 else [" ".join(row) for row in zip(*parts, strict=True)]

    def records(self, block: Block) -> Iterable[Sequence[Any]]:
        """Return each row's values; dates and decimal numbers as text."""
        columns = [_python_values(column) for column in block.rows.columns] if block.rows else []
        return zip(*columns, strict=True)


def _python_values(column: Any) -> list[Any]:
    kind = column.type
    try:
        if not (pa.types.is_temporal(kind) or pa.types.is_decimal(kind)):
            values: list[Any] = column.to_pylist()
            return values
        texts: list[str | None] = column.cast(pa.string()).to_pylist()  # Python has no nanoseconds
        if not any(text and text.startswith(_OUT_OF_RANGE) for text in texts):
            return texts
    # A date that Python or Arrow doesn't have, a time zone that is not installed.
    except (ValueError, OverflowError, pa.ArrowException):
        pass
    raise NamesError(f"a column of {kind}: not all of it can be text: give --format parquet")


def parquet_file(
    job: Labelling, blocks: Iterator[Block], threads: int
) -> Iterator[tuple[bytes, int]]:
    """Yield the bytes of a parquet file of all rows, a row group a block, and the rows in each.

    The columns of another format become text; of JSON lines, also numbers and truth values.
    """
    cache = Cache(lambda names: job.asked.values(job.predictor, names), len(job.added))
    rows_of = _batches(job)
    sink = io.BytesIO()
    writer = None
    try:
        for block, cells in in_order(lambda block: (block, cache.of(block.names)), blocks, threads):
            columns = zip(*cells, strict=True) if cells else ([] for _ in job.added)
            added = dict(zip(job.added, columns, strict=True))
            batch = with_columns(rows_of(block), added, job.added)
            writer = writer or pq.ParquetWriter(sink, batch.schema)
            writer.write_batch(batch, row_group_size=max(len(batch), 1))
            yield _taken(sink), len(batch)
    except pa.ArrowException as problem:
        raise NamesError(f"can't be written as parquet: {one_line(problem)}") from None
    if writer:
        writer.close()
        yield _taken(sink), 0


def _batches(job: Labelling) -> Callable[[Block], Any]:
    """Return what makes a RecordBatch of a block's rows as they are to be written."""
    if isinstance(job.reader, ParquetReader):
        return lambda block: _shown(job, block.rows)
    kinds: list[Any] = []

    def batch(block: Block) -> Any:
        columns = job.reader.columns
        if len(set(columns)) < len(columns):
            raise NamesError("two columns of one name: parquet can't hold both: rename one")
        values = list(zip(*job.records(block), strict=True)) or [()] * len(columns)
        kinds.extend(map(_kind_of, values[len(kinds) :]))
        arrays = map(_array, columns, values, kinds)
        return pa.RecordBatch.from_arrays(list(arrays), list(map(_encodable, columns)))

    return batch


def _shown(job: Labelling, batch: Any) -> Any:
    for at, name in enumerate(batch.schema.names):
        show = job.shown(name)
        # By its type, not by what stands in this batch: the next ones must get the same.
        if show and _is_text(kind := batch.schema.field(at).type):
            values = map(show, batch.column(at).to_pylist())
            batch = batch.set_column(at, name, pa.array(values, pa.string()))
        elif job.salt and name in job.names_in and kind != pa.null():
            raise NamesError(f"column {name!r}: no hash of {kind}: make it text first")
    return batch


def _is_text(kind: Any) -> bool:
    if isinstance(kind, pa.BaseExtensionType):  # JSON is one
        kind = kind.storage_type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return kind in (pa.string(), pa.large_string(), pa.string_view())


def _kind_of(values: Sequence[Any]) -> Any:
    """Return the type of a column by its values in the first block; text where they differ."""
    kinds = {type(value) for value in values if value is not None}
    for kind, allowed in _KINDS.items():
        if kinds and kinds <= allowed:
            try:
                pa.array(values, kind)
            except (OverflowError, pa.ArrowInvalid):  # a whole number that is too large for it
                continue
            return kind
    return pa.string()


def _array(column: str, values: Sequence[Any], kind: Any) -> Any:
    if kind == pa.string():
        texts = (None if value is None else cell_text(value) for value in values)
        return pa.array([text and _encodable(text) for text in texts], kind)
    try:
        if {type(value) for value in values if value is not None} <= _KINDS[kind]:
            return pa.array(values, kind)
    except (OverflowError, pa.ArrowInvalid):
        pass
    raise NamesError(
        f"column {column!r}: another kind of value than in the first rows: give --format jsonl"
    )


def _encodable(text: str) -> str:
    """Return `text` without lone surrogates: they can come from JSON, but parquet holds none."""
    return text.encode("utf-8", "replace").decode()


_KINDS: dict[Any, set[type]] = {pa.bool_(): {bool}, pa.int64(): {int}, pa.float64(): {int, float}}


def _taken(sink: io.BytesIO) -> bytes:
    """Return what stands in `sink` and empty it; the writer counts its position itself."""
    content = sink.getvalue()
    sink.seek(0)
    sink.truncate()
    return content
