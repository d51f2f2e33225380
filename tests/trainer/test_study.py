import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import CommandLine, write_corpus, write_given
from rich.console import Console

from names_trainer.config import Source, TrainConfig
from names_trainer.runs.folders import METRICS_FILE, TEST_FILE
from names_trainer.study.cells import COURSEWORK
from names_trainer.study.study import (
    BATCH_SIZE,
    LAYERS,
    Experiment,
    StudyRun,
    plan,
    read_experiment,
    slug,
)
from names_trainer.views.study import StudyView

GRID = """
[grid]
batch_size = [16, 64]

[settings]
hidden_dim = 6
embedding_dim = 4
num_epochs = 2
"""


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_corpus(tmp_path / "data" / "names")
    monkeypatch.chdir(tmp_path)
    Path("grid.toml").write_text(GRID)


def planned(seeds: int = 2) -> list[StudyRun]:
    experiment = read_experiment(Path("grid.toml"))
    return plan(
        [experiment], Source(Path("data/names")), ["grouped"], range(100, 100 + seeds), Path("out")
    )


def test_the_coursework_has_its_cells() -> None:
    cells = LAYERS.cells()
    assert len(cells) == 6
    assert {(c["num_layers"], c["hidden_dim"]) for c in cells} == {
        (layers, hidden) for layers in (1, 2) for hidden in (200, 250, 300)
    }
    assert [cell["batch_size"] for cell in BATCH_SIZE.cells()] == [10, 20, 30, 40, 1]
    runs = plan(
        [LAYERS, BATCH_SIZE], Source(Path("data/names")), ["random", "grouped"], [100], Path("o")
    )
    assert len(runs) == 22
    assert len({run.folder for run in runs}) == 22
    for run in runs:
        assert (run.config.learning_rate, run.config.weight_decay) == (0.01, 0.01)
        assert run.config.num_epochs == 10
        if run.experiment == "layers":
            assert run.config.batch_size == 32
    names = {run.cell_name for run in runs}
    assert set(COURSEWORK["layers"]) | set(COURSEWORK["batch-size"]) == names - {"batch-size 1"}


