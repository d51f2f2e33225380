"""Messages on stderr, a line each."""

import typer

from names_predictor.errors import has_style, visible


def print_error(error: object) -> None:
    """Print one red line to stderr."""
    _print_line(f"error: {error}", "red")


def print_note(note: str) -> None:
    """Print one yellow line to stderr."""
    _print_line(f"note: {note}", "yellow")


def _print_line(line: str, colour: str) -> None:
    shown = visible(line)
    typer.echo(typer.style(shown, fg=colour) if has_style() else shown, err=True)
