"""Normalisation and encoding of names, the same in training and prediction."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

PAD = 0
"""Id of padding, which follows the end of a word."""

UNKNOWN = 1
"""Id of every unknown character without a fallback character."""

FIRST_CHARACTER = 2
"""Id of the first character of a vocabulary."""

NORMALISATION = "lower-nfc-2"
"""Version of `normalise`; artifacts with another one are rejected."""

FALLBACKS = {
    "\ue000": (range(0x3400, 0x4DC0), range(0x4E00, 0xA000)),
    "\ue001": (range(0xAC00, 0xD7A4),),
}
"""The fallback characters of Han and Hangul, and the code points that they replace if unknown.

These scripts have more characters than any training data. The fallback characters are private-use
characters, with higher code points than those that they replace.
"""

MAX_LENGTH = 128
"""Highest number of characters of a normalised name."""

Ids = npt.NDArray[np.int64]

# Invisible characters: soft hyphens, joiners, direction marks, byte-order marks and variation
# selectors.
_directions = (0x61C, *range(0x200E, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x2070))
_variations = (0x34F, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10))
_joiners = (0xAD, *range(0x200B, 0x200E), *range(0x2060, 0x2065), 0xFEFF)
_invisible = dict.fromkeys((*_directions, *_variations, *_joiners))
_quotes = dict.fromkeys(map(ord, '"“”„‟«»「」『』〝〞〟″‶❝❞〈〉《》\u2329\u232a\u05f4'))
_dots = dict.fromkeys(map(ord, "・‧\u0387"), " ")
_apostrophes = dict.fromkeys(map(ord, "’‘ʼ`´‛‚‹›❛❜ʻʾʿ′՚\u05f3\u1fef\u1ffd"), "'")
_others = {"-": "‐‑‒–—―−゠\u05be", ",": "،、", ";": "；؛\u037e", ".": "。"}
_marks = {ord(other): mark for mark, others in _others.items() for other in others}
_narrow: dict[int, str | None] = _invisible | _quotes | _dots | _apostrophes | _marks
_wide: dict[int, str | None] = {
    c: unicodedata.normalize("NFKC", chr(c)).translate(_narrow) for c in range(0xFF00, 0xFFF0)
}
ONE_FORM: dict[int, str | None] = _narrow | _wide
"""Replacement of each code point, None to delete it: the first step of `normalise`."""

SEPARATORS = ' ,;.:/()[]&+"_-'
"""Characters that separate words, and are stripped from both ends of a name."""

SYMBOLS = (
    "!#$%*<=>?@\\\\\\^{|}~"  # ASCII
    "\u00a1-\u00a7\u00a9\u00ac\u00ae\u00b0\u00b1\u00b6\u00bf\u00d7\u00f7"  # Latin 1
    "\u055b-\u055f\u0589\u061f\u0964\u0965\u0970"  # of Armenian, Arabic, Devanagari,
    "\u104a-\u104f\u1361-\u1368\u17d4-\u17d6"  # Burmese, Ethiopic and Khmer
    "\u2016\u2017\u2020-\u2026\u2030\u2031\u203b-\u203e\u2041-\u205e\u20a0-\u20c0"
    "\u2116\u2117\u2120-\u2122\u2190-\u2bff"  # letterlike symbols, arrows, pictures
    "\u2e00-\u2e2e\u2e30-\u2e5d\u3003\u3004\u3010-\u301c\u3020\u3030\u3036\u3037"
    "\U0001f000-\U0001faff\U000e0000-\U000e007f"  # emoji
)
"""Symbols and punctuation, which become spaces; the inside of [] of a regular expression."""

_symbols = re.compile(f"[{SYMBOLS}]")

ESCAPE_DEPTH = 8
"""Highest number of nested HTML escapes, such as &amp;#39;, after which every & is deleted."""

UNDECODABLE = re.compile("[\x00\ufffd\ud800-\udfff]")
"""Characters that no name has: NUL, the replacement character of a decoder, lone surrogates."""

_entity = re.compile("&(?:#([0-9]{1,7})|#x([0-9a-f]{1,6})|([a-z][a-z0-9]{1,30}));")


def normalise(text: str) -> str:
    """Normalise a name, so that its written forms become equal.

    Invisible characters and quotation marks are deleted. Typographic apostrophes and hyphens,
    full-width and half-width forms, HTML entities, middle dots and symbols are replaced. White
    space is collapsed, letters are lower-cased and then composed (NFC). Separators and single
    quotes around the name are stripped.

    Args:
        text: Any text.

    Returns:
        The normalised name, which may be empty.

    """
    if text.isascii() and text.isalpha():
        return text.lower()  # most names need nothing else
    form = text.translate(ONE_FORM).lower()
    if "&" in form or "\u00b7" in form or "\u0307" in form:
        form = _unescaped(form)
    form = " ".join(_symbols.sub(" ", form).split())
    if not form.isascii():
        form = unicodedata.normalize("NFC", form)
    return form if form[:1].isalpha() and form[-1:].isalpha() else _bare(form)


