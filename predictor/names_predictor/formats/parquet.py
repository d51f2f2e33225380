"""Parquet files, in batches of rows; all columns are kept."""

import io
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from names_predictor.errors import NamesError, one_line
from names_predictor.formats.arrow import column_at, has_field, with_columns
from names_predictor.formats.base import Block, InputError, Reader, Written, cell_text, refuse_pipe
from names_predictor.formats.columns import chosen_columns, refuse_repeated
from names_predictor.formats.detection import kind_of, without_options
from names_predictor.formats.labelling import Labelling
from names_predictor.inference.sequences import texts_of

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ModuleNotFoundError:
    raise NamesError("parquet needs pyarrow: pip install 'names-predictor[parquet]'") from None
except ImportError as problem:
    raise NamesError(f"pyarrow cannot be loaded: {one_line(problem)}: install it again") from None

from names_predictor.formats.parquet_schema import cast, plain_type, unified

RecordBatch = Any
"""That of pyarrow, which has no type hints."""

BATCH_ROWS = 1 << 16
"""Highest number of rows of a block."""

_OUT_OF_RANGE = "<value out of range"
"""Start of Arrow's text for a date that it cannot represent."""


class ParquetReader(Reader[RecordBatch]):
    """A reader of Parquet files whose schemas can be unified."""

    _total = 0
    _schema: Any = None

    def blocks(self, paths: Sequence[str]) -> Iterator[Block[RecordBatch]]:
        """Yield the rows of all files; the `rows` of a block are a RecordBatch.

        Raises:
            InputError: A file is not Parquet, is damaged, or its columns differ from those of the
                first.

        """
        for path in paths:
            refuse_pipe(path, "Parquet")
        schemas = [self._schema_of(path) for path in paths]
        self._schema = schemas[0]
        for path, schema in zip(paths, schemas, strict=True):
            self._schema = unified(self._schema, schema, path)
        self.columns = self._schema.names
        inside = [c for c in self._options.columns if has_field(self._schema, c)]
        self.names_in = chosen_columns(
            [*self.columns, *inside], self._options, paths[0], "a Parquet file"
        )
        for path in paths:
            try:
                yield from self._of_file(path)
            except (OSError, pa.ArrowException) as problem:
                raise _unreadable(path, problem) from None

    def _schema_of(self, path: str) -> Any:
        try:
            with _opened(path) as opened, pq.ParquetFile(opened) as file:
                self._total += file.metadata.num_rows
                return file.schema_arrow
        except UnicodeDecodeError:
            raise InputError(
                f"{path}: the name of a column is not UTF-8: write the file again"
            ) from None
        except (OSError, pa.ArrowException) as problem:
            raise _unreadable(path, problem) from None

    def _of_file(self, path: str) -> Iterator[Block[RecordBatch]]:
        # Without pre-buffering, which would hold a whole row group.
        with (
            _opened(path) as opened,
            pq.ParquetFile(opened, pre_buffer=False, buffer_size=1 << 20) as file,
        ):
            for read in file.iter_batches(BATCH_ROWS, use_threads=False):
                read.validate(full=True)  # raises for invalid UTF-8 too
                batch = cast(read, self._schema, path)
                self._done += len(batch)
                yield Block(self._names(batch, path), batch)
            if not file.metadata.num_rows:
                yield Block([], pa.RecordBatch.from_pylist([], self._schema))

    def _names(self, batch: Any, path: str) -> list[str]:
        cells = []
        for column in self.names_in:
            array = column_at(batch, column)
            is_scalar = pa.types.is_integer(array.type) or pa.types.is_boolean(array.type)
            if self._options.takes_scalars and is_scalar:
                array = array.cast(pa.string())
            cells.append(texts_of(array.to_pylist(), f"{path}: column {column!r}"))
        return [self._options.name_of(row) for row in zip(*cells, strict=True)]

    def records(self, block: Block[RecordBatch]) -> Iterable[Sequence[Any]]:
        """Return the values of each row, with dates and decimal numbers as text."""
        columns = [_python_values(column) for column in block.rows.columns] if block.rows else []
        return zip(*columns, strict=True)


def _opened(path: str) -> Any:
    """Open a file by its bytes, since pyarrow refuses a path that is not UTF-8."""
    return pa.OSFile(os.fsencode(path))


def _unreadable(path: str, problem: Exception) -> InputError:
    if isinstance(problem, pa.ArrowMemoryError):
        raise MemoryError from None
    absent = isinstance(problem, OSError) and problem.errno
    what = "cannot be read" if absent else "not a Parquet file, or incomplete"
    if isinstance(problem, pa.ArrowNotImplementedError):
        what = "has what pyarrow cannot read"
    elif not absent:
        found, remedy = kind_of(_start(path))
        if found not in ("", "a Parquet file"):
            what = f"{path}: not a Parquet file: it is {found}"
            return InputError(what, remedy, without_options(remedy))
    return InputError(f"{path}: {what}: {one_line(problem)}")


def _start(path: str) -> bytes:
    with suppress(OSError), open(path, "rb") as file:  # noqa: PTH123
        return file.read(1 << 13)
    return b""


