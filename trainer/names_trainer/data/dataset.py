"""The dataset of a run: the split corpus, its labels and characters, and its encoding."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from string import ascii_lowercase
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from names_predictor.encoding import FIRST_CHARACTER, PAD, UNKNOWN, Vocabulary, split_words
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
from names_trainer.data.forms import SUFFIXES, TITLES, spellings
from names_trainer.data.full_names import GivenNames, read_given, with_full_names
from names_trainer.data.people import read_people, split_people
from names_trainer.data.sampler import NameSampler
from names_trainer.data.sources import folder_source
from names_trainer.data.word_split import split_by_words, word_splits

MOST_DRAWN = 2**24
"""Highest number of rows of which `torch.multinomial` draws."""


class EncodedNames(NamedTuple):
    """Encoded names.

    Attributes:
        ids: Characters of the distinct words, int64 [words, time].
        words: Words of each name as rows of `ids`, int64 [names, most], padded with -1.
        targets: Labels int64 [names], or soft labels float32 [names, labels].

    """

    ids: Tensor
    words: Tensor
    targets: Tensor

    @property
    def counts(self) -> Tensor:
        """The number of words of each name, int64 [names]."""
        return (self.words >= 0).sum(dim=1)


@dataclass(frozen=True)
class Dataset:
    """A split corpus with its labels and vocabulary.

    Attributes:
        split: The split rows. With given names, the validation and test splits also have full
            names (`with_full_names`) and real people, and unless the split is random, each of
            their names has a word that is in no training name.
        labels: The sorted labels.
        vocabulary: The characters of the training split, of all spellings with `forms`.
        corpus_fingerprint: SHA-256 of the rows and counts.
        auxiliary: The auxiliary rows, without held-out names and unknown characters.
        given: The given names.
        counts: Number of people per row; empty if the corpus has no counts.

    """

    split: Split
    labels: tuple[str, ...]
    vocabulary: Vocabulary
    corpus_fingerprint: str
    auxiliary: tuple[Row, ...] = ()
    given: GivenNames = field(default_factory=GivenNames)
    counts: Mapping[Row, int] = field(default_factory=dict)

    @classmethod
    def of(cls, config: TrainConfig, rows: Sequence[Row] | None = None) -> "Dataset":
        """Split a corpus, and read the other data, by `config`.

        Args:
            config: Settings of the run.
            rows: The corpus; by default it is read from `config.source`.

        Raises:
            NamesError: A file cannot be read, or there are too few rows or labels.

        """
        counts: Mapping[Row, int] = {}
        if rows is None:
            rows, counts = read_counted(config.source)
        split = split_corpus(rows, config.split, config.seed, counts)
        if len({row.label for row in split.train}) < 2:
            raise NamesError(
                f"{len(rows)} rows leave only one label in the training split: give the other "
                "labels more names, or use --split grouped"
            )
        labels = tuple(sorted({row.label for row in rows}))
        given = GivenNames()
        if config.given_dir:
            split, given = _with_given(split, labels, config)
        vocabulary = _vocabulary(split, given, has_forms=config.forms > 0)
        return cls(
            split=split,
            labels=labels,
            vocabulary=vocabulary,
            corpus_fingerprint=fingerprint(rows, counts),
            auxiliary=auxiliary_rows(config.auxiliary_dir, split, vocabulary),
            given=given,
            counts=counts,
        )

    def weights(self, rows: int, power: float) -> Tensor | None:
        """Return the weights with which an epoch draws its rows.

        A training name has the weight count^power, scaled to a mean of 1 per label: counts of two
        sources are not comparable, so no label may get more draws. Rows that follow, such as
        synthetic names, have weight 1.

        Args:
            rows: Number of rows, from that of the training split.
            power: Exponent of the counts.

        Returns:
            Weights float64 [rows], or None for equal weights. Cumulative sums of millions of
            names would be too coarse in float32.

        Raises:
            NamesError: There are more rows than `MOST_DRAWN`.

        """
        if not self.counts or not power:
            return None
        if rows > MOST_DRAWN:
            raise NamesError(
                f"{rows:,} names: torch draws by count from at most {MOST_DRAWN:,}: give "
                "--count-power 0, or fewer names"
            )
        train = self.split.train
        tempered = torch.tensor(
            [float(self.counts[row]) ** power for row in train], dtype=torch.float64
        )
        labels = torch.from_numpy(label_ids(train, self.labels))
        sums = torch.zeros(len(self.labels), dtype=torch.float64).index_add(0, labels, tempered)
        means = sums / torch.bincount(labels, minlength=len(self.labels)).clamp(min=1)
        weights = torch.ones(rows, dtype=torch.float64)
        weights[: len(train)] = tempered / means[labels]
        return weights

    @property
    def auxiliary_labels(self) -> tuple[str, ...]:
        """The sorted labels of the auxiliary names."""
        return tuple(sorted({row.label for row in self.auxiliary}))

    def encode(self, rows: Sequence[Row]) -> EncodedNames:
        """Encode rows of the corpus."""
        return self._encode(rows, label_ids(rows, self.labels))

    def encode_with_auxiliary(self) -> EncodedNames:
        """Encode the training split, followed by the auxiliary names.

        The ids of the auxiliary labels follow those of the corpus, also where a label is in both.
        """
        train, auxiliary = self.split.train, self.auxiliary
        others = len(self.labels) + label_ids(auxiliary, self.auxiliary_labels)
        targets = np.concatenate([label_ids(train, self.labels), others])
        return self._encode((*train, *auxiliary), targets)

    def _encode(self, rows: Sequence[Row], targets: npt.NDArray[np.int64]) -> EncodedNames:
        ids, words = encode_names(self.vocabulary, [row.name for row in rows])
        return EncodedNames(ids, words, torch.from_numpy(targets))

    def are_in_training(self, names: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Return which normalised names are in training, bool [names].

        With given names, training composes full names of words: a name is in training if all of its
        words are. A full name without a space is one word, so it counts as new.
        """
        rows = (*self.split.train, *self.auxiliary, *self.given.split.train)
        trained = {row.name for row in rows}
        if not self.given.split.train:
            return np.array([name in trained for name in names], dtype=np.bool_)
        trained |= {person.name for person in self.given.people}
        words = {word for name in trained for word in split_words(name)}
        return np.array([words.issuperset(split_words(name)) for name in names], dtype=np.bool_)

    def sampler(self, config: TrainConfig) -> NameSampler:
        """Return the sampler of an epoch's names, for a corpus with given names."""
        return NameSampler(self.split.train, self.counts, self.given, config)


