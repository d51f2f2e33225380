"""Mutants of an artifact: of the bytes of both files, and of their fields.

A mutant depends on its number only, so it can be reproduced. More than half of the mutants have
hashes that agree with their content, as those of an attacker would: otherwise the model is rejected
before it is read.
"""

import hashlib
import json
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

import numpy as np
import onnx
from conftest import random_model
from onnx import TensorProto, helper

from names_predictor.artifact.manifest import checksum
from names_predictor.artifact.onnx_guard import OPERATORS
from names_trainer.models.quantisation import rounded_model
from names_trainer.onnx_graph.encoder import to_onnx

CHARACTERS = " '-abcdeéβк"
INTEGERS = [-(2**63), -(2**31), -1, 0, 1, 2, 3, 7, 127, 128, 255, 2**20, 2**31, 2**40, 2**63 - 1]
SIZES = [1, 2, 4, 8, 16, 64]
OTHER_VALUES: list[Any] = [
    *(None, True, -1, 0, 1, 2, 0.5, -0.0, 1e308, 10**400, float("nan"), [], {}, [[]], {"a": 1}),
    *("", "x", "\ud800", "\x1b[2J", "a\tb", "a" * 10_000, list(range(50))),
]


@dataclass(frozen=True)
class Mutant:
    """The contents of both files, their original, and whether their hashes agree."""

    model: bytes
    vocab: bytes
    original: int
    agrees: bool


def mutant(number: int) -> Mutant:
    """Return the mutant of that number."""
    random = Random(f"mutant {number}")
    original = random.randrange(len(originals()))
    model, content = originals()[original]
    other = random.choice(originals())[0]
    text = json.dumps(content, ensure_ascii=False).encode()
    match random.randrange(8):
        case 0:
            return Mutant(mutate_bytes(model, random, other), text, original, False)
        case 1:
            return Mutant(model, mutate_bytes(text, random, other), original, False)
        case 2:
            changed = json.dumps(mutate_vocab(content, random)).encode()
            return Mutant(model, changed, original, False)
        case 3:
            content = mutate_vocab(content, random)
        case 4 | 5:
            model = mutate_bytes(model, random, other)
        case _:
            model = mutate_model(model, random)
    return Mutant(model, json.dumps(sealed(model, content)).encode(), original, True)


@cache
def originals() -> tuple[tuple[bytes, dict[str, Any]], ...]:
    """Return a model of every kind that is exported, with the content of its vocab.json."""
    made = []
    for layers, kind, bits, int8 in [
        (1, {}, 32, False),
        (2, {}, 8, False),
        (1, {}, 8, True),
        (1, {"ngrams": 3}, 8, False),
        (1, {"ngrams": 3, "ngram_rows": 300}, 8, True),
    ]:
        model, vocab = random_model(CHARACTERS, 3, 4, layers, **kind)
        if bits < 32:
            model.load_state_dict(rounded_model(model.state_dict()))
        made.append((to_onnx(model, vocab, int8), json.loads(vocab.to_json(""))))
    return tuple((model, sealed(model, content)) for model, content in made)


def sealed(model: bytes, content: dict[str, Any]) -> dict[str, Any]:
    """Return `content` with hashes that agree with the model and with itself."""
    content = content | {"sha256": hashlib.sha256(model).hexdigest()}
    return content | {"checksum": checksum(content)}


def mutate_bytes(content: bytes, random: Random, other: bytes) -> bytes:
    """Flip, set, cut off, cut out, insert, double or splice in 1 to 4 places."""
    changed = bytearray(content)
    for _ in range(random.choice([1, 1, 1, 2, 4])):
        at = random.randrange(len(changed) + 1)
        end = min(len(changed), at + random.choice(SIZES))
        match random.randrange(8):
            case 0 | 1 if at < len(changed):
                changed[at] ^= 1 << random.randrange(8)
            case 2 if at < len(changed):
                changed[at] = random.choice([0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)])
            case 3:
                del changed[at:]
            case 4:
                del changed[at:end]
            case 5:
                changed[at:at] = random.randbytes(random.choice(SIZES))
            case 6:
                changed[at:at] = changed[at:end]
            case _:
                start = random.randrange(len(other))
                changed[at:end] = other[start : start + random.choice(SIZES)]
    return bytes(changed)


def mutate_vocab(content: dict[str, Any], random: Random) -> dict[str, Any]:
    """Change or remove 1 to 3 values anywhere in `vocab.json`."""
    changed: dict[str, Any] = json.loads(json.dumps(content))
    for _ in range(random.choice([1, 1, 2, 3])):
        place: Any = changed
        while keys := list(place) if isinstance(place, dict) else list(range(len(place))):
            key = random.choice(keys)
            if isinstance(place[key], dict | list) and random.random() < 0.6:
                place = place[key]
                continue
            if random.random() < 0.2:
                del place[key]
            else:
                place[key] = deepcopy(random.choice(OTHER_VALUES))
            break
    return changed


