"""The modules that compile data/world and data/labels.csv, on small made-up inputs."""

import dataclasses
import hashlib
import importlib
import io
import pickle
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[1] / "data"
sys.path.insert(0, str(DATA))
archives = importlib.import_module("world_archives")
counts = importlib.import_module("world_counts")
evidence = importlib.import_module("world_evidence")
lists = importlib.import_module("world_lists")
nigeria = importlib.import_module("world_nigeria")
people = importlib.import_module("world_people")
tables = importlib.import_module("world_sources")
world = importlib.import_module("compile_world")
Names = counts.Names


def split(title, order="last", others=()):
    titles = [*others, title]
    return list(people.parts(titles, order))[-1]


class TestFullNames:
    @pytest.mark.parametrize(
        ("title", "surname", "given"),
        [
            ("Ada Lovelace", "Lovelace", "Ada"),
            ("Ada Lovelace (nurse)", "Lovelace", "Ada"),
            ("Ada Lovelace, 2nd Countess", "Lovelace", "Ada"),
            ("Jan van der Berg", "van der Berg", "Jan"),
            ("Pia Di Luca", "Di Luca", "Pia"),
            ("Omar El Sayed", "El Sayed", "Omar"),
            ("Bob Q. Public Jr.", "Public", "Bob"),
            ("Sir Bob Public", "Public", "Bob"),
            ("Ann O\u2019Hara", "O'Hara", "Ann"),
        ],
    )
    def test_the_last_word_with_its_particles(self, title, surname, given):
        assert split(title) == people.Parts(surname, given)

    def test_a_particle_that_comes_first_is_a_given_name(self):
        assert split("Van Morris") == people.Parts("Morris", "Van")

    def test_bare_leaves_particles_out(self):
        assert split("Ana da Silva", "bare").surname == "Silva"

    def test_son_of_is_no_part_of_an_arabic_name(self):
        assert split("Zaid bin Omar", "arabic") == people.Parts("Omar", "Zaid")
        assert list(people.parts(["Zaid", "bin Omar"], "arabic")) == [people.Parts("", "")]

    def test_the_first_word_where_more_people_begin_with_it(self):
        others = ["Kim Bo-ra", "Kim Da-in", "Lee Su-bin"]
        assert split("Kim Ye-jun", "first", others) == people.Parts("Kim", "Ye-jun")
        assert split("Ann Kim", "first", others) == people.Parts("Kim", "Ann")

    def test_either_end_where_one_is_the_commoner_surname(self):
        others = ["Yoko Oda", "Ken Oda", "Emi Oda"]
        assert split("Oda Nagato", "either", others).surname == "Oda"
        assert split("Emi Sato", "either", others).surname == "Sato"

    def test_a_mongolian_fathers_name_comes_first(self):
        assert split("Batbayaryn Bold", "mongolian") == people.Parts("Batbayaryn", "Bold")
        assert split("Sarnai Bold", "mongolian") == people.Parts("Bold", "Sarnai")

    @pytest.mark.parametrize(
        "title", ["Plato", "", "Blink 182", "Ivan of Kent", "Tom & Ann Roe", "A. B."]
    )
    def test_what_is_no_plain_name_gives_none(self, title):
        assert all(one == people.Parts("", "") for one in people.parts([title], "last"))

    def test_a_key_has_neither_case_nor_diacritics(self):
        assert people.key("Nguyễn") == people.key("NGUYEN") == "nguyen"
        assert people.key("Søren d'Ångström-Łódź") == "sorendangstromlodz"

    def test_people_are_counted_once_for_each_word(self):
        assert people.bearers(["Ann Ann", "Ann Roe"]) == {"ann": 2, "roe": 1}


