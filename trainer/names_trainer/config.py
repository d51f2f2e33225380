"""What a run depends on, and the presets."""

from dataclasses import dataclass, fields, replace
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Literal, get_args

from names_predictor.errors import NamesError
from names_trainer.data.corpus import Protocol
from names_trainer.data.sources import Source

Optimizer = Literal["adam", "adamw", "nadam", "radam", "rmsprop", "sgd"]
Schedule = Literal["constant", "one-cycle"]
Preset = Literal["default", "coursework", "best", "small"]

_KINDS: dict[Any, tuple[type, str]] = {
    int: (Integral, "a whole number"),
    float: (Real, "a number"),
    bool: (bool, "True or False"),
    str: (str, "a text"),
}
"""What a value of a field's type may be, numpy's numbers included, and what it is called."""

_FROM_1 = "give a whole number from 1"
_FROM_0 = "give a whole number from 0"


@dataclass(frozen=True)
class TrainConfig:
    """Everything a run depends on. The defaults here are the coursework's best settings.

    `data_dir` is a folder or a file of labelled names; `column` and `label_column` are those of a
    table (see `sources.Source`).

    Where a corpus says how many people bear a name, an epoch draws names in proportion to that
    number to the power `count_power`, within each label: 0 draws all alike.

    `ngrams` above 0 adds a table of n-grams up to that length, of `ngram_rows` rows of `ngram_dim`
    numbers; `ngram_dropout` is the share of n-grams left out in training. With `teachers` above 0
    the model learns from that many teachers (see `teachers`), on the training names and
    `synthetic_names` synthetic ones, or as many fewer as `auxiliary_dir` has; `member`, from 1, is
    a teacher's number. `auxiliary_dir` is a folder of other labelled names, of any labels, that the
    teachers learn beside the corpus; "" is none.

    With a `given_dir`, which has a file a label as the corpus has, the corpus holds surnames, and
    each epoch draws surnames, given names and full names anew (see `full_names`): labels in
    proportion to their number of names to the power `label_power`, each
    word in another form with the probability `forms`; a `people_dir` has names of real people, of
    whom most full names then are. `int8_weights` rounds the best weights to 8 bits, which makes the
    artifact a quarter.
    """

    data_dir: str = "data/names"
    column: tuple[str, ...] = ()
    label_column: str = ""
    split: Protocol = "grouped"
    embedding_dim: int = 64
    hidden_dim: int = 200
    num_layers: int = 1
    bidirectional: bool = False
    ngrams: int = 0
    ngram_rows: int = 2**16
    ngram_dim: int = 16
    ngram_dropout: float = 0.0
    dropout: float = 0.0
    optimizer: Optimizer = "adamw"
    count_power: float = 0.5
    learning_rate: float = 0.01
    schedule: Schedule = "constant"
    weight_decay: float = 0.01
    batch_size: int = 32
    num_epochs: int = 10
    seed: int = 100
    teachers: int = 0
    synthetic_names: int = 0
    auxiliary_dir: str = ""
    given_dir: str = ""
    people_dir: str = ""
    label_power: float = 0.5
    forms: float = 0.0
    member: int = 0
    int8_weights: bool = False

    def __post_init__(self) -> None:
        """Raise `NamesError` for a value that no run can have."""
        object.__setattr__(self, "column", tuple(self.column))  # JSON has lists only
        for field in fields(self):
            kind, called = _KINDS.get(field.type, (object, ""))
            value = getattr(self, field.name)
            if not isinstance(value, kind) or (isinstance(value, bool) and field.type is not bool):
                option = field.name.replace("_", "-")
                raise NamesError(f"--{option} can't be {value!r}: give {called}")
        for name, (valid, remedy) in {
            "embedding_dim": (self.embedding_dim >= 1, _FROM_1),
            "hidden_dim": (self.hidden_dim >= 1, _FROM_1),
            "num_layers": (self.num_layers >= 1, _FROM_1),
            "bidirectional": (
                not self.bidirectional or self.member > 0,
                "only teachers read words from both ends: leave it out",
            ),
            "ngrams": (0 <= self.ngrams <= 8, "give a whole number from 0 to 8"),
            "ngram_rows": (1 <= self.ngram_rows <= 2**16, "give a whole number from 1 to 65536"),
            "ngram_dim": (self.ngram_dim >= 1, _FROM_1),
            "ngram_dropout": (
                self.ngram_dropout == 0 or (0 < self.ngram_dropout < 1 and self.ngrams > 0),
                "give a number from 0, below 1, and 0 without --ngrams",
            ),
            "dropout": (0 <= self.dropout < 1, "give a number from 0, below 1"),
            "optimizer": (self.optimizer in get_args(Optimizer), _one_of(Optimizer)),
            "learning_rate": (0 < self.learning_rate < float("inf"), "give a number above 0"),
            "schedule": (self.schedule in get_args(Schedule), _one_of(Schedule)),
            "weight_decay": (0 <= self.weight_decay < float("inf"), "give a number from 0"),
            "batch_size": (self.batch_size >= 1, _FROM_1),
            "count_power": (0 <= self.count_power <= 1, "give a number from 0 to 1"),
            "num_epochs": (self.num_epochs >= 1, _FROM_1),
            "seed": (0 <= self.seed < 2**32, "give a whole number from 0, below 2^32"),
            "split": (self.split in get_args(Protocol), _one_of(Protocol)),
            "teachers": (0 <= self.teachers <= 64, "give a whole number from 0 to 64"),
            "synthetic_names": (self.synthetic_names >= 0, _FROM_0),
            "auxiliary_dir": (
                not self.auxiliary_dir or self.teachers or self.member,
                "only teachers learn from it: give --teachers or a preset that has some",
            ),
            "given_dir": (
                not self.given_dir or not (self.teachers or self.member),
                "full names are learned without teachers: give --teachers 0",
            ),
            "people_dir": (not self.people_dir or self.given_dir, "give --given-dir too"),
            "label_power": (0 <= self.label_power <= 1, "give a number from 0 to 1"),
            "forms": (0 <= self.forms <= 1, "give a number from 0 to 1"),
            "member": (self.member >= 0, _FROM_0),
        }.items():
            if not valid:
                option = name.replace("_", "-")
                raise NamesError(f"--{option} can't be {getattr(self, name)}: {remedy}")

    @property
    def source(self) -> Source:
        """Where the labelled names are."""
        return Source(Path(self.data_dir), self.column, self.label_column)

    @property
    def sources(self) -> list[Source]:
        """The corpus, and the folders of other names that the run learns from."""
        folders = [self.auxiliary_dir, self.given_dir]
        return [self.source, *(Source(Path(folder)) for folder in folders if folder)]

    def of_teacher(self, member: int) -> "TrainConfig":
        """Return the config of this run's teacher number `member`, from 1."""
        return replace(
            TEACHER,
            data_dir=self.data_dir,
            column=self.column,
            label_column=self.label_column,
            auxiliary_dir=self.auxiliary_dir,
            split=self.split,
            count_power=self.count_power,
            seed=self.seed,
            member=member,
        )


