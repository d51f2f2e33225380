"""What is committed in data/world and data/labels.csv."""

import csv
import importlib
import sys
import tomllib
import unicodedata
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[2] / "data"
sys.path.insert(0, str(DATA))
tables = importlib.import_module("world_sources")

FILES = sorted((DATA / "world").glob("*/*.txt"))
LABELS = list(csv.DictReader((DATA / "labels.csv").read_text(encoding="utf-8").splitlines()))


class TestFiles:
    @pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
    def test_sorted_distinct_normal_and_counted(self, path):
        text = path.read_bytes().decode("utf-8")
        assert text.endswith("\n")
        assert text == unicodedata.normalize("NFC", text)
        rows = [line.split("\t") for line in text.removesuffix("\n").split("\n")]
        names = [row[0] for row in rows]
        assert names == sorted(set(names))
        assert all(name == " ".join(name.split()) and name for name in names)
        assert all(len(row) == 1 or (len(row) == 2 and int(row[1]) > 0) for row in rows)
        assert len(rows) <= tables.MOST_LINES[path.parent.name]

    def test_orders_are_of_labels(self):
        orders = tomllib.loads((DATA / "world/given/orders.toml").read_text(encoding="utf-8"))
        assert {*orders["surname_first"], *orders["joined"]} < {row["label"] for row in LABELS}

    @pytest.mark.parametrize("kind", ["surnames", "given"])
    def test_labels_and_files_are_the_same(self, kind):
        folder = DATA / "world" / kind
        found = {row["label"]: int(row[kind]) for row in LABELS}
        assert found == {
            path.stem: path.read_text(encoding="utf-8").count("\n") for path in folder.glob("*.txt")
        }
        assert 80 <= len(found) <= 110

    def test_labels_are_peoples_not_passports(self):
        names = [row["label"] for row in LABELS]
        assert names == sorted(set(names))
        assert not {"American", "British", "Canadian", "Australian"} & set(names)
        assert all(row["holds"] and row["sources"] for row in LABELS)
        assert all(set(row["neighbours"].split()) <= set(names) for row in LABELS)
        assert all(len(row["iso639_3"]) in (0, 3) for row in LABELS)

    def test_all_of_it_is_small(self):
        assert sum(path.stat().st_size for path in FILES) < 12_000_000

    def test_no_full_names_are_kept(self):
        assert "/data/people-world/" in (DATA.parent / ".gitignore").read_text().split("\n")

    @pytest.mark.parametrize("archive", tables.ARCHIVES.values(), ids=lambda one: one.file)
    def test_archives_are_pinned_and_permissive(self, archive):
        assert len(archive.sha256) == 64
        assert archive.licence in {"MIT", "BSD-3-Clause", "Apache-2.0"}
