"""A page of static files that runs an artifact in the browser."""

import hashlib
import json
import shutil
import sys
import tarfile
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from names_predictor.artifact.store import MODEL_FILE, Artifact
from names_predictor.encoding import (
    DEPTH,
    FIRST_CHARACTER,
    ONE_FORM,
    SEPARATORS,
    UNKNOWN,
    entities,
)
from names_predictor.errors import NamesError
from names_predictor.formats.base import HEADER
from names_predictor.formats.compression import MAGIC
from names_predictor.formats.detection import FOREIGN, ZIP
from names_predictor.inference.evidence import STEP
from names_predictor.inference.predictor import NamePredictor
from names_predictor.inference.types import Reason
from names_trainer import __version__
from names_trainer.training import processes

RUNTIME = "onnxruntime-web@1.30.0"
RUNTIME_SHA512 = (
    "ab4cbe26baedba45d2cec05610c71c55fa97db92d19a8b171c5f8269126683ca"
    "590a5cdc57bb2f35ce2b298de32f4d956fb42644c0ecd528a0a91e025c07ca61"
)
"""Of the archive that npm fetches."""

RUNTIME_FILES = {
    "package/dist/ort.wasm.bundle.min.mjs": "onnxruntime.js",
    "package/dist/ort-wasm-simd-threaded.wasm": "onnxruntime.wasm",
}
"""What the page needs of the archive, and what it is called there, where any server knows it."""

SETTINGS_FILE = "settings.json"
STATIC_FILES = ("index.html", "page.css", "page.js", "classify.js", "tables.js", "icon.svg")

REASONS: Mapping[Reason, str] = {
    "blank": "nothing is left to read",
    "undecodable": "it holds bytes that are no text",
    "too-long": "it is too long for a name",
    "unknown-script": "the model knows none of its characters",
    "malformed": "its row has another number of cells than the table",
}
"""What the page shows where there is no label."""


class PageError(NamesError):
    """The page can't be built here."""


def build_page(artifact: Artifact, folder: Path) -> None:
    """Write the page that runs `artifact` to `folder`, which is new, empty, or such a page.

    Raises `PageError` where npm or the folder does not serve, `ArtifactError` for a bad artifact.
    """
    NamePredictor(artifact, threads=1)  # refuses what could not be used
    strangers = folder.is_dir() and any(folder.iterdir()) and not (folder / SETTINGS_FILE).exists()
    if strangers or (folder.exists() and not folder.is_dir()):
        raise PageError(f"{folder}: holds something else: name a new or empty folder")
    with TemporaryDirectory() as scratch:
        runtime = _runtime(Path(scratch))
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in runtime.items():
            (folder / name).write_bytes(content)
    for name in STATIC_FILES:
        (folder / name).write_bytes((files("names_trainer.page") / "files" / name).read_bytes())
    (folder / MODEL_FILE).write_bytes(artifact.model)
    text = json.dumps(_settings(artifact), ensure_ascii=False, indent=1)
    (folder / SETTINGS_FILE).write_text(text + "\n", encoding="utf-8")


def _settings(artifact: Artifact) -> dict[str, Any]:
    """Return all that the page must know of the artifact, and of Python's text."""
    vocab = artifact.vocab
    return {
        "version": __version__,
        "sha256": artifact.sha256,
        "labels": vocab.labels,
        "label_shares": vocab.class_priors,
        "temperature": vocab.temperature,
        "max_length": vocab.max_length,
        "characters": vocab.vocabulary.characters,
        "separators": SEPARATORS,
        "step": STEP,
        "telling": vocab.vocabulary.is_informative.nonzero()[0].tolist(),
        "unknown": UNKNOWN,
        "first_character": FIRST_CHARACTER,
        "stand_ins": [
            [fallback, span.start, span.stop]
            for fallback, spans in vocab.vocabulary.fallbacks.items()
            for span in spans
        ],
        "one_form": {chr(code): form or "" for code, form in ONE_FORM.items()},
        "entities": entities(),
        "depth": DEPTH,
        "white_space": "".join(filter(str.isspace, map(chr, range(sys.maxunicode + 1)))),
        "reasons": REASONS,
        "header": HEADER,
        "foreign": [
            [offset, list(magic), what]
            for offset, magic, what in (
                (0, ZIP, "an Excel workbook or another zip archive"),
                *((offset, magic, what) for offset, magic, what, _ in FOREIGN),
                *((0, magic, f"compressed ({kind})") for magic, kind in MAGIC.items()),
            )
            if not magic.isalnum()
        ],
    }


def _runtime(scratch: Path) -> dict[str, bytes]:
    """Fetch onnxruntime-web with npm, from its cache where it can, and return the page's files."""
    npm = shutil.which("npm")
    if not npm:
        raise PageError("npm: not found: install Node.js, which has it, and try again")
    command = [npm, "pack", RUNTIME, "--prefer-offline", "--pack-destination", str(scratch)]
    code, output = processes.run(command, scratch)
    archives = list(scratch.glob("*.tgz"))
    if code or len(archives) != 1:
        errors = [line for line in output.splitlines() if "error" in line.lower()]
        what = errors[0] if errors else f"exit code {code}"
        raise PageError(f"npm pack {RUNTIME}: {what}: repair npm or the network and try again")
    if hashlib.sha512(archives[0].read_bytes()).hexdigest() != RUNTIME_SHA512:
        raise PageError(
            f"npm pack {RUNTIME}: not the archive that was published: see your registry"
        )
    with tarfile.open(archives[0]) as archive:
        members = {name: archive.extractfile(name) for name in RUNTIME_FILES}
        return {RUNTIME_FILES[name]: file.read() for name, file in members.items() if file}
