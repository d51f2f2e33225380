"""Ctrl-C: one line and exit code 130, or nothing once all is written."""

import random
import signal
import string
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import CommandLine, enter_workplace

PREDICT = [sys.executable, "-m", "names_predictor"]

workplace = pytest.fixture(autouse=True)(enter_workplace)


@pytest.mark.parametrize("problem", [ImportError("initialization failed"), ValueError("closed")])
def test_an_exception_that_replaces_ctrl_c_is_one_line(
    names_predict: CommandLine, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    """As native code makes one that is interrupted, such as the import of onnxruntime."""

    def interrupted(_: object) -> None:
        with suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        raise problem

    monkeypatch.setattr("names_predictor.cli.main.run", interrupted)
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert names_predict("names.txt") == (130, "", "stopped\n")
    finally:
        signal.signal(signal.SIGINT, previous)


@pytest.mark.parametrize("presses", [1, 3])
def test_ctrl_c_stops_at_once(presses: int) -> None:
    """It waits for no block; pressed again it does not disturb the clearing up."""
    generator = random.Random(0)
    letters = string.ascii_lowercase
    names = ("".join(generator.choices(letters, k=30)) for _ in range(400_000))
    Path("names.txt").write_text("\n".join(names))
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # if ignored
        "from names_predictor.cli.main import main; main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, "names.txt", "--output", "out.tsv"], stderr=subprocess.PIPE
    )
    part, journal = Path("out.tsv.part"), Path("out.tsv.journal")
    while not journal.exists() or journal.read_bytes().count(b"\n") < 3:  # until a block is done
        assert process.poll() is None
        time.sleep(0.01)
    for _ in range(presses):
        process.send_signal(signal.SIGINT)
        time.sleep(0.05)
    _, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (130, b"stopped; continue with --resume\n")
    assert part.stat().st_size
    rows = part.read_bytes().count(b"\n")
    assert 0 < rows < 400_000
    done = subprocess.run(
        [*PREDICT, "names.txt", "--output", "out.tsv", "--resume"], check=False, capture_output=True
    )
    assert (done.returncode, Path("out.tsv").read_bytes().count(b"\n")) == (0, 400_000)


@pytest.mark.parametrize("where", ["m.main = interrupt", "sys.stdout = Stream()"])
def test_ctrl_c_after_the_last_row_is_too_late(where: str) -> None:
    code = (
        "import os, signal, sys\n"
        "import names_predictor.cli.main as m\n"
        "def interrupt(): os.kill(os.getpid(), signal.SIGINT)\n"
        "class Stream: flush = staticmethod(interrupt)\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"m.main = int\n{where}\nm.command()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
