"""Checkpoints: the state after an epoch, and the weights of the best one."""

import json
from collections.abc import Sequence
from dataclasses import asdict

import torch
from safetensors.torch import save
from torch import Tensor

from names_predictor.artifact.files import write_atomically
from names_predictor.errors import NamesError
from names_trainer.models.lstm import NameLSTM
from names_trainer.models.quantisation import rounded_model
from names_trainer.runs.folders import BEST_FILE, METRICS_FILE, STATE_FILE
from names_trainer.runs.run import Epoch, Run, best_epoch
from names_trainer.runs.weights import load_checkpoint, load_weights


def save_state(
    run: Run,
    model: NameLSTM,
    optimizers: Sequence[torch.optim.Optimizer],
    epochs: Sequence[Epoch],
) -> None:
    """Write the checkpoint of the last of `epochs`; writing the state, last, commits it."""
    weights = dict(model.state_dict())
    epoch = {"epoch": str(epochs[-1].epoch)}
    lines = "".join(json.dumps(asdict(e)) + "\n" for e in epochs)
    write_atomically(run.folder / METRICS_FILE, lines.encode())
    if best_epoch(epochs, run.config) is epochs[-1]:
        best = rounded_model(weights) if run.config.int8_weights else weights
        write_atomically(run.folder / BEST_FILE, save(best, epoch))
    state = weights | {
        f"{_kind(optimizer)}.{i}.{key}": torch.as_tensor(value)  # some count steps in Python
        for optimizer in optimizers
        for i, values in optimizer.state_dict()["state"].items()
        for key, value in values.items()
        if value is not None
    }
    write_atomically(run.folder / STATE_FILE, save(state, epoch))


def restore_state(
    run: Run, model: NameLSTM, optimizers: Sequence[torch.optim.Optimizer]
) -> list[Epoch]:
    """Load the last checkpoint into `model` and `optimizers`; return the epochs up to it.

    Raises:
        NamesError: A file is damaged or incomplete, or the checkpoint is that of another config.

    """
    path = run.folder / STATE_FILE
    if not path.exists():
        return []
    state, number = load_checkpoint(path)
    epochs = run.epochs()[:number]
    if len(epochs) < number:
        raise NamesError(
            f"{run.folder / METRICS_FILE}: damaged: remove the run's folder and train again"
        )
    weights: dict[str, Tensor] = {}
    states: dict[str, dict[int, dict[str, Tensor | int]]] = {}
    for key, value in state.items():
        if key.startswith("optimizer"):
            kind, i, name = key.split(".")
            of_weights = states.setdefault(kind, {}).setdefault(int(i), {})
            of_weights[name] = int(value) if value.dtype is torch.int64 else value
        else:
            weights[key] = value
    if states.keys() != {_kind(optimizer) for optimizer in optimizers}:
        raise NamesError(f"{path}: not the state of this run's config: train again")
    load_weights(model, weights, path)
    for optimizer in optimizers:
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": states[_kind(optimizer)], "param_groups": groups})
    return epochs


def _kind(optimizer: torch.optim.Optimizer) -> str:
    return f"optimizer {type(optimizer).__name__.lower()}"
