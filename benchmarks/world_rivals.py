"""Rivals of `world.py`: fastText and a linear SVM, trained on the data of `--prepare`.

They read names in lower case without punctuation, some of them without diacritics.
"""

import hashlib
import json
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import joblib
import numpy as np
from scipy.special import softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC
from world_metrics import Classifier, Floats
from world_split import Line, capped, held_out, plain, read_lines, touched

from names_trainer.evaluation.calibration import fit_temperature

DRAWS = 800_000
DRAWS_TO_TUNE = 300_000
SVM_DRAWS = 200_000
SVM_DRAWS_TO_TUNE = 30_000
FRACTIONS = {"surname": 0.3, "given": 0.15, "full": 0.55}
POWER = 0.5
"""Exponent of the number of people, or of names, in the weight of a name or a label."""
PLAIN = 0.3
"""Fraction of names without diacritics."""
VALIDATION = ("validation", 20)
"""Purpose of the hash for validation, which holds out one word in 20."""
VALIDATION_CAP = 60
"""Highest number of validation names per label, of surnames and of people."""

FASTTEXT = (
    {"dim": 32, "lr": 0.5, "epoch": 3},
    {"dim": 64, "lr": 0.5, "epoch": 3},
    {"dim": 64, "lr": 0.25, "epoch": 6},
)
PENALTIES = (0.2, 0.5, 1.0)

Rows = Sequence[tuple[str, str]]


class Corpus(NamedTuple):
    """The lines of surnames, given names and people to train on."""

    surnames: Sequence[Line]
    given: Sequence[Line]
    people: Sequence[Line]


def corpus(folder: Path) -> Corpus:
    """Read the training data of `world.py --prepare`."""
    surnames, given = (list(read_lines(folder / kind)) for kind in ("surnames", "given"))
    return Corpus(surnames, given, list(read_lines(folder / "people", 2)))


def by_label(lines: Iterable[Line]) -> dict[str, tuple[list[str], Floats]]:
    """Return the names of each label (full names as Given Surname) and their probabilities."""
    found = {}
    for label, group in groupby(lines, key=lambda line: line.label):
        lines_of = list(group)
        weights = np.array([line.weight for line in lines_of]) ** POWER
        found[label] = [" ".join(line.fields[::-1]) for line in lines_of], weights / weights.sum()
    return found


def draws(data: Corpus, rows: int, seed: int) -> list[tuple[str, str]]:
    """Draw names with their labels.

    The weight of a label is the square root of its number of people, or of surnames if it has more
    of these. The weight of a name is the square root of its people. Full names are those of real
    people, or composed of a surname and a given name if the label has no people.
    """
    random = np.random.default_rng(seed)
    surnames, given, people = map(by_label, data)
    labels = sorted(surnames)
    sizes = [
        max(len(kind[label][0]) for kind in (surnames, people) if label in kind) for label in labels
    ]
    weights_of = np.array(sizes) ** POWER
    drawn: list[tuple[str, str]] = []

    def some(names: dict[str, tuple[list[str], Floats]], label: str, number: int) -> list[str]:
        texts, weights = names[label]
        return [texts[i] for i in random.choice(len(texts), number, p=weights)]

    for label, weight in zip(labels, weights_of / weights_of.sum(), strict=True):
        for kind, fraction in FRACTIONS.items():
            number = round(rows * weight * fraction)
            if kind == "surname" or label not in given:
                texts = some(surnames, label, number)
            elif kind == "given":
                texts = some(given, label, number)
            elif label in people:
                texts = some(people, label, number)
            else:
                both = (some(given, label, number), some(surnames, label, number))
                texts = [f"{first} {last}" for first, last in zip(*both, strict=True)]
            bare = random.random(number) < PLAIN
            drawn += [(plain(t) if b else t, label) for t, b in zip(texts, bare, strict=True)]
    return [drawn[i] for i in random.permutation(len(drawn))]


def validation(data: Corpus, seed: int) -> tuple[Corpus, list[tuple[str, str]]]:
    """Hold words out by a second hash; return the training data, and names of held-out words."""
    purpose, one_in = VALIDATION

    def left(line: Line) -> bool:
        return not any(touched(field, seed, purpose, one_in) for field in line.fields)

    def is_new(line: Line) -> bool:
        surname, *given = line.fields
        kept = held_out(surname, seed, True, purpose, one_in)
        return kept and all(held_out(field, seed, False, purpose, one_in) for field in given)

    held = [
        (" ".join(line.fields[::-1]), line.label)
        for lines in (data.surnames, data.people)
        for line in capped(filter(is_new, lines), seed, VALIDATION_CAP)
    ]
    surnames, given, people = (list(filter(left, lines)) for lines in data)
    return Corpus(surnames, given, people), held


def small(name: str) -> str:
    """Return a name in lower case, without punctuation except hyphens and apostrophes."""
    return " ".join(re.sub(r"[\"“”„«».,;()]", " ", name).casefold().split())


