"""Faults of input and output: hostile files, and jobs that are stopped."""

import bz2
import gzip
import lzma
import os
import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

PREDICT = [
    sys.executable,
    "-c",
    "from names_predictor.formats import decoding; decoding.BLOCK_BYTES = 3000\n"
    "from names_predictor.cli.main import main; main()",
]


class Hostile(NamedTuple):
    """A file and its expected rows: how each name is written, and its reason, if any."""

    what: str
    content: bytes
    names: list[str]
    reasons: Mapping[int, str] = MappingProxyType({})
    options: tuple[str, ...] = ()
    file: str = "names.txt"


UNDECODABLE = ("--errors", "flag")
LONG = "abc" * 3334

HOSTILE = [
    Hostile("nothing", b"", []),
    Hostile("blank lines", b"\n\n\n", ["", "", ""], {0: "blank", 2: "blank"}),
    Hostile("white space only", " \n\u00a0\u3000\nabc".encode(), [" ", "\u00a0\u3000", "abc"],
            {0: "blank", 1: "blank", 2: ""}),
    Hostile("CRLF", b"abc\r\n\r\nabd\r\n", ["abc", "", "abd"]),
    Hostile("CR", b"abc\r\rabd\r", ["abc", "", "abd"]),
    Hostile("mixed line ends", b"a\r\nb\rc\nd", ["a", "b", "c", "d"]),
    Hostile("no final newline", b"abc\nabd", ["abc", "abd"]),
    Hostile("byte-order mark", b"\xef\xbb\xbfabc\n\xef\xbb\xbfabd\n", ["abc", "\ufeffabd"]),
    Hostile("UTF-16", "abc\nк\u2028б\n".encode("utf-16"), ["abc", "к\u2028б"],
            options=("--encoding", "utf-16")),
    Hostile("UTF-16, cut in the middle of a character", "abc\nкбк".encode("utf-16-le")[:-1],
            ["abc", "кб\ufffd"], {1: "undecodable"}, (*UNDECODABLE, "--encoding", "utf-16-le")),
    Hostile("Latin-1", "abc\nbäd\n".encode("latin-1"), ["abc", "bäd"],
            options=("--encoding", "latin-1")),
    Hostile("invalid bytes in the middle", b"abc\nb\xffd\xc3\nabd\n",
            ["abc", "b\ufffdd\ufffd", "abd"], {0: "", 1: "undecodable", 2: ""},
            UNDECODABLE),
    Hostile("NUL bytes", b"a\0bc\n\0\nabd\n", ["a\0bc", "\0", "abd"],
            {0: "undecodable", 1: "undecodable"}),
    Hostile("U+2028, U+0085, form feed", "a\u2028b\nc\x85d\ne\x0cf\n".encode(),
            ["a\u2028b", "c\x85d", "e\x0cf"]),
    Hostile("right-to-left marks", "\u200fabc\u200e\n\u202eabc\n\u200f\n".encode(),
            ["\u200fabc\u200e", "\u202eabc", "\u200f"], {0: "", 2: "blank"}),
    Hostile("combining sequences", "a\u0308bc\n\u0301\n".encode(), ["a\u0308bc", "\u0301"],
            {1: "unknown-script"}),
    Hostile("emoji", "👩‍👩‍👧\nabc 🎉\n".encode(), ["👩‍👩‍👧", "abc 🎉"],
            {0: "blank", 1: ""}),
    Hostile("a name of 10,000 characters", f"{LONG}\nabc\n".encode(), [LONG, "abc"],
            {0: "too-long", 1: ""}),
    Hostile("NA, null, nan, -", b"NA\nnull\nnan\nNone\n-\n", ["NA", "null", "nan", "None", "-"],
            {0: "", 1: "", 2: "", 3: "", 4: "blank"}),
    Hostile("formulas", b"=cmd|' /C calc'!A0\n@abc\n+1\n-a\n",
            ["'=cmd|' /C calc'!A0", "'@abc", "'+1", "'-a"], options=("--spreadsheet-safe",)),
    Hostile("digits only", b"123\n007\n", ["123", "007"],
            {0: "unknown-script", 1: "unknown-script"}),
    Hostile("a script never seen", "ქართული\nไทย\nabc\n".encode(), ["ქართული", "ไทย", "abc"],
            {0: "unknown-script", 1: "unknown-script", 2: ""}),
    Hostile("tabs", b"a\tb\n\tabc\n", ["a b", " abc"], options=("--input-format", "text")),
    Hostile("gzip", gzip.compress(b"abc\nabd\n"), ["abc", "abd"], file="names.txt.gz"),
    Hostile("bzip2", bz2.compress(b"abc\nabd\n"), ["abc", "abd"], file="names.txt.bz2"),
    Hostile("xz", lzma.compress(b"abc\nabd\n"), ["abc", "abd"], file="names.txt.xz"),
]  # fmt: skip


def rows_lost(hostile: Hostile, output: bytes) -> int:
    """Count the rows that are missing, doubled, out of order or with another reason."""
    rows = [line.split("\t") for line in output.decode().split("\n")[:-1]]
    expected = list(enumerate(hostile.names))
    wrong = abs(len(rows) - len(expected))
    for row, (i, name) in zip(rows, expected, strict=False):
        reason = hostile.reasons.get(i, row[-1])
        labelled = bool(row[1]) and 0 < float(row[2]) <= 1
        wrong += row[0] != name or row[-1] != reason or labelled != (not reason) or len(row) != 4
    return wrong


