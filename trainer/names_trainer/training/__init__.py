"""The training loop, the optimizer and child processes."""
