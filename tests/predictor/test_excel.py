"""Excel workbooks: values in, the same values out, text as text."""

import datetime
import io
import json
import sys
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import CommandLine, enter_workplace
from hypothesis import given, settings
from hypothesis import strategies as st

from names_predictor.cli.main import run
from names_predictor.cli.parser import parse
from names_predictor.formats import excel, grid
from names_predictor.formats.base import InputOptions

workplace = pytest.fixture(autouse=True)(enter_workplace)


def write(path: str, sheets: dict[str, list[list[Any]]]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)


def read(path: str) -> list[list[Any]]:
    book = openpyxl.load_workbook(io.BytesIO(Path(path).read_bytes()))
    return [list(row) for row in book.active.values]


def write_cell(path: str, cell: str, prefix: str = "") -> None:
    """Write a workbook of the names abc and abd, with the XML of a second cell of the latter."""
    write("plain.xlsx", {"a": [["name", "n"], ["abc", 1], ["abd", 999]]})
    with zipfile.ZipFile("plain.xlsx") as plain, zipfile.ZipFile(path, "w") as book:
        for member in plain.namelist():
            content = plain.read(member).decode()
            if "sheet1" in member:
                content = content.replace('<c r="B3" t="n"><v>999</v></c>', cell)
                if prefix:
                    content = content.replace("<", "<x:").replace("<x:/", "</x:")
                    content = content.replace("xmlns=", "xmlns:x=").replace("<x:?", "<?")
            book.writestr(member, content)


def test_progress_covers_all_workbooks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grid, "BLOCK_ROWS", 1)
    write("one.xlsx", {"names": [["name"], ["abc"], ["abd"], ["abe"]], "empty": []})
    write("two.xlsx", {"names": [["name"], ["abc"]]})
    reader = excel.ExcelReader(InputOptions())
    found = [reader.progress() for _ in reader.blocks(["one.xlsx", "two.xlsx"])]
    assert found == [0.125, 0.25, 0.375, 0.75]


def test_values_keep_their_types_and_text_stays_text(names_predict: CommandLine) -> None:
    day = datetime.datetime(2024, 2, 29, 12, 30)
    rows = [["id", "name", "born", "zip"], [1, "abc", day, "00123"], [2.5, None, None, "=1+1"]]
    write("people.xlsx", {"Sheet": rows[:2]})
    result = names_predict("people.xlsx", "--column", "name", "--output", "out.xlsx")
    assert result.code == 0, result.err
    header, first = read("out.xlsx")
    assert header == ["id", "name", "born", "zip", "label", "probability", "reason"]
    assert first[:4] == rows[1]
    assert first[4].startswith("label ")
    assert isinstance(first[5], float)
    assert first[6] is None


def test_no_text_becomes_a_formula(names_predict: CommandLine) -> None:
    Path("x.csv").write_text('name,note\nabc,"=HYPERLINK(""x"")"\nabd,007\n')
    assert names_predict("x.csv", "--column", "name", "--output", "out.xlsx").code == 0
    book = openpyxl.load_workbook("out.xlsx")
    assert [cell.data_type for cell in book.active["B"]] == ["s", "s", "s"]
    assert [row[1] for row in read("out.xlsx")] == ["note", '=HYPERLINK("x")', "007"]
    pq.write_table(pa.table({"name": ["abc"] * 2, "note": [b"=1+1", b"\xff"]}), "x.parquet")
    assert names_predict("x.parquet", "--column", "name", "--output", "out.xlsx").code == 0
    cells = openpyxl.load_workbook("out.xlsx").active["B"][1:]
    assert [(cell.data_type, cell.value) for cell in cells] == [("s", "=1+1"), ("s", "\\xff")]


def test_a_long_whole_number_keeps_its_digits(names_predict: CommandLine) -> None:
    numbers = [10**15 - 1, -(10**15), 1234567890123456789, 10**400]
    lines = (json.dumps({"name": "abc", "id": number}) for number in numbers)
    Path("x.jsonl").write_text("\n".join(lines))
    assert names_predict("x.jsonl", "--column", "name", "--output", "out.xlsx").code == 0
    of_sheet = [row[1] for row in read("out.xlsx")[1:]]
    assert of_sheet == [numbers[0], *map(str, numbers[1:])]
    decimals = [Decimal("1234567890123456789.10"), None]
    pq.write_table(pa.table({"name": ["abc"] * 2, "id": decimals}), "x.parquet")
    assert names_predict("x.parquet", "--column", "name", "--output", "out.xlsx").code == 0
    assert [row[1] for row in read("out.xlsx")[1:]] == ["1234567890123456789.10", None]


