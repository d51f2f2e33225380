import multiprocessing
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NoReturn

import fuzz
import numpy as np
import onnx
import pytest
from conftest import random_model
from hypothesis import given
from hypothesis import strategies as st
from mutants import originals
from onnx import TensorProto, helper, numpy_helper

from names_predictor.artifact import onnx_guard
from names_predictor.artifact import store as artifact_module
from names_predictor.artifact.manifest import ArtifactError
from names_predictor.artifact.onnx_guard import LARGEST_INTEGER, MOST_NODES, check_graph
from names_predictor.artifact.store import (
    MODEL_FILE,
    VOCAB_FILE,
    Artifact,
    read_artifact,
)
from names_predictor.inference import session
from names_predictor.inference.predictor import NamePredictor
from names_trainer.onnx_graph.encoder import to_onnx


@pytest.fixture
def proto() -> onnx.ModelProto:
    model, vocab = random_model("abc", 3)
    return onnx.load_from_string(to_onnx(model, vocab))


@pytest.mark.parametrize("number", range(len(originals())))
def test_exported_models_are_allowed(number: int) -> None:
    check_graph(originals()[number][0])


def constant(proto: onnx.ModelProto, value: np.ndarray) -> None:
    proto.graph.initializer.append(numpy_helper.from_array(value, "more"))


def external(proto: onnx.ModelProto) -> None:
    tensor = proto.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../secret")


def typed_data(proto: onnx.ModelProto) -> None:
    tensor = proto.graph.initializer[0]
    values = numpy_helper.to_array(tensor).ravel()
    tensor.ClearField("raw_data")
    tensor.float_data.extend(values.tolist())


def body_of_the_loop(proto: onnx.ModelProto) -> onnx.GraphProto:
    choice = next(node for node in proto.graph.node if node.op_type == "If")
    branch = next(a.g for a in choice.attribute if a.name == "else_branch")
    scan = next(node for node in branch.node if node.op_type == "Scan")
    return next(a.g for a in scan.attribute if a.name == "body")


def scan_in_scan(proto: onnx.ModelProto) -> None:
    body = body_of_the_loop(proto)
    body.node.append(helper.make_node("Scan", ["a"], ["b"], body=onnx.GraphProto()))


def operator_in_a_body(proto: onnx.ModelProto) -> None:
    noise = helper.make_node("RandomNormalLike", ["old_h_0"], ["noise"])
    body_of_the_loop(proto).node.append(noise)


