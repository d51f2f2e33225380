"""The name lists of Faker and Mimesis: cleaning, romanising, and which of them are read."""

import importlib
import json
import sys
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[2] / "data"
README = (DATA / "README.md").read_text(encoding="utf-8")
sys.path.insert(0, str(DATA))
lists = importlib.import_module("faker_lists")
tables = importlib.import_module("faker_sources")


def test_the_readme_has_the_pins():
    for package, pin in lists.PINS.items():
        assert f"{package}=={pin}" in README


def test_the_licence_notices_are_kept():
    for name, holder in (("faker", "Daniele Faraglia"), ("mimesis", "Isaak Uchakaev")):
        text = (DATA / f"LICENSE-{name}.txt").read_text(encoding="utf-8")
        assert holder in text
        assert holder in README
        assert "Permission is hereby granted, free of charge" in text


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
def test_clean_corrects(raw, name):
    assert lists.clean(raw) == name


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
    assert lists.clean(raw) is None


def test_plain_leaves_letters():
    assert lists.plain("Solovʹyëv-Ḱosev’s") == "Solovyev-Kosevs"


def test_scripts():
    assert lists.scripts("Ó Súilleabháin") == {"Latin"}
    assert lists.scripts("佐々木 サイトー") == {"Han", "Katakana"}
    assert lists.scripts("Васов\u0061") == {"Cyrillic", "Latin"}


def test_a_missing_package_is_reported(monkeypatch):
    monkeypatch.setattr(lists, "PINS", {"no-such-package-here": "1"})
    assert lists.unmet_pins() == ["no-such-package-here==1 (installed: none)"]


def test_a_language_without_lists_has_no_names():
    assert lists.listed_names("Elvish") == []


@pytest.mark.corpus
def test_a_language_of_few_surnames_has_neither_surnames_nor_given_names():
    assert 0 < len(lists.language_names("Bengali")) < lists.FEWEST_LISTED
    assert len(lists.language_names("Bengali", given=True)) > lists.FEWEST_LISTED
    assert lists.listed_names("Bengali") == lists.listed_names("Bengali", given=True) == []


@pytest.mark.corpus
def test_names_are_native_and_romanised_without_what_a_list_has_wrong():
    surnames = lists.listed_names("Bulgarian")
    assert surnames == sorted(set(surnames))
    assert {"Васова", "Vasova"} <= set(surnames)
    assert "ЕвроповКирилов" not in surnames
    assert "Adam" in lists.listed_names("Bulgarian", given=True)


@pytest.mark.corpus
def test_a_list_leaves_names_to_the_lists_of_other_languages():
    english, spanish = (set(lists.listed_names(label)) for label in ("English", "Spanish"))
    assert {"Smith", "Jones"} <= english
    assert {"Rodriguez", "Nguyen"} & english == set()
    assert "Rodríguez" in spanish


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
    assert lists.romanise(native, tables.SCHEMES[language]) == latin
