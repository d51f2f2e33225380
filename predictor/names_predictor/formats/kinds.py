"""The formats of files, by the names that --format takes; nothing heavy is imported for them."""

from typing import Literal, get_args

Format = Literal["text", "csv", "tsv", "json", "jsonl", "parquet", "xlsx"]
FORMATS: tuple[Format, ...] = get_args(Format)
