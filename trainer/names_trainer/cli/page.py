"""The command `names demo-page`: an artifact in the browser."""

from pathlib import Path
from typing import Annotated

import typer

from names_trainer.cli.artifact import ARTIFACTS
from names_trainer.cli.help import Command

page_app = typer.Typer(rich_markup_mode="rich")


@page_app.command(
    "demo-page",
    cls=Command,
    epilog="""[bold]Examples[/bold]

names demo-page

names demo-page --artifacts my-model --output my-page --example "Parus major"

names demo-page --url https://example.org/names/ --home https://example.org
""",
)
def demo_page(
    artifacts: ARTIFACTS = None,
    output: Annotated[
        Path, typer.Option(help="Folder for the page: new, empty or an older page.", metavar="DIR")
    ] = Path("demo-page"),
    example: Annotated[
        list[str] | None,
        typer.Option(
            help="A name to click on; may be repeated, the first shows at once. Default: built-in "
            "names, if the model has the labels of the bundled model.",
            metavar="NAME",
        ),
    ] = None,
    url: Annotated[
        str,
        typer.Option(help="Address of the published page, for link previews.", metavar="URL"),
    ] = "",
    home: Annotated[
        str, typer.Option(help="Address of your project; the page links to it.", metavar="URL")
    ] = "",
) -> None:
    """Write a page that runs a model in the browser: static files for any web server.

    The page labels a name and explains the label; it turns pasted names, or a dropped file, into a
    CSV. No name leaves the browser. npm fetches onnxruntime-web, 33 MB, once; the page of the
    bundled model is 5 MB.
    """
    import shlex

    from names_predictor.artifact.store import read_artifact
    from names_predictor.cli.model import model_folder
    from names_trainer.page.page import PageOptions, build_page

    options = PageOptions(tuple(example or ()), url, home)
    build_page(read_artifact(model_folder(artifacts)), output, options)
    typer.echo(f"wrote {output}; to see it:")
    typer.echo(f"python -m http.server -d {shlex.quote(str(output))}")
