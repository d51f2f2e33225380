"""CSV and TSV: the cells come out as they went in, followed by the labels."""

import csv
import io
from pathlib import Path

import pytest
from conftest import CommandLine, enter_workplace
from hypothesis import given, settings
from hypothesis import strategies as st

from names_predictor.formats import decoding, grid
from names_predictor.formats.base import InputOptions
from names_predictor.formats.delimited import TableReader, table_writer
from names_predictor.formats.labelling import Labelling
from names_predictor.inference.options import PredictOptions
from names_predictor.inference.predictor import NamePredictor

workplace = pytest.fixture(autouse=True)(enter_workplace)


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


def test_a_header_after_a_list_is_no_name(names_predict: CommandLine) -> None:
    Path("list.csv").write_text("Nowak\nLee\n")
    Path("table.csv").write_text("surname\nKim\n")
    result = names_predict("list.csv", "list.csv", "table.csv")
    assert (result.code, len(result.out.splitlines())) == (2, 4)
    assert "table.csv:1: other columns than in the file before" in result.err


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
    assert "c.csv:1: the columns in another order than in the file before" in result.err
    Path("c.csv").write_text("name\nabd\n")
    result = names_predict("a.csv", "c.csv", "--column", "name", "--output", "out")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "c.csv:1: other columns than in the file before" in result.err


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (
            "id,name\n1,abc\n",
            ("--column", "surname"),
            "x.csv:1: column 'surname' is missing: choose one of id, name",
        ),
        ("name,name\na,b\n", ("--column", "name"), "column 'name' occurs more than once"),
        (
            "name,label\na,b\n",
            ("--column", "name"),
            "column 'label' is there already: choose a --prefix",
        ),
        (
            "name,id\nabc,1\nabd\n",
            ("--column", "name"),
            "x.csv:3: 1 cell, but the first row has 2",
        ),
        ('name,id\n"abc,1\n', ("--column", "name"), "x.csv:2: not CSV: unexpected end of data"),
        ('name,id\na,1\n"b"c,2\nd,3\n', ("--column", "name"), "x.csv:3: not CSV: ',' expected"),
        ('name,id\n"a\na",1\n"b,2\nc,3\nd,4\n', ("--column", "name"), "x.csv:4: not CSV"),
        ("\nname,id\nabc,1\n", ("--column", "name"), "x.csv:1: blank, but a header belongs there"),
        ("sep=;\nname;id\nabc;1\nabd\n", ("--column", "name"), "x.csv:4: 1 cell, but the first"),
        ("sep=;\nid;n\n1;abc\n", ("--column", "name"), "x.csv:2: column 'name' is missing"),
        ('sep=;\nname;id\n"abc;1\n', ("--column", "name"), "x.csv:3: not CSV"),
        ("a,b\n", ("--prefix", "p"), "a table of 2 columns (a, b): give the column of the names"),
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
    reader = TableReader(InputOptions(columns=("name",), added=("label",)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grid, "BLOCK_ROWS", size)
        patch.setattr(decoding, "BLOCK_BYTES", cut)
        blocks = list(reader.blocks(["x.csv"]))
    assert [name for block in blocks for name in block.names] == [record[0] for record in records]
    write = table_writer(",", Labelling(reader, predictor, PredictOptions()))
    blocks[0] = blocks[0]._replace(first=True)
    written = rows(b"".join(write(block).content for block in blocks).decode())
    assert written[0] == [*header, "label", "probability", "reason"]
    assert [row[:3] for row in written[1:]] == records
    labels = [prediction.label or "" for prediction in predictor.predict([r[0] for r in records])]
    assert [row[3] for row in written[1:]] == labels


@pytest.mark.parametrize(
    ("content", "options", "expected"),
    [
        ("id|name\n1|abc\n", (), ["id|name|label", "1|abc|label "]),
        ("name;a, b, c, d\nabc;1\n", (), ["name;a, b, c, d;label", "abc;1;label "]),
        ("id,name\n1,abc\n", ("--delimiter", ","), ["id,name,label", "1,abc,label "]),
        ("id^name\n1^abc\n", ("--delimiter", "^"), ["id^name^label", "1^abc^label "]),
        ("id\tname\n1\tabc\n", ("--delimiter", "tab"), ["id\tname\tlabel", "1\tabc\tlabel "]),
        ("sep=;\nid;name\n1;abc\n", (), ["sep=;", "id;name;label", "1;abc;label "]),
        ("SEP=;\nid;name\n1;abc\n", (), ["SEP=;", "id;name;label", "1;abc;label "]),
        ("sep=\t\nid\tname\n1\tabc\n", (), ["sep=\t", "id\tname\tlabel", "1\tabc\tlabel "]),
        ('"a;b;c",name\n"1;2;3",abc\n', (), ["a;b;c,name,label", "1;2;3,abc,label "]),
    ],
)
def test_the_delimiter_is_detected(
    names_predict: CommandLine, content: str, options: tuple[str, ...], expected: list[str]
) -> None:
    Path("x.csv").write_text(content)
    result = names_predict("x.csv", "--column", "name", *options)
    assert result.code == 0, result.err
    found = result.out.splitlines()
    assert [row[: len(e)] for row, e in zip(found, expected, strict=True)] == expected


def test_files_of_another_style_are_written_in_that_of_the_first(
    names_predict: CommandLine,
) -> None:
    Path("a.csv").write_text("sep=;\nname;id\nabc;1\n")
    Path("b.csv").write_text("\ufeffsep=|\nname|id\nabd|2\n", encoding="utf-8", newline="\r\n")
    Path("c.tsv").write_text("name\tid\nabe\t3\n")
    result = names_predict("a.csv", "b.csv", "c.tsv", "--column", "name")
    assert result.code == 0, result.err
    assert "\r" not in result.out
    declared, *found = rows(result.out, ";")
    assert declared == ["sep=", ""]
    assert [row[:2] for row in found] == [["name", "id"], ["abc", "1"], ["abd", "2"], ["abe", "3"]]


@pytest.mark.parametrize("line", ["sep=\r\n", 'sep="\n'])
def test_a_line_that_declares_no_delimiter_is_a_row(names_predict: CommandLine, line: str) -> None:
    Path("x.csv").write_text(f"{line}Nowak\n", newline="")
    result = names_predict("x.csv", "--no-header")
    assert [row[0] for row in rows(result.out)] == [line.strip(), "Nowak"], result.err


def test_a_table_is_read_where_numbers_of_c_have_32_bits(
    names_predict: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows."""
    limit = csv.field_size_limit

    def limit_of_32_bits(size: int) -> int:
        if size >= 1 << 31:
            raise OverflowError("Python int too large to convert to C long")
        return limit(size)

    monkeypatch.setattr(csv, "field_size_limit", limit_of_32_bits)
    Path("x.csv").write_text(f"name,note\nabc,{'x' * 200_000}\n")
    result = names_predict("x.csv", "--column", "name")
    assert (result.code, len(rows(result.out)[1][1])) == (0, 200_000)


def test_rows_of_another_width_are_flagged(names_predict: CommandLine) -> None:
    Path("x.csv").write_text("name,n\nabc,1\nabd\nabe,2,3,4\nabf,5\n")
    assert names_predict("x.csv", "--column", "name").code == 2
    options = ("--column", "name", "--errors", "flag")
    found = rows(names_predict("x.csv", *options).out)
    assert [row[:2] for row in found[1:]] == [
        ["abc", "1"],
        ["abd", ""],
        ["abe", "2,3,4"],
        ["abf", "5"],
    ]
    assert [row[4] for row in found[1:]] == ["", "malformed", "malformed", ""]
    assert [row[2:4] for row in found[2:4]] == [["", ""], ["", ""]]
    assert names_predict("x.csv", *options, "--output", "out.parquet").code == 0
    lines = names_predict("x.csv", *options, "--format", "jsonl").out.splitlines()
    assert lines[1] == (
        '{"name": "abd", "n": "", "label": null, "probability": null, "reason": "malformed"}'
    )


def test_a_line_feed_in_the_header_does_not_change_line_ends(names_predict: CommandLine) -> None:
    Path("x.csv").write_text('"last\nname",id\r\nabc,1\r\n', newline="")
    assert names_predict("x.csv", "--column", "last\nname", "--output", "out.csv").code == 0
    assert Path("out.csv").read_bytes().count(b"\r\n") == 2


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("ending", ["csv", "tsv"])
def test_the_mark_and_the_line_ends_stay(
    names_predict: CommandLine, line_end: str, mark: str, ending: str
) -> None:
    delimiter = "," if ending == "csv" else "\t"
    lines = [f"id{delimiter}name", f'1{delimiter}"abc{line_end}d"', f"2{delimiter}abd", ""]
    Path(f"x.{ending}").write_text(mark + line_end.join(lines), encoding="utf-8", newline="")
    assert names_predict(f"x.{ending}", "--column", "name", "--output", f"out.{ending}").code == 0
    text = Path(f"out.{ending}").read_bytes().decode()
    assert text.startswith(mark + "id")
    assert text.endswith(line_end)
    assert text.count(line_end) == 4
    assert names_predict(f"x.{ending}", "--column", "name", "--output", "out.jsonl").code == 0
    assert Path("out.jsonl").read_bytes().startswith(b'{"id"')


def test_null_values_are_blank(names_predict: CommandLine) -> None:
    Path("x.csv").write_text("first,last\nabc,NULL\nNULL,N/A\nNull,abd\n")
    columns = ("--column", "first", "--column", "last")
    plain = rows(names_predict("x.csv", *columns).out)
    assert [row[4] for row in plain[1:]] == ["", "", ""]
    nulls = ("--null-value", "NULL", "--null-value", "N/A")
    found = rows(names_predict("x.csv", *columns, *nulls).out)
    assert [row[:2] for row in found] == [row[:2] for row in plain]
    assert [row[4] for row in found[1:]] == ["", "blank", ""]
    joined = names_predict("x.csv", *columns, "--null-value", "abc NULL", "--format", "text").out
    assert joined.splitlines()[0].split("\t")[3] == ""  # it is no cell
    Path("one.txt").write_text("abc\n")
    expected = names_predict("one.txt").out.split("\t")[1:3]
    assert found[1][2:4] == expected
    Path("x.txt").write_text("NULL\nabc\n")
    assert names_predict("x.txt", *nulls).out.splitlines()[0] == "NULL\t\t\tblank"
    alone = rows(names_predict("x.csv", "--column", "first", *nulls).out)
    assert [row[4] for row in alone[1:]] == ["", "blank", ""]


def test_options_of_tables_are_refused_for_lists(names_predict: CommandLine) -> None:
    Path("x.txt").write_text("abc\n")
    Path("x.jsonl").write_text('{"name": "abc"}\n')
    for arguments in (
        ("x.jsonl", "--delimiter", ";"),
        ("x.jsonl", "--no-header"),
        ("x.txt", "--sheet", "a"),
        ("x.txt", "--input-format", "text", "--no-header"),
    ):
        result = names_predict(*arguments)
        assert (result.code, result.err.count("\n")) == (2, 1)
        assert "has no use for it" in result.err
    result = names_predict("x.txt", "--delimiter", "ab")
    assert (result.code, "give one character, or tab" in result.err) == (2, True)


def test_a_column_whose_name_begins_that_of_the_names_is_shown_safely(
    names_predict: CommandLine,
) -> None:
    Path("x.csv").write_text("last,last_name\n=1+1,abc\n")
    options = ("--column", "last_name", "--hash-names", "--spreadsheet-safe")
    _, row = rows(names_predict("x.csv", *options).out)
    assert (row[0], len(row[1])) == ("'=1+1", 64)


def test_a_null_value_is_compared_without_spaces(names_predict: CommandLine) -> None:
    Path("x.txt").write_text("NULL\nabc\n")
    assert names_predict("x.txt", "--null-value", " NULL ").out.startswith("NULL\t\t\tblank\n")


def test_a_plain_list_has_no_prefix(names_predict: CommandLine) -> None:
    Path("x.csv").write_text("name\nabc\n")
    result = names_predict("x.csv", "--column", "name", "--format", "text", "--prefix", "p_")
    assert (result.code, "--prefix: a plain list has no header" in result.err) == (2, True)
