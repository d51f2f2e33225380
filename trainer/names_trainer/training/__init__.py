"""The training loop, the optimiser, and runs in child processes."""
