"""Files that are chosen on the page, or dropped on it, become CSV."""

import csv
import io
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from conftest import CommandLine
from page_browser import built_page, in_chromium
from page_workbooks import (
    archive_of_a_text,
    chart_workbook,
    damaged_workbook,
    formatted_workbook,
    formula_workbook,
    japanese_workbook,
    wide_workbook,
    workbook,
)

from names_predictor.artifact.store import RELEASED, read_artifact
from names_predictor.inference.predictor import NamePredictor
from names_trainer.page.page import PageOptions

LINES = ["Nowak", "Papadopoulos", "李", 'Ann "Q", x', "", "Nowak", "Garc\ufffda"]
LINES += [f"Nowak {i}" for i in range(60)]
FILE = ("\ufeff" + "\r\n".join(LINES) + "\n").encode().replace("\ufffd".encode(), b"\xff")
"""With a byte-order mark, two kinds of line ends, and a byte that is no UTF-8."""


MANY = 1100
"""Names of a list, more than the page labels at once."""

LONG = 200_000
"""Rows of a workbook, more than a function in a browser takes arguments."""

TABLES: dict[str, tuple[bytes, str | None]] = {
    "input.txt": (FILE, None),
    "dropped.lst": (b"Nowak\n\n", None),
    "people.csv": (b'id,name,note\r\n1,Nowak,"a, ""b"""\r\n2\r\n3,"x\r\ny",,z\r\n', None),
    "changed.csv": (b"id,name,who\n1,,Nowak\n", "2"),
    "two.csv": (b"first name,surname\nAnna,Nowak\n", "0,1"),
    "ambiguous.csv": (b"id,who\n1,Nowak\n", "1"),
    "semi.csv": (b"sep=;\nid;name\n1;Nowak\n", None),
    "pipe.csv": ("\ufeffid|näme, n\n1|Nowak\n".encode(), "1"),
    "tabs.tsv": (b"id\tlabel\n1\tNowak\n", "1"),
    "one.csv": (b"surname\nNowak\n", None),
    "list.csv": (b"Nowak\nKowalska\n", None),
    "commas.csv": (b"Nowak\nLee, Kim\n", None),
    "surplus.tsv": (b"surname\nNowak\nLee\tKim\n", None),
    "mac.txt": (b"Nowak\rLee\r", None),
    "little.csv": ("\ufeffname\nΚώστας\n".encode("utf-16-le"), None),
    "big.csv": ("\ufeffname\nΚώστας\n".encode("utf-16-be"), None),
    "commas.tsv": (b"id,n\tname,x\n1,2\tNowak,y\n", None),
    "widest.csv": (b"a,b;name;c\n1,2;Nowak;x\n", None),
    "order.txt": (b"id;surname, given name\n1;Nowak, Jan\n", None),
    "return.csv": (b'surname,note\nNowak,"a\rb"\n', None),
    "untitled.csv": (b",name,\n1,Nowak,x\n", None),
    "many.txt": ("".join(f"Nowak {i}\n" for i in range(MANY)).encode(), None),
    "array.json": (b'\n [{"id": 1.5, "name": "Nowak"}, {"name": null, "x": [1]}]', None),
    "lines.json": (b'{"name": "Nowak"}\n"Kowalska"\n', None),
    "lines.ndjson": (b'{"name": "Nowak"}\n', None),
    "book.xlsx": (workbook(), "2"),
    "formula.xlsx": (formula_workbook(), None),
    "wide.xlsx": (wide_workbook(), None),
    "chart.xlsx": (chart_workbook(), None),
    "japanese.xlsx": (japanese_workbook(), None),
    "cut.xlsx": (workbook()[:900], None),
    "misplaced.xlsx": (damaged_workbook(-4), None),  # the offset of the list of members
    "damaged.xlsx": (damaged_workbook(workbook().index(b"xl/worksheets/sheet1.xml") + 30), None),
    "archive.zip": (archive_of_a_text(), None),
    "names.txt": (b"PAR1S\nNowak", None),
    "packed.csv": (b"\x1f\x8b\x08\x00" + bytes(9), None),
    "broken.json": (b"[{]", None),
    "numbers.json": (b'[{"name": "Nowak"}, 3, ["Lee"], null]', None),
    "long.json": (b'[{"id": 12345678901234567890, "name": "Nowak"}]', None),
    "empty.json": (b"[]", None),
    "empty.csv": (b"", None),
    "open.csv": (b'id,name\n1,Nowak\n2,"Lee\n3,Kim\n', None),
    "violet.csv": ("id,Фиолетовый,город\n1,Nowak,x\n".encode(), "1"),
    "method.json": (b'[{"name": "Nowak", "toString": "x"}]', "0"),
    "keys.jsonl": ("".join(f'{{"k{i}": "Nowak"}}\n' for i in range(8000)).encode(), None),
    "unmarked.csv": ("name;city\nNowak;X\n".encode("utf-16-le"), None),
    "name.constructor": (b"Nowak\nLee\n", None),
    "title.csv": (b"Customers\n\nid;name\n1;Nowak\n", None),
    "title.tsv": (b"Customers\n\nid\tname\n1\tNowak\n", None),
    "title.txt": (b"Customers\n\nid;name\n1;Nowak\n", None),
    "titel.csv": (b"Kunden\nNr;Kunde;Ort\n1;Nowak;X\n", None),
    "euro.csv": (b"Nr;Preis;Summe;Kunde\n1;3,50;4,20;Nowak\n2;1,50;2,20;Lee\n", "3"),
    "quotes.csv": (b'id,name\n1,Nowak\n2,"Lee" Kim\n', None),
    "cells.json": (b'[{"name": ["Lee"]}, {"name": true}, {"name": 1}, {"name": "Nowak"}]', "0"),
    "declared.tsv": (b"sep=;\nid;name\n1;Nowak\n", "1"),
    "prototype.json": (b'[{"name": "Nowak"}, {"name": "Lee", "__proto__": 3}]', "0"),
    "blank.csv": (b"\nid,name\n1,Nowak\n", None),
    "closed.csv": (b'id,name\n1,"Nowak"', None),
    "people.parquet": (b"PAR1\x15\x04\x15\x10Nowak\nPAR1", None),
    "twice.csv": (b"name,label,names_label\nNowak,a,b\n", "0"),
    "formatted.xlsx": (formatted_workbook(), None),
    "long.xlsx": (japanese_workbook(LONG), None),
    "nested.json": (b'[{"name": {"first": "Anna", "last": "Nowak"}, "x": {}}]', "0,1"),
    "export.txt": (b"id\tsurname\n1\tNowak\n2\tLee\n", None),
    "latin.csv": ("name\nMüller\nNuñez\n".encode("cp1252"), None),
    "garbled.csv": ("name\nM\ufffdller\nNowak\n".encode(), None),
    "saved.xls": (b"\xef\xbb\xbf\n<Table><tr><td>Nowak</td></tr></Table>", None),
    "commas.txt": (b"Nowak, Jan\nLee, Kim\n", None),
    "bare.csv": (b"1,Nowak\n2,Lee,x\n3,Kim\n", "1"),
    "named.csv": (b"name,Nowak\nsurname,Lee\n", "0"),
}
"""Files of several kinds, and the column that the page chooses for names."""

