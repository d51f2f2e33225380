"""The training loop.

Every random generator is seeded by the seed of the run and the number of the epoch. An epoch
therefore depends only on these and the weights before it, and a resumed run equals one that was
not interrupted.
"""

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from names_predictor.encoding import PAD
from names_predictor.errors import NamesError
from names_trainer.config import TrainConfig
from names_trainer.data.dataset import EncodedNames, fallback_ids
from names_trainer.models.lstm import NameLSTM, batches_by_length, logits_of, new_model
from names_trainer.models.threads import fixed_threads
from names_trainer.runs.checkpoints import restore_state, save_state
from names_trainer.runs.run import Epoch, Run
from names_trainer.training.optimizer import learning_rate_at, new_optimizers

UNKNOWN_RATE = 0.01
"""Fraction of training characters replaced by fallback characters, whose embeddings it trains."""


@dataclass(frozen=True)
class TrainingSet:
    """The encoded training data of a run.

    Attributes:
        names: The names; auxiliary names follow the run's own.
        num_own: Number of the run's own names.
        weights: Weights with which an epoch draws the own names, float64 [num_own]; None if an
            epoch has each of them once.

    """

    names: EncodedNames
    num_own: int
    weights: Tensor | None = None


def training_sets(
    run: Run,
    soft_labels: EncodedNames | None,
    soften: Callable[[EncodedNames], EncodedNames] | None,
) -> Callable[[int], TrainingSet]:
    """Return a function from the number of an epoch to its training data.

    With given names, each epoch draws other names. Otherwise all epochs have the soft labels, or
    else the training split and the auxiliary data.
    """
    dataset, config = run.dataset, run.config
    if config.given_dir:
        sampler, size = dataset.sampler(config), len(dataset.split.train)

        def drawn(epoch: int) -> TrainingSet:
            generator = random.Random(_seed(config, epoch))
            names = dataset.encode(list(sampler.sample(size, config.forms, generator)))
            return TrainingSet(soften(names) if soften else names, size)

        return drawn
    names = soft_labels or dataset.encode_with_auxiliary()
    num_own = len(names.targets) if soft_labels else len(dataset.split.train)
    fixed = TrainingSet(names, num_own, dataset.weights(num_own, config.count_power))
    return lambda _: fixed


def train(
    run: Run,
    soft_labels: EncodedNames | None = None,
    on_batch: Callable[[float], None] = lambda _: None,
    soften: Callable[[EncodedNames], EncodedNames] | None = None,
) -> Iterator[Epoch]:
    """Train a run from its last checkpoint on.

    Args:
        run: A new run, or one to resume.
        soft_labels: Names with soft labels [names, labels], which replace the training split in a
            run with teachers.
        on_batch: Called after each batch with the finished fraction of the epoch.
        soften: Replaces the labels of an epoch's names by soft labels, in a run with given names
            and teachers.

    Yields:
        Each finished epoch, after its checkpoint is written.

    Raises:
        NamesError: The loss is NaN or infinite, or the soft labels are missing.

    """
    config, dataset = run.config, run.dataset
    if config.teachers and not (soft_labels or soften):
        raise NamesError(f"{run.folder}: its teachers are not trained yet: names train --resume")
    training_set = training_sets(run, soft_labels, soften)
    validation = dataset.encode(dataset.split.validation)
    with fixed_threads():
        torch.manual_seed(_seed(config, 0))
        model = new_model(dataset, config)
        optimizers = new_optimizers(config, model)
        epochs = restore_state(run, model, optimizers)
    for number in range(len(epochs) + 1, config.num_epochs + 1):
        with fixed_threads():  # ends before the epoch is yielded
            torch.manual_seed(_seed(config, number))
            training = training_set(number)
            started = time.perf_counter()
            loss, accuracy, rows = _train_epoch(run, model, optimizers, training, number, on_batch)
            speed = rows / (time.perf_counter() - started)
            logits = logits_of(model, validation.ids, validation.words)
            validation_loss = functional.cross_entropy(logits, validation.targets).item()
            hits = logits.argmax(dim=1) == validation.targets
        if not math.isfinite(loss + validation_loss):
            raise NamesError(
                f"epoch {number}: the loss is NaN: try a lower --learning-rate "
                f"than {config.learning_rate}"
            )
        epoch = Epoch(
            epoch=number,
            train_loss=loss,
            train_accuracy=accuracy,
            validation_loss=validation_loss,
            validation_accuracy=hits.double().mean().item(),
            learning_rate=optimizers[0].param_groups[0]["lr"],
            names_per_second=speed,
        )
        epochs.append(epoch)
        save_state(run, model, optimizers, epochs)
        yield epoch


