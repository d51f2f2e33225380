"""A page of static files that runs an artifact in the browser."""

import gzip
import hashlib
import json
import shutil
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from jinja2 import Environment, StrictUndefined

from names_predictor.artifact.files import write_atomically
from names_predictor.artifact.store import MODEL_FILE, Artifact
from names_predictor.conformal import thresholds
from names_predictor.encoding import (
    ESCAPE_DEPTH,
    FIRST_CHARACTER,
    ONE_FORM,
    SEPARATORS,
    SYMBOLS,
    UNKNOWN,
    entities,
)
from names_predictor.errors import NamesError
from names_predictor.formats.columns import HEADER
from names_predictor.formats.compression import MAGIC
from names_predictor.formats.detection import FOREIGN, MARKUP
from names_predictor.inference.evidence import STEP
from names_predictor.inference.predictor import NamePredictor
from names_predictor.inference.types import Reason
from names_trainer import __version__
from names_trainer.page.examples import COVERAGE, MIN_PROBABILITY, examples_for, explanation_of
from names_trainer.page.picture import HEIGHT, WIDTH, can_be_drawn, draw_picture
from names_trainer.page.world import homes_of, land_rows
from names_trainer.training import processes

RUNTIME = "onnxruntime-web@1.30.0"
RUNTIME_SHA512 = (
    "ab4cbe26baedba45d2cec05610c71c55fa97db92d19a8b171c5f8269126683ca"
    "590a5cdc57bb2f35ce2b298de32f4d956fb42644c0ecd528a0a91e025c07ca61"
)
"""Hash of the archive that npm fetches."""

SCRIPT_FILE, WASM_FILE = "onnxruntime.js", "onnxruntime.wasm.gzip"
RUNTIME_FILES = {
    "package/dist/ort.wasm.bundle.min.mjs": SCRIPT_FILE,
    "package/dist/ort-wasm-simd-threaded.wasm": WASM_FILE,
}
"""Files of the archive, and their names in the page.

The WebAssembly is stored compressed, 3.7 MB instead of 14, and the page unpacks it. No server takes
the ending of its name for an encoding.
"""

SETTINGS_FILE, PICTURE_FILE, INDEX_FILE = "settings.json", "share.png", "index.html"
STATIC_FILES = (
    "page.css",
    "answer.css",
    "page.js",
    "answer.js",
    "classify.js",
    "dom.js",
    "file.js",
    "load.js",
    "many.js",
    "map.js",
    "tables.js",
    "texts.js",
    "workbook.js",
    "icon.svg",
)

REASONS: Mapping[Reason, str] = {
    "blank": "nothing is left to read",
    "undecodable": "it holds bytes that are no text",
    "too-long": "it is too long for a name",
    "unknown-script": "the model knows none of its characters",
    "malformed": "its row has another number of cells than the table, or its name is no text",
}
"""Texts of the page for names without a label, after "No label: "."""


class PageError(NamesError):
    """The exception for a page that cannot be built."""


@dataclass(frozen=True)
class PageOptions:
    """Options of a page.

    Attributes:
        examples: Names to click on.
        url: The address that the page will have; previews of links need it.
        home: The address of the project.

    Raises:
        PageError: An address has another scheme than http or https.

    """

    examples: tuple[str, ...] = ()
    url: str = ""
    home: str = ""

    def __post_init__(self) -> None:
        """Check the addresses."""
        for option in ("url", "home"):
            address = getattr(self, option)
            if address and not address.startswith(("https://", "http://")):
                raise PageError(f"--{option} {address!r}: begins neither with https:// nor http://")


