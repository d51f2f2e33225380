import subprocess
import sys
import unicodedata
from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
from conftest import CommandLine
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from names_predictor.artifact.store import RELEASED, Artifact
from names_predictor.cli.terminal import print_explanation
from names_predictor.encoding import normalise, split_words
from names_predictor.errors import NamesError
from names_predictor.inference.explain import Explanation
from names_predictor.inference.predictor import NamePredictor
from names_predictor.inference.types import Prediction


def at_temperature_of(name: str, predictor: NamePredictor) -> NamePredictor:
    """Return a predictor that gives all names the temperature of `name`."""
    artifact = predictor.artifact
    temperatures = artifact.vocab.temperatures
    number = min(len(split_words(normalise(name))), len(temperatures))
    vocab = replace(artifact.vocab, temperatures=(temperatures[number - 1],))
    return NamePredictor(Artifact(artifact.model, vocab))


@settings(max_examples=40)
@given(st.text("abcdéäß к'-", min_size=1, max_size=12))
def test_a_letter_carries_what_is_lost_without_it(predictor: NamePredictor, name: str) -> None:
    found = predictor.explain(name)
    if found.prediction.label is None:
        assert found.letters == ()
        return
    assert "".join(letter for letter, _ in found.letters) == name
    label = predictor.labels.index(found.prediction.label)
    whole = predictor.predict_proba([name])[0, label]
    fixed = at_temperature_of(name, predictor)
    for i, (_, carried) in enumerate(found.letters):
        part = fixed.predict_proba([name[:i] + name[i + 1 :]])[0, label]
        if not np.isnan(part):
            expected = np.log(whole / (1 - whole)) - np.log(part / (1 - part))
            assert abs(carried - expected) < 1e-3


@settings(max_examples=20)
@given(st.lists(st.text("abcdé", min_size=1, max_size=5), min_size=2, max_size=4))
def test_a_word_carries_what_is_lost_without_it(predictor: NamePredictor, words: list[str]) -> None:
    found = predictor.explain(" ".join(words))
    assert [word for word, _ in found.words] == words
    label = predictor.labels.index(found.prediction.label or "")
    odds = []
    fixed = at_temperature_of(" ".join(words), predictor)
    for name in (words, *(words[:i] + words[i + 1 :] for i in range(len(words)))):
        p = float(fixed.predict_proba([" ".join(name)])[0, label])
        odds.append(np.log(p / (1 - p)))
    expected = [odds[0] - without for without in odds[1:]]
    assert [carried for _, carried in found.words] == pytest.approx(expected, abs=1e-3)


