"""The commands `names data`, which check and download a corpus."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from names_trainer.cli.help import Command, Group
from names_trainer.cli.messages import print_note

if TYPE_CHECKING:
    from names_trainer.config import Source


def data_path(text: str) -> Path:
    """Return a path; an empty text, as of a variable that is not set, is none."""
    if not text:
        raise typer.BadParameter("give a folder or a file")
    return Path(text)


data_app = typer.Typer(
    cls=Group, rich_markup_mode="rich", no_args_is_help=True, help="Check and fetch data."
)
DATA_DIR = Annotated[
    Path,
    typer.Option(
        "--data",
        "--data-dir",
        help="Folder of <Label>.txt files, one name a line; or a table (CSV, TSV, JSON, "
        "Parquet, Excel); or lines such as __label__Greek Papadopoulos.",
        metavar="DIR|FILE",
        parser=data_path,
    ),
]
COLUMN = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        help="Column of the table with the names; several are joined; default: name.",
        metavar="NAME",
    ),
]
LABEL_COLUMN = Annotated[
    str, typer.Option(help="Column of the table with the labels; default: label.", metavar="NAME")
]


def print_notices(source: "Source", labels: int = 0) -> None:
    """Print notes about `source` to stderr, a line each.

    Without a number of labels there is no note about it.
    """
    from names_trainer.data.sources import notices

    for notice in notices(source, labels):
        print_note(notice)


def print_given_notices(given: Path, people: Path | None, labels: Sequence[str]) -> None:
    """Print notes about the folders of given names and of people to stderr, a line each."""
    from names_trainer.data.full_names import given_notices
    from names_trainer.data.label_files import other_labels

    for notice in given_notices(given, labels) + (other_labels(people, labels) if people else []):
        print_note(notice)


@data_app.command(
    cls=Command,
    epilog="""[bold]Examples[/bold]

names data check

names data check --data my-labels --full

names data check --data my-labels --json > report.json

names data check --data people.csv --column surname --label-column country
""",
)
def check(
    data_dir: DATA_DIR = Path("data/names"),
    column: COLUMN = None,
    label_column: LABEL_COLUMN = "",
    full: Annotated[
        bool, typer.Option("--full", help="Show every finding and every label.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Check labelled names: duplicates, several labels, bad lines, leakage, highest accuracy.

    The exit code is 1 if training would refuse a line or the number of names, and 2 if there is
    nothing to check, such as a single label. "leaked" is the expected fraction of a label's test
    rows whose name a random split puts into the training split too.
    """
    from names_trainer.config import Source
    from names_trainer.data.lint import check_corpus

    source = Source(data_dir, tuple(column or ()), label_column)
    result = check_corpus(source)
    print_notices(source, len(result.labels))
    if as_json:
        typer.echo(json.dumps(asdict(result), ensure_ascii=False, indent=1))
    else:
        from names_predictor.cli.terminal import new_console
        from names_trainer.views.corpus import show_check

        show_check(result, new_console(), full)
    if result.unusable or result.refusal:
        raise typer.Exit(1)


@data_app.command(
    cls=Command,
    epilog="""[bold]Examples[/bold]

names data fetch && names train --data data/names18 --split random
""",
)
def fetch(
    output: Annotated[Path, typer.Option(help="Folder for the 18 files.", metavar="DIR")] = Path(
        "data/names18"
    ),
    base_url: Annotated[
        str | None, typer.Option(help="Another server that has the same files.", metavar="URL")
    ] = None,
) -> None:
    """Download the public 18-language surname set (MIT licence), and verify each SHA-256."""
    from rich.progress import track

    from names_predictor.cli.terminal import new_console
    from names_trainer.data.download import BASE_URL, SHA256, fetch_names18

    console = new_console(stderr=True)
    arrivals = fetch_names18(output, base_url or BASE_URL)
    for _ in track(
        arrivals, "fetching", len(SHA256), console=console, disable=not console.is_terminal
    ):
        pass
    typer.echo(f"{len(SHA256)} files in {output}")