def predict(
    folder: Path, *arguments: object, limit: Callable[[], object] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run names-predict to its end in `folder`, which has the artifact."""
    command = [*PREDICT, "--artifacts", "artifact", *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, preexec_fn=limit)


def hostile_rows(folder: Path) -> tuple[int, int, int]:
    """Classify every hostile file; return the numbers of files, intact outputs and lost rows."""
    lost = []
    for hostile in HOSTILE:
        (folder / hostile.file).write_bytes(hostile.content)
        done = predict(folder, hostile.file, *hostile.options)
        lost.append(len(hostile.names) if done.returncode else rows_lost(hostile, done.stdout))
    return len(lost), lost.count(0), sum(lost)


def long_line(folder: Path, size: int = 50_000_000) -> bool:
    """Whether a line of 50 MB and the names around it are unchanged in the output."""
    (folder / "long.txt").write_bytes(b"abc\n" + b"x" * size + b"\nabd\n")
    lines = predict(folder, "long.txt").stdout.split(b"\n")
    whole = len(lines) == 4 and lines[1] == b"x" * size + b"\t\t\ttoo-long"
    return whole and lines[0].startswith(b"abc\tlabel") and lines[2].startswith(b"abd\tlabel")


def write_names(path: Path, number: int) -> bytes:
    """Write random names and blanks; return them."""
    generator = random.Random(0)
    letters = "abcdexyzäéабк김 "
    content = "".join(
        "".join(generator.choices(letters, k=generator.randint(0, 20))) + "\n"
        for _ in range(number)
    ).encode()
    path.write_bytes(content)
    return content


def jobs_killed(folder: Path, times: int) -> tuple[int, int]:
    """Kill and resume a job at random moments; return the numbers of kills and of lost rows."""
    number = 20_000
    write_names(folder / "many.txt", number)
    started = time.monotonic()
    whole = predict(folder, "many.txt", "--top-k", 2).stdout
    seconds = time.monotonic() - started
    generator = random.Random(1)
    lost = abs(whole.count(b"\n") - number)
    options = ["many.txt", "--top-k", "2", "--output", "out.tsv", "--resume"]
    killed = 0
    while True:
        command = [*PREDICT, "--artifacts", "artifact", *options]
        process = subprocess.Popen(command, cwd=folder)
        try:
            process.wait(generator.uniform(0, seconds) if killed < times else None)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            killed += 1
        else:
            assert process.returncode == 0
        if (folder / "out.tsv").exists():  # finished before the kill
            found = (folder / "out.tsv").read_bytes().splitlines()
            expected = whole.splitlines()
            lost += abs(len(found) - len(expected))
            lost += sum(a != b for a, b in zip(found, expected, strict=False))
            (folder / "out.tsv").unlink()
            if killed == times:
                return killed, lost


def stopped_outputs(folder: Path) -> dict[str, bool]:
    """Stop a job in every other way; return whether each left one line of error only."""
    write_names(folder / "many.txt", 20_000)
    content = (folder / "many.txt").read_bytes()
    (folder / "cut.txt.gz").write_bytes(gzip.compress(content)[:-3000])
    (folder / "bad.txt.xz").write_bytes(lzma.compress(content)[:5000] + b"x" * 500)
    small = 200_000

    def refused(done: subprocess.CompletedProcess[bytes], output: str = "out.tsv") -> bool:
        one_line = done.returncode == 2 and len(done.stderr.splitlines()) == 1
        return one_line and not (folder / output).exists()

    def clean() -> None:
        for path in folder.glob("out.tsv*"):
            path.unlink()

    found = {}
    out = ("--output", "out.tsv")

    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (small, small))

    found["disk full"] = refused(predict(folder, "many.txt", *out, limit=full))
    resumed = predict(folder, "many.txt", *out, "--resume")
    rows = (folder / "out.tsv").read_bytes().count(b"\n") if not resumed.returncode else 0
    found["disk full, then resumed"] = rows == content.count(b"\n")
    clean()
    for file in ("cut.txt.gz", "bad.txt.xz"):
        found[f"damaged archive {file}"] = refused(predict(folder, file, *out))
        clean()
    found["input that is not there"] = refused(predict(folder, "nowhere.txt", *out))
    found["folder that is not there"] = refused(
        predict(folder, "many.txt", "--output", "no/out.tsv"), "no/out.tsv"
    )
    with subprocess.Popen(
        [*PREDICT, "--artifacts", "artifact", "many.txt"], cwd=folder,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        found["closed pipe"] = process.stderr.read() == b"" and process.wait() == 0
    if Path("/dev/full").exists():
        with Path("/dev/full").open("wb") as no_room:
            command = [*PREDICT, "--artifacts", "artifact", "many.txt"]
            done = subprocess.run(
                command, cwd=folder, stdout=no_room, stderr=subprocess.PIPE, check=False
            )
        found["standard output full"] = done.returncode == 2 and done.stderr.count(b"\n") == 1
    locked = folder / "locked"
    locked.mkdir()
    locked.chmod(0o500)
    if os.access(locked, os.W_OK):  # root can write anywhere
        shutil.rmtree(locked)
    else:
        done = predict(folder, "many.txt", "--output", "locked/out.tsv")
        found["folder that is read-only"] = refused(done, "locked/out.tsv")
        locked.chmod(0o700)
    return found
