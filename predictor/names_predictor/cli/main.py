"""The command `names-predict`."""

import argparse
import os
import sys
import threading
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from names_predictor.cli.interrupts import stop_once
from names_predictor.cli.parser import parser
from names_predictor.errors import NamesError, has_style, visible

if TYPE_CHECKING:
    from names_predictor.cli.job import PredictJob
    from names_predictor.inference.predictor import NamePredictor

ALONE = {
    "explain": {"explain", "artifacts", "labels", "prior", "threads", "verbose"},
    "list_labels": {"list_labels", "artifacts", "verbose"},
}
"""Options that are a whole job, and the others that they take."""


def predict(options: argparse.Namespace) -> None:
    """Do what the options say: label files, explain one name, list the labels."""
    # Not at the top: --help must not wait for onnxruntime.
    from names_predictor.formats.decoding import check_encoding, read_prior

    for option in ALONE:
        if getattr(options, option) not in (None, False):
            _check_alone(options, option)
    check_encoding(options.encoding)
    salt = _salt(options) if options.hash_names else None
    # Read once: it may be a pipe.
    prior = read_prior(options.prior) if options.prior else None
    if options.engine == "ray":
        from names_predictor.cli.cluster import predict_on_cluster

        predict_on_cluster(options, prior)
        return
    if sys.stdout is None and not options.output:
        raise NamesError("standard output: is closed: name a file with --output")
    if options.resume and not options.output:
        raise NamesError("--resume: only with --output, which holds what was done")
    _check_files(options.files)
    from names_predictor.artifact.store import RELEASED, chosen_folder
    from names_predictor.cli import streams
    from names_predictor.inference.predictor import NamePredictor

    folder = options.artifacts or chosen_folder()
    # Of one thread: several blocks are worked on at once, and that keeps all processors busy.
    predictor = NamePredictor.load(folder, 1, prior, options.labels)
    name = "the bundled model" if folder == RELEASED else f"the model in {folder}"
    model = f"{name} ({len(predictor.labels)} labels)"
    if options.list_labels:
        streams.write([f"{label}\n".encode() for label in predictor.labels])
    elif options.explain is not None:
        explanation = streams.explanation(predictor, options.explain)
        streams.say(model)
        streams.write([explanation])
    else:
        streams.run(_job(options, predictor, salt, prior), predictor, model)


def _job(
    options: argparse.Namespace,
    predictor: "NamePredictor",
    salt: bytes | None,
    prior: dict[str, float] | None,
) -> "PredictJob":
    """Return the job that the options ask for; an impossible one is reported before any input."""
    from names_predictor.cli.job import PredictJob
    from names_predictor.formats.base import InputOptions
    from names_predictor.formats.registry import folder_columns, input_files, output_format
    from names_predictor.inference.options import Asked

    asked = Asked(
        options.top_k, options.min_probability, options.coverage, options.distribution,
        options.prefix,
    )  # fmt: skip
    asked.answers(predictor, [])
    is_table = bool(options.column or options.delimiter or options.no_header)
    given = options.files or ["-"]
    files = input_files(given, options.input_format, is_table, options.encoding)
    if hidden := folder_columns(given, files.paths):
        listed = visible(", ".join(hidden))
        sys.stderr.write(f"note: {listed}: in the folders' names only, so not in the output\n")
    _check_format(options, files.format)
    return PredictJob(
        files=files,
        input=InputOptions(
            columns=tuple(options.column or ()),
            encoding=options.encoding,
            errors=options.errors,
            verbose=options.verbose,
            header=not options.no_header,
            delimiter=options.delimiter or "",
            sheet=options.sheet,
            null_values=frozenset(text.strip() for text in options.null_value or ()),
            is_list=options.input_format == "text",
        ),
        asked=asked,
        target=output_format(files.format, options.format, options.output),
        output=options.output,
        resume=options.resume,
        salt=salt,
        spreadsheet_safe=options.spreadsheet_safe,
        prior=prior,
        labels=options.labels,
        threads=options.threads,
    )


