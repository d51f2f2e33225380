"""Full names made of surnames and given names, drawn anew for every epoch.

Nothing here knows languages: a folder of given names has a file a label, as the corpus has, and
`orders.toml` holds how a label's full names are written.
"""

import random
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from names_predictor.encoding import normalise
from names_trainer.data.corpus import Row, Split, letters, read_counted, split_corpus
from names_trainer.data.forms import Variants, decorated, read_variants, rewritten
from names_trainer.data.sources import CorpusError, folder_source

SURNAMES, GIVEN_NAMES = 0.3, 0.15
"""Shares of an epoch that are surnames alone and given names alone; the rest are full names."""

JOINED = 0.7
"""Share of full names without a space, of labels that are written so and not in Latin letters."""

DECORATED = 0.15
"""Share of names that get an initial, a title or a suffix where names are learned in all forms."""


PEOPLE = 0.6
"""Share of the full names that are of real people, if there are any, and of half the surnames."""

MOST_PEOPLE = 12_000
"""Names of real people in the validation and in the test split at most."""


class Person(NamedTuple):
    """The surname and the given name of a real person, normalised, and the label."""

    surname: str
    given: str
    label: str


@dataclass(frozen=True)
class GivenNames:
    """Normalised given names with their labels, split as the corpus is.

    `counts` is how many people bear one, where the files have that. Full names of the labels in
    `surname_first` begin with the surname; those in `joined` have no space where they are not in
    Latin letters. `variants` are the romanisations of words, `millions` the population that a label
    stands for, `people` real people.
    """

    split: Split = field(default_factory=lambda: Split((), (), ()))
    counts: Mapping[Row, int] = field(default_factory=dict)
    surname_first: frozenset[str] = frozenset()
    joined: frozenset[str] = frozenset()
    variants: Variants = field(default_factory=dict)
    millions: Mapping[str, float] = field(default_factory=dict)
    people: tuple[Person, ...] = ()


