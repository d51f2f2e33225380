"""Fit a run and show it."""

from rich.console import Console

from names_trainer.metrics import Metrics
from names_trainer.pipeline import fit
from names_trainer.runs.run import Run
from names_trainer.views.training import TrainingView, show_last_is_best


def watch(run: Run, jobs: int, console: Console) -> Metrics:
    """Fit `run` with `jobs` teachers at once; return the metrics of its test split."""
    with TrainingView(run, console) as view:
        metrics = fit(run, view, jobs)
    show_last_is_best(run, console)
    return metrics
