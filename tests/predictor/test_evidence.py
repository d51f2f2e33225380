"""The evidence of words, computed once whoever asks."""

import inspect
import os
import random
import signal
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from names_predictor.inference import evidence as evidence_module
from names_predictor.inference.evidence import Summed, WordEvidence


class Encoder:
    """Gives a word's length and first letter as its evidence; records the requested words."""

    def __init__(self, failures: int = 0) -> None:
        self.requested: Counter[str] = Counter()
        self.failures = failures

    def evidence(self, words: list[str]) -> tuple[np.ndarray, np.ndarray]:
        self.requested.update(words)
        if self.failures:
            self.failures -= 1
            raise KeyboardInterrupt
        values = [[len(word), ord(word[0]) - 96, 0.5] for word in words]
        return np.array(values, np.float32), np.ones(len(words), np.bool_)


def sums_of(words: WordEvidence, names: list[list[str]]) -> np.ndarray:
    found = np.zeros((len(names), 3))

    def use(rows: Any, summed: Summed) -> None:
        found[rows] = summed.sums * evidence_module.STEP

    words.of_texts(names, use)
    return found


def expected(names: list[list[str]]) -> np.ndarray:
    return np.array(
        [np.sum([[len(w), ord(w[0]) - 96, 0.5] for w in name], axis=0) for name in names]
    )


def test_a_new_word_is_computed_once_by_several_threads() -> None:
    encoder: Any = Encoder()
    words = WordEvidence(encoder, 3)
    generator = random.Random(0)
    pool = ["".join(generator.choices("abc", k=5)) for _ in range(300)]
    barrier = Barrier(4)

    def work(seed: int) -> None:
        mine = random.Random(seed)
        barrier.wait()
        for _ in range(20):
            names = [mine.choices(pool, k=mine.randint(1, 12)) for _ in range(40)]
            np.testing.assert_array_equal(sums_of(words, names), expected(names))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    assert set(encoder.requested.values()) == {1}
    assert set(encoder.requested) == set(pool)


def test_a_forked_process_does_not_wait_for_threads_that_it_lacks() -> None:
    encoder: Any = Encoder()
    words = WordEvidence(encoder, 3)
    names = [["ab", "c"], ["ab"]]
    sums_of(words, names)
    with ThreadPoolExecutor(1) as thread:
        thread.submit(words._changed.acquire).result()  # held when the process forks
        words._users.add(object())
        if not (child := os.fork()):
            signal.alarm(20)
            os._exit(not np.array_equal(sums_of(words, names), expected(names)))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        thread.submit(words._changed.release).result()


def test_threads_may_fill_the_memory_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence_module, "FEWEST_WORDS", 1)
    monkeypatch.setattr(evidence_module, "MOST_CELLS", 3 * 12)
    encoder: Any = Encoder()
    words = WordEvidence(encoder, 3)

    def work(seed: int) -> None:
        mine = random.Random(seed)
        for _ in range(100):
            names = [["".join(mine.choices("ab", k=3))] * mine.randint(1, 3) for _ in range(4)]
            np.testing.assert_array_equal(sums_of(words, names), expected(names))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))


@pytest.fixture
def hundred_words(monkeypatch: pytest.MonkeyPatch) -> tuple[Encoder, WordEvidence]:
    """The evidence of a hundred words at most, and its encoder."""
    monkeypatch.setattr(evidence_module, "FEWEST_WORDS", 1)
    monkeypatch.setattr(evidence_module, "MOST_CELLS", 3 * 100)
    encoder: Any = Encoder()
    return encoder, WordEvidence(encoder, 3)


def test_full_memory_keeps_the_words_that_are_needed_most(
    hundred_words: tuple[Encoder, WordEvidence],
) -> None:
    encoder, words = hundred_words
    common = [f"a{i}" for i in range(50)]
    for number in range(40):
        names = [[word] for word in (*common, *(f"b{number}x{i}" for i in range(20)))]
        np.testing.assert_array_equal(sums_of(words, names), expected(names))
    assert {encoder.requested[word] for word in common} == {1}


def test_full_memory_forgets_the_words_that_were_needed_once(
    hundred_words: tuple[Encoder, WordEvidence],
) -> None:
    encoder, words = hundred_words
    common, once, new = ([[f"{kind}{i}"] for i in range(30)] for kind in "abc")
    for names in (common, common, once, once[:1], new, new[:15], common, once[:2]):
        np.testing.assert_array_equal(sums_of(words, names), expected(names))
    assert {encoder.requested[word] for (word,) in common} == {1}
    assert [encoder.requested[word] for word in ("b0", "b1")] == [1, 1]
    sums_of(words, [[f"d{i}"] for i in range(30)])  # full
    sums_of(words, [*common, *once[:3], *new])
    assert [encoder.requested[word] for word in ("a1", "b0", "b2", "c1", "c20")] == [1, 1, 2, 1, 2]


def test_half_of_a_full_memory_stays_if_many_words_are_new(
    hundred_words: tuple[Encoder, WordEvidence],
) -> None:
    encoder, words = hundred_words
    common, others = ([[f"{kind}{i}"] for i in range(50)] for kind in "ab")
    for names in (common, common, common, others, others, [[f"c{i}"] for i in range(20)], common):
        np.testing.assert_array_equal(sums_of(words, names), expected(names))
    assert {encoder.requested[word] for (word,) in common} == {1}


