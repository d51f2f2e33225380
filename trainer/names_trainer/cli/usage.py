"""Errors in the usage of `names`, each as one line."""

import re
from difflib import get_close_matches
from typing import Any

import typer

UsageError: type[Exception] = typer.BadParameter.__bases__[0]
"""The exception for unknown commands, options and values, which Typer does not export."""


def usage_line(error: Any) -> str:
    """Return a usage error as one line with a hint at what may be meant.

    It is empty after `names` alone, which prints the help.
    """
    if not error.format_message():
        return ""
    command = error.ctx.command_path if error.ctx else "names"
    return f"{_problem(error)}: see {command} --help"


def _problem(error: Any) -> str:
    option = getattr(error, "option_name", "")
    if close := get_close_matches(option, getattr(error, "possibilities", None) or (), 1, 0):
        return f"no such option: {option}: did you mean {close[0]}?"
    if type(error) is typer.BadParameter and error.param:
        # The words of Pydantic, which checks the value.
        problem = error.message.removeprefix("Value error, ").rstrip(".")
        if problem.startswith("Input should be "):
            problem = f"must be {problem.removeprefix('Input should be ').split(', ')[0]}"
        return f"{error.param.opts[0]}: {problem}"
    message = error.format_message().rstrip(".").replace(". Did you mean", ": did you mean")
    if extra := re.search(r"unexpected extra argument\S* \((.+)\)", message):
        has_data = any("--data" in parameter.opts for parameter in error.ctx.command.params)
        meant = f": did you mean --data {extra[1]}?" if has_data else ""
        return f"unexpected argument: {extra[1]}{meant}"
    return str(message[:1].lower() + message[1:])
