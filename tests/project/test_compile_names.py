"""The corpus in data/ and the script that compiles it."""

import importlib.util
import json
import re
import shutil
import sys
import unicodedata
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[2] / "data"
FILES = sorted((DATA / "names").glob("*.txt"))
GIVEN = sorted((DATA / "given").glob("*.txt"))
README = (DATA / "README.md").read_text(encoding="utf-8")
sys.path.insert(0, str(DATA))
SPEC = importlib.util.spec_from_file_location("compile_names", DATA / "compile_names.py")
compile_names = importlib.util.module_from_spec(SPEC)
sys.modules["compile_names"] = compile_names
SPEC.loader.exec_module(compile_names)
tables = importlib.import_module("name_sources")


def lines(path):
    return path.read_bytes().decode("utf-8").removesuffix("\n").split("\n")


@pytest.fixture
def copy(tmp_path):
    """A small folder and what it must hold."""
    files = {"names/Danish.txt": "Holm\nLund\n", "names/Twi.txt": "Kyei\n", "README.md": "# R\n"}
    (tmp_path / "names").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_bytes(text.encode())
    return tmp_path, files


@pytest.mark.parametrize("path", FILES + GIVEN, ids=lambda path: f"{path.parent.name}-{path.stem}")
class TestNameFile:
    def test_form(self, path):
        text = path.read_bytes().decode("utf-8")
        names = lines(path)
        assert text.endswith("\n")
        assert "\r" not in text
        assert not text.startswith("\ufeff")
        assert unicodedata.is_normalized("NFC", text)
        assert names == sorted(set(names))
        assert path in GIVEN or len(names) >= compile_names.MINIMUM

    def test_names_hold_letters_marks_and_few_signs(self, path):
        for name in lines(path):
            signs = [char for char in name if unicodedata.category(char)[0] not in "LM"]
            assert set(signs) <= set(" '-\u200c"), name
            assert name == " ".join(name.split()), name
            assert any(char.isalpha() for char in name), name

    def test_no_placeholder_and_no_name_wholly_in_one_case(self, path):
        for name in lines(path):
            assert name.lower() not in {"doe", "name", "none", "null", "surname", "test", "true"}
            if compile_names.scripts(name) <= {"Latin", "Cyrillic", "Greek", "Armenian"}:
                assert len(name) > 1, name
                assert not name.islower(), name
                assert not name.isupper(), name

    def test_every_name_is_in_one_of_the_languages_scripts(self, path):
        native = tables.SCRIPTS.get(path.stem, {"Latin"})
        for name in lines(path):
            found = compile_names.scripts(name)
            assert found <= native or found == {"Latin"}, name

    def test_the_readme_counts_the_names(self, path):
        names = lines(path)
        latin = [name for name in names if compile_names.scripts(name) == {"Latin"}]
        romanised = len(latin) if path.stem in tables.SCRIPTS else 0
        row = f"| {path.stem} | {len(names) - romanised} | {romanised} |"
        assert README.count(f"| {path.stem} | {len(names)} |\n" if path in GIVEN else row) == 1


def test_the_files_are_those_of_the_readme_and_of_the_table_of_languages():
    stems = [path.stem for path in FILES]
    assert [path.name for path in sorted((DATA / "names").iterdir())] == [f"{s}.txt" for s in stems]
    assert re.findall(r"^\| ([A-Z]\w+) \| \d+ \| \d+ \|", README, re.M) == stems
    assert [path.stem for path in GIVEN] == stems
    small = re.search(r"for want of 70 names: (.*)\.$", README, re.M)[1]
    missing = re.findall(r"(\w+) \(\d+\)", small)
    assert sorted(stems + missing) == sorted(tables.LANGUAGES)


def test_the_readme_tells_the_total_the_pins_and_every_exclusion():
    names = [name for path in FILES for name in lines(path)]
    total = f"{len(names)} names in {len(FILES)} languages, {len(set(names))} of them distinct"
    assert total in README
    for package, pin in compile_names.PINS.items():
        assert f"{package}=={pin}" in README
    for source, reason in (tables.EXCLUDED | tables.GIVEN.excluded).items():
        assert f"| {source} | {reason} |" in README


def test_the_licence_notices_are_kept():
    for name, holder in (("faker", "Daniele Faraglia"), ("mimesis", "Isaak Uchakaev")):
        text = (DATA / f"LICENSE-{name}.txt").read_text(encoding="utf-8")
        assert holder in text
        assert holder in README
        assert "Permission is hereby granted, free of charge" in text


