"""The names of an epoch: how often names, given names, full names and people are drawn."""

import random
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from test_full_names import NAMES, SURNAMES

from names_trainer.config import TrainConfig
from names_trainer.data.corpus import Row
from names_trainer.data.forms import decorated
from names_trainer.data.full_names import JOINED, GivenNames
from names_trainer.data.people import Person
from names_trainer.data.sampler import GIVEN_NAMES, PEOPLE, NameSampler
from names_trainer.data.sampler import SURNAMES as OF_SURNAMES


def drawn(given: GivenNames = NAMES, number: int = 20_000, **config: Any) -> list[Row]:
    sampler = NameSampler(SURNAMES, {}, given, TrainConfig(**config))
    return list(sampler.sample(number, 0.0, random.Random(0)))


def test_surnames_given_names_and_full_names_have_their_fractions() -> None:
    of_a = Counter(row.name for row in drawn() if row.label == "A")
    assert (of_a["ann"] + of_a["bob"]) / of_a.total() == pytest.approx(GIVEN_NAMES, abs=0.02)
    assert of_a["smith"] / of_a.total() == pytest.approx(OF_SURNAMES, abs=0.02)
    assert (GIVEN_NAMES, OF_SURNAMES) == (0.15, 0.3)


def test_given_names_are_drawn_by_their_counts() -> None:
    of_a = Counter(row.name for row in drawn(count_power=1.0) if row.label == "A")
    assert of_a["ann"] / (of_a["ann"] + of_a["bob"]) == pytest.approx(0.9, abs=0.02)


def test_most_full_names_in_scripts_without_spaces_have_none() -> None:
    of_c = Counter(row.name for row in drawn())
    joined = of_c["\u738b\u660e"]
    assert joined / (joined + of_c["\u738b \u660e"]) == pytest.approx(JOINED, abs=0.03)
    assert JOINED == 0.7


def test_half_the_surnames_of_people_are_drawn_alone() -> None:
    many = tuple(Person(f"roe{number}", "jo", "A") for number in range(9000))
    of_a = [row.name for row in drawn(replace(NAMES, people=many)) if row.label == "A"]
    alone = sum(name.startswith("roe") for name in of_a) / len(of_a)
    assert alone == pytest.approx(OF_SURNAMES / 2 * PEOPLE * 0.9, abs=0.02)


def test_people_of_one_name_have_no_empty_surname() -> None:
    many = tuple(Person("", f"jo{number}", "A") for number in range(9000))
    assert all(row.name for row in drawn(replace(NAMES, people=many)))
    assert (many[0].name, Person("roe", "", "A").name) == ("jo0", "roe")


def test_a_label_is_drawn_by_its_names_and_its_people() -> None:
    given = replace(NAMES, millions={"A": 6.0})
    sampler = NameSampler(SURNAMES, {}, given, TrainConfig(label_power=0.5))
    assert sampler.label_weights == pytest.approx({"A": 6**0.5, "B": 2**0.5, "C": 1, "D": 1})


def test_common_titles_are_drawn_more_often_than_rare_ones() -> None:
    generator = random.Random(0)
    found = [decorated("@", generator, 1).split()[0].rstrip(".") for _ in range(20_000)]
    common = sum(word in ("dr", "mr", "mrs", "ms", "prof") for word in found)
    assert 0.2 < common / len(found) < 0.4
