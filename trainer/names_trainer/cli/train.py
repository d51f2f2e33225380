"""The command `names train`."""

import inspect
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from names_predictor.artifact.files import sole_writer
from names_predictor.errors import NamesError
from names_predictor.processors import available_processors
from names_trainer.cli.artifact import RUNS
from names_trainer.cli.data import (
    COLUMN,
    DATA_DIR,
    LABEL_COLUMN,
    print_given_notices,
    print_notices,
)
from names_trainer.cli.help import Command
from names_trainer.cli.messages import print_note
from names_trainer.config import Source, TrainConfig
from names_trainer.options import check_effects, options
from names_trainer.presets import DEFAULT, PRESETS, Preset

train_app = typer.Typer(rich_markup_mode="rich")

RUN: dict[str, Any] = {"rich_help_panel": "The run"}


def with_config_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give `command` the options that `TrainConfig` declares, with the defaults of a preset.

    Typer reads the signature, so `**settings` is replaced by a parameter per option.
    """
    signature = inspect.signature(command)
    declared = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=getattr(DEFAULT, field.name),
            annotation=Annotated[
                field.type,
                typer.Option(
                    *filter(None, [field.metadata["flags"]]),
                    help=field.metadata["help"],
                    metavar=field.metadata["metavar"] or None,
                    rich_help_panel=field.metadata["group"],
                ),
            ],
        )
        for field in options(TrainConfig)
    ]
    written = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    # The sort is stable: positional parameters, then the declared ones, then `jobs` and so on.
    parameters = sorted([*declared, *written], key=lambda parameter: parameter.kind)
    vars(command)["__signature__"] = signature.replace(parameters=parameters)
    return command


@train_app.command(
    cls=Command,
    epilog="""[bold]Examples[/bold]

names train

names train --preset best

names train --preset best --data data/names18 --auxiliary-dir data/names

names train --batch-size 30 --num-layers 2 --dropout 0.3

names train --data people.csv --column surname --label-column country

names train --data data/names18 --split random

names train --resume
""",
)
@with_config_options
def train(
    context: typer.Context,
    preset: Annotated[
        Preset,
        typer.Option(
            help="default, the settings below; coursework, a plain LSTM; best, the most accurate, "
            "in ten minutes or more; small, nearly as good and far smaller. Your other options "
            "override it.",
            metavar="NAME",
        ),
    ] = "default",
    data_dir: DATA_DIR = Path("data/names"),
    column: COLUMN = None,
    label_column: LABEL_COLUMN = "",
    *,
    jobs: Annotated[
        int,
        typer.Option(
            min=1,
            help="Teachers trained at once.",
            metavar="N",
            show_default="one per core",
            **RUN,
        ),
    ] = available_processors(),
    output: Annotated[
        Path, typer.Option(help="Folder of the runs; each has a subfolder.", metavar="DIR", **RUN)
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
    **settings: Any,
) -> None:
    """Train a model, choose its best epoch on the validation split, and test it once.

    The run gets a folder with its config, metrics, weights and test metrics.
    """
    from names_trainer.data.sources import corpus_lines

    if run and not resume:
        raise NamesError("--run names the run to --resume: give both or neither")
    if not resume:
        corpus_lines(Source(data_dir, tuple(column or ()), label_column))  # raises before torch
    from names_predictor.cli.terminal import new_console
    from names_trainer.pipeline import fit
    from names_trainer.runs.folders import newest_run
    from names_trainer.runs.run import Run
    from names_trainer.views.training import TrainingView, show_stopped

    console = new_console()
    chosen = {
        name: context.params[name]
        for name in ("preset", *(field.name for field in fields(TrainConfig)))
        if (origin := context.get_parameter_source(name)) and origin.name != "DEFAULT"
    }
    if resume:
        if chosen:
            option = {one.name: one.opts[0] for one in context.command.params}[next(iter(chosen))]
            raise NamesError(f"{option} can't change in a resumed run: leave it out")
        current = Run.open(run or newest_run(output, unfinished=True))
    else:
        chosen.pop("preset", None)
        config = replace(PRESETS[preset], **chosen | {"data_dir": str(data_dir)})
        check_effects([chosen], [config])
        current = Run.create(output, config)
        for source in config.sources:
            print_notices(source, len(current.dataset.labels))
        data = current.dataset
        if "count_power" in chosen and not (data.counts or data.given.counts):
            print_note("--count-power has no effect: no name has a count")
        if config.given_dir:
            people = Path(config.people_dir) if config.people_dir else None
            print_given_notices(Path(config.given_dir), people, current.dataset.labels)
    context.with_resource(sole_writer(current.folder, wait=False))
    try:
        with TrainingView(current, console) as view:
            fit(current, view, jobs)
    except KeyboardInterrupt:
        show_stopped(current, console)
        raise typer.Exit(130) from None
    if console.is_terminal:
        console.print(
            "next: names export, which makes it the model of names-predict in this folder"
        )
