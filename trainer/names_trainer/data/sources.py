"""Read `Line`s of a corpus: a folder of <Label>.txt files, a table, or a fastText file."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from names_predictor.encoding import UNDECODABLE
from names_trainer.config import Source
from names_trainer.data.label_files import documents, label_files, left_out
from names_trainer.data.lines import FASTTEXT, NO_NAME, CorpusError, Line, is_fasttext, read_lines
from names_trainer.data.tables import is_table, labelled_rows

NAME, LABEL = "name", "label"
"""Default columns of a table."""

HIGHEST_COUNT = 10**10
"""Highest number of people on a line."""

_NUMBER = re.compile(r"\t *[-+]?[\d.,]*\d[\d.,]*(e[-+]?\d+)? *\Z", re.IGNORECASE)
"""What was meant as a number of people, such as 12.0 and 1,234."""

MANY_LABELS = 1000
"""A table with more labels than this is reported: its label column may be the wrong one."""

FEW_LABELS = 20
"""Up to this many labels of a table may have a single name each."""


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
    has_labels = is_fasttext(path)  # raises where the file cannot be read
    if not columns and has_labels:
        return _fasttext_lines(path)
    if not columns and not is_table(path):
        raise CorpusError(
            f"{path}: names without labels: give a folder of <Label>.txt files, a table with "
            f"--column and --label-column, or lines that begin with {FASTTEXT}"
        )
    return _table_lines(source)


def folder_source(folder: str, option: str) -> Source:
    """Return the source in `folder`, the value of `option`; raises `CorpusError` for no folder."""
    if not Path(folder).is_dir():
        raise CorpusError(f"{folder}: no such folder: give {option} one of <Label>.txt files")
    return Source(Path(folder))


def check_labels(source: Source, labels: int, rows: int) -> None:
    """Raise `CorpusError` if a table has nearly as many labels as rows."""
    if _has_columns(source) and labels > FEW_LABELS and rows < 2 * labels:
        raise CorpusError(
            f"{source.path}: label column {source.label_column or LABEL!r} has {labels:,} labels "
            f"for {rows:,} rows: name another with --label-column"
        )


def check_two_labels(source: Source, labels: int) -> None:
    """Raise `CorpusError` for fewer than two labels."""
    if labels < 2:
        found = "only one label" if labels else "no name in it"
        raise CorpusError(f"{source.path}: {found}: a classifier needs at least two labels")


def notices(source: Source, labels: int) -> list[str]:
    """Return the warnings about a corpus with this number of labels: skipped files, many labels."""
    path, lines = source.path, []
    if path.is_dir():
        if skipped := documents(path):
            lines.append(
                f"{path}: passed over {', '.join(skipped)}: documents have such names; if one is "
                "a label, put its names into a table (--label-column)"
            )
        if others := left_out(path):
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


def _folder_lines(folder: Path) -> Iterator[Line]:
    for path in label_files(folder):
        number = 0
        for number, text in read_lines(path):
            name, count = _counted(text or "")
            problem = _undecodable(text)
            if count is None and _NUMBER.search(name):
                problem = "no-count"
            elif "\t" in name.strip():
                problem = "tab"
            yield Line(path, number, path.stem, name, problem, count)
        if not number:
            yield Line(path, 1, path.stem, "", NO_NAME)


def _counted(text: str) -> tuple[str, int | None]:
    """Return the name on a line, and the number of people after a tab or None."""
    name, tab, number = text.rpartition("\t")
    if tab and number.isascii() and number.isdecimal() and 0 < float(number) <= HIGHEST_COUNT:
        return name, int(float(number))  # exact; int refuses a text of thousands of digits
    return text, None


def _undecodable(text: str | None) -> str | None:
    return "undecodable" if text is None else None


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
