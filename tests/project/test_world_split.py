"""The split of `world.py`: which words are held out, in which forms."""

import importlib
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
BENCHMARKS = ROOT / "benchmarks"


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module


def spellings(word: str) -> set[str]:
    """Return the spellings of a word in files, computed differently from the benchmark."""
    lower = word.lower()
    stripped = "".join(c for c in unicodedata.normalize("NFD", lower) if ord(c) < 0x300)
    for umlaut, pair in {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae"}.items():
        lower = lower.replace(umlaut, pair)
    return {word, word.upper(), stripped, lower, word.replace("-", ""), word.replace("'", "")}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller", "Mueller"),
        ("Müller", "MULLER"),
        ("Sørensen", "Soerensen"),
        ("Ångström", "Aangstroem"),
        ("Weiß", "WEISS"),
        ("O'Connor", "OConnor"),
        ("O’Connor", "O'Connor"),
        ("Ji-hye", "Jihye"),
        ("Dvořák", "Dvorak"),
        ("Nguyễn", "Nguyen"),
        ("YILDIZ", "Yıldız"),
        ("Łukasz", "Lukasz"),
        ("Đorđević", "Dordevic"),
        ("Þór", "Thor"),
        ("أعراب", "اعراب"),
        ("ख़ान", "खान"),
        ("ସୋରେନ୍", "ସୋରେନ"),
    ],
)
def test_forms_of_a_word_have_one_key(module: Any, one: str, other: str) -> None:
    split = module("world_split")
    assert split.key(one) == split.key(other)


def test_words_that_are_not_the_same_have_other_keys(module: Any) -> None:
    split = module("world_split")
    assert len({split.key(w) for w in ("Müller", "Miller", "राहुल", "राहिल", "김", "王", "")}) == 7


def test_a_field_is_read_in_all_ways(module: Any) -> None:
    split = module("world_split")
    assert split.word_keys("O'Connor-Smith") == {"oconnorsmith", "oconnor", "connor", "smith"}
    assert split.word_keys("O Connor") == {"oconnor", "connor"}
    assert split.word_keys("van der Berg") == {"vanderberg", "berg"}
    assert split.word_keys("J. 王") == {"王", "j王"}
    assert split.word_keys("Kərimova") == {"karimova", "kerimova"}


def test_a_name_of_two_usual_spellings_is_held_out_with_both_or_not_at_all(module: Any) -> None:
    split = module("world_split")
    both, one = set(), set()
    for seed in range(2000):
        kept = {word: split.held_out(word, seed, split_hyphens=True) for word in ("Kərim", "Kerim")}
        (both if kept["Kərim"] else one).add(kept["Kerim"])
        if split.chosen("kerim", seed) or split.chosen("karim", seed):
            assert split.touched("Kərim", seed)
    assert both == {True}
    assert one == {True, False}


def test_diacritics_go_and_other_scripts_stay(module: Any) -> None:
    plain = module("world_split").plain
    assert plain("Søren ÅSA Weiß İnce ışık Żółć") == "Soren ASA Weiss Ince isik Zolc"
    for kept in ("राहुल", "Андрей", "ガンダム", "김민준", "אֱלִי"):
        assert plain(kept) == unicodedata.normalize("NFC", kept)


@pytest.fixture
def corpus(tmp_path: Path) -> tuple[Path, Path]:
    """Two labels whose words have several forms, orders and files."""
    data, people = tmp_path / "data", tmp_path / "people"
    words = [f"{a}{b}{c}" for a in "bdgkmt" for b in ("ü", "a", "o") for c in ("ller", "ns", "-ki")]
    for folder in (data / "surnames", data / "given", people):
        folder.mkdir(parents=True)
    for label in ("German", "Turkish"):
        forms = sorted({form for word in words for form in spellings(word)})
        lines = [f"{form}\t{1 + i % 7}\n" if i % 3 else f"{form}\n" for i, form in enumerate(forms)]
        (data / "surnames" / f"{label}.txt").write_text("".join(lines), encoding="utf-8")
        (data / "given" / f"{label}.txt").write_text("".join(lines[::2]), encoding="utf-8")
        full = [f"van {a}\t{b} {a}\t1\n" for a in forms[::3] for b in forms[::5]]
        full += [f"{a}\t{b}\t0.2\n" for a in forms[::2] for b in forms[::7]]
        full += [f"{a}\t{b}\t1\n" for a in forms for b in forms[::4]]
        (people / f"{label}.txt").write_text("".join(full), encoding="utf-8")
    (data / "given" / "orders.toml").write_text("surname_first = []\n")
    variants = "".join(f"German,{a},{b}\n" for a, b in zip(forms, forms[9:], strict=False))
    (data / "given" / "variants.csv").write_text(variants, encoding="utf-8")
    return data, people


