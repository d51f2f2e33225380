"""Full names, composed of surnames and given names, sampled for each epoch.

A folder of given names has a <Label>.txt file per label, and `orders.toml` describes how the full
names of a label are written.
"""

import hashlib
import math
import random
import tomllib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple, TypeVar

from names_predictor.encoding import MAX_LENGTH, normalise
from names_trainer.config import TrainConfig
from names_trainer.data.corpus import Row, Split, letters, read_counted, split_corpus
from names_trainer.data.forms import Variants, decorated, is_latin, read_variants, rewritten
from names_trainer.data.sources import CorpusError, folder_source, problem_of, read_lines

SURNAMES, GIVEN_NAMES = 0.3, 0.15
"""Fractions of an epoch that are surnames and given names; the rest are full names."""

JOINED = 0.7
"""Fraction of full names without a space, in labels that write them so and in their script."""

DECORATED = 0.15
"""Fraction of names with an initial, a title or a suffix, in training with `forms`."""

PEOPLE = 0.6
"""Fraction of the full names, and of half the surnames, that belong to real people."""

MOST_HELD_OUT_PEOPLE = 12_000
"""Highest number of real people in the validation split, and in the test split."""

Key = TypeVar("Key")
Pool = tuple[list[str], list[float]]
"""Names, and their cumulative weights."""


class Person(NamedTuple):
    """The normalised surname and given name of a real person, and the label."""

    surname: str
    given: str
    label: str

    @property
    def name(self) -> str:
        """The full name, or the one name that the person has."""
        return f"{self.given} {self.surname}".strip()


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
    path = folder / "orders.toml"
    try:
        orders = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        lists = [orders.pop(key, []) for key in ("surname_first", "joined")]
        surname_first, joined = map(frozenset[str], lists)
        millions = {str(k): float(v) for k, v in dict(orders.pop("millions", {})).items()}
        are_lists = all(isinstance(labels, list) for labels in lists)
        if orders or not are_lists or not all(0 < n < math.inf for n in millions.values()):
            raise ValueError
    except (ValueError, TypeError, OSError):
        raise CorpusError(
            f"{path}: not TOML with lists of labels, surname_first and joined, and a table "
            "millions of numbers above 0, and nothing else: correct or remove it"
        ) from None
    split = split_corpus(rows, "rare" if counts else "grouped", seed, counts)
    variants = folder / "variants.csv"
    return GivenNames(
        split,
        counts,
        surname_first,
        joined,
        read_variants(variants) if variants.exists() else {},
        millions,
    )


def read_people(folder: Path, labels: Collection[str]) -> list[Person]:
    """Read real people from <Label>.txt files with lines of surname, tab, given name.

    An optional third column is the probability of the label, with which the line is kept.

    Args:
        folder: Folder of the files.
        labels: Labels of the corpus; others are skipped.

    Raises:
        CorpusError: There are no people of these labels, or a line is malformed.

    """
    generator = random.Random(0)
    people = []
    for path in sorted(folder.glob("*.txt")):
        if path.stem in labels:
            for number, line in read_lines(path):
                try:
                    surname, given, *weight = (line or "").split("\t")
                    is_kept = not weight or generator.random() < float(weight[0])
                    if problem_of(f"{given} {surname}"):
                        raise ValueError
                except ValueError:
                    raise CorpusError(
                        f"{path}:{number}: not a surname, a tab and a given name, together of at "
                        f"most {MAX_LENGTH} characters: correct it"
                    ) from None
                if is_kept:
                    people.append(Person(normalise(surname), normalise(given), path.stem))
    if not people:
        raise CorpusError(
            f"{folder}: no <Label>.txt file with people: compile them with "
            "`python data/compile_world.py --download --people`, or leave --people-dir out"
        )
    return people


def split_people(
    people: Sequence[Person], surnames: Split, given: Split, seed: int
) -> tuple[list[Person], list[Row], list[Row]]:
    """Split people without leaks, by the splits of their surnames and given names.

    Args:
        people: Real people.
        surnames: Split of the surnames.
        given: Split of the given names.
        seed: Seed of the sample of held-out people.

    Returns:
        The people to train on, neither of whose words is held out; and the full names for
        validation and test, of which one or both words are held out.

    """
    splits: tuple[list[Person], list[Person], list[Person]] = ([], [], [])
    of_surname, of_given = _split_numbers(surnames), _split_numbers(given)
    for person in people:
        found = {of_surname.get(letters(person.surname), 0), of_given.get(letters(person.given), 0)}
        if found != {1, 2}:
            splits[max(found)].append(person)
    train, *held_out = splits
    generator = random.Random(seed)
    for split in held_out:
        generator.shuffle(split)
    validation, test = (
        [Row(person.name, person.label) for person in split[:MOST_HELD_OUT_PEOPLE]]
        for split in held_out
    )
    return train, validation, test


