"""Every hostile file of `faults_rows`, and every way to stop a job."""

import bz2
import gzip
import lzma
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import CommandLine
from faults_rows import (
    HOSTILE,
    PREDICT,
    Hostile,
    jobs_killed,
    long_line,
    predict,
    rows_lost,
    stopped_outputs,
)

from names_predictor.formats import decoding

COMPRESSED = [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)]


@pytest.fixture
def folder(artifact_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "artifact").symlink_to(artifact_folder)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.what)
@pytest.mark.parametrize("block", [7, decoding.BLOCK_BYTES])
def test_no_row_is_lost(
    names_predict: CommandLine,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    hostile: Hostile,
    block: int,
) -> None:
    monkeypatch.setattr(decoding, "BLOCK_BYTES", block)
    (folder / hostile.file).write_bytes(hostile.content)
    result = names_predict(hostile.file, "--artifacts", "artifact", *hostile.options)
    assert (result.code, result.err) == (0, "")
    assert rows_lost(hostile, result.out.encode()) == 0


def test_zstd(names_predict: CommandLine, folder: Path) -> None:
    zstd = pytest.importorskip("backports.zstd")
    content = zstd.compress(b"abc\nabd\n" * 1000)
    (folder / "names.txt.zst").write_bytes(content)
    result = names_predict("names.txt.zst", "--artifacts", "artifact")
    assert result.out.count("\n") == 2000
    for damaged in (content[:-5], b"no zstd at all"):
        (folder / "names.txt.zst").write_bytes(damaged)
        result = names_predict("names.txt.zst", "--artifacts", "artifact")
        assert (result.code, result.err.count("\n")) == (2, 1)
        assert "compressed data" in result.err


def damaged_head(member: bytes) -> bytes:
    return bytes([member[0] ^ 1]) + member[1:]


@pytest.mark.parametrize(("ending", "compress"), COMPRESSED)
def test_members_of_an_archive_are_read_to_the_last_byte_or_refused(
    names_predict: CommandLine, folder: Path, ending: str, compress: Callable[[bytes], bytes]
) -> None:
    """A damaged member after an intact one is not the end of the file."""
    path = folder / f"names.txt{ending}"
    first, second = compress(b"abc\nabd\n" * 100_000), compress(b"abe\n")
    path.write_bytes(first + second)
    whole = names_predict(path, "--artifacts", "artifact")
    assert (whole.code, whole.out.count("\n")) == (0, 200_001)
    for content in (first + damaged_head(second), first + b"more", first + second[:-3], b""):
        path.write_bytes(content)
        result = names_predict(path, "--artifacts", "artifact", "--output", "out.tsv")
        assert (result.code, result.err.count("\n")) == (2, 1), content[-40:]
        assert not Path("out.tsv").exists()


def test_xz_may_be_padded(names_predict: CommandLine, folder: Path) -> None:
    member = lzma.compress(b"abc\n")
    (folder / "names.txt.xz").write_bytes(member + bytes(8) + member + bytes(4))
    assert names_predict("names.txt.xz", "--artifacts", "artifact").out.count("\n") == 2


@pytest.mark.parametrize(
    ("closed", "code", "message"),
    [
        ("<&-", 2, "error: standard input: is closed"),
        (">&-", 2, "error: standard output: is closed"),
        ("nowhere.txt 2>&-", 2, ""),
        ("names.txt --output out.tsv <&- >&- 2>&-", 0, ""),
        ("0>wo", 2, "error: standard input: cannot be read"),
        ("--output out.tsv 0>wo", 2, "error: standard input: cannot be read"),
        ("--explain abc >/dev/full", 2, "error: standard output: cannot be written"),
        ("names.txt --output loop", 2, "error: loop: cannot be written"),
        (f"names.txt --output {'x' * 300}", 2, "cannot be written"),
        ("names.txt --prior <(echo 'label 1,1') --output out.tsv", 0, ""),
        ("names.txt --prior prior.gz --output out.tsv", 0, ""),
        ("<(echo abc) --output out.tsv --resume", 2, "a pipe or standard input can't be read"),
    ],
)
def test_odd_shells_get_one_line(folder: Path, closed: str, code: int, message: str) -> None:
    (folder / "names.txt").write_text("abc\n")
    (folder / "loop").symlink_to("loop")
    (folder / "prior.gz").write_bytes(gzip.compress(b"label 1,1\n"))
    command = f"exec {shlex.join(PREDICT)} --artifacts artifact {closed}"
    done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, check=False)
    error = done.stderr.decode()
    assert (done.returncode, error.count("\n")) == (code, bool(message))
    assert message in error
    if not code:
        assert (folder / "out.tsv").read_text().startswith("abc\tlabel")


