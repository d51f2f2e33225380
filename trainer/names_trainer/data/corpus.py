"""A corpus: read it and split it.

A corpus is a list of (name, label) rows; nothing here knows what the labels mean.
"""

import hashlib
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple, TypeVar, get_args

from names_predictor.encoding import normalise
from names_trainer.config import Source, SplitStrategy
from names_trainer.data.sources import (
    NO_NAME,
    CorpusError,
    check_labels,
    corpus_lines,
    problem_of_line,
)

SPLIT_STRATEGIES: tuple[SplitStrategy, ...] = get_args(SplitStrategy)
STUDIED: tuple[SplitStrategy, ...] = ("grouped", "random")
COMMON_NAMES = 300
"""Names of a label that the split `rare` always trains on, or half of the label's, if fewer."""

RARE_SHARE = 20
"""One of so many other names is in the validation split, and one in the test split."""

T = TypeVar("T")
SPLITS = ("train", "validation", "test")


class Row(NamedTuple):
    """A normalised name and its label."""

    name: str
    label: str


@dataclass(frozen=True)
class Split:
    """The rows of training, validation and test, each in a fixed order."""

    train: tuple[Row, ...]
    validation: tuple[Row, ...]
    test: tuple[Row, ...]

    def fingerprint(self) -> str:
        """Return the SHA-256 of all rows in their order, with the names of the splits."""
        digest = hashlib.sha256()
        for part in SPLITS:
            digest.update(f"{part}\n".encode())
            for name, label in getattr(self, part):
                digest.update(f"{name}\t{label}\n".encode())
        return digest.hexdigest()


def read_corpus(source: Source) -> list[Row]:
    """Return the rows of `read_counted`, without their counts."""
    return read_counted(source)[0]


def read_counted(source: Source) -> tuple[list[Row], dict[Row, int]]:
    """Read all rows of `source`, normalised, duplicates kept, sorted by label, then in their order.

    Returns the rows and how many people bear each; where no line has a count, there is no number
    at all, and where some have, one without counts for one person. Blank names are passed over.
    Raises `CorpusError` with file and line for anything else that is not a name with a label, and
    where fewer than two labels are left.
    """
    rows: list[Row] = []
    people: Counter[Row] = Counter()
    has_counts = False
    nameless: dict[str, Path] = {}
    for line in corpus_lines(source):
        problem = problem_of_line(line)
        if problem in ("blank", NO_NAME):
            nameless[line.label] = line.path
        elif problem:
            raise CorpusError(
                f"{line.path}:{line.number}: {problem} line: correct or remove it "
                f"(`names data check {source.options}` lists all such lines)"
            )
        else:
            rows.append(row := Row(normalise(line.text), line.label))
            people[row] += line.people or 1
            has_counts |= line.people is not None
    labels = {row.label for row in rows}
    for label, path in nameless.items():
        if label not in labels and path != source.path:  # a separate file, so made on purpose
            raise CorpusError(f"{path}: no name in it: add names or remove the file")
    if len(labels) < 2:
        found = "one label only" if labels else "no name in it"
        raise CorpusError(f"{source.path}: {found}: a classifier needs at least two labels")
    check_labels(source, len(labels), len(rows))
    return sorted(rows, key=attrgetter("label")), dict(people) if has_counts else {}


def fingerprint(rows: Sequence[Row], counts: Mapping[Row, int] | None = None) -> str:
    """Return the SHA-256 of the rows and of their counts, if any, whatever their order."""
    of_rows = "".join(f"{n}\t{x}\n" for n, x in sorted(rows))
    of_counts = "".join(f"{n}\t{x}\t{c}\n" for (n, x), c in sorted((counts or {}).items()))
    return hashlib.sha256((of_rows + of_counts).encode()).hexdigest()


def split_corpus(
    rows: Sequence[Row], strategy: SplitStrategy, seed: int, counts: Mapping[Row, int] | None = None
) -> Split:
    """Split 80/10/10, or 90/5/5 of the rarer names.

    `grouped`: distinct (name, label) pairs, stratified by label; a name is in one split only,
    with all its labels. `random`: all rows, duplicates kept, no stratification; a test name may
    be in the training split too, as in most published work on such sets. `rare`: as grouped, but
    the `COMMON_NAMES` commonest names of every label, by `counts`, are all in the training split,
    since a model has to know them; a twentieth of the others is in each other split.

    The order comes from a hash of seed and name, not from a random generator: the same names
    split alike under every version of every library and in whatever order the files hold them.
    """
    if strategy == "rare":
        parts = _split_rare(rows, seed, counts or {})
    else:
        parts = _split_grouped(rows, seed) if strategy == "grouped" else _split_random(rows, seed)
    for part, name in zip(parts, SPLITS, strict=True):
        if not part:
            raise CorpusError(
                f"{len(rows)} rows leave no {name} split: give at least one label 3 distinct names"
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


def _split_rare(
    rows: Sequence[Row], seed: int, counts: Mapping[Row, int]
) -> tuple[list[Row], list[Row], list[Row]]:
    names_of: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(set(rows), key=lambda row: (-counts.get(row, 0), row.name, row.label)):
        names_of[row.label].append(row)
    common = {
        letters(row.name)
        for names in names_of.values()
        for row in names[: min(COMMON_NAMES, len(names) // 2 + 1)]
    }
    parts: tuple[list[Row], list[Row], list[Row]] = ([], [], [])
    for row in sorted(set(rows)):
        key = letters(row.name) or row.name
        place = 0 if key in common else int.from_bytes(_hash(seed, key)) % RARE_SHARE
        parts[{1: 1, 2: 2}.get(place, 0)].append(row)
    return parts


def letters(name: str) -> str:
    """Return the letters without their marks: O'Hará and ohara are one name, written down twice.

    A vowel sign, as in Devanagari, is no mark: it has no combining class.
    """
    return "".join(
        _without_mark(character)
        for character in unicodedata.normalize("NFD", name)
        if character.isalpha()
        or (unicodedata.category(character)[0] == "M" and not unicodedata.combining(character))
    )


@cache
def _without_mark(letter: str) -> str:
    """Return the o of an \u00f8, whose stroke NFD leaves on it, and any other letter as it is."""
    plain, _, mark = unicodedata.name(letter, "").partition(" WITH ")
    try:
        return unicodedata.lookup(plain) if mark else letter
    except KeyError:
        return letter


def _cut(items: list[T]) -> tuple[list[T], list[T], list[T]]:
    """Cut 80/10/10; of three or more items none is empty, and training never is."""
    tenth = max(round(len(items) / 10), min(len(items) // 3, 1))
    return items[2 * tenth :], items[tenth : 2 * tenth], items[:tenth]


def _hash(seed: int, text: str) -> bytes:
    return hashlib.blake2b(f"{seed}\t{text}".encode(), digest_size=16).digest()
