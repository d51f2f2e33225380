"""Tables that cannot be used: the line, the reason and what to do."""

from pathlib import Path

import pytest
from conftest import CommandLine


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


TABLE = ["--data", "t.csv"]
JSON = ["--data", "t.jsonl"]


@pytest.mark.parametrize(
    ("file", "content", "options", "message"),
    [
        ("t.csv", b"name,label\na,U\nb,\n", TABLE, "t.csv:3: no-label line"),
        ("t.csv", b"name,label\na,U\nb,\x1b[1mV\n", TABLE, "t.csv:3: unusable-label line"),
        ("t.csv", b"name,label\na,U\nM\xfcl,V\n", TABLE, "t.csv:3: undecodable line"),
        ("t.csv", b"name,label\na,M\xfcl\nb,V\n", TABLE, "t.csv:2: undecodable line"),
        ("t.csv", b"name,label\na,U\n" + b"b" * 129 + b",V\n", TABLE, "t.csv:3: too-long line"),
        ("t.csv", b"name,label\na,U\nb\n", TABLE, "t.csv:3: malformed line"),
        ("t.csv", b"name,label\n", TABLE, "t.csv: no name in it"),
        ("t.csv", b"id,kind\n1,U\n", TABLE, "'name' is missing: choose one of id, kind (--column"),
        ("t.csv", b"name,kind\n1,U\n", TABLE, "'label' is missing: choose one of name, kind (--c"),
        ("t.csv", b"label\n", [*TABLE, "--column", "label"], "'label' has the names already"),
        ("t.csv", b"", TABLE, "t.csv: no name in it"),
        ("t.csv", b"name,name,label\na,b,U\n", TABLE, "'name' occurs more than once"),
        ("t.csv", "name,label\na,U\n".encode("utf-16"), TABLE, "t.csv: begins as UTF-16 does"),
        (
            "t.csv",
            "a,b\nx,U\n".encode("utf-16"),
            [*TABLE, "--column", "a", "--label-column", "b"],
            "t.csv: begins as UTF-16 does",
        ),
        ("t.csv", b"a,U\n", [*TABLE, "--column", "1"], "is a row already, add a header (--column"),
        ("t.csv", b"name^label\na^U\n", TABLE, "remove it; else save it as CSV with commas"),
        ("t.csv", b"--sheet,b\nx,U\n", TABLE, "missing: choose one of --sheet, b (--column"),
        ("t.jsonl", b'{"a": "b"}\n', [*JSON, "--column", "1"], "is missing: choose one of a ("),
        ("t.csv", b'[{"name": "a"}]', TABLE, "JSON, not a table: give it the ending of its"),
        ("t.csv", b"PAR1\0\0", TABLE, "a Parquet file, not text: give it the ending of its format"),
        ("t.csv", "name,label\n".encode("utf-16-le"), TABLE, "UTF-16LE: save it as UTF-8"),
        ("t.jsonl", b'{"name": "a"}\n', JSON, "'label' is missing: choose one of name"),
        ("t.jsonl", b'{"name": "a", "label": [3]}\n', JSON, "t.jsonl:1: malformed"),
        ("t.jsonl", b'{"name": "a", "label": "U"}\n[]\n', ["--data", "t.jsonl"], "t.jsonl:2: "),
        ("t.parquet", b"none", ["--data", "t.parquet"], "t.parquet: not a Parquet file"),
        ("t.txt", b"a\nb\n", ["--data", "t.txt"], "t.txt: names without labels: give a folder"),
        ("t.txt", b"__label__U a\nb\n", ["--data", "t.txt"], "t.txt:2: no-label line"),
        ("t.txt", b"__label__U a\n__label__ b\n", ["--data", "t.txt"], "t.txt:2: no-label line"),
        (
            "t.txt",
            b"__label__U a\n__label__U __label__V b\n",
            ["--data", "t.txt"],
            "t.txt:2: several-labels line",
        ),
        ("d/t.csv", b"name,label\na,U\n", ["--data", "d"], "give the file itself: --data d/t.csv"),
        ("d/t.csv", b"", ["--data", "d", "--column", "name"], "d: a folder has no columns"),
        ("t.csv", b"", ["--data", "t.cvs"], "t.cvs: no such folder or file"),
        ("t.csv", b"", ["--data", "/dev/null"], "/dev/null: can be read only once"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", [["train"], ["evaluate", "--artifacts"]])
def test_an_unusable_file_is_one_line_and_exit_code_2(
    names: CommandLine,
    artifact_folder: Path,
    file: str,
    content: bytes,
    options: list[str],
    message: str,
    command: list[object],
) -> None:
    Path(file).parent.mkdir(exist_ok=True)
    Path(file).write_bytes(content)
    given = [artifact_folder] if command[0] == "evaluate" else []
    result = names(*command, *given, *options)
    assert result.code == 2
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1, result.err
    assert message in result.err
    assert not Path("artifacts").exists()


def test_a_workbook_has_one_sheet(names: CommandLine) -> None:
    book = pytest.importorskip("openpyxl").Workbook()
    for sheet in (book.active, book.create_sheet("Others")):
        sheet.append(["name", "label"])
    book.save("t.xlsx")
    result = names("train", "--data", "t.xlsx")
    assert result.code == 2
    assert result.err == "error: t.xlsx: several sheets (Sheet, Others): keep one\n"


def test_names_to_evaluate_need_no_second_label(names: CommandLine, artifact_folder: Path) -> None:
    few = "".join(f"name{i},{label}\n" for i, label in enumerate(["label 0"] * 3))
    ids = "".join(f"name{i},id {i}\n" for i in range(30))
    for rows in (few, f"{few}{ids}"):
        Path("t.csv").write_text(f"name,label\n{rows}")
        result = names("evaluate", "--artifacts", artifact_folder, *TABLE)
        assert result.code == 0, result.err
    Path("t.csv").write_text(f"name,label\n{ids}")
    result = names("evaluate", "--artifacts", artifact_folder, *TABLE)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "none of its labels is one of the model's" in result.err


def test_columns_without_a_table_are_an_error(names: CommandLine, artifact_folder: Path) -> None:
    result = names("evaluate", "--artifacts", artifact_folder, "--label-column", "x")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "--label-column: only with --data" in result.err
