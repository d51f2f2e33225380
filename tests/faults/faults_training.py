"""Faults of training and export: kills, full disks, two processes at once, extreme corpora."""

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from threading import Event

from names_predictor.artifact.store import Artifact, read_artifact, write_artifact

ONE_THREAD = os.environ | {"OMP_NUM_THREADS": "1"}
NAMES = [sys.executable, "-m", "names_trainer"]
OPTIONS = ["--hidden-dim", "16", "--embedding-dim", "8", "--batch-size", "4", "--num-epochs", "6"]
SMALL = ["--hidden-dim", "8", "--embedding-dim", "4", "--batch-size", "64", "--num-epochs", "2"]
WEIGHTS = ("best.safetensors", "state.safetensors")


def names(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command `names` to its end."""
    command = [*NAMES, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=ONE_THREAD)


def is_refusal(done: subprocess.CompletedProcess[str]) -> bool:
    """Whether a command printed one line of error and ended with exit code 2."""
    return done.returncode == 2 and len(done.stderr.splitlines()) == 1


def weights(output: Path) -> list[bytes]:
    """Return the weights of the only run in `output`."""
    (run,) = output.iterdir()
    return [(run / name).read_bytes() for name in WEIGHTS]


class Trainings:
    """Trainings on one small corpus that are disturbed at random moments."""

    def __init__(self, corpus: Path, folder: Path) -> None:
        self.corpus = corpus
        self.folder = folder
        self._random = random.Random(0)
        process = self._start(folder / "unbroken")
        started = time.monotonic()
        process.communicate()
        self._seconds = time.monotonic() - started
        self._expected = weights(folder / "unbroken")
        (self.unbroken,) = (folder / "unbroken").iterdir()

    def survive(self, disturb: Callable[[subprocess.Popen[str]], bool]) -> bool:
        """Train, disturb it at a random moment, resume it, and compare with the unbroken run.

        `disturb` returns whether the training ended as it should.
        """
        output = self.folder / "disturbed"
        while True:
            process = self._start(output)
            time.sleep(self._random.uniform(0, 0.75 * self._seconds))
            ended_well = disturb(process)
            if not list(output.glob("*/test.json")):
                break
            shutil.rmtree(output)  # it finished first: try again
        ended_well &= not list(output.glob("*/.*.part")) or process.returncode < 0
        ended_well &= names("train", "--resume", "--output", output).returncode == 0
        same = weights(output) == self._expected
        shutil.rmtree(output)
        return ended_well and same

    def one_of_two_wins(self) -> bool:
        """Resume a run that is being trained, twice: no process may disturb another."""
        output = self.folder / "two"
        while True:
            process = self._start(output)
            (run,) = output.iterdir()
            while not (run / "metrics.jsonl").exists() and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(signal.SIGSTOP)  # else it might finish too soon
            os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
            if not (run / "test.json").exists():
                break
            process.send_signal(signal.SIGCONT)
            process.communicate()
            shutil.rmtree(output)  # it finished first: try again
        third = self._start(self.folder / "third")
        second = names("train", "--resume", "--run", run)
        process.send_signal(signal.SIGCONT)
        codes = [process.wait(), third.wait()]
        for one in (process, third):
            one.communicate()
        same = [weights(output), weights(self.folder / "third")] == [self._expected] * 2
        for folder in (output, self.folder / "third"):
            shutil.rmtree(folder)
        return same and codes == [0, 0] and is_refusal(second) and "another" in second.stderr

    def _start(self, output: Path) -> subprocess.Popen[str]:
        """Start a training and wait until it has its folder."""
        command = [*NAMES, "train", *OPTIONS, "--data-dir", str(self.corpus), "--output"]
        process = subprocess.Popen(
            [*command, str(output)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=ONE_THREAD,
        )
        while not list(output.glob("*/config.json")) and process.poll() is None:
            time.sleep(0.01)
        return process


def kill(process: subprocess.Popen[str]) -> bool:
    """Kill a training, like a power cut."""
    process.kill()
    process.communicate()
    return True


def fill_the_disk(process: subprocess.Popen[str]) -> bool:
    """Limit the files of a training to a few bytes, so that its next checkpoint is truncated."""
    try:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (5_000, resource.RLIM_INFINITY))
    except ProcessLookupError:
        return True
    _, errors = process.communicate()
    return process.returncode == 0 or (process.returncode == 2 and len(errors.splitlines()) == 1)


def write_for_ever(folder: Path, artifacts: Sequence[Artifact]) -> None:
    """Export one artifact after another, until killed."""
    while True:
        for artifact in artifacts:
            write_artifact(folder, artifact)


def exports_killed(folder: Path, artifacts: Sequence[Artifact], times: int) -> int:
    """Kill exports at random moments; count those after which the artifact is whole."""
    whole = 0
    generator = random.Random(0)
    write_artifact(folder, artifacts[0])
    for _ in range(times):
        process = get_context("fork").Process(target=write_for_ever, args=(folder, artifacts))
        process.start()
        time.sleep(generator.uniform(0.005, 0.03))
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        whole += read_artifact(folder) in artifacts
    return whole


def exports_at_once(folder: Path, artifacts: Sequence[Artifact], times: int) -> int:
    """Read `times` times during exports of all `artifacts`; count the reads of a whole artifact."""
    write_artifact(folder, artifacts[0])
    done = Event()

    def write(artifact: Artifact, written: Event) -> None:
        try:
            while not done.is_set():
                write_artifact(folder, artifact)
                written.set()
        finally:
            written.set()  # an error is raised below, not waited for

    whole = 0
    with ThreadPoolExecutor(len(artifacts)) as pool:
        begun = [Event() for _ in artifacts]
        writers = [pool.submit(write, *pair) for pair in zip(artifacts, begun, strict=True)]
        try:
            for written in begun:
                written.wait()
            for _ in range(times):
                whole += read_artifact(folder) in artifacts
        finally:
            done.set()
        for writer in writers:
            writer.result()
    return whole


def read_only(folder: Path) -> Path:
    """Return a folder that nobody can write to, not even root."""
    folder.mkdir()
    folder.chmod(0o500)
    return Path("/sys/kernel") if os.access(folder, os.W_OK) else folder


def letters(number: int) -> str:
    """Return a word for `number`, different for every number."""
    word = ""
    while number:
        number, digit = divmod(number, 20)
        word += "bcdfghjklmnpqrstvwxz"[digit] + "aeiou"[digit % 5]
    return word + "o"


def edge_corpora(folder: Path) -> Iterator[tuple[str, list[object], int]]:
    """Write extreme corpora; yield a description, the options of training, and the exit code."""

    def corpus(name: str, names_of: dict[str, int]) -> list[object]:
        place = folder / name.replace(" ", "-")
        place.mkdir(parents=True)
        first = 1
        for label, number in names_of.items():
            lines = (letters(i) for i in range(first, first + number))
            (place / f"{label}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
            first += number
        return [*SMALL, "--data-dir", place]

    usual = corpus("usual", {"a": 60, "b": 60})
    yield "a loss that is NaN", [*usual, "--optimizer", "sgd", "--learning-rate", "1e30"], 2
    explosive = ["--optimizer", "sgd", "--learning-rate", "1e3", "--weight-decay", 0]
    yield "a loss that explodes", [*usual, *explosive], 1
    yield "a label of one name", corpus("one name", {"a": 60, "b": 1}), 0
    yield "a label of one letter, one of two names", corpus("two names", {"a": 60, "b": 2}), 0
    yield "a corpus of 2 names", corpus("corpus of 2", {"a": 1, "b": 1}), 2
    yield "a corpus of 4 names", corpus("corpus of 4", {"a": 3, "b": 1}), 0
    yield "one label", corpus("one label", {"a": 60}), 2
    yield "a label without a name", corpus("no name", {"a": 60, "b": 0}), 2
    yield "500 labels", corpus("500 labels", {f"label {i}": 12 for i in range(500)}), 0
    yield "a label that can't be printed", corpus("control", {"a": 60, "b\x1b[2J": 60}), 2
    yield "a label with a tab", corpus("tab", {"a": 60, "b\tc": 60}), 2
    yield "a folder that is not there", [*SMALL, "--data-dir", folder / "nowhere"], 2


def edge_survived(options: list[object], code: int, folder: Path) -> bool:
    """Train with `options`; if that succeeds, export, evaluate and predict too.

    Args:
        options: Options of `names train`.
        code: 2 if the training is refused, 1 if the check of the export fails, 0 otherwise.
        folder: An empty folder.

    """
    done = names("train", *options, "--output", folder / "runs")
    if code == 2:
        return is_refusal(done)
    if done.returncode:
        return False
    (run,) = (folder / "runs").iterdir()
    exported = names("export", "--run", run, "--output", folder / "artifacts")
    if code == 1:
        return exported.returncode == 1 and not (folder / "artifacts" / "model.onnx").exists()
    scored = names("evaluate", "--artifacts", folder / "artifacts")
    return exported.returncode == scored.returncode == 0
