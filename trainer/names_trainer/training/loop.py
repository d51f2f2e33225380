"""One training run: batches, the loop, the test.

Every random draw comes from a generator that is seeded by the run's seed and the epoch's number,
torch's default one among them; the split is a hash (see `corpus`). So an epoch depends on the seed,
its number and the weights before it: that is what makes resuming exact.
"""

import math
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from names_predictor.encoding import PAD
from names_predictor.errors import NamesError
from names_trainer.config import TrainConfig
from names_trainer.data.dataset import Data
from names_trainer.distillation.soft_labels import read_lessons
from names_trainer.evaluation.calibration import calibrate
from names_trainer.metrics import Figures, evaluate
from names_trainer.models.lstm import NameLSTM, batches_by_length, logits_of
from names_trainer.runs.run import Epoch, Run, restore_state, save_state, save_test
from names_trainer.training.threads import fixed_threads

UNKNOWN_RATE = 0.01
"""Share of training characters that are read as unseen ones, so that their embedding is learnt."""

WARM_UP = 0.15
"""Share of a one-cycle run in which the learning rate climbs."""


def train(run: Run, on_batch: Callable[[float], None] = lambda _: None) -> Iterator[Epoch]:
    """Train `run` from where its folder stands, yielding each finished epoch.

    After each batch `on_batch` is told what share of the epoch is done. State and best
    weights are on disk before an epoch is yielded, so that the run may be cut off at any time.
    Raises `NamesError` where the loss is no longer a number.
    """
    config, task = run.config, run.task
    training = read_lessons(run) if config.teachers else task.encode_with_auxiliary()
    own = len(training.targets) if config.teachers else len(task.split.train)
    draws = task.draws(config) if config.given_dir else None
    weights = None if draws else task.weights(own, config.count_power)
    validation = task.encode(task.split.validation)
    unseen = torch.from_numpy(task.vocabulary.unseen)
    with fixed_threads():
        _seed(config, 0)
        model = task.new_model(config)
        optimizer = new_optimizer(config, model)
        epochs = restore_state(run, model, optimizer)
    for number in range(len(epochs) + 1, config.num_epochs + 1):
        with fixed_threads():  # not while the caller has the epoch
            _seed(config, number)
            if draws:
                generator = random.Random(_seed_of(config, number))
                training = task.encode(list(draws.draw(own, config.forms, generator)))
            started = time.perf_counter()
            loss, accuracy, rows = _train_epoch(
                model, optimizer, training, own, weights, unseen, config, number, on_batch
            )
            speed = rows / (time.perf_counter() - started)
            logits = logits_of(model, validation.ids, validation.words)
            validation_loss = functional.cross_entropy(logits, validation.targets).item()
        if not math.isfinite(loss + validation_loss):
            raise NamesError(
                f"epoch {number}: the loss is no number any more: try a lower --learning-rate "
                f"than {config.learning_rate}"
            )
        epoch = Epoch(
            epoch=number,
            train_loss=loss,
            train_accuracy=accuracy,
            validation_loss=validation_loss,
            validation_accuracy=_accuracy(logits, validation.targets),
            learning_rate=optimizer.param_groups[0]["lr"],
            names_per_second=speed,
        )
        epochs.append(epoch)
        save_state(run, model, optimizer, epochs)
        yield epoch


def new_optimizer(config: TrainConfig, model: nn.Module) -> torch.optim.Optimizer:
    """Return the optimizer that `config` names; weight decay is decoupled where it can be."""
    weights = list(model.parameters())
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
    """Return the learning rate when the share `progress`, below 1, of the run is done.

    `one-cycle` climbs for `WARM_UP` of the run and falls along a cosine to zero, after Smith,
    "Super-Convergence", 2018.
    """
    if config.schedule == "constant":
        return config.learning_rate
    if progress < WARM_UP:
        return config.learning_rate * max(progress / WARM_UP, 1e-3)
    return config.learning_rate * (1 + math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP))) / 2


def test(run: Run) -> Figures:
    """Score the best epoch, calibrated, on the test part; note the figures in the run's folder."""
    data = run.task.encode(run.task.split.test)
    logits = logits_of(run.best_model(), data.ids, data.words)
    probabilities = (logits / calibrate(run).temperature).softmax(dim=1)
    figures = evaluate(probabilities.numpy(), data.targets.numpy(), run.task.labels)
    save_test(run, figures)
    return figures


