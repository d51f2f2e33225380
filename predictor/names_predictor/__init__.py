"""Classify names by language, or by any other labels, with a small ONNX model.

    from names_predictor import NamePredictor

    predictor = NamePredictor.load()
    predictor.predict(["Papadopoulos"])[0].label

Submodules are imported on first use, so that `import names_predictor` is fast.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from names_predictor.artifact.manifest import ArtifactError
    from names_predictor.engines.labeller import NameLabeller
    from names_predictor.errors import NamesError
    from names_predictor.inference.predictor import NamePredictor
    from names_predictor.inference.types import Prediction

__all__ = [
    "ArtifactError",
    "NameLabeller",
    "NamePredictor",
    "NamesError",
    "Prediction",
    "__version__",
]
__version__ = "0.2.0.dev0"

_home = {
    "ArtifactError": "artifact.manifest",
    "NameLabeller": "engines.labeller",
    "NamesError": "errors",
    "NamePredictor": "inference.predictor",
    "Prediction": "inference.types",
}


def __getattr__(name: str) -> Any:
    if name not in _home:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_home[name]}"), name)
