"""Rivals of `world.py`: fastText and a linear SVM, trained on the rows that an artifact is.

They get names in small letters without commas, a part of them without diacritics too.
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
from world_figures import Classifier, Floats
from world_split import Line, capped, held_out, plain, read_lines, touched

from names_trainer.evaluation.calibration import fit_temperature

DRAWS = 800_000
DRAWS_TO_TUNE = 300_000
SVM_DRAWS = 200_000
SVM_DRAWS_TO_TUNE = 30_000
SHARES = {"surname": 0.3, "given": 0.15, "full": 0.55}
TEMPER = 0.5
"""The power of people and of a label's names by which they are drawn."""
PLAIN_SHARE = 0.3
VALIDATION = ("validation", 20)
"""The purpose of the second hash, and one word in how many it keeps."""

FASTTEXT = (
    {"dim": 32, "lr": 0.5, "epoch": 3},
    {"dim": 64, "lr": 0.5, "epoch": 3},
    {"dim": 64, "lr": 0.25, "epoch": 6},
)
PENALTIES = (0.2, 0.5, 1.0)

Rows = Sequence[tuple[str, str]]


class Corpus(NamedTuple):
    """The three kinds of training lines."""

    surnames: Sequence[Line]
    given: Sequence[Line]
    people: Sequence[Line]


def corpus(folder: Path) -> Corpus:
    """Read what `world.py --prepare` wrote to train on."""
    surnames, given = (list(read_lines(folder / part)) for part in ("surnames", "given"))
    return Corpus(surnames, given, list(read_lines(folder / "people", 2)))


def by_label(lines: Iterable[Line]) -> dict[str, tuple[list[str], Floats]]:
    """Return each label's names (full ones as Given Surname) and how often each is drawn."""
    found = {}
    for label, group in groupby(lines, key=lambda line: line.label):
        lines_of = list(group)
        weights = np.array([line.weight for line in lines_of]) ** TEMPER
        found[label] = [" ".join(line.fields[::-1]) for line in lines_of], weights / weights.sum()
    return found


def draws(parts: Corpus, rows: int, seed: int) -> list[tuple[str, str]]:
    """Draw names with their labels, the same ones for the same seed, in a random order.

    A label is drawn by the root of its number of people (of surnames, where it has more of them: a
    register without people), a name by the root of its people. Full names are real people's where
    the label has some, else made up of a surname and a given name.
    """
    random = np.random.default_rng(seed)
    surnames, given, people = map(by_label, parts)
    labels = sorted(surnames)
    sizes = [
        max(len(kind[label][0]) for kind in (surnames, people) if label in kind) for label in labels
    ]
    shares = np.array(sizes) ** TEMPER
    drawn: list[tuple[str, str]] = []

    def some(names: dict[str, tuple[list[str], Floats]], label: str, number: int) -> list[str]:
        texts, weights = names[label]
        return [texts[i] for i in random.choice(len(texts), number, p=weights)]

    for label, share in zip(labels, shares / shares.sum(), strict=True):
        for kind, part in SHARES.items():
            number = round(rows * share * part)
            if kind == "surname" or label not in given:
                texts = some(surnames, label, number)
            elif kind == "given":
                texts = some(given, label, number)
            elif label in people:
                texts = some(people, label, number)
            else:
                both = (some(given, label, number), some(surnames, label, number))
                texts = [f"{first} {last}" for first, last in zip(*both, strict=True)]
            bare = random.random(number) < PLAIN_SHARE
            drawn += [(plain(t) if b else t, label) for t, b in zip(texts, bare, strict=True)]
    return [drawn[i] for i in random.permutation(len(drawn))]


def validation(parts: Corpus, seed: int, cap: int = 60) -> tuple[Corpus, list[tuple[str, str]]]:
    """Hold a second hash's words out; return what is left and names of nothing but such words."""
    purpose, share = VALIDATION

    def left(line: Line) -> bool:
        return not any(touched(field, seed, purpose, share) for field in line.fields)

    def unseen(line: Line) -> bool:
        surname, *given = line.fields
        kept = held_out(surname, seed, True, purpose, share)
        return kept and all(held_out(field, seed, False, purpose, share) for field in given)

    held = [
        (" ".join(line.fields[::-1]), line.label)
        for lines in (parts.surnames, parts.people)
        for line in capped(filter(unseen, lines), seed, cap)
    ]
    surnames, given, people = (list(filter(left, lines)) for lines in parts)
    return Corpus(surnames, given, people), held


