import random
from pathlib import Path

import pytest

from names_trainer.check import check_corpus
from names_trainer.corpus import read_corpus, split_corpus


def write(folder: Path, **lines: list[bytes]) -> Path:
    for label, content in lines.items():
        (folder / f"{label}.txt").write_bytes(b"".join(line + b"\n" for line in content))
    return folder


def test_counts_and_ceilings(tmp_path: Path) -> None:
    write(tmp_path, One=[b"Ann", b"ann", b"Bo", b"Cy"], Two=[b"Ann", b"Di"])
    check = check_corpus(tmp_path)
    one, two = check.labels
    assert (one.lines, one.distinct, one.duplicates, one.shared) == (4, 3, 1, 1)
    assert (two.lines, two.distinct, two.duplicates, two.shared) == (2, 2, 0, 1)
    assert (check.lines, check.distinct_pairs, check.distinct_names) == (6, 5, 4)
    assert check.shared == {"ann": {"One": 2, "Two": 1}}
    assert check.ceiling_lines == pytest.approx(5 / 6)
    assert check.ceiling_pairs == pytest.approx(4 / 5)
    assert check.findings == ()


def test_findings_have_file_line_and_kind(tmp_path: Path) -> None:
    write(tmp_path, One=[b"Ann", b" ", b"\xff", b"x" * 129, b"a/b", "d’Ö-k. l".encode()])
    check = check_corpus(tmp_path)
    found = [(Path(f.file).name, f.line, f.kind) for f in check.findings]
    assert found == [
        ("One.txt", 2, "blank"),
        ("One.txt", 3, "undecodable"),
        ("One.txt", 4, "too-long"),
        ("One.txt", 5, "unusual"),
    ]
    assert check.findings[3].detail == "U+002F SOLIDUS"
    assert check.unusable == 3


def test_a_file_without_names_is_a_finding(tmp_path: Path) -> None:
    write(tmp_path, One=[b"Ann"], Two=[])
    check = check_corpus(tmp_path)
    assert [(Path(f.file).name, f.kind) for f in check.findings] == [("Two.txt", "no name")]
    assert check.unusable == 1


def test_expected_leakage_is_what_random_splits_leak(tmp_path: Path) -> None:
    generator = random.Random(3)
    for label in ("One", "Two"):
        lines = [f"n{int(generator.expovariate(0.02))}".encode() for _ in range(400)]
        write(tmp_path, **{label: lines})
    check = check_corpus(tmp_path)
    rows = read_corpus(tmp_path)
    shares = []
    for seed in range(60):
        split = split_corpus(rows, "random", seed)
        seen = {row.name for row in split.train}
        shares.append(sum(row.name in seen for row in split.test) / len(split.test))
    assert 0.2 < check.leaked < 0.98
    assert check.leaked == pytest.approx(sum(shares) / len(shares), abs=0.02)
