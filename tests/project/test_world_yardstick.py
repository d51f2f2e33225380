"""The metrics of `world.py`, counted by hand, and its lists of common names."""

import csv
import importlib
import math
import sys
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


PROBABILITIES = np.array(
    [[0.9, 0.1, 0.0, 0.0], [0.6, 0.3, 0.1, 0.0], [0.2, 0.3, 0.5, 0.0], [0.0, 0.0, 0.0, 0.0]]
)


def test_metrics_equal_those_computed_by_hand(module: Any) -> None:
    metrics = module("world_metrics").metrics(PROBABILITIES, np.array([0, 1, 2, 0]))
    assert metrics.accuracy == 0.5
    assert metrics.top3 == 0.75
    # Label 0: 1 hit, 2 rows, 2 predicted; label 1: no hit; label 2: 1 hit of 1.
    assert metrics.macro_f1 == pytest.approx((2 / 4 + 0 + 1) / 3)
    assert metrics.loss == pytest.approx(
        -(math.log(0.9) + math.log(0.3) + math.log(0.5) + math.log(1e-9)) / 4
    )
    assert metrics.calibration_error == pytest.approx((0.1 + 0.6 + 0.5 + 0) / 4)
    assert (metrics.sure, metrics.sure_accuracy) == (0.25, 1)


def test_a_surname_is_clear_if_most_of_its_people_have_one_label(
    module: Any, tmp_path: Path
) -> None:
    (tmp_path / "A.txt").write_text("clear\t900\nshared\t500\nrare\t299\nthird\t80\n")
    (tmp_path / "B.txt").write_text("clear\t10\nshared\t400\nthird\t320\n")
    known = {one.name: one.labels for one in module("world_metrics").read_clear(tmp_path)}
    assert known == {"clear": {"A"}, "third": {"A", "B"}}


def test_weights_act_like_repeated_rows(module: Any) -> None:
    world_metrics = module("world_metrics")
    targets = np.array([0, 1, 2, 0])
    times = [3, 1, 2, 2]
    weighted = world_metrics.metrics(PROBABILITIES, targets, np.array(times))
    repeated = world_metrics.metrics(
        np.repeat(PROBABILITIES, times, axis=0), np.repeat(targets, times)
    )
    for metric in ("accuracy", "macro_f1", "top3", "loss", "sure", "sure_accuracy"):
        assert getattr(weighted, metric) == pytest.approx(getattr(repeated, metric))
    assert weighted.accuracy == 5 / 8


def test_people_weigh_within_their_label_only(module: Any) -> None:
    weights = module("world_metrics").people_weights([30, 10, 1, 1, 2], np.array([0, 0, 1, 1, 1]))
    assert weights.tolist() == [1.5, 0.5, 0.75, 0.75, 1.5]


def test_common_names_are_right_with_any_label_of_their_set(module: Any) -> None:
    world_metrics = module("world_metrics")
    right = np.array([[1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0], [1, 0, 0, 0]], dtype=bool)
    found = world_metrics.known_metrics(PROBABILITIES, right)
    assert (found.rows, found.right, found.top3, found.wrong_and_likely) == (4, 2, 3, 1)
    assert (found.sure, found.sure_right) == (1, 1)


def test_other_labels_of_a_classifier_are_wrong(module: Any) -> None:
    world_metrics = module("world_metrics")
    nan = [math.nan] * 3
    classifier = world_metrics.Classifier(
        "x", ("Thai", "Martian", "Thai"), lambda names: np.array([[0.3, 0.5, 0.2], nan])
    )
    predictions = world_metrics.probabilities(classifier, ["a", "b"], ["Czech", "Thai"])
    assert predictions == pytest.approx(np.array([[0, 0.5, 0.5], [0, 0, 0]]))
    assert world_metrics.metrics(predictions, np.array([1, 1])).accuracy == 0


