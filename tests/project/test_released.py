"""The bundled model has the metrics of its provenance."""

import json
import re
from pathlib import Path

import pytest
from conftest import CommandLine

from names_predictor.artifact.store import (
    CARD_FILE,
    MODEL_FILE,
    RELEASED,
    VOCAB_FILE,
    read_artifact,
)
from names_predictor.inference.predictor import NamePredictor
from names_trainer.config import TrainConfig
from names_trainer.data.dataset import Dataset
from names_trainer.evaluation.scoring import evaluate_artifact
from names_trainer.export.release import RELEASE

ROOT = Path(__file__).parents[2]


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without a model."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NAMES_ARTIFACTS", raising=False)
    return tmp_path


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real people, compiled on demand; without them the split cannot be reproduced."""
    monkeypatch.chdir(ROOT)
    if not Path(RELEASE.people_dir).is_dir():
        pytest.skip("no data/people-world: make corpus")


@pytest.mark.usefixtures("people")
def test_the_released_model_has_the_accuracy_it_claims() -> None:
    provenance = json.loads((RELEASED / VOCAB_FILE).read_text(encoding="utf-8"))["provenance"]
    assert TrainConfig(**provenance["config"]) == RELEASE
    dataset = Dataset.of(RELEASE)
    assert dataset.corpus_fingerprint == provenance["corpus_fingerprint"]
    assert dataset.split.fingerprint() == provenance["split_fingerprint"]
    rows = dataset.split.test
    predictions = NamePredictor.load(RELEASED).predict([row.name for row in rows])
    usable = [p for p in predictions if p.label]
    assert len(usable) > 0.97 * len(rows)
    hits = sum(p.label == row.label for p, row in zip(predictions, rows, strict=True))
    # The provenance has torch's metrics, without rounding and with names of unknown characters.
    claimed = provenance["test"]["accuracy"]
    assert hits / len(rows) <= claimed + 0.002
    assert (hits + len(rows) - len(usable)) / len(rows) >= claimed - 0.002


def test_the_released_model_is_small() -> None:
    assert sum((RELEASED / name).stat().st_size for name in (MODEL_FILE, VOCAB_FILE)) < 1_500_000
    assert 80 <= len(read_artifact(RELEASED).vocab.labels) <= 110


@pytest.mark.usefixtures("people")
def test_the_card_is_of_the_released_model() -> None:
    artifact = read_artifact(RELEASED)
    card = (RELEASED / CARD_FILE).read_text(encoding="utf-8")
    (s,) = (s for s in evaluate_artifact(RELEASED, None, 0.9).subsets if s.subset == "all")
    (row,) = re.findall(r"^\| all \| (.*) \|$", card, re.MULTILINE)
    rows, *metrics = row.split(" | ")
    assert (rows, artifact.sha256 in card) == (f"{s.rows:,}", True)
    claimed = [float(metrics[i]) for i in (0, 2, 4, 5, 6)]
    measured = [s.accuracy, s.macro_f1, s.top3_accuracy, s.loss, s.calibration_error]
    assert claimed == pytest.approx(measured, abs=0.002)
    for f in s.per_label:
        (row,) = re.findall(rf"^\| {f.label} \| ([01]\..*) \|$", card, re.MULTILINE)
        precision, recall, f1, support, _ = row.split(" | ")
        assert support == f"{f.rows:,}"
        assert [float(precision), float(recall), float(f1)] == pytest.approx(
            [f.precision, f.recall, f.f1], abs=0.05
        )


def test_names_predict_works_out_of_the_box(names_predict: CommandLine, elsewhere: Path) -> None:
    (elsewhere / "names.txt").write_text("Papadopoulos\nKowalczyk\n", encoding="utf-8")
    result = names_predict("names.txt")
    assert result.code == 0, result.err
    assert [line.split("\t")[1] for line in result.out.splitlines()] == ["Greek", "Polish"]


def test_a_model_named_or_here_comes_first(
    names_predict: CommandLine,
    elsewhere: Path,
    artifact_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (elsewhere / "names.txt").write_text("abc\n")
    (elsewhere / "artifacts").symlink_to(artifact_folder)
    assert names_predict("names.txt").out.split("\t")[1].startswith("label ")
    monkeypatch.setenv("NAMES_ARTIFACTS", str(RELEASED))
    assert not names_predict("names.txt").out.split("\t")[1].startswith("label ")
    named = names_predict("names.txt", "--artifacts", artifact_folder).out
    assert named.split("\t")[1].startswith("label ")


FAMILIAR = {
    "Kim": "Korean", "Park": "Korean", "Nguyen": "Vietnamese", "Tran Thi Mai": "Vietnamese",
    "Nguyen Van Anh": "Vietnamese", "Patel": "Gujarati", "Popescu": "Romanian", "Sato": "Japanese",
    "Tanaka": "Japanese", "Yamamoto Kenji": "Japanese", "Wang": "Chinese", "Zhang Wei": "Chinese",
    "Smith": "English", "Emily Johnson": "English", "Maria Rossi": "Italian", "Kowalski": "Polish",
    "Papadopoulos": "Greek", "Nagy": "Hungarian", "Hansen": "Danish|Norwegian", "Yilmaz": "Turkish",
    "Ivanov": "Russian|Bulgarian", "Shevchenko": "Ukrainian", "Kazlauskas": "Lithuanian",
    "Hoxha": "Albanian", "Singh": "Punjabi|Hindi|Indian", "Okafor": "Igbo", "Tesfaye": "Amharic",
    "Rahman": "Bengali|Arabic|Malay", "Hosseini": "Persian|Afghan", "Garcia": "Spanish|Filipino",
    "Silva": "Portuguese", "M\u00fcller": "German", "Mueller": "German", "O'Connor": "Irish",
    "van der Berg": "Dutch|Afrikaans", "Andersson": "Swedish", "Virtanen": "Finnish",
    "Novakova": "Czech|Slovak", "Horvat": "Croatian|Slovenian", "Petrosyan": "Armenian",
}  # fmt: skip
"""Well-known names and their right labels."""


def test_the_released_model_knows_the_names_that_everybody_tries() -> None:
    predictor = NamePredictor.load(RELEASED)
    found = dict(zip(FAMILIAR, predictor.label(list(FAMILIAR)), strict=True))
    wrong = {n: label for n, label in found.items() if label not in FAMILIAR[n].split("|")}
    assert not wrong


def test_the_forms_of_a_name_have_one_label() -> None:
    predictor = NamePredictor.load(RELEASED)
    names = ["Maria Rossi", "Emily Johnson", "Nguyen Van Anh", "Kim Min-jun", "Sofia Papadopoulou"]
    for name in names:
        first, _, rest = name.partition(" ")
        forms = [name, f"{rest}, {first}", name.upper(), f'"{name}"', f"{name}.", f"Dr. {name}"]
        forms += [f"{first} J. {rest}", f"{name}, Jr."]
        assert set(predictor.label(forms)) == {predictor.label([name])[0]}, name
