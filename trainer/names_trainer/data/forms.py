"""Data augmentation: spellings, romanisations, initials and titles of normalised names.

Training draws the forms per epoch; the same seed gives the same forms.
"""

import csv
import random
import re
import string
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path

from names_predictor.encoding import normalise
from names_predictor.errors import NamesError
from names_trainer.data.romanisation import RULED, transliterations

Variants = Mapping[tuple[str, str], tuple[str, ...]]
"""(label, word) -> the word's other romanisations."""

UNMARKED = "øo łl đd ħh ŧt ɓb ɗd ƙk ƴy ɛe ɔo ŋn ıi ðd əe æae œoe ßss þth ёе ґг"
"""Letters that Unicode does not decompose, each followed by its replacement."""

STRIPPED = [
    *range(0x300, 0x370),  # combining diacritics
    *range(0x591, 0x5C8),  # Hebrew points
    *range(0x64B, 0x660),  # Arabic vowel signs
    0x670,  # superscript alef
]

TATWEEL = 0x640
"""The stroke that stretches an Arabic word."""

LETTERS = [*range(0xC0, 0x250), *range(0x370, 0x400), *range(0x1E00, 0x2000), *range(0x622, 0x628)]
"""Letters that lose their marks: Latin, Greek, and Arabic with hamza or madda.

In other scripts, such as kana, Cyrillic and Devanagari, the mark makes another letter.
"""

SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "ß": "ss"})

SPELL_OUT = frozenset(
    ("German", "Swedish", "Norwegian", "Danish", "Faroese", "Icelandic", "Finnish", "Estonian")
)
"""Labels in which ö is often written as oe; in others it is mostly written as o."""

RARELY = 8
"""One in this many words gets a rare form: a rare romanisation, or ö as oe in other labels."""

PARTICLE_WORDS = (
    "van von der den de da do das dos du del della di la las le los lo ter ten te ver op het san "
    "mac mc o d l al el ul abd abdel abdul ibn ben bar ap"
)
PARTICLES = frozenset(PARTICLE_WORDS.split())
"""Words that are also joined with the rest of a surname: vanderberg."""

CLAN = re.compile("(?:mc|mac(?=[dglmnpq]))(?=[a-z]{3})")
"""Mc and Mac as a prefix of Scottish and Irish names: in Mackenzie, not in Macias."""

NO_PARTICLES = frozenset(("Vietnamese", "Chinese", "Korean", "Burmese", "Khmer", "Thai", "Igbo"))
"""Labels in which a particle can be a name: Van, Le, Do, La."""

COMMON_TITLES = "dr mr mrs ms prof"
RARE_TITLES = (
    "sir dame lady lord rev herr frau fräulein dipl ing mag señor señora señorita sr sra srta don "
    "doña dña m mme mlle mons sig dott dott.ssa avv geom pan pani mgr inż hr fru frk dhr mevr mw "
    "bay bayan sayın g gospodin gospođa kyrios kyria shri smt sri haji hajah datuk dato sheikh "
    "ustad eng engr chief capt col gen sgt miss mx madam"
)

TITLES = (*COMMON_TITLES.split() * 20, *RARE_TITLES.split())
ALL_SUFFIXES = "jr jr jr sr sr ii ii iii iii iv phd phd md md esq ba bsc ma msc mba cpa dds llb obe"
SUFFIXES = tuple(ALL_SUFFIXES.split())


def _table() -> dict[int, str | None]:
    """Return the translation table that removes the marks of letters."""
    marks = (code for code in STRIPPED if unicodedata.combining(chr(code)))  # not punctuation
    table: dict[int, str | None] = dict.fromkeys([*marks, TATWEEL])
    for code in LETTERS:
        decomposed = unicodedata.normalize("NFD", chr(code))
        if len(decomposed) > 1 and decomposed[0].isalpha():
            table[code] = decomposed[0]
    return table | {ord(letter[0]): letter[1:] for letter in UNMARKED.split()}


PLAIN = _table()


@lru_cache(1 << 17)
def _plainly(word: str) -> tuple[str, ...]:
    """Return the spellings of a word without diacritics, apostrophes and hyphens."""
    plain = word.translate(PLAIN)
    forms = [plain]
    if "ı" in word:
        forms.append(word.replace("ı", "i"))  # its capital I in lower case
    return _distinct(word, [*forms, *_joints(word), *_joints(plain)])


@lru_cache(1 << 17)
def _spelt_out(word: str) -> tuple[str, ...]:
    """Return the spelling of a word with ue for ü and the like: Mueller, Groenberg, Haakansson."""
    out = word.translate(SPELT_OUT)
    return () if out == word else _distinct(word, [out.translate(PLAIN)])


def _is_plain(word: str) -> bool:
    """Whether a word has no other spelling."""
    return word.isascii() and word.isalpha() and not CLAN.match(word)


def _joints(word: str) -> Iterator[str]:
    if clan := CLAN.match(word):
        yield f"{clan[0]} {word[clan.end() :]}"
    if "'" in word:
        yield word.replace("'", "")
        yield word.replace("'", " ")
    if "-" in word:
        yield word.replace("-", "")


def _distinct(word: str, forms: list[str]) -> tuple[str, ...]:
    normal = dict.fromkeys(map(normalise, forms))
    return tuple(form for form in normal if form and form != word)


