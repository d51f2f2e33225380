import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from names_predictor.encoding import FIRST_CHARACTER, PAD, UNKNOWN, Vocabulary, normalise

TEXT = st.text(max_size=20)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  O’Neill ", "o'neill"),
        ("MÜLLER", "müller"),
        ("Mu\u0308ller", "müller"),
        ("van  der\tBerg", "van der berg"),
        ("Smith\u2010Jones", "smith-jones"),
        ("\u200fכהן\u200e", "כהן"),
        ("\u2068Nowak\u2069", "nowak"),
        ("\u061cحسن\u202c", "حسن"),
        ("ΠΑΠΑΔΟΠΟΥΛΟΣ", "παπαδοπουλος"),
        ("\ufeff \u200b\u00a0", ""),
        ("İnan", "i\u0307nan"),
    ],
)
def test_normalise_gives_one_form(text: str, expected: str) -> None:
    assert normalise(text) == expected


@given(TEXT)
def test_normalise_is_idempotent_and_composed(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert once == once.strip()


@given(st.text(alphabet="abcxyzäöéñßабвяκλμ김王 '-", max_size=20))
def test_capitals_and_decomposition_do_not_change_a_name(text: str) -> None:
    if "ß" not in text:  # its capital is SS, which is another spelling
        assert normalise(text.upper()) == normalise(text)
    assert normalise(unicodedata.normalize("NFD", text)) == normalise(text)


@given(st.lists(TEXT, max_size=8), TEXT)
def test_encode_equals_its_definition(names: list[str], characters: str) -> None:
    vocabulary = Vocabulary.of([characters])
    ids, lengths = vocabulary.encode(names)
    assert ids.shape == (len(names), max(map(len, names), default=0))
    assert lengths.tolist() == [len(name) for name in names]
    known = {c: i + FIRST_CHARACTER for i, c in enumerate(sorted(set(characters)))}
    for row, name in zip(ids.tolist(), names, strict=True):
        expected = [known.get(c, UNKNOWN) for c in name]
        assert row == expected + [PAD] * (ids.shape[1] - len(name))


def test_vocabulary_counts_padding_and_unknown() -> None:
    vocabulary = Vocabulary.of(["ba", "cb"])
    assert vocabulary.characters == "abc"
    assert len(vocabulary) == 5
    assert len(Vocabulary("")) == 2


def test_encode_takes_what_is_no_valid_text() -> None:
    ids, _ = Vocabulary("ab").encode(["a\ud800\U0010ffffb"])
    assert np.array_equal(ids, [[2, UNKNOWN, UNKNOWN, 3]])