def many_nodes_in_bodies(proto: onnx.ModelProto) -> None:
    step = helper.make_node("Identity", ["a"], ["b"])
    body = helper.make_graph([step] * (MOST_NODES // 2), "body", [], [])
    proto.graph.node.extend([helper.make_node("Scan", ["a"], ["b"], body=body)] * 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: setattr(p.graph.node[0], "op_type", "Loop"), "operator 'Loop'"),
        (lambda p: setattr(p.graph.node[0], "op_type", ""), "operator ''"),
        (lambda p: setattr(p.graph.node[0], "domain", "com.microsoft"), "no names model has"),
        (lambda p: p.opset_import.add(domain="com.microsoft", version=1), "more than 1"),
        (lambda p: setattr(p.opset_import[0], "domain", "x"), "another domain"),
        (lambda p: setattr(p.opset_import[0], "version", 30), "opset 30"),
        (lambda p: p.ClearField("opset_import"), "opset 0"),
        (lambda p: setattr(p, "ir_version", 99), "IR version 99"),
        (lambda p: p.functions.add(name="f"), "field"),
        (lambda p: p.training_info.add(), "field"),
        (lambda p: p.graph.sparse_initializer.add(), "field"),
        (external, "field"),
        (typed_data, "field"),
        (scan_in_scan, "graphs within graphs"),
        (operator_in_a_body, "RandomNormalLike"),
        (many_nodes_in_bodies, f"more than {MOST_NODES} nodes"),
        (lambda p: p.graph.node.extend([p.graph.node[0]] * MOST_NODES), f"more than {MOST_NODES}"),
        (lambda p: constant(p, np.array([LARGEST_INTEGER + 1])), "integer above"),
        (lambda p: constant(p, np.array([-(2**63)])), "integer above"),
        (lambda p: constant(p, np.array([1.0, np.nan], np.float32)), "infinite or NaN"),
        (lambda p: constant(p, np.array([1.0])), "constant of a type"),
        (lambda p: constant(p, np.array([1], np.int32)), "constant of a type"),
        (lambda p: setattr(p.graph.node[0], "name", "x"), "field"),
        (lambda p: constant(p, np.array(["text"])), "field|constant of a type"),
        (lambda p: constant(p, np.zeros(0, np.float32)), "size and shape differ"),
        (lambda p: p.graph.initializer[0].dims.append(2), "size and shape differ"),
        (lambda p: p.graph.initializer[0].dims.append(2**62), "size and shape differ"),
        (lambda p: p.graph.initializer[0].dims.extend([1] * 9), "more than 8"),
        (
            lambda p: p.graph.node[0].attribute.append(helper.make_attribute("axis", 2**40)),
            "integer above",
        ),
        (
            lambda p: p.graph.node[0].attribute.append(helper.make_attribute("alpha", 0.5)),
            "damaged or not the ONNX file of a names model",
        ),
        (
            lambda p: p.graph.node[0].attribute.append(helper.make_attribute("mode", "linear")),
            "has text",
        ),
        (
            lambda p: p.graph.node[0].attribute.append(
                helper.make_attribute("t", numpy_helper.from_array(np.zeros(1)))
            ),
            "field",
        ),
    ],
)
def test_other_content_of_a_graph_is_rejected(
    proto: onnx.ModelProto, change: Callable[[onnx.ModelProto], object], message: str
) -> None:
    check_graph(proto.SerializeToString())
    change(proto)
    with pytest.raises(ArtifactError, match=message) as refusal:
        check_graph(proto.SerializeToString())
    assert "\n" not in str(refusal.value)


def test_nodes_of_nested_graphs_are_counted_before_they_are_read(
    proto: onnx.ModelProto, monkeypatch: pytest.MonkeyPatch
) -> None:
    many_nodes_in_bodies(proto)
    proto.graph.node.extend([proto.graph.node[-1]] * 8)
    read = Counter[int]()

    class Counted(onnx_guard.Message):
        def __init__(self, content: memoryview, layout: onnx_guard.Layout) -> None:
            read[id(layout)] += 1
            super().__init__(content, layout)

    monkeypatch.setattr(onnx_guard, "Message", Counted)
    with pytest.raises(ArtifactError, match=f"more than {MOST_NODES} nodes"):
        check_graph(proto.SerializeToString())
    assert 0 < read[id(onnx_guard.NODE)] <= MOST_NODES


def test_a_second_graph_is_not_merged_into_the_first(proto: onnx.ModelProto) -> None:
    hostile = onnx.ModelProto()
    hostile.graph.node.add(op_type="Loop")
    with pytest.raises(ArtifactError, match="more than 1 of the field graph"):
        check_graph(proto.SerializeToString() + hostile.SerializeToString())


def test_a_truncated_model_is_rejected(proto: onnx.ModelProto) -> None:
    """Cut where a field ends, it is well-formed; but it has no version or no graph any more."""
    content, (_, vocab) = proto.SerializeToString(), random_model("abc", 3)
    for end in range(len(content)):
        with pytest.raises(ArtifactError):
            NamePredictor(Artifact(content[:end], vocab))


@given(st.binary(max_size=200))
def test_random_bytes_are_rejected(content: bytes) -> None:
    with pytest.raises(ArtifactError):
        check_graph(content)


def test_the_format_of_onnxruntime_is_not_mistaken_for_a_checked_model(
    proto: onnx.ModelProto,
) -> None:
    """A model that begins as such a file is still read as the ONNX file that was checked."""
    _, vocab = random_model("abc", 3)
    proto.producer_name = "ORTM"
    assert proto.SerializeToString()[4:8] == b"ORTM"
    NamePredictor(Artifact(proto.SerializeToString(), vocab))


