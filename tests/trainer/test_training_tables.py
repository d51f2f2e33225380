"""Training on a table, or on a file in fastText's format, equals that on a folder."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import SYLLABLES, CommandLine, small_config, write_corpus

from names_trainer.config import Source
from names_trainer.data.corpus import Row, read_corpus
from names_trainer.data.sources import corpus_lines
from names_trainer.runs.run import Run
from names_trainer.training.loop import train

SMALL = ["--hidden-dim", 8, "--embedding-dim", 4, "--num-epochs", 1, "--batch-size", 30]
COLUMNS = ["--column", "given name", "--column", "surname", "--label-column", "from"]
Records = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def records(corpus: Path) -> Records:
    """The rows of the corpus as records; every name is in two columns."""
    rows = read_corpus(Source(corpus))
    return [{"id": f"{i}", "given name": "zo", "surname": n, "from": x} for i, (n, x) in
            enumerate(rows)]  # fmt: skip


def write_csv(path: Path, records: Records, delimiter: str = ",") -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(records[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(records)


def write_tsv(path: Path, records: Records) -> None:
    write_csv(path, records, "\t")


def write_jsonl(path: Path, records: Records) -> None:
    lines = (json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    path.write_text("".join(lines), encoding="utf-8")


def write_parquet(path: Path, records: Records) -> None:
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist(records), path)


def write_fasttext(path: Path, records: Records) -> None:
    lines = (f"__label__{r['from']} {r['given name']} {r['surname']}\n" for r in records)
    path.write_text("".join(lines), encoding="utf-8")


FORMATS: dict[str, tuple[Callable[[Path, Records], None], list[str]]] = {
    "people.csv": (write_csv, COLUMNS),
    "people.tsv": (write_tsv, COLUMNS),
    "people.jsonl": (write_jsonl, COLUMNS),
    "people.parquet": (write_parquet, COLUMNS),
    "people.txt": (write_fasttext, []),
    "people.train": (write_fasttext, []),
}


@pytest.mark.parametrize("file", FORMATS)
def test_every_format_trains_resumes_exports_and_is_evaluated(
    names: CommandLine, records: Records, file: str
) -> None:
    write, columns = FORMATS[file]
    write(Path(file), records)
    data = ["--data", file, *columns]
    assert names("data", "check", *data).code == 0
    result = names("train", *data, *SMALL)
    assert (result.code, result.err) == (0, "")
    assert f"{file}: 3 labels" in result.out
    (run,) = Path("artifacts/runs").iterdir()
    (run / "test.json").unlink()
    result = names("train", "--resume")
    assert (result.code, result.err) == (0, "")
    assert "test, best epoch 1" in result.out
    assert names("export").code == 0
    vocab = json.loads(Path("artifacts/vocab.json").read_text(encoding="utf-8"))
    assert vocab["labels"] == sorted(SYLLABLES)
    assert f"| corpus | {file}" in Path("artifacts/MODEL_CARD.md").read_text(encoding="utf-8")
    own = names("evaluate", "--json")
    assert json.loads(own.out)["subsets"][0]["rows"] > 0
    for options in ([], ["--run", run]):
        result = names("evaluate", *options, *data, "--json")
        assert (result.code, result.err) == (0, "")
        assert json.loads(result.out)["subsets"][0]["rows"] == len(records)


def test_all_formats_are_the_same_rows(records: Records) -> None:
    found = []
    for file, (write, columns) in FORMATS.items():
        write(Path(file), records)
        names_in = ("given name", "surname") if columns else ()
        found.append(read_corpus(Source(Path(file), names_in, "from" if columns else "")))
    assert found[0] == [Row(f"zo {r['surname']}", r["from"]) for r in records]
    assert all(rows == found[0] for rows in found)


def test_the_columns_of_a_table_are_name_and_label_by_default(names: CommandLine) -> None:
    write_csv(
        Path("t.csv"), [{"name": n, "label": x} for n, x in zip("abcdef", "UUUVVV", strict=True)]
    )
    assert read_corpus(Source(Path("t.csv"))) == [Row(n, "UV"[n > "c"]) for n in "abcdef"]
    assert names("train", "--data-dir", "t.csv", *SMALL).code == 0


def test_a_run_of_before_tables_still_opens(corpus: Path, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "runs", small_config(corpus, num_epochs=1))
    list(train(run))
    path = run.folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    del config["column"], config["label_column"]
    path.write_text(json.dumps(config), encoding="utf-8")
    assert Run.open(run.folder).config == run.config


def test_a_config_keeps_its_columns(records: Records, tmp_path: Path) -> None:
    write_csv(Path("t.csv"), records)
    columns = {"column": ("given name", "surname"), "label_column": "from"}
    run = Run.create(tmp_path / "runs", small_config(Path("t.csv"), **columns))
    opened = Run.open(run.folder)
    assert opened.config == run.config
    teacher = opened.config.of_teacher(1)
    assert teacher.source == Source(Path("t.csv"), ("given name", "surname"), "from")


def test_a_study_learns_from_a_table(names: CommandLine, records: Records) -> None:
    write_csv(Path("t.csv"), records)
    Path("grid.toml").write_text("[grid]\nnum_layers = [1]\n[settings]\nnum_epochs = 1\n")
    study = ["study", "grid.toml", "--seeds", 1, "--split", "grouped", "--output", "out"]
    result = names(*study, "--data", "t.csv", *COLUMNS)
    assert (result.code, result.err) == (0, "")
    (row,) = csv.DictReader(Path("out/study.csv").read_text(encoding="utf-8").splitlines())
    assert float(row["test_accuracy"]) > 0
    assert not {"data_dir", "column", "label_column"} & row.keys()
    assert "column" not in row["folder"]


def test_lines_are_numbered_as_an_editor_does(tmp_path: Path) -> None:
    table = b'name,"the\nlabel"\r\n"a\r\nb",U\r\n\r\nc,V\n"\n\n",V\nd,V\n'
    (tmp_path / "t.csv").write_bytes(table)
    lines = list(corpus_lines(Source(tmp_path / "t.csv", label_column="the\nlabel")))
    assert [(line.number, line.text, line.label) for line in lines] == [
        (3, "a\r\nb", "U"),
        (5, "", ""),
        (6, "c", "V"),
        (7, "\n\n", "V"),
        (10, "d", "V"),
    ]


def test_line_numbers_continue_over_blocks(tmp_path: Path) -> None:
    jsonl = '{"name": "a", "label": "b"}\n'
    for name, head, line in (("t.csv", "name,label\n", "a,b\n"), ("t.jsonl", "", jsonl)):
        (tmp_path / name).write_text(head + line * 50_000, encoding="utf-8")
        *_, last = corpus_lines(Source(tmp_path / name))
        assert last.number == 50_000 + len(head.splitlines())


def test_rows_of_a_workbook_are_numbered_from_its_first_row(tmp_path: Path) -> None:
    book = pytest.importorskip("openpyxl").Workbook()
    for row in ([], [], ["name", "label"], ["a", "U"], [], ["b", "V"]):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    lines = corpus_lines(Source(tmp_path / "t.xlsx"))
    assert [(line.number, line.text) for line in lines] == [(4, "a"), (5, ""), (6, "b")]


def test_labels_can_be_booleans_of_excel(tmp_path: Path) -> None:
    book = pytest.importorskip("openpyxl").Workbook()
    for row in (["name", "label"], ["a", True], ["b", False], [True, "c"]):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    lines = corpus_lines(Source(tmp_path / "t.xlsx"))
    assert [(line.text, line.label) for line in lines] == [("a", "true"), ("b", "false"), ("", "c")]


def test_fasttext_labels_stay_as_they_are(tmp_path: Path) -> None:
    text = "\n__label__New_Zealand  Ann\tLee \n\n__label__C++ bo\nCy __label__C++\n__label__C++\n"
    (tmp_path / "t.ft").write_text(text, encoding="utf-8")
    assert read_corpus(Source(tmp_path / "t.ft")) == [
        Row("bo", "C++"), Row("cy", "C++"), Row("ann lee", "New_Zealand"),
    ]  # fmt: skip


def test_half_a_character_of_json_is_undecodable(names: CommandLine) -> None:
    Path("x.jsonl").write_text('{"name": "ab\\ud83d", "label": "A"}\n{"name": "b", "label": "B"}\n')
    result = names("data", "check", "--data", "x.jsonl")
    assert result.code == 1
    assert "undecodable" in result.out + result.err


def test_spaces_around_a_label_and_rows_without_anything_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("name,label\na, U\n,\nb,U \n,U\nc,V\n,W\n", encoding="utf-8")
    assert read_corpus(Source(tmp_path / "t.csv")) == [Row("a", "U"), Row("b", "U"), Row("c", "V")]


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
@pytest.mark.parametrize(
    ("values", "labels"), [([1, 2], ["1", "2"]), ([True, False], ["true", "false"])]
)
def test_a_label_can_be_a_number_or_a_boolean(
    tmp_path: Path, kind: str, values: list[Any], labels: list[str]
) -> None:
    records = [{"name": f"ab{value}", "label": value} for value in values]
    path = tmp_path / f"x.{kind}"
    (write_jsonl if kind == "jsonl" else write_parquet)(path, records)
    assert [line.label for line in corpus_lines(Source(path))] == labels


@pytest.mark.parametrize("option", ["--auxiliary-dir", "--given-dir"])
def test_other_names_come_from_folders_alone(
    names: CommandLine, corpus: Path, records: Records, option: str
) -> None:
    write_csv(Path("t.csv"), records)
    teachers = ["--teachers", 1] * (option == "--auxiliary-dir")
    result = names("train", "--data", corpus, *teachers, option, "t.csv")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert f"t.csv: no such folder: give {option} one of <Label>.txt files" in result.err


def test_a_line_that_cannot_be_used_says_how_to_list_all(names: CommandLine) -> None:
    write_csv(Path("a b.csv"), [{"the name": "a", "kind": "U"}, {"the name": "b", "kind": ""}])
    options = ["--data", "a b.csv", "--column", "the name", "--label-column", "kind"]
    result = names("train", *options)
    assert (
        "names data check --data 'a b.csv' --column 'the name' --label-column kind --full"
        in result.err
    )
    result = names("data", "check", *options)
    assert result.code == 1
    assert "a b.csv:3: no-label" in names("data", "check", *options, "--full").out


def test_a_label_column_of_ids_is_an_error(names: CommandLine, records: Records) -> None:
    write_csv(Path("t.csv"), records)
    for command in ("train", "data check"):
        options = ["--data", "t.csv", "--column", "surname", "--label-column", "id"]
        result = names(*command.split(), *options)
        assert (result.code, result.err.count("\n")) == (2, 1)
        assert "label column 'id' has 180 labels for 180 rows: name another" in result.err


def test_very_many_labels_are_reported(names: CommandLine) -> None:
    rows = [{"name": f"n{i}{'abc'[i % 3]}", "label": f"x{i // 3}"} for i in range(3006)]
    write_csv(Path("t.csv"), rows)
    result = names("data", "check", "--data", "t.csv")
    assert result.code == 0
    assert result.err.startswith("note: t.csv: label column 'label' has 1,002 labels")
    assert result.err.count("\n") == 1


def test_utf8_whatever_the_locale() -> None:
    """Labels, names and paths that are not ASCII; each command in a separate process."""
    ascii_only = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    environment = os.environ | ascii_only | {"LC_ALL": "C", "COLUMNS": "160"}
    code = "from names_trainer.cli.main import main; main()"

    def run(*arguments: object) -> str:
        command = [sys.executable, "-c", code, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, env=environment, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.decode()

    write_corpus(Path("имена/списки"))
    rows = read_corpus(Source(Path("имена/списки")))
    write_csv(Path("имена/t.csv"), [{"имя": n, "язык": x} for n, x in rows])
    table = ["--data", "имена/t.csv", "--column", "имя", "--label-column", "язык"]
    assert "Клич" in run("data", "check", "--data", "имена/списки")
    assert "Клич" in run("data", "check", "--json", *table)
    assert "имена/t.csv: 3 labels" in run("train", *table, *SMALL, "--output", "прогоны")
    (folder,) = Path("прогоны").iterdir()
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert (config["data_dir"], config["column"]) == ("имена/t.csv", ["имя"])
    assert "модель/model.onnx" in run("export", "--run", folder, "--output", "модель")
    assert "Клич" in run("inspect", "модель")
    assert "Клич" in run("evaluate", "--artifacts", "модель", "--data", "имена/списки")
