"""Draw the chart of README.md and accuracy.md: `python docs/chart.py`.

The numbers are those of the tables in accuracy.md, which names the commands that print them.
"""

from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt

CONTENDERS = ("names, 1.5 MB", "fastText, 119 MB", "linear SVM, 203 MB", "lingua")
COMMON = (0.939, 0.921, 0.892, 0.302)
UNSEEN = (0.623, 0.617, 0.587, None)
GREY, BLUE, LIGHT = "#888888", "#3b7dd8", "#a9c8f0"


def main() -> None:
    """Write accuracy.svg: bars that are legible on light and dark pages."""
    mpl.rcParams |= {"svg.hashsalt": "names", "text.color": GREY, "font.size": 11}
    figure, axes = plt.subplots(figsize=(7.6, 3.1))
    figure.patch.set_alpha(0)
    axes.patch.set_alpha(0)
    for place, (name, common, unseen) in enumerate(zip(CONTENDERS, COMMON, UNSEEN, strict=True)):
        for offset, value, colour in ((-0.19, common, BLUE), (0.19, unseen, LIGHT)):
            if value is not None:
                axes.barh(place + offset, value, 0.36, color=colour)
                axes.text(value + 0.01, place + offset, f"{value:.3f}", va="center")
        axes.text(-0.01, place, name, ha="right", va="center")
    for x, label, colour in ((0.0, "common surnames", BLUE), (0.32, "unseen full names", LIGHT)):
        axes.barh(-0.85, 0.03, 0.3, left=x, color=colour)
        axes.text(x + 0.04, -0.85, label, va="center")
    axes.set(xlim=(0, 1.05), ylim=(3.6, -1.2))
    axes.axis("off")
    path = Path(__file__).with_name("accuracy.svg")
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None})


if __name__ == "__main__":
    main()
