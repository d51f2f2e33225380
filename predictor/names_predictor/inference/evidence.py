"""The evidence of words, each computed once: full names differ, their words recur."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Condition, RLock
from weakref import WeakSet

import numpy as np
import numpy.typing as npt

from names_predictor.inference.byte_words import find_words
from names_predictor.inference.key_table import KeyTable, distinct, parts
from names_predictor.inference.lines import Lines
from names_predictor.inference.session import WordEncoder
from names_predictor.inference.types import Flags, Numbers

STEP = 2.0**-22
"""Evidence is a whole number of such steps: sums of them are exact in any order."""

IN_32_BITS = 8
"""Words of a name whose sum fits 32 bits; that of more is summed in 64."""

LARGEST = (1 << 31) // IN_32_BITS - 1
"""Steps of evidence at most: 64 either way, where 10 make a label certain."""

STORED_BITS = 24
"""Bits in which evidence is stored, its sign included.

A word with larger evidence is stored in coarser steps: from 2 on twice as large, from 4 on four
times.
"""

MOST_CELLS = 27 << 20
"""Numbers that are stored, of 24 bits: 85 MB, some 295,000 words with 96 labels."""

KEPT = (0.9, 0.5, 0.0)
"""Fractions of words that stay, at most, when the memory is full: the first that leaves room."""

USE = 4
"""What a use of a word counts, so that a quarter of any number of uses can be taken off."""

FEWEST_WORDS, MOST_WORDS = 1 << 10, 1 << 19
"""Words that are stored, at least and at most, however many labels there are."""

SLICE_SIZE = 3 << 9
"""Words that are computed at once, so few that their states fit the processor's cache."""

AT_ONCE = 1 << 11
"""Names whose evidence is summed at once, so few that it fits the processor's cache."""

Sums = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Summed:
    """The summed evidence of names.

    `sums` [names, labels] are in steps. `counts` [names] are the numbers of words, and
    `is_informative` [names] is whether any word of the name is informative.
    """

    sums: npt.NDArray[np.signedinteger]
    counts: Numbers
    is_informative: Flags


Claim = Callable[[], tuple[Numbers, list[str]]]
"""Gives rows to new words if there is room; returns the rows of all words, and the new words."""

UseSums = Callable[[Numbers, Summed], None]
"""Takes the numbers of some names and their summed evidence."""