def test_sample():
    rows = lines(DATA / "sample.txt")
    assert 55 <= len(rows) <= 65
    assert rows.count("") == 1
    assert rows[0]
    assert rows[-1]
    assert len(set(rows)) == len(rows)
    found = set().union(*map(compile_names.scripts, rows))
    wanted = "Arabic Armenian Cyrillic Devanagari Georgian Greek Han Hangul Hebrew Katakana Latin"
    assert found >= set(wanted.split())
    assert any(row.isupper() and len(row) > 1 for row in rows)
    assert any(row.islower() and row.isascii() and row for row in rows)
    assert any(" " in row for row in rows)
    assert any("-" in row for row in rows)


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("Holm", "Holm"),
        (" van  der Berg ", "van der Berg"),
        ("D\u2019Ambrosio", "D'Ambrosio"),
        ("Дем\u02bcяненко", "Дем'яненко"),
        ("Ulug\u2018bekov", "Ulug'bekov"),
        ("Mu\u0308ller", "Müller"),
        ("SÃ¸rensen", "Sørensen"),
        ("Ã˜stergaard", "Østergaard"),
        ("Васов\u0061", "Васова"),
        ("Domokos (name)", "Domokos"),
        ("Machado.", "Machado"),
        ("HSIEH", "Hsieh"),
        ("SMITH-O'NEIL", "Smith-O'Neil"),
        ("aan meerdinkveldboom", "aan Meerdinkveldboom"),
        ("žagar", "Žagar"),
        ("Mcclain", "McClain"),
        ("Mackay", "Mackay"),
        ("ბერიძე", "ბერიძე"),
        ("김", "김"),
        ("ال القاضي", "القاضي"),
        ("مهدی\u200cپور", "مهدی\u200cپور"),
        ("श्रेष\u094d\u200dठ", "श्रेष्ठ"),
    ],
)
def test_clean_mends(raw, name):
    assert compile_names.clean(raw) == name


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " ",
        "T",
        "(धेके)",
        "Pilato/Pilati",
        "Bourgondië, van",
        "के.सी.",
        "Smith2",
        "<b>",
        "a_b",
        "Coreth von und zu Coredo und Starkenberg",
        "بنو هلال",
        "بكر بن وائل",
    ],
)
def test_clean_drops(raw):
    assert compile_names.clean(raw) is None


def test_plain_leaves_letters():
    assert compile_names.plain("Solovʹyëv-Ḱosev’s") == "Solovyev-Kosevs"


def test_scripts():
    assert compile_names.scripts("Ó Súilleabháin") == {"Latin"}
    assert compile_names.scripts("佐々木 サイトー") == {"Han", "Katakana"}
    assert compile_names.scripts("Васов\u0061") == {"Cyrillic", "Latin"}


def test_differences_are_none(copy):
    assert compile_names.differences(*copy) == []


def test_differences_tell_a_changed_a_missing_and_an_extra_file(copy):
    folder, files = copy
    (folder / "names/Danish.txt").write_bytes(b"Holm\r\nLund\r\n")
    (folder / "names/Twi.txt").unlink()
    (folder / "names/Elvish.txt").write_text("Finarfin\n")
    assert compile_names.differences(folder, files) == [
        "names/Danish.txt: differs from what compile_names.py makes",
        "names/Elvish.txt: should not be there",
        "names/Twi.txt: missing",
    ]


@pytest.mark.parametrize("arguments", [[], ["--check"]])
def test_other_versions_are_refused(monkeypatch, capsys, copy, arguments):
    monkeypatch.setattr(compile_names, "PINS", {"pytest": "0.1"})
    assert compile_names.main(arguments, copy[0]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert error.startswith("compile_names.py needs pytest==0.1 (installed: ")
    assert error.count("\n") == 1
    assert compile_names.differences(*copy) == []


def test_a_missing_package_is_told(monkeypatch):
    monkeypatch.setattr(compile_names, "PINS", {"no-such-package-here": "1"})
    assert compile_names.unmet_pins() == ["no-such-package-here==1 (installed: none)"]


@pytest.mark.corpus
def test_the_orders_are_those_of_fakers_formats():
    first, joined = set(), set()
    for path in GIVEN:
        formats = set()
        for source in tables.LANGUAGES[path.stem]:
            if source.startswith("faker/"):
                locale = source.removeprefix("faker/")
                provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
                formats |= {f for f in vars(provider).get("formats", ()) if "fix" not in f}
        surname_first = [
            f.index("last_name") < f.index("first_name") for f in formats if "last" in f
        ]
        if sum(surname_first) > len(surname_first) / 2:
            first.add(path.stem)
        if formats and not any(" " in f for f in formats):
            joined.add(path.stem)
    assert first == set(tables.SURNAME_FIRST)
    assert joined == set(tables.JOINED)


@pytest.mark.corpus
def test_check_of_the_committed_files(capsys):
    assert compile_names.main(["--check"]) == 0, capsys.readouterr()


@pytest.mark.corpus
def test_check_and_rebuild_of_a_copy(tmp_path, capsys):
    for folder in ("names", "given"):
        shutil.copytree(DATA / folder, tmp_path / folder)
    readme = README.replace("| Danish |", "| Dansk |", 1)
    (tmp_path / "README.md").write_text(readme, encoding="utf-8")
    (tmp_path / "names/Danish.txt").write_text("Holm\n")
    (tmp_path / "names/Twi.txt").unlink()
    (tmp_path / "names/Elvish.txt").write_text("Finarfin\n")
    assert compile_names.main(["--check"], tmp_path) == 1
    out = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in out] == [
        "README.md",
        "names/Danish.txt",
        "names/Elvish.txt",
        "names/Twi.txt",
    ]
    assert compile_names.main([], tmp_path) == 0
    assert compile_names.main(["--check"], tmp_path) == 0
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == README


