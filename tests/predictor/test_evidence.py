"""Words: found in bytes, kept in a table, computed once whoever asks."""

import inspect
import os
import random
import signal
import sys
import unicodedata
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import numpy as np
import pytest
from conftest import random_model
from hypothesis import given, settings
from hypothesis import strategies as st

from names_predictor.artifact.store import Artifact
from names_predictor.encoding import MAX_LENGTH, normalise, split_words
from names_predictor.inference import evidence as evidence_module
from names_predictor.inference import scorer as scorer_module
from names_predictor.inference.byte_words import find_words
from names_predictor.inference.evidence import Summed, WordEvidence
from names_predictor.inference.key_table import KeyTable, distinct
from names_predictor.inference.lines import Lines
from names_predictor.inference.predictor import NamePredictor
from names_trainer.onnx_graph import to_onnx

LETTERS = "abcxyz'éßςœłđğıžőåøñабвйёΣσάκ王小明김민수"
ODD = "\u0130\u1e9e\u1ea4\u1f71\u13a0\ua4d0\ud7b0\u00d7\u00f7\u00b7\u0387\u0301\ufeff\u00ad`´"
ODD += '’"“«&;#39\u3000Ｋｉ\ufb01\u0149\ud800\0\n\t\r'
TEXTS = st.text(LETTERS + LETTERS.upper() + " -,./" + ODD, max_size=40)


@pytest.fixture(scope="session")
def small_model() -> Artifact:
    model, vocab = random_model("".join(sorted(set(LETTERS + " -,."))), 5, ngrams=3, ngram_rows=500)
    return Artifact(to_onnx(model, vocab), vocab)


@settings(max_examples=150)
@given(names=st.lists(TEXTS | st.text(max_size=30), min_size=1, max_size=50))
def test_words_found_in_bytes_are_those_of_the_text(
    small_model: Artifact, names: list[str]
) -> None:
    fast, plain = NamePredictor(small_model), NamePredictor(small_model)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scorer_module, "FEW", 1)
        found, reasons = fast.predict_proba(names), fast.predict_batch(names).reasons
        patch.setattr(scorer_module, "FEW", 10**9)
        np.testing.assert_array_equal(found, plain.predict_proba(names))
        assert reasons == plain.predict_batch(names).reasons


def test_a_name_that_is_too_long_for_the_model_is_so_among_others(small_model: Artifact) -> None:
    vocab = replace(small_model.vocab, max_length=8)
    predictor = NamePredictor(replace(small_model, vocab=vocab))
    alone = predictor.predict(["abcabcabc"])
    assert alone[0].reason == "too-long"
    assert predictor.predict(["abcabcabc"] * 40) == alone * 40


@pytest.mark.filterwarnings("error")
def test_a_model_whose_logits_overflow_gives_no_label() -> None:
    model, vocab = random_model("abc", 5)
    model.power.data.fill_(42.4)  # 8 to this power is just below the highest float32
    model.linear.weight.data *= 1e36
    predictor = NamePredictor(Artifact(to_onnx(model, vocab), vocab))
    one, many = predictor.predict(["abc", " ".join(["abc"] * 8)])
    assert one.label
    assert (many.label, many.probability, many.reason) == (None, None, "unknown-script")


MARKS = "\u0940\u094d\u093c\u0e48\u0e38\u064e\u0651\u05b0\u0301\u0327\u3099"
PAIRED = "".join(
    {
        chr(int(code, 16))
        for composed in range(0x10000)
        if not (parts := unicodedata.decomposition(chr(composed))).startswith("<")
        for code in parts.split()
    }
)


@settings(max_examples=300)
@given(name=st.text(PAIRED + MARKS + "अআက가ᄀ a'", min_size=1, max_size=20))
def test_letters_and_marks_that_nfc_would_change_are_not_plain(name: str) -> None:
    words = find_words(Lines.of([name]), MAX_LENGTH)
    found = [words.content[s:e].decode() for s, e in zip(words.start, words.end, strict=True)]
    assert not words.is_plain[0] or found == split_words(normalise(name))


def test_pairs_that_nfc_composes_are_not_plain() -> None:
    pairs = [
        unicodedata.normalize("NFD", chr(composed))
        for composed in range(0x80, 0x10000)
        if len(unicodedata.normalize("NFD", chr(composed))) > 1
    ]
    composing = [pair for pair in pairs if unicodedata.normalize("NFC", pair) != pair]
    words = find_words(Lines.of(composing), MAX_LENGTH)
    assert len(composing) > 10_000
    assert not words.is_plain.any()


