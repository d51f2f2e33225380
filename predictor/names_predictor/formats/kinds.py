"""The names of the formats, without heavy imports."""

from typing import Literal, get_args

Format = Literal["text", "csv", "tsv", "json", "jsonl", "parquet", "xlsx"]
FORMATS: tuple[Format, ...] = get_args(Format)