BARE = {"bare.csv", "named.csv"}
"""Tables without a header, which a person says."""

UNLIKE = {
    "big.csv": "names-predict refuses it without --encoding utf-16",
    "book.xlsx": "names-predict asks for the sheet",
    "empty.csv": "names-predict writes an empty output",
    "empty.json": "names-predict writes an empty output",
    "japanese.xlsx": "openpyxl needs more members",
    "keys.jsonl": "names-predict labels its rows, in which another key has the name",
    "latin.csv": "names-predict refuses it without --errors flag",
    "little.csv": "names-predict refuses it without --encoding utf-16",
    "long.xlsx": "openpyxl needs more members",
}
"""Files that the page reads otherwise than `names-predict`, and why."""

PREFIXES = {"tabs.tsv": "names_", "twice.csv": "names_names_"}
"""Prefixes of the new columns, which the page chooses itself."""

DELIMITERS = {
    "euro.csv": ";",
    "semi.csv": ";",
    "widest.csv": ";",
    "order.txt": ";",
    "pipe.csv": "|",
    "export.txt": "\t",
}
"""Delimiters of the outputs of `names-predict`, if not a comma."""

Opened = tuple[NamePredictor, dict[str, Any]]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    artifact = read_artifact(RELEASED)
    folder = tmp_path_factory.mktemp("files")
    page = built_page(artifact, folder, PageOptions())
    work = {
        name: {
            "content": list(content),
            "column": column,
            "dropped": name == "dropped.lst",
            "bare": name in BARE,
        }
        for name, (content, column) in TABLES.items()
    }
    found = in_chromium(page, Path(__file__).with_suffix(".js"), work, folder / "profile")
    return NamePredictor(artifact), found.seen


