import importlib
import json
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from names_trainer.data.corpus import Row, Split

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_accuracy_benchmark_evaluates_the_requested_classifiers(
    corpus: Path, tmp_path: Path
) -> None:
    only = ["majority label", "n-gram SVM", "names, coursework"]
    command = [sys.executable, ROOT / "benchmarks" / "accuracy.py", "--data-dir", corpus]
    options = ["--seeds", "2", "--output", tmp_path, "--only", *only]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=True)
    results = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    assert [(r["seed"], r["name"]) for r in results] == [
        (s, name) for s in (100, 101) for name in only
    ]
    majority, svm, coursework = results[:3]
    assert majority["accuracy"] < 0.5 < svm["accuracy"]
    assert coursework["kilobytes"] > 100
    assert "names, coursework against n-gram SVM" in done.stdout
    again = subprocess.run([*command, *options], capture_output=True, text=True, check=True)
    assert len((tmp_path / "results.jsonl").read_text().splitlines()) == len(results)
    assert "names, coursework against n-gram SVM" in again.stdout
    assert again.stdout in done.stdout


def test_the_benchmark_of_few_names_calibrates_in_both_ways(tmp_path: Path) -> None:
    command = [sys.executable, ROOT / "benchmarks" / "few_names.py", "--names", "10"]
    for label in ("Dutch", "Polish"):
        lines = (ROOT / "data/names" / f"{label}.txt").read_text(encoding="utf-8").splitlines()
        (tmp_path / f"{label}.txt").write_text("\n".join(lines[:300]), encoding="utf-8")
    options = ["--seeds", "100", "--data-dir", tmp_path]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=True)
    rows = [line.split() for line in done.stdout.splitlines() if " 10 " in line]
    assert [row[-8] for row in rows] == ["before", "now"] * 3
    easy = {row[-8]: float(row[-7]) for row in rows[2:4]}
    assert easy["before"] < easy["now"]


def test_the_benchmark_of_threads_measures_each_cell(
    corpus: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    benchmark = importlib.import_module("train_threads")
    used = set()
    set_num_threads = torch.set_num_threads

    def watched(number: int) -> None:
        used.add(number)
        set_num_threads(number)

    monkeypatch.setattr(torch, "set_num_threads", watched)
    monkeypatch.setattr(benchmark, "HIDDEN_DIMS", (4,))
    monkeypatch.setattr(benchmark, "BUSY", (0, 1))
    monkeypatch.setattr(benchmark.threads, "THREADS", 1)  # and as before afterwards
    options = ["--data-dir", str(corpus), "--turns", "1", "--seconds", "0.01", "--threads", "2"]
    monkeypatch.setattr(sys, "argv", ["train_threads.py", *options])
    benchmark.main()
    cells = re.findall(r"[\d,]+ / [\d,]+: [\d.]+", capsys.readouterr().out)
    assert len(cells) == 2 * (len(benchmark.BATCH_SIZES) + 3)
    assert {1, 2} <= used


def test_a_rival_knows_unknown_characters_by_their_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    rivals = importlib.import_module("accuracy_rivals")
    labels = ("Han", "Hangul", "letters")
    rows = [
        Row(chr(first + i), label)
        for label, first in zip(labels, (0x4E00, 0xAC00, 0x3B1), strict=True)
        for i in range(24)
    ]
    split = Split(tuple(rows[::3]), tuple(rows[1::3]), tuple(rows[2::3]))
    job = rivals.Job(tmp_path, "grouped", 0, split, labels, tmp_path)
    predictions = rivals.svm_with_fallbacks(job).probabilities[:16].argmax(axis=1)
    assert predictions.tolist() == [0] * 8 + [1] * 8
    assert (
        rivals.linear(job, "svm").probabilities[:16].argmax(axis=1).tolist() != predictions.tolist()
    )


def test_a_study_is_timed_with_the_same_runs_one_by_one_and_at_once(
    corpus: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    benchmark = importlib.import_module("study_jobs")
    trained = []

    def train_in_parallel(runs: list[Any], jobs: int) -> Iterator[tuple[list[Any], list[Any]]]:
        trained.append(([run.config for run in runs], jobs))
        yield [], []

    monkeypatch.setattr(benchmark, "train_in_parallel", train_in_parallel)
    monkeypatch.setattr(benchmark, "available_processors", lambda: 3)
    monkeypatch.setattr(sys, "argv", ["study_jobs.py", "--data-dir", str(corpus), "--repeats", "1"])
    benchmark.main()
    (serial, one), (parallel, all_at_once) = trained
    assert (len(serial), one, all_at_once) == (3, 1, 3)
    assert serial == parallel
    assert "3 runs at once" in capsys.readouterr().out


def test_synthetic_names_are_distinct_and_of_the_requested_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    synthetic = importlib.import_module("predict_speed").synthetic
    generator = random.Random(0)
    rows = tuple(Row("".join(generator.choices("abcde", k=7)), "label") for _ in range(60))
    task = SimpleNamespace(split=Split(rows, (), ()))
    few, many = (list(synthetic(task, number)) for number in (50, 200))
    assert (len(few), len(many)) == (len(set(few)), len(set(many))) == (50, 200)


def test_no_more_synthetic_names_are_drawn_than_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    benchmark = importlib.import_module("predict_speed")
    drawn = iter(["one", "two", "one", "three", "four"])
    monkeypatch.setattr(benchmark, "sample_names", lambda *_: drawn)
    dataset = SimpleNamespace(split=Split((), (), ()))
    assert list(benchmark.synthetic(dataset, 3)) == ["One", "Two", "Three"]
    assert list(drawn) == ["four"]


def test_others_label_the_same_names_in_turns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    benchmark = importlib.import_module("other_speed")
    seen: list[list[str]] = []

    def label(names: list[str]) -> None:
        seen.append(names)
        sum(range(200_000))  # takes time of the processor

    monkeypatch.setattr(benchmark, "lingua", lambda: label)
    (tmp_path / "names.txt").write_text("Nowak\nPapadopoulos\nNguyen Van Anh\nKim Min-jun\nLee\n")
    arguments = [
        "other_speed.py",
        str(tmp_path / "names.txt"),
        "--lingua",
        "--rows",
        "2",
        "--turns",
        "2",
    ]
    monkeypatch.setattr(sys, "argv", arguments)
    benchmark.main()
    assert seen == [["Nowak", "Papadopoulos"], ["Nguyen Van Anh", "Kim Min-jun"]]
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "2 turns of 2 names, one thread"
    assert [line.partition(":")[0] for line in lines[1:]] == ["names", "lingua"]


def test_the_memory_of_a_service_is_measured_after_the_first_call(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("Nowak\nKim\nLee\n")
    command = [sys.executable, ROOT / "benchmarks/service_memory.py", tmp_path / "names.txt"]
    done = subprocess.run([*command, "--names-per-call", "2"], capture_output=True, check=True)
    (megabytes,) = re.findall(rb"\A2 names: (\d+) MB\n\Z", done.stdout)
    assert int(megabytes) > 30  # it may be that of this process, which started it
