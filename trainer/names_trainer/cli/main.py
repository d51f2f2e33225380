"""The command `names`; each other module has some of its commands."""

import os
import sys
from io import TextIOWrapper
from typing import Annotated

import typer

from names_predictor.cli.interrupts import stop_once
from names_predictor.cli.standard_output import discard
from names_predictor.errors import NamesError, has_style
from names_trainer import __version__
from names_trainer.cli.artifact import artifact_app, release_app
from names_trainer.cli.data import data_app
from names_trainer.cli.evaluate import evaluate_app
from names_trainer.cli.help import Group
from names_trainer.cli.messages import print_error
from names_trainer.cli.page import page_app
from names_trainer.cli.study import study_app
from names_trainer.cli.train import train_app
from names_trainer.cli.usage import UsageError, usage_line
from names_trainer.export.date import export_date

CLOSED_PIPE = 141
"""The exit code if the reader of the output, such as `head`, closes it: that of SIGPIPE."""

app = typer.Typer(
    cls=Group,
    rich_markup_mode="rich",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Train a model that labels names, evaluate it, and export it for names-predict.",
)
app.add_typer(data_app, name="data")
for commands in (train_app, evaluate_app, artifact_app, page_app, study_app, release_app):
    app.add_typer(commands)  # in the order of their use, which is that of the help


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"names {__version__}")
        raise typer.Exit


@app.callback()
def names(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Accept the options before a command."""


def _use_utf8() -> None:
    """Use UTF-8 for file names, arguments and output, whatever the locale.

    Python chooses the encoding of file names when it starts. If it is another one, the process
    starts again in Python's UTF-8 mode.
    """
    if sys.getfilesystemencoding() != "utf-8" and sys.executable:
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
    for stream, errors in ((sys.stdout, "replace"), (sys.stderr, "backslashreplace")):
        if isinstance(stream, TextIOWrapper):  # PYTHONIOENCODING may set another one
            stream.reconfigure(encoding="utf-8", errors=errors)


def main() -> None:
    """Run the command line; an error is one line, with exit code 2, or 1 for a failed check."""
    _use_utf8()
    # Plots are files and need no backend, and matplotlib refuses to load with an unknown one.
    os.environ.pop("MPLBACKEND", None)
    stop_once()
    if not has_style():
        from typer import rich_utils

        rich_utils.COLOR_SYSTEM = None  # of the help
    try:
        export_date()  # packages fail on an invalid one, too
        sys.exit(app(prog_name="names", standalone_mode=False))
    except SystemExit as ended:
        if isinstance(ended.__context__, BrokenPipeError):  # rich and Typer end with 1
            sys.exit(CLOSED_PIPE)
        raise
    except UsageError as error:
        if line := usage_line(error):
            print_error(line)
        sys.exit(2)
    except NamesError as error:
        print_error(error)
        sys.exit(getattr(error, "exit_code", 2))
    except OSError as error:  # a full disk, a folder that is read-only
        print_error(f"{error.filename or 'the output'}: {error.strerror}")
        try:
            if sys.stdout:
                sys.stdout.flush()
        except OSError:
            discard()
        sys.exit(2)
    except (MemoryError, RuntimeError) as error:  # numpy's and torch's
        if isinstance(error, RuntimeError) and "DefaultCPUAllocator" not in str(error):
            raise
        print_error("not enough memory: give a lower --batch-size, a smaller model or fewer names")
        sys.exit(2)
