"""Compare the training speed with that of a straightforward loop, in turns.

    python benchmarks/train_speed.py --data-dir data/names18
    python benchmarks/train_speed.py --data-dir data/names18 --batch-size 1 --repeats 0

The straightforward loop shuffles the names, encodes, pads and packs each batch, and uses torch's
AdamW with its defaults. Model, split, learning rate, epochs and metrics are the same.
`--repeats 0` measures only this project's loop, once, for batch size 1.
"""

import argparse
import random
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.utils.data import DataLoader, Dataset

from names_trainer.config import TrainConfig
from names_trainer.data.corpus import Row
from names_trainer.models.threads import THREADS, fixed_threads
from names_trainer.runs.run import Run
from names_trainer.training.loop import train


class PackedLSTM(nn.Module):
    """The textbook model over packed sequences."""

    def __init__(self, vocabulary: int, labels: int, config: TrainConfig) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, config.embedding_dim, padding_idx=0)
        self.lstm = nn.LSTM(
            config.embedding_dim, config.hidden_dim, config.num_layers, batch_first=True
        )
        self.linear = nn.Linear(config.hidden_dim, labels)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Return logits [batch, labels]."""
        embedded = self.embedding(ids)
        packed = pack_padded_sequence(embedded, lengths, batch_first=True, enforce_sorted=False)
        _, (hidden, _) = self.lstm(packed)
        logits: Tensor = self.linear(hidden[-1])
        return logits


def straightforward(run: Run) -> Iterator[tuple[float, float]]:
    """Yield the names per second and the validation accuracy of each epoch."""
    config, dataset = run.config, run.dataset
    torch.manual_seed(config.seed)
    random.seed(config.seed)
    id_of = {c: i + 2 for i, c in enumerate(dataset.vocabulary.characters)}
    label_of = {label: i for i, label in enumerate(dataset.labels)}
    model = PackedLSTM(len(dataset.vocabulary), len(dataset.labels), config)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
    )

    def collate(rows: list[Row]) -> tuple[Tensor, Tensor, Tensor]:
        ids = [torch.tensor([id_of.get(c, 1) for c in row.name]) for row in rows]
        lengths = torch.tensor([len(i) for i in ids])
        targets = torch.tensor([label_of[row.label] for row in rows])
        return pad_sequence(ids, batch_first=True), lengths, targets

    batches: DataLoader[Row] = DataLoader(
        cast("Dataset[Row]", list(dataset.split.train)),  # any sequence will do
        config.batch_size,
        shuffle=True,
        collate_fn=collate,
    )
    validation = collate(list(dataset.split.validation))
    for _ in range(config.num_epochs):
        model.train()
        started, total_loss, hits = time.perf_counter(), 0.0, 0
        for ids, lengths, targets in batches:
            optimizer.zero_grad()
            logits = model(ids, lengths)
            loss = nn.functional.cross_entropy(logits, targets)
            torch.autograd.backward(loss)
            optimizer.step()
            total_loss += loss.item() * len(targets)
            hits += int((logits.argmax(dim=1) == targets).sum())
        speed = len(dataset.split.train) / (time.perf_counter() - started)
        model.eval()
        with torch.inference_mode():
            predicted = model(*validation[:2]).argmax(dim=1)
        yield speed, float((predicted == validation[2]).double().mean())


def main() -> None:
    """Train with both loops in turns; print medians, ratio and range."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-dir", default="data/names")
    parser.add_argument("--batch-size", type=int, default=30)
    parser.add_argument("--hidden-dim", type=int, default=200)
    parser.add_argument("--num-epochs", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=3, help="seeds; 0: only this project, once")
    arguments = vars(parser.parse_args())
    repeats = arguments.pop("repeats")
    ours: list[tuple[float, float]] = []
    theirs: list[tuple[float, float]] = []
    for repeat in range(max(repeats, 1)):
        config = TrainConfig(seed=100 + repeat, **arguments)
        with TemporaryDirectory() as folder:
            run = Run.create(Path(folder), config)
            started = time.perf_counter()
            epochs = list(train(run))
            seconds = time.perf_counter() - started
        ours.append(
            (
                statistics.median(e.names_per_second for e in epochs),
                max(e.validation_accuracy for e in epochs),
            )
        )
        if repeats:
            with fixed_threads():  # as `train` does
                results = list(straightforward(run))
            theirs.append((statistics.median(s for s, _ in results), max(a for _, a in results)))
    table = Table("", "names/s (median)", "best validation accuracy (mean)", box=None)
    for title, results in (("straightforward loop", theirs), ("names train", ours)):
        if results:
            speeds, accuracies = zip(*results, strict=True)
            speed, accuracy = statistics.median(speeds), statistics.mean(accuracies)
            table.add_row(title, f"{speed:,.0f}", f"{accuracy:.4f}")
    console = Console()
    console.print(table)
    if repeats:
        ratios = sorted(a / b for (a, _), (b, _) in zip(ours, theirs, strict=True))
        console.print(
            f"ratio {statistics.median(ratios):.2f} (from {ratios[0]:.2f} to {ratios[-1]:.2f} "
            f"in {repeats} turns), {THREADS} thread"
        )
    else:
        console.print(f"{config.num_epochs} epochs in {seconds:,.0f} s, all included")


if __name__ == "__main__":
    main()