def _train_epoch(
    model: NameLSTM,
    optimizer: torch.optim.Optimizer,
    data: Data,
    own: int,
    weights: Tensor | None,
    unseen: Tensor,
    config: TrainConfig,
    epoch: int,
    on_batch: Callable[[float], None],
) -> tuple[float, float, int]:
    """Return mean loss and accuracy over the epoch's rows, and their number.

    `unseen` [ids] holds what each character is now and then read as: one that nobody has seen.
    Of auxiliary rows, which follow the `own` ones in `data`, an epoch has as many as of own.
    `weights` [own], if given, say how often a row is drawn.
    Batches hold names of equally many characters, so that most words of a batch are of few lengths.
    Which names of a length meet in a batch is random, and so is the order of the batches.
    """
    model.train()
    order = order_of_epoch(own, len(data.targets), weights)
    sizes = (data.ids != PAD).sum(dim=1)
    sizes = torch.where(data.words >= 0, sizes[data.words], 0).sum(dim=1)  # characters of a name
    batches = batches_by_length(sizes[order], config.batch_size)
    batches = [batches[i] for i in torch.randperm(len(batches)).tolist()]
    order = order[torch.cat(batches)]
    words, targets = data.words[order], data.targets[order]
    best_label = targets.argmax(dim=1) if targets.ndim == 2 else targets
    total_loss, hits, done = torch.zeros(()), torch.zeros((), dtype=torch.int64), 0
    for number, rows in enumerate(map(len, batches)):
        progress = (epoch - 1 + number / len(batches)) / config.num_epochs
        for group in optimizer.param_groups:
            group["lr"] = learning_rate_at(progress, config)
        batch = slice(done, done + rows)
        optimizer.zero_grad()
        is_word = words[batch] >= 0
        ids = data.ids[words[batch][is_word]]
        ids = torch.where(torch.rand(ids.shape) < UNKNOWN_RATE, unseen[ids], ids)
        number_of = torch.where(is_word, is_word.flatten().cumsum(0).view_as(is_word) - 1, -1)
        logits = of_one_list(model(ids, number_of), targets[batch], model.num_labels)
        loss = functional.cross_entropy(logits, targets[batch], reduction="sum")
        # Not the batch's mean: a name of a rare length, in a small batch, must not weigh more.
        torch.autograd.backward(loss / config.batch_size)
        optimizer.step()
        total_loss += loss.detach()
        hits += (logits.detach().argmax(dim=1) == best_label[batch]).sum()
        done += rows
        on_batch(done / len(order))
    return total_loss.item() / done, hits.item() / done, done


def order_of_epoch(own: int, rows: int, weights: Tensor | None = None) -> Tensor:
    """Return the rows of an epoch, in its order: all `own` ones, and as many of the others.

    With `weights` [own], as many own ones are drawn by weight, some more than once.
    """
    others = own + torch.randperm(rows - own)[:own]
    of_own = torch.arange(own) if weights is None else torch.multinomial(weights, own, True)
    order = torch.cat([of_own, others])
    return order[torch.randperm(len(order))]


def of_one_list(logits: Tensor, targets: Tensor, own: int) -> Tensor:
    """Return `logits` [batch, labels] without those of the list that a row's target is not in.

    The first `own` labels are one list, auxiliary ones behind them another: two tasks that share
    all but the last layer. Source: Caruana, "Multitask Learning", 1997.
    """
    if logits.shape[1] == own:
        return logits
    is_auxiliary = torch.arange(logits.shape[1]) >= own
    return logits.masked_fill(is_auxiliary != (targets >= own)[:, None], -math.inf)


def _accuracy(logits: Tensor, targets: Tensor) -> float:
    return float((logits.argmax(dim=1) == targets).double().mean())


def _seed(config: TrainConfig, epoch: int) -> None:
    torch.manual_seed(_seed_of(config, epoch))


def _seed_of(config: TrainConfig, epoch: int) -> int:
    return config.seed * 1_000_003 + config.member * 10_007 + epoch
