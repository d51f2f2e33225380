"""The command that writes the page, and the files it writes."""

import csv
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import matplotlib.image
import numpy as np
import pytest
from conftest import LETTERS, CommandLine, random_model

from names_predictor.artifact.store import RELEASED, Artifact
from names_predictor.inference.predictor import NamePredictor
from names_predictor.inference.types import Reason
from names_trainer.onnx_graph.encoder import to_onnx
from names_trainer.page import page
from names_trainer.page.examples import examples_for
from names_trainer.page.picture import can_be_drawn, draw_picture
from names_trainer.page.world import homes_of, land_rows

FILES = Path(page.__file__).with_name("files")
DATA = Path(__file__).parents[2] / "data"
WRITTEN = {*page.STATIC_FILES, page.INDEX_FILE, page.SETTINGS_FILE, page.PICTURE_FILE, "model.onnx"}


@pytest.fixture
def without_npm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "runtime_files", lambda _: {"onnxruntime.js": b"as npm gives it"})


def test_the_page_is_strict_and_knows_every_reason() -> None:
    html = (FILES / "index.html").read_text(encoding="utf-8")
    assert "default-src 'none'; script-src 'self' 'wasm-unsafe-eval';" in html
    assert "//" not in html  # nothing from other servers
    assert set(page.REASONS) == set(get_args(Reason)) - {"low-confidence"}


