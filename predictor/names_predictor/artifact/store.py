"""The artifact on disk: `model.onnx` and `vocab.json`, one versioned unit, and its card.

`vocab.json` holds the SHA-256 of its `model.onnx`, so the two can't be mixed unnoticed, and one of
its own content, so that a damaged one is not believed.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

from names_predictor.artifact.files import sole_writer
from names_predictor.conformal import LabelGroup
from names_predictor.encoding import NORMALISATION, Vocabulary
from names_predictor.errors import NamesError

SCHEMA_VERSION = 4
MODEL_FILE = "model.onnx"
VOCAB_FILE = "vocab.json"
NEXT_MODEL_FILE = "model.onnx.next"
CARD_FILE = "MODEL_CARD.md"
NEXT_CARD_FILE = "MODEL_CARD.md.next"

RELEASED = Path(__file__).parents[1] / "released"
"""The folder of the model that comes with the package."""

MOST_MODEL_BYTES = 256 << 20
MOST_VOCAB_BYTES = 16 << 20
MOST_DEPTH = 16
"""Lists and objects within one another in `vocab.json`."""

LARGEST_NUMBER = 10**15
LONGEST_NAME = 1024
"""The largest `max_length`: what a batch needs grows with it."""


class ArtifactError(NamesError):
    """The artifact is missing, damaged, or made for another version of this package."""


@dataclass(frozen=True)
class Vocab:
    """What `vocab.json` says, but for the hash.

    `labels` stand in the order of the graph's outputs. `max_length` counts characters after
    normalisation. Logits are divided by `temperature` before the softmax. `label_shares` are the
    labels' shares of the training names, `groups` what prediction sets are calibrated on.
    `provenance` tells how the model was made and is for people: nothing in prediction depends on
    it.
    """

    vocabulary: Vocabulary
    labels: tuple[str, ...]
    max_length: int
    temperature: float
    label_shares: tuple[float, ...]
    groups: tuple[LabelGroup, ...]
    normalisation: str = NORMALISATION
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self, model_sha256: str) -> str:
        """Return the text of `vocab.json` for the model file with that hash."""
        content = {
            "schema_version": SCHEMA_VERSION,
            "characters": self.vocabulary.characters,
            "labels": self.labels,
            "normalisation": self.normalisation,
            "max_length": self.max_length,
            "temperature": self.temperature,
            "label_shares": self.label_shares,
            "conformal": [asdict(group) for group in self.groups],
            "sha256": model_sha256,
            "provenance": self.provenance,
        }
        content["checksum"] = checksum(content)
        return json.dumps(content, ensure_ascii=False, indent=1) + "\n"

    def metadata(self) -> dict[str, str]:
        """Return what stands in the ONNX file too, so that it explains itself when alone."""
        return {
            "schema_version": str(SCHEMA_VERSION),
            "labels": json.dumps(self.labels, ensure_ascii=False),
            "normalisation": self.normalisation,
        }


@dataclass(frozen=True)
class Artifact:
    """A checked pair: the bytes of `model.onnx` and what `vocab.json` says of them."""

    model: bytes
    vocab: Vocab

    @property
    def sha256(self) -> str:
        """The hash of the model file, which `vocab.json` holds too."""
        return hashlib.sha256(self.model).hexdigest()

    @property
    def digest(self) -> str:
        """A hash of both files: of two artifacts with one digest every answer is the same."""
        content = self.vocab.to_json(self.sha256).encode("utf-8", "surrogatepass")
        return hashlib.sha256(content).hexdigest()


def checksum(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of all that `vocab.json` holds but the checksum itself."""
    rest = {key: value for key, value in content.items() if key != "checksum"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def default_folder() -> Path:
    """Return the folder in the variable `NAMES_ARTIFACTS`, else that of the bundled model."""
    told = os.environ.get("NAMES_ARTIFACTS")
    return Path(told) if told else RELEASED


def artifact_folder(folder: str | PathLike[str] | None) -> Path:
    """Return the path of a caller's folder, without one the default.

    Raises:
        NamesError: It is no path.

    """
    if not isinstance(folder, (str, PathLike, type(None))):
        raise NamesError(f"folder: {type(folder).__name__} is no path: give that of a folder")
    if "\0" in str(folder):
        raise NamesError("folder: no path has a NUL character: give that of a folder")
    return default_folder() if folder is None else Path(folder)


def chosen_folder() -> Path:
    """Return what the command lines take by default: `artifacts` here, if it holds a model.

    `NAMES_ARTIFACTS` comes before it, the bundled model after it.
    """
    here = Path("artifacts")
    # Not of `Path`, whose methods raise where a folder may not be looked into.
    is_here = "NAMES_ARTIFACTS" not in os.environ and os.path.exists(here / VOCAB_FILE)  # noqa: PTH110
    return here if is_here else default_folder()


def read_artifact(folder: Path) -> Artifact:
    """Read and validate the artifact in `folder`.

    Raises `ArtifactError` where a file is missing, damaged or too large, the hash is another, or
    the schema or the normalisation is unknown to this version.
    """
    try:
        return _read_pair(folder)
    except ArtifactError:
        if not os.path.isdir(folder):  # noqa: PTH112
            raise
    # An export may have replaced a file between our reads: try again when none is at work.
    with sole_writer(folder):
        return _read_pair(folder)


def _read_pair(folder: Path) -> Artifact:
    content = _read(folder / VOCAB_FILE, MOST_VOCAB_BYTES)
    vocab, sha256 = _parse(content, folder / VOCAB_FILE)
    # An export cut off between its two renames leaves the new model under its next name.
    for name in (MODEL_FILE, NEXT_MODEL_FILE):
        with suppress(FileNotFoundError):
            artifact = Artifact(_read_at_most(folder / name, MOST_MODEL_BYTES), vocab)
            if artifact.sha256 == sha256:
                return artifact
    _read(folder / MODEL_FILE, MOST_MODEL_BYTES)  # a missing file has its own message
    raise ArtifactError(
        f"{folder / MODEL_FILE}: not the model that {VOCAB_FILE} describes (SHA-256 differs): "
        "export again or restore both files together"
    )


def write_artifact(folder: Path, artifact: Artifact, card: str = "") -> None:
    """Write both files to `folder`; whenever it is cut off, a whole artifact stays readable.

    The rename of `vocab.json` is the commit: before it the old pair stands, after it the new
    model is found as `model.onnx.next` until its rename. A `card` is for people and comes last; the
    old one goes before the commit, so that none stands beside a model that it doesn't describe.
    Two exports into one folder take turns.
    """
    next_model, next_vocab = folder / NEXT_MODEL_FILE, folder / f"{VOCAB_FILE}.next"
    next_card = folder / NEXT_CARD_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with sole_writer(folder):
            _end_cut_off_export(folder)
            write_synced(next_model, artifact.model)
            write_synced(next_vocab, artifact.vocab.to_json(artifact.sha256).encode())
            if card:
                write_synced(next_card, card.encode())
            (folder / CARD_FILE).unlink(missing_ok=True)
            next_vocab.replace(folder / VOCAB_FILE)
            next_model.replace(folder / MODEL_FILE)
            if card:
                next_card.replace(folder / CARD_FILE)
    except OSError as problem:
        raise ArtifactError(f"{folder}: cannot be written: {problem.strerror}") from None


def _end_cut_off_export(folder: Path) -> None:
    """Do the last rename of an export that was killed before it: its model is needed no less."""
    next_model = folder / NEXT_MODEL_FILE
    with suppress(ArtifactError):
        if next_model.exists() and _read_pair(folder).model == next_model.read_bytes():
            next_model.replace(folder / MODEL_FILE)


def write_synced(path: Path, content: bytes) -> None:
    """Write a file and see it through to the disk, so that a rename after it is safe."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path, most: int) -> bytes:
    try:
        return _read_at_most(path, most)
    except FileNotFoundError:
        raise ArtifactError(
            f"{path}: no such file: make an artifact with `names train` and `names export`, "
            "or name its folder with --artifacts"
        ) from None


def _read_at_most(path: Path, most: int) -> bytes:
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for
            raise ArtifactError(f"{path}: not a file: restore it or export again")
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            content = file.read(min(size, most) + 1)  # Python sets aside all that it is asked for
    except FileNotFoundError:
        raise
    except OSError as problem:
        raise ArtifactError(f"{path}: cannot be read: {problem.strerror}") from None
    if len(content) > most:
        raise ArtifactError(f"{path}: larger than {most:,} bytes, as no names model is")
    return content


def _parse(content: bytes, path: Path) -> tuple[Vocab, str]:
    try:
        data = json.loads(content)
        depth = _depth(data)
    except (ValueError, RecursionError) as problem:
        raise ArtifactError(f"{path}: not valid JSON: {problem}") from None
    if not isinstance(data, dict) or not isinstance(data.get("schema_version"), int):
        raise ArtifactError(f"{path}: no schema_version: this is not the vocab.json of a model")
    version = data["schema_version"]
    if version != SCHEMA_VERSION:
        remedy = "upgrade names-predictor" if version > SCHEMA_VERSION else "export the model again"
        raise ArtifactError(
            f"{path}: schema version {version}, but this version reads {SCHEMA_VERSION}: {remedy}"
        )
    if depth > MOST_DEPTH or data.get("checksum") != checksum(data):
        raise ArtifactError(f"{path}: damaged or edited by hand: restore it or export again")
    vocab = Vocab(
        vocabulary=Vocabulary(_field(data, "characters", str, path)),
        labels=tuple(_field(data, "labels", list, path)),
        max_length=_field(data, "max_length", int, path),
        temperature=_numbers([data.get("temperature")], "temperature", path)[0],
        label_shares=_numbers(_field(data, "label_shares", list, path), "label_shares", path),
        groups=tuple(_group(g, path) for g in _field(data, "conformal", list, path)),
        normalisation=_field(data, "normalisation", str, path),
        provenance=_field(data, "provenance", dict, path),
    )
    checks = {
        "characters": len(set(vocab.vocabulary.characters)) == len(vocab.vocabulary.characters),
        "labels": len(set(map(str, vocab.labels))) == len(vocab.labels) >= 2
        and all(isinstance(x, str) and x and x.isprintable() for x in vocab.labels),
        "max_length": 1 <= vocab.max_length <= LONGEST_NAME,
        "temperature": 1e-3 <= vocab.temperature <= 1e3,
        "label_shares": len(vocab.label_shares) == len(vocab.labels)
        and all(0 < share <= 1 for share in vocab.label_shares),
        "conformal": sorted(i for group in vocab.groups for i in group.labels)
        == list(range(len(vocab.labels))),
    }
    for key, valid in checks.items():
        if not valid:
            raise ArtifactError(f"{path}: bad value of {key!r}: export the model again")
    if vocab.normalisation != NORMALISATION:
        raise ArtifactError(
            f"{path}: normalisation {vocab.normalisation[:40]!r} is unknown to this version, which "
            f"has {NORMALISATION!r}: install the names-predictor that the model was made for"
        )
    return vocab, _field(data, "sha256", str, path)


def _field(data: Mapping[str, Any], key: str, kind: type | tuple[type, ...], path: Path) -> Any:
    value = data.get(key)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ArtifactError(f"{path}: {key!r} is missing or of the wrong type: export again")
    return value


def _depth(value: Any) -> int:
    if not isinstance(value, dict | list):
        return 0
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max(map(_depth, inner), default=0)


def _numbers(values: list[Any], key: str, path: Path) -> tuple[float, ...]:
    if not all(type(v) in (int, float) and abs(v) <= LARGEST_NUMBER for v in values):
        raise ArtifactError(f"{path}: {key!r} holds something that is not a number: export again")
    return tuple(map(float, values))


def _group(content: Any, path: Path) -> LabelGroup:
    if not isinstance(content, dict):
        raise ArtifactError(f"{path}: bad value of 'conformal': export the model again")
    labels = _numbers(_field(content, "labels", list, path), "labels", path)
    probabilities = _field(content, "probabilities", list, path)
    group = LabelGroup(
        tuple(map(int, labels)),
        _field(content, "rows", int, path),
        _numbers(probabilities, "probabilities", path),
    )
    whole = min(group.rows, 1) <= len(probabilities) <= group.rows <= LARGEST_NUMBER
    whole &= group.labels == labels
    if not (whole and sorted([0, *probabilities, 1]) == [0, *probabilities, 1]):
        raise ArtifactError(f"{path}: bad value of 'conformal': export the model again")
    return group
