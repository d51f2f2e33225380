"""The onnxruntime session: words in, the evidence of each out."""

import numpy as np

from names_predictor.artifact.manifest import ArtifactError
from names_predictor.artifact.onnx_guard import check_graph
from names_predictor.artifact.store import MODEL_FILE, Artifact
from names_predictor.encoding import UNKNOWN, Ids
from names_predictor.errors import one_line
from names_predictor.inference.prefix_tree import NEXT, evidence_by_prefix, state_names
from names_predictor.inference.runtime import ort
from names_predictor.inference.types import Flags, Floats

INPUTS = dict.fromkeys(("ids", "lengths", "ends"), "tensor(int64)")
OUTPUTS = ("evidence", "bias", "scale")


class WordEncoder:
    """A session of a checked artifact. Any number of threads may use one at once.

    `bias` [labels] and `scale` [most words] make the logits of a name of n words: bias +
    scale[n - 1] x the sum of their evidence.
    """

    def __init__(self, artifact: Artifact) -> None:
        """Make the session; raises `ArtifactError` where the graph does not fit the vocabulary."""
        check_graph(artifact.model)
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
            raise ArtifactError(
                f"{MODEL_FILE}: onnxruntime refuses it: {one_line(problem)}"
            ) from None
        self._vocabulary = artifact.vocab.vocabulary
        self._labels = len(artifact.vocab.labels)
        self._check(artifact)
        # A model that can't answer, or knows fewer characters, is refused here.
        ids = np.array([[UNKNOWN, len(self._vocabulary) - 1]])
        inputs = {"ids": ids.T, "lengths": np.array([1, 1]), "ends": np.array([0])}
        try:
            self.bias, self.scale = self._session.run(["bias", "scale"], inputs)
        except Exception as problem:
            raise _failure(problem) from None
        if not (self.bias.shape == (self._labels,) and self.scale.ndim == 1 and self.scale.size):
            raise ArtifactError(
                f"{MODEL_FILE}: its bias or scale has the wrong shape: export it again"
            )
        if not (np.isfinite(self.bias).all() and np.isfinite(self.scale).all()):
            raise ArtifactError(f"{MODEL_FILE}: gives no logits for a name: export it again")
        self._evidence(ids, np.array([2]))

    def evidence(self, words: list[str]) -> tuple[Floats, Flags]:
        """Return the evidence [words, labels] of words, and which are informative.

        A word is informative if it has a known character other than punctuation. Its evidence does
        not depend on the other words. Sorted words are faster: neighbours share first characters.
        """
        ids, lengths = self._vocabulary.encode(words)
        is_informative = np.asarray(self._vocabulary.is_informative[ids].any(axis=1))
        return self._evidence(ids, lengths), is_informative

    def _evidence(self, ids: Ids, lengths: Ids) -> Floats:
        try:
            found = evidence_by_prefix(self._session, ids, lengths)
        except Exception as problem:  # a hostile graph can give states of any shape
            raise _failure(problem) from None
        if found.shape != (len(ids), self._labels) or not np.isfinite(found).all():
            raise ArtifactError(f"{MODEL_FILE}: gives no logits for a name: export it again")
        return found

    def _check(self, artifact: Artifact) -> None:
        try:
            inputs = {i.name: i.type for i in self._session.get_inputs()}
            outputs = {o.name: o.type for o in self._session.get_outputs()}
            shapes = {o.name: o.shape for o in self._session.get_outputs()}
            metadata = self._session.get_modelmeta().custom_metadata_map
            names = (*OUTPUTS, *(NEXT + name for name in state_names(self._session)))
        except UnicodeDecodeError:
            raise ArtifactError(f"{MODEL_FILE}: damaged: restore it or export again") from None
        if inputs != INPUTS or outputs != dict.fromkeys(names, "tensor(float)"):
            raise ArtifactError(
                f"{MODEL_FILE}: takes {sorted(inputs)} and gives {sorted(outputs)}, but a names "
                f"model takes {', '.join(INPUTS)} and gives {', '.join(OUTPUTS)}: export it again"
            )
        if shapes["evidence"][-1:] != [self._labels]:
            raise ArtifactError(
                f"{MODEL_FILE}: gives evidence of shape {shapes['evidence']}, "
                f"but vocab.json has {self._labels} labels: export it again"
            )
        if not artifact.vocab.metadata().items() <= metadata.items():
            raise ArtifactError(
                f"{MODEL_FILE}: its labels or versions are not those in vocab.json: export it again"
            )


def _failure(problem: Exception) -> Exception:
    """Return the exception for a failure of onnxruntime or, without memory, of numpy."""
    if isinstance(problem, MemoryError):
        return problem
    if "bad_alloc" in str(problem) or "Failed to allocate memory" in str(problem):
        return ArtifactError(
            f"{MODEL_FILE}: not enough memory to run it: give it more, or fewer threads"
        )
    return ArtifactError(f"{MODEL_FILE}: onnxruntime can't run it: {one_line(problem)}")