def rows_of(text: str) -> list[list[str]]:
    assert text.startswith("\ufeff")  # by which spreadsheets know UTF-8
    return list(csv.reader(io.StringIO(text[1:], newline="")))


def test_a_list_becomes_csv(opened: Opened) -> None:
    predictor, found = opened
    seen = found["input.txt"]
    assert seen["file"] == "input-labelled.csv"
    assert seen["more"] == f"The first 50 of {len(LINES)}; the CSV has all of them."
    rows = rows_of(seen["csv"])
    assert rows[0] == ["name", "label", "probability", "reason"]
    assert [row[0] for row in rows[1:]] == LINES
    for row, prediction in zip(rows[1:], predictor.predict(LINES), strict=True):
        assert row[1] == (prediction.label or "")
        assert row[3] == (prediction.reason or "")
        if prediction.probability is None:
            assert row[2] == ""
        else:
            assert float(row[2]) == pytest.approx(prediction.probability, abs=2e-4)
    rows = rows_of(found["many.txt"]["csv"])
    assert [row[0] for row in rows[1:]] == [f"Nowak {i}" for i in range(MANY)]
    assert not found["many.txt"]["isProgressShown"]
    assert found["dropped.lst"]["status"] == "dropped.lst: 2 rows, 1 labelled, 1 not."
    assert found["names.txt"]["status"] == "names.txt: 2 rows, 2 labelled, 0 not."


def test_many_names_are_summed_up_by_label(opened: Opened) -> None:
    predictor, found = opened
    labels = Counter(p.label for p in predictor.predict(LINES) if p.label)
    bars = found["input.txt"]["bars"]
    assert [int(count) for _, _, count in bars] == sorted(labels.values(), reverse=True)[:8]
    assert {label: int(count) for label, _, count in bars}.items() <= labels.items()
    shares = [labels[label] / labels.total() for label, _, _ in bars]
    assert [float(share) for _, share, _ in bars] == pytest.approx(shares)
    assert found["people.csv"]["bars"] is None  # a few rows


def test_the_column_of_names_is_found_or_asked_for(opened: Opened) -> None:
    predictor, found = opened
    people = found["people.csv"]
    assert people["status"] == "people.csv: 3 rows, 1 labelled, 2 not."
    assert people["chosen"] == "1"
    assert people["columns"] == ["choose …", "id: 1 …", "name: Nowak …", 'note: a, "b" …']
    untitled = found["untitled.csv"]["columns"]
    assert untitled == ["choose …", "column 1: 1 …", "name: Nowak …", "column 3: x …"]
    changed = rows_of(found["changed.csv"]["csv"])
    (nowak,) = predictor.predict(["Nowak"])
    assert changed[1][:4] == ["1", "", "Nowak", nowak.label]
    ambiguous = found["ambiguous.csv"]
    assert ambiguous["asked"] == "ambiguous.csv: a header of 2 columns and 1 row."
    assert rows_of(ambiguous["csv"])[1][2] == nowak.label
    assert found["violet.csv"]["guessed"] == ""  # фио begins a word there, it is none
    assert found["name.constructor"]["columns"] is None
    two = found["two.csv"]
    assert two["columns"][1] == "first name and surname together"
    (both,) = predictor.predict(["Anna Nowak"])
    assert rows_of(two["csv"])[1][2:4] == [both.label, f"{both.probability:.4f}"]


def test_the_first_row_of_a_table_without_a_header_is_labelled(opened: Opened) -> None:
    predictor, found = opened
    rows = rows_of(found["bare.csv"]["csv"])
    (nowak,) = predictor.predict(["Nowak"])
    assert rows[0] == ["column 1", "column 2", "label", "probability", "reason"]
    assert rows[1][:3] == ["1", "Nowak", nowak.label]
    assert [row[4] for row in rows[1:]] == ["", "malformed", ""]
    assert found["bare.csv"]["isHeaderAsked"]
    # A choice made before stays: here the page took "name" for the header of the names.
    assert [row[0] for row in rows_of(found["named.csv"]["csv"])] == ["column 1", "name", "surname"]
    for name in ("array.json", "nested.json", "list.csv", "export.txt"):
        assert found[name]["isHeaderAsked"] == (name == "export.txt")


