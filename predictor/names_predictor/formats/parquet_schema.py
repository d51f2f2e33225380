"""Arrow schemas of several Parquet files, unified."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from names_predictor.formats.base import InputError
from names_predictor.formats.columns import listed_columns


def unified(schema: Any, other: Any, path: str) -> Any:
    """Return a schema for the rows of two files.

    Schemas of equal columns can differ in nullability, in large text types, in dictionaries, in the
    width of integers, and in columns of nulls.

    Args:
        schema: The schema of the files before.
        other: The schema of the next file.
        path: Path of the next file, for errors.

    Raises:
        InputError: The schemas cannot be unified, or the columns differ.

    """
    if schema.equals(other):
        return schema
    if sorted(schema.names) != sorted(other.names):
        first, second = Counter(schema.names), Counter(other.names)  # a column can occur twice
        other_ones = listed_columns(sorted({*(first - second), *(second - first)}))
        raise InputError(
            f"{path}: other columns than in the file before ({other_ones}): label it separately"
        )
    fields = []
    for one, place in zip(schema, _places(schema.names, other.names), strict=True):
        two = other.field(place)
        if one.equals(two):
            fields.append(one)
            continue
        plain = [pa.schema([pa.field(one.name, plain_type(f.type))]) for f in (one, two)]
        try:
            fields += pa.unify_schemas(plain, promote_options="permissive")
        except pa.ArrowException:
            raise InputError(
                f"{path}: column {one.name!r} is {two.type}, in the file before {one.type}: label "
                "it separately"
            ) from None
    return pa.schema(fields, metadata=schema.metadata)


def _places(names: Sequence[str], others: Sequence[str]) -> list[int]:
    """Return the place of each of `names` among `others`; the second x is the second x there."""
    pairs = zip(*(sorted(range(len(n)), key=n.__getitem__) for n in (names, others)), strict=True)
    return [place for _, place in sorted(pairs)]


def plain_type(kind: Any) -> Any:
    """Return the type of the values of a column, without dictionaries and large text types."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return pa.string() if kind in (pa.large_string(), pa.string_view()) else kind


def cast(batch: Any, schema: Any, path: str) -> Any:
    """Return a RecordBatch with the types of a unified schema.

    Args:
        batch: The batch.
        schema: The unified schema.
        path: The file, for errors.

    Raises:
        InputError: A column cannot be cast.

    """
    if batch.schema.equals(schema):
        return batch
    columns = []
    for field, place in zip(schema, _places(schema.names, batch.schema.names), strict=True):
        try:
            columns.append(batch.column(place).cast(field.type))
        except pa.ArrowException:
            raise InputError(
                f"{path}: column {field.name!r} cannot be {field.type} as in the other files: "
                "label it separately"
            ) from None
    return pa.RecordBatch.from_arrays(columns, schema=schema)
