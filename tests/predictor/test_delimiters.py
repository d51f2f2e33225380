"""The delimiter of a table: given, or detected."""

import csv
from pathlib import Path

import pytest
from conftest import CommandLine, enter_workplace

workplace = pytest.fixture(autouse=True)(enter_workplace)


def test_a_delimiter_is_that_which_is_given(names_predict: CommandLine) -> None:
    Path("x.tsv").write_text("id;name\n1;abc\n")
    result = names_predict("x.tsv", "--column", "name", "--delimiter", ";")
    assert result.code == 0, result.err
    assert result.out.splitlines()[1].startswith("1;abc;")


def test_a_delimiter_gives_the_requested_columns(names_predict: CommandLine) -> None:
    Path("x.csv").write_text("name;town, country\nabc;Linz, Austria\n")
    result = names_predict("x.csv", "--column", "name")
    assert result.code == 0, result.err
    assert result.out.startswith("name;town, country;label")


def test_rows_of_equal_width_are_worth_more_than_wide_ones(names_predict: CommandLine) -> None:
    Path("x.csv").write_text("abc;a, b, c, d\nabd;e\n")
    result = names_predict("x.csv", "--no-header", "--column", "1")
    assert result.code == 0, result.err
    assert [row[0] for row in csv.reader(result.out.splitlines(), delimiter=";")] == ["abc", "abd"]
