"""Full names made of surnames and given names, drawn anew for every epoch.

Nothing here knows languages: a folder of given names has a file a label, as the corpus has, and
`orders.toml` says how a label's full names are written.
"""

import random
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

from names_trainer.corpus import Row, Split, read_counted, split_corpus
from names_trainer.forms import Variants, decorated, read_variants, rewritten
from names_trainer.sources import CorpusError, folder_source

SURNAMES, GIVEN_NAMES = 0.3, 0.15
"""Shares of an epoch that are surnames alone and given names alone; the rest are full names."""

JOINED = 0.7
"""Share of full names without a space, of labels that are written so and not in Latin letters."""

DECORATED = 0.15
"""Share of names that get an initial, a title or a suffix where names are learned in all forms."""


@dataclass(frozen=True)
class GivenNames:
    """Normalised given names with their labels, split as the corpus is.

    `counts` says how many people bear one, where the files do. Full names of the labels in
    `surname_first` begin with the surname; those in `joined` have no space where they are not in
    Latin letters. `variants` are the romanisations of a label's words.
    """

    split: Split = field(default_factory=lambda: Split((), (), ()))
    counts: Mapping[Row, int] = field(default_factory=dict)
    surname_first: frozenset[str] = frozenset()
    joined: frozenset[str] = frozenset()
    variants: Variants = field(default_factory=dict)


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
    except (ValueError, TypeError, OSError):
        raise CorpusError(
            f"{path}: not TOML with lists of labels, surname_first and joined: correct or remove it"
        ) from None
    split = split_corpus(rows, "rare" if counts else "grouped", seed, counts)
    variants = folder / "variants.csv"
    return GivenNames(
        split, counts, surname_first, joined, read_variants(variants) if variants.exists() else {}
    )


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
        sizes = self._surnames.sizes()
        self.labels = list(sizes)
        self.weights = [size**label_power for size in sizes.values()]

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
