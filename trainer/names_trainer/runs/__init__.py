"""A training run on disk: its settings, checkpoints, epochs and metrics."""
