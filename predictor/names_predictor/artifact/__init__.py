"""The artifact on disk: manifest, reading and writing, and the check of the ONNX file.

Submodules are imported on first use, so that locking a folder does not import numpy.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from names_predictor.artifact.files import sole_writer, write_atomically
    from names_predictor.artifact.manifest import ArtifactError, Vocab
    from names_predictor.artifact.onnx_guard import check_graph
    from names_predictor.artifact.store import (
        Artifact,
        chosen_folder,
        default_folder,
        read_artifact,
        write_artifact,
    )

__all__ = [
    "Artifact",
    "ArtifactError",
    "Vocab",
    "check_graph",
    "chosen_folder",
    "default_folder",
    "read_artifact",
    "sole_writer",
    "write_artifact",
    "write_atomically",
]

_home = {
    "Artifact": "store",
    "ArtifactError": "manifest",
    "Vocab": "manifest",
    "check_graph": "onnx_guard",
    "chosen_folder": "store",
    "default_folder": "store",
    "read_artifact": "store",
    "sole_writer": "files",
    "write_artifact": "store",
    "write_atomically": "files",
}


def __getattr__(name: str) -> Any:
    if name not in _home:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_home[name]}"), name)
