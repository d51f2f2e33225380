"""Read, label and write the rows of a job of `names-predict`."""

import hashlib
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from stat import S_ISFIFO, S_ISREG
from typing import TYPE_CHECKING, Any

from names_predictor import __version__
from names_predictor.cli.job import PredictJob
from names_predictor.errors import NamesError, visible
from names_predictor.fingerprint import fingerprint
from names_predictor.formats.base import Block, Reader, Written
from names_predictor.formats.files import (
    InputFiles,
    folder_columns,
    input_files,
    output_format,
    reader_of,
)
from names_predictor.formats.labelling import Labelling
from names_predictor.formats.output import companions, open_output
from names_predictor.formats.parallel import in_order
from names_predictor.formats.registry import FORMATS
from names_predictor.inference.labels import codes_of
from names_predictor.inference.predictor import NamePredictor
from names_predictor.processors import available_processors

if TYPE_CHECKING:
    from names_predictor.cli.terminal import Tally


STREAMS = ("/dev/std", "/dev/fd/", "/proc/")
"""How the paths of open streams begin, such as that of /dev/stdout."""


@dataclass(frozen=True)
class PreparedJob:
    """A job with its loaded model and its files.

    Attributes:
        job: The job.
        predictor: The predictor.
        prior: The prior of the labels; None for that of the training names.
        files: The input files.
        target: Format of the output.
        salt: Salt with which names are hashed; None for no hashes.

    """

    job: PredictJob
    predictor: NamePredictor
    prior: Mapping[str, float] | None
    files: InputFiles
    target: str
    salt: bytes | None = None

    def blocks(self, tally: "Tally | None", done: int = 0) -> Iterator[Written]:
        """Yield the written blocks, and print the notes of the reader on standard error.

        Args:
            tally: Counts the rows and shows the progress; None for neither.
            done: Number of blocks at the start that are skipped.

        """
        job, predictor = self.job, self.predictor
        source, target = self.files.format, FORMATS[self.target]
        reader, read = self.read(target.is_flat)
        as_read = source in (self.target, target.copies_rows_of)
        labelling = Labelling(
            reader, predictor, job.options, self.salt, job.spreadsheet_safe, bool(tally), as_read
        )
        threads = job.model.threads or available_processors()
        codec = target.load()
        divided = islice(labelling.divided(read), done, None)
        labelled = in_order(codec.writer(labelling), divided, threads)
        written = codec.assemble(labelling, labelled)
        for block in tally.watch(written) if tally else written:
            print_notes(reader)
            yield block

    def read(self, is_flat: bool) -> tuple[Reader[Any], Iterator[Block[Any]]]:
        """Return a reader of the files, and its blocks, at least one, the first one marked.

        Args:
            is_flat: Whether the rows are written as a table.

        """
        job, paths = self.job, self.files.paths
        options = replace(job.input, added=tuple(job.options.columns(self.predictor.labels)))
        reader = reader_of(self.files, options, is_flat)

        def marked() -> Iterator[Block[Any]]:
            blocks = reader.blocks(paths)
            first = next(blocks, Block[Any]([]))
            hidden = [c for c in folder_columns(job.paths, paths) if c not in reader.columns]
            if hidden:
                listed = ", ".join(hidden)
                reader.notes.append(f"{listed}: in the folders' names only, so not in the output")
            yield first._replace(first=True, progress=reader.progress())
            for block in blocks:
                yield block._replace(progress=reader.progress())

        return reader, marked()


def print_notes(reader: Reader[Any]) -> None:
    """Print the new notes of a reader on standard error."""
    while reader.notes:
        sys.stderr.write(f"note: {visible(reader.notes.pop(0))}\n")


def prepared_job(
    job: PredictJob,
    predictor: NamePredictor,
    prior: Mapping[str, float] | None,
    salt: bytes | None,
) -> PreparedJob:
    """Find the files of a job and the formats that it reads and writes.

    Raises:
        NamesError: A file is missing, its format does not have an option, or the model has no
            codes.

    """
    if job.options.codes:
        codes_of(predictor.labels, predictor.vocab.codes)  # raises
    table = job.input
    is_table = bool(table.columns or table.delimiter or not table.header)
    try:
        written = Path(os.path.realpath(job.output)) if job.output else None
    except FileNotFoundError:
        raise NamesError("the current folder was deleted: change to another") from None
    outputs = [written, *companions(written)] if written and written.name else []
    files = input_files(job.paths, job.input_format, is_table, table.encoding, outputs)
    _check_format(job, files.format)
    target = output_format(files.format, job.format, job.output)
    if job.options.prefix and target == "text":
        raise NamesError("--prefix: a plain list has no header: leave it out, or give a --format")
    return PreparedJob(job, predictor, prior, files, target, salt)


