"""Which column of a table holds the names: by its number, its header, or as the only one."""

import csv
import json
import shlex
from pathlib import Path

import pytest
from conftest import CommandLine, enter_workplace

workplace = pytest.fixture(autouse=True)(enter_workplace)


def test_a_table_without_a_header_has_numbered_columns(names_predict: CommandLine) -> None:
    Path("x.csv").write_text("abc,1\nabd,2\n")
    result = names_predict("x.csv", "--no-header", "--column", "1")
    rows = list(csv.reader(result.out.splitlines()))
    assert [row[:2] for row in rows] == [["abc", "1"], ["abd", "2"]]
    assert [len(row) for row in rows] == [5, 5]
    as_json = names_predict("x.csv", "--column", "1", "--no-header", "--format", "jsonl")
    assert as_json.out.startswith('{"1": "abc", "2": "1", "label": ')
    for options, message in (
        (("--no-header", "--column", "name"), "with --no-header give the column's number"),
        (("--no-header", "--column", "3"), "column '3' is missing: choose one of 1, 2"),
        (("--column", "2"), "if the first line is a row already, add --no-header"),
    ):
        result = names_predict("x.csv", *options)
        assert (result.code, result.err.count("\n")) == (2, 1)
        assert message in result.err


@pytest.mark.parametrize(
    ("content", "first"),
    [
        ("name\nabc\n", "name,label,probability,reason"),
        ("customer_name\nabc\n", "customer_name,label,probability,reason"),
        ("Nachname\nabc\n", "Nachname,label,probability,reason"),
        ("abc\nabd\n", "abc,label "),
        ("namekata\nabc\n", "namekata,label "),
        ("abc, d\nabd\n", None),
    ],
)
def test_a_table_of_one_column_needs_none_named(
    names_predict: CommandLine, content: str, first: str | None
) -> None:
    Path("x.csv").write_text(content)
    result = names_predict("x.csv")
    if first is None:
        assert (result.code, "a table of 2 columns" in result.err) == (2, True)
    else:
        assert result.code == 0, result.err
        assert result.out.startswith(first)
        assert result.out.count("\n") == content.count("\n")


def test_a_comma_within_the_only_column_is_part_of_the_name(names_predict: CommandLine) -> None:
    Path("x.csv").write_text("name\nabc\nabc, d\n")
    rows = csv.reader(names_predict("x.csv").out.splitlines())
    assert [row[0] for row in rows] == ["name", "abc", "abc, d"]


@pytest.mark.parametrize(
    ("header", "column", "message"),
    [
        (" name", "name", "there is ' name', with other spaces or invisible characters"),
        ("na\u200bme", "name", "with other spaces or invisible characters"),
        ("Name", "name", "there is 'Name', with other capitals"),
        ("pre\u0301nom", "prénom", "in another Unicode form"),
        ("surname", "surnme", "choose one of id, surname: did you mean 'surname'?"),
        ("\x1b[2J", "name", "choose one of id, \\x1b[2J"),
    ],
)
def test_a_column_that_is_nearly_there_is_named(
    names_predict: CommandLine, header: str, column: str, message: str
) -> None:
    Path("x.csv").write_text(f"id,{header}\n1,abc\n", encoding="utf-8")
    result = names_predict("x.csv", "--column", column)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert message in result.err


def test_several_columns_are_proposed(names_predict: CommandLine) -> None:
    Path("people.csv").write_text("id,First Name,Last Name\n1,ab,ca\n")
    result = names_predict("people.csv")
    assert "such as --column 'First Name' --column 'Last Name'; --input-format" in result.err
    result = names_predict("people.csv", "--column", "First Name,Last Name")
    assert "is missing: give --column for each of them" in result.err
    Path("people.csv").write_text("nowak,jan\nkim,bo\n")
    result = names_predict("people.csv")
    hint = "--column nowak (if the first line is a row already, --no-header --column 1)"
    assert f"give the column of the names, such as {hint}; " in result.err


def test_a_title_above_the_header(names_predict: CommandLine) -> None:
    table = 'Export of 1 May\nid,name\n1,"abc, d"\n'
    Path("people.csv").write_text(table)
    result = names_predict("people.csv", "--column", "name")
    hint = "if that is a title, remove it; else leave --column out, or give --delimiter"
    assert result.err == (
        "error: people.csv:1: column 'name' is missing: the only one is 'Export of 1 May': "
        f"{hint}\n"
    )
    result = names_predict("people.csv", "--delimiter", ",")
    assert result.err == (
        "error: people.csv:2: 2 cells, but the first row has 1: if the first row is a title, "
        "remove it; else correct this line\n"
    )
    for name in ("people.csv", "people.txt"):
        Path(name).write_text("Export of 1 May\n\nid;name\n1;abc\n2;abd\n")
        result = names_predict(name)
        assert (result.code, result.err.count("\n")) == (2, 1)
        assert result.err.startswith(f"error: {name}")
        assert "a title above the header" in result.err
        Path(name).write_text("Anna Lee\nNom, Jan\n")
        assert names_predict(name, "--input-format", "csv").out.count("\n") == 2
        Path(name).write_text("abc\nname, d\nb\n")  # a list with an odd name
        assert names_predict(name).code == 0
    Path("people.csv").write_text("Export\nNr,Kunde,Ort\n1,abc,d\n")  # no known header
    assert "people.csv:1: a title above the header" in names_predict("people.csv").err
    Path("people.csv").write_text(table)
    result = names_predict("people.csv", "--delimiter", ",", "--errors", "flag")
    assert [row[-1] for row in csv.reader(result.out.splitlines())] == [
        "",
        "malformed",
        "malformed",
    ]
    assert "abc, d" in result.out


