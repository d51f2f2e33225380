"""CSV and TSV: the cells come out as they went in, with the labels behind them."""

import csv
import io
from pathlib import Path

import pytest
from conftest import CommandLine
from hypothesis import given, settings
from hypothesis import strategies as st

from names_predictor import inputs, tables
from names_predictor.answers import Asked
from names_predictor.formats import Labelling
from names_predictor.inputs import Decoding
from names_predictor.model import NamePredictor
from names_predictor.tables import TableReader, TableWriter


@pytest.fixture(autouse=True)
def workplace(artifact_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("artifacts").symlink_to(artifact_folder)


def rows(text: str, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def test_other_columns_stay(names_predict: CommandLine) -> None:
    Path("people.csv").write_text('id,name,note\n1,abc,"a, b"\n2,,"two\nlines"\n\n3,王,""\n')
    result = names_predict("people.csv", "--column", "name")
    assert result.code == 0, result.err
    header, *found = rows(result.out)
    assert header == ["id", "name", "note", "label", "probability", "reason"]
    assert [row[:3] for row in found] == [
        ["1", "abc", "a, b"],
        ["2", "", "two\nlines"],
        ["", "", ""],
        ["3", "王", ""],
    ]
    assert [row[5] for row in found] == ["", "blank", "blank", "unknown-script"]
    assert found[0][3].startswith("label ")


def test_a_carriage_return_in_a_cell_comes_out_quoted(names_predict: CommandLine) -> None:
    Path("people.csv").write_text('id,name\n1,"ab\rc"\n2,abd\n', newline="")
    assert names_predict("people.csv", "--column", "name", "--output", "out.csv").code == 0
    with Path("out.csv").open(newline="") as file:
        found = list(csv.reader(file))
    assert [row[:2] for row in found] == [["id", "name"], ["1", "ab\rc"], ["2", "abd"]]
    assert names_predict("out.csv", "--column", "name", "--prefix", "p_").code == 0


def test_several_columns_make_one_name(names_predict: CommandLine) -> None:
    Path("people.csv").write_text("first,last\nab,ca\n")
    Path("names.txt").write_text("ab ca\n")
    (_, label, probability, _) = names_predict("names.txt").out.split("\t")
    options = ("--column", "first", "--column", "last", "--prefix", "p_", "--top-k", 2)
    header, row = rows(names_predict("people.csv", *options).out)
    assert row[2:4] == [label, probability]
    assert header[2:] == ["p_label", "p_probability", "p_label_2", "p_probability_2", "p_reason"]


@pytest.mark.parametrize(("ending", "delimiter"), [("tsv", "\t"), ("csv", ";"), ("csv", ",")])
def test_delimiters_stay(names_predict: CommandLine, ending: str, delimiter: str) -> None:
    Path(f"people.{ending}").write_text(f"id{delimiter}name\n1{delimiter}abc\n")
    result = names_predict(f"people.{ending}", "--column", "name", "--output", "out")
    assert result.code == 0, result.err
    assert [row[:2] for row in rows(Path("out").read_text(), delimiter)] == [
        ["id", "name"],
        ["1", "abc"],
    ]


def test_files_of_the_same_columns_become_one(names_predict: CommandLine) -> None:
    Path("a.csv").write_text("name,id\nabc,1\n")
    Path("b.csv").write_text("name,id\nabd,2\n")
    Path("c.csv").write_text("id,name\n3,abd\n")
    assert [r[1] for r in rows(names_predict("a.csv", "b.csv", "--column", "name").out)] == [
        "id",
        "1",
        "2",
    ]
    result = names_predict("a.csv", "c.csv", "--column", "name", "--output", "out")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "c.csv:1: other columns" in result.err


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (
            "id,name\n1,abc\n",
            ("--column", "surname"),
            "column 'surname' is missing among the 2 of the first line",
        ),
        ("name,name\na,b\n", ("--column", "name"), "column 'name' stands more than once"),
        (
            "name,label\na,b\n",
            ("--column", "name"),
            "column 'label' is there already: give a --prefix",
        ),
        ("name,id\nabc,1\nabd\n", ("--column", "name"), "x.csv:3: 1 cells, but the header has 2"),
        ('name,id\n"abc,1\n', ("--column", "name"), "x.csv:2: not CSV: unexpected end of data"),
        ('name,id\na,1\n"b"c,2\nd,3\n', ("--column", "name"), "x.csv:3: not CSV: ',' expected"),
        ('name,id\n"a\na",1\n"b,2\nc,3\nd,4\n', ("--column", "name"), "x.csv:4: not CSV"),
        ("\nname,id\nabc,1\n", ("--column", "name"), "x.csv:1: blank, but a header belongs there"),
        ("abc\n", ("--prefix", "p"), "--prefix: only with --column"),
    ],
)
def test_a_bad_table_is_one_line(
    names_predict: CommandLine, content: str, options: tuple[str, ...], message: str
) -> None:
    Path("x.csv").write_text(content)
    result = names_predict("x.csv", *options)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert message in result.err


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf"])
def test_an_empty_file_has_no_rows(names_predict: CommandLine, content: bytes) -> None:
    Path("empty.csv").write_bytes(content)
    Path("x.csv").write_text("name\nabc\n")
    alone = names_predict("empty.csv", "--column", "name")
    assert (alone.code, alone.out) == (0, ""), alone.err
    both = names_predict("empty.csv", "x.csv", "--column", "name")
    assert [row[0] for row in rows(both.out)] == ["name", "abc"]


def test_only_names_are_hashed_and_every_cell_is_safe(names_predict: CommandLine) -> None:
    Path("x.csv").write_text("name,note\n=abc,=1+1\n")
    _, row = rows(names_predict("x.csv", "--column", "name", "--spreadsheet-safe").out)
    assert row[:2] == ["'=abc", "'=1+1"]
    _, row = rows(names_predict("x.csv", "--column", "name", "--hash-names").out)
    assert (len(row[0]), row[1]) == (64, "=1+1")


CELLS = st.text('ab,;"\n\r\t é', max_size=5)


@settings(max_examples=60)
@given(
    records=st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=12),
    size=st.integers(1, 5),
    cut=st.integers(1, 30),
)
def test_what_is_read_is_written_again(
    predictor: NamePredictor, records: list[list[str]], size: int, cut: int
) -> None:
    header = ["name", "b", "c"]
    with Path("x.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([header, *records])
    reader = TableReader(["name"], ["label"], Decoding())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "BLOCK_RECORDS", size)
        patch.setattr(inputs, "BLOCK_BYTES", cut)
        blocks = list(reader.blocks(["x.csv"]))
    assert [name for block in blocks for name in block.names] == [record[0] for record in records]
    write = TableWriter(Labelling(reader, predictor, Asked(), ["name"]), ",")
    blocks[0] = blocks[0]._replace(first=True)
    written = rows(b"".join(map(write, blocks)).decode())
    assert written[0] == [*header, "label", "probability", "reason"]
    assert [row[:3] for row in written[1:]] == records
    labels = [prediction.label or "" for prediction in predictor.predict([r[0] for r in records])]
    assert [row[3] for row in written[1:]] == labels
