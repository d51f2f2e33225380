"""Tables and notes of all views."""

from rich.console import Console
from rich.table import Table


def new_table(*titles: str, left: int = 1) -> Table:
    """Return a plain table whose first `left` columns are aligned left, the others right."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for i, title in enumerate(titles):
        table.add_column(title, justify="left" if i < left else "right")
    return table


def show_note(note: str, console: Console) -> None:
    """Show a note, unless it is empty."""
    if note:
        console.print(note, style="yellow", markup=False)


def counted(number: int, noun: str) -> str:
    """Return a number of things, such as "1 row" or "2,000 rows"."""
    return f"{number:,} {noun}{'s' * (number != 1)}"
