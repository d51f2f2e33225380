"""The evidence of words, each computed once: full names differ, their words recur."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Condition

import numpy as np
import numpy.typing as npt

from names_predictor.inference.byte_words import KeyTable, distinct, find_words
from names_predictor.inference.session import WordEncoder

STEP = 2.0**-22
"""Evidence is stored as a whole number of such steps: sums of them are exact in any order."""

IN_32_BITS = 8
"""Words of a name whose sum fits 32 bits; that of more is summed in 64."""

LARGEST = (1 << 31) // IN_32_BITS - 1
"""Steps of evidence at most: 64 either way, where 10 make a label certain."""

MOST_CELLS = 5 << 22
"""Numbers that are stored: 84 MB, some 220,000 words with 96 labels."""

FEWEST_WORDS = 1024
"""Words that are stored, however many labels there are."""

AT_ONCE = 1 << 11
"""Names whose evidence is summed at once: as many as the processor's cache holds."""

Sums = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Summed:
    """The summed evidence of names.

    `sums` [names, labels] are in steps, `counts` [names] how many words a name has, and
    `is_informative` [names] whether one of these is.
    """

    sums: npt.NDArray[np.signedinteger]
    counts: Numbers
    is_informative: Flags


Claim = Callable[[], tuple[Numbers, list[str]]]
"""Returns the rows of all words, and those words that are new."""

Use = Callable[[Numbers, Summed], None]
"""Takes the numbers of some names and their summed evidence."""


class WordEvidence:
    """Words with their evidence, at most `most`. Threads may share it.

    A new word is claimed by the thread that meets it first; others that need it wait for that one,
    so none is computed twice. It starts afresh when it is full.
    """

    def __init__(self, encoder: WordEncoder, labels: int) -> None:
        """Set memory aside: the system gives a page of it when it is written to."""
        self._encoder = encoder
        self.most = max(FEWEST_WORDS, MOST_CELLS // labels)
        self._evidence = np.zeros((self.most, labels), dtype=np.int32)
        self._is_informative = np.zeros(self.most, dtype=np.bool_)
        self._is_ready = np.zeros(self.most, dtype=np.bool_)
        self._changed = Condition()
        self._users = 0
        self._size = 0
        self._is_stale = False
        self._texts: dict[str, int] = {}
        self._keys: KeyTable | None = None

    def of_texts(self, names: Sequence[list[str]], use: Use) -> None:
        """Pass on the summed evidence of names, each given by its words; `most` words at most."""
        counts = np.fromiter(map(len, names), dtype=np.int64, count=len(names))
        words = [word for name in names for word in name]

        def claim() -> tuple[Numbers, list[str]]:
            known = self._texts
            new = list({word: None for word in words if word not in known})
            if self._size + len(new) <= self.most:
                known.update(zip(new, range(self._size, self.most), strict=False))
            rows = map(known.get, words, [-1] * len(words))
            return np.fromiter(rows, dtype=np.int64, count=len(words)), new

        self._sum_up(claim, counts, np.arange(len(names)), use)

    def of_plain(self, text: str, lines: int, use: Use) -> Flags:
        """Pass on the summed evidence of the plain names among `lines`; return which those are.

        `text` has them in lower case, `most` words at most.
        """
        content = text.encode("utf-8", "surrogatepass")
        words = find_words(content, lines)
        counts = np.bincount(words.line, minlength=lines)[words.is_plain]
        with self._changed:
            self._keys = table = self._keys or KeyTable(self.most)

        def claim() -> tuple[Numbers, list[str]]:
            rows = table.find(words.keys)
            missing = np.flatnonzero(rows < 0)
            one, number = distinct(words.keys[:, missing])
            new = missing[one]
            if self._size + len(new) <= self.most:
                table.add(words.keys[:, new], self._size)
                rows[missing] = self._size + number
            places = zip(words.start[new].tolist(), words.end[new].tolist(), strict=True)
            return rows, [content[start:end].decode() for start, end in places]

        self._sum_up(claim, counts, np.flatnonzero(words.is_plain), use)
        return words.is_plain

    def _sum_up(
        self,
        claim: Callable[[], tuple[Numbers, list[str]]],
        counts: Numbers,
        names: Numbers,
        use: Use,
    ) -> None:
        """Pass on the summed evidence of `names` of `counts` words, whose rows `claim` returns.

        It gives rows to new words too, if there is room for them, and returns those words.
        """
        while len(names):
            with self._changed:
                if self._is_stale:
                    self._start_afresh()
                rows, new = claim()
                if self._size + len(new) > self.most:
                    self._start_afresh()
                    rows, new = claim()
                first, self._size = self._size, self._size + len(new)
                self._users += 1
            try:
                if self._compute(new, first) and self._wait_for(rows):
                    before = np.concatenate([[0], np.cumsum(counts)])
                    for start in range(0, len(names), AT_ONCE):
                        part = slice(start, start + AT_ONCE)
                        words = rows[before[start] : before[min(start + AT_ONCE, len(names))]]
                        use(names[part], self._sum(words, counts[part]))
                    return
            finally:
                with self._changed:
                    self._users -= 1
                    self._changed.notify_all()

    def _start_afresh(self) -> None:
        """Forget all words, once no other thread uses them."""
        self._changed.wait_for(lambda: self._users == 0)
        self._size, self._is_stale = 0, False
        self._is_ready.fill(False)
        self._texts.clear()
        if self._keys:
            self._keys.clear()

    def _compute(self, new: list[str], first: int) -> bool:
        """Compute the evidence of `new` words, for the rows from `first`."""
        if not new:
            return True
        rows = slice(first, first + len(new))
        is_done = False
        try:
            evidence, self._is_informative[rows] = self._encoder.evidence(new)
            steps = np.rint(evidence * np.float32(1 / STEP))
            self._evidence[rows] = np.clip(steps, -LARGEST, LARGEST)
            is_done = True
        finally:
            with self._changed:
                self._is_ready[rows] = is_done
                self._is_stale |= not is_done  # also where the user stopped it
                self._changed.notify_all()
        return is_done

    def _wait_for(self, rows: Numbers) -> bool:
        """Wait until other threads have computed their words; False where one failed to."""
        if not self._is_ready[rows].all():
            with self._changed:
                self._changed.wait_for(lambda: self._is_stale or self._is_ready[rows].all())
        return bool(self._is_ready[rows].all())

    def _sum(self, rows: Numbers, counts: Numbers) -> Summed:
        first = np.cumsum(counts) - counts
        if len(rows) == len(counts):
            return Summed(self._evidence[rows], counts, self._is_informative[rows])
        sums: npt.NDArray[np.signedinteger] = self._evidence[rows[first]]
        if counts.max() > IN_32_BITS:
            sums = sums.astype(np.int64)
        is_informative = self._is_informative[rows[first]]
        for i in range(1, int(counts.max(initial=0))):
            names = np.flatnonzero(counts > i)
            of_words = rows[first[names] + i]
            sums[names] += self._evidence[of_words]
            is_informative[names] |= self._is_informative[of_words]
        return Summed(sums, counts, is_informative)