def _unescaped(form: str) -> str:
    """Decode HTML entities; replace l·l by ll, other middle dots by spaces, i with a dot by i."""
    for again in range(ESCAPE_DEPTH, -1, -1):
        before = form
        form = re.sub("i\u0307+", "i", unicodedata.normalize("NFC", form))
        form = form.replace("l\u00b7l", "ll").replace("\u00b7", " ")
        form = _entity.sub(_decoded, form).translate(ONE_FORM).lower()
        if form == before:
            break
        if again == 1:
            form = form.replace("&", "")
    return form


def _decoded(found: re.Match[str]) -> str:
    decimal, hexadecimal, name = found.groups()
    if name:
        return entities().get(name, found[0])
    code = int(decimal) if decimal else int(hexadecimal, 16)
    known = entities().get(f"#{code}")
    is_text = 0x20 <= code < 0xD800 or 0xE000 <= code <= 0x10FFFF
    return known or (chr(code) if is_text else found[0])


@cache
def entities() -> dict[str, str]:
    """Return the HTML entities of letters and punctuation that names have.

    The keys are names and the numbers #128 to #159, which HTML reads as characters of Windows-1252.
    """
    from html import unescape
    from html.entities import html5  # rarely needed

    letters = {
        name[:-1].lower(): character.lower()
        for name, character in sorted(html5.items())
        if name.endswith(";")
        and len(character) == 1
        and character.isalpha()
        and character < "\u0600"
    }
    marks = "amp apos quot lsquo rsquo ldquo rdquo sbquo bdquo laquo raquo nbsp shy ndash mdash"
    numbers = {f"#{code}": unescape(f"&#{code};") for code in range(0x80, 0xA0)}
    return letters | {name: html5[f"{name};"] for name in marks.split()} | numbers


def _bare(form: str) -> str:
    """Strip separators and single quotes around a name."""
    form = form.strip(SEPARATORS)
    is_quoted = form[:1] == form[-1:] == "'"
    return form.strip(f"'{SEPARATORS}") if is_quoted else form


def split_words(name: str) -> list[str]:
    """Split a normalised name into words.

    An apostrophe within a word does not split it.

    Args:
        name: A normalised name.

    Returns:
        At least one word; an empty name is a single one.

    """
    if name.isalpha():
        return [name]
    words = [word for piece in _separators.split(name) if (word := piece.strip("'"))]
    return words or [name]


_separators = re.compile(f"[{re.escape(SEPARATORS)}]+")


@dataclass(frozen=True)
class Vocabulary:
    """The characters of a model.

    Attributes:
        characters: The known characters, sorted; `characters[i]` has the id `FIRST_CHARACTER + i`.

    """

    characters: str

    @classmethod
    def of(cls, names: Iterable[str]) -> "Vocabulary":
        """Return the vocabulary of normalised names, with the fallback characters of its scripts.

        Args:
            names: Normalised names.

        """
        characters = set().union(*names).difference(FALLBACKS)
        codes = set(map(ord, characters))
        fallbacks = (
            fallback
            for fallback, spans in FALLBACKS.items()
            if any(not codes.isdisjoint(span) for span in spans)
        )
        return cls("".join(sorted(characters.union(fallbacks))))

    def __len__(self) -> int:
        """Return the number of ids, with padding and the unknown character."""
        return FIRST_CHARACTER + len(self.characters)

    @cached_property
    def is_informative(self) -> npt.NDArray[np.bool_]:
        """Whether each id is a known character, and not a space or punctuation, bool [ids]."""
        known = [unicodedata.category(character)[0] not in "PZ" for character in self.characters]
        return np.array([False] * FIRST_CHARACTER + known)

    @cached_property
    def fallbacks(self) -> dict[int, tuple[range, ...]]:
        """The ids of the fallback characters, with the code points that they replace."""
        return {
            self.characters.index(fallback) + FIRST_CHARACTER: spans
            for fallback, spans in FALLBACKS.items()
            if fallback in self.characters
        }

    @cached_property
    def _id_of_code_point(self) -> Ids:
        """The id of each code point, int64 [code points + 1]; the last entry is for higher ones."""
        codes = _code_points(self.characters)
        table = np.full(int(codes.max(initial=0)) + 2, UNKNOWN, dtype=np.int64)
        for fallback, spans in self.fallbacks.items():
            for span in spans:
                table[span.start : span.stop] = fallback
        known = np.arange(len(codes)) + FIRST_CHARACTER
        table[codes] = np.where(np.isin(known, list(self.fallbacks)), UNKNOWN, known)
        return table

    def encode(self, names: Sequence[str]) -> tuple[Ids, Ids]:
        """Encode normalised names.

        Args:
            names: Normalised names.

        Returns:
            Ids int64 [names, time], padded with `PAD`, and lengths int64 [names].

        """
        lengths = np.fromiter(map(len, names), dtype=np.int64, count=len(names))
        table = self._id_of_code_point
        ids = np.full((len(names), int(lengths.max(initial=0))), PAD, dtype=np.int64)
        within = np.arange(ids.shape[1]) < lengths[:, None]
        ids[within] = table[np.minimum(_code_points("".join(names)), len(table) - 1)]
        return ids, lengths


def _code_points(text: str) -> npt.NDArray[np.uint32]:
    # A lone surrogate, possible in Python text, becomes an unknown character.
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
