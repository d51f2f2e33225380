"""Parquet: types, metadata and order stay; an output is whole or not there."""

import csv
import gzip
import io
import json
import os
import sys
from pathlib import Path
from typing import NoReturn

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import CommandLine, enter_workplace

from names_predictor.engines.labeller import NameLabeller
from names_predictor.errors import NamesError
from names_predictor.formats import decoding, parquet
from names_predictor.formats.base import InputOptions
from names_predictor.inference.predictor import NamePredictor

workplace = pytest.fixture(autouse=True)(enter_workplace)


def test_types_metadata_and_order_stay_in_parquet(
    names_predict: CommandLine, predictor: NamePredictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "BATCH_ROWS", 3)
    table = pa.table(
        {
            "first": pa.array(["ab", None, "王", "", "ca"] * 2).dictionary_encode(),
            "when": pa.array([1, None, 3, 4, 5] * 2, pa.timestamp("ns", "UTC")),
            "last": pa.array(["x", "y", None, None, "z"] * 2, pa.large_string()),
            "all": pa.array([[1], None, [], [2, 3], [4]] * 2, pa.list_(pa.int16())),
        }
    ).replace_schema_metadata({"kept": "yes"})
    pq.write_table(table, "people.parquet", row_group_size=4)
    columns = ("--column", "first", "--column", "last")
    result = names_predict("people.parquet", *columns, "--output", "out.parquet")
    assert result.code == 0, result.err
    found = pq.read_table("out.parquet")
    assert found.select(table.column_names).equals(table)
    assert found.schema.metadata[b"kept"] == b"yes"
    kinds = {"label": "string", "probability": "double", "reason": "string"}
    assert {f.name: str(f.type) for f in found.schema if f.name in kinds} == kinds
    expected = predictor.predict(["ab x", " y", "王 ", " ", "ca z"] * 2)
    assert found["label"].to_pylist() == [p.label for p in expected]
    assert found["probability"].to_pylist() == [p.probability for p in expected]
    assert found["reason"].to_pylist() == [p.reason for p in expected]
    assert sorted(p.name for p in Path().iterdir()) == [
        "artifacts",
        "out.parquet",
        "people.parquet",
    ]
    result = names_predict("people.parquet", *columns, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(result.out)))
    assert (rows[0]["when"], rows[1]["when"]) == ("1970-01-01 00:00:00.000000001Z", "")
    assert [row["all"] for row in rows[:4]] == ["[1]", "", "[]", "[2, 3]"]


def test_progress_covers_all_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "BATCH_ROWS", 1)
    pq.write_table(pa.table({"name": ["abc", "abd", "abe"]}), "one.parquet")
    pq.write_table(pa.table({"name": ["abc"]}), "two.parquet")
    reader = parquet.ParquetReader(InputOptions())
    found = [reader.progress() for _ in reader.blocks(["one.parquet", "two.parquet"])]
    assert found == [0.25, 0.5, 0.75, 1.0]


def test_a_file_name_that_is_not_utf_8(names_predict: CommandLine) -> None:
    name = os.fsdecode(b"n\xff.parquet")
    with Path(name).open("wb") as file:
        pq.write_table(pa.table({"name": ["abc"]}), file)
    result = names_predict(name, "--format", "csv")
    assert (result.code, result.out.splitlines()[1][:4]) == (0, "abc,"), result.err


def test_numbers_that_json_lacks_are_null(names_predict: CommandLine) -> None:
    kinds = {"list": pa.list_(pa.float64()), "map": pa.map_(pa.string(), pa.float64())}
    nan = float("nan")
    columns = {"list": pa.array([[nan, 1.5]], kinds["list"])}
    columns["struct"] = pa.array([{"x": nan, "y": -float("inf")}])
    columns["map"] = pa.array([[("a", nan), ("b", 1.5)]], kinds["map"])
    pq.write_table(pa.table({"name": ["abc"]} | columns), "people.parquet")
    result = names_predict("people.parquet", "--column", "name", "--format", "jsonl")
    assert result.code == 0, result.err
    row = json.loads(result.out, parse_constant=pytest.fail)
    assert (row["list"], row["map"]) == ([None, 1.5], [["a", None], ["b", 1.5]])
    assert row["struct"] == {"x": None, "y": None}


