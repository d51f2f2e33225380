"""Measure the speed of classifying a file of names, against fastText.

    python benchmarks/predict_speed.py [--rows 10000000] [--turbo FOLDER]

Every contender is a separate process that reads the file, classifies, and writes a label and a
probability per row. They take turns, several times. The output has medians, ratios to fastText in
the same turn with their range, and the peak memory. fastText is trained on names drawn like those
of the bundled model. `--turbo` is a folder with fasttext-turbo (`pip install --target FOLDER`),
`--avx2` the compiled library of hide_avx512.c. The names of real people are those of
data/people-world, if it is compiled.
"""

import argparse
import os
import random
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from statistics import median
from zlib import crc32

from rich.console import Console
from rich.table import Table

from names_predictor.artifact.store import RELEASED
from names_trainer.data.dataset import Dataset
from names_trainer.distillation.synthetic_names import sample_names
from names_trainer.export.release import RELEASE

SEED = 0
IMPORT = "import onnxruntime"
OURS, FASTTEXT, TURBO = "names-predict", "fastText", "fasttext-turbo"
PEOPLE = Path("data/people-world")
TRAINED_ON = 800_000
"""Number of training names of fastText."""

LAUNCHER = """
import os, subprocess, sys, time
started = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e3)
sys.exit(bool(status))
"""
"""A small parent process, since the peak memory of a process includes that of its parent."""

Turns = dict[str, list[tuple[float, float, float]]]
"""Seconds, processor seconds and peak MB of every turn, for each contender."""


