"""Tables and notes of all views."""

from rich.console import Console
from rich.table import Table


def new_table(first: str, *others: str) -> Table:
    """Return a plain table: the first column to the left, the others to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column(first)
    for title in others:
        table.add_column(title, justify="right")
    return table


def show_note(note: str, console: Console) -> None:
    """Show a note, unless it is empty."""
    if note:
        console.print(note, style="yellow", markup=False)
