"""The appearance and the texts of the page."""

import csv
import io
import shutil
from pathlib import Path
from typing import Any

import pytest
from page_browser import Found, built_page, in_chromium

from names_predictor.artifact.store import MODEL_FILE, RELEASED, read_artifact
from names_predictor.inference.predictor import NamePredictor
from names_trainer.page import page
from names_trainer.page.examples import COVERAGE, WORLD_EXAMPLES
from names_trainer.page.page import PageOptions
from names_trainer.page.world import homes_of


def ranked(*probabilities: float) -> list[dict[str, Any]]:
    return [
        {"label": label, "probability": probability}
        for label, probability in zip("ABCDE", probabilities, strict=False)
    ]


def letters(text: str, *attributions: float) -> list[dict[str, Any]]:
    return [{"letter": c, "attribution": one} for c, one in zip(text, attributions, strict=True)]


HOMES = {"A": {"region": "East"}, "B": {"region": "West"}, "C": {"region": "West"}}

TEXTS: list[tuple[list[Any], Any]] = [
    (["namesIn", "Nowak"], ["Nowak"]),
    (["namesIn", " Nowak \n"], [" Nowak \n"]),
    (["namesIn", "Nowak, Anna"], ["Nowak, Anna"]),
    (["namesIn", "Nowak, Lee, Kim"], ["Nowak", "Lee", "Kim"]),
    (["namesIn", "Nowak, Lee,"], ["Nowak, Lee,"]),
    (["namesIn", "王、李、金"], ["王", "李", "金"]),
    (["namesIn", "Nowak; Lee"], ["Nowak", "Lee"]),
    (["namesIn", "Nowak, Anna; Lee, Bo, Jr."], ["Nowak, Anna", "Lee, Bo, Jr."]),
    (["namesIn", "Nowak, A\r\n\r\nLee, Bo, Jr.\n"], ["Nowak, A", "Lee, Bo, Jr."]),
    (["namesIn", "Jos&Eacute; O&#39;Neill"], ["Jos&Eacute; O&#39;Neill"]),
    (["namesIn", ""], [""]),
    (["asOne", "Nowak, Jan"], "Nowak, Jan"),
    (["asOne", "O&#39;Neill, A;\nB、C"], "O&#39;Neill A B C"),
    (["verdict", ranked(0.95, 0.05)], ["Almost certainly", "A", ""]),
    (["verdict", ranked(0.94, 0.06)], ["Probably", "A", ""]),
    (["verdict", ranked(0.9497, 0.05)], ["Almost certainly", "A", ""]),  # shown as 95.0 %
    (["verdict", ranked(0.5, 0.5)], ["Probably", "A", ""]),
    (["verdict", ranked(0.4, 0.3)], ["Not sure:", "A or B", "?"]),
    (["verdict", ranked(0.2, 0.2, 0.1, 0.1)], ["Not sure:", "A, B or C", "?"]),
    (["verdict", ranked(0.4, 0.09, 0.09)], ["Not sure, perhaps", "A", ""]),
    (["sentence", ranked(0.4, 0.3)], "not sure: A or B?"),
    (["strength", 3], ["for strongly", "strongly for"]),
    (["strength", 1], ["for clearly", "clearly for"]),
    (["strength", 0.1], ["for slightly", "slightly for"]),
    (["strength", -0.09], ["", "makes no difference"]),
    (["strength", -2.9], ["against clearly", "clearly against"]),
    (["strongest", letters("ab cd", 2, 3, 9, 2, 4)], "cd"),
    (["strongest", letters("abc", 2, 0.5, 1.5)], "a"),
    (["strongest", letters("ab", -2, 0.5)], ""),
    (["setText", []], "empty: no label is as probable as it mostly is for its own names"),
    (["setText", list("ABCDEFG")], "A, B, C, D, E, F, G"),
    (["setText", list("ABCDEFGH")], "A, B, C, D, E, F and 2 more"),
    (["tally", 1, "row", 1], "1 row, 1 labelled, 0 not."),
    (["tally", 1234, "name", 1200], "1,234 names, 1,200 labelled, 34 not."),
    (["percent", 0.00049], "<0.1\xa0%"),
    (["percent", 0.00051], "0.1\xa0%"),
    (["percent", 0.99949], "99.9\xa0%"),
    (["percent", 0.99951], ">99.9\xa0%"),
    (["regionsOf", ranked(0.4, 0.3, 0.2), HOMES], [["West", 0.5], ["East", 0.4]]),
]
TYPED = ["Papadopoulos", "Ngo\u0302", "Lee", "Urdu Khan", "12", "maria kim, γαβ"]
SEVERAL = ["Nowak, 5% Jan, Dr.", "Lee, Bo", "12"]

