"""The command `names-predict`."""

import argparse
import hashlib
import os
import sys
from collections.abc import Callable, Iterator
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from names_predictor import __version__
from names_predictor.errors import NamesError
from names_predictor.options import parser

if TYPE_CHECKING:
    from names_predictor.model import NamePredictor


def predict(options: argparse.Namespace) -> None:
    """Label the files as the options say."""
    # Not at the top: --help must not wait for onnxruntime.
    from names_predictor.inputs import check_encoding, read_prior

    check_encoding(options.encoding)
    options.salt = _salt(options) if options.hash_names else None
    shares = read_prior(options.prior) if options.prior else None
    if options.engine == "ray":
        _predict_with_ray(options, shares)
        return
    if options.prefix and not options.column:
        raise NamesError("--prefix: only with --column")
    if options.resume and not options.output:
        raise NamesError("--resume: only with --output, which holds what was done")
    from names_predictor.model import NamePredictor

    # Of one thread: several blocks are worked on at once, and that keeps all processors busy.
    predictor = NamePredictor.load(options.artifacts, 1, shares)
    if options.explain is not None:
        _explain(predictor, options.explain)
        return
    wanted: dict[str, Any] = {
        "top_k": min(options.top_k, len(predictor.labels)),
        "min_probability": options.min_probability,
        "coverage": options.coverage,
    }
    predictor.answer([], **wanted)  # an impossible option is told before any input is read
    if options.output:
        _write_file(options, predictor, wanted)
    elif sys.stdout.isatty() and not options.column:
        from names_predictor.terminal import print_tables

        answers = (predictor.predict(names, **wanted) for names in _names(options))
        print_tables(answers, options.coverage is not None, _shown(options))
    else:
        try:
            for text, _ in _labelled(options, predictor, wanted):
                sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:  # the reader, such as `head`, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except OSError as problem:
            raise NamesError(f"standard output: cannot be written: {problem.strerror}") from None


def _explain(predictor: "NamePredictor", name: str) -> None:
    from rich.console import Console

    from names_predictor.explain import explain, print_explanation

    print_explanation(explain(predictor, name), Console(highlight=False))


def _shown(options: argparse.Namespace) -> Callable[[str], str]:
    from names_predictor.rows import shown_name

    return shown_name(options.spreadsheet_safe, options.salt, bool(options.column))


def _salt(options: argparse.Namespace) -> bytes:
    import secrets

    given = os.environ.get("NAMES_SALT", "").encode()
    if options.resume and not given:
        raise NamesError("--resume: the random salt is gone: set NAMES_SALT and start again")
    return given or secrets.token_bytes(16)


def _names(options: argparse.Namespace) -> Iterator[list[str]]:
    """Read file after file, a block at a time."""
    from names_predictor.inputs import open_input, read_names

    for path in options.files or ["-"]:
        with open_input(path) as file:
            yield from read_names(file, path, *_decoding(options))


def _labelled(
    options: argparse.Namespace, predictor: "NamePredictor", wanted: dict[str, Any], done: int = 0
) -> Iterator[tuple[str, int]]:
    """Yield the text of each block but the first `done`, and the number of its rows."""
    from names_predictor.model import available_processors
    from names_predictor.rows import in_order

    label, blocks = (_of_table if options.column else _of_lines)(options, predictor, wanted)
    threads = options.threads or available_processors()
    labelled = in_order(label, islice(blocks, done, None), threads)
    if sys.stderr.isatty():
        from names_predictor.terminal import counted

        labelled = counted(labelled)
    yield from labelled


def _of_lines(
    options: argparse.Namespace, predictor: "NamePredictor", wanted: dict[str, Any]
) -> tuple[Callable[[Any], tuple[str, int]], Iterator[Any]]:
    """Return how a block of lines is labelled, and the blocks."""
    from names_predictor.rows import Cache, cells_of

    show = _shown(options)

    def new_lines(names: list[str]) -> list[str]:
        cells = cells_of(predictor.answer(names, **wanted), predictor.labels)
        return ["\t".join((show(name), *c)) + "\n" for name, c in zip(names, cells, strict=True)]

    cache = Cache(new_lines)

    def label(names: list[str]) -> tuple[str, int]:
        return "".join(cache.of(names)), len(names)

    return label, _names(options)


