"""Load mutants of an artifact in child processes and count the outcomes.

A mutant without an outcome crashed its child, or took too long.
`PYTHONPATH=tests python tests/faults/fuzz.py 1234` loads one mutant in this process.
"""

import json
import multiprocessing
import resource
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from mutants import mutant, originals

from names_predictor.artifact.manifest import ArtifactError
from names_predictor.artifact.store import MODEL_FILE, VOCAB_FILE
from names_predictor.inference.predictor import NamePredictor
from names_predictor.inference.types import Probabilities

NAMES = ["abc", "", "Bé'd-a", "кβ", "王", "a" * 128, "e" * 129]
SECONDS = 300.0
"""Seconds after which a mutant counts as hanging, many more than any needs on a busy machine."""

MEMORY = 4 << 30
"""Memory limit of a child; docs/reliability.md explains why untrusted models need one."""

AGAIN = ", at the second try"
HARMLESS = (
    "refused before onnxruntime",
    "refused by onnxruntime",
    "refused when predicting",
    "same predictions",
    "another model",
)


def outcome(number: int, folder: Path) -> str:
    """Load mutant `number`, written to `folder`, and return what happens."""
    one = mutant(number)
    expected = expected_answers(one.original, folder)
    refused = "refused before onnxruntime"
    try:
        predictor = load(folder, one.model, one.vocab)
        refused = "refused when predicting"
        predictions = predictor.predict_proba(NAMES)
        usable = [p.reason is None for p in predictor.predict(NAMES, top_k=2, coverage=0.9)]
    except ArtifactError as error:
        if "onnxruntime" in str(error):
            refused = "refused by onnxruntime"
        return refused if "\n" not in str(error) else f"more than one line: {error}"
    except Exception as error:
        return f"traceback: {error!r}"
    if not np.allclose(predictions[usable].sum(axis=1), 1, atol=1e-4):
        return "no probabilities"
    if np.array_equal(predictions, expected, equal_nan=True):
        return "same predictions"
    return "another model" if one.agrees else "wrong predictions"


@cache
def expected_answers(original: int, folder: Path) -> Probabilities:
    """Return the predictions of the artifact before it was mutated."""
    model, content = originals()[original]
    return load(folder, model, json.dumps(content).encode()).predict_proba(NAMES)


def load(folder: Path, model: bytes, vocab: bytes) -> NamePredictor:
    """Write both files and load them as a user does."""
    (folder / MODEL_FILE).write_bytes(model)
    (folder / VOCAB_FILE).write_bytes(vocab)
    return NamePredictor.load(folder)


def child(numbers: range, outcomes: Connection) -> None:
    """Send the outcome of each mutant when it is known."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory() as folder:
        for number in numbers:
            outcomes.send(outcome(number, Path(folder)))


def outcomes(numbers: range) -> Iterator[tuple[int, str]]:
    """Yield number and outcome of every mutant; a lost child is replaced.

    A mutant that takes too long is loaded again in a second child, because the machine may have
    paused, and counted separately.
    """
    context = multiprocessing.get_context("spawn")
    slow = -1
    while numbers:
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=child, args=(numbers, theirs))
        process.start()
        theirs.close()
        while numbers:
            number = numbers[0]
            try:
                answer = ours.recv() if ours.poll(SECONDS) else "hang"
            except EOFError:
                process.join()
                answer = f"crash: exit code {process.exitcode}"
            if answer == "hang" and slow != number:
                slow = number
                break
            numbers = numbers[1:]
            yield number, answer + AGAIN if slow == number and answer in HARMLESS else answer
            if answer == "hang" or answer.startswith("crash"):
                break
        process.kill()
        process.join()


def count(numbers: range) -> tuple[Counter[str], list[str]]:
    """Return the number of each outcome, and a line per fault."""
    counts: Counter[str] = Counter()
    faults = []
    for number, answer in outcomes(numbers):
        counts[answer.partition(":")[0]] += 1
        if answer.removesuffix(AGAIN) not in HARMLESS:
            faults.append(f"mutant {number}: {answer}")
    return counts, faults


if __name__ == "__main__":
    numbers = range(*map(int, sys.argv[1:3])) if len(sys.argv) > 2 else None
    if numbers is None:
        with tempfile.TemporaryDirectory() as folder:
            sys.stdout.write(f"{outcome(int(sys.argv[1]), Path(folder))}\n")
    else:
        counts, faults = count(numbers)
        sys.stdout.write("\n".join([*faults, *(f"{v:7} {k}" for k, v in counts.items()), ""]))
