"""The installed predictor on any system: a file of each format in and out, with the bundled model.

It needs nothing of conftest.py: `python -m pytest --noconftest tests/predictor/test_any_system.py`.
"""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

NAMES = ["Kim Min-jun", "Papadopoulou, Maria", "", "Nguyễn Văn Anh"]
LABELS = ["Korean", "Greek", "", "Vietnamese"]


def names_predict(*arguments: object, **variables: str) -> str:
    """Run the command with the bundled model; return its standard output."""
    environment = {k: v for k, v in os.environ.items() if k != "NAMES_ARTIFACTS"}
    done = subprocess.run(
        [sys.executable, "-m", "names_predictor", *map(str, arguments)],
        capture_output=True,
        env=environment | {"PYTHONUTF8": "1"} | variables,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Path("people.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["id", "name"], *enumerate(NAMES)])


@pytest.mark.parametrize("ending", ["csv", "tsv", "json", "jsonl", "parquet", "xlsx"])
def test_a_file_of_each_format_is_written_and_read(ending: str) -> None:
    names_predict("people.csv", "--column", "name", "--output", f"out.{ending}")
    names_predict(f"out.{ending}", "--column", "name", "--prefix", "p_", "--output", "again.csv")
    with Path("again.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["id"], row["name"]) for row in rows] == [(str(i), n) for i, n in enumerate(NAMES)]
    assert [row["label"] for row in rows] == [row["p_label"] for row in rows] == LABELS
    assert [row["reason"] for row in rows] == ["", "", "blank", ""]


def test_a_list_is_read_whatever_the_locale() -> None:
    Path("names.txt").write_bytes("\r\n".join(NAMES).encode())
    rows = names_predict("names.txt", PYTHONUTF8="0").splitlines()
    assert [tuple(row.split("\t")[:2]) for row in rows] == list(zip(NAMES, LABELS, strict=True))
