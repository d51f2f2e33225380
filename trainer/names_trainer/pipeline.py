"""The order of a run, and the only place that knows it: soft labels, training, test."""

from names_trainer.distillation.soft_labels import read_soft_labels, teach
from names_trainer.evaluation.calibration import calibrate
from names_trainer.metrics import Metrics, evaluate
from names_trainer.models.lstm import logits_of
from names_trainer.observer import Observer
from names_trainer.runs.run import Run, save_test
from names_trainer.training.loop import train


def fit(run: Run, observer: Observer | None = None, jobs: int = 1) -> Metrics:
    """Bring `run` from where its folder stands to the end; return the metrics of its test split.

    Args:
        run: A run, new or cut off.
        observer: Told how far it is.
        jobs: Teachers trained at once, one thread each.

    Raises:
        NamesError: A teacher failed, or the loss is NaN.

    """
    observer = observer or Observer()
    soft_labels = None
    if run.config.teachers:
        teach(run, jobs, observer.on_soft_labels)
        soft_labels = read_soft_labels(run)
    for epoch in train(run, soft_labels, observer.on_batch):
        observer.on_epoch(epoch)
    return test(run)


def test(run: Run) -> Metrics:
    """Evaluate the best epoch, calibrated on validation, on the test split; save the metrics."""
    data = run.task.encode(run.task.split.test)
    logits = logits_of(run.best_model(), data.ids, data.words)
    probabilities = (logits / calibrate(run).temperature).softmax(dim=1)
    metrics = evaluate(probabilities.numpy(), data.targets.numpy(), run.task.labels)
    save_test(run, metrics)
    return metrics
