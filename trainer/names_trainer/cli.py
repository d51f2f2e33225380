"""The command `names`: train, evaluate, study, and what other modules add."""

import json
import os
import sys
from dataclasses import asdict, fields, replace
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Literal

import typer

from names_predictor.errors import NamesError, has_style
from names_predictor.locking import sole_writer
from names_trainer import __version__
from names_trainer.cli_artifact import RUNS, artifact_app, print_error
from names_trainer.cli_data import COLUMN, DATA_DIR, LABEL_COLUMN, data_app, print_notices
from names_trainer.cli_page import page_app

app = typer.Typer(
    rich_markup_mode="rich",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Train a character LSTM that labels names, and export it for names-predict.",
)
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
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print it.")
    ] = False,
) -> None:
    """Hold the options that stand before a command."""


@app.command(
    epilog="""[bold]Examples[/bold]

names train

names train --preset best

names train --preset best --data-dir data/names18 --auxiliary-dir data/names

names train --batch-size 30 --num-layers 2 --dropout 0.3

names train --data people.csv --column surname --label-column country

names train --data-dir data/names18 --split random

names train --resume
"""
)
def train(
    context: typer.Context,
    preset: Annotated[
        Literal["coursework", "best", "small"],
        typer.Option(
            help="best: the most accurate, in minutes; small: nearly as good, far smaller; "
            "coursework: the defaults below. Options that you give win."
        ),
    ] = "coursework",
    data_dir: DATA_DIR = Path("data/names"),
    column: COLUMN = None,
    label_column: LABEL_COLUMN = "",
    split: Annotated[
        Literal["grouped", "random"],
        typer.Option(
            help="grouped: stratified, a name in one part only; random: all lines, as they come."
        ),
    ] = "grouped",
    embedding_dim: Annotated[int, typer.Option(help="Size of a character's embedding.")] = 64,
    hidden_dim: Annotated[int, typer.Option(help="Size of the LSTM's state.")] = 200,
    num_layers: Annotated[int, typer.Option(help="LSTM layers.")] = 1,
    bidirectional: Annotated[
        bool, typer.Option("--bidirectional/--forward", help="Read names from both ends.")
    ] = False,
    ngrams: Annotated[
        int, typer.Option(help="Longest n-grams of a table beside the LSTM; 0: no table.")
    ] = 0,
    ngram_dropout: Annotated[
        float, typer.Option(help="Share of n-grams left out in training.")
    ] = 0.0,
    dropout: Annotated[float, typer.Option(help="On embeddings, layers and last state.")] = 0.0,
    optimizer: Annotated[
        Literal["adam", "adamw", "nadam", "radam", "rmsprop", "sgd"],
        typer.Option(help="The default validates best at the default settings."),
    ] = "adamw",
    learning_rate: Annotated[float, typer.Option(help="The highest, of a schedule.")] = 0.01,
    schedule: Annotated[
        Literal["constant", "one-cycle"], typer.Option(help="The learning rate over the run.")
    ] = "constant",
    weight_decay: Annotated[float, typer.Option(help="Decoupled where the optimizer can.")] = 0.01,
    batch_size: Annotated[int, typer.Option(help="Names a step.")] = 32,
    num_epochs: Annotated[int, typer.Option(help="Passes over the training part.")] = 10,
    seed: Annotated[int, typer.Option(help="Of split, weights, order and dropout.")] = 100,
    teachers: Annotated[
        int, typer.Option(help="Models to train first, whose answers the model learns.")
    ] = 0,
    synthetic_names: Annotated[
        int,
        typer.Option(help="Made-up names that the teachers label for it, less the auxiliary ones."),
    ] = 0,
    auxiliary_dir: Annotated[
        str,
        typer.Option(
            help="Other labelled names, of any labels, that the teachers learn too; those that "
            "are in the validation or test part are left out.",
            metavar="DIR",
        ),
    ] = "",
    full_names: Annotated[
        int, typer.Option(help="Full names to make up, so that the model knows those too.")
    ] = 0,
    given_dir: Annotated[
        str, typer.Option(help="The given names in them: <Label>.txt files.", metavar="DIR")
    ] = "data/given",
    int8_weights: Annotated[
        bool,
        typer.Option("--int8-weights/--float32-weights", help="Round the best weights to 8 bits."),
    ] = False,
    compact: Annotated[
        bool,
        typer.Option(
            "--compact/--no-compact",
            help="Learn to do with 4 bits a weight of the LSTM, 2 bytes a row of the table.",
        ),
    ] = False,
    jobs: Annotated[
        int, typer.Option(min=1, help="Teachers trained at once; default: one a core.")
    ] = os.cpu_count() or 1,
    output: Annotated[
        Path, typer.Option(help="Folder in which the run gets its own.", metavar="DIR")
    ] = RUNS,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a run that was cut off.")
    ] = False,
    run: Annotated[
        Path | None,
        typer.Option(help="The run to resume; default: the newest in --output.", metavar="DIR"),
    ] = None,
) -> None:
    """Train, choose the epoch that validates best, and test it once.

    Everything the run made is in its folder: config, metrics, weights, test figures. One thread
    computes: several are hardly faster alone and many times slower beside other work.
    """
    from names_predictor.terminal import new_console
    from names_trainer import display
    from names_trainer.calibration import run_note
    from names_trainer.config import PRESETS, TrainConfig
    from names_trainer.runs import Run, best_epoch, newest_run
    from names_trainer.training import test

    console = new_console()
    given = {
        name: context.params[name]
        for name in ("preset", *(field.name for field in fields(TrainConfig)))
        if (source := context.get_parameter_source(name)) and source.name != "DEFAULT"
    }
    if resume:
        for name in given:
            option = name.replace("_", "-")
            raise NamesError(f"--{option} can't change in a resumed run: leave it out")
        current = Run.open(run or newest_run(output, unfinished=True))
    elif run:
        raise NamesError("--run names the run to --resume: give both or neither")
    else:
        given.pop("preset", None)
        given["data_dir"] = str(data_dir)
        current = Run.create(output, replace(PRESETS[preset], **given))
        for names_in in current.config.sources:
            print_notices(names_in, len(current.task.labels))
    context.with_resource(sole_writer(current.folder, wait=False))
    try:
        epochs = display.watch_run(current, jobs, console)
    except KeyboardInterrupt:
        display.show_stopped(current, console)
        raise typer.Exit(130) from None
    display.show_test(test(current), best_epoch(epochs, current.config).epoch, console)
    display.show_note(run_note(current), console)


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
        Literal["both", "random", "grouped"], typer.Option(help="The protocols to run.")
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
    """Train a whole grid over seeds and protocols; write study.csv and report.html.

    What is finished is not run again, so a study that was stopped goes on. Ends with exit code 1
    where a run failed; the others are run all the same.
    """
    from names_predictor.terminal import new_console
    from names_trainer.corpus import PROTOCOLS
    from names_trainer.report import write_report
    from names_trainer.sources import Source
    from names_trainer.study import BUILT_IN, plan, read_experiment, results, write_csv
    from names_trainer.study_display import watch_study

    console = new_console()
    experiments = BUILT_IN.get(what) or (read_experiment(Path(what)),)
    protocols = PROTOCOLS if split == "both" else (split,)
    source = Source(data_dir, tuple(column or ()), label_column)
    runs = plan(experiments, source, protocols, range(100, 100 + seeds), output)
    print_notices(source)
    try:
        failed = watch_study(runs, jobs, console)
    except KeyboardInterrupt:
        console.print("stopped; the same command goes on where it was", highlight=False)
        raise typer.Exit(130) from None
    rows = results(runs)
    if rows:
        write_csv(rows, output / "study.csv")
        with console.status("writing the report"):
            write_report(runs, output / "report.html")
        written = f"wrote {output / 'study.csv'} and {output / 'report.html'}"
        console.print(written, markup=False, soft_wrap=True)
    for run in failed:
        reason = (run.folder / "error.txt").read_text(encoding="utf-8").strip().splitlines()
        print_error(f"{run.folder}: {reason[-1] if reason else 'killed'}")
    if failed:
        raise typer.Exit(1)


