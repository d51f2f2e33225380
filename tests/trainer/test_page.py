"""The page in a real browser, where there is one: does it answer as Python does?"""

import csv
import io
import json
import queue
import random
import re
import shutil
import subprocess
import sys
import threading
import unicodedata
from functools import partial
from html.entities import html5
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from conftest import HANGS, LETTERS, CommandLine, random_model

from names_predictor.artifact.store import RELEASED, Artifact, read_artifact
from names_predictor.encoding import normalise
from names_predictor.inference.explain import explain
from names_predictor.inference.predictor import NamePredictor
from names_predictor.inference.types import Reason
from names_trainer.onnx_graph import to_onnx
from names_trainer.page import page
from names_trainer.page.page import PageError, build_page

FILES = Path(page.__file__).with_name("files")
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
    *["\ue000", "a\ue001", "\u3400", "\u4dbf\u4dc0", "\u9fff\ua000", "\uac00", "\ud7a3\ud7a4"],
]


class Served(SimpleHTTPRequestHandler):
    """Serves a folder, and takes what the test's script found."""

    def __init__(self, *arguments: Any, found: queue.Queue[Any], asked: list[str], **options: Any):
        self.found, self.asked = found, asked
        super().__init__(*arguments, **options)

    def do_POST(self) -> None:
        self.found.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        self.asked.append(self.path)