def build_page(artifact: Artifact, folder: Path, options: PageOptions | None = None) -> None:
    """Write the page that runs an artifact.

    Args:
        artifact: The artifact.
        folder: Folder of the page: new, empty, or with an older page.
        options: Options of the page.

    Raises:
        ArtifactError: The artifact can't be used.
        NamesError: An example gets no label, or a file cannot be written.
        PageError: npm fails, or the folder holds other files.

    """
    options = options or PageOptions()
    predictor = NamePredictor(artifact)
    is_other = folder.is_dir() and any(folder.iterdir()) and not (folder / SETTINGS_FILE).exists()
    if is_other or (folder.exists() and not folder.is_dir()):
        raise PageError(f"{folder}: holds something else: name a new or empty folder")
    examples = [
        explanation_of(predictor, name) for name in examples_for(predictor, options.examples)
    ]
    with TemporaryDirectory() as scratch:
        contents = runtime_files(Path(scratch))
    contents[MODEL_FILE] = artifact.model
    homes = homes_of(artifact.vocab.labels)
    title = "What language is this name?" if homes else "Which label fits this name?"
    kinds = "languages and peoples" if homes else "labels"
    settings = _settings(artifact) | {
        "homes": homes,
        "examples": examples,
        "sizes": {name: len(content) for name, content in contents.items()},
    }
    text = json.dumps(settings, ensure_ascii=False, separators=(",", ":"))
    contents[SETTINGS_FILE] = f"{text}\n".encode()
    contents[INDEX_FILE] = _index(artifact, options, title, kinds).encode()
    drawn = next(filter(can_be_drawn, examples), None)
    contents[PICTURE_FILE] = draw_picture(title, drawn, homes)
    for name in STATIC_FILES:
        contents[name] = _file(name)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        write_atomically(folder / name, content)


def _file(name: str) -> bytes:
    return (files("names_trainer.page") / "files" / name).read_bytes()


def _index(artifact: Artifact, options: PageOptions, title: str, kinds: str) -> str:
    """Return the HTML, with the metadata for search engines and previews of links."""
    labels = artifact.vocab.labels
    url = options.url and options.url.rstrip("/") + "/"
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    return environment.from_string(_file(INDEX_FILE).decode()).render(
        title=title,
        promise=f"Type a name and see which of {len(labels)} {kinds} it fits, "
        "how sure that is, and why.",
        url=url,
        picture=f"{url}{PICTURE_FILE}",
        width=WIDTH,
        height=HEIGHT,
        home=options.home,
        version=__version__,
        model=artifact.sha256[:12],
        labels=labels,
        modules=[name for name in STATIC_FILES if name.endswith(".js")],
    )


def _settings(artifact: Artifact) -> dict[str, Any]:
    """Return the settings of the artifact, and the tables of Python's normaliser."""
    vocab = artifact.vocab
    return {
        "labels": vocab.labels,
        "sha256": artifact.sha256,
        "thresholds": thresholds(vocab.groups, len(vocab.labels), COVERAGE).astype(float).tolist(),
        "min_probability": MIN_PROBABILITY,
        "land": land_rows(),
        "class_priors": vocab.class_priors,
        "temperatures": vocab.temperatures,
        "max_length": vocab.max_length,
        "characters": vocab.vocabulary.characters,
        "separators": SEPARATORS,
        "symbols": SYMBOLS,
        "step": STEP,
        "informative": vocab.vocabulary.is_informative.nonzero()[0].tolist(),
        "unknown": UNKNOWN,
        "first_character": FIRST_CHARACTER,
        "fallbacks": [
            [fallback, span.start, span.stop]
            for fallback, spans in vocab.vocabulary.fallbacks.items()
            for span in spans
        ],
        "one_form": {chr(code): form or "" for code, form in ONE_FORM.items()},
        "entities": entities(),
        "depth": ESCAPE_DEPTH,
        "white_space": "".join(filter(str.isspace, map(chr, range(sys.maxunicode + 1)))),
        "reasons": REASONS,
        "header": HEADER.replace(r"[^\W_]", r"[\p{L}\p{N}]"),  # JavaScript's \W knows ASCII only
        "markup": MARKUP.decode("latin-1"),
        "foreign": [
            [offset, list(magic), what, magic.isalnum()]
            for offset, magic, what in (
                *((offset, magic, what) for offset, magic, what, _ in FOREIGN),
                *((0, magic, f"compressed ({kind})") for magic, kind in MAGIC.items()),
            )
        ],
    }


def runtime_files(scratch: Path) -> dict[str, bytes]:
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
        contents = {RUNTIME_FILES[name]: file.read() for name, file in members.items() if file}
    contents[WASM_FILE] = gzip.compress(contents[WASM_FILE], mtime=0)
    return contents
