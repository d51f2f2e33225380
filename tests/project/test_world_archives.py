"""Reading name lists from package files, on small files."""

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

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "data"))
archives = importlib.import_module("world_archives")
tables = importlib.import_module("world_sources")


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
        assert found == {"names": [("田", 120.0), (short, 120.0)]}
        given = archives.japanese_lists(f"かな,{letters},一,二,三\n")
        assert given == {"names": [("一", None), ("二", None), (short, None)]}

    def test_a_pickle_with_a_class_is_rejected(self):
        plain = pickle.dumps({"Ada Roe": ["English"]})
        assert archives.NoClasses(io.BytesIO(plain)).load() == {"Ada Roe": ["English"]}
        with pytest.raises(pickle.UnpicklingError, match="it needs collections"):
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
        with pytest.raises(ValueError, match="has no data"):
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