def in_chromium(folder: Path, profile: Path) -> tuple[dict[str, Any], list[str]]:
    """Open `test.html` of the folder; return what it found and all that it asked the server for."""
    found: queue.Queue[Any] = queue.Queue()
    asked: list[str] = []
    handler = partial(Served, directory=str(folder), found=found, asked=asked)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        command = [
            "chromium",
            *["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
            *[
                "--disable-background-networking",
                "--remote-debugging-port=0",
                f"--user-data-dir={profile}",
            ],
            f"http://127.0.0.1:{server.server_port}/test.html",
        ]
        browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            result = found.get(timeout=HANGS)
        finally:
            browser.terminate()
            browser.wait(HANGS)
            server.shutdown()
    assert "error" not in result, result["error"]
    return result, asked


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
"""The characters of Python's Unicode; a browser may have a later one, in which two changed."""

TEXTS = [f"Σ{c}Σ {c}{c}b " for c in ASSIGNED]
TEXTS += [f"{c}a.{c}" for c in ASSIGNED] + [f"I{c}\u0307·&#{ord(c)};" for c in ASSIGNED]
TEXTS += [f"{text} {ending}" for text in ODD_NAMES for ending in ("", "'", ". ,", "İ")]
TEXTS += [f"x&{name};" for name in html5]
NAMES = sampled_names()
EXPLAINED = [
    *NAMES[::40],
    "Papadopoulos",
    "Maria Papadopoulos",
    "Q",
    "\U0001d400",
    "क्षि",
    "",
    "\ufffd",
]


LINES = [*NAMES[:300], 'Ann "Q", x', "", *NAMES[:5], "Garc\ufffda"]
FILE = ("\ufeff" + "\r\n".join(LINES) + "\n").encode().replace("\ufffd".encode(), b"\xff")
"""With a byte-order mark, two kinds of line ends, and a byte that is no UTF-8."""

TABLES: dict[str, tuple[bytes, int | None]] = {
    "people.csv": (b'id,name,note\r\n1,Nowak,"a, ""b"""\r\n2\r\n3,"x\r\ny",,z\r\n', 1),
    "semi.csv": (b"sep=;\nid;name\n1;Nowak\n", 1),
    "pipe.csv": ("\ufeffid|näme, n\n1|Nowak\n".encode(), 1),
    "tabs.tsv": (b"id\tlabel\n1\tNowak\n", 1),
    "one.csv": (b"surname\nNowak\n", None),
    "list.csv": (b"Nowak\nKowalska\n", None),
    "array.json": (b'[{"id": 1.5, "name": "Nowak"}, {"name": null, "x": [1]}]', 1),
    "lines.json": (b'{"name": "Nowak"}\n"Kowalska"\n', None),
    "book.xlsx": (b"PK\x03\x04" + bytes(30), None),
    "names.txt": (b"PAR1S\nNowak", None),
    "packed.csv": (b"\x1f\x8b\x08\x00" + bytes(9), None),
    "broken.json": (b"[{]", None),
}
"""Files as people have them, and the column that is chosen where the page asks."""

Opened = tuple[NamePredictor, dict[str, Any], list[str]]


@pytest.fixture(scope="module", params=["released", "float", "ngrams"])
def opened(
    request: pytest.FixtureRequest, artifact_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Opened:
    if not shutil.which("chromium"):
        pytest.skip("no chromium: make browser")
    artifact = read_artifact(RELEASED if request.param == "released" else artifact_folder)
    if request.param == "ngrams":
        model, vocab = random_model(f"{LETTERS}王\ue000\ue001", 5, ngrams=5, ngram_rows=1000)
        artifact = Artifact(to_onnx(model, vocab), vocab)
    folder = tmp_path_factory.mktemp("page")
    try:
        build_page(artifact, folder)
    except PageError as error:
        pytest.skip(str(error))
    tables = {n: {"content": list(c), "column": column} for n, (c, column) in TABLES.items()}
    names = [*NAMES, *ODD_NAMES]
    work = {"names": names, "explained": EXPLAINED, "texts": TEXTS, "tables": tables}
    (folder / "names.json").write_text(json.dumps(work))
    (folder / "input.txt").write_bytes(FILE)
    shutil.copy(Path(__file__).with_suffix(".js"), folder / "test.js")
    (folder / "test.html").write_text(
        '<!doctype html><meta charset="utf-8"><script type="module" src="test.js"></script>'
    )
    found, asked = in_chromium(folder, tmp_path_factory.mktemp("profile"))
    return NamePredictor(artifact), found, asked


def test_the_page_answers_as_python_does(opened: Opened) -> None:
    predictor, found, _ = opened
    names = [*NAMES, *ODD_NAMES]
    assert len(NAMES) >= 1000
    answers = predictor.predict_batch(names)
    assert [answer["reason"] for answer in found["answers"]] == answers.reasons
    assert {"blank", "undecodable", "too-long", "unknown-script", None} <= set(answers.reasons)
    usable = [i for i, reason in enumerate(answers.reasons) if reason is None]
    there = np.array([found["answers"][i]["probabilities"] for i in usable])
    assert (there.argmax(axis=1) == answers.best[usable, 0]).all()
    differences = np.abs(there - answers.probabilities[usable]).max(axis=1)
    of_names = differences[np.array(usable) < len(NAMES)]
    over = int((of_names > 1e-4).sum())
    sys.stdout.write(
        f"{over} of {len(of_names)} differ by over 0.0001, {of_names.max():.1e} at most\n"
    )
    if predictor.artifact.sha256 == read_artifact(RELEASED).sha256:
        # An 8-bit model rounds its state at every letter, and what lies halfway between two steps
        # can go either way on another processor, as the browser is one.
        assert over <= len(of_names) / 200
        assert differences.max() < 0.02
    else:
        assert differences.max() < 1e-5


def test_the_page_normalises_as_python_does(opened: Opened) -> None:
    _, found, _ = opened
    others = [
        text
        for text, normalised in zip(TEXTS, found["normalised"], strict=True)
        if normalise(text) != normalised
    ]
    assert [ascii(text) for text in others] == []


def test_the_page_explains_as_python_does(opened: Opened) -> None:
    predictor, found, _ = opened
    worst = 0.0
    for name, there in zip(EXPLAINED, found["explanations"], strict=True):
        here = explain(predictor, name)
        assert there["reason"] == here.prediction.reason
        assert [row["label"] for row in there["ranked"][:1]] == [
            label for label, _ in here.prediction.ranked[:1]
        ]
        assert [row["letter"] for row in there["letters"]] == [letter for letter, _ in here.letters]
        for row, (_, carried) in zip(there["letters"], here.letters, strict=True):
            worst = max(worst, abs(row["carried"] - carried))
        assert [row["word"] for row in there["words"]] == [word for word, _ in here.words]
        for row, (_, carried) in zip(there["words"], here.words, strict=True):
            worst = max(worst, abs(row["carried"] - carried))
    sys.stdout.write(f"largest difference of what a letter carried: {worst:.1e}\n")
    assert worst < 0.05  # a tenth is what is shown


def test_what_a_person_sees(opened: Opened) -> None:
    predictor, found, asked = opened
    seen = found["seen"]
    here = explain(predictor, "Papadopoulos")
    assert seen["answer"].startswith(f"{here.prediction.label} ")
    assert [row[0] for row in seen["bars"]] == [label for label, _ in here.prediction.ranked]
    shown = seen["letters"].replace("−", "-").split()
    assert shown[::2] == list("Papadopoulos")
    assert [float(v) for v in shown[1::2]] == pytest.approx([v for _, v in here.letters], abs=0.06)
    assert seen["dropped"] == "dropped.lst: 2 rows, 1 labelled, 1 not."
    assert seen["refusal"] == f"No label: {page.REASONS['unknown-script']}."
    assert seen["focus"] == "name"  # one can type at once
    assert seen["unnamed"] == []  # a screen reader has a word for everything that can be used
    assert seen["overflow"] == 0  # nothing is wider than a phone
    # Nothing but files was asked for, and nothing more since names were typed and dropped.
    own = {*page.STATIC_FILES, *page.RUNTIME_FILES.values(), page.SETTINGS_FILE, "model.onnx"}
    ours = {"test.html", "test.js", "names.json", "input.txt", "favicon.ico", "result"}
    assert {path.removeprefix("/") for path in asked} <= own | ours
    assert asked[asked.index("/input.txt") + 1 :] == ["/result"]


def test_a_file_becomes_csv(opened: Opened) -> None:
    predictor, found, _ = opened
    assert found["seen"]["file"] == "input-labelled.csv"
    rows = list(csv.reader(io.StringIO(found["seen"]["csv"].removeprefix("\ufeff"), newline="")))
    assert rows[0] == ["name", "label", "probability", "reason"]
    assert [row[0] for row in rows[1:]] == LINES
    for row, prediction in zip(rows[1:], predictor.predict(LINES), strict=True):
        assert row[1] == (prediction.label or "")
        assert row[3] == (prediction.reason or "")
        if prediction.probability is None:
            assert row[2] == ""
        else:
            assert float(row[2]) == pytest.approx(prediction.probability, abs=2e-4)


def test_a_table_is_asked_for_its_column(opened: Opened) -> None:
    predictor, found, _ = opened
    tables = found["seen"]["tables"]
    assert tables.keys() == TABLES.keys()
    rows = {
        name: list(csv.reader(io.StringIO(table["csv"].removeprefix("\ufeff"), newline="")))
        for name, table in tables.items()
        if table["csv"]
    }
    new = ["label", "probability", "reason"]
    assert tables["people.csv"]["status"] == "people.csv: a table of 3 columns and 3 rows."
    assert tables["people.csv"]["columns"] == ["choose …", "id", "name", "note"]
    assert [row[:3] for row in rows["people.csv"]] == [
        ["id", "name", "note"],
        ["1", "Nowak", 'a, "b"'],
        ["2", "", ""],
        ["3", "x\r\ny", ",z"],
    ]
    assert [row[5] for row in rows["people.csv"]] == ["reason", "", "malformed", "malformed"]
    (nowak,) = predictor.predict(["Nowak"])
    assert rows["semi.csv"][0] == ["id", "name", *new]
    assert rows["pipe.csv"][0] == ["id", "näme, n", *new]
    assert rows["tabs.tsv"][0] == ["id", "label", *(f"names_{column}" for column in new)]
    assert rows["one.csv"][0] == ["surname", *new]
    assert [row[0] for row in rows["list.csv"]] == ["name", "Nowak", "Kowalska"]
    assert rows["array.json"][0] == ["id", "name", "x", *new]
    assert [row[5] for row in rows["array.json"][1:]] == [nowak.reason or "", "blank"]
    assert [row[0] for row in rows["lines.json"]] == ["name", "Nowak", "Kowalska"]
    for name in ("people.csv", "semi.csv", "pipe.csv", "tabs.tsv", "one.csv", "list.csv"):
        assert nowak.label in rows[name][1]
    assert "Excel workbook" in tables["book.xlsx"]["status"]
    assert tables["names.txt"]["status"] == "names.txt: 2 rows, 2 labelled, 0 not."
    assert "compressed (gzip)" in tables["packed.csv"]["status"]
    assert "broken.json is not JSON" in tables["broken.json"]["status"]


def test_the_page_is_strict_and_knows_every_reason() -> None:
    html = (FILES / "index.html").read_text(encoding="utf-8")
    assert "default-src 'none'; script-src 'self' 'wasm-unsafe-eval';" in html
    assert "//" not in html  # nothing from elsewhere
    assert set(page.REASONS) == set(get_args(Reason)) - {"low-confidence"}


def _luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb`, as WCAG 2 defines it."""
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("scheme", [0, 1])
@pytest.mark.parametrize(
    ("front", "back", "least"),
    [
        *[(ink, ground, 4.5) for ink in ("ink", "quiet") for ground in ("paper", "card")],
        ("on-accent", "accent", 4.5),
        *[(mark, "card", 3) for mark in ("accent", "bar")],
    ],
)
def test_contrast(front: str, back: str, least: float, scheme: int) -> None:
    css = (FILES / "page.css").read_text(encoding="utf-8").split("@media")[scheme]
    colours = dict(re.findall(r"--([\w-]+): (#\w{6});", css))
    darker, lighter = sorted(_luminance(colours[name]) for name in (front, back))
    assert (lighter + 0.05) / (darker + 0.05) >= least


def test_the_command_writes_a_page_over_an_older_one(
    names: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "_runtime", lambda _: {"onnxruntime.js": b"as npm gives it"})
    for _ in range(2):
        result = names("demo-page", "--artifacts", RELEASED, "--output", tmp_path / "a page")
        assert (result.code, result.err) == (0, "")
        assert result.out.endswith(f"python -m http.server -d '{tmp_path / 'a page'}'\n")
    written = {path.name for path in (tmp_path / "a page").iterdir()}
    assert written == {*page.STATIC_FILES, "onnxruntime.js", "settings.json", "model.onnx"}


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


def test_a_folder_of_something_else_stays_as_it_is(names: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    result = names("demo-page", "--artifacts", RELEASED, "--output", tmp_path)
    assert result.code == 2
    assert "holds something else: name a new or empty folder" in result.err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