@pytest.mark.parametrize("digits", ["0.30000000000000004", "123456789012345.67", "1.1E-300"])
def test_a_number_keeps_all_digits_that_excel_stores(
    names_predict: CommandLine, digits: str
) -> None:
    write_cell("people.xlsx", f'<c r="B3"><v>{digits}</v></c>')
    assert names_predict("people.xlsx", "--column", "name", "--output", "out.xlsx").code == 0
    assert read("out.xlsx")[2][1] == float(digits)


def test_a_date_has_no_time_of_day(names_predict: CommandLine) -> None:
    moments = [datetime.datetime(2024, 2, 29), datetime.datetime(2024, 2, 29, 12, 30)]
    write("people.xlsx", {"a": [["name", "born"], *(["abc", moment] for moment in moments)]})
    result = names_predict("people.xlsx", "--column", "name", "--format", "csv")
    born = [row.split(",")[1] for row in result.out.splitlines()]
    assert born == ["born", "2024-02-29", "2024-02-29 12:30:00"]


def test_errors_and_booleans_are_no_names(names_predict: CommandLine) -> None:
    write("people.xlsx", {"a": [["name"], ["#N/A"], [True], ["abc"]]})
    rows = names_predict("people.xlsx", "--format", "csv").out.splitlines()
    assert [row.rpartition(",")[2] for row in rows] == ["reason", "blank", "blank", ""]


@pytest.mark.parametrize(
    ("sheets", "options", "message"),
    [
        ({"a": [["x"], [1]], "b": [["y"], [2]]}, (), "several sheets (a, b): choose one"),
        ({"a": [["x"], [1]]}, ("--sheet", "c"), "no sheet 'c': choose one of a"),
        (
            {"a": [["x", "y"], [1, 2]]},
            (),
            "sheet 'a': a sheet of 2 columns (x, y): give the column",
        ),
        ({"a": [["x"], ["b", "c"]]}, (), "row 2: 2 cells, but the first row has 1"),
        ({"a": [["x", "y"], [1, 2]]}, ("--column", "z"), "column 'z' is missing"),
    ],
)
def test_a_workbook_that_leaves_a_choice_is_one_line(
    names_predict: CommandLine, sheets: Any, options: tuple[str, ...], message: str
) -> None:
    write("people.xlsx", sheets)
    result = names_predict("people.xlsx", *options)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert message in result.err


def test_a_sheet_is_chosen_and_blank_rows_at_its_end_are_none(names_predict: CommandLine) -> None:
    rows = [["name"], ["abc"], [None], ["abd"], [None], [None]]
    write("people.xlsx", {"empty": [], "people": rows, "more": [["name"], ["xyz"]]})
    result = names_predict("people.xlsx", "--sheet", "people", "--format", "csv")
    assert result.code == 0, result.err
    assert [row.split(",")[0] for row in result.out.splitlines()] == ["name", "abc", "", "abd"]


def test_empty_rows_above_the_header_are_skipped(names_predict: CommandLine) -> None:
    write("people.xlsx", {"Sheet": [[], [], ["id", "name"], [1, "abc"], [2, "xyz", "x"]]})
    result = names_predict("people.xlsx", "--column", "name", "--format", "csv")
    assert result.err == (
        "error: people.xlsx, sheet 'Sheet': row 5: 3 cells, but the first row has 2: correct this "
        "row, or flag such rows with --errors flag\n"
    )
    options = ("--column", "name", "--format", "csv", "--errors", "flag", "--hash-names")
    rows = names_predict("people.xlsx", *options).out.splitlines()
    assert [row.split(",")[0] for row in rows[:2]] == ["id", "1"]
    assert rows[2].endswith("malformed")
    assert "xyz" not in rows[2]


def test_rows_of_a_sheet_are_flagged_as_those_of_a_table(names_predict: CommandLine) -> None:
    write("people.xlsx", {"a": [["name", "n"], ["abc", 1, "surplus"], ["abd"]]})
    options = ("--column", "name", "--errors", "flag", "--format", "csv")
    rows = names_predict("people.xlsx", *options).out.splitlines()[1:]
    assert rows[0] == "abc,1 surplus,,,malformed"
    assert rows[1].startswith("abd,,label ")


