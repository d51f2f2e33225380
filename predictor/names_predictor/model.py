"""From names to labels: batches, the onnxruntime session, probabilities."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from names_predictor.artifact import MODEL_FILE, Artifact, ArtifactError, read_artifact
from names_predictor.encoding import UNKNOWN, Ids, normalise

Probabilities = npt.NDArray[np.float32]
Reason = Literal["blank", "too-long", "unknown-script"]

BATCH_SIZE = 512
"""Names in one run of the session; larger batches gain nothing and cost memory."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer for one row.

    `label` and `probability` are None where the row is unusable; then `reason` says why.
    `ranked` holds the asked number of labels with their probabilities, most probable first.
    """

    name: str
    label: str | None
    probability: float | None
    reason: Reason | None
    ranked: tuple[tuple[str, float], ...] = ()


class NamePredictor:
    """A loaded artifact that classifies names."""

    def __init__(self, artifact: Artifact, threads: int = 0) -> None:
        """Make a session for a checked `artifact`; `threads` 0 leaves the number to onnxruntime.

        Raises `ArtifactError` where the graph does not fit the vocabulary.
        """
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 4  # what goes wrong comes back as an exception
        try:
            self._session = ort.InferenceSession(
                artifact.model, options, providers=["CPUExecutionProvider"]
            )
        except Exception as problem:  # onnxruntime raises many kinds, without a common base
            first_line = str(problem).partition("\n")[0]
            raise ArtifactError(f"{MODEL_FILE}: onnxruntime refuses it: {first_line}") from None
        self.vocab = artifact.vocab
        self.labels = artifact.vocab.labels
        self._check_graph()

    @classmethod
    def load(cls, folder: str | PathLike[str], threads: int = 0) -> "NamePredictor":
        """Load the artifact in `folder`; raises `ArtifactError` where it is not whole."""
        return cls(read_artifact(Path(folder)), threads)

    def predict(self, names: Sequence[str], top_k: int = 1) -> list[Prediction]:
        """Classify `names`: one prediction a name, in their order."""
        probabilities, reasons = self._classify(names)
        k = min(top_k, len(self.labels))
        # A stable sort gives ties to the label that comes first, whatever k is.
        best = np.argsort(-probabilities, axis=1, kind="stable")[:, :k]
        scores = np.take_along_axis(probabilities, best, axis=1).tolist()
        predictions = []
        for name, reason, ids, row in zip(names, reasons, best.tolist(), scores, strict=True):
            if reason is None:
                ranked = tuple((self.labels[i], p) for i, p in zip(ids, row, strict=True))
                predictions.append(Prediction(name, *ranked[0], None, ranked))
            else:
                predictions.append(Prediction(name, None, None, reason))
        return predictions

    def predict_proba(self, names: Sequence[str]) -> Probabilities:
        """Return probabilities [names, labels]; the row of an unusable name is NaN."""
        return self._classify(names)[0]

    def _classify(self, names: Sequence[str]) -> tuple[Probabilities, list[Reason | None]]:
        normalised = [normalise(name) for name in names]
        reasons: list[Reason | None] = [
            "blank" if not name else "too-long" if len(name) > self.vocab.max_length else None
            for name in normalised
        ]
        usable = [i for i, reason in enumerate(reasons) if reason is None]
        # Names of one length stand together, so that hardly any step is spent on padding.
        usable.sort(key=lambda i: len(normalised[i]))
        probabilities = np.full((len(names), len(self.labels)), np.nan, dtype=np.float32)
        for start in range(0, len(usable), BATCH_SIZE):
            rows = np.array(usable[start : start + BATCH_SIZE])
            ids, lengths = self.vocab.vocabulary.encode([normalised[i] for i in rows])
            known = (ids > UNKNOWN).any(axis=1)
            for i in rows[~known]:
                reasons[i] = "unknown-script"
            if known.any():
                logits = self._logits(ids[known], lengths[known])
                probabilities[rows[known]] = softmax(
                    np.asarray(logits / self.vocab.temperature, dtype=np.float32)
                )
        return probabilities, reasons

    def _logits(self, ids: Ids, lengths: Ids) -> Probabilities:
        (logits,) = self._session.run(["logits"], {"ids": ids, "lengths": lengths})
        return np.asarray(logits, dtype=np.float32)

    def _check_graph(self) -> None:
        inputs = {i.name: i.type for i in self._session.get_inputs()}
        outputs = {o.name: o.shape for o in self._session.get_outputs()}
        if inputs != {"ids": "tensor(int64)", "lengths": "tensor(int64)"} or set(outputs) != {
            "logits"
        }:
            raise ArtifactError(
                f"{MODEL_FILE}: takes {sorted(inputs)} and gives {sorted(outputs)}, "
                "but a names model takes ids and lengths and gives logits"
            )
        if outputs["logits"][-1:] != [len(self.labels)]:
            raise ArtifactError(
                f"{MODEL_FILE}: gives logits of shape {outputs['logits']}, "
                f"but vocab.json has {len(self.labels)} labels"
            )
        metadata = self._session.get_modelmeta().custom_metadata_map
        if json.loads(metadata.get("labels", "null")) != list(self.labels):
            raise ArtifactError(f"{MODEL_FILE}: its labels differ from those in vocab.json")


def softmax(logits: Probabilities) -> Probabilities:
    """Return probabilities along the last axis of `logits` [..., labels]."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), dtype=np.float32)
