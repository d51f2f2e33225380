"""Read and split a corpus: a list of (name, label) rows."""

import hashlib
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple, TypeVar

from names_predictor.encoding import normalise
from names_trainer.config import Source, SplitStrategy
from names_trainer.data.lines import NO_NAME, REMEDIES, CorpusError, problem_of_line
from names_trainer.data.sources import check_labels, check_two_labels, corpus_lines

COMMON_NAMES = 300
"""Commonest names of a label that the split `rare` trains on: of few names, just over half."""

RARE_FOLDS = 20
"""The split `rare` deals the other names into this many folds: one for validation, one for test."""

T = TypeVar("T")
Splits = tuple[list[T], list[T], list[T]]
"""Items for training, validation and test."""


class Row(NamedTuple):
    """A normalised name and its label."""

    name: str
    label: str


class Split(NamedTuple):
    """The training, validation and test rows, each in a fixed order.

    Attributes:
        train: Rows for training.
        validation: Rows by which the best epoch is chosen and the model is calibrated.
        test: Rows for the test.

    """

    train: tuple[Row, ...]
    validation: tuple[Row, ...]
    test: tuple[Row, ...]

    def fingerprint(self) -> str:
        """Return the SHA-256 of the rows in order, with the names of the splits."""
        digest = hashlib.sha256()
        for split, rows in self._asdict().items():
            digest.update(f"{split}\n".encode())
            for name, label in rows:
                digest.update(f"{name}\t{label}\n".encode())
        return digest.hexdigest()


def read_corpus(source: Source) -> list[Row]:
    """Read the rows of `source` as `read_counted` does, without the counts."""
    return read_counted(source)[0]


def read_counted(source: Source) -> tuple[list[Row], dict[Row, int]]:
    """Read the rows of `source` as `read_rows` does, of a corpus to train on.

    Raises:
        CorpusError: `read_rows` raises it, fewer than two labels remain, or a table has nearly as
            many labels as rows.

    """
    rows, people = read_rows(source)
    labels = {row.label for row in rows}
    check_two_labels(source, len(labels))
    check_labels(source, len(labels), len(rows))
    return rows, people