def mutate_model(content: bytes, random: Random) -> bytes:
    """Change 1 to 3 fields of the model, which stays well-formed."""
    proto = onnx.load_from_string(content)
    for _ in range(random.choice([1, 1, 2, 3])):
        graph = proto.graph
        while bodies := [a.g for node in graph.node for a in node.attribute if a.g.node]:
            if random.random() < 0.3:
                break
            graph = random.choice(bodies)
        match random.randrange(8):
            case 0 | 1 | 2 if graph.node:
                _mutate_nodes(graph, random)
            case 3 if graph.node:
                _mutate_attribute(random.choice(graph.node), random)
            case 4 | 5 if graph.initializer:
                _mutate_constant(random.choice(graph.initializer), random)
            case 6:
                value = random.choice([*graph.input, *graph.output]).type.tensor_type
                value.elem_type = random.choice([value.elem_type, random.randrange(25)])
                if value.shape.dim:
                    random.choice(value.shape.dim).dim_value = random.choice(INTEGERS)
            case _:
                _mutate_rest(proto, random)
    return bytes(proto.SerializeToString())


def _mutate_nodes(graph: onnx.GraphProto, random: Random) -> None:
    node = random.choice(graph.node)
    names = ["", *(name for one in graph.node for name in (*one.input, *one.output))]
    match random.randrange(5):
        case 0:
            node.op_type = random.choice(sorted(OPERATORS)).decode()
        case 1 if node.input:
            node.input[random.randrange(len(node.input))] = random.choice(names)
        case 2 if node.output:
            node.output[random.randrange(len(node.output))] = random.choice(names)
        case 3:
            node.input.append(random.choice(names))
        case _:
            moved = onnx.NodeProto.FromString(node.SerializeToString())
            graph.node.remove(node)
            if random.random() < 0.5:
                graph.node.insert(random.randrange(len(graph.node) + 1), moved)


def _mutate_attribute(node: onnx.NodeProto, random: Random) -> None:
    names = [
        "axis",
        "axes",
        "perm",
        "hidden_size",
        "layout",
        "keepdims",
        "to",
        "end",
        "num_outputs",
    ]
    if node.attribute and random.random() < 0.7:
        attribute = random.choice(node.attribute)
        attribute.i = random.choice(INTEGERS)
        attribute.ints[:] = random.choices(INTEGERS, k=random.randrange(5))
        attribute.type = random.choice([attribute.type, random.randrange(1, 9)])
        attribute.name = random.choice([attribute.name, attribute.name, *names])
    else:
        value = random.choice([*INTEGERS, 0.5, "reverse", [1, 0]])
        node.attribute.append(helper.make_attribute(random.choice(names), value))


def _mutate_constant(tensor: TensorProto, random: Random) -> None:
    match random.randrange(6):
        case 0 if tensor.dims:
            tensor.dims[random.randrange(len(tensor.dims))] = random.choice(INTEGERS)
        case 1:
            tensor.dims[:] = random.sample(list(tensor.dims), len(tensor.dims))
        case 2:
            tensor.data_type = random.randrange(25)
        case 3:
            start = random.randrange(len(tensor.raw_data))
            rest = len(tensor.raw_data) - start
            tensor.raw_data = (
                tensor.raw_data[:start] + random.choice([b"\0", b"\1", b"\x7f"]) * rest
            )
        case 4 if tensor.data_type == TensorProto.INT64:
            values = np.frombuffer(tensor.raw_data, np.int64).copy()
            values[random.randrange(len(values))] = random.choice(INTEGERS)
            tensor.raw_data = values.tobytes()
        case _:
            tensor.dims[:] = [1, *tensor.dims]


def _mutate_rest(proto: onnx.ModelProto, random: Random) -> None:
    match random.randrange(7):
        case 0:
            random.choice(proto.graph.node).domain = random.choice(["ai.onnx.ml", "com.microsoft"])
        case 1:
            tensor = random.choice(proto.graph.initializer)
            tensor.data_location = TensorProto.EXTERNAL
            tensor.external_data.add(key="location", value="../../etc/passwd")
        case 2:
            proto.functions.add(name="f", domain="x")
        case 3:
            proto.opset_import.add(domain="com.microsoft", version=1)
        case 4:
            proto.metadata_props[0].value = random.choice(["", "[", "null", '["a"]'])
        case 5:
            proto.opset_import[0].version = random.choice([*range(1, 27), 2**40])
            proto.ir_version = random.choice([proto.ir_version, *range(14)])
        case _:
            proto.graph.sparse_initializer.add()