@pytest.mark.parametrize("option", ["--hash-names", "--spreadsheet-safe"])
def test_a_text_column_keeps_its_kind_whatever_a_batch_holds(
    names_predict: CommandLine, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    monkeypatch.setattr(parquet, "BATCH_ROWS", 2)
    for kind in (pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())):
        notes = pa.array([None, None, None, "=1"], pa.string()).cast(kind)
        pq.write_table(pa.table({"name": ["abc"] * 4, "note": notes}), "people.parquet")
        result = names_predict(
            "people.parquet", "--column", "name", "--output", "out.parquet", option
        )
        assert result.code == 0, result.err
        found = pq.read_table("out.parquet")["note"].to_pylist()
        assert found == [None, None, None, "=1" if option == "--hash-names" else "'=1"]


def test_hashed_names_are_never_in_clear(names_predict: CommandLine) -> None:
    """JSON, a type of its own, is text too; what has no text is refused."""
    texts = pa.array(["abc"], pa.string())
    json_texts = pa.ExtensionArray.from_storage(pa.json_(pa.string()), texts)
    options = ("--column", "name", "--hash-names", "--output", "out.parquet")
    for names in (texts, texts.cast(pa.string_view()), json_texts, pa.nulls(1)):
        pq.write_table(pa.table({"name": names}), "people.parquet")
        result = names_predict("people.parquet", *options)
        assert result.code == 0, result.err
        (name,) = pq.read_table("out.parquet")["name"].to_pylist()
        assert name is None if names.null_count else len(name) == 64
    pq.write_table(pa.table({"name": pa.nulls(1, pa.int8())}), "people.parquet")
    result = names_predict("people.parquet", *options)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "column 'name': int8 cannot be hashed" in result.err


@pytest.mark.parametrize(
    "when",
    [
        pa.array([2**62], pa.timestamp("us")),
        pa.array([[2**62]], pa.list_(pa.timestamp("us"))),
        pa.array([0], pa.timestamp("us", "Mars/Phobos")),
    ],
    ids=["date", "nested date", "time zone"],
)
def test_values_without_text_are_an_error(names_predict: CommandLine, when: pa.Array) -> None:
    pq.write_table(pa.table({"name": ["abc"], "when": when}), "people.parquet")
    for target in ("csv", "jsonl"):
        result = names_predict("people.parquet", "--column", "name", "--format", target)
        assert (result.code, result.err.count("\n")) == (2, 1)
        assert "some values have no text: write Parquet, such as" in result.err
    result = names_predict("people.parquet", "--column", "name", "--output", "out.parquet")
    assert result.code == 0, result.err


