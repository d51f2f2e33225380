"""The dataset of a run: the split corpus, its labels and characters, and its encoding."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from names_predictor.encoding import Vocabulary
from names_predictor.errors import NamesError
from names_trainer.config import TrainConfig
from names_trainer.data.corpus import (
    Row,
    Split,
    fingerprint,
    letters,
    read_corpus,
    read_counted,
    split_corpus,
)
from names_trainer.data.forms import spellings
from names_trainer.data.full_names import Draws, GivenNames, read_given, read_people, split_people
from names_trainer.data.sources import folder_source


class EncodedNames(NamedTuple):
    """Encoded names, int64: `ids` and `words` as the model takes them, `targets` [names].

    Where teachers gave them, `targets` are probabilities [names, labels].
    """

    ids: Tensor
    words: Tensor
    targets: Tensor


@dataclass(frozen=True)
class Dataset:
    """A corpus made ready for a config: its split, and the vocabulary of the training split.

    With given names, validation and test split have a full name for every surname, both of
    whose words are held out, and the vocabulary has the characters of all spellings.
    `auxiliary` are the names of `auxiliary_dir` that are not held out and whose every character
    the vocabulary has. `counts` is how many people bear a name, if the corpus has that.
    """

    split: Split
    labels: tuple[str, ...]
    vocabulary: Vocabulary
    corpus_fingerprint: str
    auxiliary: tuple[Row, ...] = ()
    given: GivenNames = field(default_factory=GivenNames)
    counts: Mapping[Row, int] = field(default_factory=dict)

    @classmethod
    def of(cls, config: TrainConfig) -> "Dataset":
        """Read and split the corpus; raises `CorpusError` where that can't be done."""
        rows, counts = read_counted(config.source)
        return cls.of_rows(rows, config, counts)

    @classmethod
    def of_rows(
        cls, rows: Sequence[Row], config: TrainConfig, counts: Mapping[Row, int] | None = None
    ) -> "Dataset":
        """Split `rows`; raises `CorpusError` where they are too few."""
        split = split_corpus(rows, config.split, config.seed, counts)
        if len({row.label for row in split.train}) < 2:
            raise NamesError(
                f"{len(rows)} rows leave one label to the training split: give the other labels "
                "more names, or split them by --split grouped"
            )
        labels = tuple(sorted({row.label for row in rows}))
        given = GivenNames()
        if config.given_dir:
            given = read_given(Path(config.given_dir), labels, config.seed)
            split = _with_full_names(split, given, counts or {}, config)
        if config.people_dir:
            people = read_people(Path(config.people_dir), labels)
            train, *held_out = split_people(people, split, given.split, config.seed)
            given = replace(given, people=tuple(train))
            split = replace(
                split,
                validation=(*split.validation, *held_out[0]),
                test=(*split.test, *held_out[1]),
            )
        names = [row.name for row in (*split.train, *given.split.train)]
        names += (name for person in given.people for name in person[:2])
        spelled = (other for name in names for other in spellings(name)) if config.forms else ()
        vocabulary = Vocabulary.of([*names, *spelled, *("j. " if config.forms else "")])
        return cls(
            split=split,
            labels=labels,
            vocabulary=vocabulary,
            corpus_fingerprint=fingerprint(rows, counts),
            auxiliary=auxiliary_rows(config.auxiliary_dir, split, vocabulary),
            given=given,
            counts=counts or {},
        )

    def weights(self, rows: int, power: float) -> Tensor | None:
        """Return the weights of the first `rows` rows of training in a draw, None for equal ones.

        That of a training name is its count to the `power`, on a scale on which the names of a
        label have a mean weight of 1: counts of two sources cannot be compared, so no label gets
        more or fewer draws. Rows after the training names, such as synthetic ones, have weight 1.
        """
        if not self.counts or not power:
            return None
        train = self.split.train
        tempered = torch.tensor([float(self.counts[row]) ** power for row in train])
        labels = torch.tensor(_numbers(train, self.labels))
        sums = torch.zeros(len(self.labels)).index_add(0, labels, tempered)
        means = sums / torch.bincount(labels, minlength=len(self.labels)).clamp(min=1)
        weights = torch.ones(rows)
        weights[: len(train)] = tempered / means[labels]
        return weights

    @property
    def auxiliary_labels(self) -> tuple[str, ...]:
        """The labels of the auxiliary names, which need not be the corpus' own."""
        return tuple(sorted({row.label for row in self.auxiliary}))

    def encode(self, rows: Sequence[Row]) -> EncodedNames:
        """Encode all rows at once; the training loop only indexes the result."""
        return self._encode(rows, _numbers(rows, self.labels))

    def encode_with_auxiliary(self) -> EncodedNames:
        """Encode the training split, followed by the auxiliary names.

        The ids of their labels follow the corpus' own, also where two labels have the same name.
        """
        train, auxiliary = self.split.train, self.auxiliary
        own, others = _numbers(train, self.labels), _numbers(auxiliary, self.auxiliary_labels)
        return self._encode((*train, *auxiliary), [*own, *(len(self.labels) + n for n in others)])

    def _encode(self, rows: Sequence[Row], targets: list[int]) -> EncodedNames:
        ids, words = self.vocabulary.encode_names([row.name for row in rows])
        return EncodedNames(torch.from_numpy(ids), torch.from_numpy(words), torch.tensor(targets))

    def draws(self, config: TrainConfig) -> Draws:
        """Return what draws the names of an epoch, where there are given names."""
        return Draws(
            self.split.train,
            self.counts,
            self.given.split.train,
            self.given,
            config.count_power,
            config.label_power,
        )


def _numbers(rows: Sequence[Row], labels: Sequence[str]) -> list[int]:
    number = {label: i for i, label in enumerate(labels)}
    return [number[row.label] for row in rows]


def _with_full_names(
    split: Split, given: GivenNames, counts: Mapping[Row, int], config: TrainConfig
) -> Split:
    """Add to validation and test split a full name for each surname, both words held out."""
    generator = random.Random(config.seed)
    made = []
    for surnames, others in (
        (split.validation, given.split.validation),
        (split.test, given.split.test),
    ):
        draws = Draws(surnames, counts, others, given, config.count_power, config.label_power)
        full = (Row(draws.full_name(n, x, generator), x) for n, x in surnames)
        made.append(tuple(dict.fromkeys((*surnames, *full))))
    return replace(split, validation=made[0], test=made[1])


def auxiliary_rows(folder: str, split: Split, vocabulary: Vocabulary) -> tuple[Row, ...]:
    """Return the names in `folder`, "" for none, that a run of `split` may learn from.

    No name of the validation or test split is among them, under whatever label and with whatever
    accents and marks, and none with a character that the training split does not have. Raises
    `NamesError` where these leave fewer than two labels, which are nothing to learn.
    """
    if not folder:
        return ()
    held_out = {letters(row.name) for row in (*split.validation, *split.test)}
    known = set(vocabulary.characters)
    rows = sorted(set(read_corpus(folder_source(folder, "--auxiliary-dir"))))
    usable = tuple(
        row for row in rows if known.issuperset(row.name) and letters(row.name) not in held_out
    )
    if len(labels := {row.label for row in usable}) < 2:
        raise NamesError(
            f"{folder}: {len(usable)} names of {len(labels)} labels are neither held out nor of "
            "characters that the corpus lacks: give --auxiliary-dir a folder that leaves two labels"
        )
    return usable
