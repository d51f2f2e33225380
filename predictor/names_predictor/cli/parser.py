"""Parse the command line of `names-predict` into a job."""

import argparse
import math
import os
import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from names_predictor import __version__
from names_predictor.cli.standard_output import write
from names_predictor.errors import visible
from names_predictor.formats.registry import FORMATS

if TYPE_CHECKING:
    from names_predictor.cli.job import Job

DESCRIPTION = """\
Label every name in FILES: one row in, one row out, in order.

A row has the name, its label, the probability, with --coverage the prediction
set, and the reason if there is no label (blank, undecodable, too-long,
unknown-script, low-confidence, malformed). The cells are separated by tabs in
a file or a pipe, and shown as a table in a terminal.
"""

EXAMPLES = """\
examples:
  names-predict --explain Papadopoulos
  names-predict names.txt
  names-predict customers.txt suppliers.txt.gz --output labelled.tsv
  names-predict names.txt --min-probability 0.7 --coverage 0.9
  cut -f2 people.tsv | names-predict --top-k 3 > labels.tsv
  names-predict people.csv --column first_name --column last_name
  names-predict people.xlsx --column surname --output labelled.xlsx
  names-predict people.json --column name.last --format csv > labelled.csv
  names-predict people/ --column surname --output labelled.parquet
  names-predict names.txt --artifacts hf://owner/model
  names-predict --engine ray 's3://bucket/people/*.parquet' \\
    --column surname --output labelled
"""


class _OneLineParser(argparse.ArgumentParser):
    """A parser whose errors are one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {visible(message)}{self._meant(message)}: see {self.prog} --help\n")

    def _meant(self, message: str) -> str:
        """Return a hint at the option most similar to an unknown one."""
        unknown = re.search(r"arguments: (--[\w-]+)", message)
        if not unknown:
            return ""
        from difflib import get_close_matches

        close = get_close_matches(unknown[1], self._option_string_actions, 1)
        return f": did you mean {close[0]}?" if close else ""

    def _print_message(self, message: str, file: Any = None) -> None:
        """Print the help or the version; argparse itself would not report a full disk."""
        if sys.stdout and file is sys.stdout:
            write([message.encode()])
        else:
            super()._print_message(message, file)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line.

    The `dest` of an option is the field of the job that it sets, which has the default.

    It is argparse rather than Typer, whose import takes a quarter of the time of labelling a name.
    """
    of_all = _OneLineParser(
        "names-predict",
        usage="names-predict [OPTIONS] [FILES ...]",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        # A fixed width, since argparse would import shutil to get the width of the terminal.
        formatter_class=partial(argparse.RawDescriptionHelpFormatter, width=78),
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,
    )
    # fmt: off
    add = of_all.add_argument
    add("paths", nargs="*", metavar="FILES",
        help="text with a name per line, or tables (see --column), or folders of such files; "
        "- or nothing: standard input")
    add("--version", action="version", version=f"names-predict {__version__}")

    add = of_all.add_argument_group("the model").add_argument
    add("--artifacts", dest="folder", type=Path, metavar="DIR",
        help="folder with model.onnx and vocab.json, or a model on the Hugging Face Hub: "
        "hf://owner/model@commit (default: $NAMES_ARTIFACTS, else artifacts if it holds a model, "
        "else the bundled model)")
    add("--list-labels", action="store_true", help="print the labels of the model, one per line")
    add("--labels", type=_labels, metavar="A,B,C",
        help="predict only these, separated by commas; put a label with a comma in double quotes")
    add("--prior", type=Path, metavar="FILE",
        help="frequency of each label in your population: lines of label, tab or comma, number")
    add("--threads", type=_whole(0), metavar="N",
        help="number of threads (default: 0, all processors)")

    add = of_all.add_argument_group("the predictions").add_argument
    add("--top-k", type=_whole(1), metavar="K", help="number of labels per name, likeliest first")
    add("--min-probability", type=_fraction, metavar="P",
        help="leave the label empty below this probability")
    add("--coverage", type=_coverage, metavar="C",
        help="add the prediction set that contains the right label this often, such as 0.9")
    add("--distribution", action="store_true",
        help="add the probability of each label, as p_LABEL, after the labels of --top-k")
    add("--codes", action="store_true",
        help="add the ISO 639-3 code of each label, as code")
    add("--explain", metavar="NAME",
        help="show the evidence for the label of one name, by word and letter")

    add = of_all.add_argument_group("the input").add_argument
    add("--column", dest="columns", action="append", metavar="COLUMN",
        help="column of the names in CSV, TSV, JSON, Parquet or Excel; several are joined; "
        "name.last is a field of name; all other columns are kept")
    add("--input-format", choices=FORMATS, metavar="FORMAT",
        help=f"{', '.join(FORMATS)} (default: by the ending, else csv with --column, "
        "--delimiter or --no-header, else text)")
    add("--delimiter", type=_delimiter, metavar="CHAR",
        help="delimiter of CSV: one character, or tab (default: detected)")
    add("--no-header", dest="header", action="store_false",
        help="the table has no header; columns are numbered from 1")
    add("--sheet", metavar="NAME",
        help="sheet of an Excel workbook that has several")
    add("--null-value", dest="null_values", action="append", metavar="TEXT",
        help="treat cells with this text, such as NULL, as blank; may be repeated")
    add("--encoding", metavar="NAME",
        help="encoding of text, such as latin-1 or utf-16 (default: utf-8)")
    add("--errors", choices=["strict", "flag"], metavar="HOW",
        help="strict: stop at a row that cannot be read (default); flag: keep it, with the "
        "reason undecodable or malformed")
    add("--verbose", action="store_true", help="quote undecodable bytes in errors")

    add = of_all.add_argument_group("the output").add_argument
    add("--output", type=_output, metavar="FILE",
        help="output file (default: -, standard output)")
    add("--format", choices=FORMATS, metavar="FORMAT",
        help="output format (default: by the ending of --output, else that of the input)")
    add("--prefix", type=_printable, metavar="TEXT",
        help="prefix of the new columns")
    add("--resume", action="store_true", help="resume an interrupted --output")
    add("--spreadsheet-safe", action="store_true",
        help="put ' before text such as =cmd in any column, so that spreadsheets do not run it")
    add("--hash-names", action="store_true",
        help="replace names by a salted hash (HMAC-SHA-256); the salt is $NAMES_SALT or random")

    add = of_all.add_argument_group("clusters").add_argument
    add("--engine", choices=["local", "ray"], metavar="ENGINE",
        help="local (default), or ray: label a pattern of Parquet files on a Ray cluster")
    # fmt: on
    return of_all