def test_kinds_of_json_values_in_parquet(names_predict: CommandLine) -> None:
    rows = [
        {"name": "ab", "n": 1, "x": 1, "ok": True, "mixed": 1, "deep": {"a": [1]}, "big": 2**63},
        {"name": "\ud800", "x": 1.5, "mixed": "a", "late": None, "\ud801": 1},
    ]
    Path("people.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = names_predict("people.jsonl", "--column", "name", "--output", "a.parquet")
    assert result.code == 0, result.err
    table = pq.read_table("a.parquet")
    kinds = {field.name: str(field.type) for field in table.schema}
    kept = {name: kinds[name] for name in ("n", "x", "ok", "mixed", "deep", "big", "late")}
    assert kept == {
        "n": "int64",
        "x": "double",
        "ok": "bool",
        "mixed": "string",
        "deep": "string",
        "big": "string",
        "late": "string",
    }
    assert kinds["?"] == "int64"  # fmt: skip
    first, second = table.to_pylist()
    assert (first["n"], first["mixed"], first["deep"], first["big"]) == (
        1,
        "1",
        '{"a": [1]}',
        "9223372036854775808",
    )
    assert (second["name"], second["n"], second["x"]) == ("?", None, 1.5)


def test_a_parquet_output_is_whole_or_not_there(
    names_predict: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "BLOCK_BYTES", 10)
    Path("names.txt").write_bytes(b"abc\n" * 9 + b"\xff\n")
    result = names_predict("names.txt", "--output", "out.parquet")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert result.err.endswith("--errors flag\n")
    assert sorted(path.name for path in Path().iterdir()) == ["artifacts", "names.txt"]
    result = names_predict("names.txt", "--output", "out.parquet", "--resume")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "--resume: parquet cannot be resumed" in result.err


def test_without_pyarrow_one_line_says_what_to_install(
    names_predict: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    pq.write_table(pa.table({"name": ["abc"]}), "people.parquet")
    monkeypatch.delitem(sys.modules, "names_predictor.formats.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    result = names_predict("people.parquet", "--column", "name")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "pip install 'names-predictor[parquet]'" in result.err


def test_files_of_one_data_set_that_differ_in_types_are_unified(
    names_predict: CommandLine,
) -> None:
    kinds = [
        (pa.string(), pa.int64(), True),
        (pa.large_string(), pa.int32(), False),
        (pa.dictionary(pa.int8(), pa.string()), pa.dictionary(pa.int8(), pa.int32()), True),
        (pa.string_view(), pa.null(), True),
        (pa.null(), pa.float64(), True),
    ]
    for number, (text, count, nullable) in enumerate(kinds):
        schema = pa.schema([pa.field("name", text, nullable), pa.field("n", count, nullable)])
        name = None if text == pa.null() else f"ab{number}"
        n = None if count == pa.null() else number
        arrays = [pa.array([name], text), pa.array([n], count)]
        if number == 1:
            arrays, schema = arrays[::-1], pa.schema([schema.field(1), schema.field(0)])
        schema = schema.with_metadata({"file": str(number)})
        pq.write_table(pa.Table.from_arrays(arrays, schema=schema), f"{number}.parquet")
    files = [f"{number}.parquet" for number in range(len(kinds))]
    result = names_predict(*files, "--column", "name", "--output", "out.parquet")
    assert result.code == 0, result.err
    found = pq.read_table("out.parquet")
    assert found.schema.metadata[b"file"] == b"0"
    assert found.column("name").to_pylist() == ["ab0", "ab1", "ab2", "ab3", None]
    assert found.column("n").to_pylist() == [0, 1, 2, None, 4]
    assert found.column("reason").to_pylist() == [None, None, None, None, "blank"]
    pq.write_table(pa.table({"name": ["abc"], "n": ["text"]}), "other.parquet")
    result = names_predict("0.parquet", "other.parquet", "--column", "name")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "other.parquet: column 'n' is string, in the file before int64" in result.err


def test_columns_that_occur_twice_are_unified_in_their_order(names_predict: CommandLine) -> None:
    text, short, long = pa.array(["abc"]), pa.array([1], pa.int32()), pa.array([2], pa.int64())
    for file, columns, names in (
        ("a.parquet", [text, short, short], ["name", "x", "x"]),
        ("b.parquet", [long, text, pa.array([3])], ["x", "name", "x"]),
        ("c.parquet", [text, short], ["name", "x"]),
    ):
        pq.write_table(pa.Table.from_arrays(columns, names=names), file)
    options = ("--column", "name", "--output", "out.parquet")
    result = names_predict("a.parquet", "b.parquet", *options)
    assert result.code == 0, result.err
    found = pq.ParquetFile("out.parquet").read()
    assert found.column_names[:3] == ["name", "x", "x"]
    assert [found[i].to_pylist() for i in (1, 2)] == [[1, 2], [1, 3]]
    result = names_predict("a.parquet", "c.parquet", *options)
    assert result.code == 2
    assert "c.parquet: other columns than in the file before (x)" in result.err
    result = names_predict("c.parquet", "a.parquet", *options)
    assert "a.parquet: other columns than in the file before (x)" in result.err


def test_what_is_no_readable_parquet_is_named(names_predict: CommandLine) -> None:
    pq.write_table(pa.table({"name": ["abc"]}), "a.parquet")
    Path("b.parquet").write_bytes(gzip.compress(Path("a.parquet").read_bytes()))
    result = names_predict("b.parquet", "--column", "name")
    assert (
        result.err
        == "error: b.parquet: not a Parquet file: it is compressed data: unpack it first\n"
    )
    os.mkfifo("pipe.parquet")
    result = names_predict("pipe.parquet", "--column", "name")
    assert result.err == (
        "error: pipe.parquet: a pipe or device: Parquet needs a file: save it as one, and name "
        "that\n"
    )


def test_a_full_memory_is_not_blamed_on_the_file(
    names_predict: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> NoReturn:
        raise pa.ArrowMemoryError("malloc of size 80064 failed")

    no_memory = "error: not enough memory: give it more, or --threads 1\n"
    pq.write_table(pa.table({"name": ["abc"]}), "a.parquet")
    monkeypatch.setattr(parquet, "with_columns", full)
    result = names_predict("a.parquet", "--column", "name", "--output", "b.parquet")
    assert (result.code, result.err) == (2, no_memory)
    monkeypatch.setattr(pq, "ParquetFile", full)
    result = names_predict("a.parquet", "--column", "name")
    assert (result.code, result.err) == (2, no_memory)


def test_a_struct_that_occurs_twice_is_refused(names_predict: CommandLine) -> None:
    name = pa.array([{"last": "abc"}])
    people = pa.Table.from_arrays([name, name], names=["name", "name"])
    pq.write_table(people, "people.parquet")
    result = names_predict("people.parquet", "--column", "name.last", "--format", "csv")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "column 'name.last' is missing" in result.err
    with pytest.raises(NamesError, match=r"name\.last"):
        NameLabeller(None, "name.last")(people)


def test_names_in_a_struct(names_predict: CommandLine) -> None:
    people = pa.table({"name": [{"last": "abc"}, None, {"last": None}], "n": [1, 2, 3]})
    pq.write_table(people, "people.parquet")
    result = names_predict("people.parquet", "--column", "name.last", "--output", "out.parquet")
    assert result.code == 0, result.err
    found = pq.read_table("out.parquet")
    assert found.column("name").to_pylist() == people.column("name").to_pylist()
    assert found.column("reason").to_pylist() == [None, "blank", "blank"]
    result = names_predict("people.parquet", "--column", "name.first")
    assert (result.code, "column 'name.first' is missing" in result.err) == (2, True)
    result = names_predict("people.parquet", "--column", "name.last", "--hash-names")
    assert (result.code, "cannot be hashed" in result.err) == (2, True)


def test_a_column_of_the_files_is_not_missed_in_the_names_of_folders(
    names_predict: CommandLine,
) -> None:
    folder = Path("parts/country=DE")
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"name": ["abc"], "country": ["DE"]}), folder / "part-0.parquet")
    result = names_predict("parts", "--column", "name", "--format", "csv")
    assert (result.code, result.err) == (0, "")


@pytest.mark.parametrize("arguments", [(), ("--column", "name")])
def test_a_file_without_columns_is_an_error_that_reports_it(
    names_predict: CommandLine, arguments: tuple[str, ...]
) -> None:
    pq.write_table(pa.table({}), "none.parquet")
    result = names_predict("none.parquet", *arguments)
    error = "error: none.parquet: a Parquet file without columns: name another file\n"
    assert (result.code, result.err) == (2, error)


def test_the_name_of_a_column_that_is_not_utf_8_is_an_error(names_predict: CommandLine) -> None:
    pq.write_table(pa.table({"Nxme": ["abc"], "id": ["1"]}), "utf8.parquet", store_schema=False)
    content = Path("utf8.parquet").read_bytes().replace(b"Nxme", b"N\xe4me")
    Path("latin1.parquet").write_bytes(content)
    result = names_predict("latin1.parquet", "--column", "id")
    error = "error: latin1.parquet: the name of a column is not UTF-8: write the file again\n"
    assert (result.code, result.err) == (2, error)
