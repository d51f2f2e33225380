"""Compute each prefix of sorted words once: the prefixes are a tree, walked level by level.

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
"""Prefix of the outputs with the next state: the input `h_0` has the output `next_h_0`."""


def state_names(session: ort.InferenceSession) -> list[str]:
    """Return the inputs with a state."""
    return [i.name for i in session.get_overridable_initializers()]


def evidence_by_prefix(session: ort.InferenceSession, ids: Ids, lengths: Ids) -> Floats:
    """Return the evidence of words, float32 [words, labels].

    The order of the words does not affect it, but only sorted words share prefixes.

    Args:
        session: The session of the model.
        ids: Ids of the characters, int64 [words, time].
        lengths: Lengths of the words, int64 [words], from 1.

    """
    names = state_names(session)
    outputs = ["evidence", *(NEXT + name for name in names)]
    own_from = _shared(ids)
    node_of = np.zeros(len(ids), dtype=np.int64)
    states: list[Floats] = []  # the graph has those before the first character
    evidence: Floats | None = None
    for t in range(ids.shape[1]):
        # A word shares the nodes of the word before up to their common prefix.
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
        found, *states = session.run(outputs, inputs)
        if evidence is None:
            evidence = np.empty((len(ids), found.shape[1]), dtype=np.float32)
        evidence[ended] = found
    assert evidence is not None
    return evidence


def _two_or_more(rows: Ids) -> Ids:
    """Repeat a single row, for which the runtime would sum products in another order."""
    return np.repeat(rows, 2) if len(rows) == 1 else rows


def _shared(ids: Ids) -> Ids:
    """Return the length of the prefix that each row shares with the row before."""
    same = np.zeros((len(ids), ids.shape[1] + 1), dtype=np.bool_)
    same[1:, :-1] = ids[1:] == ids[:-1]
    return np.asarray(same.argmin(axis=1), dtype=np.int64)
