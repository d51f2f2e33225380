"""One training run: batches, the loop, the test.

Every random draw but the split's (a hash, see `corpus`) comes from torch's default generator,
which `_seed` sets once before the weights are made and again before each epoch. So an epoch
depends on the seed, its number and the weights before it: that is what makes resuming exact.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from names_predictor.encoding import UNKNOWN
from names_predictor.errors import NamesError
from names_trainer.evaluation import Figures, evaluate
from names_trainer.model import NameLSTM, batches_by_length, logits_of
from names_trainer.runs import (
    Data,
    Epoch,
    Optimizer,
    Run,
    TrainConfig,
    restore_state,
    save_state,
    save_test,
)

UNKNOWN_RATE = 0.01
"""Share of training characters that are read as unknown, so that its embedding is learnt."""

OPTIMIZERS: dict[Optimizer, Callable[..., torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "nadam": torch.optim.NAdam,
    "radam": torch.optim.RAdam,
    "rmsprop": torch.optim.RMSprop,
    "sgd": torch.optim.SGD,
}
_OPTIMIZER_OPTIONS: dict[Optimizer, dict[str, Any]] = {
    "adam": {"fused": True},
    "adamw": {"fused": True},
    "nadam": {"decoupled_weight_decay": True},
    "radam": {"decoupled_weight_decay": True},
    "sgd": {"momentum": 0.9},
}


def train(run: Run, on_batch: Callable[[int], None] = lambda _: None) -> Iterator[Epoch]:
    """Train `run` from where its folder stands, yielding each finished epoch.

    After each batch `on_batch` is told how many names of the epoch are done. State and best
    weights are on disk before an epoch is yielded, so that the run may be cut off at any time.
    Raises `NamesError` where the loss is no longer a number.
    """
    config, task = run.config, run.task
    torch.use_deterministic_algorithms(True)
    training, validation = task.encode(task.split.train), task.encode(task.split.validation)
    _seed(config.seed, 0)
    model = task.new_model(config)
    optimizer = new_optimizer(config, model)
    epochs = restore_state(run, model, optimizer)
    for number in range(len(epochs) + 1, config.num_epochs + 1):
        _seed(config.seed, number)
        started = time.perf_counter()
        loss, accuracy = _train_epoch(model, optimizer, training, config.batch_size, on_batch)
        speed = len(training.targets) / (time.perf_counter() - started)
        logits = logits_of(model, validation.ids, validation.lengths)
        validation_loss = functional.cross_entropy(logits, validation.targets).item()
        if not validation_loss < float("inf"):
            raise NamesError(
                f"epoch {number}: the loss is {validation_loss}: try a lower --learning-rate "
                f"than {config.learning_rate}"
            )
        epoch = Epoch(
            epoch=number,
            train_loss=loss,
            train_accuracy=accuracy,
            validation_loss=validation_loss,
            validation_accuracy=_accuracy(logits, validation.targets),
            learning_rate=config.learning_rate,
            names_per_second=speed,
        )
        epochs.append(epoch)
        save_state(run, model, optimizer, epochs)
        yield epoch


def new_optimizer(config: TrainConfig, model: nn.Module) -> torch.optim.Optimizer:
    """Return the optimizer that `config` names for the weights of `model`."""
    return OPTIMIZERS[config.optimizer](
        model.parameters(),
        lr=config.learning_rate,
        weight_decay=config.weight_decay,
        **_OPTIMIZER_OPTIONS.get(config.optimizer, {}),
    )


def test(run: Run) -> Figures:
    """Score the best epoch on the test part; the figures are noted in the run's folder."""
    data = run.task.encode(run.task.split.test)
    probabilities = logits_of(run.best_model(), data.ids, data.lengths).softmax(dim=1)
    figures = evaluate(probabilities.numpy(), data.targets.numpy(), run.task.labels)
    save_test(run, figures)
    return figures


def _train_epoch(
    model: NameLSTM,
    optimizer: torch.optim.Optimizer,
    data: Data,
    batch_size: int,
    on_batch: Callable[[int], None],
) -> tuple[float, float]:
    """Return mean loss and accuracy over the epoch's rows.

    Batches hold names of one length: no step of the LSTM is spent on padding. Which names of a
    length meet in a batch is random, and so is the order of the batches.
    """
    model.train()
    order = torch.randperm(len(data.targets))
    ids, lengths, targets = (tensor[order] for tensor in data)
    ids.masked_fill_((torch.rand(ids.shape) < UNKNOWN_RATE) & (ids > UNKNOWN), UNKNOWN)
    batches = batches_by_length(lengths, batch_size)
    total_loss, hits, done = torch.zeros(()), torch.zeros((), dtype=torch.int64), 0
    for i in torch.randperm(len(batches)).tolist():
        rows = batches[i]
        logits = model(ids[rows, : lengths[rows[0]]])
        loss = functional.cross_entropy(logits, targets[rows])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        total_loss += loss.detach() * len(rows)
        hits += (logits.detach().argmax(dim=1) == targets[rows]).sum()
        done += len(rows)
        on_batch(done)
    return total_loss.item() / done, hits.item() / done


def _accuracy(logits: Tensor, targets: Tensor) -> float:
    return float((logits.argmax(dim=1) == targets).double().mean())


def _seed(seed: int, epoch: int) -> None:
    torch.manual_seed(seed * 1_000_003 + epoch)