def _train_epoch(
    run: Run,
    model: NameLSTM,
    optimizers: Sequence[torch.optim.Optimizer],
    training: TrainingSet,
    epoch: int,
    on_batch: Callable[[float], None],
) -> tuple[float, float, int]:
    """Train one epoch; return the mean loss and accuracy over its rows, and their number."""
    model.train()
    config, data = run.config, training.names
    fallback = fallback_ids(run.dataset.vocabulary)
    batches = _batches(training, config.batch_size)
    num_rows = sum(map(len, batches))
    total_loss, hits, done = torch.zeros(()), torch.zeros((), dtype=torch.int64), 0
    for number, rows in enumerate(batches):
        progress = (epoch - 1 + number / len(batches)) / config.num_epochs
        for optimizer in optimizers:
            optimizer.zero_grad()
            for group in optimizer.param_groups:
                group["lr"] = learning_rate_at(progress, config)
        words, targets = data.words[rows], data.targets[rows]
        is_word = words >= 0
        ids = data.ids[words[is_word]]
        ids = torch.where(torch.rand(ids.shape) < UNKNOWN_RATE, fallback[ids], ids)
        words = torch.where(is_word, is_word.flatten().cumsum(0).view_as(is_word) - 1, -1)
        logits = mask_other_task(model(ids, words), targets, model.num_labels)
        loss = functional.cross_entropy(logits, targets, reduction="sum")
        # Not the mean of the batch: names in small batches must not weigh more.
        torch.autograd.backward(loss / config.batch_size)
        for optimizer in optimizers:
            optimizer.step()
        total_loss += loss.detach()
        best_label = targets.argmax(dim=1) if targets.ndim == 2 else targets
        hits += (logits.detach().argmax(dim=1) == best_label).sum()
        done += len(rows)
        on_batch(done / num_rows)
    return total_loss.item() / num_rows, hits.item() / num_rows, num_rows


def _batches(training: TrainingSet, batch_size: int) -> list[Tensor]:
    """Return shuffled batches of row numbers for an epoch.

    A batch has names of equally many characters, so that its words have few lengths.
    """
    names = training.names
    order = order_of_epoch(training.num_own, len(names.targets), training.weights)
    word_lengths = (names.ids != PAD).sum(dim=1)
    lengths = torch.where(names.words >= 0, word_lengths[names.words], 0).sum(dim=1)
    batches = batches_by_length(lengths[order], batch_size)
    return [order[batches[i]] for i in torch.randperm(len(batches)).tolist()]


def order_of_epoch(num_own: int, rows: int, weights: Tensor | None = None) -> Tensor:
    """Return the shuffled row numbers of an epoch: own rows, and at most as many auxiliary rows.

    Args:
        num_own: Number of own rows, which come first.
        rows: Number of all rows.
        weights: Weights float64 [num_own] with which own rows are drawn with replacement; None to
            take each once.

    """
    auxiliary = num_own + torch.randperm(rows - num_own)[:num_own]
    own = torch.arange(num_own) if weights is None else torch.multinomial(weights, num_own, True)
    order = torch.cat([own, auxiliary])
    return order[torch.randperm(len(order))]


def mask_other_task(logits: Tensor, targets: Tensor, num_own: int) -> Tensor:
    """Set the logits of each row's other task to minus infinity.

    The main and the auxiliary task share the network up to the last layer.
    Source: Caruana, "Multitask Learning", 1997.

    Args:
        logits: Float32 [batch, labels], auxiliary labels last.
        targets: Labels, int64 [batch].
        num_own: Number of labels of the main task.

    """
    if logits.shape[1] == num_own:
        return logits
    is_auxiliary = torch.arange(logits.shape[1]) >= num_own
    return logits.masked_fill(is_auxiliary != (targets >= num_own)[:, None], -math.inf)


def _seed(config: TrainConfig, epoch: int) -> int:
    return config.seed * 1_000_003 + config.member * 10_007 + epoch
