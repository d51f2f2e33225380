"""From names to probabilities: words, their summed evidence, the softmax."""

import re
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from names_predictor.artifact.store import Artifact
from names_predictor.encoding import normalise, split_words
from names_predictor.inference.evidence import STEP, Numbers, Summed, WordEvidence
from names_predictor.inference.session import WordEncoder
from names_predictor.inference.types import Probabilities, Reason

BLOCK_SIZE = 1 << 15
"""Names whose words are found at once."""

FEW = 32
"""Fewer names are not worth a search of the text of all."""

_undecodable = re.compile("[\x00\ufffd\ud800-\udfff]")
"""What no text has: NUL, the replacement character of a decoder, lone surrogates."""


class NameScorer:
    """The network and the evidence of the words met so far. Threads may share it."""

    def __init__(self, artifact: Artifact) -> None:
        """Make a session; raises `ArtifactError` where the graph does not fit the vocabulary."""
        self._vocab = artifact.vocab
        self._encoder = WordEncoder(artifact)
        temperature = np.float32(artifact.vocab.temperature)
        self._factors = self._encoder.scale * np.float32(STEP) / temperature  # of n words
        self._bias = self._encoder.bias / temperature
        self._words = WordEvidence(self._encoder, len(artifact.vocab.labels))

    def classify(self, names: Sequence[str]) -> tuple[Probabilities, list[Reason | None]]:
        """Return probabilities [names, labels], and why a name is unusable: its row is NaN."""
        reasons: list[Reason | None] = [None] * len(names)
        probabilities = np.full((len(names), len(self._vocab.labels)), np.nan, dtype=np.float32)
        for block_rows in self._blocks(names):
            start = block_rows.start
            found, block = probabilities[block_rows], names[block_rows]
            usable, words = [], []
            for i in self._label_plain(block, found):
                normalised = normalise(block[i])
                reasons[start + i] = reason = self._reason_against(block[i], normalised)
                if not reason:
                    usable.append(i)
                    words.append(split_words(normalised))
            self._words.of_texts(words, partial(self._fill, found, np.array(usable, np.int64)))
        for i in np.flatnonzero(np.isnan(probabilities[:, 0])).tolist():
            reasons[i] = reasons[i] or "unknown-script"
        return probabilities, reasons

    def _blocks(self, names: Sequence[str]) -> Iterator[slice]:
        """Yield slices of the names, each with no more words than the evidence is stored of."""
        most_words = self._vocab.max_length // 2 + 1
        for start in range(0, len(names), BLOCK_SIZE):
            stop = min(start + BLOCK_SIZE, len(names))
            is_short = sum(map(len, names[start:stop])) <= self._words.most
            size = BLOCK_SIZE if is_short else max(1, self._words.most // most_words)
            yield from (slice(i, min(i + size, stop)) for i in range(start, stop, size))

    def _label_plain(self, names: Sequence[str], found: Probabilities) -> Sequence[int]:
        """Write the probabilities of plain names into `found`; return the numbers of the others.

        Their words are found in the text of all, which is many times as fast.
        """
        text = "\n".join(names)
        if len(names) < FEW or text.count("\n") >= len(names):
            return range(len(names))
        fill = partial(self._fill, found, np.arange(len(names)))
        is_plain = self._words.of_plain(text.lower(), len(names), fill)
        others: list[int] = np.flatnonzero(~is_plain).tolist()
        return others

    def _reason_against(self, name: str, normalised: str) -> Reason | None:
        if (not name.isascii() or "\0" in name) and _undecodable.search(name):
            return "undecodable"  # no part of it is to be guessed from
        if not normalised:
            return "blank"
        return "too-long" if len(normalised) > self._vocab.max_length else None

    def _fill(self, found: Probabilities, of: Numbers, names: Numbers, summed: Summed) -> None:
        """Write into `found` the probabilities of `names`, whose rows `of` holds; NaN: unknown."""
        most = len(self._factors)
        logits = summed.sums.astype(np.float32)
        logits *= self._factors[np.minimum(summed.counts, most) - 1, None]
        logits += self._bias
        probabilities = softmax(logits)
        probabilities[~summed.is_informative] = np.nan
        found[of[names]] = probabilities


def softmax(logits: Probabilities) -> Probabilities:
    """Return probabilities along the last axis of `logits` [..., labels]."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    np.exp(shifted, out=shifted)
    shifted /= shifted.sum(axis=-1, keepdims=True)
    return np.asarray(shifted, dtype=np.float32)