def test_words_that_are_no_longer_needed_are_forgotten(
    hundred_words: tuple[Encoder, WordEvidence],
) -> None:
    encoder, words = hundred_words
    old = [[f"a{i}"] for i in range(90)]
    for names in (old, old, old):
        sums_of(words, names)
    for number in range(60):  # each word twice
        sums_of(words, 2 * [[f"b{number}x{i}"] for i in range(20)])
    encoder.requested.clear()
    sums_of(words, old)
    assert len(encoder.requested) == len(old)


def test_after_an_interruption_words_are_computed_again() -> None:
    encoder: Any = Encoder(failures=1)
    words = WordEvidence(encoder, 3)
    names = [["abc", "de"], ["f"]]
    with pytest.raises(KeyboardInterrupt):
        sums_of(words, names)
    np.testing.assert_array_equal(sums_of(words, names), expected(names))
    assert encoder.requested["abc"] == 2


class Watched(str):
    """A word that tells when a thread looks it up, and then waits a little."""

    looked_up, failed = Event(), Event()

    def __hash__(self) -> int:
        self.looked_up.set()
        self.failed.wait(0.2)
        return super().__hash__()


def test_a_failure_while_another_thread_looks_up_words_is_not_forgotten() -> None:
    class Failing(Encoder):
        def evidence(self, words: list[str]) -> tuple[np.ndarray, np.ndarray]:
            if "a" in words and not Watched.failed.is_set():
                assert Watched.looked_up.wait(20)
                raise MemoryError
            return super().evidence(words)

    encoder: Any = Failing()
    words = WordEvidence(encoder, 3)
    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(sums_of, words, [["a"]])
        first.add_done_callback(lambda _: Watched.failed.set())
        second = threads.submit(sums_of, words, [[Watched("b")]])
        with pytest.raises(MemoryError):
            first.result(timeout=20)
        second.result(timeout=20)
        again = threads.submit(sums_of, words, [["a"]])
        try:
            np.testing.assert_array_equal(again.result(timeout=20), expected([["a"]]))
        except TimeoutError:
            with words._changed:  # or the thread would wait for ever
                words._is_ready[:] = True
                words._changed.notify_all()
            raise


SOURCE = inspect.getsource(evidence_module).splitlines()
HANDLER = SOURCE.index("            except BaseException:")


class InterruptedAt:
    """Raises KeyboardInterrupt at one of the lines that `evidence` runs, as Ctrl-C may.

    Not where a lock is released, as Python does not either, and not in the handler.
    """

    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, frame: Any, event: str, _: Any) -> Any:
        if frame.f_code.co_filename != evidence_module.__file__:
            return None
        line = frame.f_lineno - 1
        is_safe = "with self._lock" in SOURCE[line] or 0 <= line - HANDLER < 8
        if event == "line" and not is_safe:
            self.left -= 1
            if self.left == 0:
                sys.settrace(None)
                raise KeyboardInterrupt
        return self


def test_an_interruption_anywhere_changes_no_later_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence_module, "FEWEST_WORDS", 1)
    monkeypatch.setattr(evidence_module, "MOST_CELLS", 3 * 6)
    before = [["ab", "cd"], ["ef"], ["gh", "ab"]]
    names = [["ef", "ij"], ["kl"], ["mn", "gh", "op"]]  # with those before, more than there is room
    interrupted = 0
    for number in range(1, 1000):
        encoder: Any = Encoder()
        words = WordEvidence(encoder, 3)
        sums_of(words, before)
        sys.settrace(InterruptedAt(number))
        try:
            sums_of(words, names)
        except KeyboardInterrupt:
            interrupted += 1
        finally:
            sys.settrace(None)
        with ThreadPoolExecutor(1) as thread:
            for later in (before, names):
                found = thread.submit(sums_of, words, later).result(timeout=60)
                np.testing.assert_array_equal(found, expected(later))
        if interrupted < number:
            break
    assert interrupted > 50


def test_few_labels_take_no_more_memory() -> None:
    encoder: Any = Encoder()
    assert WordEvidence(encoder, 2).most == evidence_module.MOST_WORDS


def test_the_sum_of_many_words_does_not_overflow() -> None:
    class Sure(Encoder):
        def evidence(self, words: list[str]) -> tuple[np.ndarray, np.ndarray]:
            return np.full((len(words), 3), 1e6, np.float32), np.ones(len(words), np.bool_)

    encoder: Any = Sure()
    words = WordEvidence(encoder, 3)
    name = [f"w{i}" for i in range(64)]
    (found,) = sums_of(words, [name])
    assert found == pytest.approx([64 * 64] * 3, rel=1e-6)


@given(st.lists(st.floats(-63.75, 63.75, width=32), min_size=3, max_size=3))
def test_evidence_is_stored_to_22_bits_of_the_largest(values: list[float]) -> None:
    class Fixed(Encoder):
        def evidence(self, words: list[str]) -> tuple[np.ndarray, np.ndarray]:
            return np.array([values], np.float32), np.ones(1, np.bool_)

    encoder: Any = Fixed()
    (found,) = sums_of(WordEvidence(encoder, 3), [["word"]])
    largest = max(map(abs, values))
    assert np.abs(found - values).max() <= max(evidence_module.STEP / 2, largest * 2.0**-22)
