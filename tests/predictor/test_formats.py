"""Every format in, every format out: the same rows with the same labels, everything else kept."""

import gzip
import io
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import CommandLine, enter_workplace
from format_files import Rows, read, written
from hypothesis import given, settings
from hypothesis import strategies as st

from names_predictor.cli.main import run
from names_predictor.cli.parser import FORMATS, parse
from names_predictor.formats import decoding, grid, json_text, parquet
from names_predictor.inference.predictor import NamePredictor

workplace = pytest.fixture(autouse=True)(enter_workplace)


NAMES = st.text('abcé김 "\\,;', max_size=6)


@settings(max_examples=80)
@given(
    records=st.lists(st.tuples(st.text('a",\n', max_size=3), NAMES), max_size=12),
    source=st.sampled_from(list(FORMATS)),
    target=st.sampled_from(list(FORMATS)),
    block=st.integers(1, 6),
    top_k=st.integers(1, 2),
)
def test_every_format_gives_what_the_plain_path_gives(
    predictor: NamePredictor,
    records: list[tuple[str, str]],
    source: str,
    target: str,
    block: int,
    top_k: int,
) -> None:
    note_of = str if source != "xlsx" else lambda note: note or "n"  # a blank last row is no row
    rows: Rows = [{"note": note_of(note), "name": name} for note, name in records]
    arguments = [written(source, rows), "--input-format", source, "--format", target]
    arguments += [] if source == "text" else ["--column", "name"]
    arguments += ["--output", "out", "--top-k", str(top_k), "--distribution"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grid, "BLOCK_ROWS", block)
        patch.setattr(json_text, "BLOCK_ELEMENTS", block)
        patch.setattr(parquet, "BATCH_ROWS", block)
        patch.setattr(decoding, "BLOCK_BYTES", 20 * block)
        run(parse(arguments))
    kept = ["name"] if "text" in (source, target) else ["note", "name"]
    expected = predictor.predict([row["name"] for row in rows], top_k)
    second = ["label_2", "probability_2"] if top_k == 2 else []
    of_each_label = [f"p_{label}" for label in predictor.labels]
    columns = [*kept, "label", "probability", *second, *of_each_label, "reason"]
    found = read(target, Path("out"), columns)
    # Excel has no empty texts, and formats of text have no other nothing.
    is_null = target == "xlsx" or (source == "xlsx" and target in ("json", "jsonl", "parquet"))
    nothing = None if is_null else ""
    assert [{key: row[key] for key in kept} for row in found] == [
        {key: row[key] or nothing for key in kept} for row in rows
    ]
    probabilities = predictor.predict_proba([row["name"] for row in rows])
    for row, p, of_labels in zip(found, expected, probabilities, strict=True):
        assert list(row) == columns
        cells = {key: value if value != "" else None for key, value in row.items()}
        assert cells["label"] == p.label
        assert cells["reason"] == p.reason
        ranked = [*p.ranked, (None, None)]
        numbers = [(cells["probability"], ranked[0][1])]
        if second and p.ranked:
            assert cells["label_2"] == ranked[1][0]
            numbers.append((cells["probability_2"], ranked[1][1]))
        usable = not p.reason
        numbers += [
            (cells[key], value if usable else None)
            for key, value in zip(of_each_label, of_labels.tolist(), strict=True)
        ]
        for ours, theirs in numbers:
            if theirs is None:
                assert ours is None
            else:
                assert isinstance(ours, str if target in ("text", "csv", "tsv") else float)
                assert float(ours) == pytest.approx(theirs, abs=5.1e-5)


def test_names_are_hashed_and_texts_safe_in_every_format(names_predict: CommandLine) -> None:
    rows = [{"note": "=1+1", "name": "=abc"}]
    for source in ("csv", "jsonl", "parquet"):
        for target in ("csv", "jsonl", "parquet"):
            options = (written(source, rows), "--column", "name", "--output", f"out.{target}")
            assert names_predict(*options, "--spreadsheet-safe").code == 0
            (row,) = read(target, Path(f"out.{target}"), [])
            assert (row["note"], row["name"]) == ("'=1+1", "'=abc")
            assert names_predict(*options, "--hash-names").code == 0
            (row,) = read(target, Path(f"out.{target}"), [])
            assert (row["note"], len(row["name"])) == ("=1+1", 64)
            assert names_predict(*options, "--hash-names", "--spreadsheet-safe").code == 0
            (row,) = read(target, Path(f"out.{target}"), [])
            assert (row["note"], len(row["name"])) == ("'=1+1", 64)