def test_the_interval_is_paired(module: Any) -> None:
    interval = module("world_metrics").interval
    first = np.arange(1000) < 700
    same, low, high = interval(first, first.copy())
    assert (same, low, high) == (0, 0, 0)
    gap, low, high = interval(first, np.arange(1000) < 600)
    assert gap == pytest.approx(0.1)
    # 100 of 1,000 rows differ, all one way: a deviation of sqrt(0.1 * 0.9 / 1000) = 0.0095.
    assert low == pytest.approx(0.1 - 1.96 * 0.0095, abs=0.002)
    assert high == pytest.approx(0.1 + 1.96 * 0.0095, abs=0.002)


def test_full_names_are_written_in_every_form(module: Any) -> None:
    world_metrics = module("world_metrics")

    def forms(name: str, surname: str) -> dict[str, str]:
        known = world_metrics.Known(name, frozenset({"X"}), surname)
        return {form: write(known) for form, write in world_metrics.FULL_NAME_FORMS.items()}

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
    world_metrics = module("world_metrics")
    known = [
        world_metrics.Known("Şen", frozenset({"Turkish"}), ""),
        world_metrics.Known("Sen", frozenset({"Bengali"}), ""),
    ]
    bare = world_metrics.spelt(known, world_metrics.FORMS["no diacritics"])
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


def test_draws_follow_the_root_of_people_and_the_fractions(module: Any) -> None:
    rivals = module("world_rivals")
    Line = module("world_split").Line
    surnames = [Line((f"A{i}",), "Big", "") for i in range(400)]
    surnames += [Line(("Of-a-hundred",), "Small", "100"), Line(("Of-one",), "Small", "1")]
    surnames += [Line((f"Rare{i}",), "Small", "1") for i in range(98)]
    data = rivals.Corpus(
        surnames,
        [Line(("Ann",), "Big", "5"), Line(("Bo",), "Small", "")],
        [Line(("Real", "Person"), "Big", "1")],
    )
    sizes = {"Few": 400, "Many": 900}  # people, who count if there are more of them
    crowd = [Line((f"Z{i}", "Bo"), label, "1") for label in sizes for i in range(sizes[label])]
    lone = [Line((f"Z{i}",), label, "1") for label in sizes for i in range(10)]
    crowds = Counter(label for _, label in rivals.draws(rivals.Corpus(lone, [], crowd), 10_000, 1))
    assert crowds["Many"] / crowds["Few"] == pytest.approx(3 / 2, abs=0.01)
    drawn = rivals.draws(data, 30_000, 1)
    assert drawn == rivals.draws(data, 30_000, 1)
    assert drawn != rivals.draws(data, 30_000, 2)
    counts = Counter(label for _, label in drawn)
    assert counts["Big"] / counts["Small"] == pytest.approx(2, abs=0.01)
    kinds = Counter(name for name, label in drawn if label == "Big")
    assert kinds["Person Real"] / counts["Big"] == pytest.approx(0.55, abs=0.01)
    assert kinds["Ann"] / counts["Big"] == pytest.approx(0.15, abs=0.01)
    alone = Counter(name for name, label in drawn if label == "Small" and name in ("Of-a-hundred",))
    # A hundred people weigh ten times one person: 10 of 10 + 99.
    assert alone["Of-a-hundred"] / (0.3 * counts["Small"]) == pytest.approx(10 / 109, abs=0.02)
    assert any(name.startswith("Bo Rare") for name, label in drawn if label == "Small")


def test_nationalities_are_split_by_name(module: Any) -> None:
    split_of = module("world_nationalities").split_of
    counts = Counter(split_of(f"Name {i}", 5) for i in range(10_000))
    assert counts["train"] == pytest.approx(8000, abs=200)
    assert counts["test"] == pytest.approx(1000, abs=150)
    assert counts["validation"] == pytest.approx(1000, abs=150)


def test_rivals_need_a_split_to_be_trained_on(
    module: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["world.py", "--train-rivals"])
    with pytest.raises(SystemExit, match="2"):
        module("world").main()
    assert capsys.readouterr().err.endswith("name the split with --held-out FOLDER\n")


def test_a_split_without_rivals_needs_no_fasttext(
    module: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "fasttext", None)
    assert module("world_rivals").rivals(tmp_path) == []
