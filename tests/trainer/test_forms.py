"""Forms of a name: spellings, romanisations, initials and titles."""

import csv
import importlib
import random
import re
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from names_predictor.encoding import normalise
from names_predictor.errors import NamesError
from names_trainer.data.forms import decorated, read_variants, rewritten, spellings
from names_trainer.data.romanisation import NATIONAL, transliterations

DATA = Path(__file__).resolve().parents[2] / "data"
sys.path.insert(0, str(DATA))
compiler = importlib.import_module("compile_variants")
sources = importlib.import_module("world_sources")

VARIANTS = {("Korean", "kim"): ("gim",), ("Arabic", "mohamed"): ("muhammad", "mohammed")}
WORD = st.text(alphabet="abcüöäßåøæłđışžěéñ'-йёїάςأمḥ가ガक्षกต王\u0301", min_size=1, max_size=9)
NAME = st.lists(st.text(alphabet="abcdemüöøłışж'-", min_size=1, max_size=8), min_size=1, max_size=3)
LABELS = st.sampled_from(["German", "Dutch", "Russian", "Arabic", "Korean", "Chinese", "x"])


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("nowak", set()),
        ("dvořák", {"dvorak"}),
        ("müller", {"muller", "mueller"}),
        ("großmann", {"grossmann"}),
        ("yıldız", {"yildiz"}),
        ("ışık", {"isik", "işik"}),
        ("bērziņš", {"berzins"}),
        ("håkansson", {"hakansson", "haakansson"}),
        ("grønbæk", {"gronbaek", "groenbaek"}),
        ("đoković", {"dokovic"}),
        ("łukasz", {"lukasz"}),
        ("þórðarson", {"thordarson"}),
        ("əliyev", {"eliyev"}),
        ("nguyễn", {"nguyen"}),
        ("o'connor", {"oconnor", "o connor"}),
        ("d'angelò", {"d'angelo", "dangelò", "d angelò", "dangelo", "d angelo"}),
        ("'t", {"t"}),
        ("smith-jones", {"smithjones"}),
        ("mcdonald", {"mc donald"}),
        ("macdonald", {"mac donald"}),
        *[(word, set()) for word in ("mackenzie", "macias", "macek", "mac", "mcc", "machado")],
        ("ёлкин", {"елкин"}),
        ("чайковский", set()),
        ("παπαδόπουλος", {"παπαδοπουλος"}),
        ("مُحَمَّد", {"محمد"}),
        ("محمـد", {"محمد"}),
        ("יִצְחָק", {"יצחק"}),
        ("أحمد", {"احمد"}),
        ("क्षि", set()),
        ("ต้น", set()),
        ("ガ", set()),
        ("김", set()),
    ],
)
def test_spellings_of_a_word(word: str, expected: set[str]) -> None:
    assert set(spellings(word)) == expected


@given(WORD)
def test_a_spelling_is_another_normalised_word(text: str) -> None:
    word = normalise(text)
    others = spellings(word)
    assert len(set(others)) == len(others)
    for other in others:
        assert normalise(other) == other
        assert other not in ("", word)


@pytest.mark.parametrize(
    ("word", "label", "among"),
    [
        ("чайковский", "Russian", "chaykovskiy chaykovsky chaykovskii tchaykovskiy"),
        ("tchaikovsky", "Russian", "chaykovsky tchaikovskiy tchaikovski"),
        ("ivanov", "Russian", "ivanoff"),
        ("dmitry", "Russian", "dmitri dmitriy dmitrii"),
        ("евгений", "Russian", "yevgeniy evgeniy yevgeny"),
        ("zhukov", "Russian", "jukov"),
        ("khrushchev", "Russian", "hrushchev khrushcheff"),
        ("zaytsev", "Russian", "zaitsev zaytzev"),
        ("гоголь", "Russian", "gogol"),
        ("андреев", "Russian", "andreyev andreev"),
        ("шевченко", "Ukrainian", "shevchenko"),
        ("григоренко", "Ukrainian", "hryhorenko grygorenko"),
        ("hrytsenko", "Ukrainian", "grytsenko hritsenko hrycenko"),
        ("лукашэнка", "Belarusian", "lukashenka"),
        ("hristov", "Bulgarian", "christov khristov hristoff"),
        ("щербина", "Bulgarian", "shterbina"),
        ("đoković", "Serbian", "djokovic"),
        ("əliyev", "Azerbaijani", "aliyev"),
        ("al-masri", "Arabic", "el-masri al-masry"),
        ("ghasemi", "Persian", "qasemi"),
        ("xiaoqing", "Chinese", "hsiaoching"),
        ("satou", "Japanese", "sato"),
        ("sukarno", "Indonesian", "soekarno"),
    ],
)
def test_romanisations_by_rule(word: str, label: str, among: str) -> None:
    found = transliterations(word, label)
    assert set(among.split()) <= set(found)
    assert word not in found


