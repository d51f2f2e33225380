"""What watches a run while it is fitted."""

from names_trainer.runs.run import Epoch


class Observer:
    """What may watch a run while it is fitted; this one does nothing."""

    def on_soft_labels(self, done: int, total: int) -> None:
        """Take note that `done` of `total` epochs of the teachers are finished."""

    def on_batch(self, share: float) -> None:
        """Take note of the share of an epoch that is done; called after each batch."""

    def on_epoch(self, epoch: Epoch) -> None:
        """Take note of a finished epoch, which is on disk."""
