"""Arrow tables: fields within structs, new columns. pyarrow is imported where it is needed."""

from collections.abc import Mapping, Sequence
from typing import Any


def has_field(schema: Any, column: str) -> bool:
    """Whether `column` is a field within a struct, as `name.last` is within the column `name`."""
    import pyarrow as pa

    first, *inner = column.split(".")
    if column in schema.names or first not in schema.names or not inner:
        return False
    kind = schema.field(first).type
    for part in inner:
        at = kind.get_field_index(part) if pa.types.is_struct(kind) else -1
        if at < 0:
            return False
        kind = kind.field(at).type
    return True


def column_at(batch: Any, column: str) -> Any:
    """Return the values of a column, or of a field within a struct."""
    if column in batch.schema.names:
        return batch.column(column)
    import pyarrow.compute as pc

    first, *inner = column.split(".")
    return pc.struct_field(batch.column(first), inner)


def with_columns(batch: Any, added: Mapping[str, Sequence[Any]], kinds: Mapping[str, str]) -> Any:
    """Return a pyarrow Table or RecordBatch with the `added` columns, of these kinds, behind it."""
    import pyarrow as pa

    for name, kind in kinds.items():
        batch = batch.append_column(name, pa.array(added[name], kind))
    return batch
