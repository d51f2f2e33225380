"""The files of weights of a run."""

from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from names_predictor.errors import NamesError
from names_trainer.models.lstm import NameLSTM


def load_weights(model: NameLSTM, weights: dict[str, Tensor], path: Path) -> None:
    """Set the weights of `model`, read from `path`; raises `NamesError` if they do not fit."""
    try:
        model.load_state_dict(weights)
    except RuntimeError:
        raise NamesError(f"{path}: not the weights of this run's config: train again") from None


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read the tensors and metadata of a safetensors file.

    Raises:
        NamesError: The file is missing or damaged.

    """
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            return tensors, file.metadata() or {}
    except FileNotFoundError:
        raise NamesError(f"{path.parent}: no finished epoch yet: train it first") from None
    except (OSError, SafetensorError):
        raise NamesError(f"{path}: damaged: remove the run's folder and train again") from None


def load_checkpoint(path: Path) -> tuple[dict[str, Tensor], int]:
    """Read the tensors of a checkpoint and the number of its epoch.

    Raises:
        NamesError: The file is missing or damaged, or has no epoch.

    """
    tensors, metadata = load_tensors(path)
    if not (epoch := metadata.get("epoch", "")).isdecimal():
        raise NamesError(f"{path}: no epoch in it: train again")
    return tensors, int(epoch)
