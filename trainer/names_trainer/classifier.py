"""The classifier as scikit-learn's estimators are: fit, predict, predict_proba."""

from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin

from names_predictor.artifact import CARD_FILE, write_artifact
from names_predictor.encoding import normalise
from names_predictor.errors import NamesError
from names_predictor.model import NamePredictor, Probabilities
from names_predictor.series import text_of, texts_of
from names_trainer.config import TrainConfig
from names_trainer.corpus import Row
from names_trainer.export import export
from names_trainer.runs import Run
from names_trainer.sources import problem_of
from names_trainer.training import test, train


class NameClassifier(ClassifierMixin, BaseEstimator):
    """A character LSTM; the parameters are those of `TrainConfig`.

    `fit` keeps a tenth of the names to choose the epoch by and a tenth to test it, as `names train`
    does. Fitted, it has `classes_`, and `predictor_`, which computes in onnxruntime.
    """

    def __init__(
        self,
        hidden_dim: int = 200,
        embedding_dim: int = 64,
        num_layers: int = 1,
        dropout: float = 0.0,
        learning_rate: float = 0.01,
        schedule: str = "constant",
        batch_size: int = 32,
        num_epochs: int = 10,
        seed: int = 100,
    ) -> None:
        self.hidden_dim = hidden_dim
        self.embedding_dim = embedding_dim
        self.num_layers = num_layers
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.batch_size = batch_size
        self.num_epochs = num_epochs
        self.seed = seed

    def fit(self, names: Iterable[Any], labels: Iterable[Any]) -> "NameClassifier":
        """Train on names and a label for each; blank names are passed over.

        Raises `NamesError` for impossible parameters and names, and where they are too few.
        """
        names, given = texts_of(names, "names"), list(labels)
        for number, label in enumerate(given):
            if not isinstance(label, str) and text_of(label) == "":
                raise NamesError(f"labels: number {number} is missing: remove it")
            if not str(label).strip() or not str(label).isprintable():
                raise NamesError(f"labels: number {number} is not to be printed: rename it")
        labels = np.asarray(given)  # which would make text of what is missing
        rows, classes = [], set()
        for number, (name, label) in enumerate(zip(names, labels, strict=True)):
            problem = problem_of(name)
            if problem not in (None, "blank"):
                raise NamesError(f"names: number {number} is {problem}: remove it")
            if not problem:
                rows.append(Row(normalise(name), str(label)))
                classes.add(label)
        if len(classes) < 2:
            raise NamesError("labels: one only: a classifier needs at least two")
        config = TrainConfig(data_dir="given to NameClassifier.fit", **self.get_params())
        with TemporaryDirectory() as folder:
            run = Run.create(Path(folder), config, rows=rows)
            for _ in train(run):
                pass
            test(run)
            artifact, _ = export(run, run.folder / "artifact")
            self.card_ = (run.folder / "artifact" / CARD_FILE).read_text(encoding="utf-8")
        self.predictor_ = NamePredictor(artifact)
        self.classes_ = np.array(sorted(classes))
        return self

    def predict(self, names: Iterable[Any]) -> npt.NDArray[Any]:
        """Return the label of each name; None for one that can't be used."""
        class_of = {str(label): label for label in self.classes_.tolist()}
        labels = self.predictor_.label(texts_of(names, "names"))
        return np.array([label and class_of[label] for label in labels])

    def predict_proba(self, names: Iterable[Any]) -> Probabilities:
        """Return probabilities [names, classes]; the row of an unusable name is NaN."""
        order = [self.predictor_.labels.index(str(label)) for label in self.classes_.tolist()]
        return self.predictor_.predict_proba(texts_of(names, "names"))[:, order]

    def score(
        self, names: Iterable[Any], labels: Iterable[Any], sample_weight: Any = None
    ) -> float:
        """Return the accuracy; an unusable name has no label and so a wrong one."""
        right = np.equal(self.predict(names), np.asarray(labels, dtype=object))
        return float(np.average(right, weights=sample_weight))

    def export(self, folder: str | PathLike[str]) -> None:
        """Write model.onnx, vocab.json and the model card, for `names-predict`."""
        write_artifact(Path(folder), self.predictor_.artifact, self.card_)