def small(name: str) -> str:
    """Return a name as the rivals read it: lower case, no punctuation but hyphens, apostrophes."""
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


def ask_fasttext(model: Any, labels: Sequence[str]) -> Callable[[Sequence[str]], Floats]:
    """Return what gives a fastText model's probabilities."""

    def answer(names: Sequence[str]) -> Floats:
        found, scores = model.predict([small(name) for name in names], k=-1)
        answers = np.zeros((len(names), len(labels)), dtype=np.float32)
        for row, (keys, values) in enumerate(zip(found, scores, strict=True)):
            answers[row, [int(one.removeprefix("__label__")) for one in keys]] = values
        return answers

    return answer


def train_svm(rows: Rows, penalty: float) -> tuple[TfidfVectorizer, LinearSVC]:
    """Train a linear SVM on TF-IDF weights of n-grams of 1 to 5 characters within words."""
    names = [small(name) for name, _ in rows]
    features = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 5), sublinear_tf=True, min_df=2)
    model = LinearSVC(C=penalty, tol=1e-3, max_iter=200)
    model.fit(features.fit_transform(names), [label for _, label in rows])
    return features, model


def scores_of(parts: tuple[TfidfVectorizer, LinearSVC], names: Sequence[str]) -> Floats:
    """Return the SVM's margins [names, labels]."""
    features, model = parts
    scores = model.decision_function(features.transform([small(name) for name in names]))
    return np.asarray(scores, dtype=np.float32)


def ask_svm(
    parts: tuple[TfidfVectorizer, LinearSVC], temperature: float
) -> Callable[[Sequence[str]], Floats]:
    """Return what gives an SVM's probabilities: its margins by a temperature."""
    return lambda names: np.asarray(softmax(scores_of(parts, names) / temperature, axis=1))


def hits(answers: Floats, rows: Rows, labels: Sequence[str]) -> float:
    """Return the accuracy on `rows`."""
    best = answers.argmax(axis=1)
    return float(np.mean([labels[i] == label for i, (_, label) in zip(best, rows, strict=True)]))


def train(folder: Path, seed: int) -> None:
    """Tune and train both rivals on the training part in `folder`, and keep them there."""
    parts = corpus(folder)
    labels = sorted({line.label for line in parts.surnames})
    rest, held = validation(parts, seed)
    names = [name for name, _ in held]
    kept = folder / "rivals"
    shutil.rmtree(kept, ignore_errors=True)  # with the answers of those before
    kept.mkdir()
    (kept / "labels.json").write_text(json.dumps(labels))
    print(f"rivals: {len(held):,} names of validation")

    rows: Rows = draws(rest, DRAWS_TO_TUNE, seed)
    tried = []
    for settings in FASTTEXT:
        model = train_fasttext(rows, labels, settings)
        tried.append(hits(ask_fasttext(model, labels)(names), held, labels))
        print(f"fastText {settings}: {tried[-1]:.4f} on validation", flush=True)
    started = time.perf_counter()
    rows_of_all = draws(parts, DRAWS, seed)
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
    """Load the rivals that were trained on the training part in `folder`; there may be none."""
    import fasttext

    kept = folder / "rivals"
    if not (kept / "svm.joblib").exists():
        return []
    labels = tuple(json.loads((kept / "labels.json").read_text()))
    svm, temperature = joblib.load(kept / "svm.joblib")
    found = {
        "fastText": ask_fasttext(fasttext.load_model(str(kept / "fasttext.bin")), labels),
        "TF-IDF SVM": ask_svm(svm, temperature),
    }
    return [
        Classifier(name, labels, remembered(answer, kept / name.replace(" ", "-")))
        for name, answer in found.items()
    ]


def remembered(
    answer: Callable[[Sequence[str]], Floats], folder: Path
) -> Callable[[Sequence[str]], Floats]:
    """Keep predictions in `folder`, a file a list of names, and read them again."""

    def ask(names: Sequence[str]) -> Floats:
        digest = hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]
        path = folder / f"{digest}.npy"
        if path.exists():
            return np.asarray(np.load(path), dtype=np.float32)
        folder.mkdir(parents=True, exist_ok=True)
        answers = answer(names).astype(np.float32)
        np.save(path, answers)
        return answers

    return ask
