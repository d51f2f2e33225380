"""A fitted model: the network of the best epoch and its calibration."""

from collections.abc import Sequence
from dataclasses import dataclass

from names_predictor.inference.scorer import by_words, softmax
from names_predictor.inference.types import Probabilities
from names_trainer.data.corpus import Row
from names_trainer.data.dataset import Dataset
from names_trainer.evaluation.calibration import Calibration, calibrate
from names_trainer.models.lstm import NameLSTM, logits_of
from names_trainer.runs.run import Run


@dataclass(frozen=True)
class FittedModel:
    """The network of a run's best epoch, number `epoch`, calibrated on the validation split."""

    dataset: Dataset
    model: NameLSTM
    epoch: int
    calibration: Calibration

    @classmethod
    def of(cls, run: Run) -> "FittedModel":
        """Load the best weights of a run and calibrate the model."""
        model, epoch = run.best_epoch_model()
        return cls(run.dataset, model, epoch, calibrate(model, run.dataset, run.config))

    def predict_proba(self, rows: Sequence[Row]) -> Probabilities:
        """Return the calibrated probabilities float32 [rows, labels], computed in torch."""
        data = self.dataset.encode(rows)
        logits = logits_of(self.model, data.ids, data.words).numpy()
        return softmax(logits, by_words(self.calibration.temperatures, data.counts.numpy()))
