"""The options of `names-predict`."""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NoReturn

from names_predictor import __version__

DESCRIPTION = """\
Label every name in FILES: one row in, one row out, in order.

A row is name, label, probability, with --coverage the possible labels, and, where
no label can be given, the reason (blank, undecodable, too-long, unknown-script,
low-confidence); tab-separated in a file or a pipe, a table in a terminal.
"""

FORMATS = ("text", "csv", "tsv", "jsonl", "parquet")

EXAMPLES = """\
examples:
  names-predict names.txt
  names-predict customers.txt suppliers.txt.gz --output labelled.tsv
  names-predict names.txt --min-probability 0.7 --coverage 0.9
  cut -f2 people.tsv | names-predict --top-k 3 > labels.tsv
  names-predict --explain Papadopoulos
  names-predict people.csv --column first_name --column last_name --output labelled.csv
  names-predict people.jsonl --column name --format csv > labelled.csv
  names-predict --engine ray 's3://bucket/people/*.parquet' --column surname --output labelled
"""


class _OneLineParser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line, without the usage before it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {message}: see names-predict --help\n")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line.

    It is not Typer's, as that of `names` is: importing Typer takes a quarter of the time in which
    this command can label a name.
    """
    of_all = _OneLineParser(
        "names-predict",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        # Of a given width: to ask for the terminal's, argparse imports half of shutil's archives.
        formatter_class=partial(argparse.RawDescriptionHelpFormatter, width=88),
        allow_abbrev=False,
    )
    # fmt: off
    add = of_all.add_argument
    add("files", nargs="*", metavar="FILES",
        help="a name a line, or tables: see --column; - or nothing: standard input")
    add("--version", action="version", version=f"names-predict {__version__}")

    add = of_all.add_argument_group("the model").add_argument
    add("--artifacts", type=Path, metavar="DIR",
        help="folder with model.onnx and vocab.json (default: $NAMES_ARTIFACTS, else artifacts "
        "if it holds a model, else the model that comes with names-predict)")
    add("--prior", type=Path, metavar="FILE",
        help="label shares of your population: lines of label, tab or comma, share")
    add("--threads", type=_whole(0), default=0, metavar="N",
        help="threads to compute with (default: all processors)")

    add = of_all.add_argument_group("the answer").add_argument
    add("--top-k", type=_whole(1), default=1, metavar="K", help="labels to give a name, best first")
    add("--min-probability", type=_share, default=0.0, metavar="P",
        help="leave the label empty below this probability")
    add("--coverage", type=float, metavar="C",
        help="add the labels among which the right one is this often, such as 0.9")
    add("--distribution", action="store_true",
        help="add every label's probability, as p_LABEL, behind the labels of --top-k")
    add("--explain", metavar="NAME", help="show how one name gets its label, letter by letter")

    add = of_all.add_argument_group("the files").add_argument
    add("--column", action="append", metavar="COLUMN",
        help="read CSV, TSV, JSON lines or parquet: the names are in this column (or several, "
        "joined); the other columns stay")
    add("--input-format", choices=FORMATS,
        help="of the input (default: by the ending, else csv with --column, else text)")
    add("--format", choices=FORMATS,
        help="of the output (default: by the ending of --output, else the input's)")
    add("--prefix", type=_printable, default="",
        help="what the names of the new columns begin with")
    add("--encoding", default="utf-8", metavar="NAME",
        help="of the input, such as latin-1 or utf-16 (default: utf-8)")
    add("--errors", choices=["strict", "flag"], default="strict",
        help="stop at bytes that are not of the encoding, or flag their rows as undecodable")
    add("--output", type=_output, metavar="FILE",
        help="write here instead of to standard output, which is - too")
    add("--resume", action="store_true", help="go on with an --output that was cut off")
    add("--spreadsheet-safe", action="store_true",
        help="put ' before names such as =cmd, so that no spreadsheet runs them")
    add("--hash-names", action="store_true",
        help="write a salted hash (HMAC-SHA-256) for each name; the salt is $NAMES_SALT or random")
    add("--verbose", action="store_true", help="let an error quote the input; otherwise none does")

    add = of_all.add_argument_group("past one machine").add_argument
    add("--engine", choices=["local", "ray"], default="local",
        help="compute here, or label a pattern of parquet files on a Ray cluster")
    # fmt: on
    return of_all


def _whole(least: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"give a whole number from {least}")
        return int(text)

    return number


def _output(text: str) -> str | None:
    if not text:
        raise argparse.ArgumentTypeError("give the name of a file")
    return None if text == "-" else text


def _printable(text: str) -> str:
    if not text.isprintable():
        raise argparse.ArgumentTypeError("give text that can be printed")
    return text


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError("give a number from 0 to 1")
    return value