def spellings(word: str) -> tuple[str, ...]:
    """Return the other spellings of a normalised word, independent of its label."""
    if _is_plain(word):
        return ()
    return tuple(dict.fromkeys(_plainly(word) + _spelt_out(word)))


@lru_cache(1 << 17)
def _forms(word: str, label: str, is_rare: bool) -> tuple[str, ...]:
    romanised = transliterations(word, label, is_rare)
    if _is_plain(word):
        return romanised
    is_spelt_out = is_rare or label in SPELL_OUT
    return romanised + (_spelt_out(word) if is_spelt_out else ()) + _plainly(word)


def _other(word: str, label: str, variants: Variants, generator: random.Random) -> str:
    """Choose another form of a word, or return it if it has none."""
    is_rare = generator.random() * RARELY < 1
    forms = variants.get((label, word), ())
    if label in RULED or not _is_plain(word):
        forms += _forms(word, label, is_rare)
    if "-" in word and generator.random() < 0.5:
        return "-".join(_other(half, label, variants, generator) for half in word.split("-"))
    return forms[int(generator.random() * len(forms))] if forms else word


def _joined(words: list[str], generator: random.Random) -> list[str]:
    """Join the particles of a surname with each other, and mostly with the word after them.

    For example, van der berg becomes vanderberg or vander berg.
    """
    first = next(i for i, word in enumerate(words) if word in PARTICLES)
    last = first
    while last < len(words) and words[last] in PARTICLES:
        last += 1
    if last == len(words):
        return words  # no surname follows the particles
    if last - first == 1 or generator.random() < 0.75:
        last += 1
    return [*words[:first], "".join(words[first:last]), *words[last:]]


def rewritten(
    name: str, label: str, variants: Variants, generator: random.Random, rate: float
) -> str:
    """Replace words of a name by other spellings or romanisations, and join particles.

    Args:
        name: A normalised name.
        label: The label of the name, which decides on the romanisations.
        variants: Romanisations by label and word, in addition to those by rule.
        generator: Source of randomness.
        rate: Probability that a word is replaced.

    Returns:
        The normalised name.

    """
    before = words = name.split(" ")
    if (
        len(words) > 1
        and not PARTICLES.isdisjoint(words)
        and label not in NO_PARTICLES
        and generator.random() < rate
    ):
        words = _joined(words, generator)
    form = " ".join(
        [
            _other(word, label, variants, generator)
            if generator.random() < rate and word in before  # a joined word is kept
            else word
            for word in words
        ]
    )
    # Without its last hyphen or mark a name can look quoted, and the quotes are removed.
    return (normalise(form) or name) if form[:1] == "'" else form


def _initials(generator: random.Random, count: int) -> str:
    letters = [string.ascii_lowercase[int(generator.random() * 26)] for _ in range(count)]
    form = int(generator.random() * 4)
    if form == 0:
        return ".".join([*letters, ""])  # j.r.
    return (" " if form == 1 else ". ").join(letters) + ("" if form == 1 else ".")


def _with_initials(name: str, generator: random.Random) -> str:
    """Put one initial or two before a name, after it, or between its words."""
    initials = _initials(generator, 1 if generator.random() < 0.7 else 2)
    place = generator.random()
    first, _, rest = name.partition(" ")
    if place < 0.35 or (place < 0.7 and not rest):
        return f"{initials} {name}"
    if place < 0.7:
        return f"{first} {initials} {rest}"
    return f"{name}{',' if place < 0.85 else ''} {initials.rstrip('.')}"


def decorated(name: str, generator: random.Random, rate: float) -> str:
    """Add initials, a title or a suffix to a normalised name, independent of its label.

    Args:
        name: A normalised name.
        generator: Source of randomness.
        rate: Probability that something is added.

    Returns:
        The normalised name.

    """
    if generator.random() >= rate:
        return name
    kind = generator.random()
    if kind < 0.45:
        name = _with_initials(name, generator)
    if 0.35 < kind < 0.8:
        title = TITLES[int(generator.random() * len(TITLES))]
        name = f"{title}{'.' if generator.random() < 0.5 else ''} {name}"
    if kind > 0.75:
        suffix = SUFFIXES[int(generator.random() * len(SUFFIXES))]
        name = f"{name}{',' if generator.random() < 0.3 else ''} {suffix}"
    return name


@cache
def is_latin(form: str) -> bool:
    """Whether all letters of `form` are Latin."""
    return form.isascii() or all(
        unicodedata.name(c, "").startswith("LATIN") for c in form if c.isalpha()
    )


def read_variants(path: Path) -> Variants:
    """Read a CSV file of romanisations, with lines of a label and the forms of one name.

    Returns:
        For each label and form, the other forms in Latin letters.

    Raises:
        NamesError: It is not CSV, or cannot be read.

    """
    found: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = [line for line in csv.reader(file) if line]
    except OSError as problem:
        raise NamesError(f"{path}: cannot be read: {problem.strerror}: remove it") from None
    except (UnicodeDecodeError, csv.Error) as problem:
        raise NamesError(f"{path}: not CSV in UTF-8: {problem}: correct or remove it") from None
    for label, *forms in lines:
        words = list(filter(None, map(normalise, forms)))
        latin = [word for word in words if is_latin(word)]
        for word in words:
            found[label, word].update(dict.fromkeys(form for form in latin if form != word))
    return {key: tuple(forms) for key, forms in found.items() if forms}