def write(names: Iterable[str], path: Path) -> Path:
    """Write a file with a name per line."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{name}\n" for name in names)
    return path


def full_names(dataset: Dataset, number: int) -> Iterator[str]:
    """Yield full names, whose surnames and given names are drawn by their number of people."""
    sampler = dataset.sampler(replace(RELEASE, count_power=1.0))
    generator = random.Random(SEED)
    rows = chain.from_iterable(sampler.sample(number, 0.0, generator) for _ in range(3))
    yield from islice((row.name.title() for row in rows if " " in row.name), number)


def real_people(number: int) -> list[str]:
    """Return distinct names of real people, shuffled."""
    names: dict[str, None] = {}
    for path in sorted(PEOPLE.glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            surname, given = line.split("\t")[:2]
            names[f"{given} {surname}"] = None
    chosen = list(names)
    random.Random(SEED).shuffle(chosen)
    return chosen[:number]


def surnames(dataset: Dataset, number: int) -> Iterator[str]:
    """Yield surnames with the repetitions of a Zipf distribution."""
    names = sorted({row.name for row in dataset.split.train})
    generator = random.Random(SEED)
    generator.shuffle(names)
    weights = [1 / rank for rank in range(1, len(names) + 1)]
    for start in range(0, number, 1_000_000):
        size = min(1_000_000, number - start)
        yield from map(str.title, generator.choices(names, weights, k=size))


def synthetic(dataset: Dataset, number: int) -> Iterator[str]:
    """Yield distinct synthetic surnames, with bounded memory.

    A hash of 2^30 values detects repetitions, so a few distinct names are left out too.
    """
    taken = bytearray(1 << 27)

    def is_new(name: str) -> bool:
        place, bit = divmod(crc32(name.encode()) & (1 << 30) - 1, 8)
        was_taken = taken[place] >> bit & 1
        taken[place] |= 1 << bit
        return not was_taken

    names = map(str.title, sample_names(dataset.split.train, number, SEED))
    yield from islice(filter(is_new, names), number)


def train_fasttext(dataset: Dataset, folder: Path) -> Path:
    """Train fastText on names drawn like those of the bundled model."""
    import fasttext

    rows = dataset.sampler(RELEASE).sample(TRAINED_ON, RELEASE.forms, random.Random(SEED))
    write((f"__label__{row.label} {row.name}" for row in rows), folder / "train.txt")
    model = fasttext.train_supervised(
        str(folder / "train.txt"), minn=1, maxn=5, dim=32, lr=0.5, epoch=3, loss="softmax",
        bucket=500_000, thread=1, verbose=0, seed=SEED,
    )  # fmt: skip
    model.save_model(str(folder / "fasttext.bin"))
    return folder / "fasttext.bin"


def commands(path: Path, folder: Path, options: argparse.Namespace) -> dict[str, list[str]]:
    """Return the command of each contender; the first is names-predict with all processors."""
    out = str(folder / "out.tsv")
    main = [str(Path(sys.executable).with_name("names-predict"))]
    ours = [*main, str(path), "--artifacts", str(options.artifact), "--output", out]
    rival = [str(Path(__file__).with_name("rivals.py")), str(folder / "fasttext.bin")]
    contenders = {
        OURS: ours,
        f"{OURS}, 1 thread": [*ours, "--threads", "1"],
        FASTTEXT: [sys.executable, *rival, str(path), out],
    }
    if options.avx2:
        contenders[f"{OURS}, AVX2"] = ["env", f"LD_PRELOAD={options.avx2.resolve()}", *ours]
    if options.turbo:
        environment = ["env", f"PYTHONPATH={options.turbo}"]
        contenders[TURBO] = [*environment, sys.executable, *rival, str(path), out]
    return contenders


def take_turns(contenders: dict[str, list[str]], repeats: int) -> Turns:
    """Run every command once per turn, so that the load of the machine affects all alike."""
    turns: Turns = {name: [] for name in contenders}
    launcher = [sys.executable, "-c", LAUNCHER]
    # An installed package has its bytecode.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    for _ in range(repeats):
        for name, command in contenders.items():
            done = subprocess.run(
                [*launcher, *command],
                stdout=subprocess.PIPE,
                text=True,
                check=True,
                env=environment,
            )
            seconds, processors, peak = map(float, done.stdout.split())
            turns[name].append((seconds, processors, peak))
    return turns


def print_contest(title: str, rows: int, turns: Turns, console: Console) -> None:
    """Print names per second, the ratio to fastText in the same turn, and the peak memory."""
    table = Table(title=f"{title}: {rows:,} rows, median of {len(turns[OURS])}")
    columns = ("", "names/s", "times fastText", "processor seconds", "peak MB")
    for column in columns:
        table.add_column(column, justify="right" if column else "left")
    for name, found in turns.items():
        ratios = sorted(f[0] / s[0] for s, f in zip(found, turns[FASTTEXT], strict=True))
        table.add_row(
            name,
            f"{rows / median(s for s, _, _ in found):,.0f}",
            f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})",
            f"{median(p for _, p, _ in found):,.1f}",
            f"{max(m for _, _, m in found):,.0f}",
        )
    console.print(table)


def print_start(folder: Path, options: argparse.Namespace, console: Console) -> None:
    """Print the time of one name from a cold start, and its ratio to importing onnxruntime."""
    one = write(["Papadopoulos"], folder / "one.txt")
    contenders = {IMPORT: [sys.executable, "-c", IMPORT]} | commands(one, folder, options)
    to_file = contenders[OURS]
    contenders[f"{OURS}, no file"] = to_file[: to_file.index("--output")]
    turns = take_turns(contenders, 4 * options.repeats + 1)
    table = Table(title="one name from a cold start")
    for column in ("", "ms", f"to {IMPORT}", "peak MB"):
        table.add_column(column, justify="right" if column else "left")
    for name, found in turns.items():
        ratio = median(s[0] / b[0] for s, b in zip(found, turns[IMPORT], strict=True))
        milliseconds = median(s for s, _, _ in found) * 1e3
        peak = max(m for _, _, m in found)
        table.add_row(name, f"{milliseconds:,.0f}", f"{ratio:.2f}", f"{peak:,.0f}")
    console.print(table)


def main() -> None:
    """Write the files, train fastText, run the contenders in turns, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows with repetitions")
    parser.add_argument("--distinct", type=int, default=1_000_000, help="distinct names")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--artifact", type=Path, default=RELEASED)
    parser.add_argument("--turbo", help="folder with fasttext-turbo")
    parser.add_argument(
        "--avx2", type=Path, help="compiled hide_avx512.c, to measure without AVX-512 too"
    )
    parser.add_argument("--output", type=Path, default=Path("artifacts/predict-speed"))
    options = parser.parse_args()
    folder: Path = options.output
    folder.mkdir(parents=True, exist_ok=True)
    console = Console(width=None if Console().is_terminal else 100)
    console.print(f"{os.cpu_count()} processors; {vector_units()}")
    dataset = Dataset.of(RELEASE)
    train_fasttext(dataset, folder)
    files = {
        "full names by frequency": full_names(dataset, options.rows),
        "real people": real_people(options.distinct),
        "surnames, Zipf": surnames(dataset, options.rows),
        "synthetic surnames": synthetic(dataset, options.distinct),
    }
    print_start(folder, options, console)
    for title, names in files.items():
        path = write(names, folder / f"{title.replace(' ', '-').replace(',', '')}.txt")
        if rows := path.read_bytes().count(b"\n"):
            turns = take_turns(commands(path, folder, options), options.repeats)
            print_contest(title, rows, turns, console)


def vector_units() -> str:
    """Return the vector instructions of the processor, on which 8-bit products depend."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return "unknown vector instructions"
    known = ("avx512_vnni", "avx_vnni", "avx512f", "avx2")
    return next((name for name in known if name in flags), "none of AVX2, AVX-512, VNNI")


if __name__ == "__main__":
    main()
