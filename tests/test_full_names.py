"""Full names: which given names are held out, how they are joined, what they are labelled."""

from pathlib import Path

import numpy as np
import pytest

from names_trainer.corpus import Row
from names_trainer.full_names import (
    FORMS,
    FullName,
    GivenNames,
    full_names,
    is_latin,
    joint_answer,
    read_given,
    write_name,
    written,
)
from names_trainer.sources import CorpusError

DATA = Path(__file__).parent.parent / "data"


@pytest.fixture(scope="module")
def given() -> GivenNames:
    return read_given(DATA / "given")


def test_a_fifth_of_the_given_names_is_held_out_under_all_labels(given: GivenNames) -> None:
    train, test = ({row.name for row in part} for part in (given.train, given.test))
    assert not train & test
    assert len(test) / len(train | test) == pytest.approx(0.2, abs=0.01)
    labels = {path.stem for path in (DATA / "given").glob("*.txt")}
    assert {row.label for row in given.train} == {row.label for row in given.test} == labels


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        (
            FullName("papadopoulou", "maria", "Greek"),
            ("maria papadopoulou", "papadopoulou maria", "papadopoulou, maria"),
        ),
        (FullName("nagy", "anna", "Hungarian"), ("nagy anna", "anna nagy", "nagy, anna")),
        (FullName("王", "伟明", "Chinese"), ("王伟明", "伟明 王", "王, 伟明")),
        (FullName("wang", "weiming", "Chinese"), ("wang weiming", "weiming wang", "wang, weiming")),
        (FullName("김", "민준", "Korean"), ("김민준", "민준 김", "김, 민준")),
        (FullName("佐藤", "陽子", "Japanese"), ("佐藤 陽子", "陽子 佐藤", "佐藤, 陽子")),
    ],
)
def test_names_are_written_as_the_label_writes_them(
    given: GivenNames, name: FullName, forms: tuple[str, ...]
) -> None:
    assert tuple(write_name(name, form, given) for form in FORMS) == forms


def test_the_parts_of_a_full_name_go_together() -> None:
    rows = [Row("smith", "A"), Row("смит", "B"), Row("smit", "B"), Row("김", "C")]
    pool = [Row("ann", "A"), Row("bob", "A"), Row("анна", "B"), Row("anna", "B"), Row("min", "C")]
    made = full_names(rows, pool, 7, seed=1)
    assert made == full_names(rows, pool, 7, seed=1)
    assert len(made) == 7
    for name in made:
        assert Row(name.surname, name.label) in rows
        assert Row(name.given, name.label) in pool
        assert is_latin(name.surname) == is_latin(name.given)
    # Each usable surname comes in turn; that of C has no given name in its letters.
    assert {name.surname for name in made[:3]} == {"smith", "смит", "smit"}
    assert full_names(rows[3:], pool, 7, seed=1) == []


def test_all_forms_are_drawn(given: GivenNames) -> None:
    made = [FullName("rossi", "anna", "Italian")] * 300
    texts = written(made, given, seed=0)
    assert texts == written(made, given, seed=0)
    counts = [texts.count(text) for text in ("anna rossi", "rossi anna", "rossi, anna")]
    assert sum(counts) == 300
    assert min(counts) > 70


def test_the_joint_answer_is_bayes_of_independent_parts() -> None:
    generator = np.random.default_rng(0)
    prior = np.array([0.5, 0.3, 0.2])
    of_surname, of_given = generator.dirichlet(np.ones(4), 3), generator.dirichlet(np.ones(5), 3)
    given_prior = np.array([0.1, 0.2, 0.7])  # the given names' lists are of other sizes
    surname, given = 2, 4
    expected = prior * of_surname[:, surname] * of_given[:, given]
    by_surname = prior * of_surname[:, surname]
    by_given = given_prior * of_given[:, given]
    found = joint_answer(
        np.log(by_surname / by_surname.sum())[None],
        np.log(by_given / by_given.sum())[None],
        given_prior,
    )
    np.testing.assert_allclose(found[0], expected / expected.sum())


def test_a_label_without_given_names_is_judged_by_the_surname() -> None:
    surname = np.log([[0.2, 0.3, 0.5]])
    given = np.log([[0.4, 0.6, 1e-9]])
    found = joint_answer(surname, given, np.array([0.4, 0.6, 0.0]))
    np.testing.assert_allclose(found, np.exp(surname))


def test_orders_that_cannot_be_read_are_told_in_a_line(tmp_path: Path) -> None:
    for label in ("A", "B"):
        (tmp_path / f"{label}.txt").write_text("ann\n")
    assert read_given(tmp_path).joined == frozenset()
    for content in ("surname_first = [", "joined = 3"):
        (tmp_path / "orders.toml").write_text(content)
        with pytest.raises(CorpusError, match=r"orders.toml: not TOML with lists"):
            read_given(tmp_path)