def test_headers_and_bytes_are_safe_in_a_table(names_predict: CommandLine) -> None:
    Path("people.csv").write_text("=cmd(),name\n1,abc\n")
    result = names_predict("people.csv", "--column", "name", "--spreadsheet-safe")
    assert result.out.startswith("'=cmd(),name,label")
    table = pa.table({"name": ["abc"], "note": pa.array([b"=cmd()"], pa.binary())})
    pq.write_table(table, "people.parquet")
    options = ("people.parquet", "--column", "name", "--format", "csv", "--spreadsheet-safe")
    assert "\nabc,'=cmd()," in names_predict(*options).out


@pytest.mark.parametrize("source", ["csv", "jsonl", "parquet"])
def test_a_line_end_in_a_name_makes_no_row_of_a_list(
    names_predict: CommandLine, source: str
) -> None:
    name = written(source, [{"note": "", "name": "ab\r\n\tc"}, {"note": "", "name": "abd"}])
    lines = names_predict(name, "--column", "name", "--format", "text").out.split("\n")
    assert [line.split("\t")[0] for line in lines] == ["ab   c", "abd", ""]


def test_nothing_is_written_compressed(names_predict: CommandLine) -> None:
    name = written("csv", [{"note": "", "name": "abc"}])
    result = names_predict(name, "--column", "name", "--output", "out.csv.gz")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "out.csv.gz: outputs are not compressed: leave out .gz" in result.err
    assert not list(Path().glob("out*"))


@pytest.mark.parametrize(
    ("later", "target", "message"),
    [
        ({"n": 1.5}, "parquet", "column 'n': another kind of value than in the first rows"),
        ({"n": True}, "parquet", "column 'n': another kind of value"),
        ({"n": 2**63}, "parquet", "column 'n': another kind of value"),
        ({"new": 1}, "parquet", "people.jsonl:2: a key that none of the first rows has"),
        ({"new": 1}, "csv", "people.jsonl:2: a key that none of the first rows has"),
    ],
)
def test_json_lines_that_fit_no_table(
    names_predict: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
    later: dict[str, Any],
    target: str,
    message: str,
) -> None:
    monkeypatch.setattr(decoding, "BLOCK_BYTES", 24)
    rows = [{"name": "abc", "n": 1}, {"name": "abd"} | later]
    options = (written("jsonl", rows), "--column", "name", "--output", f"out.{target}")
    result = names_predict(*options)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert message in result.err
    assert names_predict(*options[:-1], "out.jsonl").code == 0


@pytest.mark.parametrize("target", ["csv", "jsonl"])
@pytest.mark.parametrize("source", ["text", "csv", "jsonl", "parquet"])
def test_a_job_of_any_format_is_resumed(
    names_predict: CommandLine, monkeypatch: pytest.MonkeyPatch, source: str, target: str
) -> None:
    monkeypatch.setattr(decoding, "BLOCK_BYTES", 100)
    monkeypatch.setattr(grid, "BLOCK_ROWS", 3)
    monkeypatch.setattr(parquet, "BATCH_ROWS", 3)
    rows = [{"note": "é", "name": "ab" * i} for i in range(20)]
    arguments = [written(source, rows), "--output", "out", "--format", target]
    arguments += [] if source == "text" else ["--column", "name"]
    assert names_predict(*arguments).code == 0
    whole = Path("out").read_bytes()
    Path("out").unlink()
    from names_predictor.formats.output import PartialOutput

    write = PartialOutput.write

    def cut_off(part: PartialOutput, content: bytes, rows: int) -> None:
        write(part, content, rows)
        if part.blocks == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(PartialOutput, "write", cut_off)
        assert names_predict(*arguments).code == 130
    assert whole.startswith(Path("out.part").read_bytes())
    assert names_predict(*arguments, "--resume").code == 0
    assert Path("out").read_bytes() == whole


