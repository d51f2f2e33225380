"""The exported model: a folder with `model.onnx` and `vocab.json`, read, checked and written."""

from names_predictor.artifact.store import (
    RELEASED,
    Artifact,
    ArtifactError,
    read_artifact,
    write_artifact,
)

__all__ = ["RELEASED", "Artifact", "ArtifactError", "read_artifact", "write_artifact"]
