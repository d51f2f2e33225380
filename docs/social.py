"""Draw the picture of social previews, from the bundled model: `python docs/social.py`."""

from pathlib import Path

import matplotlib as mpl

mpl.use("agg")
from matplotlib import pyplot as plt

from names_predictor import NamePredictor

NAMES = (
    "Maria Papadopoulou",
    "Nguyễn Văn Anh",
    "Дмитрий Соколов",
    "Oluwaseun Adeyemi",
    "ნინო ბერიძე",
    "Siobhán O'Connor",
)
WIDTH, HEIGHT = 1200, 630
DARK, LIGHT, GREY, BLUE = "#16181d", "#f4f6fa", "#9aa4b5", "#6ea8fe"


def main() -> None:
    """Write social.png: the question, then names with label and probability."""
    predictions = NamePredictor.load().predict(NAMES)
    figure = plt.figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100, facecolor=DARK)
    figure.text(0.07, 0.83, "names", size=54, weight="bold", color=LIGHT)
    figure.text(0.07, 0.73, "Which language does a name come from?", size=27, color=GREY)
    for row, prediction in enumerate(predictions):
        y = 0.58 - 0.09 * row
        figure.text(0.07, y, prediction.name, size=24, color=LIGHT)
        figure.text(0.52, y, str(prediction.label), size=24, color=BLUE)
        figure.text(0.93, y, f"{prediction.probability:.2f}", size=24, color=GREY, ha="right")
    figure.savefig(Path(__file__).with_name("social.png"), metadata={"Software": None})


if __name__ == "__main__":
    main()
