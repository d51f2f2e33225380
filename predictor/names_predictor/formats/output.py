"""Rows on their way to a file: beside it until all is well, and continued after a kill."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from names_predictor.artifact.files import sole_writer
from names_predictor.errors import NamesError


class Part:
    """What is written so far of a file that will be, in `PATH.part`, and its journal.

    The journal, `PATH.journal`, has a first line that says what is being made, and then, a line a
    block, how far the part reaches. What stands in the part behind the last such line was cut off.
    """

    def __init__(self, file: BinaryIO, journal: BinaryIO, blocks: int, rows: int) -> None:
        self._file = file
        self._journal = journal
        self.blocks = blocks
        self.rows = rows

    def write(self, content: bytes, rows: int) -> None:
        """Add a block of so many rows; from then on it survives a kill."""
        self._file.write(content)
        self._file.flush()
        self.blocks += 1
        self.rows += rows
        self._journal.write(f"{self.blocks} {self.rows} {self._file.tell()}\n".encode())
        self._journal.flush()


@contextmanager
def open_output(
    path: Path, job: Mapping[str, Any], resume: bool = False, continued: bool = True
) -> Iterator[Part]:
    """Write to a part beside `path`, which takes its place only when all went well.

    `job` is what the rows depend on, in JSON's types. With `resume` a part that the same job left
    is resumed after its `blocks`. Whatever cuts the job off, a part that holds rows stays,
    if one of its format can be `continued`. A file that is overwritten passes on its permissions.

    Raises:
        NamesError: Nothing can be written, a file of the part's or the journal's name is somebody's
            own, the part is another job's, or a process is still at work on it.

    """
    path = path.resolve()  # a link stays one
    part, journal = companions(path)
    heading = json.dumps(job, sort_keys=True).encode()
    target = None
    try:
        _check_ours(part, journal)
        with part.open("ab") as file, sole_writer(part, wait=False):
            if not _is_file(part, file):
                raise NamesError(f"{path}: another process has just written it: start again")
            if path.exists():
                shutil.copymode(path, part)  # what few may read, few may read on the way too
            done = _done(journal, heading, file.tell()) if resume else (0, 0, 0)
            file.truncate(done[-1])
            begun = journal.with_name(f"{journal.name}.next")  # a journal is whole at any moment
            begun.write_bytes(b"%b\n%d %d %d\n" % (heading, *done))
            begun.replace(journal)
            with journal.open("ab") as log:
                target = Part(file, log, *done[:2])
                yield target
            os.fsync(file.fileno())
            file.close()  # Windows moves no open file
            part.replace(path)
            journal.unlink()
    except NamesError as problem:
        raise NamesError(f"{problem}{_kept(target if continued else None, part)}") from None
    except OSError as problem:
        raise NamesError(
            f"{path}: cannot be written: {problem.strerror}"
            f"{_kept(target if continued else None, part)}"
        ) from None
    finally:
        if target and not (target.rows and continued):
            part.unlink(missing_ok=True)
            journal.unlink(missing_ok=True)


def companions(path: Path) -> tuple[Path, Path]:
    """Return where the part and the journal of an output are."""
    return path.with_name(path.name + ".part"), path.with_name(path.name + ".journal")


def _is_file(path: Path, file: BinaryIO) -> bool:
    """Tell whether `file` is still what stands at `path`."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _check_ours(part: Path, journal: Path) -> None:
    """Raise `NamesError` rather than overwrite what no job left here, such as a half download."""
    strange = None
    if journal.exists():
        with journal.open("rb") as file:
            heading = file.read(2)
        strange = journal if heading not in (b"", b'{"') else None
    elif part.exists() and part.stat().st_size:
        strange = part
    if strange:
        raise NamesError(f"{strange}: is in the way and no job's: move it or name another --output")


def _done(journal: Path, heading: bytes, size: int) -> tuple[int, int, int]:
    """Return the blocks and rows that are done, and where they end in a part of `size` bytes."""
    if not journal.exists():
        return 0, 0, 0
    # A line that was cut off has no end; after a power cut the whole journal can be empty.
    first, *lines = journal.read_bytes().split(b"\n")[:-1] or [heading]
    if first != heading:
        raise NamesError(
            f"{journal}: of a job with another input, model or options: give the same ones, or "
            "start again without --resume"
        )
    for line in reversed(lines):
        blocks, rows, end = map(int, line.split())
        if end <= size:  # a power cut can lose what was written last
            return blocks, rows, end
    return 0, 0, 0


def _kept(target: Part | None, part: Path) -> str:
    return f"; the {target.rows:,} rows before are in {part.name}" if target and target.rows else ""
