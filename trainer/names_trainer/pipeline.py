"""The order of a run: soft labels, training, calibration, test. Only this module knows it."""

from names_trainer.data.dataset import label_ids
from names_trainer.distillation.soft_labels import read_soft_labels, soft_labeller, teach
from names_trainer.evaluation.fitted import FittedModel
from names_trainer.metrics import Metrics, evaluate
from names_trainer.observer import Observer
from names_trainer.runs.run import Run, save_test
from names_trainer.training.loop import train


def fit(run: Run, observer: Observer | None = None, jobs: int = 1) -> Metrics:
    """Train, calibrate and test a run, from its last checkpoint on.

    Args:
        run: A new run, or one to resume.
        observer: Receives the events of the run.
        jobs: Number of teachers trained in parallel, one thread each.

    Returns:
        The metrics of the test split.

    Raises:
        NamesError: A teacher failed, or the loss is NaN.

    """
    observer = observer or Observer()
    soft_labels, soften = None, None
    if run.config.teachers:
        teach(run, jobs, observer.on_soft_labels)
        if run.config.given_dir:
            soften = soft_labeller(run)
        else:
            soft_labels = read_soft_labels(run)
    for epoch in train(run, soft_labels, observer.on_batch, soften):
        observer.on_epoch(epoch)
    fitted = FittedModel.of(run)
    rows, labels = run.dataset.split.test, run.dataset.labels
    metrics = evaluate(fitted.predict_proba(rows), label_ids(rows, labels), labels)
    save_test(run, metrics)
    observer.on_test(metrics, fitted.calibration)
    return metrics