def _split_numbers(split: Split) -> dict[str, int]:
    """Return 1 for each validation name and 2 for each test name."""
    return {
        letters(name): number for number, rows in enumerate(split) if number for name, _ in rows
    }


class FullNames:
    """Composes full names of surnames and random given names.

    Args:
        rows: Given names with their labels.
        given: Counts of the given names, and how the labels write full names.
        count_power: Exponent of a name's weight count^count_power within its label.

    """

    def __init__(self, rows: Sequence[Row], given: GivenNames, count_power: float) -> None:
        self._given = given
        self._pools = _pools(
            rows, given.counts, count_power, lambda row: (row.label, is_latin(row.name))
        )

    def compose(self, surname: str, label: str, generator: random.Random) -> str:
        """Return `surname` with a random given name in the same script, if there is one."""
        in_latin = is_latin(surname)
        if (label, in_latin) not in self._pools:
            return surname
        given = _draw(self._pools[label, in_latin], generator)
        can_join = label in self._given.joined and not in_latin
        joint = "" if can_join and generator.random() < JOINED else " "
        is_first = label in self._given.surname_first
        return f"{surname}{joint}{given}" if is_first else f"{given}{joint}{surname}"


def with_full_names(split: Split, given: GivenNames, config: TrainConfig) -> Split:
    """Add a full name per surname to the validation and test splits, of two held-out words."""
    generator = random.Random(config.seed)

    def extended(surnames: Sequence[Row], given_names: Sequence[Row]) -> tuple[Row, ...]:
        names = FullNames(given_names, given, config.count_power)
        full = (Row(names.compose(name, label, generator), label) for name, label in surnames)
        return tuple(dict.fromkeys((*surnames, *full)))

    validation = extended(split.validation, given.split.validation)
    return Split(split.train, validation, extended(split.test, given.split.test))


class NameSampler:
    """Samples surnames, given names and full names for training.

    Args:
        surnames: Surnames with their labels.
        counts: Number of people per surname.
        given: Given names, and how the labels write full names.
        config: Its `count_power` is the exponent of a name's weight count^count_power within its
            label, `label_power` that of a label's weight (surnames x population)^label_power.

    """

    def __init__(
        self,
        surnames: Sequence[Row],
        counts: Mapping[Row, int],
        given: GivenNames,
        config: TrainConfig,
    ) -> None:
        power, label_of = config.count_power, attrgetter("label")
        self._variants = given.variants
        self._surnames = _pools(surnames, counts, power, label_of)
        self._given = _pools(given.split.train, given.counts, power, label_of)
        self._full_names = FullNames(given.split.train, given, power)
        self._people: dict[str, list[Person]] = defaultdict(list)
        for person in given.people:
            self._people[person.label].append(person)
        self.label_weights = {
            label: (len(names) * given.millions.get(label, 1)) ** config.label_power
            for label, (names, _) in self._surnames.items()
        }

    def sample(self, number: int, forms: float, generator: random.Random) -> Iterator[Row]:
        """Yield random rows.

        Args:
            number: Number of rows.
            forms: Probability that a word is replaced by another spelling or romanisation.
            generator: Source of randomness.

        """
        labels, weights = list(self.label_weights), list(self.label_weights.values())
        for label in generator.choices(labels, weights, k=number):
            name = self._sample_one(label, generator)
            if forms:
                name = rewritten(name, label, self._variants, generator, forms)
                name = decorated(name, generator, DECORATED)
            yield Row(name, label)

    def _sample_one(self, label: str, generator: random.Random) -> str:
        kind = generator.random()
        if kind < GIVEN_NAMES and label in self._given:
            return _draw(self._given[label], generator)
        if (people := self._people.get(label)) and generator.random() < PEOPLE:
            person = people[int(generator.random() * len(people))]
            if kind < GIVEN_NAMES + SURNAMES / 2 and person.surname:
                return person.surname
            if kind >= GIVEN_NAMES + SURNAMES:
                return person.name
        surname = _draw(self._surnames[label], generator)
        if kind < GIVEN_NAMES + SURNAMES:
            return surname
        return self._full_names.compose(surname, label, generator)


def _pools(
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


def _draw(pool: Pool, generator: random.Random) -> str:
    names, weights = pool
    return generator.choices(names, cum_weights=weights)[0]
