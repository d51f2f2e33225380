"""A line of a corpus, and why training may be unable to use it."""

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from names_predictor.artifact.manifest import is_label
from names_predictor.encoding import MAX_LENGTH, UNDECODABLE, normalise
from names_predictor.errors import NamesError

FASTTEXT = "__label__"
"""Prefix of a label in fastText's format."""

HEAD_BYTES = 1 << 16
NO_NAME = "no name"

REMEDIES = {
    "undecodable": "save it as UTF-8 without NULs",
    "too-long": "shorten or remove the name",
    "malformed": "give a name and a label as text",
    "several-labels": "give the line one label",
    "no-count": "write a number from 1 to 10^10",
    "tab": "remove the tab, or write a space",
    "no-label": "give the row a label",
    "unusable-label": "rename the label",
}
"""The remedy for each problem of a line that training cannot use."""


class CorpusError(NamesError):
    """The exception for a corpus that cannot be read or is too small to train on."""


class Line(NamedTuple):
    """A line of a corpus.

    Attributes:
        path: Its file.
        number: Its number in the file, from 1.
        label: The label.
        text: The name.
        problem: `undecodable`, `malformed` for a row without a text for name and label,
            `several-labels`, `tab` for one within the name, `no-count` for an invalid number of
            people, `no name` for a file without lines, or None.
        people: Number of people with the name; None if the line has no count.

    """

    path: Path
    number: int
    label: str
    text: str
    problem: str | None = None
    people: int | None = None


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
    return "unusable-label" if line.label else "no-label"


def read_lines(path: Path) -> Iterator[tuple[int, str | None]]:
    r"""Yield the number and text of each line, None for invalid UTF-8 or a null character.

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


def is_fasttext(path: Path) -> bool:
    """Whether the first line that is not blank begins with a label of fastText's format.

    Raises:
        CorpusError: The file cannot be read, or begins as UTF-16 does.

    """
    head = _content(path, HEAD_BYTES)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise CorpusError(f"{path}: begins as UTF-16 does: save it as UTF-8")
    return head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(FASTTEXT.encode())
