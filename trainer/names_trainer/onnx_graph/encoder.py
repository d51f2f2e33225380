"""The ONNX graph of the word encoder, written node by node.

A step computes the next states from a character and the states before it. The graph runs it once
for one character, or in a loop over characters. The predictor can thus continue from any state and
compute common prefixes of words once, which a traced graph would not allow.
"""

import numpy as np
import onnx
import torch
from onnx import GraphProto, TensorProto, helper

from names_predictor.artifact.manifest import Vocab
from names_predictor.errors import NamesError
from names_predictor.inference.prefix_tree import NEXT
from names_trainer import __version__
from names_trainer.models.lstm import MOST_WORDS, NameLSTM
from names_trainer.onnx_graph.builder import Builder, floats
from names_trainer.onnx_graph.lstm import add_lstm, lstm_states, lstm_step
from names_trainer.onnx_graph.ngrams import (
    add_table,
    first_ngram_states,
    ngram_evidence,
    ngram_states,
    ngram_step,
)

OPSET = 17
IR_VERSION = 8


def to_onnx(model: NameLSTM, vocab: Vocab, int8: bool = False) -> bytes:
    """Return the word encoder of a model as a checked ONNX file.

    The inputs are `ids` int64 [words, time], `lengths` int64 [words] from 1, after which ids are
    ignored, and `ends` int64 [ends], the numbers of the words whose evidence is computed. The
    outputs are `evidence` float32 [ends, labels], `bias` float32 [labels] and `scale` float32
    [`MOST_WORDS`]. The logits of a name of n words are bias + scale[n - 1] x the sum of their
    evidence.

    A call can continue from the states of another. These are optional inputs, and outputs with the
    prefix `next_`: `h_0`, `c_0` float32 [words, hidden], `h_1` and so on for each layer. With an
    n-gram table they are also `ngram_codes` float32 [words, longest], the codes of the n-grams that
    end at the last character, and `ngram_sums` float32 [words, dim + 1], the sum of the table's
    rows so far and their number.

    Args:
        model: The network.
        vocab: Manifest of the artifact.
        int8: Whether products with the states h are computed in 8 bits.

    Raises:
        NamesError: The model is a teacher, which is bidirectional.

    """
    if model.lstm.bidirectional:
        raise NamesError("a teacher can't be exported: export the run it teaches")
    build = Builder()
    widths = _states(model)
    _add_constants(build, model, int8)
    is_one_step = build.op("Equal", build.op("Shape", "ids", start=1), build.integers(1))
    build.ops(
        "If",
        is_one_step,
        outputs=[NEXT + name for name in widths],
        then_branch=_one_step(build.branch(), model, int8),
        else_branch=_loop(build.branch(), model, int8),
    )
    _add_evidence(build, model)
    labels = len(vocab.labels)
    graph = build.graph(
        "NameLSTM",
        [
            helper.make_tensor_value_info("ids", TensorProto.INT64, ["words", "time"]),
            helper.make_tensor_value_info("lengths", TensorProto.INT64, ["words"]),
            helper.make_tensor_value_info("ends", TensorProto.INT64, ["ends"]),
            # Inputs with a constant of the same name are optional.
            *floats(widths, "words or 1"),
        ],
        [
            *floats({"evidence": labels}, "ends"),
            helper.make_tensor_value_info("bias", TensorProto.FLOAT, [labels]),
            helper.make_tensor_value_info("scale", TensorProto.FLOAT, [MOST_WORDS]),
            *floats(widths, "words", NEXT),
        ],
    )
    graph.initializer.extend(build.initializers())
    return _checked_file(graph, vocab)


