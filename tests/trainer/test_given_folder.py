"""Folders of given names and of people: what is wrong with them, and what a resumed run notices."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import CommandLine, small_config, write_given

from names_predictor.errors import NamesError
from names_trainer.data.dataset import Dataset
from names_trainer.data.full_names import read_given
from names_trainer.data.label_files import other_labels
from names_trainer.data.lines import CorpusError
from names_trainer.data.people import read_people
from names_trainer.runs.run import Run


@pytest.mark.parametrize(
    ("file", "text"),
    [("orders.toml", "[millions]\nVowelish = 5"), ("variants.csv", "Vowelish,ioua,iua")],
)
def test_a_resume_notices_other_orders_and_variants(
    corpus: Path, tmp_path: Path, file: str, text: str
) -> None:
    given = write_given(tmp_path / "given")
    run = Run.create(tmp_path / "runs", small_config(corpus, given_dir=str(given)))
    Run.open(run.folder)
    (given / file).write_text(text)
    with pytest.raises(NamesError, match=r"given: not the names that .* was trained on"):
        Run.open(run.folder)
    config = json.loads((run.folder / "config.json").read_text(encoding="utf-8"))
    del config["provenance"]["orders_fingerprint"]  # as in an older run
    (run.folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    Run.open(run.folder)


def test_a_run_of_a_version_that_split_otherwise_is_one_line(corpus: Path, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "runs", small_config(corpus))
    config = json.loads((run.folder / "config.json").read_text(encoding="utf-8"))
    config["provenance"]["split_fingerprint"] = "0" * 64
    (run.folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(NamesError, match=r"was trained on, or split by another version: bring"):
        Run.open(run.folder)


def test_another_order_of_full_names_is_not_blamed_on_the_surnames(
    corpus: Path, tmp_path: Path
) -> None:
    given = write_given(tmp_path / "given")
    run = Run.create(tmp_path / "runs", small_config(corpus, given_dir=str(given)))
    (given / "orders.toml").write_text("surname_first = ['Vowelish']")
    with pytest.raises(NamesError, match=r"given: not the names that .* was trained on"):
        Run.open(run.folder)


def test_people_need_given_names_and_a_folder(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(NamesError, match="--people-dir can't be x: give --given-dir too"):
        small_config(corpus, people_dir="x")
    config = small_config(corpus, given_dir=str(write_given(tmp_path / "given")), people_dir="x")
    people = tmp_path / "people"
    people.mkdir()
    for folder in ("x", str(people)):
        with pytest.raises(NamesError, match=r"not a folder of <Label>\.txt files: give --people"):
            Dataset.of(replace(config, people_dir=folder))
    (people / "Other.txt").write_text("smith\tann\n")
    with pytest.raises(NamesError, match="people: no people of a label of the corpus: give files"):
        Dataset.of(replace(config, people_dir=str(people)))
    (people / "Vowelish.TXT").write_text("smith\tann\n\nsmith\tbob\n")
    dataset = Dataset.of(replace(config, people_dir=str(people)))
    assert [person.name for person in dataset.given.people] == ["ann smith", "bob smith"]
    assert other_labels(people, dataset.labels) == [
        f"{people}: left out Other: no labels of the corpus"
    ]


@pytest.mark.parametrize("file", ["orders.toml", "variants.csv"])
def test_a_folder_in_place_of_a_file_is_one_line(corpus: Path, tmp_path: Path, file: str) -> None:
    given = write_given(tmp_path / "given")
    (given / file).mkdir()
    with pytest.raises(NamesError, match=rf"{file}: .*remove it$") as caught:
        Dataset.of(small_config(corpus, given_dir=str(given)))
    assert str(caught.value).count(file) == 1


def test_orders_of_a_thousand_brackets_are_one_line(corpus: Path, tmp_path: Path) -> None:
    given = write_given(tmp_path / "given")
    (given / "orders.toml").write_text(f"joined = {'[' * 9999}{']' * 9999}")
    with pytest.raises(CorpusError, match=r"orders\.toml: not TOML with lists of labels"):
        Dataset.of(small_config(corpus, given_dir=str(given)))


def test_a_line_of_people_without_a_tab_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "A.txt").write_text("smith\tann\nann smith\n")
    with pytest.raises(CorpusError, match=r"A\.txt:2: not a surname, a tab and a given name"):
        read_people(tmp_path, {"A"})


@pytest.mark.parametrize(
    "line",
    ["\t", "smith\tann\tnan", "smith\tann\t1.5", "smith\tann\tx", "smith\tann\t1\tlee"],
)
def test_a_person_without_a_name_or_with_no_probability_is_an_error(
    tmp_path: Path, line: str
) -> None:
    (tmp_path / "A.txt").write_text(f"smith\tann\t0.5\n{line}\n")
    with pytest.raises(CorpusError, match=r"A\.txt:2: not a surname, a tab and a given name"):
        read_people(tmp_path, {"A"})


def test_the_order_of_the_lines_of_people_changes_nothing(tmp_path: Path) -> None:
    lines = [f"smith{n}\tann\t0.5" for n in range(9)]
    found = []
    for order in (lines, lines[::-1]):
        (tmp_path / "A.txt").write_text("\n".join(order))
        found.append(read_people(tmp_path, {"A"}))
    assert found[0] == found[1]
    assert 0 < len(found[0]) < 9


def test_people_have_names_as_long_as_others(tmp_path: Path) -> None:
    (tmp_path / "A.txt").write_text(f"smith\tann\n{'x' * 100}\t{'y' * 29}\n")
    with pytest.raises(CorpusError, match=r"A\.txt:2: not .* together of at most 128 characters"):
        read_people(tmp_path, {"A"})


@pytest.mark.parametrize("number", ["-1", "0", "nan", "inf", "1e308", "true", "'5'"])
def test_a_population_is_a_number_above_0(corpus: Path, tmp_path: Path, number: str) -> None:
    folder = write_given(tmp_path / "given")
    (folder / "orders.toml").write_text(f"[millions]\nVowelish = {number}\n")
    with pytest.raises(NamesError, match=r"orders\.toml: not TOML .* of numbers above 0"):
        Dataset.of(small_config(corpus, given_dir=str(folder)))


def test_too_few_given_names_to_split_are_refused(corpus: Path, tmp_path: Path) -> None:
    for label in ("Vowelish", "Zed-like"):
        (tmp_path / f"{label}.txt").write_text("ann\t5\nbob\t4\n")
    with pytest.raises(NamesError, match=r"4 given names are too few .* give --given-dir more"):
        Dataset.of(small_config(corpus, given_dir=str(tmp_path)))


def test_given_names_of_other_labels_are_noted(
    corpus: Path, tmp_path: Path, names: CommandLine
) -> None:
    folder = write_given(tmp_path / "given")
    (folder / "Vowelish.txt").rename(folder / "Wovelish.txt")
    options = ("--given-dir", folder, "--output", tmp_path, "--hidden-dim", 4, "--num-epochs", 1)
    result = names("train", "--data", corpus, *options)
    assert result.code == 0, result.err
    notes = [line for line in result.err.splitlines() if line.startswith(f"note: {folder}: ")]
    assert [note.partition("given: ")[2] for note in notes] == [
        "no given names, so no full names either, of Vowelish",
        "left out Of no surname, Wovelish: no labels of the corpus",
    ]


def test_given_names_of_one_label_are_refused(corpus: Path, tmp_path: Path) -> None:
    folder = write_given(tmp_path / "given")
    for label in ("Клич", "Zed-like"):
        (folder / f"{label}.txt").unlink()
    with pytest.raises(NamesError, match="given: has given names for fewer than two labels"):
        Dataset.of(small_config(corpus, given_dir=str(folder)))


def test_a_byte_order_mark_before_the_orders_is_skipped(tmp_path: Path) -> None:
    given = write_given(tmp_path / "given")
    (given / "orders.toml").write_text('surname_first = ["Vowelish"]\n', encoding="utf-8-sig")
    assert read_given(given, ["Vowelish", "Zed-like"], 0).surname_first == {"Vowelish"}


def test_an_invalid_orders_file_is_one_line(tmp_path: Path) -> None:
    for label in ("A", "B"):
        (tmp_path / f"{label}.txt").write_text("ann\nbob\neve\n")
    assert read_given(tmp_path, "AB", 0).joined == frozenset()
    wrong = (
        *("surname_first = [", "joined = 3", "joined = 'A'", "surname_frist = ['A']"),
        *("joined = [1, 'A']", "joined = [['A']]", "[millions]\nA = 1e400"),
    )
    for content in wrong:
        (tmp_path / "orders.toml").write_text(content)
        with pytest.raises(CorpusError, match=r"orders.toml: not TOML with lists"):
            read_given(tmp_path, "AB", 0)


def test_common_given_names_are_in_training_if_the_files_have_counts(tmp_path: Path) -> None:
    for label in "AB":
        names = [f"{a}{b}{label}" for a in "abcdefghij" for b in "abcdefghij"]
        lines = [f"{name}\t{1000 - n}" for n, name in enumerate(names)]
        (tmp_path / f"{label}.txt").write_text("\n".join(lines))
    given = read_given(tmp_path, "AB", 0)
    held_out = (*given.split.validation, *given.split.test)
    assert held_out
    assert max(given.counts[row] for row in held_out) < 950
