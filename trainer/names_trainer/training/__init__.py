"""The training loop, the optimizer, and runs in child processes."""
