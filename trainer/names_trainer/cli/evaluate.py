"""The command `names evaluate`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from names_predictor.errors import NamesError
from names_trainer.cli.artifact import ARTIFACTS
from names_trainer.cli.data import COLUMN, LABEL_COLUMN, data_path, print_notices
from names_trainer.cli.help import Command
from names_trainer.cli.messages import print_note

if TYPE_CHECKING:
    from names_trainer.metrics import DetailedMetrics

evaluate_app = typer.Typer(rich_markup_mode="rich")


@evaluate_app.command(
    cls=Command,
    epilog="""[bold]Examples[/bold]

names evaluate

names evaluate --data my-labels --full

names evaluate --data my-labels --json

names evaluate --data people.csv --column surname --label-column country

names evaluate --coverage 0.95 --plot reliability.svg --confusions confusions.svg

names evaluate --run artifacts/runs/20260101-120000-1x200-b32-random-s100
""",
)
def evaluate(
    run: Annotated[
        Path | None, typer.Option(help="Evaluate this run instead of an artifact.", metavar="DIR")
    ] = None,
    artifacts: ARTIFACTS = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            "--data",
            "--data-dir",
            help="Labelled names, as in names train; default: the model's own test split.",
            metavar="DIR|FILE",
            parser=data_path,
        ),
    ] = None,
    column: COLUMN = None,
    label_column: LABEL_COLUMN = "",
    coverage: Annotated[
        float, typer.Option(help="Target coverage of the prediction sets.", metavar="RATE")
    ] = 0.9,
    plot: Annotated[
        Path | None, typer.Option(help="Write the reliability diagram here.", metavar="FILE.svg")
    ] = None,
    confusions: Annotated[
        Path | None, typer.Option(help="Write the confusion matrix here.", metavar="FILE.svg")
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Show every label and every confusion.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Evaluate a model; names from its training split are also reported separately.

    Accuracy, top-3 accuracy and macro-F1, with 95 % bootstrap intervals over the rows; loss,
    calibration error (15 bins of equal size), and coverage of prediction sets, also by label.
    """
    for option, path in (("--plot", plot), ("--confusions", confusions)):
        if path and path.suffix.lower() != ".svg":
            raise NamesError(f"{path}: the diagram is an SVG: give {option} a name ending in .svg")
    if plot and plot == confusions:
        raise NamesError(f"{plot}: given to --plot and to --confusions: name two files")
    from names_predictor.conformal import check_coverage
    from names_trainer.config import Source
    from names_trainer.data.sources import corpus_lines

    check_coverage(coverage)
    if run and artifacts:
        raise NamesError("--run, --artifacts: give one of them")
    if data_dir is None and (column or label_column):
        raise NamesError("--column, --label-column: only with --data: name the table")
    source = Source(data_dir, tuple(column or ()), label_column) if data_dir else None
    if source:
        corpus_lines(source)  # raises before torch is imported
    from names_predictor.artifact.store import RELEASED
    from names_predictor.cli.model import model_folder
    from names_trainer.evaluation.scoring import evaluate_artifact, evaluate_run
    from names_trainer.runs.run import Run

    folder = run or model_folder(artifacts)
    result = (
        evaluate_run(Run.open(run), source, coverage)
        if run
        else evaluate_artifact(folder, source, coverage)
    )
    if source:
        print_notices(source)
    if plot or confusions:
        _write_plots(result.subsets[0], plot, confusions)
    if as_json:
        typer.echo(json.dumps(asdict(result), indent=1))
        return
    from names_predictor.cli.terminal import new_console
    from names_trainer.views.evaluation import show_evaluation

    model = "the bundled model" if folder == RELEASED else f"the model in {folder}"
    names = f"the names of {source.path}" if source else "its own test split"
    print_note(f"{model}, on {names}")
    show_evaluation(result, new_console(), full)


def _write_plots(metrics: "DetailedMetrics", plot: Path | None, confusions: Path | None) -> None:
    """Write the requested plots."""
    from names_predictor.artifact.files import write_atomically
    from names_trainer.evaluation import plots

    if plot:
        diagram = plots.plot_reliability(metrics.reliability)
        write_atomically(plot, plots.on_white(diagram).encode())
    if confusions:
        labels = [of_label.label for of_label in metrics.per_label]
        diagram = plots.plot_confusions(plots.counts_of(metrics), labels)
        write_atomically(confusions, plots.on_white(diagram).encode())