def test_most_names_are_plain() -> None:
    names = ["O'Brien", "MÜLLER-LÜDENSCHEIDT", "Жуков Иван", "王 小明", "김민수", "Dr. J. R. Smith",
             "Σοφία Παπαδοπούλου", "Łukasz Żółć", "Nguyễn", "محمد حسن", "शर्मा", "כהן",
             "'Smith'", "x × y", "O’Brien", "Ｋｉｍ"]  # fmt: skip
    words = find_words(Lines.of(names), MAX_LENGTH)
    plain = [name for name, is_plain in zip(names, words.is_plain, strict=True) if is_plain]
    assert plain == names[:12]
    counts = np.bincount(words.line, minlength=len(names)).tolist()
    assert counts[:12] == [len(split_words(normalise(name))) for name in names[:12]]


def test_no_plain_character_means_more_than_itself() -> None:
    characters = [chr(code) for code in range(sys.maxunicode + 1) if code != ord("\n")]
    for form in ("{0}", "a{0}b", "{0}a {0}", "A{0} b"):
        names = [form.format(character) for character in characters]
        words = find_words(Lines.of(names), MAX_LENGTH)
        found: list[list[str]] = [[] for _ in names]
        for line, start, end in zip(words.line, words.start, words.end, strict=True):
            found[line].append(words.content[start:end].decode())
        for i in np.flatnonzero(words.is_plain):
            assert found[i] == split_words(normalise(names[i])), ascii(names[i])
    assert words.is_plain.sum() > 30_000


@given(st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=1, max_size=60), st.booleans())
def test_a_table_finds_each_key_also_where_all_collide(
    wanted: list[tuple[int, ...]], collide: bool
) -> None:
    keys = np.array(wanted, dtype=np.uint64).T
    table = KeyTable(64)
    with pytest.MonkeyPatch.context() as patch:
        if collide:
            patch.setattr(table, "first_place", lambda keys: np.zeros(keys.shape[1], np.int64))
        assert (table.find(keys) == -1).all()
        one, number = distinct(keys)
        table.add(keys[:, one[::2]], 0)
        table.add(keys[:, one[1::2]], len(one[::2]))
        rows = table.find(keys)
        expected = {key: row for row, key in enumerate(
            [*map(tuple, keys[:, one[::2]].T), *map(tuple, keys[:, one[1::2]].T)]
        )}  # fmt: skip
        assert rows.tolist() == [expected[key] for key in map(tuple, keys.T)]
        assert (keys[:, one][:, number] == keys).all()
        kept = np.arange(0, keys[:, one].shape[1], 2)
        table.keep(kept)
        left = [2 * row if row >= 0 else row for row in table.find(keys).tolist()]
        assert left == [row if row % 2 == 0 else -1 for row in rows.tolist()]
        table.keep(kept[:0])
        assert (table.find(keys) == -1).all()


@given(st.lists(st.text("abйσ王'", min_size=1, max_size=8), min_size=1))
def test_distinct_words_are_sorted(names: list[str]) -> None:
    words = find_words(Lines.of([name.strip("'") or "a" for name in names]), MAX_LENGTH)
    content = words.content
    one, number = distinct(words.keys)
    found = [content[words.start[i] : words.end[i]].decode() for i in one]
    assert found == sorted(set(found))
    assert [found[i] for i in number] == [
        content[s:e].decode() for s, e in zip(words.start, words.end, strict=True)
    ]


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


def test_full_memory_keeps_the_words_that_are_needed_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence_module, "FEWEST_WORDS", 1)
    monkeypatch.setattr(evidence_module, "MOST_CELLS", 3 * 100)
    encoder: Any = Encoder()
    words = WordEvidence(encoder, 3)
    common = [f"a{i}" for i in range(50)]
    for number in range(40):
        names = [[word] for word in (*common, *(f"b{number}x{i}" for i in range(20)))]
        np.testing.assert_array_equal(sums_of(words, names), expected(names))
    assert {encoder.requested[word] for word in common} == {1}


def test_after_an_interruption_words_are_computed_again() -> None:
    encoder: Any = Encoder(failures=1)
    words = WordEvidence(encoder, 3)
    names = [["abc", "de"], ["f"]]
    with pytest.raises(KeyboardInterrupt):
        sums_of(words, names)
    np.testing.assert_array_equal(sums_of(words, names), expected(names))
    assert encoder.requested["abc"] == 2


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
        is_safe = "with self._changed" in SOURCE[line] or 0 <= line - HANDLER < 7
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
