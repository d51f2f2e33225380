"""The manifest of an artifact, `vocab.json`: its fields, validation and serialisation."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from names_predictor.conformal import LabelGroup
from names_predictor.encoding import NORMALISATION, Vocabulary
from names_predictor.errors import NamesError

SCHEMA_VERSION = 5
MOST_DEPTH = 16
"""Highest depth of nested lists and objects in the provenance."""

LARGEST_NUMBER = 10**15
MILLIONTHS = 10**6
"""Probabilities of `conformal` are stored as whole millionths, which are read fastest."""

LONGEST_LABEL = 200
"""The longest label, in characters."""

SMALLEST_PRIOR = 1e-12
LONGEST_CODE = 35
"""The longest code of a label, in characters: that of a language tag (BCP 47)."""

LONGEST_NAME = 1024
"""Highest `max_length`, which bounds the memory of a batch."""

Kind = TypeVar("Kind")


class ArtifactError(NamesError):
    """The exception for an artifact that is missing, damaged or of another version."""


@dataclass(frozen=True)
class Vocab:
    """The fields of `vocab.json`, without the hashes.

    Attributes:
        vocabulary: The characters of the model.
        labels: The labels, in the order of the outputs of the graph.
        max_length: Highest number of characters of a normalised name.
        temperatures: Divisors of the logits before the softmax, for names of 1, 2, ... words; the
            last is also that of more words.
        class_priors: Frequency of each label in the training names [labels]; `label_shares` in
            the file.
        groups: Groups of labels, by which prediction sets are calibrated; `conformal` in the file.
        normalisation: Version of `normalise` that the model was trained with.
        provenance: How the model was trained; it does not affect predictions.
        codes: ISO 639-3 codes of the labels that have one.

    """

    vocabulary: Vocabulary
    labels: tuple[str, ...]
    max_length: int
    temperatures: tuple[float, ...]
    class_priors: tuple[float, ...]
    groups: tuple[LabelGroup, ...]
    normalisation: str = NORMALISATION
    provenance: Mapping[str, Any] = field(default_factory=dict)
    codes: Mapping[str, str] = field(default_factory=dict)

    def to_json(self, model_sha256: str) -> str:
        """Return the text of `vocab.json`.

        Args:
            model_sha256: SHA-256 of the model file, in hexadecimal.

        """
        content = {
            "schema_version": SCHEMA_VERSION,
            "characters": self.vocabulary.characters,
            "labels": self.labels,
            "normalisation": self.normalisation,
            "max_length": self.max_length,
            "temperatures": self.temperatures,
            "label_shares": self.class_priors,
            "conformal": [
                {
                    "labels": group.labels,
                    "rows": group.rows,
                    "millionths": [round(p * MILLIONTHS) for p in group.probabilities],
                }
                for group in self.groups
            ],
            "sha256": model_sha256,
            "provenance": self.provenance,
        }
        if self.codes:
            content["codes"] = dict(self.codes)
        content["checksum"] = checksum(content)
        lines = (
            f" {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in content.items()
        )
        return "{\n" + ",\n".join(lines) + "\n}\n"

    def metadata(self) -> dict[str, str]:
        """Return the metadata of the ONNX file, which repeats some fields."""
        return {
            "schema_version": str(SCHEMA_VERSION),
            "labels": json.dumps(self.labels, ensure_ascii=False),
            "normalisation": self.normalisation,
        }


def checksum(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the fields of `vocab.json`, except the checksum itself."""
    rest = {key: value for key, value in content.items() if key != "checksum"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def parse_manifest(content: bytes, path: Path) -> tuple[Vocab, str]:
    """Parse and validate a `vocab.json`.

    Args:
        content: The bytes of the file.
        path: Path of the file, for errors.

    Returns:
        The fields, and the SHA-256 of the model file.

    Raises:
        ArtifactError: The content is damaged, of another version, or has an invalid value.

    """
    data = _checked_json(content, path)
    vocab = Vocab(
        vocabulary=Vocabulary(_field(data, "characters", str, path)),
        labels=tuple(_field(data, "labels", list, path)),
        max_length=_field(data, "max_length", int, path),
        temperatures=_numbers(_field(data, "temperatures", list, path), "temperatures", path),
        class_priors=_numbers(_field(data, "label_shares", list, path), "label_shares", path),
        groups=tuple(_group(g, path) for g in _field(data, "conformal", list, path)),
        normalisation=_field(data, "normalisation", str, path),
        provenance=_field(data, "provenance", dict, path),
        codes=_field(data, "codes", dict, path) if "codes" in data else {},
    )
    _check_values(vocab, "codes" in data, path)
    return vocab, _field(data, "sha256", str, path)


def _checked_json(content: bytes, path: Path) -> dict[str, Any]:
    """Return the JSON object; raises `ArtifactError` unless its version and checksum are right."""
    try:
        data = json.loads(content)
        is_whole = isinstance(data, dict) and data.get("checksum") == checksum(data)
    except (ValueError, RecursionError) as problem:
        raise ArtifactError(
            f"{path}: not valid JSON: {problem}: restore it or export again"
        ) from None
    if not isinstance(data, dict) or not isinstance(data.get("schema_version"), int):
        raise ArtifactError(f"{path}: no schema_version: this is not the vocab.json of a model")
    version = data["schema_version"]
    if version != SCHEMA_VERSION:
        again = "export the model again, or train it again if its run is as old"
        remedy = "upgrade names-predictor" if version > SCHEMA_VERSION else again
        raise ArtifactError(
            f"{path}: schema version {version}, but this version reads {SCHEMA_VERSION}: {remedy}"
        )
    if not is_whole:
        raise ArtifactError(f"{path}: damaged or edited by hand: restore it or export again")
    return data


def _check_values(vocab: Vocab, has_codes: bool, path: Path) -> None:
    """Raise `ArtifactError` for values that no export writes.

    Args:
        vocab: The fields.
        has_codes: Whether the file has the field of codes, which is then not empty.
        path: Path of the file, for errors.

    """
    checks = {
        "characters": len(set(vocab.vocabulary.characters)) == len(vocab.vocabulary.characters),
        "labels": len(set(map(str, vocab.labels))) == len(vocab.labels) >= 2
        and all(map(is_label, vocab.labels)),
        "max_length": 1 <= vocab.max_length <= LONGEST_NAME,
        "temperatures": 1 <= len(vocab.temperatures) <= vocab.max_length
        and all(1e-3 <= temperature <= 1e3 for temperature in vocab.temperatures),
        "label_shares": len(vocab.class_priors) == len(vocab.labels)
        and all(SMALLEST_PRIOR <= prior <= 1 for prior in vocab.class_priors),
        "conformal": sorted(i for group in vocab.groups for i in group.labels)
        == list(range(len(vocab.labels))),
        "provenance": _is_shallow(vocab.provenance, MOST_DEPTH),
        "codes": bool(vocab.codes) == has_codes
        and vocab.codes.keys() <= set(map(str, vocab.labels))
        and all(map(is_code, vocab.codes.values())),
    }
    for key, valid in checks.items():
        if not valid:
            raise ArtifactError(f"{path}: bad value of {key!r}: export the model again")
    if vocab.normalisation != NORMALISATION:
        raise ArtifactError(
            f"{path}: normalisation {vocab.normalisation[:40]!r} is unknown to this version, which "
            f"has {NORMALISATION!r}: install the version of names-predictor for this model"
        )


def _field(data: Mapping[str, Any], key: str, kind: type[Kind], path: Path) -> Kind:
    value = data.get(key)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ArtifactError(f"{path}: {key!r} is missing or of the wrong type: export again")
    return value


def is_label(value: Any) -> bool:
    """Whether a value can be a label: text that is printable, not blank and not too long."""
    return (
        isinstance(value, str)
        and value.isprintable()
        and bool(value.strip())
        and len(value) <= LONGEST_LABEL
    )


def is_code(value: Any) -> bool:
    """Whether a value can be the code of a label: printable, short, without spaces."""
    return (
        isinstance(value, str)
        and value.isprintable()
        and " " not in value
        and (0 < len(value) <= LONGEST_CODE)
    )


def _is_shallow(value: Any, most_depth: int) -> bool:
    """Whether lists and objects are nested `most_depth` deep at most."""
    if not isinstance(value, (dict, list)):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return most_depth > 0 and all(_is_shallow(one, most_depth - 1) for one in inner)


def _numbers(values: list[Any], key: str, path: Path) -> tuple[float, ...]:
    are_numbers = set(map(type, values)) <= {int, float}
    if not are_numbers or not all(abs(v) <= LARGEST_NUMBER for v in values):
        raise ArtifactError(f"{path}: {key!r} has a value that is not a number: export again")
    return tuple(map(float, values))


def _group(content: Any, path: Path) -> LabelGroup:
    if not isinstance(content, dict):
        raise ArtifactError(f"{path}: bad value of 'conformal': export the model again")
    labels = _field(content, "labels", list, path)
    rows = _field(content, "rows", int, path)
    millionths = _field(content, "millionths", list, path)
    if not (
        set(map(type, labels + millionths)) == {int}
        and min(rows, 1) <= len(millionths) <= rows <= LARGEST_NUMBER
        and millionths == sorted(millionths)
        and all(0 <= one <= MILLIONTHS for one in millionths[:1] + millionths[-1:])
    ):
        raise ArtifactError(f"{path}: bad value of 'conformal': export the model again")
    return LabelGroup(tuple(labels), rows, tuple(one / MILLIONTHS for one in millionths))
