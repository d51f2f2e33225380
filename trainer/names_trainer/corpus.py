"""A folder of `<Label>.txt` files: read it and split it.

A corpus is a list of (name, label) rows; nothing here knows what the labels mean.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar, get_args

from names_predictor.encoding import MAX_LENGTH, normalise
from names_predictor.errors import NamesError

Protocol = Literal["grouped", "random"]
PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)
T = TypeVar("T")
PARTS = ("train", "validation", "test")


class CorpusError(NamesError):
    """A corpus that cannot be read or is too small to train on."""


class Line(NamedTuple):
    """One line of a label's file; `text` is None where it is not UTF-8."""

    path: Path
    number: int
    text: str | None


class Row(NamedTuple):
    """A normalised name and its label."""

    name: str
    label: str


@dataclass(frozen=True)
class Split:
    """The rows of the three parts, each in a fixed order."""

    train: tuple[Row, ...]
    validation: tuple[Row, ...]
    test: tuple[Row, ...]

    def fingerprint(self) -> str:
        """Return the SHA-256 of all rows in their parts and order."""
        digest = hashlib.sha256()
        for part in PARTS:
            digest.update(f"{part}\n".encode())
            for name, label in getattr(self, part):
                digest.update(f"{name}\t{label}\n".encode())
        return digest.hexdigest()


def label_files(folder: Path) -> list[Path]:
    """Return the `<Label>.txt` files in `folder`, also those of old systems' `.TXT`, by label."""
    if not folder.is_dir():
        raise CorpusError(f"{folder}: no such folder: name one that holds <Label>.txt files")
    named_so = (path for path in folder.iterdir() if path.name.lower().endswith(".txt"))
    files = sorted(named_so, key=lambda path: (path.stem, path.name))
    if not files:
        raise CorpusError(f"{folder}: no <Label>.txt file in it: one file a label, one name a line")
    for path in files:
        if not path.stem.isprintable():  # it is to stand in tables and terminals
            raise CorpusError(f"{str(path)!r}: not a label that can be printed: rename the file")
    return files


def read_lines(path: Path) -> Iterable[Line]:
    """Yield every line of `path`, whatever it holds; lines end as in the predictor."""
    try:
        content = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as problem:
        raise CorpusError(f"{path}: cannot be read: {problem.strerror}") from None
    lines = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    if not lines[-1]:
        lines.pop()  # what follows the last line end is not a line
    for number, line in enumerate(lines, 1):
        try:
            yield Line(path, number, line.decode())
        except UnicodeDecodeError:
            yield Line(path, number, None)


def problem_of(text: str | None) -> str | None:
    """Say why a line cannot be used for training: `undecodable`, `blank`, `too-long` or None."""
    if text is None:
        return "undecodable"
    length = len(normalise(text))
    return "blank" if not length else "too-long" if length > MAX_LENGTH else None


def read_corpus(folder: Path) -> list[Row]:
    """Read all rows of `folder`, normalised, duplicates kept, sorted by label, then as in the file.

    Blank lines are passed over. Raises `CorpusError` with file and line for anything else that is
    no name, and where fewer than two labels are left.
    """
    rows: list[Row] = []
    for path in label_files(folder):
        before = len(rows)
        for line in read_lines(path):
            problem = problem_of(line.text)
            if problem == "blank":
                continue
            if problem or line.text is None:
                raise CorpusError(
                    f"{path}:{line.number}: {problem} line: mend or remove it "
                    f"(`names data check --data-dir {folder}` lists all such lines)"
                )
            rows.append(Row(normalise(line.text), path.stem))
        if len(rows) == before:
            raise CorpusError(f"{path}: no name in it: add names or remove the file")
    if len({row.label for row in rows}) < 2:
        raise CorpusError(f"{folder}: one label only: a classifier needs at least two")
    return rows


def fingerprint(rows: Sequence[Row]) -> str:
    """Return the SHA-256 of the rows, whatever their order."""
    return hashlib.sha256("".join(f"{n}\t{x}\n" for n, x in sorted(rows)).encode()).hexdigest()


def split_corpus(rows: Sequence[Row], protocol: Protocol, seed: int) -> Split:
    """Split 80/10/10.

    `grouped`: distinct (name, label) pairs, stratified by label; a name stands in one part only,
    with all its labels. `random`: all rows, duplicates kept, no stratification; a test name may
    stand in the training part too, as in most published work on such sets.

    The order comes from a hash of seed and name, not from a random generator: the same names
    split alike under every version of every library and in whatever order the files hold them.
    """
    parts = _split_grouped(rows, seed) if protocol == "grouped" else _split_random(rows, seed)
    for part, name in zip(parts, PARTS, strict=True):
        if not part:
            raise CorpusError(
                f"{len(rows)} rows leave no {name} part: give at least one label 3 distinct names"
            )
    return Split(*map(tuple, parts))


def _split_random(rows: Sequence[Row], seed: int) -> tuple[list[Row], list[Row], list[Row]]:
    copies: dict[Row, int] = defaultdict(int)
    keyed = []
    for row in rows:
        keyed.append((_hash(seed, f"{row.name}\t{row.label}\t{copies[row]}"), row))
        copies[row] += 1
    return _cut([row for _, row in sorted(keyed)])


def _split_grouped(rows: Sequence[Row], seed: int) -> tuple[list[Row], list[Row], list[Row]]:
    labels_of: dict[str, set[str]] = defaultdict(set)
    names_of: dict[str, list[str]] = defaultdict(list)
    for name, label in sorted(set(rows)):
        labels_of[name].add(label)
        names_of[label].append(name)
    # A name of several labels counts for its rarest, which can spare it least.
    strata: dict[str, list[str]] = defaultdict(list)
    for name, labels in labels_of.items():
        strata[min(labels, key=lambda label: (len(names_of[label]), label))].append(name)
    part_of: dict[str, int] = {}
    for names in strata.values():
        names.sort(key=lambda name: (_hash(seed, name), name))
        for part, chosen in enumerate(_cut(names)):
            part_of |= dict.fromkeys(chosen, part)
    # A label whose every name was dealt out as another label's must still be learnt.
    for names in names_of.values():
        if all(part_of[name] for name in names):
            part_of[names[0]] = 0
    parts: tuple[list[Row], list[Row], list[Row]] = ([], [], [])
    for row in sorted(set(rows)):
        parts[part_of[row.name]].append(row)
    return parts


def _cut(items: list[T]) -> tuple[list[T], list[T], list[T]]:
    """Cut 80/10/10; three or more items leave no part empty, and training never is."""
    tenth = max(round(len(items) / 10), min(len(items) // 3, 1))
    return items[2 * tenth :], items[tenth : 2 * tenth], items[:tenth]


def _hash(seed: int, text: str) -> bytes:
    return hashlib.blake2b(f"{seed}\t{text}".encode(), digest_size=16).digest()
