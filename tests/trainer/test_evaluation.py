import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import CommandLine, small_config

from names_predictor.errors import NamesError
from names_trainer.config import Source
from names_trainer.data.corpus import Row
from names_trainer.data.dataset import Dataset
from names_trainer.evaluation.scoring import evaluate_artifact, evaluate_run, evaluate_subsets
from names_trainer.export.export import export
from names_trainer.metrics import evaluate, evaluate_in_detail, verdict
from names_trainer.pipeline import fit
from names_trainer.runs.run import Run, metrics_in
from names_trainer.training.loop import train

LABELS = ("a", "b", "c", "d")


def test_metrics_of_known_probabilities() -> None:
    probabilities = np.array(
        [[0.7, 0.1, 0.1, 0.1], [0.4, 0.3, 0.2, 0.1], [0.1, 0.2, 0.3, 0.4]], dtype=np.float32
    )
    found = evaluate_in_detail(
        "all", probabilities, np.array([0, 1, 0]), np.full(4, 0.25, np.float32), LABELS
    )
    assert (found.rows, found.accuracy, found.top3_accuracy) == (3, 1 / 3, 2 / 3)
    assert found.macro_f1 == pytest.approx((0.5 + 0) / 2)
    assert found.accuracy_interval == (0.0, 1.0)
    assert found.coverage == pytest.approx(2 / 3)
    assert found.set_size == pytest.approx((1 + 2 + 2) / 3)
    assert [(f.rows, f.coverage) for f in found.per_label] == [(2, 0.5), (1, 1.0), (0, 0), (0, 0)]


def test_the_prediction_set_of_an_unlabelled_row_is_empty() -> None:
    probabilities = np.array([[0.9, 0.1, 0.0], [0.5, 0.5, 0.6]], dtype=np.float32)
    targets, lowest = np.array([0, 0]), np.full(2, 0.2, np.float32)
    found = evaluate_in_detail("all", probabilities, targets, lowest, ("a", "b"))
    assert (found.coverage, found.set_size) == (0.5, 0.5)
    assert found.per_label[0].coverage == 0.5


def test_intervals_have_their_nominal_coverage() -> None:
    generator = np.random.default_rng(1)
    covered = 0
    for _ in range(200):
        targets = generator.integers(0, 4, 150)
        right = generator.random(150) < 0.8
        probabilities = np.eye(4, dtype=np.float32)[np.where(right, targets, (targets + 1) % 4)]
        low, high = evaluate_in_detail(
            "all", probabilities, targets, np.zeros(4, np.float32), LABELS
        ).accuracy_interval
        covered += low <= 0.8 <= high
    assert 0.88 * 200 < covered < 200


def test_seen_and_new_names_of_a_random_split(corpus: Path, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "runs", small_config(corpus, split="random"))
    list(train(run))
    metrics = fit(run)
    whole, seen, new = evaluate_run(run, None, 0.9).subsets
    trained = {row.name for row in run.dataset.split.train}
    expected = sum(row.name in trained for row in run.dataset.split.test)
    assert (whole.subset, seen.subset, new.subset) == ("all", "seen in training", "not seen")
    assert 0 < expected == seen.rows < whole.rows == seen.rows + new.rows
    assert whole.accuracy == metrics.accuracy
    assert whole.macro_f1 == metrics.macro_f1
    hits = seen.accuracy * seen.rows + new.accuracy * new.rows
    assert hits == pytest.approx(whole.accuracy * whole.rows)
    for s in (whole, seen, new):
        assert s.accuracy_interval[0] <= s.accuracy <= s.accuracy_interval[1]
        assert s.accuracy <= s.top3_accuracy <= 1


def test_a_grouped_split_has_no_seen_test_names(finished_run: Run) -> None:
    whole, new = evaluate_run(finished_run, None, 0.9).subsets
    assert (new.subset, new.rows) == ("not seen", whole.rows)


