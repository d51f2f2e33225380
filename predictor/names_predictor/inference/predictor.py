"""From names to labels: words, their summed evidence, probabilities."""

import difflib
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from numbers import Integral, Real
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar, overload

import numpy as np
import numpy.typing as npt

from names_predictor.artifact.store import Artifact, default_folder, read_artifact
from names_predictor.conformal import prediction_sets, thresholds
from names_predictor.encoding import normalise, split_words
from names_predictor.errors import NamesError
from names_predictor.inference.evidence import STEP, Numbers, Summed, WordEvidence
from names_predictor.inference.prior import copied_prior, shift_to
from names_predictor.inference.sequences import labels_like, texts_of
from names_predictor.inference.session import WordEncoder

if TYPE_CHECKING:
    from names_predictor.inference.explain import Explanation

Probabilities = npt.NDArray[np.float32]
Names = TypeVar("Names")
Reason = Literal[
    "blank", "undecodable", "too-long", "unknown-script", "low-confidence", "malformed"
]
"""Why a row has no label; `malformed` rows are those of files that could not be read."""

BLOCK_SIZE = 1 << 15
"""Names whose words are found at once."""

FEW = 32
"""Fewer names are not worth a search of the text of all."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer for one row.

    `label` is None where `reason` says why; `probability` is too, unless it was only too low.
    `ranked` holds the asked number of labels with their probabilities, most probable first;
    `candidates` holds the prediction set where a coverage was asked for, likewise in order.
    """

    name: str
    label: str | None
    probability: float | None
    reason: Reason | None
    ranked: tuple[tuple[str, float], ...] = ()
    candidates: tuple[str, ...] = ()


class Answers(NamedTuple):
    """The answers for many rows, in columns.

    `best` holds label numbers [rows, top_k], `scores` their probabilities (NaN in an unusable
    row), `candidates` the prediction sets where a coverage was asked for, `probabilities` every
    label's [rows, labels].
    """

    best: npt.NDArray[np.int64]
    scores: Probabilities
    reasons: list[Reason | None]
    candidates: list[tuple[str, ...]]
    probabilities: Probabilities