@pytest.mark.corpus
def test_a_readme_without_a_marker_is_refused(tmp_path):
    (tmp_path / "README.md").write_text("# The corpus\n")
    with pytest.raises(SystemExit, match="no place for its part 'languages'"):
        compile_names.compile_files(tmp_path)


@pytest.mark.corpus
def test_every_surname_list_of_both_packages_is_used_or_excluded():
    faker = Path(importlib.import_module("faker.providers.person").__file__).parent
    mimesis = Path(importlib.import_module("mimesis").__file__).parent / "datasets"
    found = set()
    for path in faker.glob("*/__init__.py"):
        locale = path.parent.name
        provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
        if any("last_name" in key for key in vars(provider) if key.endswith("s")):
            found.add(f"faker/{locale}")
    for path in mimesis.glob("*/person.json"):
        if "surnames" in json.loads(path.read_text(encoding="utf-8")):
            found.add(f"mimesis/{path.parent.name}")
    used = [source for sources in tables.LANGUAGES.values() for source in sources]
    excluded = {source for source in tables.EXCLUDED if source.count("/") == 1}
    assert len(used) == len(set(used))
    assert not excluded & set(used)
    assert found - set(used) - excluded == set()


@pytest.mark.corpus
@pytest.mark.parametrize(
    "entries", ["WRONG", "FIXES", "GIVES_WAY"], ids=["wrong", "fixes", "gives way"]
)
def test_the_tables_name_real_sources(entries):
    used = {source for sources in tables.LANGUAGES.values() for source in sources}
    if entries != "FIXES":
        assert set(getattr(tables, entries)) <= used
    if entries == "GIVES_WAY":
        assert {s for others in tables.GIVES_WAY.values() for s in others.split()} <= used


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("language", "native", "latin"),
    [
        ("Armenian", "Հովհաննիսյան", "Hovhannisyan"),
        ("Armenian", "Փիլիփոսյան", "Piliposyan"),
        ("Armenian", "Գաբրիելյան", "Gabrielyan"),
        ("Bulgarian", "Георгиев", "Georgiev"),
        ("Bulgarian", "Щърбов", "Shtarbov"),
        ("Bulgarian", "Христова", "Hristova"),
        ("Bulgarian", "Гьоков", "Gyokov"),
        ("Chinese", "欧阳", "Ouyang"),
        ("Chinese", "单", "Shan"),
        ("Georgian", "ბერიძე", "Beridze"),
        ("Georgian", "წულუკიძე", "Tsulukidze"),
        ("Greek", "Παπαδόπουλος", "Papadopoulos"),
        ("Greek", "Γκόφας", "Gkofas"),
        ("Greek", "Μπαλτατζής", "Baltatzis"),
        ("Greek", "Ευαγγελόπουλος", "Evangelopoulos"),
        ("Kazakh", "Нұрмағанбетов", "Nurmaghanbetov"),
        ("Kazakh", "Тоғжан ұлы", "Toghzhan uly"),
        ("Korean", "김", "Gim"),
        ("Korean", "박", "Bak"),
        ("Korean", "남궁", "Namgung"),
        ("Macedonian", "Ѓорѓиевски", "Gjorgjievski"),
        ("Macedonian", "Шакири", "Shakiri"),
        ("Russian", "Щербаков", "Shcherbakov"),
        ("Russian", "Соловьёв", "Solovyev"),
        ("Ukrainian", "Шевченко", "Shevchenko"),
        ("Ukrainian", "Дем'яненко", "Demyanenko"),
        ("Ukrainian", "Гоголь-Яновська", "Hohol-Yanovska"),
    ],
)
def test_romanise(language, native, latin):
    assert compile_names.romanise(native, tables.SCHEMES[language]) == latin
