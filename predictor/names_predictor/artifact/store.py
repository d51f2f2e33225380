"""Reading and writing artifacts: `model.onnx`, `vocab.json` and the model card.

`vocab.json` has the SHA-256 of `model.onnx`, so that files of two artifacts cannot be mixed, and a
checksum of its own content.
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

RELEASED = Path(__file__).parents[1] / "released"
"""Folder of the bundled model."""

MOST_MODEL_BYTES = 256 << 20
MOST_VOCAB_BYTES = 16 << 20


@dataclass(frozen=True)
class Artifact:
    """A validated artifact.

    Attributes:
        model: The bytes of `model.onnx`.
        vocab: The fields of `vocab.json`.
        source: The pinned address of a model from the Hub; empty for one from a folder.
        digest: The SHA-256 of `vocab.json`, which has that of `model.onnx`; empty for an artifact
            that was not read. Artifacts with equal digests give equal predictions.

    """

    model: bytes
    vocab: Vocab
    source: str = field(default="", compare=False)
    digest: str = field(default="", compare=False)

    @property
    def sha256(self) -> str:
        """The SHA-256 of the model file."""
        return hashlib.sha256(self.model).hexdigest()

    @property
    def manifest(self) -> bytes:
        """The bytes of `vocab.json`."""
        return self.vocab.to_json(self.sha256).encode()


def default_folder() -> Path:
    """Return the folder in the environment variable `NAMES_ARTIFACTS`, or the bundled model's."""
    given = os.environ.get("NAMES_ARTIFACTS")
    return Path(given) if given else RELEASED


def artifact_folder(folder: str | PathLike[str] | None) -> Path:
    """Return the path of a folder, or `default_folder()` for None.

    Raises:
        NamesError: The folder is not a path.

    """
    if not isinstance(folder, (str, PathLike, type(None))):
        raise NamesError(f"folder: {type(folder).__name__} is not a path: give that of a folder")
    try:
        has_nul = b"\0" in os.fsencode(folder or "")
    except UnicodeEncodeError:  # a lone surrogate
        has_nul = True
    if has_nul:
        raise NamesError("folder: not a path of this system: give that of a folder")
    return default_folder() if folder is None else Path(folder)


def chosen_folder() -> Path:
    """Return the default folder of the command lines.

    It is `NAMES_ARTIFACTS`, or `artifacts` in the current folder if that has a model, or the
    bundled model's.
    """
    here = Path("artifacts")
    try:
        is_here = bool((here / VOCAB_FILE).stat())
    except PermissionError:  # of `artifacts`: its model must not be replaced by the bundled one
        is_here = os.path.lexists(here)  # not if it is the current folder that cannot be read
    except OSError:
        is_here = False
    return here if is_here and "NAMES_ARTIFACTS" not in os.environ else default_folder()


def read_artifact(folder: Path) -> Artifact:
    """Read and validate an artifact.

    Args:
        folder: Folder of the artifact, or an address `hf://owner/model@commit`.

    Raises:
        ArtifactError: A file is missing, damaged or too large, the hash differs, or the schema or
            the normalisation is unknown to this version.
        NamesError: An address cannot be downloaded.

    """
    if address := address_of(folder):
        return _read_shared(pinned(address))
    try:
        return _read_pair(folder)
    except ArtifactError:
        if not os.path.isdir(folder):  # noqa: PTH112
            raise
    # An export may have replaced a file between the reads: read again under its lock.
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
    content = read_at_most(folder / VOCAB_FILE, MOST_VOCAB_BYTES)
    vocab, sha256 = parse_manifest(content, folder / VOCAB_FILE)
    # An export that was interrupted between its two renames leaves the model as model.onnx.next.
    for name in (MODEL_FILE, NEXT_MODEL_FILE):
        # Unlike `Path.exists`, os.path.exists does not raise without permission.
        if os.path.exists(folder / name):  # noqa: PTH110
            artifact = Artifact(read_at_most(folder / name, MOST_MODEL_BYTES), vocab)
            if artifact.sha256 == sha256:
                return replace(artifact, digest=hashlib.sha256(content).hexdigest())
    read_at_most(folder / MODEL_FILE, MOST_MODEL_BYTES)  # a missing file has its own message
    raise ArtifactError(
        f"{folder / MODEL_FILE}: not the model that {VOCAB_FILE} describes (SHA-256 differs): "
        "export again or restore both files together"
    )


def write_artifact(folder: Path, artifact: Artifact, card: str = "") -> None:
    """Write an artifact; if interrupted at any point, the old or the new one stays readable.

    The rename of `vocab.json` commits: before it the old pair is read, after it the new one, whose
    model is `model.onnx.next` until its own rename. The old card is removed before the commit and
    the new one written after it, so that no card is next to a model that it does not describe. The
    folder is locked, so two exports wait for each other.

    Args:
        folder: Folder of the artifact; it is created if it is missing.
        artifact: The artifact.
        card: The model card, in Markdown; "" for none.

    Raises:
        ArtifactError: The folder cannot be written.

    """
    next_model, next_vocab = folder / NEXT_MODEL_FILE, folder / f"{VOCAB_FILE}.next"
    next_card = folder / f"{CARD_FILE}.next"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with sole_writer(folder):
            _end_cut_off_export(folder)
            new = {next_model: artifact.model, next_vocab: artifact.manifest}
            if card:
                new[next_card] = card.encode()
            try:
                for path, content in new.items():
                    write_synced(path, content)
            except OSError:  # such as a full disk
                for path in new:
                    path.unlink(missing_ok=True)
                raise
            (folder / CARD_FILE).unlink(missing_ok=True)
            next_vocab.replace(folder / VOCAB_FILE)
            next_model.replace(folder / MODEL_FILE)
            if card:
                next_card.replace(folder / CARD_FILE)
    except OSError as problem:
        raise ArtifactError(f"{folder}: cannot be written: {problem.strerror}") from None


def _end_cut_off_export(folder: Path) -> None:
    """Do the last rename of an interrupted export, whose model is the current one."""
    next_model = folder / NEXT_MODEL_FILE
    with suppress(ArtifactError):
        if next_model.exists() and _read_pair(folder).model == next_model.read_bytes():
            next_model.replace(folder / MODEL_FILE)


def read_at_most(path: Path, most: int) -> bytes:
    """Read a file of at most `most` bytes; raises `ArtifactError` if that is not possible."""
    try:
        if path.exists() and not path.is_file():  # reading a pipe would block
            raise ArtifactError(f"{path}: not a file: restore it or export again")
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            content = file.read(min(size, most) + 1)  # Python allocates the requested size
    except FileNotFoundError:
        if not path.parent.exists():
            raise ArtifactError(
                f"{path.parent}: no such folder: give the folder of a model"
            ) from None
        raise ArtifactError(
            f"{path}: no such file: make an artifact with `names train` and `names export`, "
            "or name the folder of one"
        ) from None
    except OSError as problem:
        raise ArtifactError(f"{path}: cannot be read: {problem.strerror}") from None
    if len(content) > most:
        raise ArtifactError(f"{path}: larger than {most:,} bytes: export it again")
    return content
