"""The command `names-predict`."""

import argparse
import hashlib
import os
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from stat import S_ISFIFO, S_ISREG
from typing import TYPE_CHECKING, Any

from names_predictor import __version__
from names_predictor.errors import NamesError
from names_predictor.options import parser

if TYPE_CHECKING:
    from names_predictor.answers import Asked
    from names_predictor.model import NamePredictor

EXPLAIN_TAKES = {"explain", "artifacts", "prior", "threads", "verbose"}


def predict(options: argparse.Namespace) -> None:
    """Label the files as the options say."""
    # Not at the top: --help must not wait for onnxruntime.
    from names_predictor.inputs import check_encoding, read_prior

    check_encoding(options.encoding)
    options.salt = _salt(options) if options.hash_names else None
    # Read once: it may be a pipe.
    options.prior = read_prior(options.prior) if options.prior else None
    if options.engine == "ray":
        _predict_with_ray(options)
        return
    if sys.stdout is None and not options.output:
        raise NamesError("standard output: is closed: name a file with --output")
    _check_together(options)
    from names_predictor.model import NamePredictor

    # Of one thread: several blocks are worked on at once, and that keeps all processors busy.
    predictor = NamePredictor.load(options.artifacts, 1, options.prior)
    if options.explain is not None:
        _to_standard_output([_explanation(predictor, options.explain)])
        return
    from names_predictor.answers import Asked
    from names_predictor.formats import input_format, output_format

    asked = Asked(
        options.top_k, options.min_probability, options.coverage, options.distribution,
        options.prefix,
    )  # fmt: skip
    asked.answers(predictor, [])  # an impossible option is told before any input is read
    options.files = options.files or ["-"]
    options.source = input_format(options)
    options.target = output_format(options)
    if options.output:
        _write_file(options, predictor, asked)
    elif sys.stdout.isatty() and options.target == "parquet":
        raise NamesError("parquet is nothing for a terminal: give --output or another --format")
    elif sys.stdout.isatty() and options.target == "text" and not options.distribution and _rich():
        _to_standard_output(_tables(options, predictor, asked))
    else:
        _to_standard_output(content for content, _ in _labelled(options, predictor, asked))


def _to_standard_output(contents: Iterable[bytes]) -> None:
    try:
        for content in contents:
            sys.stdout.buffer.write(content)
            sys.stdout.flush()
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as problem:
        raise NamesError(f"standard output: cannot be written: {problem.strerror}") from None


def _rich() -> bool:
    """Whether rich is here: a small image may leave it out."""
    from importlib.util import find_spec

    return find_spec("rich") is not None


def _check_together(options: argparse.Namespace) -> None:
    """Raise `NamesError` for options that need others, or exclude them."""
    if options.prefix and not options.column:
        raise NamesError("--prefix: only with --column")
    if options.explain is not None:
        if options.files:
            raise NamesError("--explain: takes one name: leave out the files")
        for option, default in vars(parser().parse_args([])).items():
            if option not in EXPLAIN_TAKES and getattr(options, option) != default:
                shown = option.replace("_", "-")
                raise NamesError(f"--explain: shows one name on the screen: leave out --{shown}")
    if options.resume and not options.output:
        raise NamesError("--resume: only with --output, which holds what was done")


def _explanation(predictor: "NamePredictor", name: str) -> bytes:
    if not _rich():
        raise NamesError("--explain needs rich: pip install rich")
    from names_predictor.explain import explain, print_explanation
    from names_predictor.terminal import drawn

    explanation = explain(predictor, name)
    return drawn(partial(print_explanation, explanation))


def _salt(options: argparse.Namespace) -> bytes:
    import secrets

    given = os.fsencode(os.environ.get("NAMES_SALT", ""))
    if options.resume and not given:
        raise NamesError("--resume: the random salt is gone: set NAMES_SALT and start again")
    return given or secrets.token_bytes(16)


def _tables(
    options: argparse.Namespace, predictor: "NamePredictor", asked: "Asked"
) -> Iterator[bytes]:
    from names_predictor.formats import reader_of
    from names_predictor.rows import shown_name
    from names_predictor.terminal import drawn, print_table

    show, with_sets = shown_name(options.spreadsheet_safe, options.salt), asked.coverage is not None
    for block in reader_of(options, asked.columns(predictor.labels)).blocks(options.files):
        predictions = predictor.predict(
            block.names, asked.top_k, asked.min_probability, asked.coverage
        )
        yield drawn(partial(print_table, predictions=predictions, with_sets=with_sets, show=show))


def _labelled(
    options: argparse.Namespace, predictor: "NamePredictor", asked: "Asked", done: int = 0
) -> Iterator[tuple[bytes, int]]:
    """Yield the content of each block but the first `done`, and the number of its rows."""
    from names_predictor.formats import labelled_blocks

    labelled = labelled_blocks(options, predictor, asked, done)
    if sys.stderr.isatty() and _rich():
        from names_predictor.terminal import counted

        labelled = counted(labelled)
    yield from labelled


