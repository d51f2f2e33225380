"""How fast is a file of names classified, from reading to writing?

    python benchmarks/predict_speed.py --run artifacts/runs/RUN --rows 10000000

Every contender is a process of its own that reads the file, classifies and writes a label and a
probability a row. They take turns, several times over; medians, their ratios and the peak memory
come out. The rivals are trained on the run's own training names.
"""

import argparse
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from statistics import median

import joblib
import numpy as np
from rich.console import Console
from rich.table import Table

from names_predictor.encoding import normalise
from names_trainer.corpus import Row
from names_trainer.export import export
from names_trainer.runs import Run
from names_trainer.teachers import make_up_names

BLOCK = 20_000

LAUNCHER = """
import os, subprocess, sys, time
started = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(time.perf_counter() - started, usage.ru_maxrss)
sys.exit(bool(status))
"""
"""A process starts with its parent's memory to its account, so its parent must be a small one."""

SEED = 0


def write_list(rows: list[Row], number: int, path: Path) -> None:
    """Write names drawn with replacement by a Zipf law, as a customer file repeats surnames."""
    names = sorted({row.name for row in rows})
    random.Random(SEED).shuffle(names)
    shares = 1 / np.arange(1, len(names) + 1)
    generator = np.random.default_rng(SEED)
    with path.open("w", encoding="utf-8") as file:
        for start in range(0, number, 1_000_000):
            size = min(1_000_000, number - start)
            drawn = generator.choice(len(names), size, p=shares / shares.sum())
            file.write("".join(f"{names[i].title()}\n" for i in drawn))


def write_distinct(rows: list[Row], number: int, path: Path) -> None:
    """Write as many made-up names, all different."""
    names = make_up_names(rows, number, SEED)
    path.write_text("".join(f"{name.title()}\n" for name in names), encoding="utf-8")


def blocks(path: Path) -> Iterator[list[str]]:
    """Read the rows as the rivals get them: normalised, in blocks."""
    with path.open(encoding="utf-8") as file:
        while block := [normalise(line) for line in islice(file, BLOCK)]:
            yield block


def classify_fasttext(model: Path, path: Path, output: Path) -> None:
    """Classify with fastText's batch call."""
    import fasttext

    loaded = fasttext.load_model(str(model / "fasttext"))
    with output.open("w", encoding="utf-8") as file:
        for names in blocks(path):
            labels, scores = loaded.predict([name.replace(" ", "_") or "_" for name in names])
            answers = zip(labels, scores, strict=True)
            file.writelines(f"{label[0]}\t{score[0]:.4f}\n" for label, score in answers)


def classify_sklearn(model: Path, path: Path, output: Path) -> None:
    """Classify with the linear model on n-grams."""
    vectorizer, linear = joblib.load(model / "sklearn")
    with output.open("w", encoding="utf-8") as file:
        for names in blocks(path):
            scores = linear.decision_function(vectorizer.transform(f"\n{n}\n" for n in names))
            answers = zip(linear.classes_[scores.argmax(axis=1)], scores.max(axis=1), strict=True)
            file.writelines(f"{label}\t{score:.4f}\n" for label, score in answers)


def classify_onnxruntime(model: Path, path: Path, output: Path) -> None:
    """Classify with the exported model, padded batches in the file's order, nothing else."""
    import onnxruntime

    from names_predictor.artifact import read_artifact
    from names_predictor.model import softmax

    artifact = read_artifact(model / "artifact")
    session = onnxruntime.InferenceSession(artifact.model)
    with output.open("w", encoding="utf-8") as file:
        for names in blocks(path):
            for start in range(0, len(names), 512):
                batch = [name or " " for name in names[start : start + 512]]
                ids, lengths = artifact.vocab.vocabulary.encode(batch)
                scores = softmax(session.run(["logits"], {"ids": ids, "lengths": lengths})[0])
                answers = zip(scores.argmax(axis=1), scores.max(axis=1), strict=True)
                labels = artifact.vocab.labels
                file.writelines(f"{labels[label]}\t{score:.4f}\n" for label, score in answers)


def classify_torch(model: Path, path: Path, output: Path) -> None:
    """Classify with torch, eager, padded batches in the file's order."""
    import torch
    from torch.nn.utils.rnn import pack_padded_sequence

    run = Run.open(Path((model / "run").read_text()))
    network, labels = run.best_model(), run.task.labels
    with torch.inference_mode(), output.open("w", encoding="utf-8") as file:
        for names in blocks(path):
            for start in range(0, len(names), 512):
                batch = [name or " " for name in names[start : start + 512]]
                ids, lengths = map(torch.from_numpy, run.task.vocabulary.encode(batch))
                packed = pack_padded_sequence(
                    network.embedding(ids), lengths, batch_first=True, enforce_sorted=False
                )
                scores = network.linear(network.lstm(packed)[1][0][-1]).softmax(dim=1)
                best, number = scores.max(dim=1)
                answers = zip(number.tolist(), best.tolist(), strict=True)
                file.writelines(f"{labels[label]}\t{score:.4f}\n" for label, score in answers)


