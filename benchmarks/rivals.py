"""What names-predict is measured against, each a process of its own: read, classify, write.

    python benchmarks/rivals.py RIVAL FOLDER FILE OUTPUT

Part of `predict_speed.py`, which trains them. Imports are inside, so that each starts with its own.
"""

import json
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from names_predictor.encoding import normalise

BLOCK = 20_000
FASTTEXT, SKLEARN = "fastText", "scikit-learn n-gram SVM"


def blocks(path: Path) -> Iterator[list[str]]:
    """Read the rows as the rivals get them: normalised, in blocks."""
    with path.open(encoding="utf-8") as file:
        while block := [normalise(line) for line in islice(file, BLOCK)]:
            yield block


Answer = Callable[[list[str]], tuple[list[str], Any]]
"""From normalised names to labels and scores."""


def load_fasttext(folder: Path) -> Answer:
    """Return fastText's batch call."""
    import fasttext

    model = fasttext.load_model(str(folder / "fasttext"))

    def answer(names: list[str]) -> tuple[list[str], Any]:
        labels, scores = model.predict([name.replace(" ", "_") or "_" for name in names])
        found = [label[0].removeprefix("__label__").replace("_", " ") for label in labels]
        return found, [score[0] for score in scores]

    return answer


def load_sklearn(folder: Path) -> Answer:
    """Return the linear model on n-grams."""
    import joblib

    vectorizer, linear = joblib.load(folder / "sklearn")

    def answer(names: list[str]) -> tuple[list[str], Any]:
        scores = linear.decision_function(vectorizer.transform(f"\n{n}\n" for n in names))
        return linear.classes_[scores.argmax(axis=1)].tolist(), scores.max(axis=1)

    return answer


def load_onnxruntime(folder: Path) -> Answer:
    """Return the exported model on padded batches in the file's order, nothing else."""
    from names_predictor.artifact import read_artifact
    from names_predictor.model import softmax
    from names_predictor.runtime import ort

    first = json.loads((folder / "ours.json").read_text())[0]["folder"]
    artifact = read_artifact(Path(first))
    options = ort.SessionOptions()
    options.log_severity_level = 4
    session = ort.InferenceSession(artifact.model, options)

    def answer(names: list[str]) -> tuple[list[str], Any]:
        logits = []
        for start in range(0, len(names), 512):
            batch = [name or " " for name in names[start : start + 512]]
            ids, lengths = artifact.vocab.vocabulary.encode(batch)
            logits += session.run(["logits"], {"ids": ids, "lengths": lengths})
        scores = softmax(np.concatenate(logits))
        return [artifact.vocab.labels[i] for i in scores.argmax(axis=1)], scores.max(axis=1)

    return answer


def load_torch(folder: Path) -> Answer:
    """Return torch, eager, on packed batches in the file's order."""
    import torch
    from torch.nn.utils.rnn import pack_padded_sequence

    from names_trainer.runs import Run

    run = Run.open(Path((folder / "run").read_text()))
    network = run.best_model()

    @torch.inference_mode()
    def answer(names: list[str]) -> tuple[list[str], Any]:
        found = []
        for start in range(0, len(names), 512):
            batch = [name or " " for name in names[start : start + 512]]
            ids, lengths = map(torch.from_numpy, run.task.vocabulary.encode(batch))
            packed = pack_padded_sequence(
                network.embedding(ids), lengths, batch_first=True, enforce_sorted=False
            )
            found.append(network.linear(network.lstm(packed)[1][0][-1]).softmax(dim=1))
        best, number = torch.cat(found).max(dim=1)
        return [run.task.labels[i] for i in number.tolist()], best.tolist()

    return answer


RIVALS: dict[str, Callable[[Path], Answer]] = {
    FASTTEXT: load_fasttext,
    SKLEARN: load_sklearn,
    "onnxruntime, plain": load_onnxruntime,
    "torch, eager": load_torch,
}


def classify(rival: str, folder: Path, path: Path, output: Path) -> None:
    """Classify a file with a rival, as its own process does."""
    answer = RIVALS[rival](folder)
    with output.open("w", encoding="utf-8") as file:
        for names in blocks(path):
            rows = zip(*answer(names), strict=True)
            file.writelines(f"{label}\t{score:.4f}\n" for label, score in rows)


if __name__ == "__main__":
    rival, *paths = sys.argv[1:]
    classify(rival, *map(Path, paths))