def test_an_artifact_has_the_metrics_of_its_run(
    finished_run: Run, corpus: Path, tmp_path: Path
) -> None:
    export(finished_run, tmp_path)
    noted = metrics_in(finished_run.folder)
    assert noted
    own = evaluate_artifact(tmp_path, None, 0.6)
    of_run = evaluate_run(finished_run, None, 0.6)
    assert own.target_coverage == of_run.target_coverage == 0.6
    assert own.subsets[0].set_size < evaluate_artifact(tmp_path, None, 0.9).subsets[0].set_size
    for s, r in zip(own.subsets, of_run.subsets, strict=True):
        assert (s.accuracy, s.set_size, s.coverage) == (r.accuracy, r.set_size, r.coverage)
        assert s.calibration_error == pytest.approx(r.calibration_error, abs=1e-5)
    assert own.subsets[0].accuracy == noted.accuracy
    assert own.subsets[0].calibration_error == pytest.approx(noted.calibration_error, abs=1e-5)
    elsewhere = evaluate_artifact(tmp_path, Source(corpus), 0.9)
    assert [s.subset for s in elsewhere.subsets] == ["all", "seen in training", "not seen"]
    assert elsewhere.subsets[0].rows == 180


def test_a_row_without_a_label_is_wrong_among_the_first_three_too() -> None:
    probabilities = np.array([[0.8, 0.2, 0.0], [0.33, 0.33, 0.34]], dtype=np.float32)
    thresholds = np.full(2, 0.25, np.float32)
    found = evaluate_in_detail("all", probabilities, np.array([0, 0]), thresholds, ("a", "b"))
    assert (found.accuracy, found.top3_accuracy, found.coverage) == (0.5, 0.5, 0.5)


def test_unknown_labels_and_scripts(finished_run: Run, tmp_path: Path) -> None:
    export(finished_run, tmp_path / "artifact")
    data = tmp_path / "data"
    data.mkdir()
    (data / "Vowelish.txt").write_text("aeio\n김\n")
    (data / "Other.txt").write_text("x\ny\n")
    found = evaluate_artifact(tmp_path / "artifact", Source(data), 0.9)
    assert (found.unknown_labels, found.unlabelled) == (2, 1)
    assert found.subsets[0].rows == 2
    of_run = evaluate_run(finished_run, Source(data), 0.9)
    assert (of_run.unknown_labels, of_run.unlabelled, of_run.subsets[0].rows) == (2, 0, 2)
    # The unlabelled name counts as wrong, but not as another label's.
    assert found.subsets[0].accuracy == found.subsets[0].top3_accuracy == 0.5
    assert [(f.precision, f.recall) for f in found.subsets[0].per_label if f.rows] == [(1.0, 0.5)]
    (data / "Vowelish.txt").rename(data / "Another.txt")
    with pytest.raises(NamesError, match="none of its labels"):
        evaluate_artifact(tmp_path / "artifact", Source(data), 0.9)


def test_names_that_the_teachers_learnt_were_seen(
    finished_run: Run, corpus: Path, tmp_path: Path
) -> None:
    (tmp_path / "lists").mkdir()
    for label, name in (("One", "zakeazak"), ("Other", "aeakzea")):
        (tmp_path / "lists" / f"{label}.txt").write_text(f"{name}\n")
    config = replace(finished_run.config, teachers=1, auxiliary_dir=str(tmp_path / "lists"))
    rows = [Row("zakeazak", "Zed-like"), Row("zeakzeak", "Zed-like")]
    probabilities = np.full((2, 3), 1 / 3, dtype=np.float32)
    lowest = np.zeros(3, dtype=np.float32)
    dataset = Dataset.of(config)
    subsets = evaluate_subsets(rows, probabilities, lowest, dataset.labels, dataset)
    assert [(s.subset, s.rows) for s in subsets] == [
        ("all", 2), ("seen in training", 1), ("not seen", 1),
    ]  # fmt: skip


