"""How fast is a file of names classified, from reading to writing?

    python benchmarks/predict_speed.py --runs RUN... [--rows 10000000]

Every contender is a process of its own that reads the file, classifies, and writes a label and a
probability a row. They take turns, several times over; medians, ratios to fastText in the same turn
with their spread, and the peak memory come out. The rivals are trained on the first run's training
names. Slow ones get a shorter file: their time a name does not depend on it.
"""

import argparse
import json
import os
import random
import subprocess
import sys
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any
from zlib import crc32

import joblib
import numpy as np
from rich.console import Console
from rich.table import Table
from rivals import FASTTEXT, RIVALS, SKLEARN, Answer

from names_predictor.encoding import normalise
from names_predictor.model import NamePredictor
from names_trainer.corpus import Row
from names_trainer.export import export
from names_trainer.runs import Run
from names_trainer.teachers import draw_names

SEED = 0
IMPORT = "import onnxruntime"

LAUNCHER = """
import os, subprocess, sys, time
started = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(time.perf_counter() - started, usage.ru_maxrss)
sys.exit(bool(status))
"""
"""A process starts with its parent's memory to its account, so its parent must be a small one."""

Measured = dict[str, list[tuple[float, float]]]
"""Seconds and peak MB of every turn of every contender."""


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
    """Write so many made-up names, all different, in memory that hardly grows with the number.

    A name is left out where another one had the same bit of 128 MB, which happens to few.
    """
    taken = bytearray(1 << 27)
    written = 0
    with path.open("w", encoding="utf-8") as file:
        for name in map(str.title, draw_names(rows, number, SEED)):
            place, bit = divmod(crc32(name.encode()) & (1 << 30) - 1, 8)
            if taken[place] >> bit & 1:
                continue
            taken[place] |= 1 << bit
            file.write(f"{name}\n")
            written += 1
            if written == number:
                break


def head(path: Path, number: int) -> Path:
    """Return a file with the first rows of `path`."""
    short = path.with_name(f"{path.stem}-{number}.txt")
    with path.open(encoding="utf-8") as source, short.open("w", encoding="utf-8") as target:
        target.writelines(islice(source, number))
    return short


def prepare(runs: list[Path], folder: Path) -> dict[str, tuple[str, float]]:
    """Export the runs, train the rivals; return accuracy on the test part and kB of each."""
    import fasttext
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    first = Run.open(runs[0])
    (folder / "run").write_text(str(first.folder))
    test = first.task.split.test
    figures: dict[str, tuple[str, float]] = {}

    def score(name: str, answer: Answer, size: float) -> None:
        labels, _ = answer([normalise(row.name) for row in test])
        hits = sum(label == row.label for label, row in zip(labels, test, strict=True))
        figures[name] = (f"{hits / len(test):.3f}", size / 1e3)

    ours = []
    for path in runs:
        run = Run.open(path)
        assert run.task.split.test == test, "the runs must share a split"
        for int8 in (False, True):
            name = f"names, {path.name}" + (", int8" if int8 else "")
            artifact, _ = export(run, folder / name.replace(", ", "-"), int8)
            ours.append({"name": name, "folder": str(folder / name.replace(", ", "-"))})
            score(name, _labels_of(NamePredictor(artifact)), len(artifact.model))
    (folder / "ours.json").write_text(json.dumps(ours))
    train = first.task.split.train
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
    for rival, file in ((FASTTEXT, "fasttext"), (SKLEARN, "sklearn")):
        score(rival, RIVALS[rival](folder), (folder / file).stat().st_size)
    return figures


def _labels_of(predictor: NamePredictor) -> Answer:
    def answer(names: list[str]) -> tuple[list[str], Any]:
        return [str(prediction.label) for prediction in predictor.predict(names)], None

    return answer


def measure(command: list[str]) -> tuple[float, float]:
    """Return seconds and peak memory in MB of a process."""
    done = subprocess.run(
        [sys.executable, "-c", LAUNCHER, *command], stdout=subprocess.PIPE, text=True, check=True
    )
    seconds, kilobytes = done.stdout.split()
    return float(seconds), float(kilobytes) / 1e3


def our_command(artifact: str, path: Path, folder: Path, threads: int = 0) -> list[str]:
    """Return names-predict as a process."""
    main = [sys.executable, "-c", "from names_predictor.cli import main; main()"]
    out = ["--threads", str(threads), "--output", str(folder / "out.tsv")]
    return [*main, str(path), "--artifacts", artifact, *out]


def rival_command(rival: str, path: Path, folder: Path) -> list[str]:
    """Return a rival as a process."""
    script = str(Path(__file__).with_name("rivals.py"))
    return [sys.executable, script, rival, str(folder), str(path), str(folder / "out.tsv")]


def take_turns(commands: dict[str, list[str]], repeats: int) -> Measured:
    """Run every command once a turn, so that a slow minute of the machine meets them all."""
    measured: Measured = {name: [] for name in commands}
    for _ in range(repeats):
        for name, command in commands.items():
            measured[name].append(measure(command))
    return measured


