"""From names to labels: batches, the onnxruntime session, probabilities."""

import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from os import PathLike
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar, overload

import numpy as np
import numpy.typing as npt

from names_predictor.artifact import (
    MODEL_FILE,
    Artifact,
    ArtifactError,
    default_folder,
    read_artifact,
)
from names_predictor.conformal import prediction_sets, thresholds
from names_predictor.encoding import UNKNOWN, Ids, normalise
from names_predictor.errors import NamesError
from names_predictor.graph import check_graph
from names_predictor.prefixes import NEXT, logits_by_prefix, state_names
from names_predictor.prior import copied_prior, shift_to
from names_predictor.rows import in_order
from names_predictor.runtime import ort
from names_predictor.series import labels_like, texts_of

Probabilities = npt.NDArray[np.float32]
Names = TypeVar("Names")
Reason = Literal[
    "blank", "undecodable", "too-long", "unknown-script", "low-confidence", "malformed"
]
"""Why a row has no label; `malformed` rows are those of files that could not be read."""

BATCH_SIZE = 512
"""Names in one run of the session; larger batches gain nothing and cost memory."""

SLICE_SIZE = 2048
"""Sorted names whose prefixes are walked at once: as many as leave the states in the cache."""


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
        self, artifact: Artifact, threads: int = 0, prior: Mapping[str, float] | None = None
    ) -> None:
        """Make a session for a checked `artifact`; `threads` 0 uses all processors.

        `prior` gives the labels' shares in the population that the names come from, on any scale;
        a label it does not name has none. Without it they are as among the training names.

        Raises `ArtifactError` where the graph does not fit the vocabulary, and `NamesError` for an
        argument of another type or range and for a prior that fits no label.
        """
        if not isinstance(artifact, Artifact):
            raise NamesError(f"artifact: {type(artifact).__name__}: use NamePredictor.load(folder)")
        if not _is_whole(threads, least=0):
            raise NamesError(f"threads can't be {threads!r}: give a whole number from 0")
        prior = copied_prior(prior)
        check_graph(artifact.model)
        self._made_from = (artifact, threads, prior)
        options = ort.SessionOptions()
        # A session of one thread, used by several: an operator is too little work to be shared.
        options.intra_op_num_threads = 1
        options.log_severity_level = 4  # what goes wrong comes back as an exception
        # Else a file that begins as onnxruntime's own format does would not be read as checked.
        options.add_session_config_entry("session.load_model_format", "ONNX")
        try:
            self._session = ort.InferenceSession(
                artifact.model,
                options,
                providers=["CPUExecutionProvider"],
                enable_fallback=0,  # it would print
            )
        except Exception as problem:  # onnxruntime raises many kinds, without a common base
            first_line = str(problem).partition("\n")[0]
            raise ArtifactError(f"{MODEL_FILE}: onnxruntime refuses it: {first_line}") from None
        self.threads = threads or available_processors()
        self.artifact = artifact
        self.vocab = artifact.vocab
        self.labels = artifact.vocab.labels
        self._check_graph()
        self._by_prefix = bool(state_names(self._session))
        shares = self.vocab.label_shares
        self._shift = None if prior is None else shift_to(prior, self.labels, shares)
        # A model that can't answer, or knows fewer characters, is told here.
        self._logits(np.array([[UNKNOWN, len(self.vocab.vocabulary) - 1]]), np.array([2]))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what the predictor is made from; a session can't be."""
        return type(self), self._made_from

    @classmethod
    def load(
        cls,
        folder: str | PathLike[str] | None = None,
        threads: int = 0,
        prior: Mapping[str, float] | None = None,
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
        return cls(read_artifact(path), threads, prior)

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
            least = thresholds(self.vocab.groups, len(self.labels), coverage)
            for row, inside in zip(unshifted, prediction_sets(unshifted, least), strict=True):
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

    @property
    def label_shares(self) -> npt.NDArray[np.float64]:
        """The labels' shares [labels] of the names in training, or of the prior."""
        shares = np.array(self.vocab.label_shares)
        return shares if self._shift is None else np.asarray(shares * self._shift)

    def _shifted(self, probabilities: Probabilities) -> Probabilities:
        """Weigh every label by its share in the population against that in training.

        Source: Saerens, Latinne and Decaestecker, "Adjusting the Outputs of a Classifier to New a
        Priori Probabilities", 2002.
        """
        if self._shift is None:
            return probabilities
        weighted = probabilities * self._shift
        # All labels that the prior allows can round to nothing: then the prior alone is left.
        total = weighted.sum(axis=1, keepdims=True)
        weighted = np.where(total == 0, self.label_shares, weighted)
        return np.asarray(weighted / weighted.sum(axis=1, keepdims=True), dtype=np.float32)

    def _classify(self, names: Sequence[str]) -> tuple[Probabilities, list[Reason | None]]:
        normalised = [normalise(name) for name in names]
        lengths = np.fromiter(map(len, normalised), dtype=np.int64, count=len(names))
        reasons: list[Reason | None] = [None] * len(names)
        for i in np.flatnonzero(lengths == 0):
            reasons[i] = "blank"
        for i in np.flatnonzero(lengths > self.vocab.max_length):
            reasons[i] = "too-long"
        for n, name in enumerate(names):
            if (not name.isascii() or "\0" in name) and _undecodable.search(name):
                reasons[n] = "undecodable"
                lengths[n] = 0  # no part of it is to be guessed from
        # Sorted, so that names which begin alike, or have one length, are neighbours.
        of = normalised if self._by_prefix else lengths
        order = np.array(sorted(range(len(names)), key=of.__getitem__), dtype=np.int64)
        usable = order[(lengths[order] > 0) & (lengths[order] <= self.vocab.max_length)]
        size = SLICE_SIZE if self._by_prefix else BATCH_SIZE
        slices = [usable[start : start + size] for start in range(0, len(usable), size)]
        probabilities = np.full((len(names), len(self.labels)), np.nan, dtype=np.float32)

        def fill(rows: npt.NDArray[np.int64]) -> None:
            ids, lengths = self.vocab.vocabulary.encode([normalised[i] for i in rows])
            known = self.vocab.vocabulary.tells[ids].any(axis=1)
            for i in rows[~known]:
                reasons[i] = "unknown-script"
            if known.any():
                logits = self._logits(ids[known], lengths[known])
                probabilities[rows[known]] = softmax(
                    np.asarray(logits / self.vocab.temperature, dtype=np.float32)
                )

        for _ in in_order(fill, slices, self.threads) if self.threads > 1 else map(fill, slices):
            pass
        return probabilities, reasons

    def _logits(self, ids: Ids, lengths: Ids) -> Probabilities:
        try:
            if self._by_prefix:
                logits = logits_by_prefix(self._session, ids, lengths)
            else:
                (logits,) = self._session.run(["logits"], {"ids": ids, "lengths": lengths})
        except Exception as problem:  # as above; a hostile graph can give states of any shape
            first_line = str(problem).partition("\n")[0]
            raise ArtifactError(f"{MODEL_FILE}: onnxruntime can't run it: {first_line}") from None
        if logits.shape != (len(ids), len(self.labels)) or not np.isfinite(logits).all():
            raise ArtifactError(f"{MODEL_FILE}: gives no logits for a name: export it again")
        return np.asarray(logits, dtype=np.float32)

    def _check_graph(self) -> None:
        try:
            inputs = {i.name: i.type for i in self._session.get_inputs()}
            outputs = {o.name: o.type for o in self._session.get_outputs()}
            shapes = {o.name: o.shape for o in self._session.get_outputs()}
            metadata = self._session.get_modelmeta().custom_metadata_map
            results = {"logits", *(NEXT + name for name in state_names(self._session))}
        except UnicodeDecodeError:
            raise ArtifactError(f"{MODEL_FILE}: damaged: restore it or export again") from None
        if (
            inputs != {"ids": "tensor(int64)", "lengths": "tensor(int64)"}
            or outputs.keys() != results
            or set(outputs.values()) != {"tensor(float)"}
        ):
            raise ArtifactError(
                f"{MODEL_FILE}: takes {sorted(inputs)} and gives {sorted(outputs)}, "
                "but a names model takes ids and lengths and gives logits"
            )
        if shapes["logits"][-1:] != [len(self.labels)]:
            raise ArtifactError(
                f"{MODEL_FILE}: gives logits of shape {shapes['logits']}, "
                f"but vocab.json has {len(self.labels)} labels"
            )
        if not self.vocab.metadata().items() <= metadata.items():
            raise ArtifactError(f"{MODEL_FILE}: its labels or versions are not those in vocab.json")


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
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), dtype=np.float32)
