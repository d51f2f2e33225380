"""The commands that make and show an artifact: `names export` and `names inspect`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

artifact_app = typer.Typer(rich_markup_mode="rich")
RUNS = Path("artifacts/runs")


def print_error(error: object) -> None:
    """Print one red line to stderr."""
    typer.secho(f"error: {error}", fg="red", err=True)


@artifact_app.command(
    epilog="""[bold]Examples[/bold]

names export

names export --int8

names export --run artifacts/runs/20260101-120000-1x200-b32-grouped-s100 --output my-model
"""
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
        bool, typer.Option("--int8", help="Compute in 8 bits: faster, if accuracy allows it.")
    ] = False,
) -> None:
    """Export a run's best epoch to ONNX, if onnxruntime answers exactly as torch does."""
    from rich.console import Console

    from names_trainer.display import show_parity
    from names_trainer.export import ParityError
    from names_trainer.export import export as export_run
    from names_trainer.runs import Run, newest_run

    console = Console()
    current = Run.open(run or newest_run(RUNS))
    try:
        with console.status("exporting and comparing with torch"):
            artifact, parity = export_run(current, output, int8)
    except ParityError as error:
        print_error(error)
        raise typer.Exit(1) from None
    show_parity(parity, console)
    console.print(
        f"wrote {output / 'model.onnx'} ({len(artifact.model) / 1e3:,.0f} kB), "
        f"{output / 'vocab.json'} and {output / 'MODEL_CARD.md'} from {current.folder}",
        highlight=False,
        soft_wrap=True,
    )


@artifact_app.command(
    epilog="""[bold]Examples[/bold]

names inspect

names inspect my-model --json > my-model.json
"""
)
def inspect(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Folder with model.onnx and vocab.json.")
    ] = Path("artifacts"),
    as_json: Annotated[bool, typer.Option("--json", help="Everything, for machines.")] = False,
) -> None:
    """Show what an artifact is: labels, sizes, figures, provenance, operators, calibration."""
    from names_trainer.inspection import inspect_artifact

    result = inspect_artifact(folder)
    if as_json:
        typer.echo(json.dumps(asdict(result), indent=1))
        return
    from rich.console import Console

    from names_trainer.inspection_display import show_inspection

    show_inspection(result, Console())
