"""Words found in the bytes of many plain names at once, without making text of them."""

import unicodedata
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from names_predictor.encoding import FALLBACKS, ONE_FORM
from names_predictor.inference.key_table import LONGEST, Keys, keys_of
from names_predictor.inference.lines import Lines
from names_predictor.inference.types import Bytes, Flags, Numbers

_IN_WORD, _BETWEEN, _OTHER, _MARK = range(4)
_KIND = np.full(256, _OTHER, dtype=np.uint8)
_KIND[list(b"abcdefghijklmnopqrstuvwxyz0123456789'")] = _IN_WORD
_KIND[list(b" ,.-\n")] = _BETWEEN
_KIND[0x80:] = _IN_WORD  # the bytes of longer characters, which `_lower_in_place` looks at

_LOWER = np.frombuffer(bytes(range(256)).lower(), dtype=np.uint8)

SIGMA = ord("Σ")
"""The only letter whose lower case depends on the letters next to it."""

_GREEK = frozenset(chr(code).encode() for code in range(ord("Α"), ord("ώ") + 1))


class ByteWords(NamedTuple):
    """The words of lines, in lower case.

    Attributes:
        content: The bytes of the lines, in lower case.
        keys: The key of each word, uint64 [3, words].
        line: The line of each word, int64 [words].
        start: Index of its first byte.
        end: Index after its last byte.
        is_plain: Whether the words of a line are here, bool [lines]; not if it has other characters
            than plain letters, a long word or no word.

    """

    content: bytes
    keys: Keys
    line: Numbers
    start: Numbers
    end: Numbers
    is_plain: Flags


def find_words(lines: Lines, max_length: int) -> ByteWords:
    """Find the words of lines; those of more than `max_length` bytes are not plain."""
    is_plain = np.diff(lines.ends, prepend=-1) - 1 <= max_length
    if not is_plain.all():  # a very long line would take many times its bytes
        short = np.flatnonzero(is_plain)
        found = find_words(lines.take(short), max_length)
        is_plain[short] = found.is_plain
        return found._replace(line=short[found.line], is_plain=is_plain)
    content = _LOWER[np.frombuffer(lines.content + bytes(LONGEST), dtype=np.uint8)]
    kind = _KIND[content[:-LONGEST]]
    others = np.concatenate([np.flatnonzero(kind == _OTHER), _lower_in_place(content)])
    in_word = kind == _IN_WORD
    edge = np.flatnonzero(in_word[1:] != in_word[:-1]) + 1  # the text ends outside a word
    if in_word[:1].any():
        edge = np.concatenate([[0], edge])
    start, end = edge[::2], edge[1::2]
    line = np.searchsorted(lines.ends, start)

    is_plain[line[end - start > LONGEST]] = False
    is_plain[np.searchsorted(lines.ends, others)] = False
    quoted = (content[start] == ord("'")) | (content[end - 1] == ord("'"))
    is_plain[line[quoted]] = False  # an apostrophe around a word is no part of it
    is_plain &= np.bincount(line, minlength=len(lines)) > 0

    here = is_plain[line]
    start, end, line = start[here], end[here], line[here]
    keys = keys_of(content, start, end)
    return ByteWords(content.tobytes(), keys, line, start, end, is_plain)


def _lower_in_place(content: Bytes) -> Numbers:
    """Put the characters of 2 and 3 bytes in lower case; return where one is not plain.

    Source: RFC 3629, section 3: the bits of characters.
    """
    first = np.flatnonzero(content >= 0xC0)
    if not first.size:
        return first
    one, two, three = (content[first + i].astype(np.int32) for i in range(3))
    is_short = one < 0xE0
    code = np.where(
        is_short,
        (one & 0x1F) << 6 | two & 0x3F,
        (one & 0x0F) << 12 | (two & 0x3F) << 6 | three & 0x3F,
    )
    kinds, lower_codes = _characters()
    kind, lower = np.where(one < 0xF0, kinds[code], _OTHER), lower_codes[code]
    for at in np.flatnonzero(code == SIGMA):
        if small := _lower_sigma(content, first[at]):
            kind[at], lower[at] = _IN_WORD, small
    changed = np.flatnonzero((lower != code) & (kind != _OTHER))
    of_short, of_long = changed[is_short[changed]], changed[~is_short[changed]]
    for which, lead, bits in ((of_short, 0xC0, (6, 0)), (of_long, 0xE0, (12, 6, 0))):
        for i, shift in enumerate(bits):
            byte = lower[which] >> shift & 0x3F
            content[first[which] + i] = byte | (0x80 if i else lead)
    is_other = kind == _OTHER
    # NFC orders marks that follow each other.
    is_other[1:] |= (kind[1:] == _MARK) & (kind[:-1] == _MARK)
    others: Numbers = first[is_other]
    return others


def _lower_sigma(content: Bytes, at: int) -> int:
    """Return the lower case of the capital sigma at a byte, 0 unless Greek letters decide it."""
    before, after = content[max(at - 2, 0) : at].tobytes(), content[at + 2 : at + 4].tobytes()
    if after in _GREEK:
        return ord("σ")
    return ord("ς") if before in _GREEK and after[:1] in b" ,-\n" else 0


@cache
def _characters() -> tuple[Bytes, npt.NDArray[np.uint16]]:
    """Return the kind of each character of at most three bytes, and its lower case.

    Only characters whose lower case NFC leaves unchanged, whatever their neighbours, are letters or
    marks. NFC composes some pairs of characters: their mark, or their first character if the second
    is not a mark, is of the kind `_OTHER`. Han characters and Hangul syllables are letters; the
    parts of Hangul syllables are not.
    """
    fallbacks = {code for ranges in FALLBACKS.values() for codes in ranges for code in codes}
    neither = range(0xD800, 0xF900)  # surrogates and private use
    codes = [c for c in range(0x80, 1 << 16) if c not in fallbacks and c not in neither]
    composed = [
        [int(part, 16) for part in parts]
        for code in codes
        if len(parts := unicodedata.decomposition(chr(code)).split()) == 2 and parts[0][0] != "<"
    ]
    composing = {
        second if unicodedata.combining(chr(second)) else first for first, second in composed
    }
    kinds = np.full(1 << 16, _OTHER, dtype=np.uint8)
    lower = np.arange(1 << 16, dtype=np.uint16)
    kinds[list(fallbacks)] = _IN_WORD
    jamo = range(0x1100, 0x1200)
    strange = {*jamo, SIGMA} | composing | ONE_FORM.keys()
    for code in set(codes) - strange:
        character = chr(code).lower()
        is_letter, is_mark = character.isalpha(), unicodedata.category(character[0])[0] == "M"
        if (
            (is_letter or is_mark)
            and len(character) == 1
            and ord(character) not in strange
            and len(character.encode()) == len(chr(code).encode())
            and unicodedata.normalize("NFC", character) == character
        ):
            kinds[code] = _MARK if unicodedata.combining(character) else _IN_WORD
            lower[code] = ord(character)
    return kinds, lower