def main() -> None:
    """Make the files and models, let the contenders take turns, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=Path, nargs="+", help="runs of one split; the first leads")
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows of the list")
    parser.add_argument("--distinct", type=int, default=1_000_000, help="distinct names")
    parser.add_argument("--short", type=int, default=200_000, help="rows for the slow rivals")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--output", type=Path, default=Path("artifacts/predict-speed"))
    options = parser.parse_args()
    folder: Path = options.output
    folder.mkdir(parents=True, exist_ok=True)
    console = Console(width=None if Console().is_terminal else 120)
    figures = prepare(options.runs, folder)
    ours = {o["name"]: o["folder"] for o in json.loads((folder / "ours.json").read_text())}
    run = Run.open(options.runs[0])
    rows = [row for part in (run.task.split.train, run.task.split.test) for row in part]
    files = {"list": folder / "list.txt", "distinct": folder / "distinct.txt"}
    write_list(rows, options.rows, files["list"])
    write_distinct(rows, options.distinct, files["distinct"])
    started = print_startup(ours, figures, folder, options.repeats, console)
    for kind, path in files.items():
        print_contest(kind, path, ours, started, folder, options, console)
    print_scaling(files, next(iter(ours.values())), folder, options, console)


def print_startup(
    ours: dict[str, str],
    figures: dict[str, tuple[str, float]],
    folder: Path,
    repeats: int,
    console: Console,
) -> dict[str, float]:
    """Time one name from a cold start; return the seconds of each contender."""
    one = folder / "one.txt"
    one.write_text("Papadopoulos\n")
    commands = {IMPORT: [sys.executable, "-c", IMPORT]}
    commands |= {name: our_command(artifact, one, folder) for name, artifact in ours.items()}
    commands |= {rival: rival_command(rival, one, folder) for rival in RIVALS}
    measured = take_turns(commands, max(2 * repeats + 1, 3))
    table = Table(title="one name from a cold start")
    for title in ("", "ms", f"to {IMPORT}", "peak MB", "accuracy", "model, kB"):
        table.add_column(title, justify="left" if not title else "right")
    base = [seconds for seconds, _ in measured[IMPORT]]
    for name, turns in measured.items():
        ratio = median(s / b for (s, _), b in zip(turns, base, strict=True))
        accuracy, size = figures.get(name, ("", 0.0))
        table.add_row(
            name, f"{median(s for s, _ in turns) * 1e3:,.0f}", f"{ratio:.2f}",
            f"{max(m for _, m in turns):,.0f}", accuracy, f"{size:,.0f}" if size else "",
        )  # fmt: skip
    console.print(table)
    return {name: median(s for s, _ in turns) for name, turns in measured.items()}


def print_contest(
    kind: str, path: Path, ours: dict[str, str], started: dict[str, float], folder: Path,
    options: argparse.Namespace, console: Console,
) -> None:  # fmt: skip
    """Let all contenders classify a file; the slow ones a short one, without their start."""
    rows = path.read_bytes().count(b"\n")
    short = head(path, min(options.short, rows))
    commands = {name: our_command(artifact, path, folder) for name, artifact in ours.items()}
    commands |= {FASTTEXT: rival_command(FASTTEXT, path, folder)}
    slow = {rival for rival in RIVALS if rival != FASTTEXT}
    commands |= {rival: rival_command(rival, short, folder) for rival in sorted(slow)}
    measured = take_turns(commands, options.repeats)
    speeds = {
        name: [
            min(options.short, rows) / (s - started[name]) if name in slow else rows / s
            for s, _ in turns
        ]
        for name, turns in measured.items()
    }
    table = Table(title=f"{kind}: {rows:,} rows, median of {options.repeats}")
    for title in ("", "names/s", "times fastText", "peak MB"):
        table.add_column(title, justify="left" if not title else "right")
    for name, found in speeds.items():
        ratios = sorted(s / f for s, f in zip(found, speeds[FASTTEXT], strict=True))
        spread = f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        peak = "" if name in slow else f"{max(m for _, m in measured[name]):,.0f}"
        table.add_row(name, f"{median(found):,.0f}", spread, peak)
    console.print(table)


def print_scaling(
    files: dict[str, Path], artifact: str, folder: Path, options: argparse.Namespace,
    console: Console,
) -> None:  # fmt: skip
    """Time the first run's model by rows and threads."""
    table = Table(title="the first run by rows and threads, names/s (peak MB)")
    processors = os.cpu_count() or 1
    counts = sorted({1, 2, processors} & set(range(1, processors + 1)))
    for title in ("", "rows", *(f"{n} threads" for n in counts)):
        table.add_column(title, justify="left" if not title else "right")
    for kind, path in files.items():
        most = path.read_bytes().count(b"\n")
        for number in sorted({10_000, 100_000, 1_000_000, most}):
            if number > most:
                continue
            part = head(path, number)
            commands = {str(n): our_command(artifact, part, folder, n) for n in counts}
            measured = take_turns(commands, options.repeats)
            cells = [
                f"{number / median(s for s, _ in turns):,.0f} ({max(m for _, m in turns):,.0f})"
                for turns in measured.values()
            ]
            table.add_row(kind, f"{number:,}", *cells)
    console.print(table)


if __name__ == "__main__":
    main()
