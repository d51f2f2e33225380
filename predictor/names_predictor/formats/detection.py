"""Detect files that are not text by their first bytes, with a remedy for each."""

import re

from names_predictor.formats.base import BY_ENDING, InputError, shown_path
from names_predictor.formats.compression import MAGIC

SAVE = "save it as CSV, or as .xlsx"
LIBRARY = "write it as CSV or Parquet with the library that made it"

FOREIGN: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"PAR1", "a Parquet file", "read it with --input-format parquet"),
    (0, b"ARROW1", "an Arrow (Feather) file", LIBRARY),
    (0, b"FEA1", "a Feather file", LIBRARY),
    (0, b"\xff\xff\xff\xff\x10\x00", "an Arrow stream", LIBRARY),
    (0, b"ORC", "an ORC file", LIBRARY),
    (0, b"Obj\x01", "an Avro file", LIBRARY),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file", LIBRARY),
    (0, b"\x93NUMPY", "a NumPy array", LIBRARY),
    *((0, b"\x80" + bytes([number, 0x95]), "a Python pickle", LIBRARY) for number in (4, 5)),
    (0, b"<stata_dta>", "a Stata file", LIBRARY),
    (0, b"$FL2", "an SPSS file", LIBRARY),
    (0, b"SQLite format 3\x00", "an SQLite data base", "export the table as CSV"),
    (0, b"%PDF-", "a PDF document", "copy its names into a text file"),
    (0, b"{\\rtf", "a rich-text (RTF) document", "save it as plain text"),
    (
        0,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old Excel or Word file (.xls, .doc), or one with a password",
        SAVE,
    ),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it first"),
    (0, b"Rar!\x1a\x07", "a RAR archive", "unpack it first"),
    (0, b"\x1f\x9d", "a file of compress (.Z)", "unpack it first"),
    (0, b"\x5d\x00\x00", "LZMA data", "unpack it first"),
    (0, b"\x04\x22\x4d\x18", "LZ4 data", "unpack it first"),
    (257, b"ustar", "a tar archive", "unpack it first"),
    (0, b"\x89PNG\r\n\x1a\n", "a picture (PNG)", "give a file of text"),
    (0, b"\xff\xd8\xff", "a picture (JPEG)", "give a file of text"),
    (0, b"GIF8", "a picture (GIF)", "give a file of text"),
    (0, b"\x7fELF", "a program", "give a file of text"),
    (0, b"MZ\x90\x00", "a program", "give a file of text"),
)
"""Offset, bytes, type of the file, remedy. Source: the specifications of the formats."""

ZIP = b"PK\x03\x04"
OFFICE = (
    (b"xl/workbook.bin", "a binary Excel workbook (.xlsb)", SAVE),
    (b"xl/", "an Excel workbook", "read it with --input-format xlsx"),
    (b"word/", "a Word document", "save it as plain text"),
    (b"ppt/", "a PowerPoint file", "copy its names into a text file"),
    (b"opendocument.spreadsheet", "an OpenDocument spreadsheet", SAVE),
    (b"opendocument", "an OpenDocument file", "save it as plain text"),
)
CONTROL = rb"[\x00-\x08\x0e-\x1a]"
MARKUP = rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|\?xml|table)\b"

UNWRITTEN = {
    ".arrow", ".avro", ".db", ".doc", ".docx", ".dta", ".feather", ".h5", ".html", ".npy", ".ods",
    ".odt", ".orc", ".pdf", ".pkl", ".rds", ".rtf", ".sav", ".sqlite", ".xls", ".xlsb", ".xlsm",
    ".xml", ".zip",
}  # fmt: skip
"""Endings of other formats, which an output must not have."""


def refuse_foreign(start: bytes, path: str) -> None:
    """Raise `InputError` if a file is not text.

    Args:
        start: The first bytes of the file.
        path: Path of the file; `-` for standard input.

    """
    what, remedy = kind_of(start)
    other = without_options(remedy)
    if path == "-" and other:
        remedy = "save it as a file, and name that"
    if what:
        raise InputError(f"{shown_path(path)}: {what}, not text", remedy, other)


def without_options(remedy: str) -> str:
    """Return another remedy for one of `kind_of` with an option; "" for the others."""
    return BY_ENDING if "--input-format" in remedy else ""


def looks_like_json(text: str) -> bool:
    """Whether a text begins like a JSON array or object."""
    return re.match(r'\[\s*[\[{"\]]|\{\s*["}]', text.lstrip()) is not None


def kind_of(start: bytes) -> tuple[str, str]:
    """Return the type of a file and a remedy, by its first bytes; "" for both if it may be text."""
    for offset, magic, what, remedy in FOREIGN:
        # A list of names can begin with ORCHARD, but has no control characters.
        if start.startswith(magic, offset) and (re.search(CONTROL, start) or not magic.isalnum()):
            return what, remedy
    if start.startswith(ZIP):
        for member, what, remedy in OFFICE:
            if member in start:
                return what, remedy
        return "a zip archive", "unpack it first"
    if start.startswith(tuple(MAGIC)):  # what is left of a file that is compressed twice
        return "compressed data", "unpack it first"
    if re.match(MARKUP, start, re.IGNORECASE):
        return "an HTML page or XML document", SAVE
    return "", ""
