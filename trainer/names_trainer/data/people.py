"""Real people: their names, read from files and split without leaks.

A folder of people has a <Label>.txt file per label.
"""

import random
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

from names_predictor.encoding import MAX_LENGTH, normalise
from names_trainer.data.corpus import Row, Split, letters
from names_trainer.data.lines import CorpusError, problem_of, read_lines

MOST_HELD_OUT_PEOPLE = 12_000
"""Highest number of real people in the validation split, and in the test split."""


class Person(NamedTuple):
    """The normalised surname and given name of a real person, and the label."""

    surname: str
    given: str
    label: str

    @property
    def name(self) -> str:
        """The full name, or the one name that the person has."""
        return f"{self.given} {self.surname}".strip()


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
                    probability = float(weight[0]) if weight else 1.0
                    if problem_of(f"{given} {surname}") or not 0 <= probability <= 1:
                        raise ValueError
                except ValueError:
                    raise CorpusError(
                        f"{path}:{number}: not a surname, a tab and a given name, together of at "
                        f"most {MAX_LENGTH} characters, and perhaps a tab and a probability: "
                        "correct it"
                    ) from None
                if not weight or generator.random() < probability:
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
    """Split people by the splits of their surnames and given names.

    Args:
        people: Real people.
        surnames: Split of the surnames.
        given: Split of the given names.
        seed: Seed of the sample of held-out people.

    Returns:
        The people to train on, whose surname and given name are not held out; and the full names
        for validation and test, of which the surname, the given name or both are held out.

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
