"""Plots as SVG, in colours that follow a page's style sheet."""

import io
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from names_trainer.metrics import Bin
from names_trainer.runs.run import Epoch

# Plot colours and the CSS colours that replace them, for light and dark pages.
COLOURS = {"#101010": "currentColor", "#2060c0": "var(--train)", "#d06010": "var(--validation)"}
TEXT, TRAIN, VALIDATION = COLOURS
STYLE: dict[Any, Any] = {
    "font.size": 9,
    "text.color": TEXT,
    "axes.edgecolor": TEXT,
    "axes.labelcolor": TEXT,
    "xtick.color": TEXT,
    "ytick.color": TEXT,
}


def plot_curves(runs: Sequence[Sequence[Epoch]]) -> Figure:
    """Plot loss and accuracy over the epochs, as mean and standard deviation of runs.

    Args:
        runs: The epochs of each run of a cell.

    """
    with mpl.rc_context(STYLE):
        plot = Figure(figsize=(5.4, 2.3), layout="constrained")
        plot.patch.set_alpha(0)
        for axes, quantity in zip(plot.subplots(1, 2), ("loss", "accuracy"), strict=True):
            axes.patch.set_alpha(0)
            for split, colour, line in (("train", TRAIN, "--"), ("validation", VALIDATION, "-")):
                values = [[getattr(e, f"{split}_{quantity}") for e in run] for run in runs]
                table = np.array(values)
                numbers = np.arange(1, table.shape[1] + 1)
                middle, spread = table.mean(axis=0), table.std(axis=0, ddof=len(runs) > 1)
                axes.plot(numbers, middle, line, color=colour, label=split)
                axes.fill_between(
                    numbers, middle - spread, middle + spread, color=colour, alpha=0.25, lw=0
                )
            axes.set_xlabel("epoch")
            axes.set_title(quantity, fontsize=9)
            axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, loc="lower right")
    return plot


def plot_reliability(bins: Sequence[Bin]) -> Figure:
    """Plot a reliability diagram: accuracy over confidence."""
    with mpl.rc_context(STYLE):
        plot = Figure(figsize=(2.9, 2.7), layout="constrained")
        plot.patch.set_alpha(0)
        axes = plot.subplots()
        axes.patch.set_alpha(0)
        axes.plot([0, 1], [0, 1], ":", color=TEXT, lw=1)
        confidence, accuracy = [b.confidence for b in bins], [b.accuracy for b in bins]
        axes.plot(confidence, accuracy, "o-", color=TRAIN, markersize=3.5)
        axes.set_xlabel("confidence")
        axes.set_ylabel("accuracy")
        axes.set_title("reliability", fontsize=9)
        axes.spines[["top", "right"]].set_visible(False)
    return plot


def svg(plot: Figure) -> str:
    """Return `plot` as a reproducible, self-contained SVG file."""
    content = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "names"}):
        plot.savefig(content, format="svg", metadata={"Date": None, "Creator": None})
    return content.getvalue()


def on_white(plot: Figure) -> str:
    """Return `plot` as an SVG file on a white background."""
    return svg(plot).replace("<svg ", '<svg style="background: #fff" ', 1)
