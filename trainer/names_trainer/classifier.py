"""The classifier as a scikit-learn estimator: fit, predict, predict_proba."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from inspect import Parameter, Signature
from numbers import Integral, Real
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from names_predictor.artifact.manifest import is_label
from names_predictor.artifact.store import CARD_FILE, write_artifact
from names_predictor.encoding import normalise
from names_predictor.errors import NamesError
from names_predictor.inference.predictor import NamePredictor
from names_predictor.inference.sequences import text_of, texts_of
from names_predictor.inference.types import Probabilities
from names_predictor.processors import available_processors
from names_trainer.config import PLACES, TrainConfig
from names_trainer.data.corpus import Row
from names_trainer.data.lines import problem_of
from names_trainer.export.date import export_date
from names_trainer.export.export import export
from names_trainer.options import options
from names_trainer.pipeline import fit
from names_trainer.presets import DEFAULT
from names_trainer.runs.run import Run


class InputError(NamesError, ValueError):
    """The exception for invalid names or labels; a `ValueError`, as scikit-learn expects."""


CORPUS_OPTIONS = PLACES | {"split", "count_power", "label_power", "forms"}
"""Options that describe the corpus; an estimator receives its names in `fit`."""


class NameClassifier(ClassifierMixin, BaseEstimator):
    """A character LSTM that classifies names, as a scikit-learn estimator.

    `fit` holds out a tenth of the names for validation and a tenth for the test, as `names train`
    does. Names are a list, a 1-d array or a Series of text. Before `fit`, the other methods raise
    scikit-learn's `NotFittedError`.

    Args:
        **parameters: Fields of `TrainConfig` for model, training and distillation; the defaults
            are those of the preset `default`. Teachers are trained in parallel, one per core.
            `unlabelled` is the value that `predict` returns for a name without a label: a blank
            or overlong name, or one in a script that no training name has. Most metrics of
            scikit-learn reject None, the default, and accept a value of the labels' type.

    Attributes:
        classes_: The labels, sorted, [classes].
        predictor_: The `NamePredictor` of the exported model.
        card_: The model card, in Markdown.

    Examples:
        >>> from names_trainer import NameClassifier
        >>> ends = ["ova", "ich", "sson", "dottir"]
        >>> names = [first + last for first in "bdfgklmnprst" for last in ends]
        >>> labels = ["Slavic", "Slavic", "Nordic", "Nordic"] * 12
        >>> classifier = NameClassifier(num_epochs=20, unlabelled="none").fit(names, labels)

    """

    def __init__(self, **parameters: Any) -> None:
        if unknown := [name for name in parameters if name not in _PARAMETERS.parameters]:
            known = ", ".join(list(_PARAMETERS.parameters)[1:])
            raise TypeError(f"NameClassifier has no parameter {unknown[0]!r}: choose from {known}")
        bound = _PARAMETERS.bind(self, **parameters)
        bound.apply_defaults()
        self.__dict__.update({k: v for k, v in bound.arguments.items() if k != "self"})

    def __sklearn_tags__(self) -> Any:
        """Return scikit-learn's tags of a classifier of text."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        return tags

    def fit(self, names: Iterable[Any], labels: Iterable[Any]) -> "NameClassifier":
        """Train on labelled names; blank names are skipped.

        Args:
            names: Text [names].
            labels: Labels [names], all text, all whole numbers or all booleans.

        Returns:
            The classifier itself.

        Raises:
            InputError: A name or a label is invalid, or all labels are equal.
            NamesError: A parameter is invalid, there are too few names, or the loss is NaN.

        Examples:
            >>> classifier.classes_.tolist()
            ['Nordic', 'Slavic']
            >>> classifier.predictor_
            <NamePredictor of 2 labels: Nordic, Slavic>

        """
        export_date()  # an invalid one would fail after the training
        texts = _texts(names)
        targets = _labels(labels, len(texts))
        rows, classes = [], set()
        for number, (name, label) in enumerate(zip(texts, targets.tolist(), strict=True)):
            problem = problem_of(name)
            if problem not in (None, "blank"):
                raise InputError(f"names: number {number} is {problem}: remove it")
            if not problem:
                rows.append(Row(normalise(name), str(label)))
                classes.add(label)
        if len(classes) < 2:
            found = "only one distinct label" if classes else "no label of a name"
            raise InputError(f"labels: {found}: a classifier needs at least two")
        _check_unlabelled(self.unlabelled, targets[0])
        settings = {k: v for k, v in self.get_params().items() if k != "unlabelled"}
        config = replace(DEFAULT, data_dir="given to NameClassifier.fit", **settings)
        with TemporaryDirectory() as folder, torch.random.fork_rng(devices=[]):
            run = Run.create(Path(folder), config, rows=rows)
            fit(run, jobs=available_processors())
            artifact, _ = export(run, run.folder / "artifact")
            self.card_ = (run.folder / "artifact" / CARD_FILE).read_text(encoding="utf-8")
        self.predictor_ = NamePredictor(artifact)
        self.classes_ = _array(sorted(classes))
        return self

    def predict(self, names: Iterable[Any]) -> npt.NDArray[Any]:
        """Return the labels [names] of `names`; `unlabelled` where there is none.

        Examples:
            >>> classifier.predict(["Hova", "Hdottir", ""]).tolist()
            ['Slavic', 'Nordic', 'none']

        """
        check_is_fitted(self)
        _check_unlabelled(self.unlabelled, self.classes_[0])  # set_params may have changed it
        class_of = {str(label): label for label in self.classes_.tolist()}
        labels = self.predictor_.label(_texts(names))
        found = [self.unlabelled if label is None else class_of[label] for label in labels]
        return _array(found) if found else self.classes_[:0]

    def predict_proba(self, names: Iterable[Any]) -> Probabilities:
        """Return probabilities float32 [names, classes]; NaN in the row of an unlabelled name.

        Examples:
            >>> hova, blank = classifier.predict_proba(["Hova", ""])
            >>> classifier.classes_[hova.argmax()].item()
            'Slavic'
            >>> blank.tolist()
            [nan, nan]

        """
        check_is_fitted(self)
        order = [self.predictor_.labels.index(str(label)) for label in self.classes_.tolist()]
        return self.predictor_.predict_proba(_texts(names))[:, order]

    def score(
        self, names: Iterable[Any], labels: Iterable[Any], sample_weight: Any = None
    ) -> float:
        """Return the accuracy; an unlabelled name is wrong, unless `unlabelled` is its label.

        Args:
            names: Text [names].
            labels: The true labels [names], of the type that `fit` got.
            sample_weight: Weights [names]; None for equal ones.

        Raises:
            InputError: There are no names, or a name, a label or a weight is invalid.

        Examples:
            >>> classifier.score(["Hova", "Hdottir", ""], ["Slavic", "Nordic", "Nordic"])
            0.6666666666666666

        """
        predicted = self.predict(names)
        targets = _labels(labels, len(predicted))
        if len(targets) and _kind(targets[0]) != (kind := _kind(self.classes_[0])):
            raise InputError(f"labels: not what the classifier learned: give each as a {kind}")
        right = np.equal(predicted, targets.astype(object))
        return float(np.average(right, weights=_weights(sample_weight, len(right))))

    def export(self, folder: str | PathLike[str]) -> None:
        """Write model.onnx, vocab.json and the model card for `names-predict`.

        Args:
            folder: Folder of the artifact; it is created if it is missing.

        Examples:
            >>> classifier.export("my-model")
            >>> from names_predictor import NamePredictor
            >>> NamePredictor.load("my-model").label(["Hova"])
            ['Slavic']

        """
        check_is_fitted(self)
        write_artifact(Path(folder), self.predictor_.artifact, self.card_)


