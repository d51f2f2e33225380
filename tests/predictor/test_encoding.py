import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from names_predictor.encoding import (
    FALLBACKS,
    FIRST_CHARACTER,
    PAD,
    UNKNOWN,
    Vocabulary,
    normalise,
)

ODD = (
    "&;#x0123456789abeiIlL·-()*!?®★'\"’“,.: \u0307\u0323\u0345\u00adＡｱﾞﾊ＆；￣\u3000\u212a\u037eΣß"
)
SURROGATES = set(map(chr, range(0xD800, 0xE000)))
PIECES = st.sampled_from(
    [*ODD, "&amp;", "&#39;", "&eacute;", "&#183;", "&#775;", "&#32;", "&#173;"]
)
TEXT = st.text(st.one_of(st.sampled_from("김이王李\ue000\ue001"), st.characters()), max_size=20)


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
        ("İnan", "inan"),
        ("I\u0307nan", "inan"),
        *[
            (quoted, "nowak")
            for quoted in ('"Nowak"', "'Nowak'", "''Nowak''", '""Nowak""', "“Nowak”")
        ],
        *[
            (quoted, "nowak")
            for quoted in ("„Nowak“", "«Nowak»", "‹Nowak›", "‚Nowak‘", "＂Nowak＂")
        ],
        *[
            (quoted, "nowak")
            for quoted in ("″Nowak″", "❝Nowak❞", "❛Nowak❜", "《Nowak》", "\u2329Nowak\u232a")
        ],
        *[(f"Nowak{end}", "nowak") for end in (",", ";", ":", ".", " .", "،", "。", "．", ".,")],
        *[('"Nowak",', "nowak"), ("'Nowak.'", "nowak"), ('Ann "Bo" Lee', "ann bo lee")],
        *[("'t Hart", "'t hart"), ("'s-Gravenhage'", "s-gravenhage"), ("D'", "d'"), ("'", "")],
        *[(f"O&{entity};Neill", "o'neill") for entity in ("#39", "#x27", "#X27", "apos", "rsquo")],
        *[(f"O&{entity};Neill", "o'neill") for entity in ("amp;#39", "#146", "#x92", "#8217")],
        *[("Jos&eacute;", "josé"), ("JOS&EACUTE;", "josé"), ("Jos&#201;", "josé")],
        *[
            ("A&B; C", "a&b; c"),
            ("a & b;", "a & b"),
            ("a&#0;b", "a& 0;b"),
            ("a&#xD800;b", "a& xd800;b"),
        ],
        *[("ｽｽﾞｷ", "スズキ"), ("Ｎｏｗａｋ", "nowak"), ("ﾔﾏﾀﾞ ﾀﾛｳ", "ヤマダ タロウ"), ("ﾡￂ", "가")],
        *[
            ("王\u3000小明", "王 小明"),
            ("卡尔·马克思", "卡尔 马克思"),
            ("マリア・シャラポワ", "マリア シャラポワ"),
        ],
        ("Gal·la", "galla"),
        *[(f"No{sign}wak", "nowak") for sign in "\u00ad\u034f\u061c\u180e\u200d\u2060\u206f\ufeff"],
        *[(f"O{mark}Neill", "o'neill") for mark in "‘ʼ`´‛‚‹›❛❜ʻʾʿ′՚\u05f3\u1fef\u1ffd"],
        *[(f"Ann{dash}Marie", "ann-marie") for dash in "‑‒–—―゠－"],
        *[(f"Nowak{mark}", "nowak") for mark in "；؛\u037e،、｡"],
        *[("マリア‧シャラポワ", "マリア シャラポワ"), ("Ann&#32;Lee", "ann lee")],
        *[(f"Nowak{sign}", "nowak") for sign in "!?*\\^®™†‡°…¿|~)-@★😀\ufe0f\u2063\u0965"],
        *[("**Nowak**", "nowak"), ("(Nowak)", "nowak"), ("Jan ♥ Nowak", "jan nowak")],
        *[("Nowak|Jan", "nowak jan"), ("Nowak^Jan", "nowak jan"), ("&#9733;Nowak", "nowak")],
        *[("בן־דוד", "בן-דוד"), ("רמב״ם", "רמבם"), ("Ann−Marie", "ann-marie")],
        *[(nothing, "") for nothing in ("-", "?", "…", "***", "()", "/", "'-'", "'. -")],
    ],
)
def test_normalise_gives_one_form(text: str, expected: str) -> None:
    assert normalise(text) == expected


@given(TEXT | st.lists(PIECES, max_size=12).map("".join))
def test_normalise_is_idempotent_and_composed(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert set(once).isdisjoint(c for c in SURROGATES | {"\0"} if c not in text)
    assert unicodedata.is_normalized("NFC", once)
    assert once == once.strip()


@given(st.text(alphabet="abcixyzäöéñßабвяκλμ김王 '-", max_size=20))
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
    known = {c: i + FIRST_CHARACTER for i, c in enumerate(vocabulary.characters)}
    assert known.keys() - FALLBACKS == set(characters).difference(FALLBACKS)

    def expected_id(character: str) -> int:
        if character in known and character not in FALLBACKS:
            return known[character]
        for fallback, spans in FALLBACKS.items():
            if any(ord(character) in span for span in spans):
                return known.get(fallback, UNKNOWN)
        return UNKNOWN

    for row, name in zip(ids.tolist(), names, strict=True):
        expected = list(map(expected_id, name))
        assert row == expected + [PAD] * (ids.shape[1] - len(name))


def test_vocabulary_counts_padding_and_unknown() -> None:
    vocabulary = Vocabulary.of(["ba", "cb"])
    assert vocabulary.characters == "abc"
    assert len(vocabulary) == 5
    assert len(Vocabulary("")) == 2


def test_unknown_characters_of_a_script_get_its_fallback() -> None:
    vocabulary = Vocabulary.of(["a王", "김"])
    assert vocabulary.characters == "a王김\ue000\ue001"
    han, hangul = vocabulary.fallbacks
    ids, _ = vocabulary.encode(["a王李", "김이\ue001", "カ"])
    assert ids.tolist() == [[2, 3, han], [4, hangul, UNKNOWN], [UNKNOWN, PAD, PAD]]
    assert vocabulary.is_informative[[han, hangul, UNKNOWN]].tolist() == [True, True, False]
    assert not Vocabulary.of(["ab"]).fallbacks


def test_encode_accepts_lone_surrogates() -> None:
    ids, _ = Vocabulary("ab").encode(["a\ud800\U0010ffffb"])
    assert np.array_equal(ids, [[2, UNKNOWN, UNKNOWN, 3]])


def test_an_entity_is_a_single_letter() -> None:
    assert normalise("No&eacute;wak") == "noéwak"
    assert normalise("No&ell;wak") == "no&ell;wak"  # a sign of mathematics
