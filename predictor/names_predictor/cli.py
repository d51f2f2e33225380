"""The command `names-predict`."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from names_predictor import __version__
from names_predictor.errors import NamesError

if TYPE_CHECKING:
    from names_predictor.model import Prediction

app = typer.Typer(rich_markup_mode="rich", pretty_exceptions_enable=False)

EXAMPLES = """
[bold]Examples[/bold]

names-predict names.txt

names-predict customers.txt suppliers.txt --output labelled.tsv

names-predict names.txt --min-probability 0.7 --coverage 0.9

cut -f2 people.tsv | names-predict --top-k 3 > labels.tsv

names-predict --engine ray 's3://bucket/people/*.parquet' --column surname --output labelled
"""


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"names-predict {__version__}")
        raise typer.Exit


@app.command(epilog=EXAMPLES)
def predict(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILES]...",
            help="UTF-8 files with a name a line; [bold]-[/bold] or nothing reads standard input.",
        ),
    ] = None,
    artifacts: Annotated[
        Path, typer.Option(help="Folder with model.onnx and vocab.json.", metavar="DIR")
    ] = Path("artifacts"),
    top_k: Annotated[int, typer.Option(min=1, help="Labels to give a name, best first.")] = 1,
    min_probability: Annotated[
        float, typer.Option(min=0, max=1, help="Leave the label empty below this probability.")
    ] = 0.0,
    coverage: Annotated[
        float | None,
        typer.Option(help="Add the labels among which the right one is this often, such as 0.9."),
    ] = None,
    prior: Annotated[
        Path | None,
        typer.Option(
            help="Label shares of your population: lines of label, tab or comma, share.",
            metavar="FILE",
        ),
    ] = None,
    output: Annotated[
        str | None, typer.Option(help="Write here instead of to standard output.", metavar="FILE")
    ] = None,
    threads: Annotated[
        int, typer.Option(min=0, help="Threads to compute with; 0 lets onnxruntime choose.")
    ] = 0,
    engine: Annotated[
        Literal["local", "ray"],
        typer.Option(help="Compute here, or label a pattern of parquet files on a Ray cluster."),
    ] = "local",
    column: Annotated[
        str | None, typer.Option(help="With --engine ray: where the names are.", metavar="COLUMN")
    ] = None,
    prefix: Annotated[
        str, typer.Option(help="With --engine ray: what the names of new columns begin with.")
    ] = "",
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print it.")
    ] = False,
) -> None:
    """Label every name in FILES: one row in, one row out, in order.

    A row is name, label, probability, with --coverage the possible labels, and, where no label
    can be given, the reason (blank, too-long, unknown-script, low-confidence); tab-separated in a
    file or a pipe, a table in a terminal.
    """
    # Not at the top: --help must not wait for onnxruntime.
    from names_predictor.model import NamePredictor
    from names_predictor.rows import LineCache, open_output, read_prior, tsv_lines

    shares = read_prior(prior) if prior else None
    if engine == "ray":
        options = (top_k, min_probability, coverage, shares, prefix)
        _predict_with_ray(files or [], output, artifacts, column, options)
        return
    if column or prefix:
        raise NamesError("--column and --prefix: only with --engine ray")
    predictor = NamePredictor.load(artifacts, threads, shares)
    top_k = min(top_k, len(predictor.labels))
    to_terminal = output is None and sys.stdout.isatty()
    wanted: dict[str, Any] = {
        "top_k": top_k,
        "min_probability": min_probability,
        "coverage": coverage,
    }
    predictor.answer([], **wanted)  # an impossible option is told before any input is read
    paths = files or ["-"]
    if to_terminal:
        blocks = (predictor.predict(names, **wanted) for names in _names(paths))
        _print_tables(blocks, top_k, coverage is not None)
        return

    def new_lines(names: list[str]) -> list[str]:
        return tsv_lines(names, predictor.answer(names, **wanted), predictor.labels)

    cache = LineCache(new_lines)
    with ExitStack() as stack:
        target = stack.enter_context(open_output(Path(output))) if output else sys.stdout
        try:
            for names in _counted(_names(paths)):
                target.write("".join(cache.lines(names)))
            target.flush()
        except BrokenPipeError:  # the reader, such as `head`, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _predict_with_ray(
    files: list[str],
    output: str | None,
    artifacts: Path,
    column: str | None,
    options: tuple[Any, ...],
) -> None:
    if len(files) != 1 or not column or not output:
        raise NamesError(
            "--engine ray: give one pattern in quotes, such as 'people/*.parquet', "
            "--column, and --output with a folder"
        )
    from names_predictor.distributed import NameLabeller
    from names_predictor.ray_engine import predict_with_ray

    done = predict_with_ray(files[0], output, NameLabeller(artifacts, column, *options))
    typer.echo(f"{done.files:,} files, {done.rows:,} rows, {done.seconds:.1f} s", err=True)


def _names(paths: list[str]) -> Iterator[list[str]]:
    """Read file after file, a block at a time."""
    from names_predictor.rows import open_input, read_names

    for path in paths:
        with open_input(path) as file:
            yield from read_names(file, path)


def _counted(blocks: Iterator[list[str]]) -> Iterator[list[str]]:
    """Show the number of names done on stderr, where that is a terminal."""
    if not sys.stderr.isatty():
        yield from blocks
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.completed:,} names"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("names", total=None)
        for names in blocks:
            yield names
            progress.advance(task, len(names))


def _print_tables(blocks: "Iterator[list[Prediction]]", top_k: int, with_sets: bool) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    for predictions in blocks:
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column("name")
        for _ in range(top_k):
            table.add_column("label")
            table.add_column("probability", justify="right")
        if with_sets:
            table.add_column("possible labels")
        table.add_column("")
        for p in predictions:
            cells = [Text(p.name)]  # as Text, so that brackets in a name are no markup
            sure = p.probability or 0
            style = "green" if sure >= 0.8 else "yellow" if sure >= 0.5 else "red"
            for label, probability in p.ranked:
                shown = label if p.label or style == "dim" else ""
                cells += [Text(shown, style), Text(f"{probability:.3f}", style)]
                style = "dim"
            cells += [Text("")] * (1 + 2 * top_k - len(cells))
            if with_sets:
                cells.append(Text(", ".join(p.candidates), "dim"))
            table.add_row(*cells, Text(p.reason or "", "dim"))
        console.print(table)


def main() -> None:
    """Run the command line; what a user can cause ends in one line and exit code 2."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    try:
        app()
    except NamesError as error:
        typer.secho(f"error: {error}", fg="red", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