def test_a_name_is_explained_without_rich() -> None:
    script = (
        "import sys; sys.modules['rich'] = None\n"
        "from names_predictor import NamePredictor\n"
        "print(NamePredictor.load().explain('Nowak').prediction.label)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("Polish\n", "")


def test_without_its_only_letter_a_name_is_as_likely_as_the_prior_says(
    predictor: NamePredictor,
) -> None:
    prior = dict.fromkeys(predictor.labels, 1.0) | {predictor.labels[0]: 96.0}
    tilted = NamePredictor(predictor.artifact, prior=prior)
    found = tilted.explain("a")
    probability = prior[found.prediction.label or ""] / sum(prior.values())
    chance = found.prediction.probability or 0
    expected = np.log(chance / (1 - chance)) - np.log(probability / (1 - probability))
    assert found.letters == (("a", pytest.approx(expected, abs=1e-3)),)


def test_marks_belong_to_their_letter(predictor: NamePredictor) -> None:
    typed = unicodedata.normalize("NFD", "äbé")
    letters = [letter for letter, _ in predictor.explain(typed).letters]
    assert letters == [unicodedata.normalize("NFD", "ä"), "b", unicodedata.normalize("NFD", "é")]


def test_the_vowel_signs_of_hindi_belong_to_their_letter() -> None:
    predictor = NamePredictor.load(RELEASED)
    assert [letter for letter, _ in predictor.explain("शर्मा").letters] == ["श", "र्", "मा"]


def printed(name: str, width: int, colour: bool = False) -> str:
    file = StringIO()
    console = Console(
        file=file, width=width, force_terminal=colour, color_system="standard" if colour else None
    )
    print_explanation(NamePredictor.load(RELEASED).explain(name), console)
    return file.getvalue()


def test_every_letter_ends_above_its_number() -> None:
    for name in ("김민수", "Papadopoulos" * 3):
        lines = printed(name, width=40).split("\n\n")[1].splitlines()[1:]
        assert "".join(lines[::2]).replace(" ", "") == name
        for above, below in zip(lines[::2], lines[1::2], strict=True):
            assert cell_len(above) == len(below) <= 40


def test_nought_has_no_minus() -> None:
    file = StringIO()
    prediction = Prediction("abc", "Greek", 0.9, None, (("Greek", 0.9),))
    print_explanation(
        Explanation(prediction, (("a", -0.04), ("b", 0.04), ("c", -0.06))),
        Console(file=file, width=80),
    )
    assert file.getvalue().splitlines()[4].split() == ["+0.0", "+0.0", "-0.1"]


def test_the_best_label_has_a_bar_however_improbable() -> None:
    file = StringIO()
    prediction = Prediction("a", "Greek", 0.004, None, (("Greek", 0.004), ("Polish", 0.003)))
    print_explanation(Explanation(prediction, (("a", 0.0),)), Console(file=file, width=80))
    assert file.getvalue().splitlines()[:2] == ["Greek  0.004  ", ""]


def test_letters_for_and_against_differ_in_colour() -> None:
    file = StringIO()
    prediction = Prediction("a bc", "Greek", 0.9, None, (("Greek", 0.9),))
    letters = (("a", 0.5), (" ", 0.0), ("b", -0.5), ("c", 0.2))
    explanation = Explanation(prediction, letters, (("a", 0.7), ("bc", -0.3)))
    console = Console(file=file, width=80, force_terminal=True, color_system="standard")
    print_explanation(explanation, console)
    shown = file.getvalue().split("\n\n")[1]
    assert (shown.count("\x1b[1;32m"), shown.count("\x1b[31m")) == (1, 1)  # of the words
    shown = file.getvalue().split("\n\n")[2]
    assert (shown.count("\x1b[1;32m"), shown.count("\x1b[31m")) == (2, 1)


@pytest.mark.parametrize("width", [80, 120])
def test_words_come_before_letters_under_one_caption(width: int) -> None:
    name = "Maria-Konstantina Papadopoulou"
    bars, words, letters = printed(name, width).split("\n\n")
    assert "0.00" not in bars
    caption, *rows = words.splitlines()
    assert caption == "evidence for (+) or against (-) Greek, in log-odds (+0.7 doubles the odds):"
    assert rows[0].split() == ["maria", "konstantina", "papadopoulou"]
    assert "".join(letters.splitlines()[::2]).replace(" ", "") == name.replace(" ", "")
    assert max(map(cell_len, (bars + "\n" + words + "\n" + letters).splitlines())) <= width
    assert "\x1b" not in bars + words + letters


def test_the_ending_of_a_greek_name_speaks_for_greek(names_predict: CommandLine) -> None:
    predictor = NamePredictor.load(RELEASED)
    found = predictor.explain("Papadopoulos")
    assert found.prediction.label == "Greek"
    assert max(found.letters, key=lambda pair: pair[1])[1] > 0.5
    result = names_predict("--explain", "Papadopoulos", "--artifacts", RELEASED)
    assert result.code == 0
    bars, captioned = result.out.split("\n\n")
    assert captioned.startswith("evidence for (+) or against (-) Greek, in log-odds")
    shown = [label for label, probability in found.prediction.ranked if probability >= 0.005]
    assert [line.split()[0] for line in bars.splitlines()] == shown  # no bars of zero
    first, *_ = bars.splitlines()
    assert first.split()[0] == "Greek"
    assert "█" in first
    numbers = result.out.splitlines()[-1].split()
    assert [float(n) for n in numbers] == [round(value, 1) for _, value in found.letters]


def test_files_are_not_explained(names_predict: CommandLine) -> None:
    result = names_predict("--explain", "Papadopoulos", "names.txt")
    assert (result.code, result.err) == (
        2, "error: --explain: takes no files: leave them out\n",
    )  # fmt: skip


def test_a_name_without_quotes_is_quoted_in_the_error(names_predict: CommandLine) -> None:
    result = names_predict("--explain", "Nguyen", "Van", "Anh")
    assert result.code == 2
    assert result.err == "error: --explain: takes one name: put it in quotes: 'Nguyen Van Anh'\n"


def test_a_name_of_thousands_of_characters_is_not_explained(predictor: NamePredictor) -> None:
    long = "abc" + " " * 3000
    assert predictor.label([long]) != [None]
    with pytest.raises(NamesError, match="a name of 3,003 characters: at most 1,024 are explained"):
        predictor.explain(long)


def test_an_unusable_name_says_why(names_predict: CommandLine) -> None:
    result = names_predict("--explain", "  ", "--artifacts", RELEASED)
    assert (result.code, result.out) == (0, "the name: no label: blank\n")
