"""The output of `names`: short, within 80 columns, and complete with --full."""

import io
import re
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import CommandLine
from rich.console import Console

from names_predictor.artifact.store import RELEASED, read_artifact, write_artifact
from names_trainer.evaluation.plots import counts_of, plot_confusions, plot_curves, svg
from names_trainer.evaluation.scoring import Evaluation
from names_trainer.export.export import export
from names_trainer.export.inspection import inspect_artifact
from names_trainer.metrics import DetailedMetrics, evaluate_in_detail
from names_trainer.runs.run import Epoch, Run
from names_trainer.views.evaluation import show_evaluation, verdict_of
from names_trainer.views.inspection import show_inspection
from names_trainer.views.training import TrainingView


def console_of(width: int) -> tuple[Console, io.StringIO]:
    file = io.StringIO()
    return Console(file=file, width=width, color_system=None, highlight=False), file


def test_an_artifact_is_shown_in_twelve_lines_or_in_full(
    finished_run: Run, names: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifact, _ = export(finished_run, tmp_path)
    noted = artifact.vocab.provenance["test"]
    monkeypatch.setenv("COLUMNS", "80")
    shown = names("inspect", tmp_path).out
    split = f"its test split: {noted['rows']} names, none of them in training"
    assert f"for {noted['accuracy']:.0%} of {split}" in shown
    assert f"macro-F1 {noted['macro_f1']:.4f}" in shown
    assert artifact.sha256 in shown
    assert "num_epochs" not in shown
    full = names("inspect", tmp_path, "--full").out
    assert "config.num_epochs" in full
    assert "MatMul" in full
    monkeypatch.setenv("COLUMNS", "120")
    wide = names("inspect", tmp_path).out
    assert wide.count("\n") <= 12
    assert "\x1b" not in shown + full + wide


@pytest.mark.parametrize(
    "provenance",
    [
        {},
        {"test": {"accuracy": "good"}, "config": 3, "versions": [], "exported": None},
        {"test": {"accuracy": 10**400, "rows": 9, "macro_f1": 0.5, "calibration_error": 0.1}},
        {
            "test": {"accuracy": 0.5, "rows": 9, "macro_f1": 0.5, "calibration_error": 0.1},
            "confusions": [{"label": "One", "given": "Two", "number": 1, "of": 0}],
            "config": {"data_dir": ["x"]},
        },
    ],
)
def test_whatever_a_maker_noted_is_shown(
    finished_run: Run, tmp_path: Path, provenance: dict[str, Any]
) -> None:
    export(finished_run, tmp_path)
    found = replace(inspect_artifact(tmp_path), provenance=provenance)
    console, file = console_of(80)
    show_inspection(found, Path("somewhere"), console)
    assert "not recorded" in file.getvalue()
    assert found.sha256 in file.getvalue()


def test_an_artifact_that_no_predictor_loads_is_not_shown(
    names: CommandLine, tmp_path: Path
) -> None:
    artifact = read_artifact(RELEASED)
    vocab = replace(artifact.vocab, labels=artifact.vocab.labels[::-1])
    write_artifact(tmp_path, replace(artifact, vocab=vocab))
    result = names("inspect", tmp_path)
    assert result.code == 2
    assert result.err == (
        "error: model.onnx: its labels or versions are not those in vocab.json: export it again\n"
    )


def test_an_artifact_names_what_it_confuses(finished_run: Run, tmp_path: Path) -> None:
    export(finished_run, tmp_path)
    provenance = {
        "test": {"accuracy": 0.5, "rows": 9, "macro_f1": 0.5, "calibration_error": 0.1},
        "config": {"split": "random"},
        "confusions": [{"label": "Danish", "given": "Norwegian", "number": 3, "of": 12}],
    }
    console, file = console_of(80)
    show_inspection(replace(inspect_artifact(tmp_path), provenance=provenance), tmp_path, console)
    assert "Danish as Norwegian (25%)" in file.getvalue()
    assert "none of them in training" not in file.getvalue()


def test_each_kind_of_finding_takes_one_line(
    names: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [b"Ann", b"ann", b"", b" ", *[b"a+%d" % n for n in range(30)], b"\xff"]
    (tmp_path / "One.txt").write_bytes(b"\n".join(lines) + b"\n")
    (tmp_path / "Two.txt").write_bytes(b"Ann\nDi\n" + b"x" * 129)
    monkeypatch.setenv("COLUMNS", "80")
    shown = names("data", "check", "--data", tmp_path)
    assert shown.code == 1
    rows = shown.out.splitlines()[2:9]
    assert rows[0].split()[:2] == ["finding", "lines"]
    assert [re.split("  +", row.strip())[:2] for row in rows[1:]] == [
        ["undecodable", "1"],
        ["too-long", "1"],
        ["blank", "2"],
        ["unusual", "30"],
        ["duplicate", "1"],
        ["two labels", "1"],
    ]
    assert "One.txt:5 U+002B PLUS SIGN" in rows[4]
    assert "training skips it" in rows[3]
    full = names("data", "check", "--data", tmp_path, "--full").out
    assert full.count("unusual U+") == 30


def test_many_labels_are_listed_in_full_only(names: CommandLine, tmp_path: Path) -> None:
    for i in range(30):
        (tmp_path / f"label{i}.txt").write_text("\n".join(f"n{i}x{j}" for j in range(i + 2)))
    shown = names("data", "check", "--data", tmp_path).out
    assert "from 2 lines (label0) to 31 (label29) a label" in shown
    assert "label7" not in shown
    assert "label7" in names("data", "check", "--data", tmp_path, "--full").out


def metrics_of(
    pairs: list[tuple[int, int]], labels: tuple[str, ...], subset: str
) -> DetailedMetrics:
    """Return the metrics of rows that are given by true and predicted label."""
    targets = np.array([true for true, _ in pairs])
    probabilities = np.full((len(pairs), len(labels)), 0.1 / len(labels), np.float32)
    probabilities[np.arange(len(pairs)), [given for _, given in pairs]] = 0.9
    return evaluate_in_detail(
        subset, probabilities, targets, np.full(len(labels), 0.5, np.float32), labels
    )


SCANDINAVIAN = ("Danish", "Norwegian", "Swedish")


def test_a_verdict_comes_first() -> None:
    seen = [(0, 0)] * 30
    not_seen = [(0, 1)] * 3 + [(0, 0)] * 5 + [(1, 1)] * 2 + [(2, 0)] * 2
    whole = metrics_of(seen + not_seen, SCANDINAVIAN, "all")
    subsets = (
        whole,
        metrics_of(seen, SCANDINAVIAN, "seen in training"),
        metrics_of(not_seen, SCANDINAVIAN, "not seen"),
    )
    assert verdict_of(Evaluation(subsets, 0.9, 0, 0, 500, 0)) == (
        "Correct for 7 of 12 names it has not seen in training; most often it takes Danish for "
        "Norwegian."
    )
    assert verdict_of(Evaluation((whole,), 0.9, 0, 0, 500, 0)) == (
        "Correct for 37 of 42 names; most often it takes Danish for Norwegian."
    )
    assert verdict_of(Evaluation(subsets[:2], 0.9, 0, 0, 500, 0)).startswith(
        "Correct for 37 of 42 names, all of them seen in training;"
    )
    flawless = metrics_of(seen, SCANDINAVIAN, "all")
    assert verdict_of(Evaluation((flawless,), 0.9, 0, 0, 500, 0)) == "Correct for 30 of 30 names."
    one = metrics_of([(0, 0)], SCANDINAVIAN, "all")
    assert verdict_of(Evaluation((one,), 0.9, 0, 0, 500, 0)) == "Correct for 1 of 1 name."


@pytest.mark.parametrize("width", [80, 120])
def test_many_labels_fit_a_screen(width: int) -> None:
    labels = tuple(f"label {i:02}" for i in range(96))
    # Label i is right for i of its 120 rows; label 95 has a single row, which is wrong.
    pairs = [(i, i if n < i else (i + 1) % 96) for i in range(95) for n in range(120)] + [(95, 0)]
    evaluation = Evaluation((metrics_of(pairs, labels, "all"),), 0.9, 5, 0, 500, 0)
    console, file = console_of(width)
    show_evaluation(evaluation, console)
    lines = file.getvalue().splitlines()
    assert lines[0].startswith("Correct for 39 of 100 names; most often")
    assert len(lines) < 50
    assert max(map(len, lines)) <= width
    assert any(line.startswith("5 rows without a predicted label, such as") for line in lines)
    assert {"top-3 accuracy", "90.0% sets hold the label"} <= {re.split("  +", n)[0] for n in lines}
    shown = [line for line in lines if re.match(r"label \d\d +0\.", line)]
    assert [line.split()[1] for line in shown] == [f"{i:02}" for i in range(10)]
    console, file = console_of(width)
    show_evaluation(evaluation, console, full=True)
    full = [re.findall(r"label \d\d", line) for line in file.getvalue().splitlines()[2:]]
    assert [found[0] for found in full if len(found) == 1] == list(labels)
    assert sum(len(found) == 2 for found in full) == 96


def test_a_matrix_of_many_labels_shows_the_most_confused() -> None:
    labels = tuple(f"label {i:02}" for i in range(96))
    pairs = [(i, i) for i in range(96) for _ in range(9)]
    pairs += [(i, i + 48) for i in range(15)] + [(0, 48)] * 8
    metrics = metrics_of(pairs, labels, "all")
    matrix = counts_of(metrics)
    assert matrix.sum() == len(pairs)
    assert (matrix[0, 0], matrix[0, 48], matrix[48, 0]) == (9, 9, 0)
    (axes,) = plot_confusions(matrix, labels).axes
    rows = [text.get_text() for text in axes.get_yticklabels()]
    assert {*rows} == {labels[i] for i in range(15)} | {labels[i + 48] for i in range(15)}
    assert (
        abs(rows.index("label 07") - rows.index("label 55")) == 1
    )  # confused, therefore neighbours
    texts = {
        (rows[int(t.get_position()[1])], rows[int(t.get_position()[0])]): t.get_text()
        for t in axes.texts
    }
    assert texts["label 00", "label 48"] == "50"
    assert texts["label 48", "label 48"] == "100"
    assert "30 of 96 labels" in axes.get_xlabel()
    two = metrics_of([(0, 1), (1, 1)], ("one", "two"), "all")
    (axes,) = plot_confusions(counts_of(two), ("one", "two")).axes
    assert [text.get_text() for text in axes.get_yticklabels()] == ["one", "two"]
    assert "of 2 labels" not in axes.get_xlabel()


def test_epochs_are_whole() -> None:
    epochs = [Epoch(n, 1 / n, 0.5, 1 / n, 0.5, 0.1, 9.0) for n in range(1, 5)]
    for axes in plot_curves([epochs]).axes:
        assert all(tick == int(tick) for tick in axes.get_xticks())


def test_labels_in_any_script_are_drawn_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "김" in svg(plot_confusions(np.eye(2, dtype=np.int64), ["김", "ab"]))


@pytest.mark.parametrize("length", [30, 200])
def test_long_labels_leave_room_for_the_matrix(length: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        svg(plot_confusions(np.eye(2, dtype=np.int64), ["m" * length, "W" * length]))


def test_a_label_with_dollars_is_text() -> None:
    labels = ["US$^$", "A$ b$", "plain"]
    drawn = str(svg(plot_confusions(np.full((3, 3), 5), labels)))
    assert all(f">{label}<" in drawn for label in labels)


def test_a_low_terminal_shows_the_newest_epochs_and_the_bar(
    finished_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    file = io.StringIO()
    console = Console(file=file, width=80, height=5, force_terminal=True, color_system=None)
    with TrainingView(finished_run, console) as view:
        view.on_batch(0.5)
        console.print("meanwhile")
        lines = file.getvalue().partition("meanwhile")[2].splitlines()[1:5]
    assert [line.split()[0] for line in lines] == ["epoch", "2", "3", "epoch"]
    assert [line[0] for line in file.getvalue().splitlines()[-4:-1]] == ["1", "2", "3"]
