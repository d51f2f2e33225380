"""The contents of an artifact: labels, sizes, operators, calibration and provenance."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx

from names_predictor.artifact.manifest import SCHEMA_VERSION
from names_predictor.artifact.store import read_artifact
from names_predictor.inference.session import WordEncoder
from names_trainer.onnx_graph import PAIRS, SCALE_CODES

COVERAGE = 0.9
"""Target coverage of the prediction sets whose thresholds are shown."""


@dataclass(frozen=True)
class Group:
    """Labels calibrated together on `rows` names, with their threshold of sets of `COVERAGE`."""

    labels: tuple[str, ...]
    rows: int
    threshold: float


@dataclass(frozen=True)
class Inspection:
    """The contents of an artifact that `names inspect` shows.

    `labels` maps each label to its class prior, `weights` each type to the number of weights,
    `operators` each operator to its count in the graph and its subgraphs, most frequent first.
    `provenance` and `codes` are those of `vocab.json`.
    """

    schema_version: int
    model_bytes: int
    vocab_bytes: int
    sha256: str
    opset: int
    labels: dict[str, float]
    characters: int
    max_length: int
    normalisation: str
    temperatures: tuple[float, ...]
    weights: dict[str, int]
    operators: dict[str, int]
    conformal: tuple[Group, ...]
    provenance: Mapping[str, Any]
    codes: Mapping[str, str]


def inspect_artifact(folder: Path) -> Inspection:
    """Read the artifact in `folder`; raises `ArtifactError` if a predictor would refuse it."""
    artifact = read_artifact(folder)
    WordEncoder(artifact)  # checks the graph, and that it fits the manifest
    vocab, model = artifact.vocab, onnx.load_from_string(artifact.model)
    weights: Counter[str] = Counter()
    for graph in _graphs(model.graph):
        for tensor in graph.initializer:
            kind = onnx.TensorProto.DataType.Name(tensor.data_type).lower()
            if tensor.name == PAIRS:
                weights["int4"] += 2 * math.prod(tensor.dims)
            elif tensor.name != SCALE_CODES:
                weights[kind] += math.prod(tensor.dims)
    return Inspection(
        schema_version=SCHEMA_VERSION,
        model_bytes=len(artifact.model),
        vocab_bytes=len(artifact.manifest),
        sha256=artifact.sha256,
        opset=model.opset_import[0].version,
        labels=dict(zip(vocab.labels, vocab.class_priors, strict=True)),
        characters=len(vocab.vocabulary.characters),
        max_length=vocab.max_length,
        normalisation=vocab.normalisation,
        temperatures=vocab.temperatures,
        weights=dict(weights.most_common()),
        operators=operators(artifact.model),
        conformal=tuple(
            Group(tuple(vocab.labels[i] for i in g.labels), g.rows, g.threshold(COVERAGE))
            for g in vocab.groups
        ),
        provenance=vocab.provenance,
        codes=vocab.codes,
    )


def operators(model: bytes) -> dict[str, int]:
    """Count the operators of an ONNX file and of the graphs inside its graph."""
    graphs = _graphs(onnx.load_from_string(model).graph)
    return dict(Counter(node.op_type for graph in graphs for node in graph.node).most_common())


def _graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _graphs(attribute.g)