class WordEvidence:
    """Words with their evidence, at most `most`. Threads may share it.

    The first thread that meets a new word computes it; other threads wait for that. A full memory
    keeps the words that were needed most. An exception, such as Ctrl-C, may leave the memory
    incomplete: it is then stale, and emptied before its next use.
    """

    def __init__(self, encoder: WordEncoder, labels: int) -> None:
        """Allocate the tables; the system commits a page on first write."""
        self._encoder = encoder
        self.most = min(max(FEWEST_WORDS, MOST_CELLS // labels), MOST_WORDS)
        # The last row stays 0: it stands for the missing word of a name that has fewer.
        self._high = np.zeros((self.most + 1, labels), dtype=np.int16)
        self._low = np.zeros((self.most + 1, labels), dtype=np.uint8)  # 8 of the bits
        self._shift = np.zeros((self.most + 1, 1), dtype=np.uint8)
        self._is_informative = np.zeros(self.most + 1, dtype=np.bool_)
        self._is_ready = np.zeros(self.most, dtype=np.bool_)
        self._uses = np.zeros(self.most, dtype=np.int64)
        self._new_lock()
        self._users: set[object] = set()  # calls that use rows
        self._size = 0
        self._is_stale = False
        self._texts: dict[str, int] = {}
        self._keys: KeyTable | None = None
        _EVIDENCE.add(self)

    def continue_in_child(self) -> None:
        """Continue in a forked process, which has none of the threads that used the words."""
        self._new_lock()  # a thread may have held the other one
        self._is_stale = self._is_stale or bool(self._users)
        self._users = set()

    def _new_lock(self) -> None:
        """Make the lock, which is always taken itself.

        `with` of a Condition runs Python code, in which Ctrl-C can leave the lock taken.
        """
        self._lock = RLock()
        self._changed = Condition(self._lock)

    def of_texts(self, names: Sequence[list[str]], use: UseSums) -> None:
        """Call `use` with the summed evidence of names, given by their words, at most `most`."""
        counts = np.fromiter(map(len, names), dtype=np.int64, count=len(names))
        words = [word for name in names for word in name]

        def claim() -> tuple[Numbers, list[str]]:
            known = self._texts
            new = sorted({word for word in words if word not in known})
            if self._size + len(new) <= self.most:
                known.update(zip(new, range(self._size, self.most), strict=False))
            rows = map(known.get, words, [-1] * len(words))
            return np.fromiter(rows, dtype=np.int64, count=len(words)), new

        self._with_sums(claim, counts, np.arange(len(names)), use)

    def of_plain(self, lines: Lines, max_length: int, use: UseSums) -> Flags:
        """Call `use` with the summed evidence of the plain names in lines; return which are.

        They have `most` words at most. Longer lines than `max_length` are not plain.
        """
        words = find_words(lines, max_length)
        counts = np.bincount(words.line, minlength=len(lines))[words.is_plain]
        with self._lock:
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
            return rows, [words.content[start:end].decode() for start, end in places]

        self._with_sums(claim, counts, np.flatnonzero(words.is_plain), use)
        return words.is_plain

    def _with_sums(self, claim: Claim, counts: Numbers, names: Numbers, use: UseSums) -> None:
        """Call `use` with the summed evidence of `names`, which have `counts` words each.

        `claim` returns the rows of all words, and the new words, which get rows if there is room.
        """
        is_done = not len(names)
        while not is_done:
            user = object()
            try:
                rows, new, first = self._claimed(claim, user)
                self._compute(new, first)
                if is_done := self._wait_for(rows):
                    before = np.concatenate([[0], np.cumsum(counts)])
                    for start in range(0, len(names), AT_ONCE):
                        part = slice(start, start + AT_ONCE)
                        words = rows[before[start] : before[min(start + AT_ONCE, len(names))]]
                        use(names[part], self._summed(words, counts[part]))
            except BaseException:
                with self._lock:  # a thread in `_claimed` would reset it
                    self._is_stale = True
                raise
            finally:
                self._users.discard(user)
                with self._lock:
                    self._changed.notify_all()

    def _claimed(self, claim: Claim, user: object) -> tuple[Numbers, list[str], int]:
        """Return the rows of all words, the new words, and the first row of these."""
        with self._lock:
            while not (found := self._claimed_now(claim, user)):
                self._changed.wait()
        return found

    def _claimed_now(self, claim: Claim, user: object) -> tuple[Numbers, list[str], int] | None:
        """Return what `_claimed` does; None if words in use would have to be forgotten first."""
        if self._is_stale:
            if self._users:
                return None
            self._keep(0)
        self._is_stale = True  # until the tables are complete again
        rows, new = claim()
        for fraction in KEPT:
            if self._size + len(new) > self.most and not self._users:
                self._keep(int(fraction * self.most))
                rows, new = claim()
        has_room = self._size + len(new) <= self.most
        first = self._size
        if has_room:
            self._size += len(new)
            uses = USE * np.bincount(rows)
            self._uses[: len(uses)] += uses
            self._users.add(user)
        self._is_stale = False
        return (rows, new, first) if has_room else None

    def _keep(self, number: int) -> None:
        """Forget all words but the `number` of them that were needed most, and more than once."""
        uses = self._uses[: self._size]
        number = min(number, int(np.count_nonzero(uses > USE)))
        kept = np.sort(np.argsort(uses, kind="stable")[len(uses) - number :])
        for part in parts(kept):  # without a copy of all
            for of_words in (self._high, self._low, self._shift, self._is_informative, self._uses):
                of_words[part] = of_words[kept[part]]
        self._size = number
        self._uses[number:] = 0
        self._uses[:number] -= self._uses[:number] >> 2  # so that words of old are forgotten
        self._is_ready[:] = False
        self._is_ready[:number] = True
        if self._texts:
            row_of = np.full(self.most, -1)
            row_of[kept] = np.arange(len(kept))
            moved = zip(self._texts, row_of[list(self._texts.values())].tolist(), strict=True)
            self._texts = {word: row for word, row in moved if row >= 0}
        if self._keys:
            self._keys.keep(kept)

    def _compute(self, new: list[str], first: int) -> None:
        """Compute the evidence of `new` words, for the rows from `first`."""
        if not new:
            return
        for start in range(0, len(new), SLICE_SIZE):
            words = new[start : start + SLICE_SIZE]
            rows = slice(first + start, first + start + len(words))
            evidence, self._is_informative[rows] = self._encoder.evidence(words)
            with np.errstate(over="ignore"):  # clipped below
                evidence *= np.float32(1 / STEP)
            np.rint(evidence, out=evidence)
            steps = np.clip(evidence, -LARGEST, LARGEST, out=evidence).astype(np.int32)
            self._store(rows, steps)
        with self._lock:
            self._is_ready[first : first + len(new)] = True
            self._changed.notify_all()

    def _wait_for(self, rows: Numbers) -> bool:
        """Wait until other threads have computed their words; False where one failed to."""
        if not self._is_ready[rows].all():
            with self._lock:
                self._changed.wait_for(lambda: self._is_stale or self._is_ready[rows].all())
        return bool(self._is_ready[rows].all())

    def _summed(self, rows: Numbers, counts: Numbers) -> Summed:
        first = np.cumsum(counts) - counts
        sums: npt.NDArray[np.signedinteger] = self._steps(rows[first])
        if counts.max() > IN_32_BITS:
            sums = sums.astype(np.int64)
        is_informative = self._is_informative[rows[first]]
        for i in range(1, int(counts.max())):
            has_word = counts > i
            names = np.flatnonzero(has_word)
            if len(names) > len(counts) / 2:  # then adding to all is faster
                of_words = np.where(has_word, rows[np.minimum(first + i, len(rows) - 1)], self.most)
                sums += self._steps(of_words)
                is_informative |= self._is_informative[of_words]
            else:
                of_words = rows[first[names] + i]
                sums[names] += self._steps(of_words)
                is_informative[names] |= self._is_informative[of_words]
        return Summed(sums, counts, is_informative)

    def _store(self, rows: slice, steps: Sums) -> None:
        """Store evidence in 24 bits; `steps` is overwritten, since new arrays take more time."""
        largest = np.maximum(steps.max(axis=1), -steps.min(axis=1))[:, None]
        bits = np.arange(STORED_BITS - 1, LARGEST.bit_length(), dtype=np.int32)
        shift = (largest >> bits > 0).sum(axis=1, keepdims=True, dtype=np.int32)
        steps += (1 << shift) >> 1  # to round
        steps >>= shift
        np.minimum(steps, (1 << STORED_BITS - 1) - 1, out=steps)
        np.right_shift(steps, 8, out=self._high[rows], casting="unsafe")
        np.bitwise_and(steps, 0xFF, out=self._low[rows], casting="unsafe")
        self._shift[rows] = shift

    def _steps(self, rows: Numbers) -> Sums:
        """Return the evidence of words in steps, int32 [words, labels]."""
        steps = self._high.take(rows, axis=0).astype(np.int32)
        steps <<= 8
        steps |= self._low.take(rows, axis=0)
        steps <<= self._shift[rows]
        return steps


_EVIDENCE: WeakSet[WordEvidence] = WeakSet()


def _continue_in_child() -> None:
    for evidence in _EVIDENCE:
        evidence.continue_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_continue_in_child)
