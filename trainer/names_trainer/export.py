"""A trained run to the artifact: weights -> ONNX graph and vocab, behind a parity gate.

The graph is written node by node instead of traced: ONNX's own LSTM operator takes the true
lengths, which tracing packed sequences loses.
"""

import copy
import random
import time
from dataclasses import asdict, dataclass, replace
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import NodeProto, TensorProto, helper, numpy_helper

from names_predictor.artifact import Artifact, Vocab, read_artifact, write_artifact
from names_predictor.encoding import MAX_LENGTH, normalise
from names_predictor.errors import NamesError
from names_predictor.model import NamePredictor, softmax
from names_trainer import __version__
from names_trainer.calibration import calibrate
from names_trainer.model import NameLSTM, logits_of
from names_trainer.quantisation import quantise
from names_trainer.runs import Run, best_epoch, figures_in

OPSET = 17
IR_VERSION = 8
TOLERANCE = 1e-5
"""The largest difference of a probability between torch and onnxruntime that is let through."""

ROUNDING = TOLERANCE / 20
"""How far torch's own answers in single and double precision may lie apart for a random string to
be compared. An LSTM can amplify rounding by orders of magnitude on strings unlike any name: there
single precision does not determine the answer, whoever computes it. Real names have no such way
out."""

BATCH_SIZES = (1, 2, 3, 5, 8, 16, 31, 32, 64, 100, 128, 256, 511, 512)


class ParityError(Exception):
    """The exported graph does not answer as the torch model does."""


@dataclass(frozen=True)
class Parity:
    """What the gate compared, the random strings it could not (see `ROUNDING`), the difference."""

    names: int
    left_out: int
    batches: int
    max_difference: float


def export(run: Run, folder: Path) -> tuple[Artifact, Parity]:
    """Write the best epoch of `run` to `folder`, if it passes the gate.

    Raises `ParityError` otherwise; `folder` is then as it was.
    """
    model = run.best_model()
    if model.ngrams:
        raise NamesError(f"{run.folder}: a teacher can't be exported: export the run it teaches")
    calibration = calibrate(run)
    vocab = Vocab(
        vocabulary=run.task.vocabulary,
        labels=run.task.labels,
        max_length=MAX_LENGTH,
        temperature=calibration.temperature,
        label_shares=calibration.label_shares,
        groups=calibration.groups,
        provenance=_provenance(run),
    )
    artifact = Artifact(to_onnx(model, vocab), vocab)
    parity = check_parity(model, NamePredictor(artifact), run)
    write_artifact(folder, artifact)
    read_artifact(folder)  # what was written is what a predictor will accept
    return artifact, parity


