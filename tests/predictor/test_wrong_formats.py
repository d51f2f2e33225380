"""A file of another format, or one that is damaged, is a one-line error."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import CommandLine, enter_workplace
from format_files import written

from names_predictor.cli.parser import FORMATS

workplace = pytest.fixture(autouse=True)(enter_workplace)


def break_parquet() -> None:
    content = Path("people.parquet").read_bytes()
    Path("people.parquet").write_bytes(content[:20] + bytes(len(content) - 28) + content[-8:])


def no_text() -> None:
    bytes_of = pa.array([b"a\xff"], pa.binary())
    text = pa.StringArray.from_buffers(1, *bytes_of.buffers()[1:])
    pq.write_table(pa.table({"name": ["abc"], "note": text}), "people.parquet")


def twice(path: str) -> Callable[[], object]:
    return lambda: Path(path).write_text("note,note,name\na,b,c\n")


@pytest.mark.parametrize(
    ("prepare", "arguments", "message"),
    [
        (None, ("people.csv",), "people.csv:1: a table of 2 columns (note, name): give the column"),
        (None, ("people.tsv", "--output", "x"), "such as --column name; --input-format text"),
        (None, ("people.json",), "people.json: element 1: JSON objects of 2 columns (note, name)"),
        (None, ("people.jsonl",), "people.jsonl:1: JSON objects of 2 columns (note, name)"),
        (None, ("people.parquet",), "a Parquet file of 2 columns (note, name): give the column"),
        (
            None,
            ("people.xlsx",),
            "sheet 'Sheet': a sheet of 2 columns (note, name): give the column",
        ),
        (None, ("people.csv", "people.jsonl", "--column", "name"), "several formats"),
        (
            None,
            ("people.csv", "--input-format", "text", "--column", "name"),
            "--column: a plain list has no use for it",
        ),
        (
            None,
            ("people.parquet", "--column", "x"),
            "column 'x' is missing: choose one of note, name",
        ),
        (
            None,
            ("people.parquet", "--column", "2"),
            "column '2' is missing: choose one of note, name\n",
        ),
        (
            break_parquet,
            ("people.parquet", "--column", "name"),
            "not a Parquet file, or incomplete",
        ),
        (
            None,
            ("people.csv", "--input-format", "parquet", "--column", "name"),
            "not a Parquet file",
        ),
        (
            no_text,
            ("people.parquet", "--column", "name"),
            "not a Parquet file, or incomplete: In column 1",
        ),
        (None, (".", "--column", "name"), "several formats: label each separately"),
        (None, ("no.parquet", "--column", "name"), "no.parquet: no such file"),
        (
            None,
            ("*.parquet", "--engine", "ray", "--format", "csv"),
            "--engine ray: reads and writes",
        ),
        (
            twice("people.csv"),
            ("people.csv", "--column", "name", "--format", "jsonl"),
            "rename one",
        ),
        (
            twice("people.csv"),
            ("people.csv", "--column", "name", "--format", "parquet"),
            "rename one",
        ),
    ],
)
def test_a_wrong_format_is_one_line(
    names_predict: CommandLine,
    prepare: Callable[[], object] | None,
    arguments: tuple[str, ...],
    message: str,
) -> None:
    for format in FORMATS:
        written(format, [{"note": "n", "name": "abc"}])
    if prepare:
        prepare()
    result = names_predict(*arguments)
    assert (result.code, result.err.count("\n")) == (2, 1), result.err
    assert message in result.err
