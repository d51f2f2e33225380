"""`--codes`: the ISO 639 code next to a label, if the model has codes."""

import json
import random
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from conftest import LETTERS, CommandLine, random_model

from names_predictor.artifact.store import VOCAB_FILE, Artifact, read_artifact, write_artifact
from names_predictor.engines.labeller import NameLabeller
from names_predictor.errors import NamesError
from names_predictor.inference.predictor import NamePredictor
from names_trainer.onnx_graph.encoder import to_onnx

CODES = {"label 0": "ell", "label 1": "pol", "label 3": "zho"}
DRAWN = random.Random(1)
NAMES = ["".join(DRAWN.choices("abcdefgαβγабв", k=DRAWN.randint(2, 9))) for _ in range(40)]
NAMES[7] = "123"


@pytest.fixture(scope="module")
def coded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("coded")
    model, vocab = random_model(LETTERS, 5, seed=2)
    vocab = replace(vocab, codes=CODES)
    write_artifact(folder, Artifact(to_onnx(model, vocab), vocab))
    return folder


def test_codes_come_with_the_artifact(coded: Path, artifact_folder: Path) -> None:
    assert read_artifact(coded).vocab.codes == CODES
    assert read_artifact(artifact_folder).vocab.codes == {}
    assert "codes" not in json.loads((artifact_folder / VOCAB_FILE).read_text("utf-8"))


def test_a_column_of_codes_follows_that_of_the_label(
    names_predict: CommandLine, coded: Path, tmp_path: Path
) -> None:
    (tmp_path / "n.txt").write_text("\n".join(NAMES) + "\n", encoding="utf-8")
    options = (tmp_path / "n.txt", "--artifacts", coded, "--top-k", 2, "--format", "csv")
    plain = names_predict(*options).out.splitlines()
    result = names_predict(*options, "--codes")
    assert (result.code, result.err) == (0, "")
    head, *rows = result.out.splitlines()
    assert head == "name,label,code,probability,label_2,code_2,probability_2,reason"
    assert len({row.split(",")[1] for row in rows}) > 2
    for before, row in zip(plain[1:], rows, strict=True):
        cells = row.split(",")
        assert [cells[2], cells[5]] == [CODES.get(cells[1], ""), CODES.get(cells[4], "")]
        assert [c for i, c in enumerate(cells) if i not in (2, 5)] == before.split(",")


@pytest.mark.parametrize("format", ["csv", "jsonl", "text"])
def test_labels_and_codes_are_safe_for_spreadsheets(
    names_predict: CommandLine, tmp_path: Path, format: str
) -> None:
    model, vocab = random_model(LETTERS, 2, seed=2)
    vocab = replace(vocab, labels=("=1+1", "@x"), codes={"=1+1": "=2", "@x": "-3"})
    write_artifact(tmp_path / "model", Artifact(to_onnx(model, vocab), vocab))
    (tmp_path / "n.txt").write_text("anna\nbbc\n", encoding="utf-8")
    options = ("--artifacts", tmp_path / "model", "--codes", "--coverage", 0.9, "--top-k", 2)
    options = (tmp_path / "n.txt", *options, "--format", format)
    plain = names_predict(*options).out
    safe = names_predict(*options, "--spreadsheet-safe").out
    for text in ("=1+1", "@x", "=2", "-3"):
        assert plain.count(text) > plain.count(f"'{text}") == 0
        cell = re.compile(rf"(?<![\w|']){re.escape(text)}")  # at the beginning of a cell
        assert cell.search(plain)
        assert not cell.search(safe)
        assert f"'{text}" in safe


def test_a_label_that_is_withheld_has_no_code(
    names_predict: CommandLine, coded: Path, tmp_path: Path
) -> None:
    (tmp_path / "n.txt").write_text("anna\n", encoding="utf-8")
    options = ("--artifacts", coded, "--codes", "--format", "jsonl", "--labels", "label 0,label 1")
    found = json.loads(names_predict(tmp_path / "n.txt", *options).out)
    assert found["code"] == CODES[found["label"]]
    withheld = names_predict(tmp_path / "n.txt", *options, "--min-probability", "1").out
    assert json.loads(withheld)["code"] is None


def test_a_model_without_codes_is_one_error(
    names_predict: CommandLine, artifact_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "n.txt").write_text("anna\n", encoding="utf-8")
    options = ("--artifacts", artifact_folder, "--codes")
    for files in ([tmp_path / "n.txt"], ["--list-labels"]):
        result = names_predict(*files, *options)
        assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
        assert "codes: the model has none" in result.err
    with pytest.raises(NamesError, match="codes: the model has none"):
        NameLabeller(artifact_folder, "name", codes=True)


def test_the_labels_are_listed_with_their_codes(names_predict: CommandLine, coded: Path) -> None:
    listed = names_predict("--list-labels", "--codes", "--artifacts", coded).out.splitlines()
    assert listed[:3] == ["label 0\tell", "label 1\tpol", "label 2\t"]
    kept = NamePredictor.load(coded, labels=["label 1", "label 2"])
    assert kept.labels == ("label 1", "label 2")


def test_an_engine_gets_codes_too(coded: Path) -> None:
    labeller = NameLabeller(coded, "name", labels=["label 3", "label 4"], codes=True)
    assert list(labeller.columns)[:3] == ["label", "code", "probability"]
    found = labeller(pd.DataFrame({"name": NAMES}))
    labelled = found[found["label"].notna()]
    assert set(labelled["label"]) == {"label 3", "label 4"}
    for label, code in zip(labelled["label"], labelled["code"], strict=True):
        assert (code == "zho") if label == "label 3" else pd.isna(code)
