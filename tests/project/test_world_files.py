"""The committed files in data/: data/world, the embedded corpus, labels.csv and sample.txt."""

import csv
import importlib
import sys
import tomllib
import unicodedata
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[2] / "data"
sys.path.insert(0, str(DATA))
lists = importlib.import_module("world_lists")
scripts = importlib.import_module("faker_lists").scripts
tables = importlib.import_module("world_sources")

WORLD = sorted((DATA / "world").glob("*/*.txt"))
WORLD_OF = {DATA / "names": DATA / "world/surnames", DATA / "given": DATA / "world/given"}
EMBEDDED = sorted(path for folder in WORLD_OF for path in folder.glob("*.txt"))
LABELS = list(csv.DictReader((DATA / "labels.csv").read_text(encoding="utf-8").splitlines()))


def place(path):
    return "-".join(path.relative_to(DATA).with_suffix("").parts)


def counts(path):
    """Return the count of each name."""
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return {name: int(count) for name, count in rows}


class TestFiles:
    @pytest.mark.parametrize("path", WORLD + EMBEDDED, ids=place)
    def test_sorted_distinct_normal_and_counted(self, path):
        text = path.read_bytes().decode("utf-8")
        assert text.endswith("\n")
        assert "\r" not in text
        assert text == unicodedata.normalize("NFC", text)
        rows = [line.split("\t") for line in text.removesuffix("\n").split("\n")]
        names = [row[0] for row in rows]
        assert names == sorted(set(names))
        assert all(name == " ".join(name.split()) and name for name in names)
        assert all(len(row) == 2 and int(row[1]) > 0 for row in rows)
        assert path in EMBEDDED or len(rows) <= tables.MOST_LINES[path.parent.name]

    @pytest.mark.parametrize("path", EMBEDDED, ids=place)
    def test_the_embedded_corpus_has_the_commonest_names_of_the_world(self, path):
        embedded, whole = counts(path), counts(WORLD_OF[path.parent] / path.name)
        assert embedded.items() <= whole.items()
        assert len(embedded) == min(len(whole), tables.MOST_EMBEDDED)
        left_out = [whole[name] for name in whole.keys() - embedded.keys()]
        assert min(embedded.values()) >= max(left_out, default=0)

    @pytest.mark.parametrize("folder", WORLD_OF, ids=place)
    def test_the_embedded_corpus_has_every_label(self, folder):
        stems = {path.stem for path in folder.glob("*.txt")}
        assert stems == {row["label"] for row in LABELS}
        others = {path.name for path in folder.iterdir()} - {f"{stem}.txt" for stem in stems}
        assert others == ({"orders.toml"} if folder.name == "given" else set())

    def test_the_embedded_orders_are_those_of_the_world(self):
        orders = [DATA / folder / "orders.toml" for folder in ("given", "world/given")]
        assert orders[0].read_bytes() == orders[1].read_bytes()

    @pytest.mark.parametrize("path", EMBEDDED, ids=place)
    def test_names_have_letters_marks_and_few_other_characters(self, path):
        for name in counts(path):
            others = [char for char in name if unicodedata.category(char)[0] not in "LM"]
            assert set(others) <= set(" '-\u200c"), name
            assert any(char.isalpha() for char in name), name

    @pytest.mark.parametrize("path", EMBEDDED, ids=place)
    def test_no_placeholder_and_no_name_wholly_in_one_case(self, path):
        for name in counts(path):
            assert name.lower() not in {"name", "none", "null", "surname", "test", "true"}
            if scripts(name) <= {"Latin", "Cyrillic", "Greek", "Armenian"}:
                assert len(name) > 1, name
                assert not name.islower(), name
                assert not name.isupper(), name

    @pytest.mark.parametrize("path", EMBEDDED, ids=place)
    def test_every_name_is_in_latin_letters_or_in_the_labels_script(self, path):
        for name in counts(path):
            found = scripts(name)
            assert found == {"Latin"} or found <= lists.allowed_scripts(path.stem), name

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

    def test_sources_name_packages_and_their_lists(self):
        named = {word for row in LABELS for word in row["sources"].split()}
        packages = {word.partition(":")[0] for word in named}
        assert packages - {"frequencies", "mimesis", "zxcvbn"} <= set(tables.ARCHIVES)
        assert {"faker:hy_AM", "mimesis:kk", "name2nat", "frequencies"} <= named

    def test_all_of_it_is_small(self):
        assert sum(path.stat().st_size for path in WORLD) < 12_000_000
        assert sum(path.stat().st_size for path in EMBEDDED) < 1_500_000

    def test_no_full_names_are_kept(self):
        assert "/data/people-world" in (DATA.parent / ".gitignore").read_text().split("\n")

    @pytest.mark.parametrize("archive", tables.ARCHIVES.values(), ids=lambda one: one.file)
    def test_archives_are_pinned_and_permissive(self, archive):
        assert len(archive.sha256) == 64
        assert archive.licence in {"MIT", "BSD-3-Clause", "Apache-2.0"}


def test_sample():
    rows = (DATA / "sample.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n")
    assert 55 <= len(rows) <= 65
    assert rows.count("") == 1
    assert rows[0]
    assert rows[-1]
    assert len(set(rows)) == len(rows)
    found = set().union(*map(scripts, rows))
    wanted = "Arabic Armenian Cyrillic Devanagari Georgian Greek Han Hangul Hebrew Katakana Latin"
    assert found >= set(wanted.split())
    assert any(row.isupper() and len(row) > 1 for row in rows)
    assert any(row.islower() and row.isascii() and row for row in rows)
    assert any(" " in row for row in rows)
    assert any("-" in row for row in rows)
