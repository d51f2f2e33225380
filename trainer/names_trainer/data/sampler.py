"""The names of an epoch: surnames, given names and full names, sampled anew each time."""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter

from names_trainer.config import TrainConfig
from names_trainer.data.corpus import Row
from names_trainer.data.forms import decorated, rewritten
from names_trainer.data.full_names import FullNames, GivenNames, draw, pools
from names_trainer.data.people import Person

SURNAMES, GIVEN_NAMES = 0.3, 0.15
"""Fractions of an epoch that are surnames and given names; the rest are full names."""

DECORATED = 0.15
"""Fraction of names with an initial, a title or a suffix, in training with `forms`."""

PEOPLE, FEW = 0.6, 1000
"""Fraction of the full names, and of half the surnames, that belong to real people.

With n people a label has PEOPLE * n / (n + FEW), so that one of few people is not drawn too often.
"""


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
        self._surnames = pools(surnames, counts, power, label_of)
        self._given = pools(given.split.train, given.counts, power, label_of)
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
            return draw(self._given[label], generator)
        is_full = kind >= GIVEN_NAMES + SURNAMES
        is_of_person = kind < GIVEN_NAMES + SURNAMES / 2  # if it is a surname
        people = self._people.get(label, [])
        number = len(people)
        if people and generator.random() < PEOPLE * number / (number + FEW):
            person = people[int(generator.random() * number)]
            if is_full:
                return person.name
            if is_of_person and person.surname:
                return person.surname
        surname = draw(self._surnames[label], generator)
        return self._full_names.compose(surname, label, generator) if is_full else surname
