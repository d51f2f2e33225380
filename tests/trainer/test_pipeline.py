"""The order of a run, as an observer receives it."""

from itertools import groupby
from pathlib import Path

import pytest
from conftest import small_config

from names_trainer import config as config_module
from names_trainer.config import TrainConfig
from names_trainer.evaluation.calibration import Calibration
from names_trainer.evaluation.fitted import FittedModel
from names_trainer.metrics import Metrics
from names_trainer.observer import Observer
from names_trainer.pipeline import fit
from names_trainer.runs.run import Epoch, Run, metrics_in


class Recorder(Observer):
    def __init__(self) -> None:
        self.events: list[str] = []
        self.tested: tuple[Metrics, Calibration] | None = None

    def on_soft_labels(self, done: int, total: int) -> None:
        self.events.append("soft labels")

    def on_batch(self, fraction: float) -> None:
        assert 0 < fraction <= 1
        self.events.append("batch")

    def on_epoch(self, epoch: Epoch) -> None:
        self.events.append(f"epoch {epoch.epoch}")

    def on_test(self, metrics: Metrics, calibration: Calibration) -> None:
        self.events.append("test")
        self.tested = metrics, calibration

    def order(self) -> list[str]:
        return [event for event, _ in groupby(self.events)]


def test_an_observer_sees_epochs_then_the_test(corpus: Path, tmp_path: Path) -> None:
    run = Run.create(tmp_path, small_config(corpus, num_epochs=2))
    first, again = Recorder(), Recorder()
    metrics = fit(run, first)
    assert first.order() == ["batch", "epoch 1", "batch", "epoch 2", "test"]
    fitted = FittedModel.of(run)
    assert first.tested == (metrics, fitted.calibration)
    assert metrics_in(run.folder) == metrics
    probabilities = fitted.predict_proba(run.dataset.split.test)
    best = [run.dataset.labels[i] for i in probabilities.argmax(axis=1)]
    hits = [row.label == label for row, label in zip(run.dataset.split.test, best, strict=True)]
    assert metrics.accuracy == pytest.approx(sum(hits) / len(hits))
    assert fit(run, again) == metrics  # a finished run is only tested again
    assert again.order() == ["test"]


def test_soft_labels_come_before_training(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    teacher = TrainConfig(hidden_dim=8, embedding_dim=4, bidirectional=True, num_epochs=1, member=1)
    monkeypatch.setattr(config_module, "TEACHER", teacher)
    run = Run.create(tmp_path, small_config(corpus, teachers=1, synthetic_names=30, num_epochs=1))
    recorder = Recorder()
    fit(run, recorder)
    assert recorder.order() == ["soft labels", "batch", "epoch 1", "test"]
