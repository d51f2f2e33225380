"""A few of each fault; `make faults` tries many."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import random_model, small_config
from faults_training import (
    Trainings,
    exports_at_once,
    exports_killed,
    fill_the_disk,
    kill,
    read_only,
)

from names_predictor.artifact.files import sole_writer, write_atomically
from names_predictor.artifact.store import Artifact, write_artifact
from names_predictor.errors import NamesError
from names_trainer.onnx_graph.encoder import to_onnx
from names_trainer.runs.folders import newest_run
from names_trainer.runs.run import Run

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def trainings(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trainings]:
    folder = tmp_path_factory.mktemp("trainings")
    yield Trainings(corpus, folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def artifacts() -> list[Artifact]:
    made = (random_model("abc", 3, seed=seed) for seed in (0, 1))
    return [Artifact(to_onnx(model, vocab), vocab) for model, vocab in made]


@pytest.mark.parametrize("time", range(2))
def test_a_killed_training_ends_with_the_same_weights(trainings: Trainings, time: int) -> None:
    assert trainings.survive(kill)


def test_a_full_disk_in_training_is_one_line_and_loses_nothing(trainings: Trainings) -> None:
    assert trainings.survive(fill_the_disk)


def test_one_of_two_trainings_in_a_folder_wins(trainings: Trainings) -> None:
    assert trainings.one_of_two_wins()


def test_a_run_is_not_made_in_a_read_only_folder(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(NamesError, match="cannot make a run folder"):
        Run.create(read_only(tmp_path / "read-only") / "runs", small_config(corpus))


def test_killed_exports_leave_a_whole_artifact(artifacts: list[Artifact], tmp_path: Path) -> None:
    assert exports_killed(tmp_path, artifacts, 20) == 20


def test_exports_at_once_do_not_mix(artifacts: list[Artifact], tmp_path: Path) -> None:
    assert exports_at_once(tmp_path, artifacts, 40) == 40


def test_an_artifact_is_not_written_to_a_read_only_folder(
    artifacts: list[Artifact], tmp_path: Path
) -> None:
    with pytest.raises(NamesError, match="cannot be written"):
        write_artifact(read_only(tmp_path / "read-only") / "artifacts", artifacts[0])


def test_a_folder_has_one_writer(tmp_path: Path) -> None:
    with (
        sole_writer(tmp_path, wait=False),
        pytest.raises(NamesError, match="another process"),
        sole_writer(tmp_path, wait=False),
    ):
        pass
    with sole_writer(tmp_path, wait=False):
        assert not list(tmp_path.iterdir())


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(NamesError, match="taken: cannot be written"):
        write_atomically(tmp_path / "taken", b"content")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_the_newest_run_is_the_last_one_whatever_the_clock_says(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    for year in (2026, 2031, 1999, 1970, 2028):
        clock = SimpleNamespace(strftime=lambda _, year=year: f"{year}0101-000000")
        monkeypatch.setattr("names_trainer.runs.folders.time", clock)
        made.append(Run.create(tmp_path, small_config(corpus, hidden_dim=year % 100 + 1)).folder)
        assert newest_run(tmp_path, unfinished=True) == made[-1]
    (tmp_path / "kept").mkdir()  # renaming a run does not make it newer
    shutil.copy(made[0] / "config.json", tmp_path / "kept" / "config.json")
    assert newest_run(tmp_path, unfinished=True) == made[-1]
    assert len(set(made)) == 5


def test_the_table_of_faults(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "tests" / "faults"), "--only", "exports"]
    done = subprocess.run(
        [*command, "--times", "1"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT / "tests")},
    )
    assert done.returncode == 0, done.stderr
    assert "export killed" in done.stdout
