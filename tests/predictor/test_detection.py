"""Detection of compression, format and encoding from the content of a file."""

import bz2
import gzip
import io
import lzma
import os
import pickle
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.feather
import pyarrow.orc
import pyarrow.parquet as pq
import pytest
from conftest import CommandLine, enter_workplace

TABLE = pa.table({"name": ["abc", "abd"]})


workplace = pytest.fixture(autouse=True)(enter_workplace)


def written(write: Callable[..., object]) -> bytes:
    sink = io.BytesIO()
    write(TABLE, sink)
    return sink.getvalue()


def zipped(*members: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for member in members:
            archive.writestr(member, "<x/>")
    return file.getvalue()


FOREIGN = {
    "Parquet": (written(pq.write_table), "a Parquet file, not text: read it with --input-format"),
    "Feather": (written(pyarrow.feather.write_feather), "an Arrow (Feather) file, not text"),
    "ORC": (written(pyarrow.orc.write_table), "an ORC file, not text"),
    "zip": (zipped("names.txt"), "a zip archive, not text: unpack it first"),
    "xlsx": (zipped("[Content_Types].xml", "xl/workbook.xml"), "an Excel workbook, not text"),
    "docx": (zipped("[Content_Types].xml", "word/document.xml"), "a Word document, not text"),
    "SQLite": (b"SQLite format 3\x00" + bytes(80), "an SQLite data base, not text: export"),
    "pickle": (pickle.dumps(["abc"], 5), "a Python pickle, not text: write it as CSV"),
    "Stata": (b"<stata_dta><header>", "a Stata file, not text"),
    "SPSS": (b"$FL2@(#) SPSS DATA FILE" + bytes(8), "an SPSS file, not text"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF document, not text"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(80), "an old Excel or Word file"),
    "RTF": (b"{\\rtf1\\ansi abc}", "a rich-text (RTF) document, not text"),
    "HTML": (b"\n<!DOCTYPE html><table><tr><td>abc", "an HTML page or XML document, not text"),
    "XML": (b"\xef\xbb\xbf<?xml version='1.0'?><a/>", "an HTML page or XML document, not text"),
    "tar": (b"names.txt".ljust(257, b"\0") + b"ustar\x0000" + bytes(250), "a tar archive"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(30), "a 7-Zip archive, not text"),
    "gzip twice": (gzip.compress(gzip.compress(b"abc\n")), "compressed data, not text: unpack it"),
    "PNG": (b"\x89PNG\r\n\x1a\n" + bytes(30), "a picture (PNG), not text"),
}


@pytest.mark.parametrize("name", ["x.txt", "x.csv", "x.json", "x"])
@pytest.mark.parametrize("kind", FOREIGN)
def test_a_file_that_is_not_text_is_identified(
    names_predict: CommandLine, kind: str, name: str
) -> None:
    content, message = FOREIGN[kind]
    Path(name).write_bytes(content)
    for options in ((), ("--column", "name"), ("--encoding", "latin-1"), ("--errors", "flag")):
        result = names_predict(name, *options)
        assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
        assert result.err.startswith(f"error: {name}: {message}")


def test_a_parquet_file_in_a_pipe_is_to_be_saved(
    names_predict: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = written(pq.write_table)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    error = "standard input: a Parquet file, not text: save it as a file, and name that"
    assert names_predict("-") == (2, "", f"error: {error}\n")


def test_names_like_magic_bytes_are_names(names_predict: CommandLine) -> None:
    names = ["ORCHARD", "PAR1S", "Obj", "GIF89", "BZhang", "FEA1", "MZ"]
    for name in names:
        Path("names.txt").write_text(f"{name}\nabc\n")
        result = names_predict("names.txt")
        assert (result.code, result.out.count("\n")) == (0, 2), result.err


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("name", ["names.txt", "names", "people.csv", "x.gz", "-"])
def test_compressed_data_are_recognised_under_any_name(
    names_predict: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
    compress: Callable[[bytes], bytes],
    name: str,
) -> None:
    content = compress(b"name\nabc\nabd\n")
    if name == "-":
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    else:
        Path(name).write_bytes(content)
    result = names_predict(name, "--column", "name", "--input-format", "csv")
    assert result.code == 0, result.err
    assert [row.split(",")[0] for row in result.out.splitlines()] == ["name", "abc", "abd"]


@pytest.mark.parametrize("compress", [gzip.compress, lzma.compress])
def test_compressed_data_of_a_slow_pipe_are_recognised(
    names_predict: CommandLine, compress: Callable[[bytes], bytes]
) -> None:
    content = compress(b"abc\nabd\n")
    os.mkfifo("names")

    def write_slowly() -> None:
        with Path("names").open("wb", buffering=0) as file:
            file.write(content[:1])
            time.sleep(0.2)
            file.write(content[1:])

    writer = threading.Thread(target=write_slowly)
    writer.start()
    result = names_predict("names")
    writer.join()
    assert (result.code, result.err) == (0, "")
    assert [row[:3] for row in result.out.splitlines()] == ["abc", "abd"]


def test_parts_of_an_xz_file_may_be_padded(names_predict: CommandLine) -> None:
    parts = [lzma.compress(name) + bytes(4) for name in (b"abc\n", b"abd\n")]
    Path("names.txt.xz").write_bytes(b"".join(parts))
    result = names_predict("names.txt.xz")
    assert [row[:3] for row in result.out.splitlines()] == ["abc", "abd"], result.err


@pytest.mark.parametrize("ending", ["gz", "bz2", "xz", "GZ"])
def test_an_ending_of_compression_on_plain_text_is_damage(
    names_predict: CommandLine, ending: str
) -> None:
    Path(f"names.txt.{ending}").write_text("abc\n" * 9)
    error = f"names.txt.{ending}: its compressed data are damaged: get the file again"
    assert names_predict(f"names.txt.{ending}") == (2, "", f"error: {error}\n")


@pytest.mark.parametrize("ending", ["gz", "bz2", "xz"])
def test_an_empty_file_with_an_ending_of_compression_is_cut_off(
    names_predict: CommandLine, ending: str
) -> None:
    Path(f"names.txt.{ending}").touch()
    error = f"names.txt.{ending}: its compressed data end early: get the whole file"
    assert names_predict(f"names.txt.{ending}") == (2, "", f"error: {error}\n")


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_damaged_data_are_not_a_file_that_cannot_be_read(
    names_predict: CommandLine, compress: Callable[[bytes], bytes]
) -> None:
    content = bytearray(compress(b"".join(b"abc%d\n" % i for i in range(9999))))
    content[len(content) // 2] ^= 255
    Path("names").write_bytes(content)
    result = names_predict("names", "--output", "out")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert result.err.startswith(
        "error: names: its compressed data are damaged: get the file again"
    )


@pytest.mark.parametrize("order", ["le", "be"])
@pytest.mark.parametrize(("name", "options"), [("x.txt", ()), ("x.csv", ("--column", "name"))])
def test_utf_16_without_a_byte_order_mark_is_detected(
    names_predict: CommandLine, order: str, name: str, options: tuple[str, ...]
) -> None:
    Path(name).write_bytes("name\r\nabc\r\nabd\r\n".encode(f"utf-16-{order}"))
    result = names_predict(name, *options)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert f"it looks like UTF-16{order.upper()}: try --encoding utf-16-{order}" in result.err
    result = names_predict(name, *options, "--encoding", f"utf-16-{order}")
    assert result.code == 0, result.err
    assert "abc" in result.out


@pytest.mark.parametrize("width", [16, 32])
def test_a_byte_order_mark_says_which_encoding_to_try(
    names_predict: CommandLine, width: int
) -> None:
    Path("names.txt").write_bytes("abc\n".encode(f"utf-{width}"))
    result = names_predict("names.txt")
    hint = f"the file begins as UTF-{width} does: try --encoding utf-{width}"
    assert result == (2, "", f"error: names.txt:1: byte 0xff is not UTF-8: {hint}\n")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_a_cut_off_file_gets_no_hint_at_the_encoding_that_was_given(
    names_predict: CommandLine, encoding: str
) -> None:
    Path("names.txt").write_bytes("abc\nabd".encode(encoding)[:-1])
    result = names_predict("names.txt", "--encoding", encoding)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert f"is not {encoding.upper()}: name the file's --encoding, or flag" in result.err


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le"])
def test_a_byte_order_mark_is_no_part_of_the_first_cell(
    names_predict: CommandLine, encoding: str
) -> None:
    Path("x.csv").write_bytes("\ufeffname\nabc\n".encode(encoding))
    result = names_predict("x.csv", "--column", "name", "--encoding", encoding, "--format", "tsv")
    assert (result.code, result.out.partition("\t")[0]) == (0, "name"), result.err
    assert names_predict("x.csv", "--encoding", encoding, "--output", "out.csv").code == 0
    assert Path("out.csv").read_text(encoding="utf-8").startswith("\ufeffname,")


def test_a_stray_nul_is_one_row_that_is_undecodable(names_predict: CommandLine) -> None:
    for encoding in ("utf-8", "utf-16", "utf-16-le", "utf-32"):
        Path("x.csv").write_bytes("id,name\n1,abc\n2,a\0bc\n3,abd\n".encode(encoding))
        options = ("--column", "name", "--encoding", encoding)
        rows = names_predict("x.csv", *options).out.splitlines()
        assert [row.rpartition(",")[2] for row in rows] == ["reason", "", "undecodable", ""]


@pytest.mark.parametrize("ending", [".feather", ".xls", ".ods", ".zip", ".pdf", ".orc", ".docx"])
def test_an_output_of_a_format_that_is_not_written_is_refused(
    names_predict: CommandLine, ending: str
) -> None:
    Path("names.txt").write_text("abc\n")
    result = names_predict("names.txt", "--output", f"out{ending}")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert f"out{ending}: {ending} cannot be written: give one of .csv" in result.err
    assert not Path(f"out{ending}").exists()


@pytest.mark.parametrize("ending", ["xlsx", "parquet", "jsonl", "csv"])
def test_an_ending_and_a_format_must_agree(names_predict: CommandLine, ending: str) -> None:
    Path("names.txt").write_text("abc\n")
    other = "tsv" if ending == "csv" else "csv"
    result = names_predict("names.txt", "--output", f"out.{ending}", "--format", other)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert f"out.{ending}: has the ending of {ending}, but --format is {other}" in result.err


def test_a_partitioned_folder_is_read(names_predict: CommandLine) -> None:
    parts = Path("parts/year=2020/_temporary")
    parts.mkdir(parents=True)
    for path, text in {
        "parts/year=2020/b.csv": "name,n\nabd,2\n",
        "parts/a.csv": "name,n\nabc,1\n",
        "parts/_SUCCESS": "",
        "parts/._a.csv": "name,n\nhidden,0\n",
        "parts/~$a.csv": "name,n\nhidden,0\n",
        "parts/old.csv.part": "name,n\nhidden,0\n",
        "parts/old.csv.journal": "{}\n",
        "parts/Desktop.ini": "[.ShellClassInfo]\n",
        "parts/.a.csv.crc": "\x00crc",
        "parts/year=2020/_temporary/c.csv": "name,n\nhidden,0\n",
    }.items():
        Path(path).write_text(text)
    result = names_predict("parts", "--column", "name")
    assert result.code == 0, result.err
    assert [row[:5] for row in result.out.splitlines()] == ["name,", "abc,1", "abd,2"]
    assert result.err == "note: year: in the folders' names only, so not in the output\n"
    Path("parts/year=2020/b.csv").write_text("name,year\nabd,2020\n")
    Path("parts/a.csv").write_text("name,year\nabc,2019\n")
    assert names_predict("parts", "--column", "name").err == ""


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["abc"], "abc: no such file: to label one name, names-predict --explain abc"),
        (["Ma", "Ross"], "Ma Ross: no such file: to label one name, names-predict --explain 'Ma R"),
        (["nmes.txt"], "nmes.txt: no such file: did you mean names.txt?"),
        (
            ["names.txt", "--colum", "x"],
            "unrecognized arguments: --colum x: did you mean --column?",
        ),
    ],
)
def test_a_wrong_detection_has_a_remedy(
    names_predict: CommandLine, given: list[str], message: str
) -> None:
    Path("names.txt").write_text("abc\n")
    result = names_predict(*given)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert message in result.err


def test_labels_are_listed(names_predict: CommandLine) -> None:
    assert names_predict("--list-labels").out.splitlines() == [f"label {i}" for i in range(5)]
    result = names_predict("--list-labels", "--top-k", "2")
    assert (result.code, "--list-labels: does not go with --top-k" in result.err) == (2, True)
