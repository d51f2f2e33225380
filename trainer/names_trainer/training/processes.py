"""Child processes; only this module starts them."""

import os
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import BinaryIO

Process = subprocess.Popen[bytes]


def start_names(arguments: Sequence[str], errors: BinaryIO) -> Process:
    """Start `names` on one thread; it ends when this process does.

    Args:
        arguments: The arguments of `names`.
        errors: File for the standard error.

    """
    return subprocess.Popen(
        [sys.executable, "-m", "names_trainer.child", *arguments],
        stdin=_lifeline(),
        stdout=subprocess.DEVNULL,
        stderr=errors,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


@cache
def _lifeline() -> int:
    """Return the end of a pipe, for reading, whose other end closes when this process ends."""
    return os.pipe()[0]


def run(command: Sequence[str], folder: Path) -> tuple[int, str]:
    """Run a program in `folder` and wait for it; return its exit code and standard error."""
    done = subprocess.run(
        command, cwd=folder, capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    return done.returncode, done.stderr