def test_a_model_with_nan_logits_is_rejected(proto: onnx.ModelProto) -> None:
    _, vocab = random_model("abc", 3)
    weights = next(t for t in proto.graph.initializer if t.name == "linear_weight")
    weights.CopyFrom(numpy_helper.from_array(np.full((3, 12), 3e38, np.float32), weights.name))
    gates = next(t for t in proto.graph.initializer if t.name == "B_0")
    gates.CopyFrom(numpy_helper.from_array(np.full(48, 9, np.float32), gates.name))
    with pytest.raises(ArtifactError, match="no logits"):
        NamePredictor(Artifact(proto.SerializeToString(), vocab))


def test_a_model_that_fails_at_some_names_is_one_clear_error(proto: onnx.ModelProto) -> None:
    _, vocab = random_model("abc", 3)
    proto.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 2
    predictor = NamePredictor(Artifact(proto.SerializeToString(), vocab))
    with pytest.raises(ArtifactError, match="can't run it") as error:
        predictor.predict(["abc", "cab", "ba"])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", [b"words", b"next_h_0", b"lower-nfc-2", b"of_character"])
def test_text_that_is_damaged_is_one_clear_error(proto: onnx.ModelProto, text: bytes) -> None:
    _, vocab = random_model("abc", 3)
    content = proto.SerializeToString()
    refusals = []
    for at in range(len(content)):
        if content.startswith(text, at):
            damaged = content[:at] + b"\xf4" + content[at + 1 :]
            try:  # not all text matters
                NamePredictor(Artifact(damaged, vocab))
            except ArtifactError as error:
                refusals.append(str(error))
    assert refusals
    assert not any("\n" in refusal for refusal in refusals)


@pytest.mark.parametrize("name", [MODEL_FILE, VOCAB_FILE])
def test_pipes_and_large_files_are_rejected(
    artifact_folder: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in (MODEL_FILE, VOCAB_FILE):
        (tmp_path / one).write_bytes((artifact_folder / one).read_bytes())
    most = "MOST_MODEL_BYTES" if name == MODEL_FILE else "MOST_VOCAB_BYTES"
    monkeypatch.setattr(artifact_module, most, 1000)
    with pytest.raises(ArtifactError, match=f"{name}: larger than 1,000 bytes"):
        read_artifact(tmp_path)
    (tmp_path / name).unlink()
    (tmp_path / name).mkdir()
    with pytest.raises(ArtifactError, match=f"{name}: not a file"):
        read_artifact(tmp_path)
    (tmp_path / name).rmdir()
    os.mkfifo(tmp_path / name)  # which would be waited for
    with pytest.raises(ArtifactError, match=f"{name}: not a file"):
        read_artifact(tmp_path)


def test_mutants_never_crash_hang_or_lie() -> None:
    counts, faults = fuzz.count(range(2_000))
    assert faults == []
    assert counts.total() == 2_000
    assert counts["refused before onnxruntime"] > 1_000
    assert counts["refused by onnxruntime"] > 20
    assert counts["same predictions"] > 20
    assert counts["another model"] > 20


def test_a_crash_and_a_hang_are_distinguished(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the test above could not fail."""
    monkeypatch.setattr(fuzz, "child", broken_child)
    monkeypatch.setattr(fuzz, "SECONDS", 5)
    fork = multiprocessing.get_context("fork")  # the child imports nothing
    monkeypatch.setattr(multiprocessing, "get_context", lambda _: fork)
    assert list(fuzz.outcomes(range(4))) == [
        (0, "refused"),
        (1, "crash: exit code -9"),
        (2, "hang"),
        (3, "refused"),
    ]


def broken_child(numbers: range, outcomes: Connection) -> None:
    for number in numbers:
        if number == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        if number == 2:
            threading.Event().wait()
        outcomes.send("refused")


def test_an_error_for_little_memory_names_no_option(
    artifact_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> NoReturn:
        raise RuntimeError("std::bad_alloc")

    predictor = NamePredictor.load(artifact_folder)
    monkeypatch.setattr(session, "evidence_by_prefix", fail)
    with pytest.raises(ArtifactError, match="not enough memory to run it: give it more") as error:
        predictor.label(["abc"])
    assert "--" not in str(error.value)
