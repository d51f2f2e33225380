"""Several child processes at once."""

import select
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from names_predictor.errors import NamesError
from names_trainer.config import TrainConfig
from names_trainer.training import jobs
from names_trainer.training.jobs import PlannedRun, train_in_parallel

FIRST, SECOND = (PlannedRun(TrainConfig(), Path(name)) for name in ("first", "second"))


def test_processes_end_with_the_iteration(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    sleeper = [sys.executable, "-c", "import time; time.sleep(1e6)"]

    def start(run: PlannedRun) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(sleeper))
        return started[-1]

    monkeypatch.setattr(jobs, "start_run", start)
    training = train_in_parallel([FIRST, SECOND], jobs=2)
    assert next(training) == ([FIRST, SECOND], [])
    assert [process.poll() for process in started] == [None, None]
    training.close()
    assert [process.poll() for process in started] == [-signal.SIGTERM] * 2


def test_a_child_ends_with_a_parent_that_is_killed(corpus: Path, tmp_path: Path) -> None:
    options = ["train", "--data", corpus, "--num-epochs", 10**6, "--output", tmp_path / "runs"]
    code = (
        "import sys, time; from names_trainer.training.processes import start_names\n"
        f"child = start_names({list(map(str, options))}, sys.stderr.buffer); time.sleep(1e6)"
    )
    # The child has the other end, too, so the pipe ends when both have.
    parent = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)
    assert parent.stderr
    with parent.stderr as errors:
        while not list(tmp_path.glob("runs/*/state.safetensors")):
            assert not select.select([errors], [], [], 0.1)[0], errors.read()
        parent.kill()
        parent.wait()
        assert select.select([errors], [], [], 20)[0]
        assert errors.read() == b""


def test_a_run_that_wrote_no_error_says_so(tmp_path: Path) -> None:
    (tmp_path / "error.txt").touch()
    assert "the disk is full" in PlannedRun(TrainConfig(), tmp_path).error


def test_a_process_that_fails_while_polled_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing:
        polled = 0

        def poll(self) -> int | None:
            self.polled += 1
            return 1 if self.polled > 1 else None

    monkeypatch.setattr(jobs, "start_run", lambda run: Failing())
    monkeypatch.setattr(jobs, "POLL_SECONDS", 0)
    *_, last = train_in_parallel([FIRST], jobs=1)
    assert last == ([], [FIRST])


def test_a_start_that_fails_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    runs = [replace(FIRST, folder=tmp_path / name) for name in ("a", "b")]

    class Done:
        def poll(self) -> int:
            return 0

    def start(run: PlannedRun) -> Done:
        if run == runs[0]:
            raise NamesError("error: only one label")
        return Done()

    monkeypatch.setattr(jobs, "start_run", start)
    monkeypatch.setattr(jobs, "POLL_SECONDS", 0)
    *_, last = train_in_parallel(runs, jobs=1)
    assert last == ([], [runs[0]])
    assert runs[0].error == "only one label"