_PARAMETERS = Signature(
    [
        Parameter("self", Parameter.POSITIONAL_ONLY),
        *(
            Parameter(one.name, Parameter.KEYWORD_ONLY, default=getattr(DEFAULT, one.name))
            for one in options(TrainConfig)
            if one.name not in CORPUS_OPTIONS
        ),
        Parameter("unlabelled", Parameter.KEYWORD_ONLY, default=None),
    ]
)
vars(NameClassifier.__init__)["__signature__"] = _PARAMETERS  # where scikit-learn finds parameters


def _texts(names: Iterable[Any]) -> Sequence[str]:
    """Return the text of each name; raises `InputError` for anything else than names."""
    try:
        return texts_of(names, "names")
    except NamesError as problem:
        raise InputError(str(problem)) from None


def _labels(labels: Any, names: int) -> npt.NDArray[Any]:
    """Return the labels [names]; raises `InputError` unless all are valid and of one type."""
    if (dimensions := getattr(labels, "ndim", 1)) != 1:
        raise InputError(
            f"labels: {dimensions} dimensions: give one column, such as table['label'], or "
            "labels.ravel()"
        )
    is_row = not isinstance(labels, str | bytes | Mapping | Set)
    if not is_row or not isinstance(labels, Iterable):
        raise InputError(f"labels: not a list ({type(labels).__name__}): give a label per name")
    given = labels.to_pylist() if hasattr(labels, "to_pylist") else list(labels)
    given = [str.__str__(one) if isinstance(one, str) else one for one in given]  # enums of text
    if len(given) != names:
        raise InputError(f"labels: {len(given)} of {names} names: give a label for each name")
    for number, label in enumerate(given):
        if not isinstance(label, str) and text_of(label) == "":
            raise InputError(f"labels: number {number} is missing: remove it")
        if not (kind := _kind(label)):
            raise InputError(
                f"labels: number {number} is not a label ({type(label).__name__}): "
                "give text, whole numbers or booleans"
            )
        if kind != _kind(given[0]):
            raise InputError(
                f"labels: number {number} is a {kind}, number 0 a {_kind(given[0])}: give one type"
            )
        if not is_label(str(label)):
            raise InputError(
                f"labels: number {number} is blank, not printable or too long: rename it"
            )
    found = _array(given)
    return found + 0 if found.dtype.kind == "f" else found  # without -0.0


