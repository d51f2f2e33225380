"""Train a character LSTM on a folder of names and export it for `names_predictor`.

    from names_trainer import NameClassifier

    NameClassifier().fit(names, labels).predict(["Papadopoulos"])

`NameClassifier` is imported on first use, so that `names --help` imports neither torch nor
scikit-learn.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from names_trainer.classifier import NameClassifier

__all__ = ["NameClassifier", "__version__"]
__version__ = "0.2.0.dev0"


def __getattr__(name: str) -> Any:
    if name != "NameClassifier":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from names_trainer.classifier import NameClassifier

    return NameClassifier
