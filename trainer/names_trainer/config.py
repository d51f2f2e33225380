"""The configuration of a training run, and that of a teacher."""

import math
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from names_predictor.errors import NamesError
from names_trainer.options import DISTILLATION, MODEL, TRAINING, flag, option

SplitStrategy = Literal["grouped", "random", "rare"]
Optimizer = Literal["adam", "adamw", "nadam", "radam", "rmsprop", "sgd"]
Schedule = Literal["constant", "one-cycle"]

_KINDS: dict[Any, tuple[Any, str]] = {
    int: (int, "a whole number"),
    float: (int | float, "a number"),
    bool: (bool, "True or False"),
    str: (str, "a text"),
}
"""For each type of field: the accepted types, and its name in errors."""

_MOST = 2**31 - 1
_FROM_1 = "give a whole number from 1"
_FROM_0 = "give a whole number from 0"


def _columns(column: str | Sequence[str]) -> tuple[str, ...]:
    """Return the columns of a list, as JSON has them, or of the text of one."""
    return tuple(filter(None, [column])) if isinstance(column, str) else tuple(column)


@dataclass(frozen=True)
class Source:
    """A folder or a file of labelled names.

    Attributes:
        path: The folder or file.
        column: Columns of a table that are joined to the name; empty means `name`.
        label_column: Column of the label; empty means `label`.

    """

    path: Path
    column: tuple[str, ...] = ()
    label_column: str = ""

    def __post_init__(self) -> None:
        """Accept a text as the path and as a single column, too."""
        object.__setattr__(self, "path", Path(self.path))
        object.__setattr__(self, "column", _columns(self.column))

    @property
    def options(self) -> str:
        """The command-line options for this source, quoted for a shell."""
        words = ["--data", str(self.path)]
        for column in self.column:
            words += ["--column", column]
        if self.label_column:
            words += ["--label-column", self.label_column]
        return shlex.join(words)