CORPUS = {"data_dir", "column", "label_column"}
"""The options that say where the corpus is."""

PLACES = CORPUS | {"auxiliary_dir", "given_dir", "people_dir"}
"""The options that say where names are; all others say how they are learned."""


def _one_of(kind: object) -> str:
    return f"give one of {', '.join(get_args(kind))}"


TEACHER = TrainConfig(
    hidden_dim=200,
    bidirectional=True,
    ngrams=5,
    ngram_dropout=0.5,
    dropout=0.3,
    learning_rate=0.004,
    schedule="one-cycle",
    weight_decay=0.05,
    batch_size=64,
    num_epochs=15,
    member=1,
)

BEST = TrainConfig(
    hidden_dim=200,
    ngrams=5,
    learning_rate=0.004,
    schedule="one-cycle",
    batch_size=128,
    num_epochs=8,
    teachers=4,
    synthetic_names=250_000,
    int8_weights=True,
)

DEFAULT = TrainConfig(
    hidden_dim=128,
    ngrams=5,
    ngram_dropout=0.6,
    dropout=0.4,
    learning_rate=0.004,
    schedule="one-cycle",
    weight_decay=0.05,
    batch_size=64,
    num_epochs=12,
)

PRESETS: dict[Preset, TrainConfig] = {
    "default": DEFAULT,
    "coursework": TrainConfig(),
    "best": BEST,
    "small": replace(BEST, embedding_dim=40, hidden_dim=136, ngram_rows=2**14, ngram_dim=8),
}
"""Chosen on validation; docs/accuracy.md has what was tried."""