def test_intervals_of_many_labels_take_no_minutes() -> None:
    names = np.arange(2000)
    probabilities = np.zeros((2000, 2000), dtype=np.float32)
    probabilities[names, names // 2 * 2] = 1  # half of them wrong
    labels = tuple(map(str, names))
    thresholds = np.full(2000, 0.5, dtype=np.float32)
    found = evaluate_in_detail("all", probabilities, names, thresholds, labels)
    assert found.accuracy == 0.5
    assert found.accuracy_interval == pytest.approx((0.478, 0.522), abs=0.003)


def test_a_run_without_a_fingerprint_is_an_error(finished_run: Run, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(finished_run.folder, tmp_path / "run"))
    content = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    del content["provenance"]["given_fingerprint"]
    for provenance in (content["provenance"], None):
        (folder / "config.json").write_text(json.dumps(content | {"provenance": provenance}))
        with pytest.raises(NamesError, match="damaged or of another version: train again"):
            Run.open(folder)


def test_an_artifact_without_its_corpus_or_with_another(
    corpus: Path, tmp_path: Path, names: CommandLine
) -> None:
    data = Path(shutil.copytree(corpus, tmp_path / "data"))
    run = Run.create(tmp_path / "runs", small_config(data, num_epochs=1))
    list(train(run))
    export(run, tmp_path / "artifact")
    with (data / "Zed-like.txt").open("a", encoding="utf-8") as file:
        file.write("another\n")
    changed = names("evaluate", "--artifacts", tmp_path / "artifact")
    shutil.rmtree(data)
    missing = names("evaluate", "--artifacts", tmp_path / "artifact")
    for result in (changed, missing):
        assert (result.code, result.err.count("\n")) == (2, 1)
        assert "give labelled names with --data" in result.err
    result = names("evaluate", "--artifacts", tmp_path / "artifact", "--data-dir", corpus)
    assert result.code == 0
    assert "are not separated" in result.out


def test_the_command_for_people_and_machines(
    finished_run: Run, names: CommandLine, tmp_path: Path
) -> None:
    result = names("evaluate", "--run", finished_run.folder)
    assert result.code == 0
    assert result.out.count("all, not seen") == 1
    assert " names it has not seen in training" in result.out.splitlines()[0]
    content = json.loads(names("evaluate", "--run", finished_run.folder, "--json").out)
    assert [s["subset"] for s in content["subsets"]] == ["all", "not seen"]
    assert names("evaluate", "--run", "nowhere").code == 2
    diagram = tmp_path / "reliability.svg"
    assert names("evaluate", "--run", finished_run.folder, "--plot", diagram).code == 0
    assert "accuracy" in diagram.read_text()
    matrix = tmp_path / "confusions.svg"
    assert names("evaluate", "--run", finished_run.folder, "--confusions", matrix).code == 0
    assert "Vowelish" in matrix.read_text(encoding="utf-8")
    unwritable = names(
        "evaluate", "--run", finished_run.folder, "--plot", tmp_path / "no" / "x.svg"
    )
    assert (unwritable.code, unwritable.err.count("\n")) == (2, 1)
    assert names("evaluate", "--artifacts", "nowhere").code == 2
    one = names(
        "evaluate", "--run", finished_run.folder, "--plot", "a.svg", "--confusions", "a.svg"
    )
    assert (one.code, "name two files" in one.err) == (2, True)
    png = names("evaluate", "--run", finished_run.folder, "--plot", tmp_path / "plot.png")
    assert (png.code, png.err.count("\n")) == (2, 1)
    assert "give --plot a name ending in .svg" in png.err


def test_overlong_names_are_evaluated(
    finished_run: Run, names: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(finished_run, tmp_path / "artifact")
    monkeypatch.setenv("NAMES_ARTIFACTS", str(tmp_path / "artifact"))
    shown = json.loads(names("inspect", "--json").out)
    assert shown["labels"].keys() == set(finished_run.dataset.labels)
    content = json.loads(names("evaluate", "--json").out)
    assert content["subsets"][0]["rows"] == len(finished_run.dataset.split.test)


def test_the_interval_of_macro_f1_leaves_labels_without_rows_out() -> None:
    targets = np.arange(200) % 2
    given = np.where(np.arange(200) % 10 < 8, targets, 1 - targets)
    probabilities = np.eye(4, dtype=np.float32)[given]
    found = evaluate_in_detail(
        "all", probabilities, targets, np.zeros(4, np.float32), tuple("abcd")
    )
    low, high = found.macro_f1_interval
    assert low < found.macro_f1 < high


def test_the_verdict_is_of_a_hundred_names() -> None:
    probabilities = np.tile(np.array([[0.9, 0.1]], np.float32), (2000, 1))
    metrics = evaluate(probabilities, (np.arange(2000) < 60).astype(np.int64), ("a", "b"))
    assert verdict(metrics, "", ()) == "correct for 97 of 100 names."
