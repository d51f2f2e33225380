"""Read `Line`s of a corpus: a folder of <Label>.txt files, a table, or a fastText file."""

import codecs
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from names_predictor.encoding import MAX_LENGTH, UNDECODABLE, normalise
from names_predictor.errors import NamesError
from names_predictor.formats.compression import ENDINGS as COMPRESSED
from names_trainer.config import Source
from names_trainer.data.tables import is_table, labelled_rows

FASTTEXT = "__label__"
"""Prefix of a label in fastText's format."""

NAME, LABEL = "name", "label"
"""Default columns of a table."""

HEAD_BYTES = 1 << 16
HIGHEST_COUNT = 10**10
"""Highest number of people on a line."""

NO_NAME = "no name"

MANY_LABELS = 1000
"""A table with more labels than this is reported: its label column may be the wrong one."""

FEW_LABELS = 20
"""Up to this many labels of a table may have a single name each."""

_DOCUMENT = re.compile(
    r"""(
        (?i: read[-_ ]?me | li[cs]en[cs]es? | lizenz | licen[cz]a | licencia | copying | copyright
           | notices? | change[-_ ]?log | contributing | code[-_]of[-_]conduct | citation
           | attributions? | disclaimer | liesmich | lies[-_ ]mich | lisez[-_ ]?moi | l[eé]ame
           | leeme | leggimi | leia[-_]?me | lees[-_ ]?mij | requirements | cmakelists )
        | AUTHORS | CHANGES | CONTRIBUTORS | CREDITS | HISTORY | INSTALL | MAINTAINERS | MANIFEST
        | NEWS | SECURITY | SOURCES? | THANKS | TODO | VERSION
    )([-_.(].*|\ \(?\d+\)?)?""",
    re.VERBOSE,
)
"""Stems of documents, such as README. Words that can be labels match in capitals only."""


class CorpusError(NamesError):
    """The exception for a corpus that cannot be read or is too small to train on."""


class Line(NamedTuple):
    """A line of a corpus.

    Attributes:
        path: Its file.
        number: Its number in the file, from 1.
        label: The label.
        text: The name.
        problem: `undecodable`, `malformed`, `several-labels`, `no name` for a file without lines,
            or None.
        people: Number of people with the name; None if the line has no count.

    """

    path: Path
    number: int
    label: str
    text: str
    problem: str | None = None
    people: int | None = None


def corpus_lines(source: Source) -> Iterator[Line]:
    """Read every line of a corpus, also blank and damaged lines.

    Args:
        source: The corpus.

    Raises:
        CorpusError: There is no corpus, or it cannot be read.

    """
    path, columns = source.path, source.column or source.label_column
    if path.is_dir():
        if columns:
            raise CorpusError(
                f"{path}: a folder has no columns: leave out --column and --label-column, "
                "or name a file"
            )
        return _folder_lines(path)
    if not path.is_file():
        raise CorpusError(
            f"{path}: can be read only once: save it to a file"
            if path.exists()
            else f"{path}: no such folder or file: name a folder of <Label>.txt files, or a table"
        )
    is_fasttext = _is_fasttext(path)  # raises where the file cannot be read
    if not columns and is_fasttext:
        return _fasttext_lines(path)
    if not columns and not is_table(path):
        raise CorpusError(
            f"{path}: names without labels: give a folder of <Label>.txt files, a table with "
            f"--column and --label-column, or lines that begin with {FASTTEXT}"
        )
    return _table_lines(source)


def is_label(text: str) -> bool:
    """Whether `text` is printable and not blank, as a label must be."""
    return bool(text.strip()) and text.isprintable()


def problem_of(text: str) -> str | None:
    """Return why training cannot use a name: `undecodable`, `blank`, `too-long`; None if it can."""
    if UNDECODABLE.search(text):
        return "undecodable"
    length = len(normalise(text))
    return "blank" if not length else "too-long" if length > MAX_LENGTH else None


def problem_of_line(line: Line) -> str | None:
    """Return why training cannot use a line, or None if it can."""
    problem = line.problem or problem_of(line.text)
    if problem or is_label(line.label):
        return problem
    return "unprintable-label" if line.label else "no-label"


def folder_source(folder: str, option: str) -> Source:
    """Return the source in `folder`, the value of `option`; raises `CorpusError` for no folder."""
    if not Path(folder).is_dir():
        raise CorpusError(f"{folder}: no such folder: give {option} one of <Label>.txt files")
    return Source(Path(folder))


def label_files(folder: Path) -> list[Path]:
    """Return the <Label>.txt (or .TXT) files in `folder`, sorted by label.

    Hidden files and documents, such as `README.txt`, are skipped.

    Raises:
        CorpusError: There is no such file, or one cannot be a file of a label.

    """
    files = [path for path in _text_files(folder) if not _DOCUMENT.fullmatch(path.stem)]
    if not files:
        raise CorpusError(f"{folder}: no <Label>.txt file in it: {_remedy(folder)}")
    for path in files:
        if _is_fasttext(path):
            raise CorpusError(
                f"{path}: its lines begin with {FASTTEXT}: give the file itself: "
                f"--data {shlex.quote(str(path))}"
            )
        if not is_label(path.stem):
            raise CorpusError(f"{str(path)!r}: not a label that can be printed: rename the file")
    return files


