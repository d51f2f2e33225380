"""What may watch a run while it is fitted: views are observers, and only print."""

from names_trainer.evaluation.calibration import Calibration
from names_trainer.metrics import Metrics
from names_trainer.runs.run import Epoch


class Observer:
    """Gets the events of a run in their order; this one ignores them."""

    def on_soft_labels(self, done: int, total: int) -> None:
        """Take note that `done` of `total` epochs of the teachers are finished."""

    def on_batch(self, fraction: float) -> None:
        """Take note of the fraction of an epoch that is done; called after each batch."""

    def on_epoch(self, epoch: Epoch) -> None:
        """Take note of a finished epoch, which is on disk."""

    def on_test(self, metrics: Metrics, calibration: Calibration) -> None:
        """Take note of the metrics of the test split and of the calibration they depend on."""