def _check_format(options: argparse.Namespace, format: str) -> None:
    """Raise `NamesError` for an option that files of this format have no use for."""
    for given, option, formats in (
        (options.column, "--column", {"csv", "tsv", "json", "jsonl", "parquet", "xlsx"}),
        (options.prefix, "--prefix", {"csv", "tsv", "json", "jsonl", "parquet", "xlsx"}),
        (options.delimiter, "--delimiter", {"csv", "tsv"}),
        (options.no_header, "--no-header", {"csv", "tsv", "xlsx"}),
        (options.sheet, "--sheet", {"xlsx"}),
    ):
        if given and format not in formats:
            kind = "a plain list" if format == "text" else format
            raise NamesError(
                f"{option}: {kind} has no use for it: leave it out, or give another --input-format"
            )


def _check_alone(options: argparse.Namespace, alone: str) -> None:
    """Raise `NamesError` for files, or an option that does not go with `alone`."""
    shown = alone.replace("_", "-")
    if options.files:
        raise NamesError(f"--{shown}: takes no files: leave them out")
    for option, default in vars(parser().parse_args([])).items():
        if option not in ALONE[alone] and getattr(options, option) != default:
            raise NamesError(
                f"--{shown}: does not go with --{option.replace('_', '-')}: leave it out"
            )


def _check_files(files: list[str]) -> None:
    """Raise `NamesError` for files that are not there, and say what may be meant."""
    missing = [path for path in files if path != "-" and not os.path.lexists(path)]
    if not missing:
        return
    if all(part.isalpha() for path in files for part in path.replace("-", " ").split()):
        import shlex

        name = " ".join(files)
        raise NamesError(
            f"{name}: no such file: to label one name, names-predict --explain {shlex.quote(name)}"
        )
    from difflib import get_close_matches

    path = Path(missing[0])
    there = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
    close = get_close_matches(path.name, there, 1, cutoff=0.75)
    hint = f": did you mean {path.with_name(close[0])}?" if close else ""
    raise NamesError(f"{path}: cannot be read: No such file or directory{hint}")


def _salt(options: argparse.Namespace) -> bytes:
    import secrets

    given = os.fsencode(os.environ.get("NAMES_SALT", ""))
    if options.resume and not given:
        raise NamesError("--resume: the random salt is gone: set NAMES_SALT and start again")
    return given or secrets.token_bytes(16)


def _can_resume(options: argparse.Namespace) -> bool:
    """Whether --resume can continue the --output that was cut off now."""
    if not options.output or "-" in (options.files or ["-"]) or options.engine != "local":
        return False
    if options.hash_names and "NAMES_SALT" not in os.environ:
        return False
    from names_predictor.formats.output import companions

    part, journal = companions(Path(options.output).resolve())
    return part.exists() and journal.exists()


def _fill_closed_streams() -> None:
    """Put the null device where a standard stream was closed, as by `2>&-`.

    Else the next file that is opened gets the stream's number, and what is printed ends in it.
    """
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if stream is None:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number: the stream's
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", errors="backslashreplace")


def main() -> None:
    """Run the command line; what a user can cause ends in one line and exit code 2."""
    _fill_closed_streams()
    stop_once()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace", newline="\n")
    of_all = parser()
    if "_ARGCOMPLETE" in os.environ:  # a shell asks for completions
        import argcomplete

        argcomplete.autocomplete(of_all)
    options = of_all.parse_args()
    try:
        predict(options)
    except NamesError as error:
        _print_error(str(error))
        sys.exit(2)
    except MemoryError:
        _print_error("not enough memory: give it more, or --threads 1")
        sys.exit(2)
    except KeyboardInterrupt:
        how = "; continue with --resume" if _can_resume(options) else ""
        sys.stderr.write(f"stopped{how}\n")
        sys.stderr.flush()
        if threading.active_count() > 1:
            os._exit(130)  # to wait for no block that is still computed, and then thrown away
        sys.exit(130)


def _print_error(message: str) -> None:
    colour = sys.stderr.isatty() and has_style()
    red, plain = ("\033[31m", "\033[0m") if colour else ("", "")
    sys.stderr.write(f"{red}error: {visible(message)}{plain}\n")


if __name__ == "__main__":
    main()