def read_given(folder: Path, labels: Collection[str], seed: int) -> GivenNames:
    """Read the given names of `labels`: `<Label>.txt`, and `orders.toml` and `variants.csv` if any.

    Raises `CorpusError` where that can't be done.
    """
    rows, counts = read_counted(folder_source(str(folder), "--given-dir"))
    rows = [row for row in rows if row.label in labels]
    if len(known := {row.label for row in rows}) < 2:
        raise CorpusError(
            f"{folder}: has given names of {len(known)} of the corpus' labels: "
            "--given-dir needs two, in files called as the corpus' are"
        )
    path = folder / "orders.toml"
    try:
        orders = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        surname_first, joined = (
            frozenset[str](orders.get(key, ())) for key in ("surname_first", "joined")
        )
        millions = {str(k): float(v) for k, v in dict(orders.get("millions", {})).items()}
    except (ValueError, TypeError, OSError):
        raise CorpusError(
            f"{path}: not TOML with lists of labels, surname_first and joined, and a table "
            "millions of numbers: correct or remove it"
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
    """Read real people of `labels`: a file a label, lines of surname and given name with a tab.

    A third cell is the probability of a person's label: with that probability they are kept. Raises
    `CorpusError` where there is no such file.
    """
    generator = random.Random(0)
    people = []
    for path in sorted(folder.glob("*.txt")):
        if path.stem in labels:
            for line in path.read_text(encoding="utf-8").splitlines():
                surname, given, *weight = line.split("\t")
                if not weight or generator.random() < float(weight[0]):
                    people.append(Person(normalise(surname), normalise(given), path.stem))
    if not people:
        raise CorpusError(
            f"{folder}: no file of a label with people: compile them with "
            "`python data/compile_world.py --download --people`, or leave --people-dir out"
        )
    return people


def split_people(
    people: Sequence[Person], surnames: Split, given: Split, seed: int
) -> tuple[list[Person], list[Row], list[Row]]:
    """Return the people to train on, and rows for validation and test.

    Nobody with a held-out surname or given name is trained on; validation and test have names of
    which one word or both are held out.
    """
    parts: tuple[list[Person], list[Person], list[Person]] = ([], [], [])
    of_surname, of_given = _parts(surnames), _parts(given)
    for person in people:
        place = {of_surname.get(letters(person.surname), 0), of_given.get(letters(person.given), 0)}
        if place != {1, 2}:
            parts[max(place)].append(person)
    generator = random.Random(seed)
    for part in parts[1:]:
        generator.shuffle(part)
    validation, test = (
        [Row(_words(person), person.label) for person in part[:MOST_PEOPLE]] for part in parts[1:]
    )
    return parts[0], validation, test


def _parts(split: Split) -> dict[str, int]:
    return {
        letters(name): place
        for place, rows in ((1, split.validation), (2, split.test))
        for name, _ in rows
    }


def _words(person: Person) -> str:
    return f"{person.given} {person.surname}".strip()


def is_latin(name: str) -> bool:
    """Tell whether all letters of `name` are Latin ones."""
    return name.isascii() or all(
        unicodedata.name(c, "").startswith("LATIN") for c in name if c.isalpha()
    )


class Draws:
    """Draws surnames, given names and full names of labels, with the odds of their counts."""

    def __init__(
        self,
        surnames: Sequence[Row],
        surname_counts: Mapping[Row, int],
        given: Sequence[Row],
        names: GivenNames,
        count_power: float,
        label_power: float,
    ) -> None:
        self._names = names
        self._surnames = _Pools(surnames, surname_counts, count_power, by_script=False)
        self._given = _Pools(given, names.counts, count_power, by_script=False)
        self._given_of_script = _Pools(given, names.counts, count_power, by_script=True)
        self._people: dict[str, list[Person]] = defaultdict(list)
        for person in names.people:
            self._people[person.label].append(person)
        sizes = self._surnames.sizes()
        self.labels = list(sizes)
        self.weights = [
            (size * names.millions.get(label, 1)) ** label_power for label, size in sizes.items()
        ]

    def draw(self, number: int, forms: float, generator: random.Random) -> Iterator[Row]:
        """Yield `number` rows, with words rewritten at the rate `forms`."""
        variants = self._names.variants
        for label in generator.choices(self.labels, self.weights, k=number):
            name = self._one(label, generator)
            if forms:
                name = rewritten(name, label, variants, generator, forms)
                name = decorated(name, generator, DECORATED)
            yield Row(name, label)

    def _one(self, label: str, generator: random.Random) -> str:
        kind = generator.random()
        if kind < GIVEN_NAMES and (given := self._given.draw(label, generator)):
            return given
        if (people := self._people.get(label)) and generator.random() < PEOPLE:
            person = people[int(generator.random() * len(people))]
            if kind < GIVEN_NAMES + SURNAMES / 2 and person.surname:
                return person.surname
            if kind >= GIVEN_NAMES + SURNAMES:
                return _words(person)
        surname = self._surnames.draw(label, generator)
        if kind < GIVEN_NAMES + SURNAMES:
            return surname
        return self.full_name(surname, label, generator)

    def full_name(self, surname: str, label: str, generator: random.Random) -> str:
        """Return `surname` with a drawn given name in the same letters, if there is one."""
        latin = is_latin(surname)
        given = self._given_of_script.draw((label, latin), generator)
        if not given:
            return surname
        first = label in self._names.surname_first
        is_joined = not latin and label in self._names.joined and generator.random() < JOINED
        joint = "" if is_joined else " "
        return f"{surname}{joint}{given}" if first else f"{given}{joint}{surname}"


class _Pools:
    """The names of every label, or of every label and script, with their cumulative weights."""

    def __init__(
        self, rows: Sequence[Row], counts: Mapping[Row, int], power: float, by_script: bool
    ) -> None:
        pools: dict[object, list[Row]] = defaultdict(list)
        for row in rows:
            pools[(row.label, is_latin(row.name)) if by_script else row.label].append(row)
        self._pools = {
            key: ([r.name for r in pool], list(accumulate(counts.get(r, 1) ** power for r in pool)))
            for key, pool in pools.items()
        }

    def sizes(self) -> dict[str, int]:
        return {str(key): len(names) for key, (names, _) in self._pools.items()}

    def draw(self, key: object, generator: random.Random) -> str:
        """Return a name of the pool, "" where there is none."""
        if key not in self._pools:
            return ""
        names, weights = self._pools[key]
        return generator.choices(names, cum_weights=weights)[0]
