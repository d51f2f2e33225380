"""The command `names train`."""

import os
from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from names_predictor.artifact.files import sole_writer
from names_predictor.errors import NamesError
from names_trainer.cli.artifact import RUNS
from names_trainer.cli.data import COLUMN, DATA_DIR, LABEL_COLUMN, print_notices

train_app = typer.Typer(rich_markup_mode="rich")

# Groups of options in the help.
MODEL: dict[str, Any] = {"rich_help_panel": "The model"}
TRAINING: dict[str, Any] = {"rich_help_panel": "Training"}
DISTILLATION: dict[str, Any] = {"rich_help_panel": "Distillation and synthetic names"}
RUN: dict[str, Any] = {"rich_help_panel": "The run"}


@train_app.command(
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
        Literal["default", "coursework", "best", "small"],
        typer.Option(
            help="default, the settings below; coursework, a plain LSTM; best, the most accurate, "
            "in minutes; small, nearly as good and far smaller. Options that you give win.",
            metavar="NAME",
        ),
    ] = "default",
    data_dir: DATA_DIR = Path("data/names"),
    column: COLUMN = None,
    label_column: LABEL_COLUMN = "",
    split: Annotated[
        Literal["grouped", "random", "rare"],
        typer.Option(
            help="grouped: stratified, a name in one split only; random: all lines as they come; "
            "rare: the commonest names are all trained on.",
            metavar="HOW",
        ),
    ] = "grouped",
    embedding_dim: Annotated[
        int, typer.Option(help="Size of a character's embedding.", metavar="N", **MODEL)
    ] = 64,
    hidden_dim: Annotated[
        int, typer.Option(help="Size of the LSTM's state.", metavar="N", **MODEL)
    ] = 128,
    num_layers: Annotated[int, typer.Option(help="LSTM layers.", metavar="N", **MODEL)] = 1,
    ngrams: Annotated[
        int,
        typer.Option(
            help="Longest n-grams of a table next to the LSTM; 0: no table.", metavar="N", **MODEL
        ),
    ] = 5,
    ngram_rows: Annotated[
        int, typer.Option(help="Rows that n-grams are hashed to.", metavar="N", **MODEL)
    ] = 2**16,
    ngram_dim: Annotated[
        int, typer.Option(help="Numbers in a row of the table.", metavar="N", **MODEL)
    ] = 16,
    int8_weights: Annotated[
        bool,
        typer.Option(
            "--int8-weights/--float32-weights", help="Round the best weights to 8 bits.", **MODEL
        ),
    ] = False,
    dropout: Annotated[
        float,
        typer.Option(help="On embeddings, layers and last state.", metavar="SHARE", **TRAINING),
    ] = 0.4,
    ngram_dropout: Annotated[
        float,
        typer.Option(help="Share of n-grams left out in training.", metavar="SHARE", **TRAINING),
    ] = 0.6,
    optimizer: Annotated[
        Literal["adam", "adamw", "nadam", "radam", "rmsprop", "sgd"],
        typer.Option(help="adam, adamw, nadam, radam, rmsprop or sgd.", metavar="NAME", **TRAINING),
    ] = "adamw",
    learning_rate: Annotated[
        float, typer.Option(help="The highest of a schedule.", metavar="RATE", **TRAINING)
    ] = 0.004,
    schedule: Annotated[
        Literal["constant", "one-cycle"],
        typer.Option(
            help="Learning rate over the run: constant or one-cycle.", metavar="NAME", **TRAINING
        ),
    ] = "one-cycle",
    weight_decay: Annotated[
        float, typer.Option(help="Decoupled where the optimizer can.", metavar="RATE", **TRAINING)
    ] = 0.05,
    count_power: Annotated[
        float,
        typer.Option(
            help="Draw names by how many people bear them, to this power; 0: all alike.",
            metavar="POWER",
            **TRAINING,
        ),
    ] = 0.5,
    given_dir: Annotated[
        str,
        typer.Option(
            help="Given names, <Label>.txt files: the corpus holds surnames then, and the model "
            "learns full names too.",
            metavar="DIR",
            **TRAINING,
        ),
    ] = "",
    people_dir: Annotated[
        str,
        typer.Option(
            help="With given names: real people, <Label>.txt files of surname, tab, given name.",
            metavar="DIR",
            **TRAINING,
        ),
    ] = "",
    label_power: Annotated[
        float,
        typer.Option(
            help="With given names: draw labels by their number of names, to this power.",
            metavar="POWER",
            **TRAINING,
        ),
    ] = 0.5,
    forms: Annotated[
        float,
        typer.Option(
            help="With given names: share of words that are spelled another way.",
            metavar="SHARE",
            **TRAINING,
        ),
    ] = 0.0,
    batch_size: Annotated[int, typer.Option(help="Names a step.", metavar="N", **TRAINING)] = 64,
    num_epochs: Annotated[
        int, typer.Option(help="Passes over the training split.", metavar="N", **TRAINING)
    ] = 12,
    seed: Annotated[
        int,
        typer.Option(
            help="Random seed for the split, initial weights, shuffling and dropout.",
            metavar="N",
            **TRAINING,
        ),
    ] = 100,
    teachers: Annotated[
        int,
        typer.Option(
            help="Models to train first, whose probabilities the model learns.",
            metavar="N",
            **DISTILLATION,
        ),
    ] = 0,
    synthetic_names: Annotated[
        int,
        typer.Option(
            help="Synthetic names that the teachers label for it, less the auxiliary ones.",
            metavar="N",
            **DISTILLATION,
        ),
    ] = 0,
    auxiliary_dir: Annotated[
        str,
        typer.Option(
            help="Other labelled names, of any labels, that the teachers learn too; those in the "
            "validation or test split are left out.",
            metavar="DIR",
            **DISTILLATION,
        ),
    ] = "",
    jobs: Annotated[
        int,
        typer.Option(
            min=1, help="Teachers trained at once; default: one a core.", metavar="N", **RUN
        ),
    ] = os.cpu_count() or 1,
    output: Annotated[
        Path, typer.Option(help="Folder in which the run gets its own.", metavar="DIR", **RUN)
    ] = RUNS,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue a run that was cut off.", **RUN)
    ] = False,
    run: Annotated[
        Path | None,
        typer.Option(
            help="The run to resume; default: the newest in --output.", metavar="DIR", **RUN
        ),
    ] = None,
) -> None:
    """Train, choose the epoch that validates best, and test it once.

    Everything the run made is in its folder: config, metrics, weights, test metrics.
    """
    from names_predictor.cli.terminal import new_console
    from names_trainer.cli.watch import watch
    from names_trainer.config import PRESETS, TrainConfig
    from names_trainer.evaluation.calibration import run_note
    from names_trainer.runs.run import Run, best_epoch, newest_run
    from names_trainer.views import training as display

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
        metrics = watch(current, jobs, console)
    except KeyboardInterrupt:
        display.show_stopped(current, console)
        raise typer.Exit(130) from None
    display.show_test(metrics, best_epoch(current.epochs(), current.config).epoch, console)
    display.show_note(run_note(current), console)