@pytest.mark.parametrize(
    ("word", "label"),
    [
        ("ivanov", "Czech"),
        ("wong", "Chinese"),
        ("王", "Chinese"),
        ("김", "Korean"),
        ("كريم", "Arabic"),
    ],
)
def test_words_without_a_rule_have_no_romanisation(word: str, label: str) -> None:
    assert transliterations(word, label) == ()


@given(NAME, LABELS, st.integers())
def test_rewritten_at_rate_0_is_the_name(words: list[str], label: str, seed: int) -> None:
    name = normalise(" ".join(words))
    assert rewritten(name, label, VARIANTS, random.Random(seed), 0) == name


@pytest.mark.parametrize("label", [*NATIONAL, "Korean", "German", "x"])
@pytest.mark.parametrize("name", ["", "a", "я", "a--b", "'a b", "d'"])
def test_a_very_short_word_is_rewritten_too(name: str, label: str) -> None:
    forms = {rewritten(name, label, {}, random.Random(seed), 0.5) for seed in range(80)}
    assert all(normalise(form) == form for form in forms)


@given(NAME, LABELS, st.integers(), st.floats(0, 1))
def test_forms_follow_from_the_seed_and_are_normalised(
    words: list[str], label: str, seed: int, rate: float
) -> None:
    written = normalise(" ".join(words))
    assume(written)

    def form() -> str:
        generator = random.Random(seed)
        name = rewritten(written, label, VARIANTS, generator, rate)
        return decorated(name, generator, rate)

    assert form() == form() == normalise(form())


def forms_of(name: str, label: str) -> set[str]:
    generator = random.Random(0)
    return {rewritten(name, label, VARIANTS, generator, 1) for _ in range(300)}


@pytest.mark.parametrize(
    ("name", "label", "expected"),
    [
        ("kim", "Korean", {"gim"}),
        ("kim", "Estonian", {"kim"}),
        ("mohamed", "Arabic", {"muhammad", "mohammed"}),
        ("kim-kim", "Korean", {"kimkim", "gim-gim"}),
        ("zhukov", "Russian", {"jukov", "zhukoff"}),
        ("van der berg", "Dutch", {"vanderberg", "vander berg"}),
        ("de la cruz", "Spanish", {"delacruz", "dela cruz"}),
        ("mc donald", "Irish", {"mcdonald"}),
        ("mcdonald", "Irish", {"mc donald"}),
        ("jan van berg", "Dutch", {"jan vanberg"}),
        ("le van nam", "Vietnamese", {"le van nam"}),
        ("jan van", "Dutch", {"jan van"}),
        ("jörg müller", "German", {"jorg muller", "joerg mueller", "jorg mueller", "joerg muller"}),
        ("großmann-müller", "German", {"grossmannmuller", "grossmann-muller", "grossmann-mueller"}),
    ],
)
def test_words_are_rewritten(name: str, label: str, expected: set[str]) -> None:
    found = forms_of(name, label)
    assert found >= expected
    assert name not in found - expected


def test_spellings_of_other_countries_are_rare() -> None:
    generator = random.Random(0)
    forms = Counter(rewritten("zhukov", "Russian", {}, generator, 1) for _ in range(4000))
    assert 0 < forms["zhukoff"] < 0.1 * 4000
    assert forms["jukov"] > 0.4 * 4000


def test_umlauts_are_spelt_out_mostly_in_some_labels() -> None:
    generator = random.Random(0)

    def rate(label: str) -> float:
        forms = [rewritten("öz", label, {}, generator, 1) for _ in range(2000)]
        return forms.count("oez") / len(forms)

    assert 0.4 < rate("German") < 0.6
    assert 0 < rate("Turkish") < 0.1


@pytest.mark.parametrize(
    ("name", "label", "form"), [("ř", "Czech", "r"), ("de sol", "Spanish", "desol")]
)
def test_words_are_rewritten_and_joined_at_the_rate(name: str, label: str, form: str) -> None:
    generator = random.Random(0)
    found = Counter(rewritten(name, label, {}, generator, 0.3) for _ in range(4000))
    assert set(found) == {name, form}
    assert 1080 < found[form] < 1320


@pytest.mark.parametrize("rate", [0.0, 0.25, 1.0])
def test_names_are_decorated_at_the_rate(rate: float) -> None:
    generator = random.Random(0)
    found = [decorated("jan nowak", generator, rate) for _ in range(4000)]
    assert abs(sum(form != "jan nowak" for form in found) / 4000 - rate) < 0.03