def _add_constants(build: Builder, model: NameLSTM, int8: bool) -> None:
    """Add the weights, the first states, and the outputs `bias` and `scale`."""
    add_lstm(build, model, int8)
    build.constant("linear_bias", model.linear.bias.detach().numpy())
    build.weights("linear_weight", model.linear.weight.detach().numpy())
    firsts = {name: np.zeros((1, width), np.float32) for name, width in _states(model).items()}
    if model.ngrams:
        add_table(build, model.ngrams)
        firsts |= first_ngram_states(model.ngrams)
    for name, first in firsts.items():
        build.constant(name, first)
    with torch.inference_mode():
        scale = model.scale(torch.arange(1, MOST_WORDS + 1)).numpy()
    build.op("Identity", build.constant("linear_scale", scale), name="scale")
    build.op("Identity", "linear_bias", name="bias")


def _add_evidence(build: Builder, model: NameLSTM) -> None:
    """Add the output `evidence`, of the next states of the words in `ends`."""
    ended = {name: build.op("Gather", NEXT + name, "ends") for name in _states(model)}
    last = ended[f"h_{model.lstm.num_layers - 1}"]
    if model.ngrams:
        of_lstm = build.op("Gemm", last, "linear_weight", transB=1)
        of_ngrams = ngram_evidence(build, model.ngrams, ended)
        build.op("Add", of_lstm, of_ngrams, name="evidence")
    else:
        build.op("Gemm", last, "linear_weight", transB=1, name="evidence")


def _checked_file(graph: GraphProto, vocab: Vocab) -> bytes:
    """Return the ONNX file of a graph, with metadata, after ONNX's own check."""
    proto = helper.make_model(
        graph,
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
        producer_name="names-trainer",
        producer_version=__version__,
    )
    helper.set_model_props(proto, vocab.metadata())
    onnx.checker.check_model(proto, full_check=True)
    content: bytes = proto.SerializeToString()
    return content


def _states(model: NameLSTM) -> dict[str, int]:
    """Return the width of each state by name."""
    return lstm_states(model) | (ngram_states(model.ngrams) if model.ngrams else {})


def _step(
    build: Builder, model: NameLSTM, int8: bool, character: str, states: dict[str, str]
) -> dict[str, str]:
    new = lstm_step(build, model, int8, character, states)
    return new | (ngram_step(build, model.ngrams, character, states) if model.ngrams else {})


def _one_step(build: Builder, model: NameLSTM, int8: bool) -> GraphProto:
    """Return the graph of one step: `ids` has one character per word."""
    widths = _states(model)
    character = build.op("Squeeze", "ids", build.integers(1))
    new = _step(build, model, int8, character, {name: name for name in widths})
    return build.graph(
        "one_step", [], floats({new[name]: widths[name] for name in widths}, "words")
    )


def _loop(build: Builder, model: NameLSTM, int8: bool) -> GraphProto:
    """Return the graph of a loop over the characters, up to the end of each word."""
    widths = _states(model)
    body = build.branch()
    new = _step(body, model, int8, "id", {name: f"old_{name}" for name in widths})
    for name in widths:  # the states are kept after the end of a word
        body.op("Where", "inside", new[name], f"old_{name}", name=f"kept_{name}")
    step = body.graph(
        "step",
        [
            *floats(widths, "words", "old_"),
            helper.make_tensor_value_info("id", TensorProto.INT64, ["words"]),
            helper.make_tensor_value_info("inside", TensorProto.BOOL, ["words", 1]),
        ],
        floats(widths, "words", "kept_"),
    )
    one = build.integers(1)
    by_time = build.op("Transpose", "ids", perm=[1, 0])
    times = build.op("Squeeze", build.op("Shape", by_time, end=1))
    zero, step_size = build.constant("zero", np.array(0)), build.constant("step_size", np.array(1))
    positions = build.op("Unsqueeze", build.op("Range", zero, times, step_size), one)
    within = build.op("Unsqueeze", build.op("Less", positions, "lengths"), build.integers(2))
    column = build.op("Concat", build.op("Shape", "lengths"), one, axis=0)
    firsts = [build.op("Expand", name, column) for name in widths]
    outputs = [f"last_{name}" for name in widths]
    build.ops("Scan", *firsts, by_time, within, outputs=outputs, num_scan_inputs=2, body=step)
    return build.graph("loop", [], floats(widths, "words", "last_"))
