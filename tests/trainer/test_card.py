"""The model card has the metrics of the artifact next to it, computed again."""

import re
import time
from pathlib import Path

import pytest
from conftest import random_model, small_config, write_corpus, write_given

from names_predictor.artifact.store import CARD_FILE, Artifact, read_artifact, write_artifact
from names_predictor.inference.predictor import NamePredictor
from names_trainer.evaluation.scoring import evaluate_artifact
from names_trainer.export.card import escaped, licence_lines
from names_trainer.export.export import export
from names_trainer.onnx_graph.encoder import to_onnx
from names_trainer.runs.run import Run
from names_trainer.training.loop import train


def table(card: str, head: str) -> list[list[str]]:
    """Return the cells of the table whose first head cell is `head`."""
    _, _, rest = card.partition(f"\n| {head} |")
    rows = rest.partition("\n\n")[0].splitlines()[2:]
    return [[c.strip() for c in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]


@pytest.mark.parametrize("int8", [False, True])
def test_the_card_says_what_a_fresh_measurement_finds(
    finished_run: Run, tmp_path: Path, int8: bool
) -> None:
    artifact, _ = export(finished_run, tmp_path, int8=int8)
    card = (tmp_path / CARD_FILE).read_text(encoding="utf-8")
    assert artifact.sha256 in card
    assert ("computes in 8 bits" in card) == int8
    whole, not_seen = evaluate_artifact(tmp_path, None, 0.9).subsets
    assert whole.rows == not_seen.rows
    assert "None of its names is in the training split." in card
    (row,) = table(card, "rows")
    assert row[:3] == ["all", str(whole.rows), f"{whole.accuracy:.4f}"]
    metrics = (whole.macro_f1, whole.top3_accuracy, whole.loss, whole.calibration_error)
    assert [row[4], *row[6:]] == [f"{value:.4f}" for value in metrics]
    for f, row in zip(whole.per_label, table(card, "label"), strict=True):
        train_rows = sum(r.label == f.label for r in finished_run.dataset.split.train)
        metrics = [f"{v:.3f}" for v in (f.precision, f.recall, f.f1)]
        assert row == [escaped(f.label), *metrics, str(f.rows), str(train_rows)]
    for b, row in zip(whole.reliability, table(card, "probability"), strict=True):
        assert row == [f"{b.confidence:.3f}", f"{b.accuracy:.3f}", str(b.rows)]
    sets = {row[0]: row[1:] for row in table(card, "target coverage")}
    assert sets["90 %"] == [f"{whole.coverage:.1%}".replace("%", " %"), f"{whole.set_size:.2f}"]


def test_names_seen_in_training_are_separate(corpus: Path, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "runs", small_config(corpus, split="random", num_epochs=1))
    list(train(run))
    export(run, tmp_path / "artifact")
    card = (tmp_path / "artifact" / CARD_FILE).read_text(encoding="utf-8")
    subsets = evaluate_artifact(tmp_path / "artifact", None, 0.9).subsets
    assert [row[:3] for row in table(card, "rows")] == [
        [s.subset, str(s.rows), f"{s.accuracy:.4f}"] for s in subsets
    ]
    assert len(subsets) == 3
    assert "None of its names" not in card


def test_the_words_of_test_names_are_described(corpus: Path, tmp_path: Path) -> None:
    given_dir = str(write_given(tmp_path / "given"))
    new_words, respells = "Every test name has a word", "Training respells some words"
    for changes, sentences in (
        ({"forms": 0.3}, (True, True)),
        ({}, (True, False)),
        ({"split": "random", "forms": 0.3}, (False, False)),
    ):
        config = small_config(corpus, given_dir=given_dir, num_epochs=1, **changes)
        run = Run.create(tmp_path / "runs", config)
        list(train(run))
        export(run, tmp_path / "artifact")
        card = (tmp_path / "artifact" / CARD_FILE).read_text(encoding="utf-8")
        assert (new_words in card, respells in card) == sentences


def test_confusions_are_counted(corpus: Path, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "runs", small_config(corpus, num_epochs=1, learning_rate=1e-6))
    list(train(run))
    artifact, _ = export(run, tmp_path / "artifact")
    card = (tmp_path / "artifact" / CARD_FILE).read_text(encoding="utf-8")
    rows = run.dataset.split.test
    given = NamePredictor.load(tmp_path / "artifact").predict([row.name for row in rows])
    pairs = [(row.label, p.label) for row, p in zip(rows, given, strict=True)]
    found = table(card, "test rows of")
    assert found
    for true, label, number, share in found:
        expected = sum((escaped(t), escaped(g or "")) == (true, label) for t, g in pairs)
        assert int(number) == expected
        support = sum(escaped(row.label) == true for row in rows)
        assert share == f"{expected / support:.1%}".replace("%", " %")
    assert [int(row[2]) for row in found] == sorted((int(r[2]) for r in found), reverse=True)
    noted = artifact.vocab.provenance["confusions"]
    pairs_noted = [(escaped(c["label"]), escaped(c["given"]), str(c["number"])) for c in noted]
    assert pairs_noted == [tuple(row[:3]) for row in found]


def test_the_same_run_gets_the_same_files(
    finished_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    for folder, zone in (("a", "EST5"), ("b", "UTC0")):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        export(finished_run, tmp_path / folder)
    first, second = (
        {path.name: path.read_bytes() for path in (tmp_path / folder).iterdir()}
        for folder in ("a", "b")
    )
    assert first == second
    assert b"1970-01-01" in first[CARD_FILE]


def test_a_card_that_fails_leaves_all_as_it_was(
    finished_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(finished_run, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def fail(*arguments: object) -> str:
        raise RuntimeError

    monkeypatch.setattr("names_trainer.export.export.model_card", fail)
    with pytest.raises(RuntimeError):
        export(finished_run, tmp_path, int8=True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("renames", [1, 2, 3])
def test_a_cut_off_export_leaves_no_card_of_another_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, renames: int
) -> None:
    artifacts = []
    for seed in (1, 2):
        model, vocab = random_model("abc", 3, seed=seed)
        artifacts.append(Artifact(to_onnx(model, vocab), vocab))
    write_artifact(tmp_path, artifacts[0], "of the first")
    replace, left = Path.replace, [renames]

    def cut_off(path: Path, target: Path) -> Path:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", cut_off)
    with pytest.raises(KeyboardInterrupt):
        write_artifact(tmp_path, artifacts[1], "of the second")
    monkeypatch.undo()
    assert read_artifact(tmp_path) == artifacts[renames > 1]
    assert not (tmp_path / CARD_FILE).exists()
    write_artifact(tmp_path, artifacts[1], "of the second")
    assert (tmp_path / CARD_FILE).read_text() == "of the second"
    write_artifact(tmp_path, artifacts[0])
    assert not (tmp_path / CARD_FILE).exists()


def test_licences_in_and_next_to_the_folder(tmp_path: Path) -> None:
    folder = write_corpus(tmp_path / "data" / "names")
    assert licence_lines(folder) == {}
    embedded = licence_lines(Path(__file__).parents[2] / "data" / "names")
    assert embedded["LICENSE-faker.txt"] == ["MIT License", "Copyright (c) 2012 Daniele Faraglia"]
    assert embedded["LICENSE-mimesis.txt"][0] == "MIT License"
    (folder / "README.md").write_text("# Fish\n\nLicence: CC0, do what you like.\n\nCod.\n")
    (folder / "LICENSE").write_text("CC0 1.0\n")
    (folder.parent / "LICENSE").write_text("The licence of something else\n")
    assert licence_lines(folder) == {"README.md": ["Licence: CC0, do what you like."]}
    (tmp_path / "LICENSE-cod.txt").write_text("Licence: MIT\n")
    assert licence_lines(folder)["LICENSE-cod.txt"] == ["Licence: MIT"]
    (tmp_path / ".git").mkdir()  # a notice of the code is not one of the names
    assert "LICENSE-cod.txt" not in licence_lines(folder)
    owners = [f"Copyright 200{i} Owner <owner@example.org>" for i in range(5)]
    (folder / "LICENSE").write_text("\n".join(owners))
    shown = ["Copyright 2000 Owner", "Copyright 2001 Owner", "Copyright 2002 Owner"]
    assert licence_lines(folder)["LICENSE"] == shown


def test_labels_cannot_break_the_tables(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "names")
    (corpus / "Zed-like.txt").rename(corpus / "Zed | *like* <b>.txt")
    run = Run.create(tmp_path / "runs", small_config(corpus, num_epochs=1))
    list(train(run))
    export(run, tmp_path / "artifact")
    card = (tmp_path / "artifact" / CARD_FILE).read_text(encoding="utf-8")
    assert [len(row) for row in table(card, "label")] == [6, 6, 6]
    assert r"| Zed \| \*like\* \<b\> |" in card