class TestArchives:
    def test_a_python_class_gives_its_lists_and_weights(self):
        source = (
            "class Provider(Base):\n"
            "    formats = ('{{a}}', 3)\n"
            "    last_names_male = ('Ek', 'Alm')\n"
            "    last_names_female = ['Ask']\n"
            "    last_names = last_names_male + last_names_female\n"
            "    first_names: dict = OrderedDict((('Bo', 0.25), ('Ida', 1)))\n"
            "    made = call()\n"
        )
        assert archives.python_lists(source) == {
            "last_names_male": [("Ek", None), ("Alm", None)],
            "last_names_female": [("Ask", None)],
            "last_names": [("Ek", None), ("Alm", None), ("Ask", None)],
            "first_names": [("Bo", 0.25), ("Ida", 1)],
        }

    def test_javascript_in_both_of_its_forms(self):
        source = (
            "const r={a:{b:[`x`]},last_name:{generic:`Ek.Alm`.split(`.`),male:[`Ask {`,`Bo`]},"
            "first_name:{female:[`Ida`]},other:1}"
        )
        assert archives.javascript_lists(source) == {
            "last_name.generic": [("Ek", None), ("Alm", None)],
            "last_name.male": [("Ask {", None), ("Bo", None)],
            "first_name.female": [("Ida", None)],
        }
        assert archives.javascript_lists("const r={}") == {}

    def test_php_in_both_of_its_forms(self):
        source = (
            "<?php class P { /* static $no = ['x']; */\n // 'y'\n"
            "protected static $lastName = ['Ek', \"Al'm\", 'O\\'Ask'];\n"
            "protected static $firstName = array(\n  'Ida', # one\n);\n}"
        )
        assert archives.php_lists(source) == {
            "lastName": [("Ek", None), ("Al'm", None), ("O'Ask", None)],
            "firstName": [("Ida", None)],
        }

    def test_variants_have_counts_in_their_own_script_only(self):
        source = 'V: dict = {"김": {"forms": ["kim", "gim"], "frequency": 10}}'
        assert archives.variant_lists(source) == {
            "last_name": [("김", 10), ("kim", None), ("gim", None)]
        }

    @pytest.mark.parametrize(
        ("letters", "short"),
        [("satou", "sato"), ("oono", "ono"), ("inoue", "inoue"), ("yuuki", "yuki")],
    )
    def test_japanese_vowels_are_short_in_letters(self, letters, short):
        assert archives.short_vowels(letters) == short
        found = archives.japanese_lists(f"田,120,かな,{letters}\n")
        assert found == {"last_name": [("田", 120.0), (short, 120.0)]}

    def test_a_pickle_may_not_ask_for_a_class(self):
        plain = pickle.dumps({"Ada Roe": ["English"]})
        assert archives.NoClasses(io.BytesIO(plain)).load() == {"Ada Roe": ["English"]}
        with pytest.raises(pickle.UnpicklingError, match="it asks for collections"):
            archives.NoClasses(
                io.BytesIO(pickle.dumps(importlib.import_module("collections").Counter()))
            ).load()

    def test_a_debian_package_gives_its_files(self, tmp_path, monkeypatch):
        tar, package = io.BytesIO(), b"!<arch>\n"
        with tarfile.open(fileobj=tar, mode="w:xz") as files:
            info = tarfile.TarInfo("./usr/list")
            info.size = 3
            files.addfile(info, io.BytesIO(b"Ek\n"))
        for name, data in (("debian-binary", b"2.0"), ("data.tar.xz", tar.getvalue())):
            head = f"{name:<16}{0:<12}{0:<6}{0:<6}{644:<8}{len(data):<10}`\n"
            package += head.encode() + data + b"\n" * (len(data) % 2)
        self.put(tmp_path, monkeypatch, "a.deb", package, "./usr/")
        assert archives.text(tmp_path, "made", "li*") == "Ek\n"
        with pytest.raises(ValueError, match="holds no data"):
            archives.deb_data(b"!<arch>\n")

    def put(self, folder, monkeypatch, name, data, root):
        archive = tables.Archive(name, hashlib.sha256(data).hexdigest(), "get it", "MIT", root)
        monkeypatch.setitem(archives.ARCHIVES, "made", archive)
        (folder / name).write_bytes(data)
        archives.members.cache_clear()
        return archive

    def test_another_file_than_the_pinned_one_is_refused(self, tmp_path, monkeypatch):
        wheel = io.BytesIO()
        with zipfile.ZipFile(wheel, "w") as files:
            files.writestr("p/a.py", "x")
            files.writestr("q/a.py", "y")
        archive = self.put(tmp_path, monkeypatch, "a.whl", wheel.getvalue(), "p/")
        assert archives.text(tmp_path, "made", "a.py") == "x"
        with pytest.raises(ValueError, match=r"0 files are named b\.py"):
            archives.text(tmp_path, "made", "b.py")
        monkeypatch.setitem(
            archives.ARCHIVES, "made", dataclasses.replace(archive, sha256="0" * 64)
        )
        archives.members.cache_clear()
        with pytest.raises(ValueError, match=r"a\.whl: not the pinned file; get it gets it"):
            archives.text(tmp_path, "made", "a.py")


class TestCounts:
    def test_a_rank_stands_for_a_share(self):
        first, second = lists.weighted([("Ek", None), ("Alm", None)], "rank")
        assert first[1] > second[1] > 0
        assert first[1] / second[1] == pytest.approx(12 / 11)

    def test_weights_are_scaled_to_what_the_list_covers(self):
        entries = [("Ek", 3.0), ("Alm", 1.0), ("Ask", None)]
        found = dict(lists.weighted(entries, "weights", complete=True))
        assert found == {"Ek": 75_000, "Alm": 25_000, "Ask": None}
        assert "Ask" not in dict(lists.weighted(entries, "counts"))
        part = dict(lists.weighted(entries, "weights"))
        assert part["Ek"] == pytest.approx(75_000 * lists.coverage(3))

    def test_without_an_ending_a_list_has_no_counts(self):
        assert lists.weighted([("Ek", 3.0)], "") == [("Ek", None)]

    def test_indian_people_go_where_their_surname_lives(self):
        shares = {"patel": {"Gujarati": 0.1, "Hindi": 0.001}}
        titles = ["Ann Patel", "Bo Reddy", "Bo Singh Gill", "Ida Kaur Gill"]
        divided = counts.indian(titles, shares)
        (one, part), *_ = divided["Gujarati"]
        assert one == people.Parts("Patel", "Ann")
        assert part == pytest.approx(0.1 * 55.5 / (0.1 * 55.5 + 0.001 * 528.3))
        assert [one.surname for one, _ in divided["Indian"]] == ["Reddy"]
        assert [one.surname for one, _ in divided["Punjabi"]] == ["Gill", "Gill"]

    def test_only_a_labels_scripts_and_latin(self):
        assert lists.usable("김", "Korean") == "김"
        assert lists.usable("김", "Danish") is None
        assert lists.usable("x1", "Danish") is None

    def test_nigerian_people_are_told_by_their_words(self):
        seeds = {
            "Yoruba": ["Adebayo", "Adekunle", "Oluwole", "Olusegun"],
            "Igbo": ["Chinedu", "Chidi", "Nwosu", "Okonkwo"],
            "Nigerian": ["John", "Smith"],
        }
        found = [people.Parts("Adewole", "Olusola"), people.Parts("Nwokonkwo", "Chinedum")]
        told = nigeria.tell([*found, people.Parts("Smith", "John")], seeds, "Nigerian")
        assert [language for _, language in told] == ["Yoruba", "Igbo", "Nigerian"]


