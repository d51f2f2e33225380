"""The optimisers and the learning-rate schedule."""

import math
from typing import Any

import torch
from torch import nn

from names_trainer.config import TrainConfig

WARM_UP = 0.15
"""Fraction of a one-cycle run in which the learning rate rises."""


def new_optimizers(config: TrainConfig, model: nn.Module) -> list[torch.optim.Optimizer]:
    """Return the optimizer `config.optimizer`, with decoupled weight decay if it supports that.

    A table with sparse gradients gets SparseAdam, which changes only the rows of a batch.
    """
    tables = [m.weight for m in model.modules() if isinstance(m, nn.Embedding) and m.sparse]
    weights = [p for p in model.parameters() if all(p is not table for table in tables)]
    optimizers = [_new_optimizer(config, weights)]
    if tables:
        optimizers.append(torch.optim.SparseAdam(tables, lr=config.learning_rate))
    return optimizers


def _new_optimizer(config: TrainConfig, weights: list[nn.Parameter]) -> torch.optim.Optimizer:
    settings: dict[str, Any] = {"lr": config.learning_rate, "weight_decay": config.weight_decay}
    match config.optimizer:
        case "adam":
            return torch.optim.Adam(weights, fused=True, **settings)
        case "adamw":
            return torch.optim.AdamW(weights, fused=True, **settings)
        case "nadam":
            return torch.optim.NAdam(weights, decoupled_weight_decay=True, **settings)
        case "radam":
            return torch.optim.RAdam(weights, decoupled_weight_decay=True, **settings)
        case "rmsprop":
            return torch.optim.RMSprop(weights, **settings)
        case "sgd":
            return torch.optim.SGD(weights, momentum=0.9, fused=True, **settings)


def learning_rate_at(progress: float, config: TrainConfig) -> float:
    """Return the learning rate at a point of the run.

    The schedule `one-cycle` rises linearly during `WARM_UP` and falls along a cosine to zero.
    Source: Smith and Topin, "Super-Convergence", 2018.

    Args:
        progress: Finished fraction of the run, below 1.
        config: Settings of the run.

    """
    if config.schedule == "constant":
        return config.learning_rate
    if progress < WARM_UP:
        return config.learning_rate * max(progress / WARM_UP, 1e-3)
    return config.learning_rate * (1 + math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP))) / 2