class NamePredictor:
    """A loaded artifact that classifies names.

    Any number of threads may use one predictor at once. It can be pickled, for instance for a pool
    of processes: the artifact and the options travel, and the other side makes a session anew.
    """

    def __init__(
        self,
        artifact: Artifact,
        threads: int = 0,
        prior: Mapping[str, float] | None = None,
        labels: Sequence[str] | None = None,
    ) -> None:
        """Make a session for a checked `artifact`.

        Args:
            artifact: The model and its vocabulary.
            threads: Threads to compute with; 0 uses all processors.
            prior: Each label's share in the population that the names come from, on any scale; a
                label it does not name has none. Without it they are as among the training names.
            labels: Answer among these labels only: their probabilities then sum to 1, which is
                right where every name is of one of them.

        Raises:
            ArtifactError: The graph does not fit the vocabulary.
            NamesError: An argument is of another type or range, a prior or label fits no label.

        """
        if not isinstance(artifact, Artifact):
            raise NamesError(f"artifact: {type(artifact).__name__}: use NamePredictor.load(folder)")
        if not _is_whole(threads, least=0):
            raise NamesError(f"threads can't be {threads!r}: give a whole number from 0")
        prior = copied_prior(prior)
        self._kept = kept_labels(labels, artifact.vocab.labels)
        self._made_from = (artifact, threads, prior, labels)
        self._encoder = WordEncoder(artifact)
        self._most_words = artifact.vocab.max_length // 2 + 1
        self._words = WordEvidence(self._encoder, len(artifact.vocab.labels))
        self.threads = threads or available_processors()
        self.artifact = artifact
        self.vocab = artifact.vocab
        self.labels = tuple(self.vocab.labels[i] for i in self._kept)
        shares = self.vocab.label_shares
        self._shift = None if prior is None else shift_to(prior, self.vocab.labels, shares)
        if self._shift is not None and not self._shift[self._kept].any():
            raise NamesError("prior: gives none of the labels to answer among a share above 0")

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what the predictor is made from; a session can't be."""
        return type(self), self._made_from

    @classmethod
    def load(
        cls,
        folder: str | PathLike[str] | None = None,
        threads: int = 0,
        prior: Mapping[str, float] | None = None,
        labels: Sequence[str] | None = None,
    ) -> "NamePredictor":
        """Load the artifact in `folder`; raises `ArtifactError` where it is not whole.

        Without one it is that in the variable `NAMES_ARTIFACTS`, else the bundled model: a folder
        that happens to be called `artifacts` changes no answer.
        """
        if not isinstance(folder, (str, PathLike, type(None))):
            raise NamesError(f"folder: {type(folder).__name__} is no path: give that of a folder")
        if "\0" in str(folder):
            raise NamesError("folder: no path has a NUL character: give that of a folder")
        path = default_folder() if folder is None else Path(folder)
        return cls(read_artifact(path), threads, prior, labels)

    def __repr__(self) -> str:
        """Say how many labels it has, and the first of them."""
        first = ", ".join(self.labels[:3])
        return f"<NamePredictor of {len(self.labels)} labels: {first}, ...>"

    def predict(
        self,
        names: Sequence[str],
        top_k: int = 1,
        min_probability: float = 0.0,
        coverage: float | None = None,
    ) -> list[Prediction]:
        """Classify `names`: one prediction a name, in their order.

        A name whose best label is less probable than `min_probability` gets none, but the reason
        `low-confidence`. With a `coverage`, `candidates` are labels among which the right one is
        as often as that, among names like the training's; there are none where no label fits as
        well as it mostly does. They do not depend on the prior: how probable a label is for its
        own names does not change with its share.
        """
        names = texts_of(names, "the sequence")
        answers = self.answer(names, top_k, min_probability, coverage)
        ids, scores = answers.best.tolist(), answers.scores.tolist()
        predictions = []
        for i, (name, reason) in enumerate(zip(names, answers.reasons, strict=True)):
            if reason and reason != "low-confidence":
                predictions.append(Prediction(name, None, None, reason))
                continue
            ranked = tuple((self.labels[n], p) for n, p in zip(ids[i], scores[i], strict=True))
            label, probability = ranked[0]
            candidates = answers.candidates[i] if answers.candidates else ()
            given = None if reason else label
            predictions.append(Prediction(name, given, probability, reason, ranked, candidates))
        return predictions

    def answer(
        self,
        names: Sequence[str],
        top_k: int = 1,
        min_probability: float = 0.0,
        coverage: float | None = None,
    ) -> Answers:
        """Do as `predict` does, but give columns, which costs no object a name."""
        if not _is_whole(top_k, least=1):
            raise NamesError(f"top_k can't be {top_k!r}: give a whole number from 1")
        is_number = isinstance(min_probability, Real) and not isinstance(min_probability, bool)
        if not (is_number and 0 <= min_probability <= 1):
            raise NamesError(f"min_probability can't be {min_probability!r}: give one from 0 to 1")
        unshifted, reasons = self._classify(texts_of(names, "the sequence"))
        candidates = []
        if coverage is not None:
            least = thresholds(self.vocab.groups, len(self.vocab.labels), coverage)
            sets = prediction_sets(unshifted, least)[:, self._kept]
            for row, inside in zip(unshifted[:, self._kept], sets, strict=True):
                order = np.argsort(-row, kind="stable")
                candidates.append(tuple(self.labels[i] for i in order[inside[order]]))
        probabilities = self._shifted(unshifted)
        k = min(top_k, len(self.labels))
        # Ties go to the label that comes first, whatever k is.
        if k == 1:
            best = probabilities.argmax(axis=1)[:, None]
        else:
            best = np.argsort(-probabilities, axis=1, kind="stable")[:, :k]
        scores = np.take_along_axis(probabilities, best, axis=1)
        for i in np.flatnonzero(scores[:, 0] < min_probability):
            reasons[i] = "low-confidence"
        return Answers(best, scores, reasons, candidates, probabilities)

    @overload
    def label(self, names: list[Any], min_probability: float = 0.0) -> list[str | None]: ...
    @overload
    def label(self, names: Names, min_probability: float = 0.0) -> Names: ...
    def label(self, names: Any, min_probability: float = 0.0) -> Any:
        """Return the labels of `names` as what they come in, None where there is none.

        That is a list, tuple, numpy array, pandas Series (its index is kept) or polars Series; a
        Series is then called `label`. A missing name (None, NaN, NA) is a blank one. Raises
        `NamesError` for what is no text.
        """

        def labels_of(texts: Sequence[str]) -> list[str | None]:
            answers = self.answer(texts, min_probability=min_probability)
            best = zip(answers.best[:, 0].tolist(), answers.reasons, strict=True)
            return [None if reason else self.labels[number] for number, reason in best]

        return labels_like(names, labels_of)

    def predict_proba(self, names: Sequence[str]) -> Probabilities:
        """Return probabilities [names, labels]; the row of an unusable name is NaN."""
        return self._shifted(self._classify(texts_of(names, "the sequence"))[0])

    def explain(self, name: str, most: int = 5) -> "Explanation":
        """Classify `name` and say how much each word and letter speaks for its label.

        Args:
            name: Any text; one that cannot be labelled has a reason and no parts.
            most: Labels to rank.

        """
        from names_predictor.inference.explain import explain

        return explain(self, name, most)

    @property
    def label_shares(self) -> npt.NDArray[np.float64]:
        """The labels' shares [labels] of the names in training, or of the prior."""
        shares = np.array(self.vocab.label_shares)
        shares = (shares if self._shift is None else shares * self._shift)[self._kept]
        return np.asarray(shares / shares.sum())

    def _shifted(self, probabilities: Probabilities) -> Probabilities:
        """Weigh every label by its share in the population against that in training.

        Labels that are not asked for have no share. Source: Saerens, Latinne and Decaestecker,
        "Adjusting the Outputs of a Classifier to New a Priori Probabilities", 2002.
        """
        if self._shift is None and len(self.labels) == len(self.vocab.labels):
            return probabilities
        weighted = probabilities if self._shift is None else probabilities * self._shift
        weighted = weighted[:, self._kept]
        # All labels that the prior allows can round to nothing: then the prior alone is left.
        total = weighted.sum(axis=1, keepdims=True)
        weighted = np.where(total == 0, self.label_shares, weighted)
        return np.asarray(weighted / weighted.sum(axis=1, keepdims=True), dtype=np.float32)

    def _classify(self, names: Sequence[str]) -> tuple[Probabilities, list[Reason | None]]:
        reasons: list[Reason | None] = [None] * len(names)
        probabilities = np.full((len(names), len(self.vocab.labels)), np.nan, dtype=np.float32)
        size = max(1, min(BLOCK_SIZE, self._words.most // self._most_words))
        for start in range(0, len(names), size):
            found = probabilities[start : start + size]  # a view
            block = names[start : start + size]
            usable, words = [], []
            for i in self._label_plain(block, found):
                normalised = normalise(block[i])
                reasons[start + i] = reason = self._reason_against(block[i], normalised)
                if not reason:
                    usable.append(i)
                    words.append(split_words(normalised))
            self._words.of_texts(words, partial(self._fill, found, np.array(usable, np.int64)))
        for i in np.flatnonzero(np.isnan(probabilities[:, 0])).tolist():
            reasons[i] = reasons[i] or "unknown-script"
        return probabilities, reasons

    def _label_plain(self, names: Sequence[str], found: Probabilities) -> Sequence[int]:
        """Write the probabilities of plain names into `found`; return the numbers of the others.

        Their words are found in the text of all, which is many times as fast.
        """
        text = "\n".join(names)
        if len(names) < FEW or text.count("\n") >= len(names):
            return range(len(names))
        fill = partial(self._fill, found, np.arange(len(names)))
        is_plain = self._words.of_plain(text.lower(), len(names), fill)
        others: list[int] = np.flatnonzero(~is_plain).tolist()
        return others

    def _reason_against(self, name: str, normalised: str) -> Reason | None:
        if (not name.isascii() or "\0" in name) and _undecodable.search(name):
            return "undecodable"  # no part of it is to be guessed from
        if not normalised:
            return "blank"
        return "too-long" if len(normalised) > self.vocab.max_length else None

    def _fill(self, found: Probabilities, of: Numbers, names: Numbers, summed: Summed) -> None:
        """Write into `found` the probabilities of `names`, whose rows `of` holds; NaN: unknown."""
        most = len(self._encoder.scale)
        factor = self._encoder.scale[np.minimum(summed.counts, most) - 1] * np.float32(STEP)
        logits = summed.sums.astype(np.float32)
        logits *= factor[:, None]
        logits += self._encoder.bias
        logits /= np.float32(self.vocab.temperature)
        probabilities = softmax(logits)
        probabilities[~summed.is_informative] = np.nan
        found[of[names]] = probabilities


def kept_labels(wanted: Sequence[str] | None, labels: Sequence[str]) -> list[int]:
    """Return the numbers of the `wanted` labels in the model's order, of all without any.

    Raises `NamesError` where there are fewer than two, or one is none of the model's.
    """
    if wanted is None:
        return list(range(len(labels)))
    if isinstance(wanted, str) or not all(isinstance(label, str) for label in wanted):
        raise NamesError('labels: give a list of labels, such as ["Korean", "Chinese"]')
    for label in wanted:
        if label not in labels:
            near = difflib.get_close_matches(label, labels, 1)
            hint = f": did you mean {near[0]}?" if near else "; names-predict --list-labels has all"
            raise NamesError(f"labels: {label!r} is none of the model's labels{hint}")
    if len(set(wanted)) < min(2, len(labels)):
        raise NamesError("labels: give two at least, else there is nothing to tell apart")
    return [i for i, label in enumerate(labels) if label in wanted]


_undecodable = re.compile("[\x00\ufffd\ud800-\udfff]")
"""What no text has: NUL, the replacement character of a decoder, lone surrogates."""


def _is_whole(value: Any, least: int) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def available_processors() -> int:
    """Return how many processors this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def softmax(logits: Probabilities) -> Probabilities:
    """Return probabilities along the last axis of `logits` [..., labels]."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    np.exp(shifted, out=shifted)
    shifted /= shifted.sum(axis=-1, keepdims=True)
    return np.asarray(shifted, dtype=np.float32)
