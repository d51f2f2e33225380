"""Cause faults of every kind and count those that are survived: `make faults`.

PYTHONPATH=tests python tests/faults
PYTHONPATH=tests python tests/faults --only mutants soak --mutants 5000 --soak-seconds 60

pytest runs the same functions with small numbers. A case is a function in `CASES` that yields a
`Fault` for each row of the table.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import fuzz
from conftest import random_model, write_corpus
from faults_load import soak
from faults_rows import hostile_rows, jobs_killed, long_line, stopped_outputs
from faults_training import (
    NAMES,
    Trainings,
    edge_corpora,
    edge_survived,
    exports_at_once,
    exports_killed,
    fill_the_disk,
    is_refusal,
    kill,
    letters,
    names,
    read_only,
)
from rich.console import Console
from rich.table import Table

from names_predictor.artifact.store import Artifact, write_artifact
from names_trainer.onnx_graph.encoder import to_onnx


class Fault(NamedTuple):
    """A row of the table: a fault, how often it was tried, and how often it was survived.

    `rows_lost` is the number of input rows with a wrong output row, with several or with none.
    `note` is printed below the table.
    """

    fault: str
    tried: int
    survived: int
    rows_lost: int = 0
    note: str = ""


class Effort(NamedTuple):
    """Number of repetitions of each kind of fault."""

    mutants: int
    times: int
    soak_seconds: float
    lines: int


Case = Callable[[Path, Effort], Iterator[Fault]]


def artifacts() -> list[Artifact]:
    """Return two small artifacts that differ."""
    made = []
    for seed in (0, 1):
        model, vocab = random_model(" '-abcdefghijklmnopqrstuvwxyzäßéαβγδабвгк", 5, seed=seed)
        made.append(Artifact(to_onnx(model, vocab), vocab))
    return made


def mutants(folder: Path, effort: Effort) -> Iterator[Fault]:
    """Damage model.onnx and vocab.json in many ways."""
    counts, faults = fuzz.count(range(effort.mutants))
    note = "mutants: " + ", ".join(f"{n:,} {what}" for what, n in counts.most_common())
    survived = effort.mutants - len(faults)
    yield Fault(
        "damaged or hostile artifact", effort.mutants, survived, 0, "\n".join([note, *faults])
    )


def exports(folder: Path, effort: Effort) -> Iterator[Fault]:
    """Kill exports, and read during two of them at once."""
    times = 10 * effort.times
    yield Fault("export killed", times, exports_killed(folder / "killed", artifacts(), times))
    yield Fault(
        "read while two exports write",
        times,
        exports_at_once(folder / "at-once", artifacts(), times),
    )


def trainings(folder: Path, effort: Effort) -> Iterator[Fault]:
    """Kill trainings, fill their disk, start two in one folder."""
    disturbed = Trainings(write_corpus(folder / "corpus"), folder)
    for fault, disturb in (
        ("training killed, then resumed", kill),
        ("disk full in training, then resumed", fill_the_disk),
    ):
        survived = sum(disturbed.survive(disturb) for _ in range(effort.times))
        yield Fault(fault, effort.times, survived)
    yield Fault("a second training in the same run", 1, disturbed.one_of_two_wins())
    no_place = read_only(folder / "read-only")
    corpus = ["--data-dir", disturbed.corpus]
    refused = [
        is_refusal(names("train", *corpus, "--output", no_place / "runs")),
        is_refusal(
            names("export", "--run", disturbed.unbroken, "--output", no_place / "artifacts")
        ),
    ]
    yield Fault("a folder that is read-only", len(refused), sum(refused))


def corpora(folder: Path, effort: Effort) -> Iterator[Fault]:
    """Train on extreme corpora."""
    for number, (what, options, code) in enumerate(edge_corpora(folder / "corpora")):
        place = folder / str(number)
        place.mkdir()
        yield Fault(what, 1, edge_survived(options, code, place))


def large(folder: Path, effort: Effort) -> Iterator[Fault]:
    """Check and train on a corpus of millions of lines."""
    corpus = folder / "corpus"
    corpus.mkdir()
    for label in range(46):
        lines = (letters(i * 7919 % 8_000_000 + 1) for i in range(label, effort.lines, 46))
        (corpus / f"label {label}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    small = ["--hidden-dim", 16, "--embedding-dim", 8, "--batch-size", 512, "--num-epochs", 1]
    for what, command in {
        "checked": ["data", "check"],
        "trained for an epoch": ["train", *small, "--output", folder / "runs"],
    }.items():
        code, seconds, megabytes = measured([*command, "--data-dir", corpus])
        note = f"{effort.lines:,} lines {what}: {seconds:.0f} s, {megabytes:,.0f} MB"
        yield Fault(f"{effort.lines:,} lines, {what}", 1, code == 0, 0, note)


def measured(arguments: list[object]) -> tuple[int, float, float]:
    """Run the command `names`; return its exit code, seconds, and peak memory in MB."""
    started = time.monotonic()
    command = [*NAMES, *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, time.monotonic() - started, usage.ru_maxrss / 1e3


def rows(folder: Path, effort: Effort) -> Iterator[Fault]:
    """Classify hostile files, and stop jobs in every way."""
    write_artifact(folder / "artifact", artifacts()[0])
    yield Fault("a hostile list", *hostile_rows(folder))
    whole = long_line(folder)
    yield Fault("a line of 50 MB", 1, whole, 0 if whole else 3)
    killed, lost = jobs_killed(folder, effort.times)
    yield Fault("names-predict killed, then resumed", killed, killed if not lost else 0, lost)
    stopped = stopped_outputs(folder)
    failed = [what for what, well in stopped.items() if not well]
    yield Fault(
        "names-predict stopped otherwise",
        len(stopped),
        sum(stopped.values()),
        0,
        f"stopped otherwise: {', '.join(stopped)}; failed: {', '.join(failed) or 'none'}",
    )


def load(folder: Path, effort: Effort) -> Iterator[Fault]:
    """Call one predictor from threads and processes at once, for minutes."""
    write_artifact(folder, artifacts()[0])
    done = soak(folder, effort.soak_seconds)
    note = f"soak: {done.names:,} names in {done.calls:,} calls, memory {done.growth:+.1f} MB"
    flat = done.growth < 50
    yield Fault(
        "16 threads and 2 processes at once", done.calls, done.calls * flat, done.different, note
    )


CASES: dict[str, Case] = {
    "mutants": mutants,
    "exports": exports,
    "trainings": trainings,
    "corpora": corpora,
    "large": large,
    "rows": rows,
    "soak": load,
}


def faults_of(case: str, folder: Path, effort: Effort) -> Iterator[Fault]:
    """Run a case; an exception is a fault too and does not stop the other cases."""
    try:
        yield from CASES[case](folder, effort)
    except Exception as problem:
        yield Fault(case, 1, 0, 0, f"{case}: broke off: {problem!r}")


def main() -> None:
    """Run the cases and print the table; the exit code is 1 after a fault."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--mutants", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=20, help="kills, full disks; exports tenfold")
    parser.add_argument("--soak-seconds", type=float, default=600)
    parser.add_argument("--lines", type=int, default=2_000_000)
    arguments = vars(parser.parse_args())
    chosen = arguments.pop("only")
    effort = Effort(**arguments)
    console = Console()
    table = Table("fault", title="faults", title_justify="left", title_style="bold")
    for column in ("tried", "survived", "rows lost", "seconds"):
        table.add_column(column, justify="right")
    notes, all_well = [], True
    for case in chosen:
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as folder, console.status(case):
            for fault in faults_of(case, Path(folder), effort):
                now = time.monotonic()
                well = fault.survived == fault.tried and not fault.rows_lost
                numbers = (f"{n:,}" for n in (fault.tried, fault.survived, fault.rows_lost))
                seconds = f"{now - started:,.0f}"
                table.add_row(fault.fault, *numbers, seconds, style="" if well else "red")
                notes.append(fault.note)
                all_well &= well
                started = now
    console.print(table)
    for note in filter(None, notes):
        console.print(note, highlight=False, soft_wrap=True)
    sys.exit(not all_well)


if __name__ == "__main__":
    main()
