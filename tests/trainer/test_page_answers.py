"""The page in a real browser, if there is one, predicts as Python does."""

import random
import sys
import unicodedata
from html.entities import html5
from pathlib import Path

import numpy as np
import pytest
from conftest import LETTERS, random_model
from page_browser import Found, built_page, in_chromium

from names_predictor.artifact.store import RELEASED, Artifact, read_artifact
from names_predictor.encoding import normalise
from names_predictor.inference.options import PredictOptions
from names_predictor.inference.predictor import NamePredictor
from names_predictor.inference.ranking import ranked_sets
from names_trainer.onnx_graph.encoder import to_onnx
from names_trainer.page.examples import COVERAGE, MIN_PROBABILITY, WORLD_EXAMPLES
from names_trainer.page.page import PageOptions

TOLERANCE, TOLERANCE_8_BITS = 1e-5, 0.1
"""Differences of evidence in log-odds; in 8 bits a state halfway between two steps can be rounded
to either. The page describes evidence in words, no finer than 0.1."""

CORPUS = Path(__file__).parents[2] / "data" / "names"

ODD_NAMES = [
    *["", " ", "\t\x1c\x85", "\ufeff", "\u200b\u00ad", "\ufffd", "a\ud800", "\udfffb", "😀", "a😀"],
    *["x" * 128, "x" * 129, "a" * 127 + "😀", "😀" * 129, " " * 500 + "a", "\U0001f468\u200d"],
    *["İSTANBUL", "ΣΑΣ", "ΣΑΣ'", "ΟΔΥΣΣΕΥΣ ΣΟΦΙΑ", "Σ", "ẞ", "ǅ", "ﬁn", "O’NEILL", "Anne‐Marie"],
    *["e\u0301", "क्षि", "\u0345a", "a\u2028b\u3000c", "a\x1fb", "a\ufeffb", "\x00", "12", "()"],
    *[
        '"Nowak"',
        "“Weber”,",
        "«'Rossi'»",
        "❝Rossi❞ ❛Rossi❜ 〈Rossi〉 ″Rossi″",
        "O&#39;Neill",
        "O&amp;#x27;Neill",
        "Jos&Eacute;",
        "&#146;",
    ],
    *[
        "Ｎｏｗａｋ",
        "ﾔﾏﾀﾞ ﾀﾛｳ",
        "卡尔·马克思",
        "Gal·la",
        "マリア・シャラポワ",
        "&#0;",
        "&#xd800;",
        "&#x110000;",
    ],
    *["Ana de la Cruz", "Juan de la Cruz y Paz", "a b c d e f g h i j"],
    *["\ue000", "a\ue001", "\u3400", "\u4dbf\u4dc0", "\u9fff\ua000", "\uac00", "\ud7a3\ud7a4"],
]


def sampled_names() -> list[str]:
    """11 names of each of 96 labels, some in capitals or decomposed."""
    choose = random.Random(0)
    names = []
    for path in sorted(CORPUS.glob("*.txt")):
        lines = path.read_text(encoding="utf-8").splitlines()
        names += [line.split("\t")[0] for line in choose.sample(lines, 11)]
    names[::7] = [name.upper() for name in names[::7]]
    names[3::7] = [unicodedata.normalize("NFD", name) for name in names[3::7]]
    return names


ASSIGNED = [
    chr(code)
    for code in range(sys.maxunicode + 1)
    if unicodedata.category(chr(code)) not in ("Cn", "Co", "Cs") and code not in (0x295, 0x1171E)
]
"""The assigned characters of Python's version of Unicode, without two that a later one changed."""

TEXTS = [f"Σ{c}Σ {c}{c}b " for c in ASSIGNED]
TEXTS += [f"{c}a.{c}" for c in ASSIGNED] + [f"I{c}\u0307·&#{ord(c)};" for c in ASSIGNED]
TEXTS += [f"{text} {ending}" for text in ODD_NAMES for ending in ("", "'", ". ,", "İ")]
TEXTS += [f"x&{name};" for name in html5]
NAMES = sampled_names()
EXPLAINED = [
    *NAMES[::40],
    *WORLD_EXAMPLES,
    "Maria Q",
    "Nowak\ufeffowski",
    "Papadopoulos",
    "Maria Papadopoulos",
    "Q",
    "\U0001d400",
    "क्षि",
    "",
    "\ufffd",
]

LONG = "Papa" + "\u200b" * 2000 + "dopoulos"

Opened = tuple[NamePredictor, Found]


