"""Calibration, metrics on held-out names, comparisons and plots."""