@pytest.mark.parametrize(
    ("cell", "is_stored"),
    [
        ('<c r="B3" t="str"><f>IF(1,"","x")</f><v></v></c>', True),
        ('<c r="B3" t="str"><f>A1</f><v/></c>', True),
        ('<c r="B3"><f>1+1</f><v>2</v></c>', True),
        ('<c r="B3"><f>1+1</f><v></v></c>', False),
        ('<c r="B3"><f>1+1</f></c>', False),
        ('<c r="B3"><f t="shared" si="0"/><v/></c>', False),
        ('<c r="B3"><f>1+1</f> <v xml:space="preserve"></v> </c>', False),
        ('<c r="B3" t="str"><f>A1</f></c>', False),
    ],
)
@pytest.mark.parametrize("prefix", ["", "x"])
def test_a_formula_has_a_stored_value_or_is_an_error(
    names_predict: CommandLine, cell: str, is_stored: bool, prefix: str
) -> None:
    write_cell("people.xlsx", cell, prefix)
    result = names_predict("people.xlsx", "--column", "name", "--format", "csv")
    assert (result.code == 0) == is_stored, result.err
    assert ("formulas without a stored value" in result.err) != is_stored


def test_a_formula_is_found_where_the_bytes_of_a_sheet_are_cut(
    names_predict: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(excel, "CHUNK", 2)
    write_cell("people.xlsx", '<c r="B3"><f>1+1</f></c>')
    result = names_predict("people.xlsx", "--column", "name")
    assert (result.code, "formulas without a stored value" in result.err) == (2, True)


def test_characters_that_excel_escapes(names_predict: CommandLine) -> None:
    escaped = "<is><t>abc_x000D_|_x005F_x0041_|_xd83d__xde00_|_xD83D_</t></is>"
    write_cell("people.xlsx", f'<c r="B3" t="inlineStr">{escaped}</c>')
    result = names_predict("people.xlsx", "--column", "n", "--format", "jsonl")
    assert '"n": "abc\\r|_x0041_|😀|\ufffd"' in result.out
    note = "a\rb_x0041_\x01_x0041_x0042_|_x0041\rz"
    Path("x.csv").write_text(f'name,note\nabc,"{note}"\n', newline="")
    assert names_predict("x.csv", "--column", "name", "--output", "out.xlsx").code == 0
    assert read("out.xlsx")[1][1].startswith("a_x000D_b_x005F_x0041__x0001_")
    options = ("--column", "name", "--prefix", "new_", "--format", "jsonl")
    result = names_predict("out.xlsx", *options)
    assert json.loads(result.out)["note"] == note


def test_what_a_sheet_cannot_hold_is_one_line(
    names_predict: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("long.csv").write_text(f"name,note\nabc,{'x' * 40_000}\n")
    Path("wide.jsonl").write_text(
        json.dumps({"name": "abc"} | dict.fromkeys(map(str, range(16_382))))
    )
    for file, message in (("long.csv", "a cell of 40,000 char"), ("wide.jsonl", "16,384 columns")):
        result = names_predict(file, "--column", "name", "--output", "out.xlsx")
        assert (result.code, result.err.count("\n")) == (2, 1)
        assert message in result.err
    longest = json.dumps({"name": "abc", "n": float("inf"), "m": float("nan"), "x": "x" * 32_767})
    Path("x.jsonl").write_text(longest)
    assert names_predict("x.jsonl", "--column", "name", "--output", "out.xlsx").code == 0
    assert read("out.xlsx")[1][1:4] == ["inf", None, "x" * 32_767]
    monkeypatch.setattr(excel, "MOST_ROWS", 2)
    for names, code in (("abc\n", 0), ("abc\nabd\n", 2)):
        Path("names.txt").write_text(names)
        result = names_predict("names.txt", "--output", "out.xlsx")
        assert (result.code, "more than 2 rows, as no Excel" in result.err) == (code, bool(code))


@pytest.mark.parametrize("number", [10_482_213, -5_000_000])
def test_a_number_that_is_no_date_is_one_line(names_predict: CommandLine, number: int) -> None:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(["id", "name"])
    for row in (1, number):
        sheet.append([row, "abc"])
        sheet.cell(sheet.max_row, 1).number_format = "dd/mm/yyyy"
    book.save("people.xlsx")
    result = names_predict("people.xlsx", "--column", "name")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "people.xlsx, sheet 'Sheet': cell A3 is formatted as a date, but its" in result.err


def test_names_that_are_numbers_or_dates_are_hashed_too(names_predict: CommandLine) -> None:
    day = datetime.datetime(2020, 1, 1)
    write("people.xlsx", {"a": [["name", "n"], [12345, 1], [day, 2], [True, 3], [None, 4]]})
    options = ("--column", "name", "--hash-names", "--format", "csv")
    rows = names_predict("people.xlsx", *options).out.splitlines()[1:]
    cells = [row.split(",")[0] for row in rows]
    assert [len(cell) for cell in cells] == [64, 64, 64, 0]
    assert len(set(cells)) == 4


def test_an_error_quotes_no_cell(names_predict: CommandLine) -> None:
    write_cell("people.xlsx", '<c r="B3" t="n"><v>Nowak</v></c>')
    result = names_predict("people.xlsx", "--column", "name")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "people.xlsx: a damaged workbook (ValueError): save it again" in result.err
    assert "Nowak" not in result.err


def test_a_strict_workbook_is_one_line(names_predict: CommandLine) -> None:
    write("plain.xlsx", {"a": [["name"], ["abc"]]})
    schemas = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    with zipfile.ZipFile("plain.xlsx") as plain, zipfile.ZipFile("strict.xlsx", "w") as book:
        for member in plain.namelist():
            strict = b"http://purl.oclc.org/ooxml/officeDocument/relationships"
            book.writestr(member, plain.read(member).replace(schemas, strict))
    for options in ((), ("--sheet", "a")):
        result = names_predict("strict.xlsx", *options)
        assert (result.code, result.err.count("\n")) == (2, 1)
        assert "strict.xlsx: no sheet with cells: save it in Excel as Excel Work" in result.err


@pytest.mark.parametrize("content", [b"abc\n", b"PK\x03\x04 damaged", b""])
def test_an_invalid_workbook_is_one_line(names_predict: CommandLine, content: bytes) -> None:
    Path("people.xlsx").write_bytes(content)
    result = names_predict("people.xlsx", "--column", "name")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "people.xlsx: " in result.err


def test_a_workbook_is_whole_or_not_there(names_predict: CommandLine) -> None:
    Path("names.txt").write_bytes(b"abc\n\xff\n")
    assert names_predict("names.txt", "--output", "out.xlsx").code == 2
    assert [path.name for path in Path().glob("out*")] == []
    Path("names.txt").write_text("abc\n")
    result = names_predict("names.txt", "--output", "out.xlsx", "--resume")
    assert (result.code, "xlsx cannot be resumed" in result.err) == (2, True)


def test_without_openpyxl_one_line_says_what_to_install(
    names_predict: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("people.xlsx", {"a": [["name"], ["abc"]]})
    monkeypatch.delitem(sys.modules, "names_predictor.formats.excel")
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    result = names_predict("people.xlsx")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "pip install 'names-predictor[excel]'" in result.err


VALUES = st.one_of(st.integers(-(10**6), 10**6), st.booleans(), st.text("ab=é", min_size=1))


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(VALUES, st.text("abc", min_size=1)), max_size=9), st.integers(1, 4))
def test_every_row_comes_out(rows: list[tuple[Any, str]], size: int) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("a")
    for row in [("note", "name"), *rows]:
        sheet.append([excel.cell_of(sheet, value) for value in row])
    book.save("people.xlsx")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grid, "BLOCK_ROWS", size)
        run(parse(["people.xlsx", "--column", "name", "--output", "out.xlsx"]))
    assert [tuple(row[:2]) for row in read("out.xlsx")[1:]] == rows


def test_a_sheet_of_one_column_needs_none_named(names_predict: CommandLine) -> None:
    write("list.xlsx", {"a": [["abc"], ["abd"]]})
    result = names_predict("list.xlsx", "--output", "out.xlsx")
    assert result == (0, "", f"note: list.xlsx: {grid.FIRST_IS_A_NAME}\n")
    assert [row[0] for row in read("out.xlsx")] == ["abc", "abd"]
    assert [len(row) for row in read("out.xlsx")] == [3, 3]  # no header, and no reason
    write("people.xlsx", {"a": [["Surname"], ["abc"]]})
    assert names_predict("people.xlsx", "--output", "out.xlsx").code == 0
    assert [row[0] for row in read("out.xlsx")] == ["Surname", "abc"]
    write("bare.xlsx", {"a": [[1, "abc"], [2, "abd"]]})
    options = ("bare.xlsx", "--no-header", "--column", "2", "--format", "csv")
    assert [row[:5] for row in names_predict(*options).out.splitlines()][1:] == ["1,abc", "2,abd"]
