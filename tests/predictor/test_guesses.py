"""Ambiguous files: the guess is right, or an error asks for an option."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import CommandLine, enter_workplace

workplace = pytest.fixture(autouse=True)(enter_workplace)


@pytest.mark.parametrize("name", ["x.txt", "x", "x.dat", "-"])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id\tname\n1\tabc\n", "a table of 2 columns (id, name): give the column of the names"),
        ("id;name\n1;abc", "a table of 2 columns (id, name): give the column of the names"),
        ("id|x|name\n1|y|abc\n", "a table of 3 columns (id, x, name)"),
        ("id,name\n1,abc\n", "a table of 2 columns (id, name): give the column of the names"),
        ("a,b,c\n1,abc,d\n", "--column a (if the first line is a row already, --no-header"),
        ('id;name\n1;"a; b"\n2;abc\n', "a table of 2 columns (id, name)"),
        ('a;b\n"c;d\ne;f\n', "a table of 2 columns (a, b)"),
        ("id;a;b\n1;2,50;3,20\n2;3,50;4,20\n", "a table of 3 columns (id, a, b)"),
        ("id,a,b\n1,x;y;z,2\n2,x;y;z,2\n", "a table of 3 columns (id, a, b)"),
        ("List\n1;a;b\n2;c;d\n", "a title above the header of a table: remove it"),
        ('{"name": "abc"}\n', "JSON: give --input-format json, for lines of it jsonl"),
        ('\n [{"name": "abc"}]', "JSON: give --input-format json"),
    ],
)
def test_a_text_that_is_a_table_is_not_labelled_by_lines(
    name: str, content: str, message: str
) -> None:
    if name != "-":
        Path(name).write_text(content)
    command = [sys.executable, "-m", "names_predictor", name]
    done = subprocess.run(command, input=content, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert message in done.stderr
    command += ["--input-format", "text"]
    done = subprocess.run(command, input=content, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.count("\n")) == (0, len(content.splitlines()))


@pytest.mark.parametrize(
    "content",
    [
        "Abc, Def\nGhi, Jkl\n",
        "abc;def\n",
        "abc;def\nghi\n",
        "abc\td\nefg\n",
        "abc, d, e\nfgh, i\n",
        "abc, d, e\nfgh, i, j\n",
        "abc\nfgh, i, j\nabd, e, k\n",
        '"abc" d, e\nf, g\n',
        "[abc] d\nefg\n",
        "{abc}\n",
        "\n\n",
    ],
)
def test_a_list_stays_a_list(names_predict: CommandLine, content: str) -> None:
    Path("x.txt").write_text(content)
    result = names_predict("x.txt")
    assert (result.code, result.err) == (0, "")
    assert result.out.count("\n") == content.count("\n")


def test_a_header_that_is_not_recognised_is_noted(names_predict: CommandLine) -> None:
    Path("x.csv").write_text("customer\nabc\n")
    result = names_predict("x.csv")
    assert result.code == 0
    assert result.err == (
        "note: x.csv:1: the first cell of its one column is taken for a name: if it is the header, "
        "give it as --column\n"
    )
    assert names_predict("x.csv", "--column", "customer").err == ""
    Path("x.csv").write_text("surname\nabc\n")
    assert names_predict("x.csv").err == ""


@pytest.mark.parametrize("kind", ["fifo", "/dev/stdin"])
def test_a_pipe_may_be_given_as_a_file(kind: str) -> None:
    content = b"id,name\n1,abc\n"
    arguments = ["--column", "name"]
    path, given = kind, content
    if kind == "fifo":
        os.mkfifo("pipe")
        path, given = "pipe", b""
        threading.Thread(target=lambda: Path("pipe").write_bytes(content), daemon=True).start()
    command = [sys.executable, "-m", "names_predictor", path, *arguments]
    done = subprocess.run(command, input=given, capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"id,name,label,probability,reason\n1,abc,label ")


def test_a_pipe_in_a_folder_is_not_waited_for(names_predict: CommandLine) -> None:
    Path("lists").mkdir()
    Path("lists/a.txt").write_text("abc\n")
    os.mkfifo("lists/b.txt")
    result = names_predict("lists")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: lists/b.txt: a pipe or device: ")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("content", ['[{"name": "abc"}]', '{"name": "abc"}\n'])
def test_json_in_another_encoding(names_predict: CommandLine, encoding: str, content: str) -> None:
    Path("x.json").write_bytes(content.encode(encoding))
    result = names_predict("x.json", "--encoding", encoding)
    assert result.code == 0, result.err
    assert result.out.startswith("[" if content[0] == "[" else "{")
    assert '"name": "abc"' in result.out


def test_null_is_a_blank_name(names_predict: CommandLine) -> None:
    Path("x.json").write_text('["abc", null, ""]')
    rows = names_predict("x.json", "--format", "csv").out.splitlines()
    assert [row.rpartition(",")[2] for row in rows] == ["reason", "", "blank", "blank"]
    Path("x.jsonl").write_text('{"name": {"last": "abc"}}\n{"name": null}\nnull\n\n')
    rows = names_predict("x.jsonl", "--column", "name.last", "--format", "csv").out.splitlines()
    assert [row.rpartition(",")[2] for row in rows] == ["reason", "", "blank", "blank", "blank"]


@pytest.mark.parametrize(
    ("encoding", "message"),
    [
        ("utf-32", "begins as UTF-32 does: try --encoding utf-32"),
        ("utf-32-le", "looks like UTF-32LE: try --encoding utf-32-le"),
        ("utf-32-be", "looks like UTF-32BE: try --encoding utf-32-be"),
        ("utf-16-be", "looks like UTF-16BE: try --encoding utf-16-be"),
    ],
)
def test_wide_encodings_are_named(names_predict: CommandLine, encoding: str, message: str) -> None:
    Path("x.txt").write_bytes("abcdef\nghi\n".encode(encoding))
    result = names_predict("x.txt")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert message in result.err


def test_errors_and_truth_values_in_a_sheet_are_no_names(names_predict: CommandLine) -> None:
    book = openpyxl.Workbook()
    for row in (["name"], ["abc"], ["#N/A"], [True], ["#REF!"]):
        book.active.append(row)
    book.save("x.xlsx")
    rows = names_predict("x.xlsx", "--format", "csv").out.splitlines()
    assert [row.rpartition(",")[2] for row in rows[1:]] == ["", "blank", "blank", "blank"]


def test_a_formula_without_a_value_is_reported(names_predict: CommandLine) -> None:
    book = openpyxl.Workbook()
    for row in (["name", "n"], ["abc", "=1+1"]):
        book.active.append(row)
    book.save("x.xlsx")
    result = names_predict("x.xlsx", "--column", "name")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "sheet 'Sheet': formulas without a stored value: open the workbook" in result.err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(90), "or one with a password"),
        (b"\x1f\x8b\x08\x00", "it is compressed data: unpack it first"),
        (b"PK\x03\x04cut off", "it is damaged, cut off, or another zip archive"),
        (b"id,name\n", "if it holds text, name its --input-format"),
    ],
)
def test_a_file_that_is_not_a_workbook_is_identified(
    names_predict: CommandLine, content: bytes, message: str
) -> None:
    Path("x.xlsx").write_bytes(content)
    result = names_predict("x.xlsx", "--column", "name")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert (
        f"x.xlsx: not an Excel workbook (.xlsx): {message}" in result.err or message in result.err
    )


def test_a_workbook_with_a_damaged_part(names_predict: CommandLine) -> None:
    import zipfile

    book = openpyxl.Workbook()
    book.active.append(["name"])
    book.save("good.xlsx")
    with zipfile.ZipFile("good.xlsx") as good, zipfile.ZipFile("x.xlsx", "w") as bad:
        for member in good.namelist():
            content = good.read(member)
            bad.writestr(member, content[:-20] if "sheet1" in member else content)
    result = names_predict("x.xlsx", "--column", "name")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "x.xlsx: a damaged workbook (ParseError): save it again" in result.err


def test_columns_in_the_names_of_folders_are_noted(names_predict: CommandLine) -> None:
    for country in ("DE", "PL"):
        folder = Path("parts") / f"country={country}"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"name": ["abc"]}), folder / "part-0.parquet")
    result = names_predict("parts", "--column", "name", "--format", "csv")
    assert result.code == 0
    assert result.err == "note: country: in the folders' names only, so not in the output\n"


def test_a_corpus_of_the_wrong_kind_is_refused(names: CommandLine) -> None:
    folder = Path("corpus")
    folder.mkdir()
    (folder / "one.txt").write_bytes("abc\nabd\nabe\n".encode("utf-16-le"))
    (folder / "two.txt").write_text("xyz\nxyy\nxya\n")
    result = names("data", "check", "--data", folder)
    assert result.code == 1
    assert "undecodable" in result.out
    (folder / "one.txt").write_text("__label__a abc\n__label__b xyz\n")
    result = names("train", "--data", folder)
    assert (
        result.code,
        "one.txt: its lines begin with __label__: give the file" in result.err,
    ) == (
        2,
        True,
    )
    (folder / "one.txt").write_text("abc\nabd\nabe\n")
    (folder / "three.txt.gz").write_bytes(b"")
    (folder / "~$one.txt").write_text("lock")
    (folder / "t.csv").write_text("name,label\n")
    result = names("data", "check", "--data", folder)
    assert "corpus: left out t.csv, three.txt.gz: only <Label>.txt files are read" in result.err
    assert "~$one" not in result.out
    assert names("data", "check", "--data", "").code == 2


def test_whole_numbers_are_labels(names: CommandLine) -> None:
    rows = [{"name": f"{a}{b}{c}", "label": a} for a in (0, 1) for b in "abc" for c in "def"]
    names_of = [f"n{row['name']}" for row in rows]
    labels = [row["label"] for row in rows]
    lines = (f'{{"name": "{n}", "label": {x}}}\n' for n, x in zip(names_of, labels, strict=True))
    Path("x.jsonl").write_text("".join(lines))
    pq.write_table(pa.table({"name": names_of, "label": labels}), "x.parquet")
    for path in ("x.jsonl", "x.parquet"):
        result = names("data", "check", "--data", path)
        assert result.code == 0, result.out
        assert "malformed" not in result.out