def _check_format(job: PredictJob, format: str) -> None:
    """Raise `NamesError` for an option that this format does not have."""
    for given, option in (
        (job.input.columns, "--column"),
        (job.input.delimiter, "--delimiter"),
        (not job.input.header, "--no-header"),
        (job.input.sheet, "--sheet"),
    ):
        if given and option not in FORMATS[format].options:
            kind = "a plain list" if format == "text" else format
            raise NamesError(
                f"{option}: {kind} has no use for it: leave it out, or give another --input-format"
            )


def salt_of(job: PredictJob) -> bytes | None:
    """Return the salt of hashed names, `NAMES_SALT` or a random one; None for no hashes.

    Raises:
        NamesError: A job with a random salt cannot be resumed.

    """
    if not job.hash_names:
        return None
    import secrets

    given = os.fsencode(os.environ.get("NAMES_SALT", ""))
    if job.resume and not given:
        raise NamesError("--resume: the random salt is gone: set NAMES_SALT and start again")
    return given or secrets.token_bytes(16)


def job_fingerprint(prepared: PreparedJob) -> dict[str, Any]:
    """Return, as JSON types, all that the rows depend on, which identifies a job.

    Raises:
        NamesError: An input cannot be read, or not twice.

    """
    job, salt = prepared.job, prepared.salt
    files = [Path(path) for path in prepared.files.paths if path != "-"]
    try:
        # Before `resolve`, which raises two kinds of errors for circular links.
        states = [path.stat() for path in files]
        paths = [str(path.resolve()) for path in files]
    except OSError as problem:
        raise NamesError(f"{problem.filename}: cannot be read: {problem.strerror}") from None
    if job.resume and (
        len(files) < len(prepared.files.paths) or any(S_ISFIFO(s.st_mode) for s in states)
    ):
        raise NamesError("--resume: a pipe or standard input can't be read again: name the files")
    return {
        "version": __version__,
        "job": fingerprint(job),
        "artifact": prepared.predictor.artifact.digest,
        "prior": fingerprint(prepared.prior),
        "formats": [prepared.files.format, prepared.target],
        "inputs": [
            [path, state.st_size, state.st_mtime_ns]
            for path, state in zip(paths, states, strict=True)
        ],
        "salt": salt and hashlib.sha256(salt).hexdigest()[:8],
    }


def _is_stream(path: Path) -> bool:
    """Whether a path is a pipe, a terminal or an open stream, which a rename cannot replace."""
    with suppress(FileNotFoundError):
        # Not `resolve`, which raises two kinds of errors for circular links.
        return str(path).startswith(STREAMS) or not S_ISREG(path.stat().st_mode)
    return False


def write_output(prepared: PreparedJob, tally: "Tally | None") -> None:
    """Write the rows to the output of a job, which is committed by rename.

    Raises:
        NamesError: It cannot be written or resumed.

    """
    job = prepared.job
    path = Path(job.output or "")
    if str(job.output).endswith(os.sep):
        raise NamesError(f"{job.output}: a folder: name a file in it")
    try:
        if _is_stream(path):
            if job.resume:
                raise NamesError(f"--resume: {path} is not a file: leave --resume out")
            with path.open("ab") as file:  # the file of a stream can have other rows already
                for block in prepared.blocks(tally):
                    file.write(block.content)
            return
    except OSError as problem:
        raise NamesError(f"{path}: cannot be written: {problem.strerror}") from None
    resumable = FORMATS[prepared.target].is_resumable
    if job.resume and not resumable:
        raise NamesError(f"--resume: {prepared.target} cannot be resumed: leave --resume out")
    identity = job_fingerprint(prepared)
    written = path.resolve()
    written_paths = set(map(str, (written, *companions(written))))
    if taken := [given for given, *_ in identity["inputs"] if given in written_paths]:
        raise NamesError(f"{taken[0]}: would be overwritten: name another --output")
    with open_output(path, identity, job.resume, resumable) as part:
        if tally:
            tally.resumed = part.rows
            if job.resume and not part.rows:
                sys.stderr.write("note: no unfinished output: all rows are labelled\n")
        for block in prepared.blocks(tally, part.blocks):
            part.write(block.content, block.rows)
