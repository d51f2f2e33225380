"""The interface of observers, which receive the events of a run while it is fitted."""

from names_trainer.evaluation.calibration import Calibration
from names_trainer.metrics import Metrics
from names_trainer.runs.run import Epoch


class Observer:
    """Base class of observers; it ignores all events."""

    def on_soft_labels(self, done: int, total: int) -> None:
        """Receive the progress of the teachers: `done` of `total` epochs."""

    def on_batch(self, fraction: float) -> None:
        """Receive, after each batch, the finished fraction of the epoch."""

    def on_epoch(self, epoch: Epoch) -> None:
        """Receive an epoch that is finished and saved."""

    def on_test(self, metrics: Metrics, calibration: Calibration) -> None:
        """Receive the metrics of the test split and the calibration of the model."""