def test_decorations_are_independent_of_the_label() -> None:
    names = ["rossi", "müller", "иванов", "김", "محمد"]
    added = []
    for name in names:
        generator = random.Random(7)
        forms = [decorated(name, generator, 1) for _ in range(500)]
        added.append([form.replace(name, "@") for form in forms])
        assert all(form.count("@") == 1 for form in added[-1])
    assert all(found == added[0] for found in added)


@pytest.mark.parametrize(
    "form",
    ["dr. @", "dr @", "mr. @", "prof @", "frau @", "j. @", "@, j", "@ jr", "@, jr", "@ iii", "j @"],
)
def test_initials_titles_and_suffixes_are_among_them(form: str) -> None:
    generator = random.Random(0)
    found = {decorated("rossi", generator, 1) for _ in range(30_000)}
    assert form.replace("@", "rossi") in found


def test_two_initials_are_written_in_several_ways() -> None:
    generator = random.Random(0)
    found = {re.sub(r"\b[a-z]\b", "x", decorated("rossi", generator, 1)) for _ in range(2000)}
    assert {"x.x. rossi", "x x rossi", "x. x. rossi", "rossi, x.x", "rossi x x"} <= found


def test_an_initial_can_be_between_two_words() -> None:
    generator = random.Random(0)
    found = {decorated("jan nowak", generator, 1) for _ in range(10_000)}
    assert {"jan m nowak", "jan m. nowak", "jan nowak, m", "m. jan nowak"} <= found


def test_variants_that_are_not_csv_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "variants.csv").write_bytes(b"Russian,\xff\n")
    with pytest.raises(NamesError, match=r"variants\.csv: not CSV in UTF-8") as raised:
        read_variants(tmp_path / "variants.csv")
    assert "\n" not in str(raised.value)


def test_a_byte_order_mark_before_variants_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "variants.csv"
    path.write_text("Russian,olga,olha\n", encoding="utf-8-sig")
    assert read_variants(path)["Russian", "olga"] == ("olha",)


def test_an_empty_cell_of_variants_is_no_form(tmp_path: Path) -> None:
    path = tmp_path / "variants.csv"
    path.write_text("Greek,giorgos,yorgos,, ,\nGreek,,\n")
    assert read_variants(path) == {
        ("Greek", "giorgos"): ("yorgos",),
        ("Greek", "yorgos"): ("giorgos",),
    }


def test_read_variants_turns_no_latin_form_into_another_script(tmp_path: Path) -> None:
    path = tmp_path / "variants.csv"
    path.write_text("Korean,김,Kim,gim\n\nKorean,kim,keem\nArabic,محمد\n", encoding="utf-8")
    assert read_variants(path) == {
        ("Korean", "김"): ("kim", "gim"),
        ("Korean", "kim"): ("gim", "keem"),
        ("Korean", "gim"): ("kim",),
        ("Korean", "keem"): ("kim",),
    }


@pytest.mark.parametrize(
    ("label", "word", "among"),
    [
        ("Korean", "kim", "gim"),
        ("Korean", "이", "lee yi rhee"),
        ("Korean", "park", "bak pak"),
        ("Korean", "choi", "choe"),
        ("Korean", "jung", "jeong chung"),
        ("Chinese", "huang", "wong ng"),
        ("Chinese", "chen", "chan tan"),
        ("Chinese", "陈", "chen chan"),
        ("Arabic", "mohamed", "muhammad mohammed"),
        ("Arabic", "el-sayed", "al-sayed"),
        ("Persian", "ghasemi", "qasemi"),
        ("Hebrew", "cohen", "kohen"),
        ("Tamil", "subramaniam", "subramanian"),
        ("Bengali", "mukherjee", "mukhopadhyay"),
    ],
)
def test_the_table_knows_usual_romanisations(label: str, word: str, among: str) -> None:
    assert set(among.split()) <= set(read_variants(DATA / "world/given/variants.csv")[label, word])


def test_the_table_has_labels_of_the_corpus_and_normalised_forms() -> None:
    with (DATA / "labels.csv").open(encoding="utf-8") as file:
        labels = {row["label"] for row in csv.DictReader(file)}
    variants = read_variants(DATA / "world/given/variants.csv")
    assert {label for label, _ in variants} <= labels
    assert all(normalise(form) == form != word for (_, word), fs in variants.items() for form in fs)


def test_compiling_reports_missing_packages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compiler.main(["--check", "--cache", str(tmp_path)]) == 2
    assert "name_variants" in capsys.readouterr().err


@pytest.mark.skipif(
    not (DATA / "cache" / sources.ARCHIVES["variants"].file).is_file(),
    reason="data/cache lacks the package; python data/compile_world.py --download gets it",
)
def test_the_table_is_what_its_command_makes(capsys: pytest.CaptureFixture[str]) -> None:
    assert compiler.main(["--check"]) == 0, capsys.readouterr().out