def test_a_title_in_a_row_of_blank_cells(names_predict: CommandLine) -> None:
    Path("people.csv").write_text("My Customers;;\n;;\nid;name;town\n1;abc;d\n")
    title = "only one cell of the first row has text, 'My Customers': if it is a title, remove it"
    assert names_predict("people.csv").err == (
        f"error: people.csv:1: {title}; else give --column 'My Customers' (if the first line is a "
        "row already, --no-header --column 1); --input-format text reads it line by line\n"
    )
    assert names_predict("people.csv", "--column", "name").err == (
        "error: people.csv:1: column 'name' is missing: the only one is 'My Customers': if that is "
        "a title, remove it\n"
    )
    assert names_predict("people.csv", "--column", "My Customers").code == 0
    Path("people.csv").write_text(",Kunde\n0,abc\n")  # an index without a header, as of pandas
    found = names_predict("people.csv").err
    assert "('', Kunde): give the column of the names, such as --column Kunde (if" in found
    Path("people.csv").write_text("Kunde,,\nabc,,\n")
    assert "there is 'Kunde', with" in names_predict("people.csv", "--column", "kunde").err
    found = names_predict("people.csv", "--column", "1").err
    assert found.endswith("if the first line is a row already, add --no-header\n")


@pytest.mark.parametrize(
    "table",
    ["id;a;b\n1;2,50;3,20\n2;3,50;4,20\n", "id,a,b\n1,x;y;z,2\n2,x;y;z,2\n"],
    ids=["decimal commas", "lists in cells"],
)
def test_a_table_that_another_delimiter_divides_too_has_no_title(
    names_predict: CommandLine, table: str
) -> None:
    Path("x.csv").write_text(table)
    assert "x.csv:1: a table of 3 columns (id, a, b)" in names_predict("x.csv").err
    assert names_predict("x.csv", "--column", "a").code == 0


def test_a_name_without_a_comma_above_names_with_one_is_no_title(
    names_predict: CommandLine,
) -> None:
    for name in ("names.txt", "names.csv"):
        Path(name).write_text("Anna Lee\nNowak, Jan\nKim, Bo\n")
        result = names_predict(name)
        assert (result.code, result.out.count("\n")) == (0, 3), result.err


def test_a_title_above_long_rows_or_below_blank_lines(names_predict: CommandLine) -> None:
    rows = f"1,abc,{'x' * 5000},a\n" * 20
    Path("x.csv").write_text("Export of 1 May\nid,name,note,n\n" + rows)
    assert "x.csv:1: a title above the header" in names_predict("x.csv").err
    Path("x.csv").write_text("\n\nExport\nid,name,n\n1,abc,2\n")
    assert names_predict("x.csv").err.startswith("error: x.csv:3: a title above the header")


def test_of_three_likely_columns_the_first_is_proposed(names_predict: CommandLine) -> None:
    Path("x.csv").write_text("name,first name,last name\nab ca,ab,ca\n")
    assert "such as --column name; --input-format" in names_predict("x.csv").err
    assert "for each of them" not in names_predict("x.csv", "--column", "name,surname").err


HEADERS = (
    "Name surname Nachname Vorname prénom nom apellidos nombre cognome nome sobrenome Имя Фамилия "
    "ФИО 姓名 氏名 名前 이름 성명"
)


@pytest.mark.parametrize("header", HEADERS.split())
def test_headers_are_known_in_many_languages(names_predict: CommandLine, header: str) -> None:
    Path("x.csv").write_text(f"{header}\nabc\n", encoding="utf-8")
    result = names_predict("x.csv")
    assert (result.out.split(",")[0], result.err) == (header, "")


def test_a_file_is_shown_without_its_control_characters(names_predict: CommandLine) -> None:
    Path("x\x1b[2J.csv").write_text("customer\nabc\n")
    assert names_predict("x\x1b[2J.csv").err.startswith("note: x\\x1b[2J.csv:1: ")


@pytest.mark.parametrize("header", ["Last\nName", "Last name, as it is written in your passport"])
def test_a_column_may_be_given_as_an_error_shows_it(
    names_predict: CommandLine, header: str
) -> None:
    with Path("x.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["id", header], ["1", "abc"]])
    remedy = names_predict("x.csv").err.partition("such as ")[2].partition(";")[0]
    result = names_predict("x.csv", *shlex.split(remedy))
    assert result.code == 0, result.err
    rows = list(csv.reader(result.out.splitlines(keepends=True)))
    assert [row[:2] for row in rows] == [["id", header], ["1", "abc"]]


def test_a_key_may_be_given_as_an_error_shows_it(names_predict: CommandLine) -> None:
    row = {"Last\nName": "abc", "id": "1"}
    Path("x.jsonl").write_text(json.dumps(row) + "\n")
    remedy = names_predict("x.jsonl").err.partition("such as ")[2].partition(";")[0]
    result = names_predict("x.jsonl", *shlex.split(remedy))
    assert result.code == 0, result.err
    assert json.loads(result.out).items() > row.items()
    Path("y.jsonl").write_text(f'{{"id": "2"}}\n{json.dumps(row)}\n{json.dumps(row)}\n')
    result = names_predict("y.jsonl", *shlex.split(remedy), "--errors", "flag", "--hash-names")
    assert result.code == 0, result.err
    without, *others = map(json.loads, result.out.splitlines())
    assert without["reason"] == "blank"
    assert [one["label"] is not None and one["Last\nName"] != "abc" for one in others] == [True] * 2


def test_two_columns_that_an_error_shows_alike_are_not_confused(names_predict: CommandLine) -> None:
    Path("x.csv").write_text(f"{'n' * 40}1,{'n' * 40}2\nabc,abd\n")
    result = names_predict("x.csv", "--column", "n" * 39 + "…")
    assert (result.code, "is missing" in result.err) == (2, True)
