"""Shared beginnings computed once: sorted names are a tree of prefixes, walked level by level.

The state of an LSTM after "pap" is the same for "papadakis" and "papadopoulos". A hundred thousand
sorted surnames have about half as many prefixes as characters.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from names_predictor.encoding import Ids
from names_predictor.runtime import ort

Floats = npt.NDArray[np.float32]

NEXT = "next_"
"""A graph that can go on from a state has an output of this name before that of the input."""


def state_names(session: ort.InferenceSession) -> list[str]:
    """Return the inputs that hold a state; there are none where a graph can only begin."""
    return [i.name for i in session.get_overridable_initializers()]


def logits_by_prefix(session: ort.InferenceSession, ids: Ids, lengths: Ids) -> Floats:
    """Return the logits [batch, labels] of names in sorted order, each prefix computed once.

    `ids` [batch, time] and `lengths` [batch], each at least 1. Any order gives the same answers;
    only in a sorted one names with a beginning in common are neighbours.
    """
    names = state_names(session)
    wanted = ["logits", *(NEXT + name for name in names)]
    own_from = _shared(ids)
    node_of = np.zeros(len(ids), dtype=np.int64)
    states: list[Floats] = []  # before the first character the graph has its own
    found: list[tuple[Ids, Floats]] = []
    for t in range(ids.shape[1]):
        # A name stands on its upper neighbour's nodes of the tree until it leaves it, then on its
        # own. The new nodes of a level are a batch.
        own = (own_from <= t) & (t < lengths)
        rows = np.flatnonzero(own)
        inputs: dict[str, npt.NDArray[Any]] = {
            name: state[node_of[rows]] for name, state in zip(names, states, strict=False)
        }
        inputs |= {"ids": ids[rows, t : t + 1], "lengths": np.ones(len(rows), dtype=np.int64)}
        logits, *states = session.run(wanted, inputs)
        node_of = np.cumsum(own) - 1
        ends = np.flatnonzero(lengths == t + 1)
        found.append((ends, logits[node_of[ends]]))
    answer = np.empty((len(ids), found[0][1].shape[1]), dtype=np.float32)
    for ends, logits in found:
        answer[ends] = logits
    return answer


def _shared(ids: Ids) -> Ids:
    """Count the ids that each row has in common with the row above it."""
    same = np.zeros((len(ids), ids.shape[1] + 1), dtype=np.bool_)
    same[1:, :-1] = ids[1:] == ids[:-1]
    return np.asarray(same.argmin(axis=1), dtype=np.int64)