def to_onnx(model: NameLSTM, vocab: Vocab) -> bytes:
    """Return `model` as a checked ONNX file.

    Inputs `ids` int64 [batch, time] and `lengths` int64 [batch], each at least 1; output `logits`
    float32 [batch, labels]. What stands behind a name's length has no influence.
    """
    nodes, constants = _lstm_graph(model)
    constants, casts = _as_stored(constants)
    graph = helper.make_graph(
        [*casts, *nodes],
        "NameLSTM",
        [
            helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch", "time"]),
            helper.make_tensor_value_info("lengths", TensorProto.INT64, ["batch"]),
        ],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", len(vocab.labels)])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
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


def _lstm_graph(model: NameLSTM) -> tuple[list[NodeProto], dict[str, npt.NDArray[Any]]]:
    """Return the nodes from `ids` and `lengths` to `logits`, and their constants by name."""
    weights = {name: tensor.detach().numpy() for name, tensor in model.state_dict().items()}
    lstm = model.lstm
    directions = ("", "_reverse") if lstm.bidirectional else ("",)
    constants: dict[str, npt.NDArray[Any]] = {
        "embedding": weights["embedding.weight"],
        "linear_weight": weights["linear.weight"],
        "linear_bias": weights["linear.bias"],
    }
    nodes = [
        helper.make_node("Transpose", ["ids"], ["ids_by_time"], perm=[1, 0]),
        helper.make_node("Gather", ["embedding", "ids_by_time"], ["states_0"]),
        helper.make_node("Cast", ["lengths"], ["lengths_int32"], to=TensorProto.INT32),
    ]
    for i in range(lstm.num_layers):
        kinds = {"W": ("weight_ih",), "R": ("weight_hh",), "B": ("bias_ih", "bias_hh")}
        for kind, parts in kinds.items():
            constants[f"{kind}_{i}"] = np.stack(
                [
                    np.concatenate([_gates(weights[f"lstm.{part}_l{i}{d}"]) for part in parts])
                    for d in directions
                ]
            )
        nodes.append(
            helper.make_node(
                "LSTM",
                [f"states_{i}", f"W_{i}", f"R_{i}", f"B_{i}", "lengths_int32"],
                [f"by_direction_{i}", f"last_{i}"],
                hidden_size=lstm.hidden_size,
                direction="bidirectional" if lstm.bidirectional else "forward",
            )
        )
        if i + 1 == lstm.num_layers and not lstm.bidirectional:
            break  # the last state is all that is wanted
        # [time, directions, batch, hidden] -> [time, batch, directions * hidden]
        constants["side_by_side"] = np.array([0, 0, -1], dtype=np.int64)
        nodes += [
            helper.make_node("Transpose", [f"by_direction_{i}"], [f"moved_{i}"], perm=[0, 2, 1, 3]),
            helper.make_node("Reshape", [f"moved_{i}", "side_by_side"], [f"states_{i + 1}"]),
        ]
    if lstm.bidirectional:
        constants |= {
            "no_state": np.array(-2, dtype=np.float32),  # below any state of an LSTM
            "zero": np.array(0, dtype=np.int64),
            "one": np.array(1, dtype=np.int64),
            "last_axis": np.array([1], dtype=np.int64),
            "states_axis": np.array([2], dtype=np.int64),
        }
        nodes += [
            helper.make_node("Shape", ["ids_by_time"], ["times"], end=1),
            helper.make_node("Squeeze", ["times"], ["time"]),
            helper.make_node("Range", ["zero", "time", "one"], ["positions"]),
            helper.make_node("Unsqueeze", ["positions", "last_axis"], ["positions_by_name"]),
            helper.make_node("Less", ["positions_by_name", "lengths"], ["within"]),
            helper.make_node("Unsqueeze", ["within", "states_axis"], ["within_name"]),
            helper.make_node(
                "Where", ["within_name", f"states_{lstm.num_layers}", "no_state"], ["of_name"]
            ),
            helper.make_node("ReduceMax", ["of_name"], ["summary"], axes=[0], keepdims=0),
        ]
    else:
        constants["layer"] = np.array([0], dtype=np.int64)
        nodes.append(helper.make_node("Squeeze", [f"last_{i}", "layer"], ["summary"]))
    nodes.append(
        helper.make_node("Gemm", ["summary", "linear_weight", "linear_bias"], ["logits"], transB=1)
    )
    return nodes, constants


def _as_stored(
    constants: dict[str, npt.NDArray[Any]],
) -> tuple[dict[str, npt.NDArray[Any]], list[NodeProto]]:
    """Store matrices that 8 bits hold exactly in 8 bits; onnxruntime widens them as it loads."""
    matrices = [n for n, v in constants.items() if _is_matrix(n)]
    in_8_bits = {name: quantise(constants[name]) for name in matrices}
    if not all((q * scale == constants[n]).all() for n, (q, scale) in in_8_bits.items()):
        return constants, []
    stored = {name: value for name, value in constants.items() if name not in matrices}
    nodes = []
    for name, (steps, scale) in in_8_bits.items():
        stored |= {f"{name}_int8": steps, f"{name}_scale": scale}
        cast = helper.make_node("Cast", [f"{name}_int8"], [f"{name}_steps"], to=TensorProto.FLOAT)
        nodes += [cast, helper.make_node("Mul", [f"{name}_steps", f"{name}_scale"], [name])]
    return stored, nodes


def _is_matrix(name: str) -> bool:
    return name in ("embedding", "linear_weight") or name.startswith(("W_", "R_"))


def check_parity(model: NameLSTM, predictor: NamePredictor, run: Run) -> Parity:
    """Compare torch and onnxruntime, each from the name's text to its probabilities.

    Names: real ones from training and test part, and random strings of every length from 1 to the
    longest name's, out of the vocabulary's characters and an unknown one, in batches of 1 to 512.
    Raises `ParityError` where a probability differs by more than `TOLERANCE` or a label differs.
    """
    generator = random.Random(0)
    vocab = predictor.vocab
    exact = copy.deepcopy(model).double()
    real = [row.name for part in (run.task.split.train, run.task.split.test) for row in part]
    alphabet = [*vocab.vocabulary.characters.strip(), "\U0010ffff"]
    lengths = cycle(range(1, max(map(len, real)) + 1))
    compared, left_out, largest = 0, 0, 0.0
    for size in BATCH_SIZES:
        strings = ["".join(generator.choices(alphabet, k=next(lengths))) for _ in range(size)]
        for names in (generator.choices(real, k=size), strings):
            ours = predictor.predict_proba(names)
            usable = ~np.isnan(ours[:, 0])
            if not usable.any():
                continue
            ours = ours[usable]
            texts = [normalise(name) for name, use in zip(names, usable, strict=True) if use]
            theirs = _torch_probabilities(model, vocab, texts)
            if names is strings:
                rounding = np.abs(theirs - _torch_probabilities(exact, vocab, texts)).max(axis=1)
                determined = rounding <= ROUNDING
                left_out += int((~determined).sum())
                ours, theirs = ours[determined], theirs[determined]
            difference = float(np.abs(ours - theirs).max(initial=0))
            changed = int((ours.argmax(axis=1) != theirs.argmax(axis=1)).sum())
            if not difference <= TOLERANCE or changed:
                raise ParityError(
                    f"onnxruntime and torch differ by {difference:.1e} in a probability "
                    f"(at most {TOLERANCE:.0e} is let through) and in {changed} of {len(ours)} "
                    "labels; the artifact was not replaced"
                )
            compared += len(ours)
            largest = max(largest, difference)
    return Parity(compared, left_out, 2 * len(BATCH_SIZES), largest)


def _torch_probabilities(
    model: NameLSTM, vocab: Vocab, names: list[str]
) -> npt.NDArray[np.float32]:
    """Return probabilities in the precision of `model`, at most single."""
    ids, lengths = vocab.vocabulary.encode(names)
    logits = logits_of(model, torch.from_numpy(ids), torch.from_numpy(lengths)).numpy()
    return softmax(np.asarray(logits / vocab.temperature, dtype=np.float32))


def _gates(weights: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Reorder the gates along the first axis: torch has i, f, g, o, ONNX has i, o, f, g."""
    i, f, g, o = np.split(weights, 4)
    return np.concatenate([i, o, f, g])


def _provenance(run: Run) -> dict[str, object]:
    epochs = run.epochs()
    figures = figures_in(run.folder)
    return {
        "run": run.folder.name,
        "config": asdict(run.config),
        "corpus_fingerprint": run.task.corpus_fingerprint,
        "split_fingerprint": run.task.split.fingerprint(),
        "longest_name": max(len(row.name) for row in run.task.split.train),
        "best_epoch": asdict(best_epoch(epochs)),
        "test": figures and asdict(replace(figures, per_label=())),
        "versions": {
            "names-trainer": __version__,
            "torch": torch.__version__,
            "onnx": onnx.__version__,
        },
        "exported": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
