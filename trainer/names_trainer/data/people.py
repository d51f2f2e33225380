"""Real people: their names, read from files and split without leaks.

A folder of people has a <Label>.txt file per label.
"""

import random
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

from names_predictor.encoding import MAX_LENGTH, normalise
from names_trainer.data.corpus import Row
from names_trainer.data.label_files import label_files
from names_trainer.data.lines import CorpusError, problem_of, read_lines
from names_trainer.data.word_split import WordSplits, split_of_person

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


def people_files(folder: Path) -> list[Path]:
    """Return the <Label>.txt files in `folder`; raises `CorpusError` if there are none."""
    if not folder.is_dir() or not any(folder.glob("*.[tT][xX][tT]")):
        raise CorpusError(
            f"{folder}: not a folder of <Label>.txt files: give --people-dir one with lines of "
            "surname, tab, given name; `make corpus` compiles data/people-world"
        )
    return label_files(folder)


def read_people(folder: Path, labels: Collection[str]) -> list[Person]:
    """Read real people from <Label>.txt files with lines of surname, tab, given name.

    An optional third column is the probability of the label, with which the line is kept. The order
    of the lines changes nothing, as in a corpus.

    Args:
        folder: Folder of the files.
        labels: Labels of the corpus; others are skipped.

    Raises:
        CorpusError: There are no people of these labels, or a line is malformed.

    """
    generator = random.Random(0)
    people = []
    for path in people_files(folder):
        if path.stem in labels:
            for number, line in sorted(read_lines(path), key=lambda line: line[1] or ""):
                if line is not None and not line.strip(" "):
                    continue
                try:
                    surname, given, *weight = (line or "").split("\t")
                    (probability,) = map(float, weight or ["1"])  # a fourth column is an error
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
            f"{folder}: no people of a label of the corpus: give files of its labels, or leave "
            "--people-dir out"
        )
    return people


def split_people(
    people: Sequence[Person], found: WordSplits, seed: int
) -> tuple[list[Person], list[Row], list[Row]]:
    """Split people by the splits of their words.

    Args:
        people: Real people.
        found: Splits of the words of surnames and given names.
        seed: Seed of the sample of held-out people.

    Returns:
        The people to train on, who have no word that is held out; and the distinct full names for
        validation and test, which have one at least.

    """
    train: list[Person] = []
    held_out: tuple[dict[Row, None], dict[Row, None]] = ({}, {})
    for person in people:
        number = split_of_person(person.surname, person.given, found)
        if number == 0:
            train.append(person)
        elif number:
            held_out[number - 1][Row(person.name, person.label)] = None
    generator = random.Random(seed)
    validation, test = (
        generator.sample(list(rows), min(len(rows), MOST_HELD_OUT_PEOPLE)) for rows in held_out
    )
    return train, validation, test