def _python_values(column: Any) -> list[Any]:
    kind = column.type
    try:
        if not (pa.types.is_temporal(kind) or pa.types.is_decimal(kind)):
            values: list[Any] = column.to_pylist()
            return values
        texts: list[str | None] = column.cast(pa.string()).to_pylist()  # keeps nanoseconds
        if not any(text and text.startswith(_OUT_OF_RANGE) for text in texts):
            return texts
    # A date outside the range of Python or Arrow, or an unknown time zone.
    except (ValueError, OverflowError, pa.ArrowException):
        pass
    raise NamesError(
        f"a column of {kind}: some values have no text: write Parquet, such as "
        "--output names.parquet"
    )


def parquet_file(
    job: Labelling, blocks: Iterable[tuple[Block[RecordBatch], list[tuple[Any, ...]]]]
) -> Iterator[Written]:
    """Yield the bytes of a Parquet file, with a row group per block.

    Columns of other formats become text; those of JSON can become numbers and booleans.

    Args:
        job: What is written.
        blocks: Blocks of rows, with the new cells of each row.

    Raises:
        NamesError: Values cannot be written as Parquet.

    """
    rows_of = _batches(job)
    sink = io.BytesIO()
    writer = None
    try:
        for block, cells in blocks:
            columns = zip(*cells, strict=True) if cells else ([] for _ in job.added)
            added = dict(zip(job.added, columns, strict=True))
            batch = with_columns(rows_of(block), added, job.added)
            writer = writer or pq.ParquetWriter(sink, batch.schema)
            writer.write_batch(batch, row_group_size=max(len(batch), 1))
            yield job.written(_taken(sink), (of_row[-1] for of_row in cells), block)
    except pa.ArrowMemoryError:
        raise MemoryError from None
    except pa.ArrowException as problem:
        raise NamesError(f"cannot be written as Parquet: {one_line(problem)}") from None
    if writer:
        writer.close()
        yield Written(_taken(sink), 0)


def _batches(job: Labelling) -> Callable[[Block[RecordBatch]], RecordBatch]:
    """Return the function that converts the rows of a block to a RecordBatch."""
    if job.as_read:
        return lambda block: _shown(job, block.rows)
    kinds: list[Any] = []

    def batch(block: Block[RecordBatch]) -> RecordBatch:
        columns = job.reader.columns
        refuse_repeated(columns, "Parquet")
        values = list(zip(*job.records(block), strict=True)) or [()] * len(columns)
        kinds.extend(map(_kind_of, values[len(kinds) :]))
        arrays = map(_array, columns, values, kinds)
        return pa.RecordBatch.from_arrays(list(arrays), list(map(_encodable, columns)))

    return batch


def _shown(job: Labelling, batch: Any) -> Any:
    for at, name in enumerate(batch.schema.names):
        show, kind = job.shown(name), batch.schema.field(at).type
        has_names = name in job.reader.names_in or job.holds_names(name)
        # By its type, not its values, so that all batches get the same type.
        if show and _is_text(kind):
            values = map(show, batch.column(at).to_pylist())
            batch = batch.set_column(at, name, pa.array(values, pa.string()))
        elif job.salt and has_names and kind != pa.null():
            raise NamesError(f"column {name!r}: {kind} cannot be hashed: make it text first")
    return batch


def _is_text(kind: Any) -> bool:
    if isinstance(kind, pa.BaseExtensionType):  # such as JSON
        kind = kind.storage_type
    return bool(plain_type(kind) == pa.string())


def _kind_of(values: Sequence[Any]) -> Any:
    """Return the type of a column by its values in the first block; text if they differ."""
    is_empty = all(value is None for value in values)
    kinds = (kind for kind in _KINDS if not is_empty and _of_kind(values, kind) is not None)
    return next(kinds, pa.string())


def _array(column: str, values: Sequence[Any], kind: Any) -> Any:
    if kind == pa.string():
        texts = (None if value is None else cell_text(value) for value in values)
        return pa.array([text and _encodable(text) for text in texts], kind)
    array = _of_kind(values, kind)
    if array is None:
        raise NamesError(
            f"column {column!r}: another kind of value than in the first rows: write JSON lines, "
            "such as --output names.jsonl"
        )
    return array


def _of_kind(values: Sequence[Any], kind: Any) -> Any:
    """Return values as an array; None if one is of another type or too large an integer."""
    if {type(value) for value in values if value is not None} <= _KINDS[kind]:
        with suppress(OverflowError, pa.ArrowInvalid):
            return pa.array(values, kind)
    return None


def _encodable(text: str) -> str:
    """Return `text` without lone surrogates, which JSON can have and Parquet cannot."""
    return text.encode("utf-8", "replace").decode()


_KINDS: dict[Any, set[type]] = {pa.bool_(): {bool}, pa.int64(): {int}, pa.float64(): {int, float}}


def _taken(sink: io.BytesIO) -> bytes:
    """Return the content of `sink` and empty it; the writer counts its position itself."""
    content = sink.getvalue()
    sink.seek(0)
    sink.truncate()
    return content
