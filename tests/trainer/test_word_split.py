"""The split of words: no word of a held-out name is in training, in either list or of people."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from conftest import small_config
from hypothesis import given, strategies

from names_predictor.encoding import split_words
from names_trainer.config import SplitStrategy
from names_trainer.data.corpus import Row, Split, letters, read_corpus, split_corpus
from names_trainer.data.dataset import Dataset
from names_trainer.data.lines import CorpusError
from names_trainer.data.people import Person, split_people
from names_trainer.data.word_split import split_by_words, word_splits


def rows(names: str) -> tuple[Row, ...]:
    return tuple(Row(name, "A") for name in names.split(", ") if name)


def words_of(names: Iterable[Row]) -> set[str]:
    return {letters(word) for row in names for word in split_words(row.name)}


def test_a_held_out_name_of_trained_words_is_trained_on() -> None:
    surnames = Split(
        rows("lund, ruiz, soto"),
        rows("ann, berg, bo"),
        rows("ruiz soto, bo, berg, née, lopez soto"),
    )
    of_given = Split(rows("ann, nee"), rows("bo"), rows("kim"))
    assert split_by_words(surnames, of_given) == (
        Split(
            rows("lund, ruiz, soto, ann, ruiz soto, née"),
            rows("berg, bo, bo, berg"),
            rows("lopez soto"),
        ),
        of_given,
    )


NAMES = strategies.lists(
    strategies.builds(
        " ".join,
        strategies.lists(
            strategies.sampled_from(["a", "b", "ç", "c", "d", "e"]), min_size=1, max_size=2
        ),
    ),
    max_size=6,
).map(lambda names: tuple(Row(name, "A") for name in names))
SPLITS = strategies.builds(Split, NAMES, NAMES, NAMES)


@given(SPLITS, SPLITS)
def test_every_name_stays_and_held_out_ones_have_a_new_word(some: Split, of_given: Split) -> None:
    surnames = Split(some.train + rows("w"), some.validation + rows("x"), some.test + rows("y"))
    found = split_by_words(surnames, of_given)
    for before, after in zip((surnames, of_given), found, strict=True):
        assert sorted(sum(before, ())) == sorted(sum(after, ()))
        assert set(before.train) <= set(after.train)
    train, validation = (words_of(a + b) for a, b in list(zip(*found, strict=True))[:2])
    for split in found:
        assert all(words_of([row]) - train for row in split.validation)
        assert all(words_of([row]) - train - validation for row in split.test)
    assert split_by_words(*found) == found


def test_splits_without_names_of_their_own_are_one_line() -> None:
    surnames = Split(rows("lund"), rows("ann"), rows("berg"))
    with pytest.raises(CorpusError, match=r"no validation split is left: .* --given-dir with"):
        split_by_words(surnames, Split(rows("ann"), (), ()))
    with pytest.raises(CorpusError, match="no test split is left"):
        split_by_words(surnames, Split((), rows("berg"), ()))


def test_people_with_a_held_out_word_are_held_out() -> None:
    surnames = Split(rows("lund"), rows("ohara, berg"), rows("muller, vandam"))
    of_given = Split(rows("ann"), rows("jose"), rows("rene"))
    names = (
        "lund, ann; o'hara, ann; lund, josé; müller, ann; lund, rené; müller, josé; o'hara, rené; "
        "lund, ann josé; van dam, ann; lund-berg, ann; nobody, else"
    )
    people = [Person(*name.split(", "), "A") for name in names.split("; ")]
    train, validation, test = split_people(people, word_splits(surnames, of_given), 1)
    assert train == [people[0], people[-1]]
    assert {row.name for row in validation} == {
        "ann o'hara", "josé lund", "ann josé lund", "ann lund-berg",
    }  # fmt: skip
    assert {row.name for row in test} == {"ann müller", "rené lund"}


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
