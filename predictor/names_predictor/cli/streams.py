"""Standard streams: write rows, show tables in a terminal, label names as they are typed."""

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from functools import partial
from io import TextIOWrapper
from stat import S_ISREG
from typing import IO, TYPE_CHECKING, Any

from names_predictor.cli.job import DEFAULTS
from names_predictor.cli.rows import PreparedJob, print_notes, write_output
from names_predictor.cli.standard_output import write
from names_predictor.errors import NamesError, visible
from names_predictor.formats.base import Block, Written
from names_predictor.formats.labelling import Labelling
from names_predictor.formats.redaction import shown_name
from names_predictor.formats.registry import FORMATS
from names_predictor.formats.text import LineReader, line_writer
from names_predictor.inference.predictor import NamePredictor

if TYPE_CHECKING:
    from names_predictor.cli.terminal import Tally


def run(prepared: PreparedJob, model: str) -> None:
    """Label the rows of a job; the name of the model is shown in a terminal."""
    job, target = prepared.job, prepared.target
    to_terminal = _is_terminal(sys.stdout)
    if not job.output and to_terminal and FORMATS[target].is_binary:
        raise NamesError(f"{target}: a terminal cannot show it: give an --output, or --format csv")
    is_list = prepared.files.paths == ("-",) and target == "text" and not job.output
    if is_list and _is_terminal(sys.stdin):
        _label_lines(prepared, model)
        return
    tally: Tally | None = None
    if _is_terminal(sys.stderr) and has_rich():
        from names_predictor.cli import terminal

        tally = terminal.Tally(shows_progress=bool(job.output) or _is_file(sys.stdout))

    with tally or nullcontext():
        if job.output:
            write_output(prepared, tally)
        elif to_terminal and target == "text" and not job.options.distribution and has_rich():
            tables = _tables(prepared)
            write(block.content for block in (tally.watch(tables) if tally else tables))
        else:
            contents = (block.content for block in prepared.blocks(tally))
            write(map(_visible_rows, contents) if to_terminal else contents)
    if tally:
        print_note(f"{tally.summary()}; {model}")


def print_note(text: str) -> None:
    """Print a line on standard error if it is a terminal."""
    if _is_terminal(sys.stderr):
        sys.stderr.write(visible(text) + "\n")


def has_rich() -> bool:
    """Whether rich is installed, which is optional."""
    try:
        import rich  # noqa: F401
    except ImportError:
        return False
    return True


def drawn_explanation(predictor: NamePredictor, name: str) -> bytes:
    """Return the explanation of one name as text for a terminal."""
    if not has_rich():
        raise NamesError("--explain needs rich: pip install rich")
    from names_predictor.cli.terminal import drawn, print_explanation

    return drawn(partial(print_explanation, predictor.explain(name)))


def _label_lines(prepared: PreparedJob, model: str) -> None:
    """Label each name from the keyboard at once."""
    job = prepared.job
    print_note(f"reading names from the keyboard, one a line; Ctrl-D ends; {model}")
    if isinstance(sys.stdin, TextIOWrapper):
        encoding = job.input.encoding
        given = encoding if encoding != DEFAULTS["encoding"] else None  # that of the terminal
        sys.stdin.reconfigure(encoding=given, errors="replace")
    reader = LineReader(job.input)
    labelling = Labelling(
        reader, prepared.predictor, job.options, prepared.salt, job.spreadsheet_safe, as_read=True
    )
    write_line = line_writer(labelling)
    show = _visible_rows if _is_terminal(sys.stdout) else bytes
    lines = (line.removesuffix("\n") for line in sys.stdin)
    blocks = (Block[Sequence[str]]([job.input.name_of([line])], [line]) for line in lines)
    write(show(write_line(block).content) for block in blocks)


def _tables(prepared: PreparedJob) -> Iterator[Written]:
    """Label the names and yield a table for each block."""
    from names_predictor.cli.terminal import drawn, print_table

    job, options = prepared.job, prepared.job.options
    show = shown_name(job.spreadsheet_safe, prepared.salt)
    with_sets = options.coverage is not None
    codes = prepared.predictor.vocab.codes if options.codes else None
    reader, read = prepared.read(is_flat=True)
    for block in read:
        predictions = prepared.predictor.predict(
            block.names, options.top_k, options.min_probability, options.coverage
        )
        reasons = [prediction.reason or "" for prediction in predictions]
        for row in block.malformed:
            reasons[row] = "malformed"  # instead of blank
        table = partial(
            print_table,
            predictions=predictions,
            reasons=reasons,
            with_sets=with_sets,
            show=show,
            codes=codes,
        )
        print_notes(reader)
        yield Written(drawn(table), len(predictions), Counter[str](reasons), block.progress)


def _visible_rows(content: bytes) -> bytes:
    """Return rows with control characters escaped, except for tabs and line ends."""
    text = content.decode("utf-8", "replace").replace("\r\n", "\n")
    lines = ("\t".join(map(visible, line.split("\t"))) for line in text.split("\n"))
    return "\n".join(lines).encode("utf-8", "replace")


def _is_terminal(stream: IO[Any] | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def _is_file(stream: IO[Any]) -> bool:
    try:
        return S_ISREG(os.fstat(stream.fileno()).st_mode)
    except (OSError, AttributeError):  # closed
        return False
