"""The commands that write and show an artifact."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from names_predictor.errors import NamesError
from names_predictor.processors import available_processors
from names_trainer.cli.help import Command
from names_trainer.cli.messages import print_note

artifact_app = typer.Typer(rich_markup_mode="rich")
release_app = typer.Typer(rich_markup_mode="rich")
RUNS = Path("artifacts/runs")
MODEL = (
    "Folder with model.onnx and vocab.json, or hf://owner/model@commit; default: the model that "
    "names-predict uses."
)
ARTIFACTS = Annotated[Path | None, typer.Option(help=MODEL, metavar="DIR")]


@artifact_app.command(
    cls=Command,
    epilog="""[bold]Examples[/bold]

names export

names export --int8

names export --codes labels.csv

names export --run artifacts/runs/20260101-120000-1x200-b32-grouped-s100 --output my-model

HF_TOKEN=... names export --push owner/model --license cc-by-4.0
""",
)
def export(
    run: Annotated[
        Path | None,
        typer.Option(help=f"The run's folder; default: the newest in {RUNS}.", metavar="DIR"),
    ] = None,
    output: Annotated[
        Path,
        typer.Option(help="Folder for model.onnx, vocab.json and MODEL_CARD.md.", metavar="DIR"),
    ] = Path("artifacts"),
    int8: Annotated[
        bool, typer.Option("--int8", help="Compute in 8 bits: faster; fail if accuracy falls.")
    ] = False,
    codes: Annotated[
        Path | None,
        typer.Option(
            help="Table with the columns label and iso639_3, for names-predict --codes; default: "
            "labels.csv in the two folders above the data, if there is one.",
            metavar="FILE.csv",
        ),
    ] = None,
    push: Annotated[
        str,
        typer.Option(help="Push the model to the Hugging Face Hub too.", metavar="OWNER/MODEL"),
    ] = "",
    private: Annotated[
        bool, typer.Option("--private", help="With --push: make the repository private.")
    ] = False,
    licence: Annotated[
        str,
        typer.Option(
            "--license",
            help="With --push: licence of the model, such as cc-by-4.0.",
            metavar="NAME",
        ),
    ] = "",
) -> None:
    """Export a run's best epoch to ONNX; fail if onnxruntime and torch differ by over 1e-5.

    --push needs huggingface_hub (the extra "hub") and a token with write access, from HF_TOKEN or
    hf auth login. The model is public, unless --private or the owner's settings make it private.
    """
    if not push and (private or licence):
        raise NamesError("--private, --license: only with --push: name the model there")
    if output.as_posix().startswith("hf:/"):  # the path has one slash of the two
        raise NamesError(f"{output}: --output is a folder: use --push OWNER/MODEL for the Hub")
    from names_predictor.cli.terminal import new_console
    from names_trainer.export.export import export as export_run
    from names_trainer.export.share import share, share_address
    from names_trainer.runs.folders import newer_untested, newest_run
    from names_trainer.runs.run import Run
    from names_trainer.views.export import show_export

    console = new_console()
    current = Run.open(run or newest_run(RUNS))
    if not run and (stopped := newer_untested(RUNS, current.folder)):
        print_note(f"{stopped}: not finished, so left out: name it with --run")
    address = share_address(push, licence) if push else None
    with console.status("exporting and comparing with torch"):
        artifact, parity = export_run(current, output, int8, codes)
    show_export(artifact, parity, output, str(current.folder), console)
    if address:
        with console.status("pushing"):
            shared = share(artifact, output, address, private, licence)
        console.print(f"pushed {shared}", markup=False, soft_wrap=True)


@release_app.command(
    cls=Command,
    epilog="""[bold]Examples[/bold]

names release

SOURCE_DATE_EPOCH=1767225600 names release --output released
""",
)
def release(
    output: Annotated[
        Path, typer.Option(help="Folder for model, vocab.json and card.", metavar="DIR")
    ] = Path("predictor/names_predictor/released"),
    jobs: Annotated[
        int,
        typer.Option(
            min=1, help="Teachers trained at once.", metavar="N", show_default="one per core"
        ),
    ] = available_processors(),
) -> None:
    """Train the model that comes with names-predict from scratch, and export it with its card.

    Run it in the repository, after make corpus: it reads data/world, data/people-world and
    data/labels.csv. The model computes in 8 bits, if accuracy allows it. The same
    SOURCE_DATE_EPOCH, packages and kind of machine give the same files.
    """
    from names_predictor.cli.terminal import new_console
    from names_trainer.export.release import release as release_model
    from names_trainer.views.export import show_export
    from names_trainer.views.training import TrainingView

    console = new_console()
    artifact, parity = release_model(
        output, lambda run: TrainingView(run, console, shows_test=False), jobs
    )
    show_export(artifact, parity, output, "the release settings", console)


@artifact_app.command(
    cls=Command,
    epilog="""[bold]Examples[/bold]

names inspect

names inspect my-model --full

names inspect my-model --json > my-model.json

names inspect hf://owner/model
""",
)
def inspect(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help=MODEL),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Show calibration, operators and all settings too.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Show what an artifact is: labels, metrics, origin, size, and whether it is valid."""
    from names_predictor.cli.model import model_folder
    from names_trainer.export.inspection import inspect_artifact

    folder = model_folder(folder)
    result = inspect_artifact(folder)
    if as_json:
        typer.echo(json.dumps(asdict(result), indent=1))
        return
    from names_predictor.cli.terminal import new_console
    from names_trainer.views.inspection import show_full_inspection, show_inspection

    if full:
        show_full_inspection(result, new_console())
    else:
        show_inspection(result, folder, new_console())
