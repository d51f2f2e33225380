"""The rivals of `accuracy.py`, tuned on the validation split."""

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import joblib
import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from names_predictor.encoding import UNKNOWN, Vocabulary
from names_trainer.config import SplitStrategy
from names_trainer.data.corpus import Row, Split
from names_trainer.data.dataset import auxiliary_rows, fallback_ids, label_ids
from names_trainer.distillation.ngram_teachers import fit_sigmoid, log_probabilities, ngram_features
from names_trainer.evaluation.calibration import fit_temperature

Logits = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Trained:
    """A classifier's predictions of the test split, its size on disk, and its training time."""

    probabilities: Logits
    kilobytes: float
    seconds: float
    extra: dict[str, Any]


@dataclass(frozen=True)
class Job:
    """A split to train on, and the folder for the results."""

    data_dir: Path
    strategy: SplitStrategy
    seed: int
    split: Split
    labels: tuple[str, ...]
    folder: Path
    auxiliary_dir: str = ""
    teachers: int | None = None

    def targets(self, rows: Sequence[Row]) -> npt.NDArray[np.int64]:
        """Return the labels of `rows` as ids, int64 [rows]."""
        return label_ids(rows, self.labels)


def majority(job: Job) -> Trained:
    """Predict the class priors for every name."""
    counts = Counter(row.label for row in job.split.train)
    priors = [counts[label] / len(job.split.train) for label in job.labels]
    rows = np.tile(np.array(priors, dtype=np.float32), (len(job.split.test), 1))
    return Trained(rows, 0, 0, {})


class Candidate(NamedTuple):
    """A rival trained with given settings."""

    settings: str
    seconds: float
    save: Callable[[str], Any]
    logits_of: Callable[[Sequence[Row]], Logits]


def best_candidate(job: Job, candidates: Sequence[Candidate]) -> Trained:
    """Return the calibrated predictions of the candidate with the highest validation accuracy."""
    targets = job.targets(job.split.validation)
    validation = [candidate.logits_of(job.split.validation) for candidate in candidates]
    best = int(np.argmax([(logits.argmax(axis=1) == targets).mean() for logits in validation]))
    chosen = candidates[best]
    probabilities, way = calibrated(chosen.logits_of(job.split.test), validation[best], targets)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        chosen.save(str(path))
        kilobytes = path.stat().st_size / 1e3
    return Trained(
        probabilities, kilobytes, chosen.seconds, {"settings": f"{chosen.settings}, {way}"}
    )


def calibrated(
    logits: Logits, validation: Logits, targets: npt.NDArray[np.int64]
) -> tuple[Logits, str]:
    """Return the probabilities of `logits`, and the calibration: by temperature or by a sigmoid.

    The calibration has the lower loss in two-fold cross-validation on the validation split.
    """
    halves = np.arange(len(targets)) % 2 == 0

    def held_out_loss(way: str) -> float:
        losses = []
        for half in (halves, ~halves):
            predictions = WAYS[way](validation[half], targets[half])(validation[~half])
            losses.append(-float(predictions[np.arange(len(predictions)), targets[~half]].mean()))
        return sum(losses)

    way = min(WAYS, key=held_out_loss)
    return np.exp(WAYS[way](validation, targets)(logits)).astype(np.float32), way


ToLogProbs = Callable[[Logits], npt.NDArray[np.floating]]
"""A function from scores [rows, labels] to log probabilities."""


def by_temperature(scores: Logits, targets: npt.NDArray[np.int64]) -> ToLogProbs:
    """Fit a temperature to `scores` [rows, labels]."""
    temperature = fit_temperature(scores, targets)
    return lambda others: np.asarray(log_softmax(others / temperature, axis=1))


def by_sigmoid(scores: Logits, targets: npt.NDArray[np.int64]) -> ToLogProbs:
    """Fit one sigmoid for all labels to `scores` [rows, labels]."""
    slope, offset = fit_sigmoid(scores, targets)
    return lambda others: log_probabilities(others, slope, offset)


WAYS: dict[str, Callable[[Logits, npt.NDArray[np.int64]], ToLogProbs]] = {
    "temperature": by_temperature,
    "sigmoid": by_sigmoid,
}


