"""The predictor: load an artifact and classify names."""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeVar, overload

import numpy as np
import numpy.typing as npt

from names_predictor.artifact.store import Artifact, artifact_folder, read_artifact
from names_predictor.encoding import normalise, split_words
from names_predictor.errors import NamesError
from names_predictor.inference.labels import copied_labels, label_ids
from names_predictor.inference.options import PredictOptions
from names_predictor.inference.prior import copied_prior, prior_shift
from names_predictor.inference.ranking import best_labels, ranked_sets
from names_predictor.inference.scorer import NameScorer
from names_predictor.inference.sequences import labels_like, texts_of
from names_predictor.inference.types import Numbers, Prediction, PredictionBatch, Probabilities

if TYPE_CHECKING:
    from names_predictor.inference.explain import Explanation

Names = TypeVar("Names")

BEST_LABEL = PredictOptions()
"""The most probable label of every name."""


class NamePredictor:
    """A loaded artifact that classifies names.

    It is thread-safe. It can be pickled, for example for a pool of processes: the copy creates a
    new session.

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
        """Create a session for a validated artifact.

        Args:
            artifact: The model and its vocabulary.
            prior: Frequency of each label in the population of the names, on any scale; 0 for
                missing labels. The default is that of the training names.
            labels: The labels to predict, if every name has one of them: their probabilities sum
                to 1. The default is all labels.

        Raises:
            ArtifactError: The graph does not fit the vocabulary.
            NamesError: An argument is invalid, or the model does not have a label.

        """
        if not isinstance(artifact, Artifact):
            raise NamesError(f"artifact: {type(artifact).__name__}: use NamePredictor.load(folder)")
        prior, labels = copied_prior(prior), copied_labels(labels)
        self.vocab = artifact.vocab
        self._label_ids = label_ids(labels, self.vocab.labels)
        self._arguments = (artifact, prior, labels)
        self._scorer = NameScorer(artifact)
        self.artifact = artifact
        self.labels = tuple(self.vocab.labels[i] for i in self._label_ids)
        self._shift = prior_shift(
            prior, self.vocab.labels, self.vocab.class_priors, self._label_ids
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the arguments, since a session cannot be pickled."""
        return type(self), self._arguments

    @classmethod
    def load(
        cls,
        folder: str | PathLike[str] | None = None,
        prior: Mapping[str, float] | None = None,
        labels: Sequence[str] | None = None,
    ) -> "NamePredictor":
        """Load an artifact.

        Args:
            folder: Its folder, by default the one in the variable `NAMES_ARTIFACTS`, or else the
                bundled model. Or an address on the Hugging Face Hub, `hf://owner/model@commit`,
                which needs `pip install 'names-predictor[hub]'`. A branch, a tag or no revision is
                resolved to its current commit, which is in `artifact.source`.
            prior: As for the class.
            labels: As for the class.

        Raises:
            ArtifactError: The artifact is incomplete or damaged.
            NamesError: An argument is invalid, or the Hub has no such model, refuses, or does not
                respond.

        Examples:
            >>> asian = NamePredictor.load(labels=["Chinese", "Japanese", "Korean"])
            >>> asian.label(["Park"])
            ['Korean']
            >>> polish = NamePredictor.load(prior={"Polish": 9, "German": 1})
            >>> polish.labels == predictor.labels
            True

        """
        return cls(read_artifact(artifact_folder(folder)), prior, labels)

    def __repr__(self) -> str:
        """Return the number of labels and the first of them, and the address of a Hub model."""
        first = ", ".join(self.labels[:3]) + (", ..." if len(self.labels) > 3 else "")
        source = self.artifact.source and f" from {self.artifact.source}"
        return f"<NamePredictor of {len(self.labels)} labels: {first}{source}>"

    def predict(
        self,
        names: Sequence[str],
        top_k: int = 1,
        min_probability: float = 0.0,
        coverage: float | None = None,
    ) -> list[Prediction]:
        """Return the prediction of each name, in order.

        Args:
            names: A list, an array or a Series of text; a missing value is a blank name.
            top_k: Number of labels per name.
            min_probability: Names with a lower probability get no label, but the reason
                `low-confidence`.
            coverage: Target coverage of the prediction sets, `candidates`: the fraction that
                contains the right label, for names like the training names. A set can be empty,
                and does not depend on the prior.

        Raises:
            NamesError: An option is invalid, or a name is not text.

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
        """Return the predictions of names in columns, without an object per name.

        Raises:
            NamesError: A name is not text.

        Examples:
            >>> batch = predictor.predict_batch(["Papadopoulos", ""])
            >>> predictor.labels[batch.best[0, 0]], batch.reasons[1]
            ('Greek', 'blank')
            >>> batch.scores.shape
            (2, 1)

        """
        names = texts_of(names, "the sequence")
        k = min(options.top_k, len(self.labels))
        best = np.zeros((len(names), k), dtype=np.int64)
        scores = np.full((len(names), k), np.nan, dtype=np.float32)
        sets: list[tuple[str, ...]] = [()] * len(names) if options.coverage is not None else []
        width = len(self.labels) if options.distribution else 0
        distribution = np.full((len(names), width), np.nan, dtype=np.float32)

        def rank(rows: Numbers, unshifted: Probabilities) -> None:
            if options.coverage is not None:
                ranked = ranked_sets(unshifted, self.vocab, self._label_ids, options.coverage)
                for row, labels in zip(rows.tolist(), ranked, strict=True):
                    sets[row] = labels
            probabilities = self._shift.apply(unshifted)
            best[rows] = found = best_labels(probabilities, k)
            scores[rows] = np.take_along_axis(probabilities, found, axis=1)
            distribution[rows] = probabilities[:, :width]

        reasons = self._scorer.score(names, rank)
        for i in np.flatnonzero(scores[:, 0] < options.min_probability):
            reasons[i] = "low-confidence"
        return PredictionBatch(best, scores, reasons, sets, distribution)

    @overload
    def label(self, names: list[Any], min_probability: float = 0.0) -> list[str | None]: ...
    @overload
    def label(self, names: Names, min_probability: float = 0.0) -> Names: ...
    def label(self, names: Any, min_probability: float = 0.0) -> Any:
        """Return the labels of names in a container of the same type, None for no label.

        It is a list, a tuple, a numpy array, a pyarrow array, a polars Series, or a pandas Series,
        whose index is kept; a Series is named `label`. A missing name (None, NaN, NA) is blank.

        Raises:
            NamesError: A name is not text.

        Examples:
            >>> predictor.label(["Papadopoulos", None])
            ['Greek', None]
            >>> import pandas
            >>> predictor.label(pandas.Series({"row 7": "Kim Min-jun"}))
            row 7    Korean
            Name: label, dtype: object

        """
        options = PredictOptions(min_probability=min_probability)
        return labels_like(
            names, lambda texts: self.predict_batch(texts, options).best_labels(self.labels)
        )

    def predict_proba(self, names: Sequence[str]) -> Probabilities:
        """Return probabilities float32 [names, labels]; the row of an unusable name is NaN.

        Raises:
            NamesError: A name is not text.

        Examples:
            >>> probabilities = predictor.predict_proba(["Papadopoulos", ""])
            >>> predictor.labels[probabilities[0].argmax()]
            'Greek'
            >>> float(probabilities[1, 0])
            nan

        """
        options = PredictOptions(distribution=True)
        return self.predict_batch(names, options).probabilities

    def explain(self, name: str, top_k: int = 5) -> "Explanation":
        """Return the label of a name, with the evidence of each word and letter for it.

        Args:
            name: Any text; without a label there is no evidence.
            top_k: Number of labels.

        Raises:
            NamesError: The name is not text, or too long to be explained.

        Examples:
            >>> why = predictor.explain("Maria Papadopoulou")
            >>> why.prediction.label
            'Greek'
            >>> [word for word, log_odds in why.words if log_odds > 3]
            ['papadopoulou']
            >>> "".join(letter for letter, log_odds in why.letters)
            'Maria Papadopoulou'

        """
        from names_predictor.inference.explain import Explanation, explanation  # not for lists

        (prediction,) = self.predict([name], top_k=top_k)
        if prediction.label is None:
            return Explanation(prediction, ())
        label = self.labels.index(prediction.label)
        # Else a word that says nothing would seem to be evidence, by the temperature of its number.
        scorer = self._scorer.at_words(len(split_words(normalise(name))))

        def probabilities_of(names: list[str]) -> Probabilities:
            found = np.full(len(names), np.nan, dtype=np.float32)

            def fill(rows: Numbers, probabilities: Probabilities) -> None:
                found[rows] = self._shift.apply(probabilities)[:, label]

            scorer.score(names, fill)
            return found

        return explanation(prediction, self.class_priors[label], probabilities_of)

    @property
    def class_priors(self) -> npt.NDArray[np.float64]:
        """The frequencies float64 [labels] in the training names, or those of the prior.

        Examples:
            >>> polish = NamePredictor.load(prior={"Polish": 9, "German": 1})
            >>> float(polish.class_priors.max())
            0.9

        """
        return self._shift.class_priors.copy()