def test_every_row_of_a_table_comes_back(opened: Opened) -> None:
    predictor, found = opened
    rows = {name: rows_of(one["csv"]) for name, one in found.items() if one["csv"]}
    new = ["label", "probability", "reason"]
    assert [row[:3] for row in rows["people.csv"]] == [
        ["id", "name", "note"],
        ["1", "Nowak", 'a, "b"'],
        ["2", "", ""],
        ["3", "x\r\ny", ",z"],
    ]
    assert [row[5] for row in rows["people.csv"]] == ["reason", "", "malformed", "malformed"]
    (nowak,) = predictor.predict(["Nowak"])
    assert rows["semi.csv"][0] == ["id", "name", *new]
    assert rows["pipe.csv"][0] == ["id", "näme, n", *new]
    assert rows["tabs.tsv"][0] == ["id", "label", *(f"names_{column}" for column in new)]
    assert rows["one.csv"][0] == ["surname", *new]
    assert rows["commas.tsv"][0] == ["id,n", "name,x", *new]
    assert rows["widest.csv"][0] == ["a,b", "name", "c", *new]
    assert rows["order.txt"][1][1] == "Nowak, Jan"
    assert rows["return.csv"][1][:2] == ["Nowak", "a\rb"]
    for name in ("little.csv", "big.csv"):
        assert [row[0] for row in rows[name]] == ["name", "Κώστας"]
    assert [row[0] for row in rows["lines.ndjson"]] == ["name", "Nowak"]
    assert [row[0] for row in rows["list.csv"]] == ["name", "Nowak", "Kowalska"]
    assert rows["commas.csv"][2][0] == "Lee, Kim"
    assert rows["euro.csv"][1][:5] == ["1", "3,50", "4,20", "Nowak", nowak.label]
    assert rows["surplus.tsv"][2][0] == "Lee\tKim"
    assert rows["array.json"][0] == ["id", "name", "x", *new]
    assert [row[5] for row in rows["array.json"][1:]] == ["", "blank"]
    assert [row[-1] for row in rows["numbers.json"][1:]] == ["", "malformed", "malformed", "blank"]
    assert [row[0] for row in rows["lines.json"]] == ["name", "Nowak", "Kowalska"]
    for name in ("people.csv", "semi.csv", "pipe.csv", "tabs.tsv", "one.csv", "list.csv"):
        assert nowak.label in rows[name][1]


def test_a_workbook_is_read(opened: Opened) -> None:
    predictor, found = opened
    book = found["book.xlsx"]
    assert book["columns"][1] == "given name and surname together"
    rows = rows_of(book["csv"])
    assert [row[:4] for row in rows] == [
        ["id", "given name", "surname", "is member"],
        ["1", "Anna", "Nowak & Co <3", "TRUE"],
        ["2.5", "", "Κώστας\nPapadopoulos", "FALSE"],
        ["", "", "", ""],
        ["", "Li", "Wei", ""],
    ]
    names = [row[2] for row in rows[1:]]
    assert [row[4] for row in rows[1:]] == [p.label or "" for p in predictor.predict(names)]
    assert [row[6] for row in rows[1:]] == ["", "", "blank", ""]
    assert rows_of(found["japanese.xlsx"]["csv"])[1][:2] == ["山田_", "Japanese"]


def test_cells_of_a_workbook_that_are_no_names(opened: Opened) -> None:
    _, found = opened
    rows = rows_of(found["formatted.xlsx"]["csv"])
    assert [row[:2] for row in rows] == [
        ["id", "name"],
        ["1", "Nowak"],
        ["2", "#N/A"],
        ["3", "TRUE"],
    ]
    assert [row[4] for row in rows] == ["reason", "", "blank", "blank"]
    assert rows_of(found["chart.xlsx"]["csv"])[1][:2] == ["Nowak", "1"]
    assert len(rows_of(found["long.xlsx"]["csv"])) == 1 + LONG
    assert [row[27] for row in rows_of(found["wide.xlsx"]["csv"])] == ["name", "Nowak"]


def test_fields_of_json_and_tables_of_text_are_columns(opened: Opened) -> None:
    predictor, found = opened
    nested = rows_of(found["nested.json"]["csv"])
    (both, nowak) = predictor.predict(["Anna Nowak", "Nowak"])
    assert nested[0][:3] == ["name.first", "name.last", "x"]
    assert nested[1][:5] == ["Anna", "Nowak", "{}", both.label, f"{both.probability:.4f}"]
    assert rows_of(found["long.json"]["csv"])[1][0] == "12345678901234567890"
    export = rows_of(found["export.txt"]["csv"])
    assert export[0][:3] == ["id", "surname", "label"]
    assert export[1][:3] == ["1", "Nowak", nowak.label]
    assert rows_of(found["commas.txt"]["csv"])[1][0] == "Nowak, Jan"
    assert rows_of(found["closed.csv"]["csv"])[1][:2] == ["1", "Nowak"]