def read_rows(source: Source) -> tuple[list[Row], dict[Row, int]]:
    """Read the rows of `source` and their counts of people; blank names are skipped.

    Args:
        source: The corpus.

    Returns:
        The normalised rows, duplicates included, sorted by label and then in the order of the
        files; and the number of people per row, empty if no line has a count. Where only some
        lines have one, each other line counts one person.

    Raises:
        CorpusError: A line is not a name with a label (the message has its file and number), or
            there is no name.

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
                f"{line.path}:{line.number}: {problem} line: {REMEDIES[problem]} "
                f"(`names data check {source.options} --full` lists all such lines)"
            )
        else:
            rows.append(row := Row(normalise(line.text), line.label))
            people[row] += line.people or 1
            has_counts |= line.people is not None
    labels = {row.label for row in rows}
    for label, path in nameless.items():
        if label not in labels and path != source.path:  # the label has a file of its own
            raise CorpusError(f"{path}: no name in it: add names or remove the file")
    if not rows:
        raise CorpusError(f"{source.path}: no name in it: give names with labels")
    return sorted(rows, key=attrgetter("label")), dict(people) if has_counts else {}


def fingerprint(rows: Sequence[Row], counts: Mapping[Row, int] | None = None) -> str:
    """Return the SHA-256 of rows and counts, independent of their order."""
    of_rows = "".join(f"{n}\t{x}\n" for n, x in sorted(rows))
    of_counts = "".join(f"{n}\t{x}\t{c}\n" for (n, x), c in sorted((counts or {}).items()))
    return hashlib.sha256((of_rows + of_counts).encode()).hexdigest()


def split_corpus(
    rows: Sequence[Row], strategy: SplitStrategy, seed: int, counts: Mapping[Row, int] | None = None
) -> Split:
    """Split a corpus into training, validation and test rows.

    A hash of seed and name decides, not a random generator. The split is therefore independent of
    library versions and of the order of the rows.

    Args:
        rows: The corpus.
        strategy: `grouped`: distinct (name, label) pairs, split 80/10/10 and stratified by label;
            a name is in one split only, with all its labels. `random`: all rows, split 80/10/10;
            a test name can also be in the training split, as in most published work on such data.
            `rare`: as `grouped`, but the `COMMON_NAMES` commonest names of each label are in the
            training split, and the others are split 90/5/5.
        seed: Seed of the hash.
        counts: Number of people per row, by which `rare` finds the commonest names; without any,
            it takes random names for them.

    Raises:
        CorpusError: There are too few rows for three splits.

    """
    match strategy:
        case "grouped":
            splits = _split_grouped(rows, seed)
        case "random":
            splits = _split_random(rows, seed)
        case "rare":
            splits = _split_rare(rows, seed, counts or {})
    for split, name in zip(splits, Split._fields, strict=True):
        if not split:
            remedy = "give at least one label 3 distinct names"
            if strategy == "rare":
                remedy = "give the labels more names, or use --split grouped"
            raise CorpusError(f"{len(rows)} rows leave no {name} split: {remedy}")
    return Split(*map(tuple, splits))


def _split_random(rows: Sequence[Row], seed: int) -> Splits[Row]:
    copies: dict[Row, int] = defaultdict(int)
    keyed = []
    for row in rows:
        keyed.append((_hash(seed, f"{row.name}\t{row.label}\t{copies[row]}"), row))
        copies[row] += 1
    return _cut([row for _, row in sorted(keyed)])


def _split_grouped(rows: Sequence[Row], seed: int) -> Splits[Row]:
    labels_of: dict[str, set[str]] = defaultdict(set)
    names_of: dict[str, list[str]] = defaultdict(list)
    for name, label in sorted(set(rows)):
        labels_of[name].add(label)
        names_of[label].append(name)
    # A name of several labels belongs to the stratum of its rarest label.
    strata: dict[str, list[str]] = defaultdict(list)
    for name, labels in labels_of.items():
        strata[min(labels, key=lambda label: (len(names_of[label]), label))].append(name)
    split_of: dict[str, int] = {}
    for names in strata.values():
        names.sort(key=lambda name: (_hash(seed, name), name))
        for split, chosen in enumerate(_cut(names)):
            split_of |= dict.fromkeys(chosen, split)
    # Every label keeps a training name, also one whose names are all in the strata of others.
    for names in names_of.values():
        if all(split_of[name] for name in names):
            split_of[names[0]] = 0
    splits: Splits[Row] = ([], [], [])
    for row in sorted(set(rows)):
        splits[split_of[row.name]].append(row)
    return splits


def _split_rare(rows: Sequence[Row], seed: int, counts: Mapping[Row, int]) -> Splits[Row]:
    def order(row: Row) -> tuple[int, bytes, str, str]:
        chance = b"" if counts else _hash(seed, row.name)  # the alphabet is no order of frequency
        return -counts.get(row, 0), chance, row.name, row.label

    names_of: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(set(rows), key=order):
        names_of[row.label].append(row)
    common = {
        letters(row.name) or row.name
        for names in names_of.values()
        for row in names[: min(COMMON_NAMES, len(names) // 2 + 1)]
    }
    splits: Splits[Row] = ([], [], [])
    for row in sorted(set(rows)):
        key = letters(row.name) or row.name
        fold = 0 if key in common else int.from_bytes(_hash(seed, key)) % RARE_FOLDS
        splits[fold if fold < len(splits) else 0].append(row)
    return splits


def letters(name: str) -> str:
    """Return the letters of `name` without diacritics, so that O'Hará and ohara are one name.

    Vowel signs, such as those of Devanagari, are kept.
    """
    if name.isascii() and name.isalpha():
        return name
    return "".join(
        _without_mark(character)
        for character in unicodedata.normalize("NFD", name)
        if character.isalpha()
        or (unicodedata.category(character)[0] == "M" and not unicodedata.combining(character))
    )


@cache
def _without_mark(letter: str) -> str:
    """Return the base letter of one that NFD does not decompose, such as the o of \u00f8."""
    plain, _, mark = unicodedata.name(letter, "").partition(" WITH ")
    try:
        return unicodedata.lookup(plain) if mark else letter
    except KeyError:
        return letter


def tenth_of(items: int) -> int:
    """Return how many of `items` the validation split has, and the test split too."""
    return max(round(items / 10), min(items // 3, 1))


def _cut(items: list[T]) -> Splits[T]:
    """Cut 80/10/10; training gets the first item, and three or more items fill every split."""
    tenth = tenth_of(len(items))
    return items[2 * tenth :], items[tenth : 2 * tenth], items[:tenth]


def _hash(seed: int, text: str) -> bytes:
    return hashlib.blake2b(f"{seed}\t{text}".encode(), digest_size=16).digest()
