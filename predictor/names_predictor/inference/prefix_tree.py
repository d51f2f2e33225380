"""Compute each prefix of sorted words once: the prefixes are a tree, walked level by level.

The state of an LSTM after "pap" is the same for "papadakis" and "papadopoulos". A hundred thousand
sorted surnames have about half as many prefixes as characters.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from names_predictor.encoding import Ids
from names_predictor.inference.runtime import ort
from names_predictor.inference.types import Floats

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
    # A word shares the nodes of the word before up to their common prefix. The new nodes of a level
    # are a batch. All of its rows are computed here at once, since small operations are slow.
    at = np.arange(ids.shape[1])[:, None]
    is_new_node = (_shared(ids) <= at) & (at < lengths)  # [time, words]
    node_of = np.cumsum(is_new_node, axis=1) - 1
    level, rows = np.nonzero(is_new_node)
    parent = node_of[level - 1, rows]  # of the first level, never read
    characters = ids[rows, level][:, None]
    by_length = np.argsort(lengths, kind="stable")
    ends = node_of[lengths[by_length] - 1, by_length]
    first = np.searchsorted(level, np.arange(len(at) + 1)).tolist()
    first_end = np.searchsorted(lengths[by_length], np.arange(1, len(at) + 2)).tolist()
    ones = np.ones(len(ids) + 1, dtype=np.int64)
    states: list[Floats] = []  # the graph has those before the first character
    evidence: list[Floats] = []  # of the words by length
    for t in range(len(at)):
        new = slice(first[t], first[t + 1])
        ended = slice(first_end[t], first_end[t + 1])
        of_parent = _two_or_more(parent[new])
        inputs: dict[str, npt.NDArray[Any]] = {
            name: state.take(of_parent, axis=0) for name, state in zip(names, states, strict=False)
        }
        inputs |= {
            "ids": _two_or_more(characters[new]),
            "lengths": ones[: len(of_parent)],
            "ends": _two_or_more(ends[ended]),
        }
        found, *states = session.run(outputs, inputs)
        evidence.append(found[: ended.stop - ended.start])
    return np.concatenate(evidence).take(np.argsort(by_length), axis=0)


def _two_or_more(rows: Ids) -> Ids:
    """Repeat a single row, for which the runtime would sum products in another order."""
    return np.repeat(rows, 2, axis=0) if len(rows) == 1 else rows


def _shared(ids: Ids) -> Ids:
    """Return the length of the prefix that each row shares with the row before."""
    same = np.zeros((len(ids), ids.shape[1] + 1), dtype=np.bool_)
    same[1:, :-1] = ids[1:] == ids[:-1]
    return np.asarray(same.argmin(axis=1), dtype=np.int64)
