"""Examples of the page, explained in advance: they show before the model is loaded."""

from collections.abc import Sequence
from typing import Any

from names_predictor.errors import NamesError
from names_predictor.inference.predictor import NamePredictor
from names_trainer.page.world import are_bundled

COVERAGE = 0.9
"""Target coverage of the prediction sets that the page shows."""

MIN_PROBABILITY = 0.01
"""Lowest probability of a label with a bar; the best label always has one."""

WORLD_EXAMPLES = (
    "Elif Demir",
    "Nguyen Van Anh",
    "Maria Papadopoulos",
    "Sofia Lindqvist",
    "Lee",
    "山田 太郎",
    "Chukwuemeka",
    "Ali Khan",
    "Иванова",
)
"""Examples for models with exactly the labels of the bundled model."""


def examples_for(predictor: NamePredictor, chosen: Sequence[str]) -> tuple[str, ...]:
    """Return the chosen examples; without any, those of the world for its labels."""
    if chosen or not are_bundled(predictor.labels):
        return tuple(chosen)
    return tuple(one.name for one in predictor.predict(WORLD_EXAMPLES) if one.label)


def explanation_of(predictor: NamePredictor, name: str) -> dict[str, Any]:
    """Return what `explain` in classify.js returns for a name.

    Raises:
        NamesError: The name gets no label.

    """
    explanation = predictor.explain(name, top_k=len(predictor.labels))
    prediction = explanation.prediction
    if prediction.reason:
        raise NamesError(
            f"--example {name!r}: the model gives it no label ({prediction.reason}): choose another"
        )
    (in_set,) = predictor.predict([name], coverage=COVERAGE)
    alone = predictor.predict([word for word, _ in explanation.words])
    return {
        "name": name,
        "reason": None,
        "ranked": [
            _label(label, probability)
            for i, (label, probability) in enumerate(prediction.ranked)
            if i == 0 or probability >= MIN_PROBABILITY
        ],
        "candidates": in_set.candidates,
        "words": [
            {
                "word": word,
                "attribution": round(attribution, 4),
                "alone": _label(one.label, one.probability) if one.label else None,
            }
            for (word, attribution), one in zip(explanation.words, alone, strict=True)
        ],
        "letters": [
            {"letter": letter, "attribution": round(attribution, 4)}
            for letter, attribution in explanation.letters
        ],
    }


def _label(label: str, probability: float | None) -> dict[str, Any]:
    return {"label": label, "probability": round(probability or 0.0, 6)}
