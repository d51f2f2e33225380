"""Why a name got its label: how much each word and each letter speaks for it."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from names_predictor.encoding import normalise, split_words
from names_predictor.inference.types import Prediction, Probabilities

BAR = 40
SHOWN = 0.005
"""A label of a lower probability has no bar."""

LEAST = 0.1
"""A part that speaks for the label less than this, in log-odds, gets no colour."""


Parts = tuple[tuple[str, float], ...]


class Predictor(Protocol):
    """What an explanation needs of a `NamePredictor`."""

    labels: tuple[str, ...]

    @property
    def class_priors(self) -> npt.NDArray[np.float64]:
        """The class priors [labels]."""

    def predict(self, names: Sequence[str], top_k: int = 1) -> list[Prediction]:
        """Classify names."""

    def predict_proba(self, names: Sequence[str]) -> Probabilities:
        """Return probabilities [names, labels]."""


@dataclass(frozen=True)
class Explanation:
    """A prediction, and how much each letter and each word speaks for the label, in log-odds.

    Above 0 a part speaks for the label: without it the label is less probable. A name of one word
    has no `words`.
    """

    prediction: Prediction
    letters: Parts
    words: Parts = ()


def explain(predictor: Predictor, name: str, most: int = 5) -> Explanation:
    """Classify `name` and leave out one word and one letter after the other; rank `most` labels.

    A letter is a character with the marks that combine with it. An unusable name has no parts.
    Source: occlusion, Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks",
    2014.
    """
    (prediction,) = predictor.predict([name], top_k=most)
    if prediction.label is None:
        return Explanation(prediction, ())
    letters, words = _letters(name), split_words(normalise(name))
    words = words if len(words) > 1 else []
    without = [
        *("".join(_without(letters, i)) for i in range(len(letters))),
        *(" ".join(_without(words, i)) for i in range(len(words))),
    ]
    label = predictor.labels.index(prediction.label)
    probabilities = predictor.predict_proba([name, *without])[:, label].astype(np.float64)
    # Nothing is left of a name of one letter: then the label is as probable as among all names.
    probabilities = np.where(np.isnan(probabilities), predictor.class_priors[label], probabilities)
    bounded = np.clip(probabilities, 1e-6, 1 - 1e-6)
    log_odds = np.log(bounded / (1 - bounded))
    carried = (log_odds[0] - log_odds[1:]).tolist()
    return Explanation(
        prediction,
        tuple(zip(letters, carried[: len(letters)], strict=True)),
        tuple(zip(words, carried[len(letters) :], strict=True)),
    )


def _without(parts: list[str], i: int) -> list[str]:
    return parts[:i] + parts[i + 1 :]


def print_explanation(explanation: Explanation, console: Console) -> None:
    """Print the labels as bars, then words and letters over how much each speaks for the label."""
    prediction = explanation.prediction
    if prediction.label is None:
        console.print(Text(f"{prediction.name}: no label: {prediction.reason}"))
        return
    shown = [pair for pair in prediction.ranked if pair[1] >= SHOWN] or prediction.ranked[:1]
    widest = max(len(label) for label, _ in shown)
    for label, probability in shown:
        bar = "█" * round(BAR * probability)
        console.print(Text(f"{label:<{widest}}  {probability:.3f}  "), Text(bar, "green"), sep="")
    console.print()
    label = prediction.label
    caption = f"for (+) or against (-) {label}, in log-odds (0.7 doubles the odds):"
    console.print(Text(caption, "dim"), soft_wrap=True)
    if explanation.words:
        _print_parts(explanation.words, console)
        console.print()
    _print_parts(explanation.letters, console)


def _print_parts(parts: Parts, console: Console) -> None:
    """Print parts in columns, each above its number."""
    cells = [f"{value:+z.1f}" for _, value in parts]
    shown = [part if part.isprintable() else "·" for part, _ in parts]
    width = max(map(cell_len, [*cells, *shown]), default=0) + 1
    in_row = max(1, console.width // width)
    for start in range(0, len(cells), in_row):
        above, below = Text(), Text(style="dim")
        for i in range(start, min(start + in_row, len(cells))):
            value = parts[i][1]
            style = "bold green" if value > LEAST else "red" if value < -LEAST else ""
            # Han and Hangul take two cells, marks none: counted in characters, columns would slip.
            above.append(" " * (width - cell_len(shown[i])) + shown[i], style)
            below.append(cells[i].rjust(width))
        console.print(above)
        console.print(below)


def _letters(name: str) -> list[str]:
    letters: list[str] = []
    for character in name:
        # By category, not by combining class, which is 0 for the vowel signs of Indic scripts.
        if letters and unicodedata.category(character).startswith("M"):
            letters[-1] += character
        else:
            letters.append(character)
    return letters