def train_fasttext(rows: Rows, labels: Sequence[str], settings: dict[str, Any]) -> Any:
    """Train fastText on words and their n-grams of 1 to 5 characters."""
    import fasttext

    number = {label: i for i, label in enumerate(labels)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.txt"
        lines = [f"__label__{number[label]} {small(name)}\n" for name, label in rows]
        path.write_text("".join(lines), encoding="utf-8")
        return fasttext.train_supervised(
            str(path), minn=1, maxn=5, bucket=200_000, loss="softmax", thread=1, verbose=0,
            minCount=1, **settings,
        )  # fmt: skip


def fasttext_proba(model: Any, labels: Sequence[str]) -> Callable[[Sequence[str]], Floats]:
    """Return the function from names to a fastText model's probabilities [names, labels]."""

    def predict_proba(names: Sequence[str]) -> Floats:
        found, scores = model.predict([small(name) for name in names], k=-1)
        predictions = np.zeros((len(names), len(labels)), dtype=np.float32)
        for row, (keys, values) in enumerate(zip(found, scores, strict=True)):
            predictions[row, [int(one.removeprefix("__label__")) for one in keys]] = values
        return predictions

    return predict_proba


def train_svm(rows: Rows, penalty: float) -> tuple[TfidfVectorizer, LinearSVC]:
    """Train a linear SVM on TF-IDF weights of n-grams of 1 to 5 characters within words."""
    names = [small(name) for name, _ in rows]
    features = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 5), sublinear_tf=True, min_df=2)
    model = LinearSVC(C=penalty, tol=1e-3, max_iter=200)
    model.fit(features.fit_transform(names), [label for _, label in rows])
    return features, model


def scores_of(svm: tuple[TfidfVectorizer, LinearSVC], names: Sequence[str]) -> Floats:
    """Return the SVM's margins [names, labels]."""
    features, model = svm
    scores = model.decision_function(features.transform([small(name) for name in names]))
    return np.asarray(scores, dtype=np.float32)


def svm_proba(
    svm: tuple[TfidfVectorizer, LinearSVC], temperature: float
) -> Callable[[Sequence[str]], Floats]:
    """Return the function from names to an SVM's probabilities, by temperature scaling."""
    return lambda names: np.asarray(softmax(scores_of(svm, names) / temperature, axis=1))


def hits(predictions: Floats, rows: Rows, labels: Sequence[str]) -> float:
    """Return the accuracy on `rows`."""
    best = predictions.argmax(axis=1)
    return float(np.mean([labels[i] == label for i, (_, label) in zip(best, rows, strict=True)]))


def train(folder: Path, seed: int) -> None:
    """Tune and train both rivals on the training data in `folder`, and save them there."""
    data = corpus(folder)
    labels = sorted({line.label for line in data.surnames})
    rest, held = validation(data, seed)
    names = [name for name, _ in held]
    kept = folder / "rivals"
    shutil.rmtree(kept, ignore_errors=True)  # with their cached predictions
    kept.mkdir()
    (kept / "labels.json").write_text(json.dumps(labels))
    print(f"rivals: {len(held):,} names of validation")

    rows: Rows = draws(rest, DRAWS_TO_TUNE, seed)
    tried = []
    for settings in FASTTEXT:
        model = train_fasttext(rows, labels, settings)
        tried.append(hits(fasttext_proba(model, labels)(names), held, labels))
        print(f"fastText {settings}: {tried[-1]:.4f} on validation", flush=True)
    started = time.perf_counter()
    rows_of_all = draws(data, DRAWS, seed)
    model = train_fasttext(rows_of_all, labels, FASTTEXT[int(np.argmax(tried))])
    print(f"fastText: {time.perf_counter() - started:.0f} s", flush=True)
    model.save_model(str(kept / "fasttext.bin"))

    tried, temperatures = [], []
    targets = np.array([labels.index(label) for _, label in held])
    for penalty in PENALTIES:
        scores = scores_of(train_svm(rows[:SVM_DRAWS_TO_TUNE], penalty), names)
        tried.append(hits(scores, held, labels))
        temperatures.append(fit_temperature(scores, targets))
        print(f"SVM C={penalty}: {tried[-1]:.4f} on validation", flush=True)
    best = int(np.argmax(tried))
    started = time.perf_counter()
    svm = train_svm(rows_of_all[:SVM_DRAWS], PENALTIES[best])
    print(f"SVM: {time.perf_counter() - started:.0f} s", flush=True)
    joblib.dump((svm, temperatures[best]), kept / "svm.joblib")


def rivals(folder: Path) -> list[Classifier]:
    """Load the trained rivals in `folder`, if any."""
    kept = folder / "rivals"
    if not (kept / "svm.joblib").exists():
        return []
    import fasttext

    labels = tuple(json.loads((kept / "labels.json").read_text()))
    svm, temperature = joblib.load(kept / "svm.joblib")
    found = {
        "fastText": fasttext_proba(fasttext.load_model(str(kept / "fasttext.bin")), labels),
        "TF-IDF SVM": svm_proba(svm, temperature),
    }
    return [
        Classifier(name, labels, cached(predict_proba, kept / name.replace(" ", "-")))
        for name, predict_proba in found.items()
    ]


def cached(
    predict_proba: Callable[[Sequence[str]], Floats], folder: Path
) -> Callable[[Sequence[str]], Floats]:
    """Cache predictions in `folder`, in a file per list of names."""

    def cached_proba(names: Sequence[str]) -> Floats:
        digest = hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]
        path = folder / f"{digest}.npy"
        if path.exists():
            return np.asarray(np.load(path), dtype=np.float32)
        folder.mkdir(parents=True, exist_ok=True)
        predictions = predict_proba(names).astype(np.float32)
        np.save(path, predictions)
        return predictions

    return cached_proba