def parse(arguments: Sequence[str] | None = None) -> "Job":
    """Parse a command line; if argparse rejects it, the process exits with code 2.

    Args:
        arguments: The arguments; None for those of this process.

    Raises:
        NamesError: Options contradict each other, or one is invalid.

    """
    of_all = parser()
    if "_ARGCOMPLETE" in os.environ:  # a shell asks for completions
        import argcomplete

        argcomplete.autocomplete(of_all)
    words = list(sys.argv[1:] if arguments is None else arguments)
    end = words.index("--") if "--" in words else len(words)
    # Files and options may alternate; argparse then does not know that only files follow a --.
    given: dict[str, Any] = vars(of_all.parse_intermixed_args(words[:end]))
    if after := words[end + 1 :]:
        given["paths"] = [*given.get("paths", ()), *after]
    from names_predictor.cli.job import job_of  # imported late, since --help needs none of it

    option_of = {
        action.dest: action.option_strings[0] for action in of_all._actions if action.option_strings
    }
    return job_of(given, option_of)


def _whole(lowest: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or int(text) < lowest:
            raise argparse.ArgumentTypeError(f"give a whole number from {lowest}")
        return int(text)

    return number


def _delimiter(text: str) -> str:
    character = {"tab": "\t", "\\t": "\t"}.get(text.lower(), text)
    if len(character) != 1 or character in '\r\n"':
        raise argparse.ArgumentTypeError("give one character, or tab")
    return character


def _output(text: str) -> str | None:
    if not text:
        raise argparse.ArgumentTypeError("give the name of a file")
    return None if text == "-" else text


def _printable(text: str) -> str:
    if not text.isprintable():
        raise argparse.ArgumentTypeError("give printable text")
    return text


def _labels(text: str) -> tuple[str, ...]:
    import csv  # not needed for most jobs

    try:
        given = next(csv.reader([text], skipinitialspace=True), [])
    except csv.Error:
        what = "give labels separated by commas, on one line"
        raise argparse.ArgumentTypeError(what) from None
    return tuple(label.strip() for label in given if label.strip())


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _fraction(text: str) -> float:
    if not 0 <= (value := _number(text)) <= 1:
        raise argparse.ArgumentTypeError("give a number from 0 to 1")
    return value


def _coverage(text: str) -> float:
    if not 0 < (value := _number(text)) < 1:
        raise argparse.ArgumentTypeError("give a number between 0 and 1")
    return value
