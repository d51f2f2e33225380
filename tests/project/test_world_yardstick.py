import csv
import importlib
import math
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
BENCHMARKS = ROOT / "benchmarks"


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


LABELS = {row["label"] for row in rows_of(ROOT / "data" / "labels.csv")}


def spellings(word: str) -> set[str]:
    """Spell a word as files do, in another way than the benchmark does."""
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
        kept = {word: split.held_out(word, seed, parted=True) for word in ("Kərim", "Kerim")}
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
    """Two labels whose words stand in several forms, orders and files."""
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
    """Return a text's words without any sign that the forms differ in."""
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
    assert all(written[part] for part in ("surnames", "given", "people", *split.PARTS))
    trained: set[str] = set()
    for part in ("surnames", "given", "people"):
        for file in (folder / part).glob("*.txt"):
            trained |= letters(re.sub(r"\t[\d.]+$", "", file.read_text(), flags=re.MULTILINE))
    assert (folder / "given" / "orders.toml").exists()
    trained |= letters((folder / "given" / "variants.csv").read_text().replace(",", " "))
    tests = {
        part: [line for f in (folder / part).glob("*.txt") for line in f.read_text().splitlines()]
        for part in split.PARTS
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
    assert not [line for part in split.PARTS for line in tests[part] if line.endswith("\t0.2")]


def test_names_in_han_characters_are_joined_and_wholly_held_out(
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
    names = {line.fields[0] for seed in range(9) for line in split.han_names(tmp_path, seed)}
    assert names
    for name in names:
        assert name[0] in words["surnames"]
        assert name[1:] in words["given"]
    for line in split.han_names(tmp_path, 1):
        assert all(split.held_out(c, 1, parted=True) for c in line.fields[0])


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


ANSWERS = np.array(
    [[0.9, 0.1, 0.0, 0.0], [0.6, 0.3, 0.1, 0.0], [0.2, 0.3, 0.5, 0.0], [0.0, 0.0, 0.0, 0.0]]
)


def test_figures_are_those_counted_by_hand(module: Any) -> None:
    metrics = module("world_figures").metrics(ANSWERS, np.array([0, 1, 2, 0]))
    assert metrics.accuracy == 0.5
    assert metrics.top3 == 0.75
    # Label 0: 1 hit, 2 of it, 2 answered so; label 1: none; label 2: its one.
    assert metrics.macro_f1 == pytest.approx((2 / 4 + 0 + 1) / 3)
    assert metrics.loss == pytest.approx(
        -(math.log(0.9) + math.log(0.3) + math.log(0.5) + math.log(1e-9)) / 4
    )
    assert metrics.calibration_error == pytest.approx((0.1 + 0.6 + 0.5 + 0) / 4)
    assert (metrics.sure, metrics.sure_accuracy) == (0.25, 1)


def test_weighted_figures_count_a_row_as_often_as_its_weight(module: Any) -> None:
    world_figures = module("world_figures")
    targets = np.array([0, 1, 2, 0])
    times = [3, 1, 2, 2]
    weighted = world_figures.metrics(ANSWERS, targets, np.array(times))
    repeated = world_figures.metrics(np.repeat(ANSWERS, times, axis=0), np.repeat(targets, times))
    for figure in ("accuracy", "macro_f1", "top3", "loss", "sure", "sure_accuracy"):
        assert getattr(weighted, figure) == pytest.approx(getattr(repeated, figure))
    assert weighted.accuracy == 5 / 8


def test_people_weigh_within_their_label_only(module: Any) -> None:
    weights = module("world_figures").people_weights([30, 10, 1, 1, 2], np.array([0, 0, 1, 1, 1]))
    assert weights.tolist() == [1.5, 0.5, 0.75, 0.75, 1.5]


def test_common_names_are_right_with_any_label_of_their_set(module: Any) -> None:
    world_figures = module("world_figures")
    right = np.array([[1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0], [1, 0, 0, 0]], dtype=bool)
    found = world_figures.known_figures(ANSWERS, right)
    assert (found.rows, found.right, found.top3, found.wrong_and_likely) == (4, 2, 3, 1)
    assert (found.sure, found.sure_right) == (1, 1)


def test_what_a_classifier_gives_other_labels_can_be_no_right_answer(module: Any) -> None:
    world_figures = module("world_figures")
    nan = [math.nan] * 3
    told = world_figures.Classifier(
        "x", ("Thai", "Martian", "Thai"), lambda names: np.array([[0.3, 0.5, 0.2], nan])
    )
    answers = world_figures.probabilities(told, ["a", "b"], ["Czech", "Thai"])
    assert answers == pytest.approx(np.array([[0, 0.5, 0.5], [0, 0, 0]]))
    assert world_figures.metrics(answers, np.array([1, 1])).accuracy == 0


def test_the_interval_is_paired(module: Any) -> None:
    interval = module("world_figures").interval
    first = np.arange(1000) < 700
    same, low, high = interval(first, first.copy())
    assert (same, low, high) == (0, 0, 0)
    gap, low, high = interval(first, np.arange(1000) < 600)
    assert gap == pytest.approx(0.1)
    # 100 of 1,000 rows differ, all one way: a deviation of sqrt(0.1 * 0.9 / 1000) = 0.0095.
    assert low == pytest.approx(0.1 - 1.96 * 0.0095, abs=0.002)
    assert high == pytest.approx(0.1 + 1.96 * 0.0095, abs=0.002)


def test_full_names_are_written_in_every_form(module: Any) -> None:
    world_figures = module("world_figures")

    def forms(name: str, surname: str) -> dict[str, str]:
        known = world_figures.Known(name, frozenset({"X"}), surname)
        return {form: write(known) for form, write in world_figures.FULL_NAME_FORMS.items()}

    jan = forms("Jan van Dijk", "van Dijk")
    assert jan["other order"] == "van Dijk Jan"
    assert jan["Surname, Given"] == "van Dijk, Jan"
    assert jan["J. Surname"] == "J. van Dijk"
    assert jan["Given J. Surname"] == "Jan J. van Dijk"
    assert jan["in quotes"] == '"Jan van Dijk"'
    assert jan["full stop"] == "Jan van Dijk."
    kim = forms("Kim Min-jun", "Kim")
    assert kim["other order"] == "Min-jun Kim"
    assert kim["Surname, Given"] == "Kim, Min-jun"
    assert forms("김민준", "김")["J. Surname"] == "김민준"
    assert forms("Aung Kyaw Zaw", "")["Surname, Given"] == "Aung Kyaw Zaw"
    assert forms("Paweł Wójcik", "Wójcik")["no diacritics"] == "Pawel Wojcik"


def test_a_form_that_is_another_name_is_right_for_both(module: Any) -> None:
    world_figures = module("world_figures")
    known = [
        world_figures.Known("Şen", frozenset({"Turkish"}), ""),
        world_figures.Known("Sen", frozenset({"Bengali"}), ""),
    ]
    bare = world_figures.spelt(known, world_figures.FORMS["no diacritics"])
    assert [one.labels for one in bare] == [{"Turkish", "Bengali"}, {"Bengali"}]


@pytest.mark.parametrize("file", ["common_names.csv", "common_full_names.csv"])
def test_common_names_have_labels_that_exist_and_stand_once(file: str) -> None:
    rows = rows_of(BENCHMARKS / file)
    assert not [n for n, times in Counter(row["name"] for row in rows).items() if times > 1]
    for row in rows:
        labels = row["labels"].split("|")
        assert set(labels) <= LABELS, row
        assert len(set(labels)) == len(labels), row
        assert row["name"] == unicodedata.normalize("NFC", row["name"].strip()), row


def test_common_surnames_are_twenty_a_label_with_a_source() -> None:
    rows = rows_of(BENCHMARKS / "common_names.csv")
    counts = Counter(label for row in rows for label in row["labels"].split("|"))
    own = {row["labels"].split("|")[0] for row in rows}
    assert len(own) >= 70
    assert not [label for label in own if counts[label] < 20]
    assert all(row["source"] for row in rows)
    lee = next(row for row in rows if row["name"] == "Lee")
    assert set(lee["labels"].split("|")) == {"Korean", "Chinese", "English"}


def test_common_full_names_hold_their_surnames() -> None:
    rows = rows_of(BENCHMARKS / "common_full_names.csv")
    assert len({row["labels"].split("|")[0] for row in rows}) >= 50
    for row in rows:
        assert row["name"].startswith(row["surname"]) or row["name"].endswith(row["surname"]), row


def test_draws_follow_the_root_of_people_and_the_shares(module: Any) -> None:
    rivals = module("world_rivals")
    Line = module("world_split").Line
    surnames = [Line((f"A{i}",), "Big", "") for i in range(400)]
    surnames += [Line(("Of-a-hundred",), "Small", "100"), Line(("Of-one",), "Small", "1")]
    surnames += [Line((f"Rare{i}",), "Small", "1") for i in range(98)]
    parts = rivals.Corpus(
        surnames,
        [Line(("Ann",), "Big", "5"), Line(("Bo",), "Small", "")],
        [Line(("Real", "Person"), "Big", "1")],
    )
    sizes = {"Few": 400, "Many": 900}  # people, who count where there are more of them
    crowd = [Line((f"Z{i}", "Bo"), label, "1") for label in sizes for i in range(sizes[label])]
    lone = [Line((f"Z{i}",), label, "1") for label in sizes for i in range(10)]
    crowds = Counter(label for _, label in rivals.draws(rivals.Corpus(lone, [], crowd), 10_000, 1))
    assert crowds["Many"] / crowds["Few"] == pytest.approx(3 / 2, abs=0.01)
    drawn = rivals.draws(parts, 30_000, 1)
    assert drawn == rivals.draws(parts, 30_000, 1)
    assert drawn != rivals.draws(parts, 30_000, 2)
    counts = Counter(label for _, label in drawn)
    assert counts["Big"] / counts["Small"] == pytest.approx(2, abs=0.01)
    kinds = Counter(name for name, label in drawn if label == "Big")
    assert kinds["Person Real"] / counts["Big"] == pytest.approx(0.55, abs=0.01)
    assert kinds["Ann"] / counts["Big"] == pytest.approx(0.15, abs=0.01)
    alone = Counter(name for name, label in drawn if label == "Small" and name in ("Of-a-hundred",))
    # A hundred people weigh ten times one person: 10 of 10 + 99.
    assert alone["Of-a-hundred"] / (0.3 * counts["Small"]) == pytest.approx(10 / 109, abs=0.02)
    assert any(name.startswith("Bo Rare") for name, label in drawn if label == "Small")


def test_nationalities_are_parted_by_name(module: Any) -> None:
    part_of = module("world_nationalities").part_of
    counts = Counter(part_of(f"Name {i}", 5) for i in range(10_000))
    assert counts["train"] == pytest.approx(8000, abs=200)
    assert counts["test"] == pytest.approx(1000, abs=150)
    assert counts["validation"] == pytest.approx(1000, abs=150)
