"""From names to probabilities: words, their summed evidence, the softmax."""

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from functools import partial

import numpy as np
import numpy.typing as npt

from names_predictor.artifact.store import Artifact
from names_predictor.encoding import UNDECODABLE, normalise, split_words
from names_predictor.inference.evidence import STEP, Summed, WordEvidence
from names_predictor.inference.lines import Lines
from names_predictor.inference.session import WordEncoder
from names_predictor.inference.types import Flags, Numbers, Probabilities, Reason

BLOCK_SIZE = 1 << 15
"""Names whose words are found at once."""

FEW = 32
"""From this number of names on, words are found in the joined text of all names."""

UseProbabilities = Callable[[Numbers, Probabilities], None]
"""Takes the rows of some names and their probabilities, float32 [names, labels]."""


class NameScorer:
    """The network and the evidence of the words met so far. Threads may share it."""

    def __init__(self, artifact: Artifact) -> None:
        """Make a session; raises `ArtifactError` where the graph does not fit the vocabulary."""
        self._vocab = artifact.vocab
        encoder = WordEncoder(artifact)
        self._scale = encoder.scale * np.float32(STEP)
        self._bias = encoder.bias
        self._temperatures = np.array(artifact.vocab.temperatures, dtype=np.float32)
        self._words = WordEvidence(encoder, len(artifact.vocab.labels))

    def at_words(self, number: int) -> "NameScorer":
        """Return a scorer that gives all names the temperature of those of `number` words."""
        other = copy(self)
        other._temperatures = by_words(self._temperatures, np.array([number]))[0]
        return other

    def score(self, names: Sequence[str], use: UseProbabilities) -> list[Reason | None]:
        """Call `use` with the probabilities of names, and return why others are unusable."""
        reasons: list[Reason | None] = [None] * len(names)
        is_scored = np.zeros(len(names), dtype=np.bool_)
        for block_rows in self._blocks(names):
            block, rows = names[block_rows], np.arange(block_rows.start, block_rows.stop)
            is_plain = np.zeros(len(block), dtype=np.bool_)
            if len(block) >= FEW:  # words found in the text of all: many times as fast
                fill = partial(self._use_sums, rows, is_scored, use)
                is_plain = self._words.of_plain(Lines.of(block), self._vocab.max_length, fill)
            usable, words = [], []
            for i in np.flatnonzero(~is_plain).tolist():
                normalised = normalise(block[i])
                reasons[rows[i]] = reason = self._reason_against(block[i], normalised)
                if not reason:
                    usable.append(i)
                    words.append(split_words(normalised))
            of_words = rows[np.array(usable, dtype=np.int64)]
            self._words.of_texts(words, partial(self._use_sums, of_words, is_scored, use))
        for i in np.flatnonzero(~is_scored).tolist():
            reasons[i] = reasons[i] or "unknown-script"
        return reasons

    def _blocks(self, names: Sequence[str]) -> Iterator[slice]:
        """Yield slices of the names, each with at most as many words as can be stored."""
        most_words = self._vocab.max_length // 2 + 1
        for start in range(0, len(names), BLOCK_SIZE):
            stop = min(start + BLOCK_SIZE, len(names))
            block = names[start:stop]
            most = len(block.content) // 2 if isinstance(block, Lines) else sum(map(len, block))
            is_short = most <= self._words.most
            size = BLOCK_SIZE if is_short else max(1, self._words.most // most_words)
            yield from (slice(i, min(i + size, stop)) for i in range(start, stop, size))

    def _reason_against(self, name: str, normalised: str) -> Reason | None:
        if (not name.isascii() or "\0" in name) and UNDECODABLE.search(name):
            return "undecodable"  # no part of it is to be guessed from
        if not normalised:
            return "blank"
        return "too-long" if len(normalised) > self._vocab.max_length else None

    def _use_sums(
        self, rows: Numbers, is_scored: Flags, use: UseProbabilities, names: Numbers, summed: Summed
    ) -> None:
        """Call `use` with the probabilities of `names`, which have `rows`, if any word is known.

        A model with extreme numbers may give NaN, which is no prediction.
        """
        logits = summed.sums.astype(np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            logits *= by_words(self._scale, summed.counts)
            logits += self._bias
            probabilities = softmax(logits, by_words(self._temperatures, summed.counts))
        rows = rows[names]
        is_known = summed.is_informative & ~np.isnan(probabilities[:, 0])
        if not is_known.all():
            rows, probabilities = rows[is_known], probabilities[is_known]
        is_scored[rows] = True
        use(rows, probabilities)


def by_words(values: npt.ArrayLike, counts: Numbers) -> Probabilities:
    """Return values[n - 1] for `counts` of words n, as a column float32 [names, 1].

    The last of `values` is also that of names of more words.
    """
    of_words: Probabilities = np.asarray(values, dtype=np.float32)
    return of_words[np.minimum(counts, len(of_words)) - 1, None]


def softmax(logits: Probabilities, temperatures: Probabilities | float = 1.0) -> Probabilities:
    """Return probabilities float32 [names, labels].

    Args:
        logits: The logits [names, labels].
        temperatures: Their divisors, one [names, 1] for each name or one for all.

    """
    best = logits.argmax(axis=-1, keepdims=True)  # much faster than max along a short last axis
    shifted = logits - np.take_along_axis(logits, best, axis=-1)
    shifted /= temperatures
    np.exp(shifted, out=shifted)
    shifted /= shifted.sum(axis=-1, keepdims=True)
    return np.asarray(shifted, dtype=np.float32)
