"""Plots as SVG, in colours that follow a page's style sheet."""

import io
import warnings
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from names_trainer.metrics import Bin, DetailedMetrics, Targets
from names_trainer.runs.run import Epoch

# Plot colours and the CSS colours that replace them, for light and dark pages.
COLOURS = {"#101010": "currentColor", "#2060c0": "var(--train)", "#d06010": "var(--validation)"}
TEXT, TRAIN, VALIDATION = COLOURS
MOST_LABELS = 30
"""Highest number of labels in a legible matrix; of more, the most confused are shown."""

FAINTEST, STRONGEST = 0.01, 0.6
"""The lowest frequency in a row that is drawn, and the opacity of the highest, for legible text."""

STYLE: dict[Any, Any] = {
    "font.size": 9,
    "text.parse_math": False,  # a label can have two `$`
    "axes.titlesize": 9,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
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
        plot = Figure(figsize=(4.6, 2.1), layout="constrained")
        for axes, quantity in zip(plot.subplots(1, 2), ("loss", "accuracy"), strict=True):
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
            axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
            axes.set_title(quantity)
            axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, loc="lower right")
    return plot


def plot_reliability(bins: Sequence[Bin]) -> Figure:
    """Plot a reliability diagram: accuracy over confidence."""
    with mpl.rc_context(STYLE):
        plot = Figure(figsize=(2.9, 2.7), layout="constrained")
        axes = plot.subplots()
        axes.plot([0, 1], [0, 1], ":", color=TEXT, lw=1)
        confidence, accuracy = [b.confidence for b in bins], [b.accuracy for b in bins]
        axes.plot(confidence, accuracy, "o-", color=TRAIN, markersize=3.5)
        axes.set_xlabel("confidence")
        axes.set_ylabel("accuracy")
        axes.set_title("reliability")
        axes.spines[["top", "right"]].set_visible(False)
    return plot


def counts_of(metrics: DetailedMetrics) -> Targets:
    """Return the confusion matrix of `metrics`, without rows that got no label."""
    number = {f.label: i for i, f in enumerate(metrics.per_label)}
    matrix = np.diag([round(f.recall * f.rows) for f in metrics.per_label]).astype(np.int64)
    for c in metrics.confusions:
        matrix[number[c.label], number[c.given]] = c.number
    return matrix


def plot_confusions(matrix: Targets, labels: Sequence[str]) -> Figure:
    """Plot a confusion matrix in percent of each row, with confused labels next to each other.

    Args:
        matrix: Number of rows by true and predicted label, int64 [labels, labels]. Of more than
            `MOST_LABELS` labels, only those of the most frequent confusions are shown.
        labels: Names of the labels.

    """
    shown = _most_confused(matrix)
    frequencies = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    frequencies = frequencies[np.ix_(shown, shown)]
    order = _by_confusion(frequencies)
    frequencies, names = frequencies[np.ix_(order, order)], [labels[shown[i]] for i in order]
    with mpl.rc_context(STYLE):
        margin = max(1.6, 0.13 * max(map(len, names)))  # inches, of the labels
        side = margin + 0.24 * len(names)
        plot = Figure(figsize=(side, side), layout="constrained")
        axes = plot.subplots()
        for i, j in np.argwhere(frequencies >= FAINTEST).tolist():
            frequency = float(frequencies[i, j])
            axes.add_patch(Rectangle((j, i), 1, 1, color=TRAIN, alpha=STRONGEST * frequency, lw=0))
            axes.text(j + 0.5, i + 0.55, f"{100 * frequency:.0f}", ha="center", va="center", size=7)
        middles = np.arange(len(names)) + 0.5
        axes.set_xticks(middles, names, rotation=90)
        axes.set_yticks(middles, names)
        axes.tick_params(length=0, labelsize=8, labeltop=True, labelbottom=False)
        axes.set(xlim=(0, len(names)), ylim=(len(names), 0), aspect="equal")
        axes.spines[:].set_alpha(0.3)
        of = f"{len(names)} of {len(labels)} labels, the most confused; " * (
            len(names) < len(labels)
        )
        axes.set_xlabel(f"label given; {of}percent of a row's names", fontsize=8)
        axes.set_ylabel("true label", fontsize=8)
    return plot


def _most_confused(matrix: Targets) -> list[int]:
    """Return the labels of the most frequent confusions, all of them if they are few."""
    if len(matrix) <= MOST_LABELS:
        return list(range(len(matrix)))
    wrong = matrix * ~np.eye(len(matrix), dtype=np.bool_)
    shown: set[int] = set()
    for place in np.argsort(-wrong, axis=None, kind="stable").tolist():
        pair = {*divmod(place, len(matrix))}
        if len(shown | pair) <= MOST_LABELS:
            shown |= pair
    return sorted(shown)


def _by_confusion(frequencies: npt.NDArray[np.float64]) -> list[int]:
    """Return the labels in an order in which confused labels are neighbours.

    It is the order of the leaves of a hierarchical clustering with average linkage.

    Args:
        frequencies: Confusion matrix, each row divided by its sum, float64 [labels, labels].

    """
    if len(frequencies) < 3:
        return list(range(len(frequencies)))
    distances = 1 - np.minimum(frequencies + frequencies.T, 1)
    np.fill_diagonal(distances, 0)
    tree = linkage(squareform(distances), "average", optimal_ordering=True)
    order: list[int] = leaves_list(tree).tolist()
    return order


def svg(plot: Figure) -> str:
    """Return `plot` as a reproducible, self-contained SVG file."""
    content = io.StringIO()
    with (
        mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "names"}),
        warnings.catch_warnings(),
    ):
        # Of labels in another script; the text is in the file, and the reader has a font for it.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        plot.savefig(content, format="svg", metadata={"Date": None, "Creator": None})
    return content.getvalue()


def on_white(plot: Figure) -> str:
    """Return `plot` as an SVG file on a white background."""
    return svg(plot).replace("<svg ", '<svg style="background: #fff" ', 1)