def _luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb`, as WCAG 2 defines it."""
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("scheme", [0, 1])
@pytest.mark.parametrize(
    ("front", "back", "lowest"),
    [
        *[(ink, ground, 4.5) for ink in ("ink", "quiet") for ground in ("paper", "card")],
        ("on-accent", "accent", 4.5),
        *[(mark, "card", 3) for mark in ("accent", "bar")],
    ],
)
def test_contrast(front: str, back: str, lowest: float, scheme: int) -> None:
    css = (FILES / "page.css").read_text(encoding="utf-8").split("@media")[scheme]
    colours = dict(re.findall(r"--([\w-]+): (#\w{6});", css))
    darker, lighter = sorted(_luminance(colours[name]) for name in (front, back))
    assert (lighter + 0.05) / (darker + 0.05) >= lowest


@pytest.mark.usefixtures("without_npm")
def test_the_command_writes_a_page_over_an_older_one(names: CommandLine, tmp_path: Path) -> None:
    for _ in range(2):
        result = names("demo-page", "--artifacts", RELEASED, "--output", tmp_path / "a page")
        assert (result.code, result.err) == (0, "")
        assert result.out.endswith(f"python -m http.server -d '{tmp_path / 'a page'}'\n")
    written = {path.name for path in (tmp_path / "a page").iterdir()}
    assert written == {*WRITTEN, "onnxruntime.js"}
    linked = re.findall(
        r'(?:from|import\() ?"\./([\w.]+)"',
        "".join((FILES / name).read_text(encoding="utf-8") for name in page.STATIC_FILES),
    )
    assert set(linked) <= written


class Head(HTMLParser):
    """The links and metadata of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.metadata: dict[str, str] = {}
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("property") or given.get("name")
        if tag == "meta" and name:
            self.metadata[name] = given["content"] or ""
        if "href" in given:
            self.links.append(given["href"] or "")


@pytest.mark.usefixtures("without_npm")
def test_previews_of_a_link(names: CommandLine, tmp_path: Path) -> None:
    address, home = "https://example.org/names", "https://example.org/?a=1&b=<2>"
    for options in ([], ["--url", address, "--home", home]):
        result = names(
            "demo-page", "--artifacts", RELEASED, "--output", tmp_path / "page", *options
        )
        assert (result.code, result.err) == (0, "")
        head = Head()
        head.feed((tmp_path / "page" / "index.html").read_text(encoding="utf-8"))
        assert "96 languages and peoples" in head.metadata["description"]
        assert head.metadata["og:title"] == "What language is this name?"
        picture = head.metadata["og:image"]
        if options:
            assert picture == f"{address}/share.png"
            assert head.metadata["og:url"] == f"{address}/"
            assert home in head.links
        else:
            assert picture == "share.png"
            assert not any("//" in link for link in head.links)
    pixels = matplotlib.image.imread(tmp_path / "page" / "share.png")
    size = [int(head.metadata[f"og:image:{side}"]) for side in ("height", "width")]
    assert list(pixels.shape[:2]) == size == [630, 1200]
    assert (tmp_path / "page" / "share.png").stat().st_size < 200_000


@pytest.mark.parametrize("option", ["--url", "--home"])
def test_an_address_that_is_none(names: CommandLine, tmp_path: Path, option: str) -> None:
    result = names("demo-page", "--output", tmp_path / "page", option, "javascript:alert(1)")
    assert result.code == 2
    message = f"error: {option} 'javascript:alert(1)': begins neither with https:// nor http://\n"
    assert result.err == message


@pytest.mark.usefixtures("without_npm")
def test_examples_are_chosen(names: CommandLine, tmp_path: Path, artifact_folder: Path) -> None:
    command = ["demo-page", "--artifacts", artifact_folder, "--output", tmp_path / "page"]
    result = names(*command, "--example", "maria", "--example", "kim βγ")
    assert result.code == 0
    settings = json.loads((tmp_path / "page" / "settings.json").read_text(encoding="utf-8"))
    assert [example["name"] for example in settings["examples"]] == ["maria", "kim βγ"]
    assert settings["homes"] is None
    result = names(*command, "--example", "אב")
    assert result.code == 2
    assert result.err == (
        "error: --example 'אב': the model gives it no label (unknown-script): choose another\n"
    )


def test_a_model_of_some_of_the_labels_has_a_map_but_no_examples() -> None:
    model, vocab = random_model(LETTERS, 3)
    labels = ("Greek", "Italian", "Zulu")
    vocab = replace(vocab, labels=labels)
    predictor = NamePredictor(Artifact(to_onnx(model, vocab), vocab))
    assert homes_of(labels) is not None
    assert examples_for(predictor, []) == ()
    assert examples_for(predictor, ["Rossi"]) == ("Rossi",)


def test_the_map_has_a_home_for_every_label_of_the_data() -> None:
    with (DATA / "labels.csv").open(encoding="utf-8", newline="") as file:
        labels = {row["label"]: row["holds"] for row in csv.DictReader(file)}
    with (FILES.parent / "places.csv").open(encoding="utf-8", newline="") as file:
        assert [row["label"] for row in csv.DictReader(file)] == list(labels)
    homes = homes_of(list(labels))
    assert homes is not None
    assert {label: home["holds"] for label, home in homes.items()} == labels
    rows = land_rows()
    assert {len(row) for row in rows} == {360 / 2.5}
    for label, home in homes.items():
        for x, y in home["dots"]:
            near = [
                rows[round(y) + down][(round(x) + right) % 144]
                for down in (-1, 0, 1)
                for right in (-1, 0, 1)
            ]
            # Small islands have no dot of their own.
            assert "#" in near or label in {"Dhivehi", "Faroese", "Samoan", "Tongan"}, label
    assert homes_of(["Greek", "Parus major"]) is None


def test_no_npm(names: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = names("demo-page", "--artifacts", RELEASED, "--output", tmp_path / "page")
    assert result.code == 2
    assert result.err == "error: npm: not found: install Node.js, which has it, and try again\n"
    assert not (tmp_path / "page").exists()


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo npm error code E404 >&2; exit 1", "npm error code E404"),
        ("exit 3", "exit code 3"),
        ("echo other > $PWD/other.tgz", "not the archive"),
    ],
)
def test_npm_fails(
    names: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, message: str
) -> None:
    npm = tmp_path / "npm"
    npm.write_text(f"#!/bin/sh\n{script}\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    result = names("demo-page", "--artifacts", RELEASED, "--output", tmp_path / "page")
    assert result.code == 2
    assert result.err.startswith(f"error: npm pack {page.RUNTIME}: {message}")
    assert result.err.count("\n") == 1
    assert not (tmp_path / "page").exists()


def test_a_picture_shows_a_formula_as_it_is_written() -> None:
    example = {"name": "a$_$", "ranked": [{"label": "US$, AU$ _{$", "probability": 0.5}]}
    assert draw_picture("Title", example, None).startswith(b"\x89PNG")


def test_a_picture_has_no_character_that_its_font_lacks() -> None:
    rows = [{"label": "Greek"}, {"label": "ab"}]
    assert can_be_drawn({"name": "Ann", "ranked": rows})
    assert not can_be_drawn({"name": "김", "ranked": rows})
    assert not can_be_drawn({"name": "Ann", "ranked": [*rows, {"label": "김"}]})
    assert can_be_drawn({"name": "Ann", "ranked": [*rows, rows[0], {"label": "김"}]})  # not shown


@pytest.mark.usefixtures("without_npm")
def test_a_file_that_cannot_be_written_is_named(names: CommandLine, tmp_path: Path) -> None:
    (tmp_path / page.SETTINGS_FILE).mkdir()
    result = names("demo-page", "--artifacts", RELEASED, "--output", tmp_path)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert f"{tmp_path / page.SETTINGS_FILE}: cannot be written: " in result.err


def test_a_folder_of_something_else_stays_as_it_is(names: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    result = names("demo-page", "--artifacts", RELEASED, "--output", tmp_path)
    assert result.code == 2
    assert "holds something else: name a new or empty folder" in result.err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
