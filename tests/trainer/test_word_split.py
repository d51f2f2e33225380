"""One split of words: each held-out name has a word that is in no training name."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from conftest import small_config
from hypothesis import given, strategies

from names_predictor.encoding import MAX_LENGTH, split_words
from names_predictor.errors import NamesError
from names_trainer.config import SplitStrategy, TrainConfig
from names_trainer.data.corpus import Row, Split, letters, read_corpus, split_corpus
from names_trainer.data.dataset import Dataset
from names_trainer.data.full_names import FullNames, GivenNames, with_full_names
from names_trainer.data.people import Person, split_people
from names_trainer.data.word_split import split_by_words, word_splits


def rows(names: str) -> tuple[Row, ...]:
    return tuple(Row(name, "A") for name in names.split(", ") if name)


def words_of(names: Iterable[Row]) -> set[str]:
    return {letters(word) for row in names for word in split_words(row.name)}


def split_again(surnames: Split, of_given: Split) -> tuple[Split, Split]:
    found = word_splits(surnames, of_given)
    return split_by_words(surnames, found), split_by_words(of_given, found)


def test_a_held_out_name_of_trained_words_is_trained_on() -> None:
    surnames = Split(
        rows("lund, ruiz, soto"),
        rows("ann, berg, bo"),
        rows("ruiz soto, bo, berg, n\u00e9e, lopez soto"),
    )
    of_given = Split(rows("ann, nee"), rows("bo"), rows("kim"))
    assert split_again(surnames, of_given) == (
        Split(
            rows("lund, ruiz, soto, ann, ruiz soto, n\u00e9e"),
            rows("berg, bo, bo, berg"),
            rows("lopez soto"),
        ),
        of_given,
    )


def test_a_name_written_as_one_word_takes_its_words_with_it() -> None:
    surnames = Split(rows("vandam, abdul, jabbar"), rows("abduljabbar, dam"), rows("van berg"))
    of_given = Split((), rows("van-dam, jo"), rows("berg, abdul jabbar"))
    assert split_again(surnames, of_given) == (
        Split(rows("vandam, abdul, jabbar, abduljabbar, dam"), (), rows("van berg")),
        Split(rows("van-dam, abdul jabbar"), rows("jo"), rows("berg")),
    )


NAMES = strategies.lists(
    strategies.builds(
        " ".join,
        strategies.lists(
            strategies.sampled_from(["a", "b", "\u00e7", "c", "d", "ab", "cda"]),
            min_size=1,
            max_size=2,
        ),
    ),
    max_size=6,
).map(lambda names: tuple(Row(name, "A") for name in names))
SPLITS = strategies.builds(Split, NAMES, NAMES, NAMES)


@given(SPLITS, SPLITS)
def test_every_name_stays_and_held_out_ones_have_a_new_word(
    surnames: Split, of_given: Split
) -> None:
    found = split_again(surnames, of_given)
    for before, after in zip((surnames, of_given), found, strict=True):
        assert sorted(sum(before, ())) == sorted(sum(after, ()))
        assert set(before.train) <= set(after.train)
    earlier: set[str] = set()
    whole: set[str] = set()
    for both in zip(*found, strict=True):
        names = both[0] + both[1]
        assert all(words_of([row]) - earlier for row in names)
        assert whole.isdisjoint(letters(row.name) for row in names)
        earlier |= words_of(names)
        whole |= {letters(row.name) for row in names}
    assert split_again(*found) == found


def test_people_with_a_held_out_word_are_held_out() -> None:
    surnames = Split(rows("lund"), rows("ohara, berg, ye-sol"), rows("muller, vandam"))
    of_given = Split(rows("ann"), rows("jose"), rows("rene"))
    names = (
        "lund, ann; o'hara, ann; lund, jos\u00e9; m\u00fcller, ann; lund, ren\u00e9; "
        "m\u00fcller, jos\u00e9; o'hara, ren\u00e9; lund, ann jos\u00e9; van dam, ann; "
        "lund, ann van-dam; lund-berg, ann; lund, yesol; lund, yesol; nobody, else"
    )
    people = [Person(*name.split(", "), "A") for name in names.split("; ")]
    train, validation, test = split_people(people, word_splits(surnames, of_given), 1)
    assert train == [people[0], people[-1]]
    assert sorted(row.name for row in validation) == [
        "ann jos\u00e9 lund", "ann lund-berg", "ann o'hara", "jos\u00e9 lund", "yesol lund",
    ]  # fmt: skip
    assert sorted(row.name for row in test) == ["ann m\u00fcller", "ren\u00e9 lund"]


@pytest.mark.parametrize("split", ["grouped", "random"])
def test_words_of_both_lists_are_trained_on_unless_the_split_is_random(
    split: SplitStrategy, tmp_path: Path
) -> None:
    for folder, last in (("surnames", 120), ("given", 90)):
        (tmp_path / folder).mkdir()
        for label in "xy":
            names = (f"{label}{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(last))
            (tmp_path / folder / f"{label}.txt").write_text("\n".join(names), encoding="utf-8")
    config = small_config(tmp_path / "surnames", given_dir=str(tmp_path / "given"), split=split)
    dataset = Dataset.of(config)
    tested = dataset.split.test
    assert dataset.are_in_training([row.name for row in tested]).any() == (split == "random")
    plain = split_corpus(read_corpus(config.source), split, config.seed)
    assert (set(plain.test) <= set(tested)) == (split == "random")


def test_a_split_without_names_of_its_own_is_one_line(tmp_path: Path) -> None:
    for folder in ("surnames", "given"):
        (tmp_path / folder).mkdir()
        for label, names in (("x", "ab cd ac bd ad bc"), ("y", "ef gh eg fh eh fg")):
            double = (f"{a} {b}" for a in names.split() for b in names.split() if a < b)
            lines = double if folder == "surnames" else names.split()
            (tmp_path / folder / f"{label}.txt").write_text("\n".join(lines), encoding="utf-8")
    config = small_config(tmp_path / "surnames", given_dir=str(tmp_path / "given"))
    with pytest.raises(NamesError, match=r"no \w+ split is left: .*, or --split random"):
        Dataset.of(config)
    assert Dataset.of(replace(config, split="random")).split.test


def test_full_names_have_given_names_of_training_where_none_is_held_out(tmp_path: Path) -> None:
    few = GivenNames(Split(rows("ann, jo"), rows("kim"), ()))
    split = Split(rows("lund"), rows("berg"), rows("holm, \u0433\u0440\u043e\u043c"))
    _, validation, test = with_full_names(split, few, TrainConfig())
    assert validation == rows("berg, kim berg")
    assert set(test) - set(split.test) <= set(rows("ann holm, jo holm"))
    assert len(test) == 3


def test_a_full_name_is_never_too_long() -> None:
    long = "x" * (MAX_LENGTH - 3)
    names = FullNames(rows("ann, jo"), GivenNames(), 0.0)
    assert {names.compose(long, "A", Random(n)) for n in range(30)} == {long, f"jo {long}"}
