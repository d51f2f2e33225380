"""Text to numbers: one normaliser and one encoder, shared by training and prediction."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

PAD = 0
"""The id that fills a row behind the end of its name."""

UNKNOWN = 1
"""The id of every character that the training names do not hold and nothing stands for."""

FIRST_CHARACTER = 2
"""The id of the first character of a vocabulary."""

NORMALISATION = "lower-nfc-2"
"""The name of what `normalise` does; an artifact made with another one is refused."""

STAND_INS = {
    "\ue000": (range(0x3400, 0x4DC0), range(0x4E00, 0xA000)),
    "\ue001": (range(0xAC00, 0xD7A4),),
}
"""What a vocabulary has for all signs of a script that it lacks, and which those are: Han, Hangul.

No list of names holds all of their thousands of signs. These private characters mean nothing in a
name, and their codes lie above those that they stand for.
"""

MAX_LENGTH = 128
"""Characters that a name may have after normalisation; longer rows are not names."""

Ids = npt.NDArray[np.int64]

# Soft hyphens, joiners, direction marks and byte-order marks: they show nothing and mean nothing.
_directions = (0x61C, *range(0x200E, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_invisible = dict.fromkeys([0xAD, *range(0x200B, 0x200E), *_directions, 0x2060, 0xFEFF])
_quotes = dict.fromkeys(map(ord, '"“”„‟«»「」『』〝〞〟″‶❝❞〈〉《》\u2329\u232a'))
_dots = dict.fromkeys(map(ord, "・‧\u0387"), " ")
_apostrophes = dict.fromkeys(map(ord, "’‘ʼ`´‛‚‹›❛❜ʻʾʿ′\u1fef\u1ffd"), "'")
_others = {"-": "‐‑–—", ",": "،、", ";": "；؛\u037e", ".": "。"}
_marks = {ord(other): mark for mark, others in _others.items() for other in others}
_narrow: dict[int, str | None] = _invisible | _quotes | _dots | _apostrophes | _marks
_wide: dict[int, str | None] = {
    c: unicodedata.normalize("NFKC", chr(c)).translate(_narrow) for c in range(0xFF00, 0xFFF0)
}
ONE_FORM: dict[int, str | None] = _narrow | _wide
"""What stands for each code point before all else; None where it goes."""

ENDS = " ,;:."
"""What is no part of a name behind it."""

DEPTH = 8
"""How often entities may be written as entities, as &amp;#39; is; beyond it & goes."""

_entity = re.compile("&(?:#([0-9]{1,7})|#x([0-9a-f]{1,6})|([a-z][a-z0-9]{1,30}));")


def normalise(text: str) -> str:
    """Return `text` as the model sees it, so that one name has one form.

    Invisible characters and quotation marks go, typographic apostrophes and hyphens become plain
    ones, full-width and half-width forms the usual ones, HTML entities and middle dots what they
    stand for. White space is trimmed and folded, letters become lower case (capitals must not
    change an answer) and then NFC, since lower-casing can leave a letter and its mark apart.
    Single quotes around a name and punctuation behind it go.
    """
    if text.isascii() and text.isalpha():
        return text.lower()  # most names; the rest would change nothing more
    form = text.translate(ONE_FORM).lower()
    if "&" in form or "\u00b7" in form or "\u0307" in form:
        form = _mended(form)
    form = " ".join(form.split())
    if not form.isascii():
        form = unicodedata.normalize("NFC", form)
    return _bare(form) if form[-1:] in ",;:.'" else form


def _mended(form: str) -> str:
    """Decode HTML entities, write l·l as ll, other middle dots as spaces, the Turkish i as i."""
    for again in range(DEPTH, -1, -1):
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
    """Return HTML's names for letters and punctuation in names, and the numbers it reads anew.

    Those are of Windows' characters: a number from 128 to 159 means one of them.
    """
    from html import unescape
    from html.entities import html5  # rarely needed, and the start should be fast

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
    """Take off punctuation behind a name and single quotes around it."""
    form = form.rstrip(ENDS)
    if len(form) > 1 and form[0] == form[-1] == "'":
        return form.strip("' ").rstrip(ENDS)
    return form


def split_words(name: str) -> list[str]:
    """Return the words of a normalised name, at least one.

    An apostrophe within a word is a part of it. A name of nothing but separators is one word.
    """
    if name.isalpha():
        return [name]
    words = [word for part in _separators.split(name) if (word := part.strip("'"))]
    return words or [name]


