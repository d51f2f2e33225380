"""Output files that are committed by rename, and can be resumed after an interruption."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_IMODE
from typing import Any, BinaryIO

from names_predictor.artifact.files import sole_writer
from names_predictor.errors import NamesError


class PartialOutput:
    """An output file that is being written, `PATH.part`, and its journal, `PATH.journal`.

    The first line of the journal identifies the job. A line follows for each finished block, with
    the numbers of blocks and rows and the size of the file. Bytes after the last such size belong
    to an interrupted block.

    Attributes:
        blocks: Number of finished blocks.
        rows: Number of rows in them.

    """

    def __init__(self, file: BinaryIO, journal: BinaryIO, blocks: int, rows: int) -> None:
        self._file = file
        self._journal = journal
        self.blocks = blocks
        self.rows = rows

    def write(self, content: bytes, rows: int) -> None:
        """Write a block and record it in the journal.

        Args:
            content: The bytes of the block.
            rows: Its number of rows.

        """
        self._file.write(content)
        self._file.flush()
        self.blocks += 1
        self.rows += rows
        self._journal.write(f"{self.blocks} {self.rows} {self._file.tell()}\n".encode())
        self._journal.flush()


@contextmanager
def open_output(
    path: Path, job: Mapping[str, Any], resume: bool = False, continued: bool = True
) -> Iterator[PartialOutput]:
    """Write to `PATH.part`, which is renamed to `path` when the block ends without an exception.

    An existing file at `path` passes on its permissions.

    Args:
        path: Path of the output.
        job: Fingerprint of the job, in JSON types.
        resume: Whether to continue after the finished blocks of an interrupted job.
        continued: Whether a file of this format can be resumed; if so, an interrupted job that
            has written rows keeps its files.

    Raises:
        NamesError: The output cannot be written, a file in the way does not belong to a job, the
            interrupted job is another one, or another process is writing the output.

    """
    path = path.resolve()  # keep symbolic links
    part, journal = companions(path)
    heading = json.dumps(job, sort_keys=True).encode()
    target = None
    try:
        _check_ours(part, journal)
        with part.open("ab") as file, sole_writer(part, wait=False):
            if not _is_file(part, file):
                raise NamesError(f"{path}: another process has just written it: start again")
            is_new = file.tell() == 0
            begun = journal.with_name(f"{journal.name}.next")  # replaces the journal atomically
            try:
                if path.exists():
                    part.chmod(S_IMODE(path.stat().st_mode))
                done = _done(journal, heading, file.tell()) if resume else (0, 0, 0)
                file.truncate(done[-1])
                begun.write_bytes(b"%b\n%d %d %d\n" % (heading, *done))
                begun.replace(journal)
                with journal.open("ab") as log:
                    target = PartialOutput(file, log, *done[:2])
                    yield target
                os.fsync(file.fileno())
                file.close()  # Windows cannot rename open files
                part.replace(path)
                journal.unlink()
            except BaseException:
                # Before the lock is released: afterwards these files can be another process's.
                file.close()
                if target and not (target.rows and continued):
                    _remove(part, journal)
                elif not target and is_new:
                    _remove(part, begun)
                raise
    except (NamesError, OSError) as problem:
        what = str(problem)
        if isinstance(problem, OSError):
            what = f"{path}: cannot be written: {problem.strerror}"
        rows = target.rows if target and continued else 0
        kept = f"; the {rows:,} rows before are in {part.name}" if rows else ""
        raise NamesError(f"{what}{kept}") from None


def _remove(*paths: Path) -> None:
    for path in paths:
        with suppress(OSError):
            path.unlink()


def companions(path: Path) -> tuple[Path, Path]:
    """Return the paths `PATH.part` and `PATH.journal` of an output."""
    return path.with_name(path.name + ".part"), path.with_name(path.name + ".journal")


def _is_file(path: Path, file: BinaryIO) -> bool:
    """Whether `file` is still the file at `path`."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _check_ours(part: Path, journal: Path) -> None:
    """Raise `NamesError` if `part` or `journal` is a file that no job has written."""
    strange = None
    if journal.exists():
        with journal.open("rb") as file:
            heading = file.read(2)
        strange = journal if heading not in (b"", b'{"') else None
    elif part.exists() and part.stat().st_size:
        strange = part
    if strange:
        raise NamesError(f"{strange}: not written by a job: move it or name another --output")


def _done(journal: Path, heading: bytes, size: int) -> tuple[int, int, int]:
    """Return the numbers of finished blocks and rows, and their size, of `size` bytes in all."""
    if not journal.exists():
        return 0, 0, 0
    # The last line can be incomplete; after a power cut the whole journal can be empty.
    first, *lines = journal.read_bytes().split(b"\n")[:-1] or [heading]
    if first != heading:
        raise NamesError(
            f"{journal}: written by a job with another input, model or options: give the same "
            "ones, or start again without --resume"
        )
    for line in reversed(lines):
        with suppress(ValueError):  # a damaged line
            blocks, rows, end = map(int, line.split())
            if end <= size:  # a power cut can lose the last bytes
                return blocks, rows, end
    return 0, 0, 0