def _of_table(
    options: argparse.Namespace, predictor: "NamePredictor", wanted: dict[str, Any]
) -> tuple[Callable[[Any], tuple[str, int]], Iterator[Any]]:
    """Return how a block of records is labelled, and the blocks."""
    from names_predictor.inputs import decoded_blocks, open_input
    from names_predictor.rows import Cache, cells_of
    from names_predictor.tables import Block, Table, added_columns

    added = added_columns(wanted["top_k"], options.coverage is not None, options.prefix)
    table = Table(options.column, added)
    cache = Cache(lambda names: cells_of(predictor.answer(names, **wanted), predictor.labels))
    show, hashed = _shown(options), bool(options.salt)

    def label(block: Block) -> tuple[str, int]:
        cells = cache.of(table.names(block.records))
        return table.written(block, cells, show, hashed), len(block.records)

    def blocks() -> Iterator[Block]:
        for path in options.files or ["-"]:
            with open_input(path) as file:
                yield from table.blocks(decoded_blocks(file, path, *_decoding(options)), path)

    return label, blocks()


def _decoding(options: argparse.Namespace) -> tuple[str, str, bool]:
    errors = "replace" if options.errors == "flag" else "strict"
    return options.encoding, errors, options.verbose


def _write_file(
    options: argparse.Namespace, predictor: "NamePredictor", wanted: dict[str, Any]
) -> None:
    from names_predictor.outputs import open_output

    path = Path(options.output)
    if path.exists() and not path.is_file():  # a pipe, a terminal: nothing to put in its place
        try:
            with path.open("w", encoding="utf-8", newline="\n") as file:
                for text, _ in _labelled(options, predictor, wanted):
                    file.write(text)
        except OSError as problem:
            raise NamesError(f"{path}: cannot be written: {problem.strerror}") from None
        return
    with open_output(path, _job(options, predictor), options.resume) as part:
        for text, rows in _labelled(options, predictor, wanted, part.blocks):
            part.write(text, rows)


def _job(options: argparse.Namespace, predictor: "NamePredictor") -> dict[str, Any]:
    """Return what the rows of an output depend on, to tell one job from another."""
    if options.resume and (not options.files or "-" in options.files):
        raise NamesError("--resume: standard input can't be read again: name the files")
    files = [Path(path) for path in options.files if path != "-"]
    try:
        states = [(str(path.resolve()), path.stat()) for path in files]
    except OSError as problem:
        raise NamesError(f"{problem.filename}: cannot be read: {problem.strerror}") from None
    rest = (
        "top_k", "min_probability", "coverage", "encoding", "errors", "spreadsheet_safe",
        "column", "prefix",
    )  # fmt: skip
    return {
        "version": __version__,
        "model": predictor.artifact.digest,
        "inputs": [[path, state.st_size, state.st_mtime_ns] for path, state in states],
        "prior": options.prior and options.prior.read_text(encoding="utf-8"),
        "salt": options.salt and hashlib.sha256(options.salt).hexdigest()[:8],
    } | {name: getattr(options, name) for name in rest}


def _predict_with_ray(options: argparse.Namespace, shares: dict[str, float] | None) -> None:
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
        options.min_probability, options.coverage, shares, options.prefix,
    )  # fmt: skip
    done = predict_with_ray(options.files[0], options.output, labeller)
    sys.stderr.write(f"{done.files:,} files, {done.rows:,} rows, {done.seconds:.1f} s\n")


def main() -> None:
    """Run the command line; what a user can cause ends in one line and exit code 2."""
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
        how = "; go on with --resume" if options.output else ""
        sys.stderr.write(f"stopped{how}\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