def linear(job: Job, kind: str) -> Trained:
    """Tune and fit a linear model on TF-IDF weights of character n-grams.

    With auxiliary names, the likelihoods of their labels are features too.
    """
    lengths, penalties = {
        "svm": ((4, 5), (0.5, 1.0, 2.0)),
        "logistic": ((5,), (10.0, 30.0, 100.0)),
    }[kind]
    vocabulary = Vocabulary.of(row.name for row in job.split.train)
    auxiliary = auxiliary_rows(job.auxiliary_dir, job.split, vocabulary)
    weights = (0.3, 1.0) if auxiliary else (0.0,)
    candidates = []
    for longest, weight in product(lengths, weights):
        started = time.perf_counter()
        features_of = ngram_features(names_of(job.split.train), auxiliary, weight, longest)
        features = features_of(names_of(job.split.train))
        seconds = time.perf_counter() - started
        for penalty in penalties:
            started = time.perf_counter()
            model = (
                LinearSVC(C=penalty, dual=False)
                if kind == "svm"
                else LogisticRegression(C=penalty, max_iter=300)
            )
            model.fit(features, job.targets(job.split.train))

            def logits_of(
                rows: Sequence[Row], model: Any = model, features_of: Any = features_of
            ) -> Logits:
                scores = np.full((len(rows), len(job.labels)), -30, dtype=np.float32)
                found = model.decision_function(features_of(names_of(rows)))
                if found.ndim == 1:  # two labels have one score, for the second
                    found = np.stack([-found, found], axis=1)
                scores[:, model.classes_] = found
                return scores

            settings = f"1-{longest}-grams, C={penalty:g}, weight {weight:g}"
            save = partial(joblib.dump, (features_of, model))
            candidates.append(
                Candidate(settings, seconds + time.perf_counter() - started, save, logits_of)
            )
    return best_candidate(job, candidates)


def svm_with_fallbacks(job: Job) -> Trained:
    """Tune the SVM on names in which fallback characters replace unknown Han and Hangul ones.

    Each training name in these scripts is also learned with fallback characters only.
    """
    vocabulary = Vocabulary.of(row.name for row in job.split.train)
    letters = np.array(["", "\ufffd", *vocabulary.characters])

    def read(rows: Sequence[Row], forms: npt.NDArray[np.int64]) -> tuple[Row, ...]:
        ids, _ = vocabulary.encode(names_of(rows))
        texts = ["".join(row) for row in letters[forms[ids]]]
        return tuple(Row(text, row.label) for text, row in zip(texts, rows, strict=True))

    as_it_is = np.arange(len(letters))
    fallbacks = fallback_ids(vocabulary).numpy()
    all_fallbacks = np.where(fallbacks > UNKNOWN, fallbacks, as_it_is)
    train = job.split.train
    second = set(read(train, all_fallbacks)).difference(train)
    split = Split(
        train=(*train, *(row for row in read(train, all_fallbacks) if row in second)),
        validation=read(job.split.validation, as_it_is),
        test=read(job.split.test, as_it_is),
    )
    return linear(replace(job, split=split), "svm")


def names_of(rows: Sequence[Row]) -> list[str]:
    """Return the names of `rows`."""
    return [row.name for row in rows]


def fasttext(job: Job) -> Trained:
    """Tune and train fastText on character n-grams."""
    import fasttext

    number = {label: i for i, label in enumerate(job.labels)}

    def word(row: Row) -> str:
        return row.name.replace(" ", "_")

    candidates = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.txt"
        lines = [f"__label__{number[row.label]} {word(row)}\n" for row in job.split.train]
        path.write_text("".join(lines), encoding="utf-8")
        for rate, epochs in product((0.25, 0.5), (25, 50)):
            started = time.perf_counter()
            model = fasttext.train_supervised(
                str(path), minn=1, maxn=5, dim=64, lr=rate, epoch=epochs, loss="softmax",
                bucket=200_000, thread=1, verbose=0, seed=job.seed,
            )  # fmt: skip

            def logits_of(rows: Sequence[Row], model: Any = model) -> Logits:
                labels, scores = model.predict([word(row) for row in rows], k=-1)
                predictions = np.full((len(rows), len(job.labels)), 1e-9, dtype=np.float32)
                for i, (found, values) in enumerate(zip(labels, scores, strict=True)):
                    predictions[i, [int(one.removeprefix("__label__")) for one in found]] = values
                return np.asarray(np.log(np.maximum(predictions, 1e-9)))

            settings = f"lr {rate}, {epochs} epochs"
            seconds = time.perf_counter() - started
            candidates.append(Candidate(settings, seconds, model.save_model, logits_of))
    return best_candidate(job, candidates)
