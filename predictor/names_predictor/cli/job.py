"""One job of `names-predict`: what is labelled, how, and where the rows go."""

import hashlib
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from stat import S_ISFIFO, S_ISREG
from typing import Any

from names_predictor import __version__
from names_predictor.errors import NamesError, visible
from names_predictor.formats.base import InputOptions, Labelling, Written
from names_predictor.formats.output import companions, open_output
from names_predictor.formats.registry import (
    WHOLE,
    Format,
    InputFiles,
    labelled_blocks,
    reader_of,
)
from names_predictor.inference.options import Asked
from names_predictor.inference.predictor import NamePredictor, available_processors

FLAT = {"csv", "tsv", "text", "parquet", "xlsx"}
"""Formats whose rows all have the same columns."""

Watch = Callable[[Iterator[Written]], Iterator[Written]]
"""Passes on the blocks that are written, and shows or counts them."""


@dataclass(frozen=True)
class PredictJob:
    """What is labelled, what is asked of every name, and how the rows are written.

    With a `salt` names are hashed. `prior` has the labels' frequencies in the population; the
    answer is among `labels`, if there are any.
    """

    files: InputFiles
    input: InputOptions
    asked: Asked
    target: Format
    output: str | None = None
    resume: bool = False
    salt: bytes | None = None
    spreadsheet_safe: bool = False
    prior: Mapping[str, float] | None = None
    labels: tuple[str, ...] | None = None
    threads: int = 0

    def blocks(
        self, predictor: NamePredictor, watch: Watch, done: int = 0, counts: bool = False
    ) -> Iterator[Written]:
        """Yield what is to be written of each block but the first `done`.

        What a reader guessed is noted on standard error.
        """
        added = self.asked.columns(predictor.labels)
        options = replace(self.input, added=tuple(added))
        reader = reader_of(self.files, options, is_flat=self.target in FLAT)
        labelling = Labelling(
            reader, predictor, self.asked, self.salt, self.spreadsheet_safe, counts
        )
        threads = self.threads or available_processors()
        written = labelled_blocks(labelling, self.files, options, self.target, threads, done)
        for block in watch(written):
            while reader.notes:
                sys.stderr.write(f"note: {visible(reader.notes.pop(0))}\n")
            yield block

    def fingerprint(self, predictor: NamePredictor) -> dict[str, Any]:
        """Return, in JSON's types, what the rows depend on: it tells one job from another.

        Every option is in it, but for those that change no row. Raises `NamesError` where an input
        cannot be read, or not once more.
        """
        files = [Path(path) for path in self.files.paths if path != "-"]
        try:
            # Before `resolve`, which raises two kinds of errors for links that go round.
            states = [path.stat() for path in files]
            paths = [str(path.resolve()) for path in files]
        except OSError as problem:
            raise NamesError(f"{problem.filename}: cannot be read: {problem.strerror}") from None
        if self.resume and (len(files) < len(self.files.paths) or any(map(_is_pipe, states))):
            raise NamesError(
                "--resume: a pipe or standard input can't be read again: name the files"
            )
        options = asdict(self)
        for name in ("files", "output", "resume", "salt", "threads"):
            del options[name]
        del options["input"]["verbose"]
        options["input"]["null_values"] = sorted(self.input.null_values)
        return options | {
            "version": __version__,
            "model": predictor.artifact.digest,
            "format": self.files.format,
            "inputs": [
                [path, state.st_size, state.st_mtime_ns]
                for path, state in zip(paths, states, strict=True)
            ],
            "salt": self.salt and hashlib.sha256(self.salt).hexdigest()[:8],
        }


def write_output(job: PredictJob, predictor: NamePredictor, watch: Watch, counts: bool) -> None:
    """Write the rows to the job's output, which appears under its name when it is whole.

    Raises `NamesError` where it cannot be written, or not be continued.
    """
    path = Path(job.output or "")
    try:
        # Not `resolve`, which raises two kinds of errors for links that go round.
        special = not S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        special = False
    except OSError as problem:
        raise NamesError(f"{path}: cannot be written: {problem.strerror}") from None
    if special:  # a pipe, a terminal: nothing to put in its place
        if job.resume:
            raise NamesError(f"--resume: {path} is not a file: leave --resume out")
        try:
            with path.open("wb") as file:
                for block in job.blocks(predictor, watch, counts=counts):
                    file.write(block.content)
        except OSError as problem:
            raise NamesError(f"{path}: cannot be written: {problem.strerror}") from None
        return
    resumable = job.target not in WHOLE
    if job.resume and not resumable:
        raise NamesError(f"--resume: {job.target} cannot be resumed: give another --format")
    fingerprint = job.fingerprint(predictor)
    companion_paths = set(map(str, companions(path.resolve())))
    if taken := [given for given, *_ in fingerprint["inputs"] if given in companion_paths]:
        raise NamesError(f"{taken[0]}: would be overwritten: name another --output")
    with open_output(path, fingerprint, job.resume, resumable) as part:
        for block in job.blocks(predictor, watch, part.blocks, counts):
            part.write(block.content, block.rows)


def _is_pipe(state: Any) -> bool:
    return S_ISFIFO(state.st_mode)
