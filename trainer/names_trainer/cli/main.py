"""The command `names`: train, evaluate, study, and the commands of the other modules."""

import json
import os
import sys
from dataclasses import asdict
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from names_predictor.cli.interrupts import stop_once
from names_predictor.errors import NamesError, has_style
from names_trainer import __version__
from names_trainer.cli.artifact import artifact_app, print_error
from names_trainer.cli.data import COLUMN, DATA_DIR, LABEL_COLUMN, data_app, print_notices
from names_trainer.cli.page import page_app
from names_trainer.cli.train import train_app

COMMANDS = ("data", "train", "evaluate", "export", "inspect", "demo-page", "study", "release")
"""The commands in the order of `names --help`, which is that of their use."""


class _Commands(TyperGroup):
    def list_commands(self, ctx: Any) -> list[str]:
        return sorted(super().list_commands(ctx), key=COMMANDS.index)


app = typer.Typer(
    cls=_Commands,
    rich_markup_mode="rich",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Train a model that labels names, evaluate it, and export it for names-predict.",
)
app.add_typer(train_app)
app.add_typer(artifact_app)
app.add_typer(page_app)
app.add_typer(data_app, name="data")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"names {__version__}")
        raise typer.Exit


@app.callback()
def names(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Accept the options before a command."""


@app.command(
    epilog="""[bold]Examples[/bold]

names study all --data-dir data/names18

names study batch-size --split grouped --seeds 3

names study my-grid.toml

where my-grid.toml holds, for instance,

\\[grid]
dropout = \\[0.0, 0.2, 0.4]
num_layers = \\[1, 2]

\\[settings]
num_epochs = 15
"""
)
def study(
    what: Annotated[
        str, typer.Argument(metavar="WHAT", help="layers, batch-size, all, or a TOML file.")
    ],
    data_dir: DATA_DIR = Path("data/names"),
    column: COLUMN = None,
    label_column: LABEL_COLUMN = "",
    split: Annotated[
        Literal["both", "random", "grouped"], typer.Option(help="The strategies to run.")
    ] = "both",
    seeds: Annotated[
        int, typer.Option(min=1, help="Runs a cell, with the seeds 100, 101, ...")
    ] = 5,
    jobs: Annotated[
        int, typer.Option(min=1, help="Runs at once, one thread each; default: one a core.")
    ] = os.cpu_count() or 1,
    output: Annotated[
        Path, typer.Option(help="Folder for the runs, study.csv and report.html.", metavar="DIR")
    ] = Path("artifacts/study"),
) -> None:
    """Train a grid of settings with several seeds and splits; write study.csv and report.html.

    Finished runs are not repeated, so the same command continues a stopped study. A failed run
    does not stop the others; the exit code is then 1.
    """
    from names_predictor.cli.terminal import new_console
    from names_trainer.config import Source
    from names_trainer.data.corpus import STUDIED
    from names_trainer.study.report import write_report
    from names_trainer.study.study import (
        BUILT_IN,
        StudyRun,
        plan,
        read_experiment,
        results,
        write_csv,
    )
    from names_trainer.training.jobs import train_in_parallel
    from names_trainer.views.study import StudyView

    console = new_console()
    experiments = BUILT_IN.get(what) or (read_experiment(Path(what)),)
    strategies = STUDIED if split == "both" else (split,)
    source = Source(data_dir, tuple(column or ()), label_column)
    runs = plan(experiments, source, strategies, range(100, 100 + seeds), output)
    print_notices(source)
    failed: list[StudyRun] = []
    try:
        with StudyView(runs, console) as view:
            for running, failed in train_in_parallel(runs, jobs):  # noqa: B007 - the last one is shown
                view.show(running)
    except KeyboardInterrupt:
        console.print("stopped; the same command continues", highlight=False)
        raise typer.Exit(130) from None
    found = results(runs)
    if found:
        write_csv(found, output / "study.csv")
        with console.status("writing the report"):
            write_report(runs, output / "report.html")
        written = f"wrote {output / 'study.csv'} and {output / 'report.html'}"
        console.print(written, markup=False, soft_wrap=True)
    for run in failed:
        print_error(f"{run.folder}: {run.error}")
    if failed:
        raise typer.Exit(1)


@app.command(
    epilog="""[bold]Examples[/bold]

names evaluate

names evaluate --data my-labels --full

names evaluate --data my-labels --json

names evaluate --data people.csv --column surname --label-column country

names evaluate --coverage 0.95 --plot reliability.svg --confusions confusions.svg

names evaluate --run artifacts/runs/20260101-120000-1x200-b32-random-s100
"""
)
def evaluate(
    run: Annotated[
        Path | None, typer.Option(help="Evaluate this run instead of an artifact.", metavar="DIR")
    ] = None,
    artifacts: Annotated[
        Path | None,
        typer.Option(
            help="Folder with model.onnx and vocab.json, or hf://owner/model@commit; default: "
            "the model that names-predict uses.",
            metavar="DIR",
        ),
    ] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            "--data",
            "--data-dir",
            help="Labelled names, as in names train; default: the model's own test split.",
            metavar="DIR|FILE",
        ),
    ] = None,
    column: COLUMN = None,
    label_column: LABEL_COLUMN = "",
    coverage: Annotated[float, typer.Option(help="Target coverage of the prediction sets.")] = 0.9,
    plot: Annotated[
        Path | None, typer.Option(help="Write the reliability diagram here.", metavar="FILE.svg")
    ] = None,
    confusions: Annotated[
        Path | None, typer.Option(help="Write the confusion matrix here.", metavar="FILE.svg")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Every label and confusion.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, for machines.")] = False,
) -> None:
    """Evaluate a model; names from its training split are also reported separately.

    Accuracy, top-3 accuracy and macro-F1, with 95 % bootstrap intervals over the rows; loss,
    calibration error (15 bins of equal size), and coverage of prediction sets, also by label.
    """
    for option, path in (("--plot", plot), ("--confusions", confusions)):
        if path and path.suffix.lower() != ".svg":
            raise NamesError(f"{path}: the diagram is an SVG: give {option} a name ending in .svg")
    from names_predictor.artifact.files import write_atomically
    from names_predictor.cli.model import model_folder
    from names_trainer.config import Source
    from names_trainer.evaluation.scoring import evaluate_artifact, evaluate_run
    from names_trainer.runs.run import Run

    if data_dir is None and (column or label_column):
        raise NamesError("--column, --label-column: only with --data: name the table")
    source = Source(data_dir, tuple(column or ()), label_column) if data_dir else None
    result = (
        evaluate_run(Run.open(run), source, coverage)
        if run
        else evaluate_artifact(model_folder(artifacts), source, coverage)
    )
    if source:
        print_notices(source)
    if plot or confusions:
        from names_trainer.evaluation import plots

        whole = result.scores[0]
        labels = [f.label for f in whole.per_label]
        if plot:
            diagram = plots.plot_reliability(whole.reliability)
            write_atomically(plot, plots.on_white(diagram).encode())
        if confusions:
            diagram = plots.plot_confusions(plots.counts_of(whole), labels)
            write_atomically(confusions, plots.on_white(diagram).encode())
    if as_json:
        typer.echo(json.dumps(asdict(result), indent=1))
        return
    from names_predictor.cli.terminal import new_console
    from names_trainer.views.evaluation import show_evaluation

    show_evaluation(result, new_console(), full)


def _use_utf8() -> None:
    """Use UTF-8 for file names, arguments and output, whatever the locale.

    Python chooses the encoding of file names when it starts. If it is another one, the process
    starts again in Python's UTF-8 mode.
    """
    if sys.getfilesystemencoding() != "utf-8" and sys.executable:
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
    for stream, errors in ((sys.stdout, "replace"), (sys.stderr, "backslashreplace")):
        if isinstance(stream, TextIOWrapper):  # PYTHONIOENCODING may set another one
            stream.reconfigure(encoding="utf-8", errors=errors)


def main() -> None:
    """Run the command line; a user error is one line, with exit code 2."""
    _use_utf8()
    stop_once()
    if not has_style():
        from typer import rich_utils

        rich_utils.COLOR_SYSTEM = None  # of help and of usage errors
    try:
        app()
    except NamesError as error:
        print_error(error)
        sys.exit(2)
    except OSError as error:  # a full disk, a folder that is read-only
        print_error(NamesError(f"{error.filename or 'what was written'}: {error.strerror}"))
        sys.exit(2)
