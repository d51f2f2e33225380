"""Thresholds, prediction sets and priors of the predictor."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import CommandLine, random_model
from hypothesis import given
from hypothesis import strategies as st

from names_predictor.artifact.store import Artifact, read_artifact
from names_predictor.engines.labeller import NameLabeller
from names_predictor.errors import NamesError
from names_predictor.inference.predictor import NamePredictor
from names_trainer.onnx_graph.encoder import to_onnx


def test_min_probability(predictor: NamePredictor) -> None:
    names = ["abc", "", "xyz"]
    plain = predictor.predict(names)
    sure, _, unsure = predictor.predict(
        names, min_probability=max(p.probability or 0 for p in plain)
    )
    if (plain[0].probability or 0) < (plain[2].probability or 0):
        sure, unsure = unsure, sure
    assert (sure.reason, unsure.reason, unsure.label) == (None, "low-confidence", None)
    assert unsure.probability is not None
    assert predictor.predict([""], min_probability=0.9)[0].reason == "blank"


@given(st.lists(st.text("abcxyzäé", min_size=1, max_size=9), min_size=1, max_size=9))
def test_prediction_sets_are_nested(predictor: NamePredictor, names: list[str]) -> None:
    wide, narrow = (predictor.predict(names, coverage=coverage) for coverage in (0.99, 0.3))
    for few, many in zip(narrow, wide, strict=True):
        assert few.candidates[:1] in ((), (few.label,))
        assert few.candidates == many.candidates[: len(few.candidates)]
    assert predictor.predict(names)[0].candidates == ()


def test_a_prior_reweighs_by_bayes_rule(artifact_folder: Path) -> None:
    plain = NamePredictor.load(artifact_folder)
    prior = {"label 0": 6.0, "label 1": 3.0, "label 4": 1.0}
    shifted = NamePredictor.load(artifact_folder, prior=prior)
    names = ["abc", "xyz", ""]
    expected = plain.predict_proba(names) * np.array([0.6, 0.3, 0, 0, 0.1]) / 0.2
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(shifted.predict_proba(names), expected, rtol=1e-5)
    assert shifted.predict([""])[0].reason == "blank"
    same = NamePredictor.load(artifact_folder, prior=dict.fromkeys(plain.labels, 2.0))
    np.testing.assert_allclose(same.predict_proba(names), plain.predict_proba(names), rtol=1e-5)
    large = NamePredictor.load(artifact_folder, prior=dict.fromkeys(plain.labels, 1.7e308))
    np.testing.assert_allclose(large.predict_proba(names), plain.predict_proba(names), rtol=1e-5)
    by_sets = [p.predict(names, coverage=0.9)[0].candidates for p in (plain, shifted)]
    assert by_sets[0] == by_sets[1]


def test_a_prior_replaces_the_frequencies_of_training(artifact_folder: Path) -> None:
    artifact, trained = read_artifact(artifact_folder), (0.4, 0.3, 0.2, 0.05, 0.05)
    uneven = Artifact(artifact.model, replace(artifact.vocab, class_priors=trained))
    plain = NamePredictor(uneven)
    names = ["abc", "xyz"]
    even = NamePredictor(uneven, prior=dict.fromkeys(plain.labels, 1.0))
    expected = plain.predict_proba(names) / np.array(trained)
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(even.predict_proba(names), expected, rtol=1e-5)
    same = NamePredictor(uneven, prior=dict(zip(plain.labels, trained, strict=True)))
    np.testing.assert_allclose(same.predict_proba(names), plain.predict_proba(names), rtol=1e-5)


def test_a_prior_of_labels_without_probability_is_returned() -> None:
    model, vocab = random_model("abc", 3)
    model.linear.bias.data.mul_(1e4)
    sure = NamePredictor(Artifact(to_onnx(model, vocab), vocab))
    probabilities = sure.predict_proba(["abc"])[0]
    assert sorted(probabilities.tolist()) == [0, 0, 1]
    impossible = [label for label, p in zip(sure.labels, probabilities, strict=True) if p == 0]
    shifted = NamePredictor(
        Artifact(to_onnx(model, vocab), vocab), prior={impossible[0]: 3.0, impossible[1]: 1.0}
    )
    assert shifted.predict(["abc"])[0].ranked == ((impossible[0], 0.75),)


@pytest.mark.parametrize(
    ("prior", "message"),
    [
        ({"other": 1.0}, "the model has no label 'other'"),
        ({"lable 1": 1.0}, "did you mean label 1[?]"),
        ({"label 1": 0.0}, "at least one"),
        ({"label 1": -1.0}, "at least one"),
        ({}, "at least one"),
        ({"label 1": float("inf")}, "at least one"),
        (["label 1"], "give a mapping of labels to frequencies"),
    ],
)
def test_an_invalid_prior_is_an_error(artifact_folder: Path, prior: Any, message: str) -> None:
    with pytest.raises(NamesError, match=message):
        NamePredictor.load(artifact_folder, prior=prior)
    with pytest.raises(NamesError, match=message):
        NameLabeller(artifact_folder, "name", prior=prior)


def test_the_prior_and_thresholds_of_the_command(
    artifact_folder: Path, tmp_path: Path, names_predict: CommandLine
) -> None:
    (tmp_path / "names.txt").write_text("abc\n\n")
    (tmp_path / "prior.csv").write_text("label 3,1\n\nlabel 2, 0\n")
    common = (tmp_path / "names.txt", "--artifacts", artifact_folder)
    result = names_predict(*common, "--prior", tmp_path / "prior.csv", "--coverage", 0.99)
    rows = [line.split("\t") for line in result.out.splitlines()]
    assert rows[0][:3] == ["abc", "label 3", "1.0000"]
    assert rows[0][3].split("|")[0].startswith("label ")
    assert rows[1] == ["", "", "", "", "blank"]
    result = names_predict(*common, "--min-probability", 1.0, "--top-k", 2)
    first = result.out.splitlines()[0].split("\t")
    assert (first[1], first[3], first[5]) == ("", "", "low-confidence")
    assert 0 < float(first[2]) < 1
    for options in (("--coverage", 1.5), ("--prior", "nowhere"), ("--min-probability", 2)):
        assert names_predict(*common, *options).code == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"label 0,1\nlabel \xe9,2\n", "not UTF-8: write lines such as Greek,0.25, in UTF-8"),
        (b"\x1f\x8b\x08\x00\x00", "its compressed data end early"),
        (b"PAR1\x00\xff\xff", "a Parquet file: write lines"),
    ],
)
def test_a_prior_that_is_not_text_is_one_line(
    artifact_folder: Path, names_predict: CommandLine, tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "prior.csv").write_bytes(content)
    options = ("--artifacts", artifact_folder, "--prior", tmp_path / "prior.csv")
    (tmp_path / "names.txt").write_text("abc\n")
    result = names_predict(tmp_path / "names.txt", *options)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert f"prior.csv: {message}" in result.err


@pytest.mark.parametrize("line", ["label 1", "label 1,x", "label 1,-1", "label 0,1", "label 1,nan"])
def test_an_invalid_line_of_a_prior_is_an_error(
    artifact_folder: Path, tmp_path: Path, names_predict: CommandLine, line: str
) -> None:
    (tmp_path / "names.txt").write_text("abc\n")
    (tmp_path / "prior.csv").write_text(f"label 0,1\n{line}\n")
    result = names_predict(
        tmp_path / "names.txt", "--artifacts", artifact_folder, "--prior", tmp_path / "prior.csv"
    )
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "prior.csv:2:" in result.err
