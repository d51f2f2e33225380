"""Full names made of surnames and given names: which given names are held out, how they are joined.

Nothing here knows languages: a folder of given names has a file a label, as the corpus has, and
`orders.toml` says how a label's full names are written.
"""

import hashlib
import random
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import numpy as np

from names_trainer.corpus import Row, read_corpus
from names_trainer.evaluation import Floats
from names_trainer.sources import CorpusError, folder_source

Form = Literal["as written", "other order", "comma"]
FORMS: tuple[Form, ...] = get_args(Form)

JOINTS = ", "
"""The characters that may stand between the parts of a full name."""

TEST_SHARE = 5
"""One given name in so many is held out for tests, whatever the seed and the corpus."""


class FullName(NamedTuple):
    """A surname and a given name that go together, and their label."""

    surname: str
    given: str
    label: str


@dataclass(frozen=True)
class GivenNames:
    """Normalised given names with their labels, in a training and a test part.

    Full names of the labels in `surname_first` begin with the surname; those in `joined` have no
    space where they aren't in Latin letters.
    """

    train: tuple[Row, ...] = ()
    test: tuple[Row, ...] = ()
    surname_first: frozenset[str] = frozenset()
    joined: frozenset[str] = frozenset()

    def of_labels(self, labels: Collection[str]) -> "GivenNames":
        """Return the names of these labels alone."""
        return replace(
            self,
            train=tuple(row for row in self.train if row.label in labels),
            test=tuple(row for row in self.test if row.label in labels),
        )


def read_given(folder: Path) -> GivenNames:
    """Read `<Label>.txt` files and `orders.toml`, which may be missing; raises `CorpusError`."""
    rows = sorted(set(read_corpus(folder_source(str(folder), "--given-dir"))))
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
    return GivenNames(
        train=tuple(row for row in rows if not held_out(row.name)),
        test=tuple(row for row in rows if held_out(row.name)),
        surname_first=surname_first,
        joined=joined,
    )


def held_out(given: str) -> bool:
    """Say whether a normalised given name belongs to the test part, under all its labels."""
    digest = hashlib.blake2b(given.encode(), digest_size=8).digest()
    return int.from_bytes(digest) % TEST_SHARE == 0


def is_latin(name: str) -> bool:
    """Say whether all letters of `name` are Latin ones."""
    return all(unicodedata.name(c, "").startswith("LATIN") for c in name if c.isalpha())


def write_name(name: FullName, form: Form, names: GivenNames) -> str:
    """Join surname and given name as the label's names are written, in the other order, or so."""
    surname, given = name.surname, name.given
    if form == "comma":
        return f"{surname}, {given}"
    surname_first = name.label in names.surname_first
    if form == "as written" and name.label in names.joined and not is_latin(surname + given):
        return surname + given if surname_first else given + surname
    if surname_first == (form == "as written"):
        return f"{surname} {given}"
    return f"{given} {surname}"


def full_names(rows: Sequence[Row], given: Sequence[Row], number: int, seed: int) -> list[FullName]:
    """Make up `number` full names: each surname of `rows` in turn with a drawn given name.

    A surname goes with `given` names of its label in the same kind of letters, Latin or not; one
    that has none is passed over.
    """
    generator = random.Random(seed)
    pools: dict[tuple[str, bool], list[str]] = defaultdict(list)
    for name, label in given:
        pools[label, is_latin(name)].append(name)
    usable = [row for row in rows if (row.label, is_latin(row.name)) in pools]
    made: list[FullName] = []
    while usable and len(made) < number:
        for surname, label in generator.sample(usable, min(len(usable), number - len(made))):
            made.append(FullName(surname, generator.choice(pools[label, is_latin(surname)]), label))
    return made


def written(made: Sequence[FullName], names: GivenNames, seed: int) -> list[str]:
    """Write each full name in a drawn form."""
    generator = random.Random(seed)
    return [write_name(name, generator.choice(FORMS), names) for name in made]


def joint_answer(surname: Floats, given: Floats, shares: Floats) -> Floats:
    """Return P(label | surname, given name) [names, labels] from the two parts' own answers.

    `surname` and `given` are log probabilities [names, labels], `shares` [labels] those of the
    labels in what answered for the given names. The two parts are taken as independent within a
    label: P(l | s, g) is proportional to P(l | s) P(l | g) / P(l). A label without given names,
    whose share is 0, is judged by the surname alone.

    Source: Hinton, "Training Products of Experts by Minimizing Contrastive Divergence", 2002.
    """
    known = shares > 0
    evidence = np.where(known, given - np.log(np.where(known, shares, 1)), 0)
    total = surname + evidence
    joint = np.exp(total - total.max(axis=1, keepdims=True))
    return np.asarray(joint / joint.sum(axis=1, keepdims=True))