Opened = tuple[NamePredictor, Found]


def opened_page(artifact_folder: Path, folder: Path) -> Opened:
    artifact = read_artifact(artifact_folder)
    built = built_page(artifact, folder, PageOptions())
    for name in ("broken", "changed"):
        shutil.copytree(built, folder / name)
    for name in ("broken", "changed"):
        shutil.move(folder / name, built)
    (built / "broken" / MODEL_FILE).unlink()
    content = artifact.model.replace(b"names", b"other", 1)
    (built / "changed" / MODEL_FILE).write_bytes(content)
    work = {"texts": [call for call, _ in TEXTS], "typed": TYPED, "several": SEVERAL}
    found = in_chromium(built, Path(__file__).with_suffix(".js"), work, folder / "profile")
    return NamePredictor(artifact), found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    return opened_page(RELEASED, tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory, artifact_folder: Path) -> Opened:
    """Return a page of a model whose labels are not languages."""
    return opened_page(artifact_folder, tmp_path_factory.mktemp("other"))


def test_words(world: Opened) -> None:
    _, (found, _) = world
    for (call, expected), there in zip(TEXTS, found["texts"], strict=True):
        assert there == expected, call


def test_an_example_shows_at_once(world: Opened) -> None:
    _, (found, _) = world
    first, broken = found["first"], found["broken"]
    assert first["chips"] == list(WORLD_EXAMPLES)
    assert first["explained"]
    assert first["answer"].split()[-1] in first["bars"][0]
    assert first["address"] == ""  # it was not typed
    assert first["selected"] == WORLD_EXAMPLES[0]  # so that typing replaces it
    # The example needs no model; the page reports that it is missing.
    assert broken["answer"] == first["answer"]
    assert broken["bars"] == first["bars"]
    assert broken["problem"] == "It does not work here: model.onnx: 404 File not found"
    problem = "It does not work here: model.onnx: not the model of this page: reload it in a few"
    assert found["changed"] == f"{problem} minutes"


def test_a_name_is_explained_in_words(world: Opened) -> None:
    predictor, (found, _) = world
    seen = found["typed"]["Papadopoulos"]
    assert seen["answer"] == "Almost certainly Greek"
    assert seen["words"] == []
    assert [tile[0] for tile in seen["letters"]] == list("Papadopoulos")
    assert {tile[2:] for tile in seen["letters"]} >= {"strongly for"}
    assert "the more it speaks for Greek" in seen["note"]
    (lee,) = predictor.predict(["Lee"], top_k=3, coverage=COVERAGE)
    seen = found["typed"]["Lee"]
    assert seen["answer"].startswith(f"Not sure: {lee.label} or ")
    assert seen["bars"][-1].startswith("all others")
    assert seen["set"].startswith(f"90 % set: {', '.join(lee.candidates[:6])}")
    seen = found["typed"]["Urdu Khan"]
    assert len(seen["words"]) == 2
    assert "on its own: " in seen["words"][1]
    assert seen["letters"][4].startswith("· space ")
    assert "speaks most for" in seen["note"]  # part of a word, so not the whole name
    seen = found["typed"]["Ngo\u0302"]
    assert len(seen["letters"]) == 3
    assert all(tile.endswith("ly for") for tile in seen["letters"])  # clearly or strongly
    assert "speaks most for" not in seen["note"]  # the whole name, with a mark that combines
    assert found["typed"]["12"]["answer"] == f"No label: {page.REASONS['unknown-script']}."
    assert not found["typed"]["12"]["explained"]
    assert found["empty"] == ""