@pytest.mark.parametrize(
    ("arguments", "first_line"),
    [
        (
            ("people.csv", "--column", "name", "--output", "out.jsonl"),
            '{"note": "n", "name": "abc", ',
        ),
        (("people.jsonl", "--column", "name", "--output", "out.tsv"), "note\tname\tlabel"),
        (("people.text", "--output", "out.csv"), "name,label,probability,reason"),
        (("people.text", "--output", "out.tsv"), "abc\tlabel"),
        (("people.text", "--output", "out.tsv", "--format", "tsv"), "name\tlabel\tprob"),
        (("people.tsv", "--column", "name", "--output", "out"), "note\tname\tlabel"),
        (("people.tsv", "--column", "name", "--output", "out.csv"), "note,name,label"),
        (
            ("people.jsonl.gz", "--column", "name", "--output", "out"),
            '{"note": "n", "name": "abc", ',
        ),
        (("people.csv", "--column", "name", "--output", "out", "--format", "text"), "abc\tlabel"),
        (("people.parquet", "--column", "name", "--output", "out", "--format", "csv"), "note,name"),
        (("strange", "--column", "name", "--output", "out"), "note,name,label"),
        (("strange", "--column", "name", "--output", "out", "--format", "tsv"), "note\tname"),
        (("people.csv", "--input-format", "text", "--output", "out"), "note,name\tlabel"),
        (("people.csv", "--column", "name", "--output", "out.json"), '[\n{"note": "n", "name":'),
        (("people.json", "--column", "name", "--output", "out"), '[\n{"note": "n", "name":'),
        (("people.json", "--column", "name", "--output", "out.jsonl"), '{"note": "n", "name":'),
        (("people.jsonl", "--column", "name", "--output", "out.json"), '{"note": "n", "name":'),
        (("people.xlsx", "--column", "name", "--output", "out.csv"), "note,name,label"),
    ],
)
def test_the_format_follows_options_and_endings(
    names_predict: CommandLine, arguments: tuple[str, ...], first_line: str
) -> None:
    for format in FORMATS:
        written(format, [{"note": "n", "name": "abc"}])
    Path("strange").write_bytes(Path("people.csv").read_bytes())
    Path("people.jsonl.gz").write_bytes(gzip.compress(Path("people.jsonl").read_bytes()))
    result = names_predict(*arguments)
    assert result.code == 0, result.err
    output = Path(arguments[arguments.index("--output") + 1])
    assert output.read_text().startswith(first_line)


def test_standard_input_has_any_format_but_parquet(
    names_predict: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for format in ("jsonl", "tsv"):
        content = Path(written(format, [{"note": "", "name": "abc"}])).read_bytes()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        result = names_predict("--input-format", format, "--column", "name", "--format", "text")
        assert (result.code, result.out[:10]) == (0, "abc\tlabel "), result.err
    result = names_predict("--input-format", "parquet", "--column", "name")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "standard input: Parquet needs a file: save it as one, and name that" in result.err


@pytest.mark.parametrize(
    ("format", "content", "error"),
    [
        ("text", b"abc\n\xff\n", "standard input:2: byte 0xff is not UTF-8"),
        ("csv", b"name,n\nabc\n", "standard input:2: 1 cell,"),
        ("json", b'[{"name": "abc"}', "standard input: element 1: not JSON, or cut off"),
        ("jsonl", b'{"name": 5}\n', "standard input:1: the value of 'name' is int"),
    ],
)
def test_an_error_says_that_it_is_in_standard_input(
    names_predict: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
    format: str,
    content: bytes,
    error: str,
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    column = [] if format == "text" else ["--column", "name"]
    result = names_predict("--input-format", format, *column)
    assert result.code == 2
    assert result.err.startswith(f"error: {error}")


@pytest.mark.parametrize("target", FORMATS)
def test_no_row_is_a_file_too(names_predict: CommandLine, target: str) -> None:
    for source in FORMATS:
        columns = () if source == "text" else ("--column", "name")
        options = (written(source, []), "--input-format", source, "--format", target)
        assert names_predict(*options, *columns, "--output", "out").code == 0
        assert read(target, Path("out"), []) == []
        if target in ("csv", "tsv"):
            (header,) = Path("out").read_text().splitlines()
            assert header.split(",\t"[target == "tsv"])[-3:] == ["label", "probability", "reason"]