def test_a_line_of_50_megabytes(folder: Path) -> None:
    assert long_line(folder)


@pytest.mark.slow
def test_a_job_killed_at_20_moments_ends_with_the_bytes_of_an_unbroken_one(folder: Path) -> None:
    assert jobs_killed(folder, 20) == (20, 0)


@pytest.mark.slow
def test_a_stopped_job_says_so_in_one_line_and_leaves_nothing_half(folder: Path) -> None:
    found = stopped_outputs(folder)
    assert len(found) >= 7
    assert [what for what, well in found.items() if not well] == []


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (
            b"abc\nm\xfcller\n",
            (),
            "names.txt:2: byte 0xfc is not UTF-8: name the file's --encoding",
        ),
        ("abc\n".encode("utf-16"), (), "names.txt:1: byte 0xff is not UTF-8: the file begins as"),
        (b"abc\n", ("--encoding", "klingon"), "--encoding klingon: unknown"),
        (b"abc\n", ("--encoding", "base64"), "--encoding base64: unknown"),
        (b"abc\n", ("--encoding", "idna"), "--encoding idna: unknown"),
        (b"abc\n", ("--encoding", "undefined"), "--encoding undefined: unknown"),
        (
            b"abc\n",
            ("--encoding", "utf-16"),
            "names.txt: not UTF-16: it has no byte-order mark: name its",
        ),
        (
            b"\xf2\xfe\0\0a\0\0\xaa",
            ("--encoding", "utf-32"),
            "names.txt:1: byte 0x61 is not UTF-32",
        ),
        (b"abc\n", ("--encoding", "utf-16", "--errors", "flag"), "such as utf-16-le"),
    ],
)
def test_an_undecodable_file_is_one_clear_line(
    names_predict: CommandLine,
    folder: Path,
    content: bytes,
    options: tuple[str, ...],
    message: str,
) -> None:
    (folder / "names.txt").write_bytes(content)
    result = names_predict("names.txt", "--artifacts", "artifact", *options)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert message in result.err


def test_no_error_quotes_a_name_unless_it_is_allowed_to(
    names_predict: CommandLine, folder: Path
) -> None:
    (folder / "names.txt").write_bytes(b"abc\nsecret\xfcname\n")
    quiet = names_predict("names.txt", "--artifacts", "artifact")
    assert "secret" not in quiet.err
    loud = names_predict("names.txt", "--artifacts", "artifact", "--verbose")
    assert "secret" in loud.err
    assert loud.err.count("\n") == 1


def test_hashed_names_are_the_same_for_the_same_salt(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "names.txt").write_bytes(b"xyz\nabd\nxyz\n")

    def hashes() -> list[bytes]:
        done = predict(folder, "names.txt", "--hash-names")
        assert b"xyz" not in done.stdout + done.stderr
        return [line.split(b"\t")[0] for line in done.stdout.splitlines()]

    first, second = hashes(), hashes()
    assert first[0] == first[2] != first[1]
    assert first != second  # a random salt each time
    monkeypatch.setenv("NAMES_SALT", "a secret")
    assert hashes() == hashes() != first
