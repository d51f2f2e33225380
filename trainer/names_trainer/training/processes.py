"""Child processes; only this module starts them."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

Process = subprocess.Popen[bytes]


def start_names(arguments: Sequence[str], errors: BinaryIO) -> Process:
    """Start `names` with `arguments` on one thread, its standard error redirected to `errors`."""
    return subprocess.Popen(
        [sys.executable, "-m", "names_trainer", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


def run(command: Sequence[str], folder: Path) -> tuple[int, str]:
    """Run a program in `folder` and wait for it; return its exit code and standard error."""
    done = subprocess.run(
        command, cwd=folder, capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    return done.returncode, done.stderr
