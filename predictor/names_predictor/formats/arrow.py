"""Columns of Arrow tables, with the fields of structs. pyarrow is imported lazily."""

from collections.abc import Mapping, Sequence
from typing import Any


def has_field(schema: Any, column: str) -> bool:
    """Whether `column` is a field of a struct, such as `name.last` in the column `name`."""
    import pyarrow as pa

    first, *inner = column.split(".")
    if column in schema.names or schema.names.count(first) != 1 or not inner:
        return False
    kind = schema.field(first).type
    for key in inner:
        at = kind.get_field_index(key) if pa.types.is_struct(kind) else -1
        if at < 0:
            return False
        kind = kind.field(at).type
    return True


def column_at(batch: Any, column: str) -> Any:
    """Return the values of a column, or of a field of a struct."""
    if column in batch.schema.names:
        return batch.column(column)
    import pyarrow.compute as pc

    first, *inner = column.split(".")
    return pc.struct_field(batch.column(first), inner)


def with_columns(batch: Any, added: Mapping[str, Sequence[Any]], kinds: Mapping[str, str]) -> Any:
    """Append columns to a pyarrow Table or RecordBatch.

    Args:
        batch: The table.
        added: Values of each new column.
        kinds: Arrow type of each new column.

    """
    import pyarrow as pa

    for name, kind in kinds.items():
        batch = batch.append_column(name, pa.array(added[name], kind))
    return batch