WORKERS: dict[str, Callable[[Path, Path, Path], None]] = {
    "fastText": classify_fasttext,
    "scikit-learn n-gram SVM": classify_sklearn,
    "onnxruntime, plain": classify_onnxruntime,
    "torch, eager": classify_torch,
}


def prepare(run: Run, folder: Path) -> None:
    """Export the run, and train the rivals on its training names."""
    import fasttext
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    export(run, folder / "artifact")
    (folder / "run").write_text(str(run.folder))
    train = run.task.split.train
    lines = [f"__label__{r.label.replace(' ', '_')} {r.name.replace(' ', '_')}\n" for r in train]
    (folder / "train.txt").write_text("".join(lines), encoding="utf-8")
    model = fasttext.train_supervised(
        str(folder / "train.txt"), minn=1, maxn=5, dim=64, lr=0.5, epoch=25, loss="softmax",
        bucket=200_000, thread=1, verbose=0, seed=SEED,
    )  # fmt: skip
    model.save_model(str(folder / "fasttext"))
    vectorizer = TfidfVectorizer(
        analyzer="char", ngram_range=(1, 5), sublinear_tf=True, lowercase=False
    )
    features = vectorizer.fit_transform(f"\n{row.name}\n" for row in train)
    linear = LinearSVC(C=1.0).fit(features, [row.label for row in train])
    joblib.dump((vectorizer, linear), folder / "sklearn")


def measure(command: list[str]) -> tuple[float, float]:
    """Return seconds and peak memory in MB of a process."""
    done = subprocess.run(
        [sys.executable, "-c", LAUNCHER, *command], stdout=subprocess.PIPE, text=True, check=True
    )
    seconds, kilobytes = done.stdout.split()
    return float(seconds), float(kilobytes) / 1e3


def main() -> None:
    """Make the files and models, let the contenders take turns, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--run", type=Path, help="the run to export and measure")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the list")
    parser.add_argument("--distinct", type=int, default=200_000, help="rows of the distinct names")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0, help="for names-predict")
    parser.add_argument("--only", nargs="*", default=list(WORKERS), metavar="RIVAL")
    parser.add_argument("--output", type=Path, default=Path("artifacts/predict-speed"))
    parser.add_argument("--worker", nargs=3, metavar=("RIVAL", "FILE", "OUTPUT"))
    options = parser.parse_args()
    folder: Path = options.output
    if options.worker:
        rival, path, output = options.worker
        WORKERS[rival](folder, Path(path), Path(output))
        return
    folder.mkdir(parents=True, exist_ok=True)
    run = Run.open(options.run)
    prepare(run, folder)
    rows = [row for part in (run.task.split.train, run.task.split.test) for row in part]
    files = {"list": folder / "list.txt", "distinct": folder / "distinct.txt"}
    write_list(rows, options.rows, files["list"])
    write_distinct(rows, options.distinct, files["distinct"])
    predict = [sys.executable, "-c", "from names_predictor.cli import main; main()"]
    console = Console(width=None if Console().is_terminal else 120)
    for kind, path in files.items():
        number = path.read_bytes().count(b"\n")
        commands = {
            "names-predict": [
                *predict, str(path), "--artifacts", str(folder / "artifact"),
                "--threads", str(options.threads), "--output", str(folder / "out.tsv"),
            ]
        } | {
            rival: [
                sys.executable, __file__, "--output", str(folder), "--worker",
                rival, str(path), str(folder / "out.tsv"),
            ]
            for rival in options.only
        }  # fmt: skip
        measured: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(options.repeats):
            for name, command in commands.items():
                measured[name].append(measure(command))
        table = Table(title=f"{kind}: {number:,} rows, median of {options.repeats}")
        for title in ("", "names/s", "names-predict is", "peak MB"):
            table.add_column(title, justify="left" if not title else "right")
        own = [seconds for seconds, _ in measured["names-predict"]]
        for name, runs in measured.items():
            seconds = [s for s, _ in runs]
            ratios = sorted(theirs / ours for theirs, ours in zip(seconds, own, strict=True))
            table.add_row(
                name,
                f"{number / median(seconds):,.0f}",
                f"{median(ratios):.1f}x faster ({ratios[0]:.1f} to {ratios[-1]:.1f})",
                f"{max(memory for _, memory in runs):,.0f}",
            )
        console.print(table)


if __name__ == "__main__":
    main()
