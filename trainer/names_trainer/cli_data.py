"""The commands `names data`: look after a corpus."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

data_app = typer.Typer(rich_markup_mode="rich", no_args_is_help=True, help="Check and fetch data.")
DATA_DIR = Annotated[
    Path, typer.Option(help="Folder of <Label>.txt files, one name a line.", metavar="DIR")
]


@data_app.command(
    epilog="""[bold]Examples[/bold]

names data check

names data check --data-dir my-labels --json > report.json
"""
)
def check(
    data_dir: DATA_DIR = Path("data/names"),
    as_json: Annotated[bool, typer.Option("--json", help="Everything, for machines.")] = False,
) -> None:
    """Lint a corpus: duplicates, names under several labels, bad lines, leakage, the ceiling.

    Ends with exit code 1 where a line can't be used for training. "leaked" is the expected share
    of a label's test rows whose name a random split puts into the training part too.
    """
    from names_trainer.check import check_corpus

    result = check_corpus(data_dir)
    if as_json:
        typer.echo(json.dumps(asdict(result), ensure_ascii=False, indent=1))
    else:
        from rich.console import Console

        from names_trainer.display import show_check

        show_check(result, Console())
    if result.unusable:
        raise typer.Exit(1)


@data_app.command(
    epilog="""[bold]Examples[/bold]

names data fetch && names train --data-dir data/names18 --split random
"""
)
def fetch(
    output: Annotated[Path, typer.Option(help="Folder for the 18 files.", metavar="DIR")] = Path(
        "data/names18"
    ),
    base_url: Annotated[
        str | None, typer.Option(help="Another server that has the same files.", metavar="URL")
    ] = None,
) -> None:
    """Download the public 18-language surname set (MIT licence), each file held to its SHA-256."""
    from rich.console import Console
    from rich.progress import track

    from names_trainer.fetch import BASE_URL, SHA256, fetch_names18

    console = Console(stderr=True)
    arrivals = fetch_names18(output, base_url or BASE_URL)
    for _ in track(
        arrivals, "fetching", len(SHA256), console=console, disable=not console.is_terminal
    ):
        pass
    typer.echo(f"{len(SHA256)} files in {output}")
