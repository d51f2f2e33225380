"""The presets of `names train`."""

from dataclasses import replace
from typing import Literal

from names_trainer.config import TrainConfig

Preset = Literal["default", "coursework", "best", "small"]

BEST = TrainConfig(
    hidden_dim=200,
    ngrams=5,
    learning_rate=0.004,
    schedule="one-cycle",
    batch_size=128,
    num_epochs=8,
    teachers=4,
    synthetic_names=250_000,
    int8_weights=True,
)

DEFAULT = TrainConfig(
    hidden_dim=128,
    ngrams=5,
    ngram_dropout=0.6,
    dropout=0.4,
    learning_rate=0.004,
    schedule="one-cycle",
    weight_decay=0.05,
    batch_size=64,
    num_epochs=12,
)

PRESETS: dict[Preset, TrainConfig] = {
    "default": DEFAULT,
    "coursework": TrainConfig(),
    "best": BEST,
    "small": replace(BEST, embedding_dim=40, hidden_dim=136, ngram_rows=2**14, ngram_dim=8),
}
"""Chosen on the validation split; dev/log.md has the experiments."""
