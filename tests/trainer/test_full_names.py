"""Full names: drawn from surnames and given names of a label, as the label writes them."""

import random
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import small_config, write_given

from names_predictor.errors import NamesError
from names_predictor.inference.predictor import NamePredictor
from names_trainer.config import TrainConfig
from names_trainer.data.corpus import Row, Split, letters
from names_trainer.data.dataset import Dataset
from names_trainer.data.forms import is_latin
from names_trainer.data.full_names import GivenNames
from names_trainer.data.people import Person
from names_trainer.data.sampler import FEW, PEOPLE, NameSampler
from names_trainer.distillation.soft_labels import LABEL_WEIGHT, soft_labeller, teach
from names_trainer.evaluation import calibration
from names_trainer.evaluation.calibration import drawn_priors
from names_trainer.evaluation.fitted import FittedModel
from names_trainer.export.export import export
from names_trainer.models.lstm import logits_of
from names_trainer.pipeline import fit
from names_trainer.runs.folders import TEACHERS_FOLDER
from names_trainer.runs.run import Run
from names_trainer.training.loop import train

SURNAMES = (Row("smith", "A"), Row("смит", "B"), Row("smit", "B"), Row("王", "C"), Row("김", "D"))
GIVEN = (Row("ann", "A"), Row("bob", "A"), Row("анна", "B"), Row("anna", "B"), Row("明", "C"))
NAMES = GivenNames(
    Split(GIVEN, (), ()), {Row("ann", "A"): 90, Row("bob", "A"): 10}, frozenset("C"), frozenset("C")
)


def drawn(number: int, forms: float = 0.0, label_power: float = 1.0, seed: int = 0) -> list[Row]:
    config = TrainConfig(count_power=1.0, label_power=label_power)
    sampler = NameSampler(SURNAMES, {Row("smith", "A"): 7}, NAMES, config)
    return list(sampler.sample(number, forms, random.Random(seed)))


def test_names_are_drawn_as_their_label_writes_them() -> None:
    rows = drawn(4000)
    assert rows == drawn(4000) != drawn(4000, seed=1)
    forms = {label: {row.name for row in rows if row.label == label} for label in "ABCD"}
    assert forms == {
        "A": {"smith", "ann", "bob", "ann smith", "bob smith"},
        "B": {"смит", "smit", "анна", "anna", "анна смит", "anna smit"},
        "C": {"王", "明", "王明", "王 明"},
        "D": {"김"},  # it has no given name
    }


def test_names_are_drawn_by_their_counts_and_labels_by_their_names() -> None:
    rows = drawn(20_000)
    full = Counter(row.name for row in rows if row.name in ("ann smith", "bob smith"))
    assert full["ann smith"] / full.total() == pytest.approx(0.9, abs=0.02)
    labels = Counter(row.label for row in rows)
    assert labels["B"] / labels["A"] == pytest.approx(2, rel=0.1)
    even = Counter(row.label for row in drawn(20_000, label_power=0.0))
    assert even["B"] / even["A"] == pytest.approx(1, rel=0.1)


def test_few_people_are_drawn_less_often_than_many() -> None:
    few = [Person("doe", "jo", "A")]
    many = [Person(f"roe{number}", "jo", "B") for number in range(9 * FEW)]
    given = replace(NAMES, people=(*few, *many))
    sampler = NameSampler(SURNAMES, {}, given, TrainConfig(label_power=0.0))
    rows = list(sampler.sample(20_000, 0.0, random.Random(0)))
    of_people = Counter(row.label for row in rows if row.name.startswith("jo "))
    full = Counter(row.label for row in rows if row.label in "AB" and " " in row.name)
    assert of_people["A"] <= 5
    assert of_people["B"] / full["B"] == pytest.approx(0.9 * PEOPLE, abs=0.03)


def test_words_are_rewritten_with_forms() -> None:
    names = {row.name for row in drawn(2000, forms=0.5)}
    assert names > {row.name for row in drawn(2000)}


