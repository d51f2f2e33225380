"""The command `names study`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from names_predictor.processors import available_processors
from names_trainer.cli.data import COLUMN, DATA_DIR, LABEL_COLUMN, print_notices
from names_trainer.cli.help import Command
from names_trainer.cli.messages import print_error

study_app = typer.Typer(rich_markup_mode="rich")


@study_app.command(
    cls=Command,
    epilog="""[bold]Examples[/bold]

names study all --data data/names18

names study batch-size --split grouped --seeds 3

names study my-grid.toml

where my-grid.toml holds, for instance,

\\[grid]
dropout = \\[0.0, 0.2, 0.4]
num_layers = \\[1, 2]

\\[settings]
num_epochs = 15
""",
)
def study(
    what: Annotated[
        str,
        typer.Argument(metavar="WHAT", help="The grid: layers, batch-size, all, or a TOML file."),
    ],
    data_dir: DATA_DIR = Path("data/names"),
    column: COLUMN = None,
    label_column: LABEL_COLUMN = "",
    split: Annotated[
        Literal["both", "random", "grouped"], typer.Option(help="Split strategies to run.")
    ] = "both",
    seeds: Annotated[
        int,
        typer.Option(
            min=1, help="Number of runs per cell, with the seeds 100, 101, ...", metavar="N"
        ),
    ] = 5,
    jobs: Annotated[
        int,
        typer.Option(
            min=1, help="Runs at once, one thread each.", metavar="N", show_default="one per core"
        ),
    ] = available_processors(),
    output: Annotated[
        Path, typer.Option(help="Folder for the runs, study.csv and report.html.", metavar="DIR")
    ] = Path("artifacts/study"),
) -> None:
    """Train a grid of settings with several seeds and splits; write study.csv and report.html.

    Settings that a grid does not name are those of names train --preset coursework.

    Finished runs are not repeated, so the same command continues a stopped study. A failed run
    does not stop the others; the exit code is then 1. study.csv and report.html have only the runs
    of this command.
    """
    from names_predictor.cli.terminal import new_console
    from names_trainer.config import Source
    from names_trainer.study.report import write_report
    from names_trainer.study.study import (
        BUILT_IN,
        SPLITS,
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
    strategies = SPLITS if split == "both" else (split,)
    source = Source(data_dir, tuple(column or ()), label_column)
    runs = plan(experiments, source, strategies, range(100, 100 + seeds), output)
    print_notices(source)
    failed: list[StudyRun] = []
    try:
        with StudyView(runs, console) as view:
            for running, failed in train_in_parallel(runs, jobs):  # noqa: B007 - the last one is shown
                view.show(running)
    except KeyboardInterrupt:
        console.print("stopped; the same command continues")
        raise typer.Exit(130) from None
    found = results(runs)
    if found:
        write_csv(found, output / "study.csv")
        with console.status("writing the report"):
            write_report(runs, output / "report.html")
        written = f"wrote {output / 'study.csv'} and {output / 'report.html'}"
        console.print(written, markup=False, soft_wrap=True)
    failed = [run for run in failed if not run.finished]  # which another process may have trained
    for run in failed:
        has_place = run.error.startswith(str(run.folder))
        print_error(run.error if has_place else f"{run.folder}: {run.error}")
    if failed:
        raise typer.Exit(1)
