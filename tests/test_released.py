"""The model that comes with the predictor does what its provenance says, wherever it is used."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import CommandLine

from names_predictor.artifact import CARD_FILE, RELEASED, VOCAB_FILE, read_artifact
from names_predictor.model import NamePredictor
from names_trainer.config import TrainConfig
from names_trainer.full_names import FORMS, full_names, read_given, write_name
from names_trainer.measure import measure_artifact
from names_trainer.release import RELEASE
from names_trainer.task import Task

ROOT = Path(__file__).parent.parent


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without a model of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NAMES_ARTIFACTS", raising=False)
    return tmp_path


def test_the_released_model_has_the_accuracy_it_claims() -> None:
    provenance = json.loads((RELEASED / VOCAB_FILE).read_text(encoding="utf-8"))["provenance"]
    config = TrainConfig(**provenance["config"] | {"data_dir": str(ROOT / "data/names")})
    assert TrainConfig(**provenance["config"]) == RELEASE
    task = Task.of(config)
    assert task.corpus_fingerprint == provenance["corpus_fingerprint"]
    assert task.split.fingerprint() == provenance["split_fingerprint"]
    rows = task.split.test
    predictions = NamePredictor.load(RELEASED).predict([row.name for row in rows])
    usable = [p for p in predictions if p.label]
    assert len(usable) > 0.97 * len(rows)
    hits = sum(p.label == row.label for p, row in zip(predictions, rows, strict=True))
    # The claim is torch's, which guesses at names of unknown characters and does not round.
    claimed = provenance["test"]["accuracy"]
    assert hits / len(rows) <= claimed + 0.002
    assert (hits + len(rows) - len(usable)) / len(rows) >= claimed - 0.002
    assert sum(path.stat().st_size for path in RELEASED.iterdir()) < 1_000_000


def test_the_card_is_of_the_released_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    artifact = read_artifact(RELEASED)
    card = (RELEASED / CARD_FILE).read_text(encoding="utf-8")
    (s,) = (s for s in measure_artifact(RELEASED, None, 0.9).scores if s.part == "all")
    (row,) = re.findall(r"^\| all \| (.*) \|$", card, re.MULTILINE)
    rows, *figures = row.split(" | ")
    assert (rows, artifact.sha256 in card) == (f"{s.rows:,}", True)
    claimed = [float(figures[i]) for i in (0, 2, 4, 5, 6)]
    measured = [s.accuracy, s.macro_f1, s.top3_accuracy, s.loss, s.calibration_error]
    assert claimed == pytest.approx(measured, abs=0.002)
    for f in s.per_label:
        (row,) = re.findall(rf"^\| {f.label} \| ([01]\..*) \|$", card, re.MULTILINE)
        precision, recall, f1, support, _ = row.split(" | ")
        assert support == str(f.rows)
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


def test_the_released_model_knows_full_names() -> None:
    given = read_given(ROOT / "data/given")
    rows = Task.of(replace(RELEASE, data_dir=str(ROOT / "data/names"), full_names=0)).split.test
    made = full_names(rows, given.test, 2_000, seed=1)
    predictor = NamePredictor.load(RELEASED)
    for form in FORMS:
        labels = predictor.label([write_name(name, form, given) for name in made])
        hits = sum(label == name.label for label, name in zip(labels, made, strict=True))
        assert hits / len(made) > 0.82, form