def letters(text: str) -> set[str]:
    """Return the words of a text without the characters in which their forms differ."""
    found = set()
    for word in re.split(r"[\s]+", text.lower()):
        spelt = word.replace("ü", "u").replace("ue", "u")
        found |= {re.sub(r"[^\w]", "", spelt), *re.split(r"\W", spelt)}
    return found


def test_no_held_out_word_is_trained_on_in_any_form(
    module: Any, corpus: tuple[Path, Path], tmp_path: Path
) -> None:
    split = module("world_split")
    data, people = corpus
    folder = tmp_path / "split"
    written = split.prepare(data, people, folder, 3)
    assert all(written[name] for name in ("surnames", "given", "people", *split.TEST_SETS))
    trained: set[str] = set()
    for name in ("surnames", "given", "people"):
        for file in (folder / name).glob("*.txt"):
            trained |= letters(re.sub(r"\t[\d.]+$", "", file.read_text(), flags=re.MULTILINE))
    assert (folder / "given" / "orders.toml").exists()
    trained |= letters((folder / "given" / "variants.csv").read_text().replace(",", " "))
    tests = {
        name: [line for f in (folder / name).glob("*.txt") for line in f.read_text().splitlines()]
        for name in split.TEST_SETS
    }
    held = {w for line in tests["test-surnames"] for w in letters(line.split("\t")[0])} - {"ki"}
    assert len(held) > 3
    assert not held & trained
    for line in tests["test-people"]:
        surname, given, *_ = line.split("\t")
        assert not (letters(surname.removeprefix("van ")) - {"ki"}) & trained
        assert re.sub(r"\W", "", given.lower().replace("ue", "ü").replace("ü", "u")) not in trained
    for line in tests["test-new-surname"]:
        surname, given, *_ = line.split("\t")
        assert not (letters(surname.removeprefix("van ")) - {"ki"}) & trained
        assert letters(given) & trained
    assert not [line for name in split.TEST_SETS for line in tests[name] if line.endswith("\t0.2")]


def test_names_in_han_characters_are_joined_and_their_words_held_out(
    module: Any, tmp_path: Path
) -> None:
    split = module("world_split")
    words = {
        "surnames": "王李张刘陈杨黄赵吴周徐孙马朱胡",
        "given": "伟芳娜敏静丽强磊军洋勇艳杰娟涛超明霞",
    }
    for kind, characters in words.items():
        (tmp_path / kind).mkdir()
        text = "".join(f"{c}\t{n}\n" for n, c in enumerate(characters, 1))
        (tmp_path / kind / "Chinese.txt").write_text(f"Wang\t9\n{text}", encoding="utf-8")
    for new_surname in split.HAN_SETS.values():
        rows = [(seed, line.fields[0]) for seed in range(9)
                for line in split.han_names(tmp_path, seed, new_surname)]  # fmt: skip
        assert rows
        for seed, name in rows:
            assert name[0] in words["surnames"]
            assert name[1:] in words["given"]
            held_out = [split.held_out(c, seed, split_hyphens=True) for c in name]
            assert held_out == [new_surname, True]


def test_another_seed_holds_out_other_words_and_the_same_seed_the_same(
    module: Any, corpus: tuple[Path, Path], tmp_path: Path
) -> None:
    split = module("world_split")
    for folder, seed in (("a", 3), ("b", 3), ("c", 4)):
        split.prepare(*corpus, tmp_path / folder, seed)
    a, b, c = (
        {f.relative_to(tmp_path / d): f.read_bytes() for f in (tmp_path / d).rglob("*.txt")}
        for d in "abc"
    )
    assert a == b
    assert a[Path("test-surnames/German.txt")] != c[Path("test-surnames/German.txt")]


def test_a_tenth_of_words_is_held_out_and_a_label_has_no_more_lines_than_the_cap(
    module: Any,
) -> None:
    split = module("world_split")
    words = [
        f"w{chr(97 + i % 26)}{chr(97 + i // 26 % 26)}{chr(97 + i // 676)}" for i in range(5000)
    ]
    lines = [split.Line((word,), "X", "") for word in words]
    train, test = split.split_names(lines, 7)
    assert len(train) + len(test) == 5000
    assert 400 < len(test) < 600
    assert len(split.capped(test, 7)) == 300
    assert split.capped(test, 7) == split.capped(test[::-1], 7)
