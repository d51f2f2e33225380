"""Shared beginnings computed once: sorted words are a tree of prefixes, walked level by level.

The state of an LSTM after "pap" is the same for "papadakis" and "papadopoulos". A hundred thousand
sorted surnames have about half as many prefixes as characters.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from names_predictor.encoding import Ids
from names_predictor.inference.runtime import ort

Floats = npt.NDArray[np.float32]

NEXT = "next_"
"""Prefix of the outputs that hold the next state: the input `h_0` has the output `next_h_0`."""


def state_names(session: ort.InferenceSession) -> list[str]:
    """Return the inputs that hold a state."""
    return [i.name for i in session.get_overridable_initializers()]


def evidence_by_prefix(session: ort.InferenceSession, ids: Ids, lengths: Ids) -> Floats:
    """Return the evidence [words, labels] of words in sorted order, each prefix computed once.

    `ids` [words, time] and `lengths` [words], each at least 1. Any order gives the same answers;
    only in a sorted one words with a beginning in common are neighbours.
    """
    names = state_names(session)
    wanted = ["evidence", *(NEXT + name for name in names)]
    own_from = _shared(ids)
    node_of = np.zeros(len(ids), dtype=np.int64)
    states: list[Floats] = []  # before the first character the graph has its own
    evidence: Floats | None = None
    for t in range(ids.shape[1]):
        # A word shares the nodes of its predecessor up to their common prefix, then has its own.
        # The new nodes of a level are a batch.
        own = (own_from <= t) & (t < lengths)
        rows = _two_or_more(np.flatnonzero(own))
        inputs: dict[str, npt.NDArray[Any]] = {
            name: state[node_of[rows]] for name, state in zip(names, states, strict=False)
        }
        node_of = np.cumsum(own) - 1
        ended = _two_or_more(np.flatnonzero(lengths == t + 1))
        inputs |= {
            "ids": ids[rows, t : t + 1],
            "lengths": np.ones(len(rows), dtype=np.int64),
            "ends": node_of[ended],
        }
        found, *states = session.run(wanted, inputs)
        if evidence is None:
            evidence = np.empty((len(ids), found.shape[1]), dtype=np.float32)
        evidence[ended] = found
    assert evidence is not None
    return evidence


def _two_or_more(rows: Ids) -> Ids:
    """Repeat a single row: of one row alone the runtime adds up products in another order."""
    return np.repeat(rows, 2) if len(rows) == 1 else rows


def _shared(ids: Ids) -> Ids:
    """Count the ids that each row has in common with the row above it."""
    same = np.zeros((len(ids), ids.shape[1] + 1), dtype=np.bool_)
    same[1:, :-1] = ids[1:] == ids[:-1]
    return np.asarray(same.argmin(axis=1), dtype=np.int64)