@dataclass(frozen=True)
class TrainConfig:
    """Settings of a training run; the defaults are the preset `coursework`.

    Fields without a description are options of `names train`, whose help describes them.

    Attributes:
        data_dir: Folder or file of the corpus; see `Source` for it, `column` and `label_column`.
        count_power: Where the corpus counts the people with a name, an epoch draws the names of a
            label with weights count^count_power.
        given_dir: Folder of given names. The corpus then holds surnames, and each epoch draws
            surnames, given names and full names (see `full_names`).
        bidirectional: Whether the LSTM reads words in both directions; for teachers only.
        member: Number of a teacher, from 1; 0 for the model itself.

    Raises:
        NamesError: A value is invalid, or two settings contradict each other.

    """

    data_dir: str = "data/names"
    column: tuple[str, ...] = ()
    label_column: str = ""
    split: SplitStrategy = field(
        default="grouped",
        metadata=option(
            None,
            "HOW",
            "grouped: stratified, a name in one split only; random: all lines, duplicates too; "
            "rare: as grouped, but the commonest names, by their numbers of people, are all in the "
            "training split.",
        ),
    )
    embedding_dim: int = field(
        default=64, metadata=option(MODEL, "N", "Size of the character embedding.")
    )
    hidden_dim: int = field(default=200, metadata=option(MODEL, "N", "Size of the LSTM state."))
    num_layers: int = field(default=1, metadata=option(MODEL, "N", "Number of LSTM layers."))
    bidirectional: bool = False
    ngrams: int = field(
        default=0,
        metadata=option(MODEL, "N", "Longest n-gram of the n-gram table; 0: no table."),
    )
    ngram_rows: int = field(default=2**16, metadata=option(MODEL, "N", "Rows of the n-gram table."))
    ngram_dim: int = field(
        default=16, metadata=option(MODEL, "N", "Size of an n-gram's embedding.")
    )
    int8_weights: bool = field(
        default=False,
        metadata=option(
            MODEL,
            "",
            "Round the weights of the best epoch to 8 bits, those of the n-gram table to 4.",
            flags="--int8-weights/--float32-weights",
        ),
    )
    dropout: float = field(
        default=0.0,
        metadata=option(TRAINING, "RATE", "Dropout rate of embeddings, layers and last state."),
    )
    ngram_dropout: float = field(
        default=0.0,
        metadata=option(TRAINING, "RATE", "Dropout rate of the n-grams."),
    )
    optimizer: Optimizer = field(
        default="adamw",
        metadata=option(TRAINING, "NAME", "adam, adamw, nadam, radam, rmsprop or sgd."),
    )
    learning_rate: float = field(
        default=0.01,
        metadata=option(TRAINING, "RATE", "Learning rate, the highest of the schedule."),
    )
    schedule: Schedule = field(
        default="constant",
        metadata=option(TRAINING, "NAME", "Learning-rate schedule: constant or one-cycle."),
    )
    weight_decay: float = field(
        default=0.01,
        metadata=option(TRAINING, "RATE", "Weight decay, decoupled if the optimiser can."),
    )
    count_power: float = field(
        default=0.5,
        metadata=option(
            TRAINING,
            "POWER",
            "Draw a name with weight count^POWER, where count is its number of people; 0: equal "
            "weights.",
        ),
    )
    given_dir: str = field(
        default="",
        metadata=option(
            TRAINING,
            "DIR",
            "Folder of given names, <Label>.txt files. The corpus then holds surnames, and the "
            "model learns full names too.",
        ),
    )
    people_dir: str = field(
        default="",
        metadata=option(
            TRAINING,
            "DIR",
            "With given names: folder of real people, <Label>.txt files with lines of surname, "
            "tab, given name.",
        ),
    )
    label_power: float = field(
        default=0.5,
        metadata=option(
            TRAINING,
            "POWER",
            "With given names: draw a label with weight size^POWER, where size is its number of "
            "surnames (times its number of people, if orders.toml has that).",
        ),
    )
    forms: float = field(
        default=0.0,
        metadata=option(
            TRAINING,
            "RATE",
            "With given names: fraction of words that are spelled another way.",
        ),
    )
    batch_size: int = field(default=32, metadata=option(TRAINING, "N", "Names per batch."))
    num_epochs: int = field(
        default=10, metadata=option(TRAINING, "N", "Passes over the training split.")
    )
    seed: int = field(
        default=100,
        metadata=option(
            TRAINING, "N", "Random seed for the split, initial weights, shuffling and dropout."
        ),
    )
    teachers: int = field(
        default=0,
        metadata=option(
            DISTILLATION, "N", "Number of teachers, whose probabilities the model learns."
        ),
    )
    synthetic_names: int = field(
        default=0,
        metadata=option(
            DISTILLATION,
            "N",
            "Number of synthetic and auxiliary names that the teachers label.",
        ),
    )
    auxiliary_dir: str = field(
        default="",
        metadata=option(
            DISTILLATION,
            "DIR",
            "Auxiliary data: names with any labels, which the teachers learn too. Names of the "
            "validation and test splits are left out.",
        ),
    )
    member: int = 0

    def __post_init__(self) -> None:
        """Check the type and the value of every field."""
        object.__setattr__(self, "column", _columns(self.column))
        self._check_types()
        self._check_values()

    def _check_types(self) -> None:
        """Raise `NamesError` for a value of another type; make Python's numbers of numpy's."""
        for one in fields(self):
            kind, called = _KINDS.get(one.type, (object, ""))
            value = getattr(self, one.name)
            if getattr(value, "shape", None) == ():  # a number of numpy, which JSON does not take
                value = value.item()
                object.__setattr__(self, one.name, value)
            if not isinstance(value, kind) or (isinstance(value, bool) and one.type is not bool):
                raise NamesError(f"{flag(one.name)} can't be {value!r}: give {called}")
            if one.type is float:
                try:
                    value = float(value)
                except OverflowError:  # a whole number beyond all floats
                    value = math.inf
                object.__setattr__(self, one.name, value)

    def _check_values(self) -> None:
        """Raise `NamesError` for a value that is impossible, or contradicts another."""
        for name, (valid, remedy) in {
            "embedding_dim": (self.embedding_dim >= 1, _FROM_1),
            "hidden_dim": (self.hidden_dim >= 1, _FROM_1),
            "num_layers": (self.num_layers >= 1, _FROM_1),
            "bidirectional": (
                not self.bidirectional or self.member > 0,
                "only teachers are bidirectional: leave it out",
            ),
            "ngrams": (0 <= self.ngrams <= 8, "give a whole number from 0 to 8"),
            "ngram_rows": (1 <= self.ngram_rows <= 2**22, "give a whole number from 1 to 4194304"),
            "ngram_dim": (self.ngram_dim >= 1, _FROM_1),
            "ngram_dropout": (0 <= self.ngram_dropout < 1, "give a number from 0, below 1"),
            "dropout": (0 <= self.dropout < 1, "give a number from 0, below 1"),
            "optimizer": (self.optimizer in get_args(Optimizer), _one_of(Optimizer)),
            "learning_rate": (0 < self.learning_rate < float("inf"), "give a number above 0"),
            "schedule": (self.schedule in get_args(Schedule), _one_of(Schedule)),
            "weight_decay": (0 <= self.weight_decay < float("inf"), "give a number from 0"),
            "batch_size": (1 <= self.batch_size <= _MOST, f"{_FROM_1} to {_MOST}"),
            "count_power": (0 <= self.count_power <= 1, "give a number from 0 to 1"),
            "num_epochs": (1 <= self.num_epochs <= _MOST, f"{_FROM_1} to {_MOST}"),
            "seed": (0 <= self.seed < 2**32, "give a whole number from 0, below 2^32"),
            "split": (self.split in get_args(SplitStrategy), _one_of(SplitStrategy)),
            "teachers": (0 <= self.teachers <= 64, "give a whole number from 0 to 64"),
            "synthetic_names": (0 <= self.synthetic_names <= _MOST, f"{_FROM_0} to {_MOST}"),
            "auxiliary_dir": (
                not self.auxiliary_dir or self.teachers or self.member,
                "only teachers learn from it: give --teachers or a preset that has some",
            ),
            "given_dir": (
                not (self.given_dir and self.teachers)
                or not (self.synthetic_names or self.auxiliary_dir),
                "its teachers label full names only: give --synthetic-names 0 and no "
                "--auxiliary-dir",
            ),
            "people_dir": (not self.people_dir or self.given_dir, "give --given-dir too"),
            "label_power": (0 <= self.label_power <= 1, "give a number from 0 to 1"),
            "forms": (0 <= self.forms <= 1, "give a number from 0 to 1"),
            "member": (self.member >= 0, _FROM_0),
        }.items():
            if not valid:
                raise NamesError(f"{flag(name)} can't be {getattr(self, name)}: {remedy}")

    @property
    def source(self) -> Source:
        """The corpus."""
        return Source(Path(self.data_dir), self.column, self.label_column)

    @property
    def sources(self) -> list[Source]:
        """The sources of labelled names: the corpus, the auxiliary data and the given names."""
        folders = [self.auxiliary_dir, self.given_dir]
        return [self.source, *(Source(Path(folder)) for folder in folders if folder)]

    def of_teacher(self, member: int) -> "TrainConfig":
        """Return the config of the teacher number `member`, from 1, of this run.

        The teacher of a run with given names has the network of its student, and dropout instead
        of soft labels.
        """
        if self.given_dir:
            return replace(
                self,
                teachers=0,
                member=member,
                num_epochs=(self.num_epochs + 1) // 2,
                dropout=0.2,
                ngram_dropout=0.5 if self.ngrams else 0.0,
                int8_weights=False,
            )
        kept = {"auxiliary_dir", "split", "count_power", "seed"} | CORPUS
        return replace(TEACHER, member=member, **{name: getattr(self, name) for name in kept})


CORPUS = {"data_dir", "column", "label_column"}
"""Options for the place of the corpus."""

PLACES = CORPUS | {"auxiliary_dir", "given_dir", "people_dir"}
"""Options for the places of names."""


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
