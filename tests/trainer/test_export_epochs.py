"""An export is of one epoch: its weights, its metrics and its calibration."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from conftest import small_config
from safetensors.torch import save

from names_predictor.errors import NamesError
from names_trainer.evaluation import fitted
from names_trainer.evaluation.calibration import Calibration, calibrate
from names_trainer.export.export import export
from names_trainer.runs.folders import BEST_FILE, METRICS_FILE
from names_trainer.runs.run import Run, best_epoch
from names_trainer.runs.weights import load_tensors
from names_trainer.training.loop import train


def test_the_manifest_has_the_epoch_of_the_weights(finished_run: Run, tmp_path: Path) -> None:
    """Also while a training has written the metrics of a better epoch, and not yet its weights."""
    folder = Path(shutil.copytree(finished_run.folder, tmp_path / "run"))
    lines = (folder / METRICS_FILE).read_text().splitlines(keepends=True)
    better = json.loads(lines[0]) | {"validation_accuracy": 1.0, "validation_loss": 0.0}
    better["epoch"] = len(lines) + 1
    (folder / METRICS_FILE).write_text("".join([*lines, json.dumps(better) + "\n"]))
    artifact, _ = export(Run.open(folder), tmp_path / "artifact")
    expected = best_epoch(finished_run.epochs(), finished_run.config)
    found = artifact.vocab.provenance["best_epoch"]
    assert found.items() <= asdict(expected).items()
    assert found["epoch"] <= len(lines)


def test_weights_of_a_later_epoch_do_not_change_an_export_that_has_begun(
    finished_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run.open(Path(shutil.copytree(finished_run.folder, tmp_path / "run")))
    weights, metadata = load_tensors(run.folder / BEST_FILE)
    of_fitted = run.best_epoch_model()[1]
    assert metadata["epoch"] == str(of_fitted)

    def train_meanwhile(*given: Any) -> Calibration:
        other = of_fitted % len(run.epochs()) + 1
        (run.folder / BEST_FILE).write_bytes(save(weights, metadata | {"epoch": str(other)}))
        return calibrate(*given)

    monkeypatch.setattr(fitted, "calibrate", train_meanwhile)
    artifact, _ = export(run, tmp_path / "artifact")
    assert artifact.vocab.provenance["best_epoch"]["epoch"] == of_fitted
    assert run.best_epoch_model()[1] != of_fitted


def test_a_run_without_the_metrics_of_its_weights_is_not_exported(
    corpus: Path, tmp_path: Path
) -> None:
    run = Run.create(tmp_path, small_config(corpus, num_epochs=1))
    list(train(run))
    weights, _ = load_tensors(run.folder / BEST_FILE)
    (run.folder / BEST_FILE).write_bytes(save(weights, {"epoch": "2"}))
    with pytest.raises(NamesError, match=r"metrics.jsonl: damaged: remove the run's folder"):
        export(run, tmp_path / "artifact")


def test_a_run_without_an_epoch_is_not_exported(finished_run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(finished_run.folder, folder)
    (folder / METRICS_FILE).write_text("")
    with pytest.raises(NamesError, match=r"run/metrics.jsonl: holds no finished epoch"):
        export(Run.open(folder), tmp_path / "artifact")
