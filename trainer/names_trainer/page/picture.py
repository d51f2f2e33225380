"""The picture in previews of links to the page."""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.patches import FancyBboxPatch

from names_trainer.page.world import LAND, Home, land_rows

WIDTH, HEIGHT = 1200, 630
"""Size that sites request, in pixels."""

PAPER, INK, QUIET, DOTS, BAR, TRACK = (
    "#10121a",
    "#eceef6",
    "#a3a9bd",
    "#2b3042",
    "#91a7ff",
    "#232838",
)
MOST_BARS = 3
LONGEST_NAME = 24
LONGEST_LABEL = 13


def draw_picture(
    title: str,
    example: Mapping[str, Any] | None,
    homes: Mapping[str, Home] | None,
) -> bytes:
    """Return a PNG of the title, the example with its labels, and the map, if any."""
    figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100, facecolor=PAPER)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(HEIGHT, 0)
    axes.axis("off")

    def write(x: float, y: float, text: str, size: float, colour: str, **style: Any) -> None:
        style |= {"parse_math": False}  # a name or a label can have two `$`
        axes.text(x, y, text, fontsize=size * 0.72, color=colour, va="baseline", **style)

    def bar(x: float, y: float, width: float, colour: str) -> None:
        # The round ends add the radius.
        box = FancyBboxPatch(
            (x + 9, y + 9), max(width - 18, 0.1), 0.1, boxstyle="round,pad=9", fc=colour, ec="none"
        )
        axes.add_patch(box)

    ranked = example["ranked"] if example else []
    if homes:
        _draw_map(axes, homes, ranked)
    write(70, 92, "names", 30, BAR, fontweight="bold")
    write(70, 162, title, 50, INK, fontweight="bold")
    if example:
        write(70, 300, example["name"], 72, INK, fontweight="bold")
        for i, row in enumerate(ranked[:MOST_BARS]):
            y = 380 + 56 * i
            write(70, y, _short(row["label"]), 30, INK)
            bar(280, y - 21, 240, TRACK)
            bar(280, y - 21, 240 * row["probability"], BAR)
            write(540, y, f"{min(99.9, 100 * row['probability']):.1f} %", 30, INK)
    write(70, 580, "Runs in your browser. No name leaves your machine.", 26, QUIET)
    file = io.BytesIO()
    # Without metadata, the same bytes on every version.
    figure.savefig(file, format="png", facecolor=PAPER, metadata={"Software": None})
    return file.getvalue()


def _short(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"


def can_be_drawn(example: Mapping[str, Any]) -> bool:
    """Return whether the font has every character of an example, and its name fits."""
    font = FT2Font(font_manager.findfont("DejaVu Sans"))
    text = example["name"] + "".join(row["label"] for row in example["ranked"][:MOST_BARS])
    return len(example["name"]) <= LONGEST_NAME and all(font.get_char_index(ord(c)) for c in text)


def _draw_map(axes: Any, homes: Mapping[str, Home], ranked: list[dict[str, Any]]) -> None:
    left, top, step = 430.0, 215.0, 5.2
    cells = np.array([list(row) for row in land_rows()])
    rows, columns = np.nonzero(cells == LAND)
    axes.scatter(left + step * columns, top + step * rows, s=7, color=DOTS, linewidths=0, zorder=0)
    for row in ranked:
        for x, y in homes[row["label"]]["dots"]:
            at = (left + step * x, top + step * y)
            size = 40 + 460 * row["probability"]
            axes.scatter(*at, s=size, color=BAR, alpha=0.35, linewidths=0, zorder=0)
            axes.scatter(*at, s=size / 5, color=BAR, linewidths=0, zorder=0)