def test_a_key_that_every_object_inherits_is_a_column_of_its_own(opened: Opened) -> None:
    _, found = opened
    header, first, second = rows_of(found["prototype.json"]["csv"])
    assert (header[1], first[1], second[1]) == ("__proto__", "", "3")


def test_new_columns_have_names_of_their_own(opened: Opened) -> None:
    _, found = opened
    header, row = rows_of(found["twice.csv"]["csv"])
    assert header[3:] == [f"names_names_{name}" for name in ("label", "probability", "reason")]
    assert row[:3] == ["Nowak", "a", "b"]


def test_what_cannot_be_read_is_refused(opened: Opened) -> None:
    _, found = opened
    for name, status in {
        "formula.xlsx": "formula.xlsx has formulas without a stored value: open it in Excel and "
        "save it once.",
        "cut.xlsx": "cut.xlsx is a zip archive that is damaged or cut off.",
        "misplaced.xlsx": "misplaced.xlsx is damaged or cut off: save it again.",
        "damaged.xlsx": "damaged.xlsx is damaged or cut off: save it again.",
        "archive.zip": "archive.zip is a zip archive without a workbook: unpack it first.",
        "packed.csv": "packed.csv is compressed (gzip): save it as CSV.",
        "broken.json": "broken.json is no JSON of rows: give an array of objects, or an object a "
        "line.",
        "empty.json": "empty.json has no columns: give a file with names.",
        "empty.csv": "empty.csv has no columns: give a file with names.",
        "blank.csv": "blank.csv, row 1: blank, but a header belongs there: remove the line.",
        "keys.jsonl": "keys.jsonl has 8,000 different keys: give all rows the same ones.",
        "unmarked.csv": "unmarked.csv looks like UTF-16: save it as UTF-8, in Excel as “CSV "
        "UTF-8”.",
        **{
            f"title.{ending}": f"title.{ending}, row 1: a title above the header: remove it."
            for ending in ("csv", "tsv", "txt")
        },
        "titel.csv": "titel.csv, row 1: a title above the header: remove it.",
        "quotes.csv": "quotes.csv, row 3: text after a closing quote: double the quotes within a "
        "cell.",
        "open.csv": "open.csv, row 3: quotes that open here never close: close them, and double "
        "those within a cell.",
        "latin.csv": "latin.csv is not UTF-8: save it as such, in Excel as “CSV UTF-8”.",
        "saved.xls": "saved.xls is an HTML page or XML document: save it as CSV.",
        "people.parquet": "people.parquet is a Parquet file: save it as CSV.",
    }.items():
        assert found[name]["status"] == status
        assert found[name]["csv"] is None
    assert found["two"]["status"] == "2 files: give one at a time."
    assert not found["two"]["isTextTaken"]  # a text is dropped into the field


@pytest.mark.parametrize("name", [name for name in TABLES if name not in UNLIKE])
def test_the_page_labels_the_rows_that_names_predict_labels(
    name: str, opened: Opened, tmp_path: Path, names_predict: CommandLine
) -> None:
    _, found = opened
    on_page = found[name]
    file = tmp_path / name
    file.write_bytes(TABLES[name][0])
    output = tmp_path / "labelled.csv"
    arguments: list[object] = [file, "--output", output, "--errors", "flag"]
    arguments += ["--prefix", PREFIXES.get(name, "")]
    if on_page["csv"] is None:
        assert names_predict(*arguments).code == 2
        return
    header, *rows = rows_of(on_page["csv"])
    if name in BARE:
        arguments.append("--no-header")
        header = [str(number) for number in range(1, len(header) + 1)]
    for column in (on_page["chosen"] or "").split(","):
        arguments += ["--column", header[int(column)]] if column else []
    assert names_predict(*arguments).code == 0
    with output.open(encoding="utf-8-sig", newline="") as lines:
        expected = list(csv.reader(lines, delimiter=DELIMITERS.get(name, ",")))[-len(rows) :]
    for own, other in zip(rows, expected, strict=True):
        assert (own[-3], own[-1]) == (other[-3], other[-1])
