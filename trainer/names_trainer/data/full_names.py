"""Given names, and full names composed of surnames and given names.

A folder of given names has a <Label>.txt file per label, and `orders.toml` describes how the full
names of a label are written.
"""

import hashlib
import random
import tomllib
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import TypeVar

from names_predictor.encoding import MAX_LENGTH
from names_trainer.config import TrainConfig
from names_trainer.data.corpus import Row, Split, read_counted, split_corpus
from names_trainer.data.forms import Variants, is_latin, read_variants
from names_trainer.data.label_files import ORDERS, VARIANTS, label_files, other_labels
from names_trainer.data.lines import CorpusError
from names_trainer.data.people import Person
from names_trainer.data.sources import folder_source

MOST_MILLIONS = 1e6
"""Highest population of a label, in millions."""

JOINED = 0.7
"""Fraction of full names without a space, in labels that write them so and in their script."""

Key = TypeVar("Key")
Pool = tuple[list[str], list[float]]
"""Names, and their cumulative weights."""


@dataclass(frozen=True)
class GivenNames:
    """Given names and what full names are composed with.

    Attributes:
        split: Normalised given names, split as the corpus is.
        counts: Number of people per given name; empty if the files have no counts.
        surname_first: Labels whose full names begin with the surname.
        joined: Labels that write full names without a space, except in Latin letters.
        variants: Romanisations by label and word.
        millions: Population of each label, in millions.
        people: Real people of the training split.

    """

    split: Split = field(default=Split((), (), ()))
    counts: Mapping[Row, int] = field(default_factory=dict)
    surname_first: frozenset[str] = frozenset()
    joined: frozenset[str] = frozenset()
    variants: Variants = field(default_factory=dict)
    millions: Mapping[str, float] = field(default_factory=dict)
    people: tuple[Person, ...] = ()

    def orders_fingerprint(self) -> str:
        """Return the SHA-256 of what is read from `orders.toml` and `variants.csv`."""
        sets = (self.surname_first, self.joined, self.variants.items(), self.millions.items())
        return hashlib.sha256(repr([sorted(one) for one in sets]).encode()).hexdigest()


def read_given(folder: Path, labels: Collection[str], seed: int) -> GivenNames:
    """Read given names from <Label>.txt files, and `orders.toml` and `variants.csv` if present.

    Args:
        folder: Folder of the files.
        labels: Labels of the corpus; others are skipped.
        seed: Seed of the split.

    Raises:
        CorpusError: A file cannot be read, or fewer than two labels have given names.

    """
    rows, counts = read_counted(folder_source(str(folder), "--given-dir"))
    rows = [row for row in rows if row.label in labels]
    if len({row.label for row in rows}) < 2:
        raise CorpusError(
            f"{folder}: has given names for fewer than two labels of the corpus: "
            "give --given-dir at least two <Label>.txt files with labels of the corpus"
        )
    path = folder / ORDERS
    try:
        orders = tomllib.loads(path.read_text(encoding="utf-8-sig")) if path.exists() else {}
        lists = [orders.pop(key, []) for key in ("surname_first", "joined")]
        surname_first, joined = map(frozenset[str], lists)
        millions = dict(orders.pop("millions", {}))
        are_lists = all(isinstance(labels, list) for labels in lists)
        are_labels = all(isinstance(label, str) for label in surname_first | joined)
        are_positive = all(
            type(number) in (int, float) and 0 < number <= MOST_MILLIONS
            for number in millions.values()
        )
        if orders or not (are_lists and are_labels and are_positive):
            raise ValueError
    except (ValueError, TypeError, OSError, RecursionError):
        raise CorpusError(
            f"{path}: not TOML with lists of labels, surname_first and joined, and a table "
            "millions of numbers above 0, at most a million, and nothing else: correct or remove it"
        ) from None
    try:
        split = split_corpus(rows, "rare" if counts else "grouped", seed, counts)
    except CorpusError:
        raise CorpusError(
            f"{folder}: {len(rows)} given names are too few for three splits: give --given-dir more"
        ) from None
    variants = folder / VARIANTS
    return GivenNames(
        split,
        counts,
        surname_first,
        joined,
        read_variants(variants) if variants.exists() else {},
        millions,
    )


def given_notices(folder: Path, labels: Collection[str]) -> list[str]:
    """Return notes on labels without given names, and on files that are no labels."""
    found = {path.stem for path in label_files(folder)}
    lines = []
    if missing := sorted(set(labels) - found):
        lines.append(f"{folder}: no given names, so no full names either, of {', '.join(missing)}")
    return lines + other_labels(folder, labels)


class FullNames:
    """Composes full names of surnames and random given names.

    Args:
        rows: Given names with their labels.
        given: Counts of the given names, and how the labels write full names.
        count_power: Exponent of a name's weight count^count_power within its label.

    """

    def __init__(self, rows: Sequence[Row], given: GivenNames, count_power: float) -> None:
        self._given = given
        self._pools = pools(rows, given.counts, count_power, _script_of)

    def compose(self, surname: str, label: str, generator: random.Random) -> str:
        """Return `surname` with a random given name in the same script.

        Without one, or if the full name were too long, it is the surname alone.
        """
        in_latin = is_latin(surname)
        if (label, in_latin) not in self._pools:
            return surname
        given = draw(self._pools[label, in_latin], generator)
        can_join = label in self._given.joined and not in_latin
        joint = "" if can_join and generator.random() < JOINED else " "
        is_first = label in self._given.surname_first
        name = f"{surname}{joint}{given}" if is_first else f"{given}{joint}{surname}"
        return name if len(name) <= MAX_LENGTH else surname


def with_full_names(split: Split, given: GivenNames, config: TrainConfig) -> Split:
    """Add a full name per surname to the validation and test splits.

    Its given name is held out too, or, if the label has none in the script of the surname, in
    training.
    """
    generator = random.Random(config.seed)

    def extended(surnames: Sequence[Row], held_out: Sequence[Row]) -> tuple[Row, ...]:
        scripts = {_script_of(row) for row in held_out}
        others = [row for row in given.split.train if _script_of(row) not in scripts]
        names = FullNames([*held_out, *others], given, config.count_power)
        full = (Row(names.compose(name, label, generator), label) for name, label in surnames)
        return tuple(dict.fromkeys((*surnames, *full)))

    validation = extended(split.validation, given.split.validation)
    return Split(split.train, validation, extended(split.test, given.split.test))


def _script_of(row: Row) -> tuple[str, bool]:
    """Return the label of a name, and whether it is in Latin letters."""
    return row.label, is_latin(row.name)


def pools(
    rows: Sequence[Row], counts: Mapping[Row, int], power: float, key_of: Callable[[Row], Key]
) -> dict[Key, Pool]:
    """Return the names of `rows` by their key, with weights count^power."""
    groups: dict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key_of(row)].append(row)
    return {
        key: ([r.name for r in group], list(accumulate(counts.get(r, 1) ** power for r in group)))
        for key, group in groups.items()
    }


def draw(pool: Pool, generator: random.Random) -> str:
    """Return a random name of `pool`."""
    names, weights = pool
    return generator.choices(names, cum_weights=weights)[0]