def test_the_map_shows_where_labels_are_at_home(world: Opened) -> None:
    _, (found, _) = world
    seen = found["typed"]["Papadopoulos"]
    assert seen["world"]
    assert seen["regions"].startswith("At home in: Southern Europe ")
    assert len(seen["homes"]) >= 2  # Greece and Cyprus
    homes = homes_of(["Greek"])
    assert homes
    assert seen["homes"][-2:] == [list(dot) for dot in homes["Greek"]["dots"]][-2:]
    assert seen["holds"] == "Greek: Greece and Cyprus."


def test_the_address_follows_the_name(world: Opened) -> None:
    _, (found, _) = world
    assert found["address"] == f"#{TYPED[-1]}"
    assert found["copied"].endswith(f"/index.html#{TYPED[-1]}")
    assert found["chip"] == {"name": WORLD_EXAMPLES[-1], "address": f"#{WORLD_EXAMPLES[-1]}"}


def test_several_names_become_a_table(world: Opened) -> None:
    predictor, (found, _) = world
    seen = found["several"]
    assert not seen["single"]
    assert [row[0] for row in seen["rows"]] == SEVERAL
    predictions = predictor.predict(SEVERAL)
    assert predictions[0].label in seen["rows"][0][1]
    assert seen["rows"][2][1:] == [f"no label: {page.REASONS['unknown-script']}", ""]
    rows = list(csv.reader(io.StringIO(seen["csv"].removeprefix("\ufeff"), newline="")))
    assert rows[0] == ["name", "label", "probability", "reason"]
    assert [row[1] for row in rows[1:]] == [p.label or "" for p in predictions]
    assert seen["status"] == "3 names, 2 labelled, 1 not."  # which a screen reader announces
    assert found["followed"] == "Nowak 5% Jan Dr."  # a row leads to its explanation, as one name


def test_a_list_too_long_for_the_address_comes_back(world: Opened) -> None:
    _, (found, _) = world
    assert not found["isLongCopied"]  # its address would have no names
    assert found["isLongBack"]


def test_it_is_usable_by_everyone(world: Opened, other: Opened) -> None:
    for _, (found, _) in (world, other):
        assert found["first"]["focus"] == "name"  # the field has the focus
        assert found["cleared"] == ""  # the field is empty
        assert found["silent"] == []  # a hidden status would be announced by no screen reader
        assert found["first"]["unnamed"] == []  # a screen reader has a word for everything
        assert found["first"]["overflow"] == 0  # the page is not wider than a phone
        assert found["several"]["overflow"] == 0


def test_a_page_of_other_labels(other: Opened) -> None:
    predictor, (found, _) = other
    first = found["first"]
    assert first["title"] == "Which label fits this name? – names"
    assert (first["chips"], first["explained"], first["answer"]) == ([], False, "")
    seen = found["typed"]["maria kim, γαβ"]
    (prediction,) = predictor.predict(["maria kim, γαβ"])
    assert prediction.label in seen["bars"][0]
    assert (seen["world"], seen["holds"], seen["homes"]) == (False, "", [])


def test_nothing_but_the_files_is_requested(world: Opened) -> None:
    _, (_, requests) = world
    own = {*page.STATIC_FILES, *page.RUNTIME_FILES.values(), page.SETTINGS_FILE, page.INDEX_FILE}
    ours = {"test.html", "test.js", "work.json", "favicon.ico", "result"}
    requests = [path.partition("?")[0] for path in requests]
    paths = {path.removeprefix("/").split("/")[-1] for path in requests}
    assert paths <= own | ours | {MODEL_FILE}
    # After the model, only the results of the test's script are sent.
    files = [path for path in requests if not path.endswith((".ico", ".svg"))]
    assert files[-1] == "/result"
    assert files[-2].endswith((MODEL_FILE, page.WASM_FILE, page.SCRIPT_FILE))
