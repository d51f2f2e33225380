"""The report of a study: one HTML file with tables, curves and statistics, readable offline."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader
from matplotlib.figure import Figure as Plot

from names_predictor.artifact.files import write_atomically
from names_trainer.evaluation.plots import (
    COLOURS,
    on_white,
    plot_confusions,
    plot_curves,
    plot_reliability,
    svg,
)
from names_trainer.metrics import (
    Confusion,
    Metrics,
    Targets,
    confusion_matrix,
    confusions,
    verdict,
)
from names_trainer.models.lstm import logits_of
from names_trainer.runs.run import Run
from names_trainer.study.cells import METRICS, Cell, collect
from names_trainer.study.questions import label_trends, other_seeds, points, questions
from names_trainer.study.study import StudyRun, shortened

CONFUSIONS = 10
"""Number of confusions of the best model in the report."""


@dataclass(frozen=True)
class BestModel:
    """The run with the best validation accuracy on a split, and its test confusion matrix."""

    split: str
    name: str
    seed: int
    metrics: Metrics
    labels: tuple[str, ...]
    matrix: Targets

    @property
    def confusions(self) -> tuple[Confusion, ...]:
        """The most frequent confusions."""
        return confusions(self.matrix, self.labels)[:CONFUSIONS]

    def verdict(self) -> str:
        """Return the accuracy and the commonest confusion in words."""
        return verdict(self.metrics, " of its test split", self.confusions)


def write_report(runs: Sequence[StudyRun], path: Path) -> None:
    """Write the report on the finished runs to `path`, and its plots to a folder next to it."""
    cells = collect(runs)
    best = [_best_model(cells, split) for split in dict.fromkeys(cell.split for cell in cells)]
    plots = path.parent / "plots"
    plots.mkdir(exist_ok=True)
    curves = {}
    for cell in cells:
        name = f"{cell.experiment}-{cell.split}-{cell.name}"
        image = _save(plot_curves([result.epochs for result in cell.results]), plots, name)
        curves[cell.experiment, cell.split, cell.name] = image
    reliability = {
        b.split: _save(plot_reliability(b.metrics.reliability), plots, f"reliability-{b.split}")
        for b in best
    }
    matrices = {
        b.split: _save(plot_confusions(b.matrix, b.labels), plots, f"confusions-{b.split}")
        for b in best
    }
    environment = Environment(
        loader=PackageLoader("names_trainer.study", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("report.html.jinja").render(
        data_dir=runs[0].config.data_dir,
        planned=len(runs),
        cells=cells,
        sections=list(dict.fromkeys((cell.experiment, cell.split) for cell in cells)),
        metrics=METRICS,
        curves=curves,
        questions=questions(cells),
        label_trends=label_trends(cells),
        other_seeds=other_seeds(cells),
        best=best,
        reliability=reliability,
        matrices=matrices,
        points=points,
    )
    write_atomically(path, page.encode())


def _save(plot: Plot, folder: Path, name: str) -> str:
    """Write `plot` to `folder`; return it in the colours of the page."""
    file_name = shortened(re.sub(r"\W+", "-", name))
    (folder / f"{file_name}.svg").write_text(on_white(plot), encoding="utf-8")
    image = svg(plot)
    for colour, replacement in COLOURS.items():
        image = image.replace(colour, replacement)
    return image[image.index("<svg") :]


def _best_model(cells: Sequence[Cell], split: str) -> BestModel:
    """Evaluate the run with the best validation accuracy again, for its confusions."""
    of_split = [result for cell in cells if cell.split == split for result in cell.results]
    best = max(of_split, key=lambda result: result.metrics()["validation_accuracy"])
    config = best.run.config
    run = Run.open(best.run.folder, places=config)
    data = run.dataset.encode(run.dataset.split.test)
    predicted = logits_of(run.best_model(), data.ids, data.words).argmax(dim=1)
    confusion = confusion_matrix(data.targets.numpy(), predicted.numpy(), len(run.dataset.labels))
    return BestModel(
        split, best.run.cell_name, config.seed, best.test, run.dataset.labels, confusion
    )