@app.command(
    epilog="""[bold]Examples[/bold]

names evaluate

names evaluate --data my-labels --json

names evaluate --data people.csv --column surname --label-column country

names evaluate --coverage 0.95 --plot reliability.svg

names evaluate --run artifacts/runs/20260101-120000-1x200-b32-random-s100
"""
)
def evaluate(
    run: Annotated[
        Path | None, typer.Option(help="Score this run instead of an artifact.", metavar="DIR")
    ] = None,
    artifacts: Annotated[
        Path | None,
        typer.Option(
            help="Folder with model.onnx and vocab.json; default: what names-predict takes.",
            metavar="DIR",
        ),
    ] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            "--data",
            "--data-dir",
            help="Labelled names, as of names train; default: the model's own test part.",
            metavar="DIR|FILE",
        ),
    ] = None,
    column: COLUMN = None,
    label_column: LABEL_COLUMN = "",
    coverage: Annotated[
        float, typer.Option(help="How often prediction sets shall hold the right label.")
    ] = 0.9,
    plot: Annotated[
        Path | None, typer.Option(help="Write the reliability diagram here.", metavar="FILE.svg")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, for machines.")] = False,
) -> None:
    """Score a model, apart for names that its training part holds and names that it does not.

    Accuracy, top-3 accuracy and macro-F1, with 95 % bootstrap intervals over the rows; loss,
    calibration error (15 bins of equal size), and what prediction sets hold, also by label.
    """
    if plot and plot.suffix.lower() != ".svg":
        raise NamesError(f"{plot}: the diagram is an SVG: give --plot a name that ends in .svg")
    from names_predictor.artifact import chosen_folder
    from names_trainer.measure import measure_artifact, measure_run
    from names_trainer.runs import Run, replace_file
    from names_trainer.sources import Source

    if data_dir is None and (column or label_column):
        raise NamesError("--column, --label-column: only with --data: name the table")
    source = Source(data_dir, tuple(column or ()), label_column) if data_dir else None
    result = (
        measure_run(Run.open(run), source, coverage)
        if run
        else measure_artifact(artifacts or chosen_folder(), source, coverage)
    )
    if source:
        print_notices(source)
    if plot:
        from names_trainer.plots import on_white, plot_reliability

        replace_file(plot, on_white(plot_reliability(result.scores[0].reliability)).encode())
    if as_json:
        typer.echo(json.dumps(asdict(result), indent=1))
        return
    from names_predictor.terminal import new_console
    from names_trainer.display import show_measurement

    show_measurement(result, new_console())


def _use_utf8() -> None:
    """Read and write UTF-8 whatever the locale: names of files, arguments, what is printed.

    Python settles the encoding of the names of files when it starts, so where that is another one
    the process begins again in Python's UTF-8 mode.
    """
    if sys.getfilesystemencoding() != "utf-8" and sys.executable:
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
    for stream, errors in ((sys.stdout, "replace"), (sys.stderr, "backslashreplace")):
        if isinstance(stream, TextIOWrapper):  # PYTHONIOENCODING may ask for another one
            stream.reconfigure(encoding="utf-8", errors=errors)


def main() -> None:
    """Run the command line; what a user can cause ends in one line and exit code 2."""
    _use_utf8()
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


if __name__ == "__main__":
    main()
