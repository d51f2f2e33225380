"""Grids of runs and their report."""