def _with_given(
    split: Split, labels: Sequence[str], config: TrainConfig
) -> tuple[Split, GivenNames]:
    """Read given names and people; add full names and people to the held-out splits."""
    given = read_given(Path(config.given_dir), labels, config.seed)
    words = word_splits(split, given.split)
    if config.split != "random":
        split = split_by_words(split, words)
        given = replace(given, split=split_by_words(given.split, words))
    for rows, name in zip(split, Split._fields, strict=True):
        if not rows:
            raise NamesError(
                f"no {name} split is left: all words of its names are in names of an earlier "
                "split too: give surnames of other words, fewer given names, or --split random"
            )
    train, validation, test = with_full_names(split, given, config)
    if config.people_dir:
        people = read_people(Path(config.people_dir), labels)
        trained, *held_out = split_people(people, words, config.seed)
        given = replace(given, people=tuple(trained))
        validation, test = (
            tuple(dict.fromkeys((*rows, *of_people)))
            for rows, of_people in zip((validation, test), held_out, strict=True)
        )
    return Split(train, validation, test), given


def _vocabulary(split: Split, given: GivenNames, has_forms: bool) -> Vocabulary:
    """Return the characters of the training names, with forms also those of all their forms."""
    pairs = [*split.train, *given.split.train]
    for person in given.people:
        pairs += (Row(person.surname, person.label), Row(person.given, person.label))
    names = {row.name for row in pairs}
    if has_forms:
        names |= {form for name in names for form in spellings(name)}
        names |= {form for forms in given.variants.values() for form in forms}
        # Romanisations by rule have ASCII letters, as initials have.
        names |= {*ascii_lowercase, *TITLES, *SUFFIXES, ". "}
    return Vocabulary.of(sorted(names))


def encode_names(vocabulary: Vocabulary, names: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Split normalised names into words and encode each distinct word once.

    Returns:
        Ids of the distinct words, int64 [words, time], padded with `PAD`; and the words of each
        name as rows of the ids, sorted by text, int64 [names, most], padded with -1.

    """
    number: dict[str, int] = {}
    of_names = [sorted(split_words(name)) for name in names]
    found = [number.setdefault(word, len(number)) for words in of_names for word in words]
    counts = np.fromiter(map(len, of_names), dtype=np.int64, count=len(names))
    words = np.full((len(names), int(counts.max(initial=1))), -1, dtype=np.int64)
    words[np.arange(words.shape[1]) < counts[:, None]] = found
    return torch.from_numpy(vocabulary.encode(list(number))[0]), torch.from_numpy(words)


def fallback_ids(vocabulary: Vocabulary) -> Tensor:
    """Return the id of an unknown character of the same script as each id, int64 [ids]."""
    ids = torch.tensor([PAD] + [UNKNOWN] * (len(vocabulary) - 1))
    for number, character in enumerate(vocabulary.characters, FIRST_CHARACTER):
        for fallback, spans in vocabulary.fallbacks.items():
            if any(ord(character) in span for span in spans):
                ids[number] = fallback
    return ids


def label_ids(rows: Sequence[Row], labels: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return the labels of `rows` as ids into `labels`, int64 [rows]."""
    number = {label: i for i, label in enumerate(labels)}
    return np.array([number[row.label] for row in rows], dtype=np.int64)


def auxiliary_rows(folder: str, split: Split, vocabulary: Vocabulary) -> tuple[Row, ...]:
    """Read the auxiliary data in `folder`, without leaks into the held-out splits.

    Names of the validation and test splits are left out, compared by their letters, and names
    with a character outside the vocabulary.

    Args:
        folder: Folder of <Label>.txt files, or "" for no auxiliary data.
        split: Split of the corpus.
        vocabulary: Characters of the training split.

    Raises:
        NamesError: Fewer than two labels remain.

    """
    if not folder:
        return ()
    held_out = {letters(row.name) for row in (*split.validation, *split.test)}
    known = set(vocabulary.characters)
    rows = sorted(set(read_corpus(folder_source(folder, "--auxiliary-dir"))))
    usable = tuple(
        row for row in rows if known.issuperset(row.name) and letters(row.name) not in held_out
    )
    if len({row.label for row in usable}) < 2:
        raise NamesError(
            f"{folder}: names remain for fewer than two labels after held-out names and unknown "
            "characters are removed: give --auxiliary-dir a folder with more"
        )
    return usable
