"""Rank labels by probability."""

from collections.abc import Sequence

import numpy as np

from names_predictor.artifact.manifest import Vocab
from names_predictor.conformal import prediction_sets, thresholds
from names_predictor.inference.types import Numbers, Probabilities


def best_labels(probabilities: Probabilities, k: int) -> Numbers:
    """Return the ids of the `k` most probable labels, int64 [names, k].

    The first of equally probable labels is the best, for every `k`.
    """
    if k == 1:
        return np.asarray(probabilities.argmax(axis=1)[:, None])
    return np.argsort(-probabilities, axis=1, kind="stable")[:, :k]


def ranked_sets(
    probabilities: Probabilities, vocab: Vocab, label_ids: Sequence[int], coverage: float
) -> list[tuple[str, ...]]:
    """Return the labels of each prediction set, most probable first.

    Args:
        probabilities: Those of the model, float32 [names, all labels].
        vocab: The labels of the model and their groups.
        label_ids: Ids of the labels to predict.
        coverage: Target coverage.

    """
    lowest = thresholds(vocab.groups, len(vocab.labels), coverage)
    sets = prediction_sets(probabilities, lowest)[:, label_ids]
    labels = [vocab.labels[i] for i in label_ids]
    ranked = []
    for row, is_inside in zip(probabilities[:, label_ids], sets, strict=True):
        order = np.argsort(-row, kind="stable")
        ranked.append(tuple(labels[i] for i in order[is_inside[order]]))
    return ranked