def _left_out(folder: Path) -> list[str]:
    """Return the skipped tables, compressed files and folders in `folder`."""
    return [
        path.name + "/" * path.is_dir()
        for path in sorted(folder.iterdir())
        if path.name[0] not in ".~_"
        and (path.is_dir() or is_table(path) or path.suffix.lower() in COMPRESSED)
    ]


def _text_files(folder: Path) -> list[Path]:
    """Return the `.txt` files by label, without hidden ones such as macOS's `._Greek.txt`."""
    files = (
        path
        for path in folder.iterdir()
        if path.name.lower().endswith(".txt") and not path.name.startswith((".", "~$"))
    )
    return sorted(files, key=lambda path: (path.stem, path.name))


def _remedy(folder: Path) -> str:
    tables = (path for path in folder.iterdir() if is_table(path) and path.name[0] != ".")
    if table := min(tables, default=None):
        return (
            f"give the file itself: --data {shlex.quote(str(table))} --column NAME "
            "--label-column LABEL"
        )
    return "one file a label, one name a line"


def check_labels(source: Source, labels: int, rows: int) -> None:
    """Raise `CorpusError` if a table has nearly as many labels as rows."""
    if _has_columns(source) and labels > FEW_LABELS and rows < 2 * labels:
        raise CorpusError(
            f"{source.path}: label column {source.label_column or LABEL!r} has {labels:,} labels "
            f"for {rows:,} rows: name another with --label-column"
        )


def check_two_labels(source: Source, labels: int) -> None:
    """Raise `CorpusError` for fewer than two labels, which nothing can be learned from."""
    if labels < 2:
        found = "only one label" if labels else "no name in it"
        raise CorpusError(f"{source.path}: {found}: a classifier needs at least two labels")


def notices(source: Source, labels: int) -> list[str]:
    """Return the warnings about a corpus with this number of labels: skipped files, many labels."""
    path, lines = source.path, []
    if path.is_dir():
        documents = [file.name for file in _text_files(path) if _DOCUMENT.fullmatch(file.stem)]
        if documents:
            lines.append(
                f"{path}: passed over {', '.join(documents)}: documents have such names; if one is "
                "a label, put its names into a table (--label-column)"
            )
        if others := _left_out(path):
            lines.append(f"{path}: left out {', '.join(others)}: only <Label>.txt files are read")
    elif _has_columns(source) and labels > MANY_LABELS:
        lines.append(
            f"{path}: label column {source.label_column or LABEL!r} has {labels:,} labels: "
            "name another with --label-column if it is the wrong one"
        )
    return lines


def _has_columns(source: Source) -> bool:
    if source.path.is_dir():
        return False
    return bool(source.column or source.label_column) or is_table(source.path)


def read_lines(path: Path) -> Iterator[tuple[int, str | None]]:
    r"""Yield the number and text of each line, None for invalid UTF-8.

    Lines end with \n, \r\n or \r, as in the predictor.
    """
    content = _content(path).removeprefix(codecs.BOM_UTF8)
    lines = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    if not lines[-1]:
        lines.pop()
    for number, line in enumerate(lines, 1):
        try:
            text = line.decode()
            yield number, None if "\0" in text else text
        except UnicodeDecodeError:
            yield number, None


def _content(path: Path, most: int = -1) -> bytes:
    """Return the bytes of a file, at most `most` of them."""
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as problem:
        raise CorpusError(f"{path}: cannot be read: {problem.strerror}") from None


def _folder_lines(folder: Path) -> Iterator[Line]:
    for path in label_files(folder):
        number = 0
        for number, text in read_lines(path):
            name, count = _counted(text or "")
            yield Line(path, number, path.stem, name, _undecodable(text), count)
        if not number:
            yield Line(path, 1, path.stem, "", NO_NAME)


def _counted(text: str) -> tuple[str, int | None]:
    """Return the name on a line, and the number of people after a tab or None."""
    name, tab, number = text.rpartition("\t")
    if tab and number.isascii() and number.isdecimal() and 0 < int(number) <= HIGHEST_COUNT:
        return name, int(number)
    return text, None


def _undecodable(text: str | None) -> str | None:
    return "undecodable" if text is None else None


def _is_fasttext(path: Path) -> bool:
    """Whether the first line that is not blank begins with a label of fastText's format."""
    head = _content(path, HEAD_BYTES)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise CorpusError(f"{path}: begins as UTF-16 does: save it as UTF-8")
    return head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(FASTTEXT.encode())


def _fasttext_lines(path: Path) -> Iterator[Line]:
    for number, text in read_lines(path):
        words = (text or "").split()
        labels = [word for word in words if word.startswith(FASTTEXT)]
        problem = "several-labels" if len(labels) > 1 else _undecodable(text)
        label = labels[0].removeprefix(FASTTEXT) if labels else ""
        name = " ".join(word for word in words if not word.startswith(FASTTEXT))
        yield Line(path, number, sys.intern(label), name, problem)


def _table_lines(source: Source) -> Iterator[Line]:
    columns, label_column = source.column or (NAME,), source.label_column or LABEL
    if label_column in columns:
        raise CorpusError(
            f"{source.path}: column {label_column!r} has the names already: name the one of the "
            "labels with --label-column"
        )
    for row in labelled_rows(source.path, columns, label_column):
        label = row.label.strip()
        problem = "undecodable" if UNDECODABLE.search(row.name + label) else None
        problem = "malformed" if row.malformed else problem
        yield Line(source.path, row.number, sys.intern(label), row.name, problem)