class TestEvidence:
    def test_a_name_without_diacritics_joins_the_one_with_them(self):
        names = Names(
            {"Dvořák": 3.0, "Dvorak": 2.0, "DVORAK": 1.0, "Bar": 9.0, "Bár": 1.0}, {"Dvorák"}
        )
        merged = evidence.merge_spellings(names)
        assert merged.counted == {"Dvořák": 6.0, "Bar": 9.0, "Bár": 1.0}
        assert merged.listed == {"Dvorák"}

    def test_a_name_from_elsewhere_is_left_out(self):
        labels = {
            "English": Names({"Smith": 600.0, "Lee": 60.0, "Roe": 9_340.0}),
            "German": Names({"Smith": 1.0, "Weber": 9_999.0}),
        }
        ratios = evidence.ratios(labels)
        assert evidence.clean(labels["German"], ratios["German"], "surnames") == {"Weber": 9_999}
        assert evidence.clean(labels["English"], ratios["English"], "surnames")["Smith"] == 600

    def test_a_shared_name_keeps_a_part(self):
        labels = {
            "Danish": Names({"Holm": 100.0, "Lund": 900.0}),
            "German": Names({"Holm": 20.0, "Weber": 980.0}),
        }
        ratio = evidence.ratios(labels)["German"]
        assert ratio["holm"] == pytest.approx(0.2)
        kept = evidence.clean(labels["German"], ratio, "surnames")
        assert kept["Holm"] == round(20 * 0.2 / tables.SURE_RATIO["surnames"])

    def test_a_listed_name_takes_its_count_from_people_anywhere(self):
        names = Names(listed={"Ek", "Alm"})
        ratio = {"ek": 1.0, "alm": 1.0}
        assert evidence.clean(names, ratio, "surnames", {"ek": 7}) == {"Ek": 7, "Alm": None}
        assert evidence.clean(names, ratio, "surnames") == {"Ek": None, "Alm": None}

    def test_the_commonest_are_kept(self, monkeypatch):
        monkeypatch.setitem(evidence.MOST_LINES, "surnames", 2)
        kept = evidence.most_borne({"A": None, "B": 5, "C": 1, "D": 9}, "surnames")
        assert kept == {"B": 5, "D": 9}

    def test_neighbours_share_names(self):
        files = {"A": {"Ek": 9, "Alm": 1}, "B": {"Ek": 1}, "C": {"Ask": None}}
        assert evidence.neighbours(files) == {"A": ["B"], "B": ["A"], "C": []}


class TestCommand:
    def test_a_missing_package_is_one_line(self, tmp_path, capsys):
        assert world.main(["--check", "--cache", str(tmp_path)]) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert "--download gets it" in error

    def test_differences_are_named(self, tmp_path):
        (tmp_path / "world" / "given").mkdir(parents=True)
        for name, text in (("Danish", "Bo\n"), ("Old", "Ida\n")):
            (tmp_path / "world" / "given" / f"{name}.txt").write_text(text)
        files = {"world/given/Danish.txt": "Bo\t2\n", "labels.csv": "label\n"}
        assert world.differences(files, tmp_path) == [
            "labels.csv: missing",
            "world/given/Danish.txt: differs from what compile_world.py makes",
            "world/given/Old.txt: should not be there",
        ]
        (tmp_path / "labels.csv").write_text("label\n")
        world.write(files, tmp_path)
        assert world.differences(files, tmp_path) == []

    def test_a_line_has_its_count_behind_a_tab(self):
        assert world.lines({"Lund": None, "Holm": 3}) == "Holm\t3\nLund\n"

    @pytest.mark.corpus
    @pytest.mark.skipif(
        not all((DATA / "cache" / one.file).is_file() for one in tables.ARCHIVES.values()),
        reason="data/cache lacks packages; python data/compile_world.py --download gets them",
    )
    def test_the_files_are_what_the_command_makes(self, capsys):
        assert world.main(["--check"]) == 0, capsys.readouterr().out
