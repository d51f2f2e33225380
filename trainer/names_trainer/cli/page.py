"""The command `names demo-page`: an artifact in the browser."""

from pathlib import Path
from typing import Annotated

import typer

page_app = typer.Typer(rich_markup_mode="rich")


@page_app.command(
    "demo-page",
    epilog="""[bold]Examples[/bold]

names demo-page

names demo-page --artifacts my-model --output my-page
""",
)
def demo_page(
    artifacts: Annotated[
        Path | None,
        typer.Option(
            help="Folder with model.onnx and vocab.json, or hf://owner/model@commit; default: that "
            "of names-predict.",
            metavar="DIR",
        ),
    ] = None,
    output: Annotated[
        Path, typer.Option(help="Folder for the page: new, empty or an older page.", metavar="DIR")
    ] = Path("demo-page"),
) -> None:
    """Write a page that runs a model in the browser: static files for any web server.

    Type a name, see labels and letters; drop a file, get a CSV. No name leaves the browser. npm
    fetches onnxruntime-web, 33 MB, once.
    """
    import shlex

    from names_predictor.artifact.store import read_artifact
    from names_predictor.cli.model import model_folder
    from names_trainer.page.page import build_page

    build_page(read_artifact(model_folder(artifacts)), output)
    typer.echo(f"wrote {output}; to see it:")
    typer.echo(f"python -m http.server -d {shlex.quote(str(output))}")