def test_full_names_are_learned_too(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_dir = str(write_given(tmp_path / "given"))
    config = small_config(
        corpus, given_dir=given_dir, forms=0.3, ngrams=2, schedule="one-cycle", num_epochs=8
    )
    run = Run.create(tmp_path / "runs", config, "full")
    given_names = run.dataset.given.split.test
    held_out = {letters(row.name) for row in given_names}
    without = set(run.dataset.labels) - {row.label for row in given_names}
    surnames = {letters(row.name) for row in Dataset.of(replace(config, given_dir="")).split.test}
    full = [row for row in run.dataset.split.test if " " in row.name]
    assert full
    for row in full:
        given, surname = map(letters, row.name.split())
        assert surname in surnames
        assert given in held_out or row.label in without
    epochs = list(train(run))
    assert epochs[-1].validation_accuracy > 0.9
    monkeypatch.setattr(calibration, "FEW_NAMES", 10)
    monkeypatch.setattr(calibration, "MOST_PER_LABEL", 5)
    artifact, _ = export(run, tmp_path / "artifact")
    assert artifact.vocab.labels == ("Vowelish", "Zed-like", "Клич")
    fitted, test = FittedModel.of(run), run.dataset.split.test
    data = run.dataset.encode(run.dataset.split.validation)
    logits, targets = logits_of(fitted.model, data.ids, data.words).numpy(), data.targets.numpy()
    of_one, of_more = calibration.fit_temperatures(logits, targets, data.counts.numpy(), True)
    assert artifact.vocab.temperatures == (of_one, of_more)
    assert of_one != pytest.approx(of_more, rel=0.01)
    found = NamePredictor(artifact).predict_proba([row.name for row in test])
    np.testing.assert_allclose(found, fitted.predict_proba(test), atol=1e-5)


def test_a_label_without_training_names_has_a_prior(corpus: Path, tmp_path: Path) -> None:
    given_dir = str(write_given(tmp_path / "given"))
    surnames = Path(shutil.copytree(corpus, tmp_path / "surnames"))
    (surnames / "Rare.txt").write_text("only\n")
    seeds = (small_config(surnames, given_dir=given_dir, split="random", seed=n) for n in range(99))
    found = ((config, Dataset.of(config)) for config in seeds)
    config, dataset = next(
        (config, dataset)
        for config, dataset in found
        if "Rare" not in {row.label for row in dataset.split.train}
    )
    priors = dict(zip(dataset.labels, drawn_priors(dataset, config), strict=True))
    assert 0 < priors["Rare"] < min(priors[label] for label in priors if label != "Rare")


def test_an_epoch_is_drawn_anew_and_resuming_draws_it_again(corpus: Path, tmp_path: Path) -> None:
    config = small_config(corpus, given_dir=str(write_given(tmp_path / "given")), forms=0.3)
    whole = Run.create(tmp_path / "runs", config, "whole")
    first, second, _ = list(train(whole))
    assert first.train_loss != second.train_loss
    cut = Run.create(tmp_path / "runs", config, "cut")
    next(iter(train(cut)))
    list(train(Run.open(cut.folder)))
    weights = "best.safetensors"
    assert (cut.folder / weights).read_bytes() == (whole.folder / weights).read_bytes()


def test_nobody_with_a_held_out_word_is_trained_on(corpus: Path, tmp_path: Path) -> None:
    given_dir = str(write_given(tmp_path / "given"))
    config = small_config(corpus, given_dir=given_dir)
    plain = Dataset.of(config)
    people = tmp_path / "people"
    people.mkdir()
    for label in plain.labels:
        both = (plain.split, plain.given.split)
        surnames, given = (
            [[r.name for r in rows if r.label == label and " " not in r.name] for rows in subset]
            for subset in ((split.train, split.validation, split.test) for split in both)
        )
        lines = [
            f"{surname}\t{name}\t1"
            for one in surnames
            for two in given
            for surname in one[:3]
            for name in two[:3]
        ]
        (people / f"{label}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    dataset = Dataset.of(replace(config, people_dir=str(people)))
    held_out = [
        {letters(row.name) for row in rows}
        for split in (plain.split, plain.given.split)
        for rows in (split.validation, split.test)
    ]
    assert dataset.given.people
    for person in dataset.given.people:
        assert not any(letters(person.surname) in rows for rows in held_out[:2])
        assert not any(letters(person.given) in rows for rows in held_out[2:])
    for rows, before, place in (
        (dataset.split.validation, plain.split.validation, 0),
        (dataset.split.test, plain.split.test, 1),
    ):
        added = rows[len(before) :]
        assert added
        for row in added:
            given_name, surname = map(letters, row.name.split())
            assert surname in held_out[place] or given_name in held_out[2 + place]
            other = 1 - place  # of a person with a word in either, neither split has the name
            assert surname not in held_out[other]
            assert given_name not in held_out[2 + other]
    assert not any(char.isdigit() for person in dataset.given.people for char in person.given)
    names = {row.name for row in dataset.sampler(config).sample(3000, 0.0, random.Random(0))}
    assert {f"{p.given} {p.surname}" for p in dataset.given.people} & names


def with_people(corpus: Path, folder: Path) -> TrainConfig:
    """Return a config with a person and given names of characters that no surname has."""
    given, people = write_given(folder / "given"), folder / "people"
    with (given / "Vowelish.txt").open("a", encoding="utf-8") as file:
        file.write("".join(f"ŷ{letter}\n" for letter in "aeiouly"))
    people.mkdir()
    (people / "Vowelish.txt").write_text("øß\tñá\n", encoding="utf-8")
    return small_config(corpus, given_dir=str(given), people_dir=str(people))


def test_characters_of_full_names_and_their_spellings_are_known(
    corpus: Path, tmp_path: Path
) -> None:
    config = with_people(corpus, tmp_path)
    known = set(Dataset.of(config).vocabulary.characters)
    assert known >= set("øßñáŷ")
    assert "s" not in known
    assert "s" in Dataset.of(replace(config, forms=0.1)).vocabulary.characters


def test_characters_of_romanisations_and_titles_are_known(tmp_path: Path) -> None:
    for folder, bulgarian, russian in (
        ("surnames", "щурков", "щукин"), ("given", "юлия", "юрий"),
    ):  # fmt: skip
        (tmp_path / folder).mkdir()
        for label, name in (("Bulgarian", bulgarian), ("Russian", russian)):
            lines = [name, *(name[: n + 3] + letter for n, letter in enumerate("абвгдежзик"))]
            (tmp_path / folder / f"{label}.txt").write_text("\n".join(lines), encoding="utf-8")
    config = TrainConfig(
        data_dir=str(tmp_path / "surnames"), given_dir=str(tmp_path / "given"), forms=0.4
    )
    dataset = Dataset.of(config)
    known = {*dataset.vocabulary.characters, " ", ","}  # which are between words
    sampled = dataset.sampler(config).sample(5000, config.forms, random.Random(0))
    assert {c for row in sampled for c in row.name} <= known
    assert not set("jz") & set(Dataset.of(replace(config, forms=0.0)).vocabulary.characters)


def test_words_of_people_are_in_training(corpus: Path, tmp_path: Path) -> None:
    dataset = Dataset.of(with_people(corpus, tmp_path))
    names = ["øß", "ñá", "ñá øß", "ñá qqq"]
    assert dataset.are_in_training(names).tolist() == [True, True, True, False]


def test_names_of_known_words_are_in_training(corpus: Path, tmp_path: Path) -> None:
    given_dir = str(write_given(tmp_path / "given"))
    dataset = Dataset.of(small_config(corpus, given_dir=given_dir))
    surname, given = dataset.split.train[0].name, dataset.given.split.train[0].name
    new = dataset.split.test[0].name
    names = [surname, given, f"{given} {surname}", new, f"{given} {new}"]
    assert dataset.are_in_training(names).tolist() == [True, True, True, False, False]
    alone = Dataset.of(small_config(corpus))
    assert alone.are_in_training(names).tolist() == [True, False, False, False, False]


def test_teachers_label_the_full_names_of_each_epoch(corpus: Path, tmp_path: Path) -> None:
    given_dir = str(write_given(tmp_path / "given"))
    config = small_config(corpus, given_dir=given_dir, ngrams=2, num_epochs=2, teachers=2)
    run = Run.create(tmp_path / "runs", config, "student")
    teach(run, 2, lambda done, total: None)
    names = run.dataset.encode(run.dataset.split.train)
    softened = soft_labeller(run)(names)
    assert torch.equal(softened.words, names.words)
    own = softened.targets[torch.arange(len(names.targets)), names.targets]
    assert (own >= LABEL_WEIGHT).all()
    assert (own < 1).all()
    sums = softened.targets.sum(dim=1)
    torch.testing.assert_close(sums, torch.ones_like(sums))
    teachers = [Run.open(path) for path in sorted((run.folder / TEACHERS_FOLDER).iterdir())]
    logits = [logits_of(teacher.best_model(), names.ids, names.words) for teacher in teachers]
    pooled = torch.stack([of_one.log_softmax(dim=1) for of_one in logits]).mean(dim=0)
    true_labels = torch.eye(len(run.dataset.labels))[names.targets]
    mixed = LABEL_WEIGHT * true_labels + (1 - LABEL_WEIGHT) * pooled.softmax(dim=1)
    torch.testing.assert_close(softened.targets, mixed)
    first, second = (teacher.best_model().linear.weight for teacher in teachers)
    assert not torch.equal(first, second)
    alone = Run.create(tmp_path / "runs", replace(config, teachers=0), "alone")
    fit(run)
    fit(alone)
    assert run.epochs()[0].train_loss != alone.epochs()[0].train_loss
    with pytest.raises(NamesError, match="its teachers are not trained"):
        next(train(run))


def test_the_teachers_of_full_names_learn_no_other_names() -> None:
    with pytest.raises(NamesError, match=r"--given-dir can't be x: .*--synthetic-names 0"):
        small_config(Path("y"), given_dir="x", teachers=1, synthetic_names=5)


def test_latin_letters_are_recognised() -> None:
    assert [is_latin(name) for name in ("ann", "o'hará", "анна", "王")] == [
        True,
        True,
        False,
        False,
    ]