SEPARATORS = ' ,;.:/()[]&+"_-'
"""The characters that separate words."""

_separators = re.compile(f"[{re.escape(SEPARATORS)}]+")


@dataclass(frozen=True)
class Vocabulary:
    """The characters a model knows; `characters[i]` has the id `FIRST_CHARACTER + i`."""

    characters: str

    @classmethod
    def of(cls, names: Iterable[str]) -> "Vocabulary":
        """Collect the characters of normalised `names`, and stand-ins, in code point order."""
        characters = set().union(*names).difference(STAND_INS)
        codes = set(map(ord, characters))
        stand_ins = (
            stand_in
            for stand_in, spans in STAND_INS.items()
            if any(not codes.isdisjoint(span) for span in spans)
        )
        return cls("".join(sorted(characters.union(stand_ins))))

    def __len__(self) -> int:
        """Count the ids, padding and unknown included."""
        return FIRST_CHARACTER + len(self.characters)

    @cached_property
    def tells(self) -> npt.NDArray[np.bool_]:
        """Of each id, whether it stands for a known character that is no space or punctuation."""
        known = [unicodedata.category(character)[0] not in "PZ" for character in self.characters]
        return np.array([False] * FIRST_CHARACTER + known)

    @cached_property
    def stand_ins(self) -> dict[int, tuple[range, ...]]:
        """The ids that stand for signs that the vocabulary lacks, and the code points of those."""
        return {
            self.characters.index(stand_in) + FIRST_CHARACTER: spans
            for stand_in, spans in STAND_INS.items()
            if stand_in in self.characters
        }

    @cached_property
    def _id_of_code_point(self) -> Ids:
        """A look-up table; its last entry stands for every code point above the highest known."""
        codes = _code_points(self.characters)
        table = np.full(int(codes.max(initial=0)) + 2, UNKNOWN, dtype=np.int64)
        for stand_in, spans in self.stand_ins.items():
            for span in spans:
                table[span.start : span.stop] = stand_in
        known = np.arange(len(codes)) + FIRST_CHARACTER
        table[codes] = np.where(np.isin(known, list(self.stand_ins)), UNKNOWN, known)
        return table

    @cached_property
    def unseen(self) -> Ids:
        """Of each id, what a sign of its kind that the vocabulary lacks gets."""
        ids = np.array([PAD] + [UNKNOWN] * (len(self) - 1), dtype=np.int64)
        codes = _code_points(self.characters)
        for stand_in, spans in self.stand_ins.items():
            for span in spans:
                ids[FIRST_CHARACTER:][(codes >= span.start) & (codes < span.stop)] = stand_in
        return ids

    def encode(self, names: Sequence[str]) -> tuple[Ids, Ids]:
        """Turn normalised names into ids.

        Returns `ids` [batch, time], padded with `PAD` to the longest name, and `lengths` [batch].
        """
        lengths = np.fromiter(map(len, names), dtype=np.int64, count=len(names))
        table = self._id_of_code_point
        ids = np.full((len(names), int(lengths.max(initial=0))), PAD, dtype=np.int64)
        within = np.arange(ids.shape[1]) < lengths[:, None]
        ids[within] = table[np.minimum(_code_points("".join(names)), len(table) - 1)]
        return ids, lengths

    def encode_names(self, names: Sequence[str]) -> tuple[Ids, Ids]:
        """Split normalised names into words and turn each distinct word into ids.

        Returns `ids` [words, time], padded with `PAD`, and `words` [names, most words of a name]:
        which rows of `ids` a name has, in the order of the words' text, -1 where it has fewer.
        """
        number: dict[str, int] = {}
        of_names = [sorted(split_words(name)) for name in names]
        found = [number.setdefault(word, len(number)) for words in of_names for word in words]
        counts = np.fromiter(map(len, of_names), dtype=np.int64, count=len(names))
        words = np.full((len(names), int(counts.max(initial=1))), -1, dtype=np.int64)
        words[np.arange(words.shape[1]) < counts[:, None]] = found
        return self.encode(list(number))[0], words


def _code_points(text: str) -> npt.NDArray[np.uint32]:
    # A lone surrogate can reach us from a Python caller; it becomes an unknown character.
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
