"""Words found in bytes, and the table of their keys."""

import sys
import tracemalloc
import unicodedata
from dataclasses import replace

import numpy as np
import pytest
from conftest import random_model
from hypothesis import given, settings
from hypothesis import strategies as st

from names_predictor.artifact.store import Artifact
from names_predictor.encoding import MAX_LENGTH, normalise, split_words
from names_predictor.inference import scorer as scorer_module
from names_predictor.inference.byte_words import find_words
from names_predictor.inference.key_table import KeyTable, distinct
from names_predictor.inference.lines import Lines
from names_predictor.inference.predictor import NamePredictor
from names_trainer.onnx_graph.encoder import to_onnx

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


def test_nobody_knows_which_keys_collide() -> None:
    keys = np.random.default_rng(0).integers(1, 1 << 63, (3, 1 << 14), dtype=np.uint64)
    one, other = KeyTable(1 << 15), KeyTable(1 << 15)
    close = keys[:, one.first_place(keys) < 1 << 9]  # one of 128 places
    places = other.first_place(close)
    assert (places < 1 << 9).mean() < 0.1
    assert len(np.unique(places)) > 0.9 * close.shape[1]
    keys[1], keys[2] = 1, keys[0]
    assert len(np.unique(one.first_place(keys))) > 0.8 * keys.shape[1]


def test_a_very_long_line_takes_no_multiple_of_its_memory() -> None:
    lines = Lines.of(["anna", "b " * 3_000_000, "carla b", "é " * 2_000_000])
    tracemalloc.start()
    try:
        words = find_words(lines, MAX_LENGTH)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1 << 20
    assert words.line.tolist() == [0, 2, 2]
    assert words.is_plain.tolist() == [True, False, True, False]
    assert not find_words(lines[1:2], MAX_LENGTH).is_plain.any()


def test_a_large_table_is_thinned_out_without_a_copy_of_it() -> None:
    rows = 1 << 17
    keys = np.random.default_rng(0).integers(1, 1 << 63, (3, rows), dtype=np.uint64)
    table = KeyTable(rows)
    table.add(keys, 0)
    kept = np.flatnonzero(np.arange(rows) % 4)
    tracemalloc.start()
    try:
        table.keep(kept)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 24 * len(kept)  # bytes of their keys alone
    assert (table.find(keys[:, kept]) == np.arange(len(kept))).all()
    assert (table.find(keys[:, ::4]) == -1).all()


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


def test_words_that_are_too_long_for_a_key_are_told_apart(small_model: Artifact) -> None:
    names = ["a" * 24, "a" * 24 + "b", "a" * 24 + "c"]
    assert find_words(Lines.of(names), MAX_LENGTH).is_plain.tolist() == [True, False, False]
    alone = [NamePredictor(small_model).predict([name])[0] for name in names]
    assert NamePredictor(small_model).predict(names * 100) == alone * 100