def _weights(weights: Any, names: int) -> npt.NDArray[np.float64]:
    """Return the weights [names], 1 by default; raises `InputError` unless an average has them."""
    try:
        found = np.ones(names) if weights is None else np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError):
        found = np.array(np.nan)
    if not names:
        raise InputError("names: there are none: a score needs at least one")
    if found.shape != (names,) or not (np.isfinite(found).all() and found.min() >= 0 < found.max()):
        raise InputError(
            f"sample_weight: give a number from 0 for each of {names} names, one of them above 0"
        )
    return found


def _check_unlabelled(unlabelled: Any, label: Any) -> None:
    """Raise `InputError` unless the value for unlabelled names is None or of the labels' type."""
    if unlabelled is not None and _kind(unlabelled) != (kind := _kind(label)):
        raise InputError(f"unlabelled can't be {unlabelled!r}: give a {kind} as labels are")


def _array(labels: Sequence[Any]) -> npt.NDArray[Any]:
    """Return an array of labels; of objects for integers that numpy would make floats."""
    found = np.asarray(labels)
    is_rounded = found.dtype.kind == "f" and all(isinstance(label, Integral) for label in labels)
    return np.array(labels, dtype=object) if is_rounded else found


def _kind(label: Any) -> str:
    """Return the name of the label's type, "" for a type that labels cannot have."""
    if isinstance(label, str):
        return "text"
    if isinstance(label, bool | np.bool_):
        return "boolean"
    return "whole number" if isinstance(label, Real) and label == label // 1 else ""