@pytest.fixture(scope="module", params=["released", "float", "ngrams"])
def opened(
    request: pytest.FixtureRequest, artifact_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Opened:
    artifact = read_artifact(RELEASED if request.param == "released" else artifact_folder)
    if request.param == "ngrams":
        model, vocab = random_model(f"{LETTERS}王\ue000\ue001", 5, ngrams=5, ngram_rows=1000)
        artifact = Artifact(to_onnx(model, vocab), vocab)
    work = {"names": [*NAMES, *ODD_NAMES], "explained": [*EXPLAINED, LONG], "texts": TEXTS}
    folder = tmp_path_factory.mktemp("answers")
    options = PageOptions(WORLD_EXAMPLES if request.param == "released" else ("Maria Q",))
    page = built_page(artifact, folder, options)
    found = in_chromium(page, Path(__file__).with_suffix(".js"), work, folder / "profile")
    return NamePredictor(artifact), found


def test_the_page_answers_as_python_does(opened: Opened) -> None:
    predictor, (found, _) = opened
    names = [*NAMES, *ODD_NAMES]
    assert len(NAMES) >= 1000
    batch = predictor.predict_batch(names, PredictOptions(distribution=True))
    assert [answer["reason"] for answer in found["predictions"]] == batch.reasons
    assert {"blank", "undecodable", "too-long", "unknown-script", None} <= set(batch.reasons)
    usable = [i for i, reason in enumerate(batch.reasons) if reason is None]
    there = np.array([found["predictions"][i]["probabilities"] for i in usable])
    assert (there.argmax(axis=1) == batch.best[usable, 0]).all()
    differences = np.abs(there - batch.probabilities[usable]).max(axis=1)
    of_names = differences[np.array(usable) < len(NAMES)]
    over = int((of_names > 1e-4).sum())
    sys.stdout.write(
        f"{over} of {len(of_names)} differ by over 0.0001, {of_names.max():.1e} at most\n"
    )
    if predictor.artifact.sha256 == read_artifact(RELEASED).sha256:
        # An 8-bit model rounds its state at every letter, and a value halfway between two steps
        # can be rounded differently by another runtime, such as that of the browser.
        assert over <= len(of_names) / 200
        assert differences.max() < 0.02
    else:
        assert differences.max() < 1e-5


def test_the_page_normalises_as_python_does(opened: Opened) -> None:
    _, (found, _) = opened
    others = [
        text
        for text, normalised in zip(TEXTS, found["normalised"], strict=True)
        if normalise(text) != normalised
    ]
    assert [ascii(text) for text in others] == []


def test_the_page_explains_as_python_does(opened: Opened) -> None:
    predictor, (found, _) = opened
    worst = 0.0
    for name, there in zip(EXPLAINED, found["explanations"][:-1], strict=True):
        here = predictor.explain(name)
        assert there["reason"] == here.prediction.reason
        assert [row["label"] for row in there["ranked"][:1]] == [
            label for label, _ in here.prediction.ranked[:1]
        ]
        assert [row["letter"] for row in there["letters"]] == [letter for letter, _ in here.letters]
        for row, (_, attribution) in zip(there["letters"], here.letters, strict=True):
            worst = max(worst, abs(row["attribution"] - attribution))
        assert [row["word"] for row in there["words"]] == [word for word, _ in here.words]
        for row, (_, attribution) in zip(there["words"], here.words, strict=True):
            worst = max(worst, abs(row["attribution"] - attribution))
    sys.stdout.write(f"largest difference of an attribution: {worst:.1e}\n")
    assert worst < tolerance_of(predictor)


def test_the_letters_of_a_very_long_name_are_not_explained(opened: Opened) -> None:
    predictor, (found, _) = opened
    there = found["explanations"][-1]
    assert there["letters"] == there["words"] == []
    assert [there["ranked"][0]["label"]] == predictor.label([LONG])


def tolerance_of(predictor: NamePredictor) -> float:
    is_released = predictor.artifact.sha256 == read_artifact(RELEASED).sha256
    return TOLERANCE_8_BITS if is_released else TOLERANCE


def test_the_page_takes_the_sets_of_its_probabilities_as_python_does(opened: Opened) -> None:
    predictor, (found, _) = opened
    usable = [
        (answer["probabilities"], labels)
        for answer, labels in zip(found["predictions"], found["sets"], strict=True)
        if answer["reason"] is None
    ]
    assert len(usable) > 900
    rows = np.array([probabilities for probabilities, _ in usable], dtype=np.float32)
    everything = range(len(predictor.labels))
    expected = ranked_sets(rows, predictor.vocab, everything, COVERAGE)
    assert max(map(len, expected)) > 1
    # Labels that are equally probable can change places.
    assert [set(labels) for _, labels in usable] == [set(labels) for labels in expected]


def test_an_example_is_what_the_page_would_compute(opened: Opened) -> None:
    predictor, (found, _) = opened
    attribution = tolerance_of(predictor) + 1e-4  # an example is stored with four digits
    computed = {one["name"]: one for one in found["explanations"]}
    assert found["examples"]
    for example in found["examples"]:
        there = computed[example["name"]]
        assert example.keys() == there.keys()
        assert example["candidates"] == there["candidates"]
        for key, value, tolerance in (
            ("ranked", "probability", 0.002),
            ("words", "attribution", attribution),
            ("letters", "attribution", attribution),
        ):
            assert len(example[key]) == len(there[key])
            for here, row in zip(example[key], there[key], strict=True):
                assert here.pop(value) == pytest.approx(row.pop(value), abs=tolerance)
        for here, row in zip(example["words"], there["words"], strict=True):
            assert here["alone"].pop("probability") == pytest.approx(
                row["alone"].pop("probability"), abs=0.002
            )
        for key in ("ranked", "words", "letters"):
            assert example[key] == there[key]


def test_only_labels_above_one_percent_are_shown(opened: Opened) -> None:
    predictor, (found, _) = opened
    shown = 0
    for name, there in zip(EXPLAINED, found["explanations"][:-1], strict=True):
        if there["reason"] is None:
            (probabilities,) = predictor.predict_proba([name])
            assert len(there["ranked"]) == max(1, (probabilities >= MIN_PROBABILITY).sum())
            shown += len(there["ranked"])
    assert shown > len(EXPLAINED)


def test_calls_at_once_take_no_words_from_each_other(opened: Opened) -> None:
    _, (found, _) = opened
    assert found["kept"] < 10
    for together, apart in zip(found["together"], found["apart"], strict=True):
        assert together["probabilities"] == pytest.approx(apart["probabilities"], abs=1e-5)


def test_progress_counts_every_byte(opened: Opened) -> None:
    _, (found, _) = opened
    done = [bytes_ for bytes_, _ in found["progress"]]
    assert done == sorted(done)
    assert done[-1] == found["progress"][0][1] > 3e6  # of all files, compressed
