"""The artifact on disk: `model.onnx` and `vocab.json`, one versioned unit, and its card.

`vocab.json` holds the SHA-256 of its `model.onnx`, so the two can't be mixed unnoticed, and one of
its own content, so that a damaged one is not believed.
"""

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path

from names_predictor.artifact.files import sole_writer, write_synced
from names_predictor.artifact.hub import Address, address_of, download, pinned
from names_predictor.artifact.manifest import ArtifactError, Vocab, parse_manifest
from names_predictor.errors import NamesError

MODEL_FILE = "model.onnx"
VOCAB_FILE = "vocab.json"
NEXT_MODEL_FILE = "model.onnx.next"
CARD_FILE = "MODEL_CARD.md"
NEXT_CARD_FILE = "MODEL_CARD.md.next"

RELEASED = Path(__file__).parents[1] / "released"
"""The folder of the model that comes with the package."""

MOST_MODEL_BYTES = 256 << 20
MOST_VOCAB_BYTES = 16 << 20


@dataclass(frozen=True)
class Artifact:
    """A checked pair: the bytes of `model.onnx` and the fields of its `vocab.json`.

    `source` is the pinned address of a model from the Hub, empty for one from a folder.
    """

    model: bytes
    vocab: Vocab
    source: str = field(default="", compare=False)

    @property
    def sha256(self) -> str:
        """The hash of the model file, which `vocab.json` holds too."""
        return hashlib.sha256(self.model).hexdigest()

    @property
    def digest(self) -> str:
        """A hash of both files: two artifacts with one digest give the same predictions."""
        content = self.vocab.to_json(self.sha256).encode("utf-8", "surrogatepass")
        return hashlib.sha256(content).hexdigest()


def default_folder() -> Path:
    """Return the folder in the variable `NAMES_ARTIFACTS`, else that of the bundled model."""
    given = os.environ.get("NAMES_ARTIFACTS")
    return Path(given) if given else RELEASED


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
    """Read and validate the artifact in `folder`, or at an address `hf://owner/model@commit`.

    Raises:
        ArtifactError: A file is missing, damaged or too large, the hash is another, or the schema
            or the normalisation is unknown to this version.
        NamesError: An address cannot be downloaded.

    """
    if address := address_of(folder):
        return _read_shared(pinned(address))
    try:
        return _read_pair(folder)
    except ArtifactError:
        if not os.path.isdir(folder):  # noqa: PTH112
            raise
    # An export may have replaced a file between our reads: try again when none is at work.
    with sole_writer(folder):
        return _read_pair(folder)


def _read_shared(address: Address) -> Artifact:
    folder = download(address, {VOCAB_FILE: MOST_VOCAB_BYTES, MODEL_FILE: MOST_MODEL_BYTES})
    try:
        return replace(read_artifact(folder), source=str(address))
    except ArtifactError as problem:
        again = f"to download it again, delete {folder.parents[1]}"
        raise ArtifactError(f"{address}: {problem}; {again}") from None


def _read_pair(folder: Path) -> Artifact:
    content = _read(folder / VOCAB_FILE, MOST_VOCAB_BYTES)
    vocab, sha256 = parse_manifest(content, folder / VOCAB_FILE)
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

    Raises:
        ArtifactError: The folder cannot be written.

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
