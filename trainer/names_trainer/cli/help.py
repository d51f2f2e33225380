"""The help of `names`: commands and groups whose flags do not look as if they took a value."""

import re
from inspect import cleandoc
from typing import Any

from typer.core import TyperCommand, TyperGroup


class Command(TyperCommand):
    """A command whose flags have no type in the help, and whose paragraphs are filled."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help; Typer keeps the line breaks of the source in all but one paragraph."""
        self.help = re.sub(r"(?<!\n)\n(?!\n)", " ", cleandoc(self.help or ""))
        super().format_help(ctx, formatter)

    def get_params(self, ctx: Any) -> Any:
        """Return the parameters, `--help` included."""
        return _without_types(super().get_params(ctx))


class Group(TyperGroup):
    """A group whose flags have no type in the help."""

    def get_params(self, ctx: Any) -> Any:
        """Return the parameters, `--help` included."""
        return _without_types(super().get_params(ctx))


def _without_types(parameters: Any) -> Any:
    for parameter in parameters:
        if getattr(parameter, "is_flag", False) and parameter.metavar is None:
            parameter.metavar = ""
    return parameters