def _write_file(options: argparse.Namespace, predictor: "NamePredictor", asked: "Asked") -> None:
    from names_predictor.outputs import companions, open_output

    path = Path(options.output)
    try:
        # Not `resolve`, which raises two kinds of errors for links that go round.
        special = not S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        special = False
    except OSError as problem:
        raise NamesError(f"{path}: cannot be written: {problem.strerror}") from None
    if special:  # a pipe, a terminal: nothing to put in its place
        if options.resume:
            raise NamesError(f"--resume: {path} is no file to go on with: leave it out")
        try:
            with path.open("wb") as file:
                for content, _ in _labelled(options, predictor, asked):
                    file.write(content)
        except OSError as problem:
            raise NamesError(f"{path}: cannot be written: {problem.strerror}") from None
        return
    continued = options.target != "parquet"  # its end says what stands where: a part is no file
    if options.resume and not continued:
        raise NamesError("--resume: a parquet file can't be gone on with: give another --format")
    job = _job(options, predictor)
    written = set(map(str, companions(path.resolve())))
    if taken := [given for given, *_ in job["inputs"] if given in written]:
        raise NamesError(f"{taken[0]}: would be overwritten on the way: name another --output")
    with open_output(path, job, options.resume, continued) as part:
        for content, rows in _labelled(options, predictor, asked, part.blocks):
            part.write(content, rows)


def _job(options: argparse.Namespace, predictor: "NamePredictor") -> dict[str, Any]:
    """Return what the rows of an output depend on, to tell one job from another."""
    files = [Path(path) for path in options.files if path != "-"]
    try:
        # Before `resolve`, which raises two kinds of errors for links that go round.
        states = [path.stat() for path in files]
        paths = [str(path.resolve()) for path in files]
    except OSError as problem:
        raise NamesError(f"{problem.filename}: cannot be read: {problem.strerror}") from None
    if options.resume and ("-" in options.files or any(S_ISFIFO(s.st_mode) for s in states)):
        raise NamesError("--resume: a pipe or standard input can't be read again: name the files")
    rest = (
        "top_k", "min_probability", "coverage", "encoding", "errors", "spreadsheet_safe",
        "column", "prefix", "distribution", "input_format", "target",
    )  # fmt: skip
    return {
        "version": __version__,
        "model": predictor.artifact.digest,
        "inputs": [
            [path, state.st_size, state.st_mtime_ns]
            for path, state in zip(paths, states, strict=True)
        ],
        "prior": options.prior,
        "salt": options.salt and hashlib.sha256(options.salt).hexdigest()[:8],
    } | {name: getattr(options, name) for name in rest}


def _predict_with_ray(options: argparse.Namespace) -> None:
    for given, option in (
        (options.hash_names, "--hash-names"),
        (options.spreadsheet_safe, "--spreadsheet-safe"),
        (options.resume, "--resume"),
        (options.explain is not None, "--explain"),
    ):
        if given:
            raise NamesError(f"--engine ray: can't {option}: leave one of both out")
    if {options.format, options.input_format} - {None, "parquet"}:
        raise NamesError("--engine ray: reads and writes parquet: leave out the other format")
    if len(options.files) != 1 or len(options.column or []) != 1 or not options.output:
        raise NamesError(
            "--engine ray: give one pattern in quotes, such as 'people/*.parquet', "
            "--column, and --output with a folder"
        )
    from names_predictor.artifact import chosen_folder
    from names_predictor.distributed import NameLabeller
    from names_predictor.ray_engine import predict_with_ray

    labeller = NameLabeller(
        options.artifacts or chosen_folder(), options.column[0], options.top_k,
        options.min_probability, options.coverage, options.prior, options.prefix,
        options.distribution,
    )  # fmt: skip
    done = predict_with_ray(options.files[0], options.output, labeller)
    sys.stderr.write(f"{done.files:,} files, {done.rows:,} rows, {done.seconds:.1f} s\n")


def _can_go_on(options: argparse.Namespace) -> bool:
    """Whether --resume takes up an --output that was cut off now."""
    files = options.files and "-" not in options.files
    whole_only = getattr(options, "target", "parquet") == "parquet"
    lost_salt = options.hash_names and "NAMES_SALT" not in os.environ
    return bool(options.output and files) and not whole_only and not lost_salt


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
        red, plain = ("\033[31m", "\033[0m") if sys.stderr.isatty() else ("", "")
        sys.stderr.write(f"{red}error: {error}{plain}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        how = "; go on with --resume" if _can_go_on(options) else ""
        sys.stderr.write(f"stopped{how}\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
