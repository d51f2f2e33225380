"""The help of `names`: commands and groups whose flags do not look as if they took a value."""

from typing import Any

from typer.core import TyperCommand, TyperGroup

COMMANDS = ("data", "train", "evaluate", "export", "inspect", "demo-page", "study", "release")
"""The commands in the order of `names --help`, which is that of their use."""


class Command(TyperCommand):
    """A command whose flags have no type in the help."""

    def get_params(self, ctx: Any) -> Any:
        """Return the parameters, `--help` included."""
        return _without_types(super().get_params(ctx))


class Group(TyperGroup):
    """A group whose flags have no type in the help."""

    def get_params(self, ctx: Any) -> Any:
        """Return the parameters, `--help` included."""
        return _without_types(super().get_params(ctx))


class Commands(Group):
    """The group of all commands, in the order of their use."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the commands."""
        return sorted(super().list_commands(ctx), key=COMMANDS.index)


def _without_types(parameters: Any) -> Any:
    for parameter in parameters:
        if getattr(parameter, "is_flag", False) and parameter.metavar is None:
            parameter.metavar = ""
    return parameters
