"""The predictor: a loaded artifact that classifies names."""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeVar, overload

import numpy as np
import numpy.typing as npt

from names_predictor.artifact.store import Artifact, artifact_folder, read_artifact
from names_predictor.conformal import prediction_sets, thresholds
from names_predictor.errors import NamesError
from names_predictor.inference.labels import kept_labels
from names_predictor.inference.options import PredictOptions
from names_predictor.inference.prior import copied_prior, reweighting
from names_predictor.inference.scorer import NameScorer
from names_predictor.inference.sequences import labels_like, texts_of
from names_predictor.inference.types import Prediction, PredictionBatch, Probabilities

if TYPE_CHECKING:
    from names_predictor.inference.explain import Explanation

Names = TypeVar("Names")

BEST_LABEL = PredictOptions()
"""The most probable label of every name."""


class NamePredictor:
    """A loaded artifact that classifies names.

    Any number of threads may use one predictor at once. It can be pickled, for instance for a pool
    of processes: the artifact and the options travel, and the other side makes a session anew.

    Examples:
        >>> from names_predictor import NamePredictor
        >>> predictor = NamePredictor.load()
        >>> predictor.label(["Papadopoulos", "Nowak"])
        ['Greek', 'Polish']

    """

    def __init__(
        self,
        artifact: Artifact,
        prior: Mapping[str, float] | None = None,
        labels: Sequence[str] | None = None,
    ) -> None:
        """Make a session for a checked `artifact`.

        Args:
            artifact: The model and its vocabulary.
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
        prior = copied_prior(prior)
        self.vocab = artifact.vocab
        self._kept = kept_labels(labels, self.vocab.labels)
        self._made_from = (artifact, prior, labels)
        self._scorer = NameScorer(artifact)
        self.artifact = artifact
        self.labels = tuple(self.vocab.labels[i] for i in self._kept)
        self._reweighted = reweighting(
            prior, self.vocab.labels, self.vocab.class_priors, self._kept
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what the predictor is made from; a session can't be."""
        return type(self), self._made_from

    @classmethod
    def load(
        cls,
        folder: str | PathLike[str] | None = None,
        prior: Mapping[str, float] | None = None,
        labels: Sequence[str] | None = None,
    ) -> "NamePredictor":
        """Load the artifact in `folder`; the other arguments are those of the class.

        `folder` can be an address on the Hugging Face Hub, `hf://owner/model@commit`, which needs
        `pip install 'names-predictor[hub]'`. A branch, a tag or no revision is resolved to its
        current commit; `artifact.source` has it.

        Without a folder it is the one in the variable `NAMES_ARTIFACTS`, else the bundled model; a
        folder that happens to be called `artifacts` changes no prediction.

        Raises:
            ArtifactError: The artifact is not whole.
            NamesError: An argument is of another type or range, or the Hub has no such model,
                refuses, or does not answer.

        Examples:
            >>> asian = NamePredictor.load(labels=["Chinese", "Japanese", "Korean"])
            >>> asian.label(["Lee"])
            ['Korean']
            >>> polish = NamePredictor.load(prior={"Polish": 9, "German": 1})
            >>> polish.labels == predictor.labels
            True

        """
        return cls(read_artifact(artifact_folder(folder)), prior, labels)

    def __repr__(self) -> str:
        """Return the number of labels and the first of them, and the address of a Hub model."""
        first = ", ".join(self.labels[:3])
        source = self.artifact.source and f" from {self.artifact.source}"
        return f"<NamePredictor of {len(self.labels)} labels: {first}, ...{source}>"

    def predict(
        self,
        names: Sequence[str],
        top_k: int = 1,
        min_probability: float = 0.0,
        coverage: float | None = None,
    ) -> list[Prediction]:
        """Classify names; return one prediction per name, in their order.

        Args:
            names: A list, an array or a Series of texts; a missing one is blank.
            top_k: Labels to rank, from 1.
            min_probability: A name whose best label is less probable gets none, but the reason
                `low-confidence`.
            coverage: Target coverage: `candidates` then contains the right label for this
                fraction of names like the training names. It may be empty, and does not depend on
                the prior.

        Raises:
            NamesError: An option is out of range, or something among the names is no text.

        Examples:
            >>> nowak, blank = predictor.predict(["Nowak", ""], top_k=2)
            >>> nowak.label, nowak.probability > 0.5
            ('Polish', True)
            >>> [label for label, probability in nowak.ranked]
            ['Polish', 'German']
            >>> blank.label, blank.reason
            (None, 'blank')

        """
        options = PredictOptions(top_k, min_probability, coverage)
        names = texts_of(names, "the sequence")
        return self.predict_batch(names, options).predictions(names, self.labels)

    def predict_batch(
        self, names: Sequence[str], options: PredictOptions = BEST_LABEL
    ) -> PredictionBatch:
        """Classify names as `predict` does, but return columns, without an object per name.

        Raises:
            NamesError: Something among the names is no text.

        Examples:
            >>> batch = predictor.predict_batch(["Papadopoulos", ""])
            >>> predictor.labels[batch.best[0, 0]], batch.reasons[1]
            ('Greek', 'blank')
            >>> batch.probabilities.shape == (2, len(predictor.labels))
            True

        """
        unshifted, reasons = self._scorer.classify(texts_of(names, "the sequence"))
        candidates = []
        if options.coverage is not None:
            least = thresholds(self.vocab.groups, len(self.vocab.labels), options.coverage)
            sets = prediction_sets(unshifted, least)[:, self._kept]
            for row, inside in zip(unshifted[:, self._kept], sets, strict=True):
                order = np.argsort(-row, kind="stable")
                candidates.append(tuple(self.labels[i] for i in order[inside[order]]))
        probabilities = self._reweighted(unshifted)
        k = min(options.top_k, len(self.labels))
        # Ties go to the label that comes first, whatever k is.
        if k == 1:
            best = probabilities.argmax(axis=1)[:, None]
        else:
            best = np.argsort(-probabilities, axis=1, kind="stable")[:, :k]
        scores = np.take_along_axis(probabilities, best, axis=1)
        for i in np.flatnonzero(scores[:, 0] < options.min_probability):
            reasons[i] = "low-confidence"
        return PredictionBatch(best, scores, reasons, candidates, probabilities)

    @overload
    def label(self, names: list[Any], min_probability: float = 0.0) -> list[str | None]: ...
    @overload
    def label(self, names: Names, min_probability: float = 0.0) -> Names: ...
    def label(self, names: Any, min_probability: float = 0.0) -> Any:
        """Return the labels of `names` in a container of the same type, None for no label.

        That is a list, tuple, numpy array, pandas Series (with its index) or polars Series; a
        Series is then called `label`. A missing name (None, NaN, NA) is blank.

        Raises:
            NamesError: Something among the names is no text.

        Examples:
            >>> predictor.label(["Papadopoulos", None])
            ['Greek', None]
            >>> import pandas
            >>> predictor.label(pandas.Series({"row 7": "Kim Min-jun"}))
            row 7    Korean
            Name: label, dtype: object

        """
        options = PredictOptions(min_probability=min_probability)

        def labels_of(texts: Sequence[str]) -> list[str | None]:
            batch = self.predict_batch(texts, options)
            best = zip(batch.best[:, 0].tolist(), batch.reasons, strict=True)
            return [None if reason else self.labels[number] for number, reason in best]

        return labels_like(names, labels_of)

    def predict_proba(self, names: Sequence[str]) -> Probabilities:
        """Return probabilities [names, labels]; the row of an unusable name is NaN.

        Examples:
            >>> probabilities = predictor.predict_proba(["Papadopoulos", ""])
            >>> predictor.labels[probabilities[0].argmax()]
            'Greek'
            >>> float(probabilities[1, 0])
            nan

        """
        return self._reweighted(self._scorer.classify(texts_of(names, "the sequence"))[0])

    def explain(self, name: str, most: int = 5) -> "Explanation":
        """Classify `name` and say how much each word and letter speaks for its label.

        Args:
            name: Any text; one that cannot be labelled has a reason and no parts.
            most: Labels to rank.

        Examples:
            >>> why = predictor.explain("Maria Papadopoulou")
            >>> why.prediction.label
            'Greek'
            >>> [word for word, log_odds in why.words if log_odds > 1]
            ['papadopoulou']
            >>> "".join(letter for letter, log_odds in why.letters)
            'Maria Papadopoulou'

        """
        from names_predictor.inference.explain import explain

        return explain(self, name, most)

    @property
    def class_priors(self) -> npt.NDArray[np.float64]:
        """The frequencies [labels] of the labels in training, or those of the prior.

        Examples:
            >>> polish = NamePredictor.load(prior={"Polish": 9, "German": 1})
            >>> float(polish.class_priors.max())
            0.9

        """
        return self._reweighted.shares.copy()