def test_a_study_writes_its_rows_and_runs_nothing_twice(names: CommandLine) -> None:
    arguments = ("study", "grid.toml", "--seeds", 2, "--jobs", 2, "--output", "out")
    result = names(*arguments)
    assert result.code == 0, result.err
    with Path("out/study.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 2 * 2
    assert {(r["split"], r["batch_size"], r["seed"]) for r in rows} == {
        (split, size, seed)
        for split in ("random", "grouped")
        for size in ("16", "64")
        for seed in ("100", "101")
    }
    for row in rows:
        folder = Path("out/runs") / row["folder"]
        metrics = [json.loads(x) for x in (folder / "metrics.jsonl").read_text().splitlines()]
        test = json.loads((folder / "test.json").read_text(encoding="utf-8"))
        assert float(row["train_loss"]) == min(m["train_loss"] for m in metrics)
        assert float(row["validation_accuracy"]) == max(m["validation_accuracy"] for m in metrics)
        assert float(row["test_accuracy"]) == test["accuracy"]
        assert float(row["test_macro_f1"]) == test["macro_f1"]
    page = Path("out/report.html").read_text(encoding="utf-8")
    assert "8 of 8 runs finished" in page
    assert (
        page.count("<svg") == 4 + 2 + 2
    )  # the curves of the cells, reliability and confusions by split

    before = {p: p.stat().st_mtime_ns for p in Path("out/runs").glob("*/*")}
    Path("data/names/README.txt").write_text("No label\n", encoding="utf-8")
    result = names(*arguments)
    assert result.code == 0
    assert "note: data/names: passed over README.txt: " in result.err
    assert {p: p.stat().st_mtime_ns for p in Path("out/runs").glob("*/*")} == before


def test_a_finished_study_is_reported_after_its_names_moved(names: CommandLine) -> None:
    arguments = ("study", "grid.toml", "--seeds", 1, "--split", "grouped", "--output", "out")
    assert names(*arguments).code == 0
    page = Path("out/report.html").read_text(encoding="utf-8")
    Path("data/names").rename("moved")
    result = names(*arguments, "--data", "moved")
    assert result.code == 0, result.err
    again = Path("out/report.html").read_text(encoding="utf-8")
    assert again.replace("Study of moved", "Study of data/names") == page


def test_a_repeated_value_counts_once(names: CommandLine) -> None:
    Path("[b].toml").write_text(GRID.replace("[16, 64]", "[16, 16]"))
    result = names("study", "[b].toml", "--seeds", 1, "--split", "grouped", "--output", "out")
    assert result.code == 0, result.err
    assert re.search(r"^\[b\] +grouped +batch-size 16 +1/1 .*\d$", result.out, re.MULTILINE)
    assert "1 of 1 runs finished" in Path("out/report.html").read_text(encoding="utf-8")


def test_a_killed_study_is_resumed_and_ends_alike(names: CommandLine) -> None:
    Path("grid.toml").write_text(GRID.replace("[16, 64]", "[1, 2]"))
    # It kills itself, because a kill from outside could be too late; its runs end with it.
    code = """
import os, pathlib, signal, time
from names_trainer.training import jobs
from names_trainer.cli.main import main

class Clock:
    def sleep(seconds):
        if list(pathlib.Path("out").glob("runs/*/state.safetensors")):
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(seconds)

jobs.time = Clock
main()
"""
    arguments = ["study", "grid.toml", "--seeds", "1", "--split", "grouped", "--jobs", "1"]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments, "--output", "out"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not Path("out/study.csv").exists()
    deadline = time.monotonic() + 20
    while names(*arguments, "--output", "out").code:  # until the run in training has ended
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert names(*arguments, "--output", "whole").code == 0
    assert Path("out/study.csv").read_bytes() == Path("whole/study.csv").read_bytes()


def test_a_failing_run_does_not_stop_the_others(names: CommandLine) -> None:
    Path("grid.toml").write_text(
        GRID.replace("batch_size = [16, 64]", "learning_rate = [1e30, 0.01]\noptimizer = ['sgd']")
    )
    result = names(
        "study", "grid.toml", "--seeds", 1, "--split", "grouped", "--jobs", 1, "--output", "out"
    )
    assert result.code == 1
    assert result.err.count("\n") == 1
    assert "lower --learning-rate" in result.err
    with Path("out/study.csv").open(encoding="utf-8") as file:
        assert [row["learning_rate"] for row in csv.DictReader(file)] == ["0.01"]


def test_a_name_of_a_run_fits_a_file_system() -> None:
    dull = TrainConfig(embedding_dim=8, hidden_dim=8, optimizer="sgd", learning_rate=0.123456789)
    config = replace(dull, ngrams=3, ngram_rows=1000, ngram_dim=7, ngram_dropout=0.25, dropout=0.5)
    names = {slug(config), slug(replace(config, weight_decay=0.1)), slug(dull)}
    assert len(names) == 3
    assert all(len(name) < 200 for name in names)


def test_runs_of_other_people_and_orders_do_not_count() -> None:
    for folder in ("given", "people"):
        Path(folder).mkdir()
        for label in "AB":
            lines = [f"{letter}{label}" + "\tx" * (folder == "people") for letter in "abcdef"]
            Path(folder, f"{label}.txt").write_text("\n".join(lines))
            Path(f"{label}.txt").write_text("\n".join(f"{letter}b" for letter in "abcdef"))

    def planned(settings: dict[str, str]) -> Path:
        (run,) = plan([Experiment("x", {}, settings)], Source(Path()), ["random"], [1], Path("out"))
        return run.folder

    with_given, with_people = {"given_dir": "given"}, {"given_dir": "given", "people_dir": "people"}
    folders = [planned(with_given), planned(with_people)]
    with Path("people/A.txt").open("a") as file:
        file.write("\nnew\tx")
    folders.append(planned(with_people))
    Path("given/orders.toml").write_text("surname_first = ['A']")
    folders += [planned(with_given), planned(with_people)]
    assert planned(with_given) == folders[3]
    Path("given/variants.csv").write_text("A,aa,ab")
    folders.append(planned(with_given))
    assert len(set(folders)) == 6


def test_runs_of_other_counts_do_not_count() -> None:
    folders = set()
    for count in (1, 2):
        Path("A.txt").write_text(f"ab\t{count}\nac\t5\n")
        Path("B.txt").write_text("bb\t1\nbc\t5\n")
        (run,) = plan([Experiment("x", {}, {})], Source(Path()), ["random"], [1], Path("out"))
        folders.add(run.folder)
    assert len(folders) == 2


def test_runs_of_other_names_do_not_count() -> None:
    before = {run.folder for run in planned()}
    with Path("data/names/Клич.txt").open("a", encoding="utf-8") as file:
        file.write("another\n")
    assert not before & {run.folder for run in planned()}


def test_neither_do_runs_with_other_auxiliary_data() -> None:
    Path("grid.toml").write_text(GRID + 'teachers = 1\nauxiliary_dir = "data/auxiliary"\n')
    write_corpus(Path("data/auxiliary"))
    before = {run.folder for run in planned()}
    assert {folder.parent for folder in before} == {Path("out/runs")}
    Path("data/auxiliary/Zed-like.txt").write_text("another\n", encoding="utf-8")
    assert not before & {run.folder for run in planned()}


def test_a_folder_of_given_names_is_not_one_of_auxiliary_data() -> None:
    write_given(Path("other"))
    folders = []
    for role in ('teachers = 1\nauxiliary_dir = "other"\n', 'teachers = 1\ngiven_dir = "other"\n'):
        Path("grid.toml").write_text(GRID + role)
        folders.append({run.folder for run in planned()})
    assert not folders[0] & folders[1]


def test_a_run_that_another_study_has_finished_has_not_failed(
    names: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trained_elsewhere(runs: list[StudyRun], _: int) -> Iterator[Any]:
        runs[0].folder.mkdir(parents=True)
        yield [], runs[:2]
        (runs[0].folder / TEST_FILE).touch()

    monkeypatch.setattr("names_trainer.training.jobs.train_in_parallel", trained_elsewhere)
    monkeypatch.setattr("names_trainer.study.study.results", lambda _: [])
    monkeypatch.setattr("names_trainer.views.study.results", lambda _: [])
    monkeypatch.setattr(StudyRun, "error", "busy")
    result = names("study", "grid.toml", "--output", "out")
    assert (result.code, result.err.count("busy")) == (1, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has a table"),
        ("[grid]", "has a table"),
        ("grid = 3", "has a table"),
        ("[grid]\nbatch_size = 3", "as a list"),
        ("[grid]\nbatch_size = []", "as a list"),
        ("[grid]\nseed = [3]", "'seed' is not an option"),
        ("[grid]\nbatch_size = [3]\n[settings]\nother = 1", "'other' is not an option"),
        (
            "[grid]\nbatch_size = [3]\n[settings]\nbatch_size = 4",
            "'batch_size' is in [grid] and in",
        ),
        ("[grid]\nbatch_size = [3]\n[more]", "has a table"),
        ("[grid]\nbatch_size = ['x']", "grid.toml: --batch-size can't be 'x': give a whole number"),
        ("[grid]\nbatch_size = [1.5]", "grid.toml: --batch-size can't be 1.5"),
        ("[grid]\nbatch_size = [16, true]", "--batch-size can't be True: give a whole number"),
        ("[grid]\nbatch_size = [[1]]", "--batch-size can't be [1]"),
        ("[grid]\nbatch_size = [0]", "grid.toml: --batch-size can't be 0"),
        ("[grid]\nbidirectional = [true]", "'bidirectional' is not an option"),
        (
            "[grid]\nngram_dropout = [0, 0.5]",
            "grid.toml: --ngram-dropout has no effect without --ng",
        ),
        ("[grid]\nngram_rows = [99, 9]", "--ngram-rows has no effect without --ngrams: give both"),
        ("[grid]\nbatch_size = [3]\n[settings]\nforms = 0.1", "no effect without --given-dir"),
        ("[grid", "not a study"),
    ],
)
def test_a_wrong_grid_is_reported(names: CommandLine, text: str, message: str) -> None:
    Path("grid.toml").write_text(text)
    result = names("study", "grid.toml")
    assert result.code == 2
    assert result.err.count("\n") == 1
    assert message in result.err
    assert not Path("artifacts").exists()


def test_one_cell_of_a_grid_may_lack_what_an_option_needs() -> None:
    Path("grid.toml").write_text("[grid]\nngrams = [0, 5]\n[settings]\nngram_dropout = 0.5\n")
    assert len(read_experiment(Path("grid.toml")).cells()) == 2


def test_a_byte_order_mark_before_a_grid_is_skipped() -> None:
    found = read_experiment(Path("grid.toml"))
    Path("grid.toml").write_text(GRID, encoding="utf-8-sig")
    assert read_experiment(Path("grid.toml")) == found


def test_no_such_study(names: CommandLine) -> None:
    result = names("study", "nothing")
    assert (result.code, result.err.count("\n")) == (2, 1)


def test_plots_depend_on_no_backend() -> None:
    command = [sys.executable, "-m", "names_trainer", "study", "nothing"]
    environment = os.environ | {"MPLBACKEND": "none-of-matplotlib"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert done.stderr.startswith("error: nothing: ")


def test_the_bars_of_a_study_are_above_its_grid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    file = io.StringIO()
    runs = planned()
    view = StudyView(runs, Console(file=file, width=80, force_terminal=True, color_system=None))
    with suppress(KeyboardInterrupt), view:
        view.show(runs[:1])
        raise KeyboardInterrupt
    shown = file.getvalue()
    assert shown.index("0 of 4 runs") < shown.index("0/2 epochs") < shown.index("experiment")


def test_the_grid_is_computed_again_when_a_run_has_finished(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs = planned()
    view = StudyView(runs, Console(file=io.StringIO(), force_terminal=True))
    read: list[object] = []
    monkeypatch.setattr("names_trainer.views.study.results", lambda runs: read.append(runs) or [])
    view.show(runs[:1])
    assert not read
    runs[0].folder.mkdir(parents=True)
    (runs[0].folder / TEST_FILE).touch()
    for _ in range(2):
        view.show([])
    assert len(read) == 2  # one for each cell


def test_the_epochs_of_a_finished_run_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    runs = planned()
    for run in runs[:2]:
        run.folder.mkdir(parents=True)
        (run.folder / METRICS_FILE).write_text("{}\n" * 2)
        (run.folder / TEST_FILE).touch()
    monkeypatch.setattr("names_trainer.views.study.results", lambda runs: [])
    file = io.StringIO()
    view = StudyView(runs, Console(file=file, width=80, force_terminal=True, color_system=None))
    counted: list[Path] = []
    monkeypatch.setattr(
        StudyRun, "epochs_done", property(lambda run: counted.append(run.folder) or 1)
    )
    with suppress(KeyboardInterrupt), view:
        view.show(runs[2:3])
        raise KeyboardInterrupt
    assert not {run.folder for run in runs[:2]} & set(counted)
    assert runs[2].folder in counted
    assert "2 of 4 runs" in file.getvalue()
