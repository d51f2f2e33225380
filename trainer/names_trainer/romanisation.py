"""Other romanisations of a word by rule: there are several standards, and files mix them.

The rules are those of BGN/PCGN, ALA-LC, ISO 9, passports and French or German newspapers.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

Rules = tuple[tuple[str, str], ...]
"""Regular expressions and what takes their place, in order."""

LETTERS = "а б в г д е ё  ж  з и й к л м н о п р с т у ф х  ц  ч  ш  щ    ъ ы ь э ю  я  і ў ј"
READING = "a b v g d e yo zh z i y k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya i u j"
LATIN = dict(zip(LETTERS.split(), READING.split(), strict=True))
"""Russian letters in Latin ones, and those that its neighbours add."""

NATIONAL = {
    "Ukrainian": {"г": "h", "ґ": "g", "и": "y", "ї": "yi", "є": "ye"},
    "Belarusian": {"г": "h", "ў": "w"},
    "Bulgarian": {"х": "h", "щ": "sht", "ъ": "a", "ь": "y"},
    "Russian": {},
}
"""Labels with Cyrillic letters, and those that they read in their own way."""

VOWEL = "(?<=[aeiou])"
BODIES: tuple[Rules, ...] = (
    (("kh", "h"),),
    (("zh", "j"),),
    (("ts", "c"),),
    (("ts", "tz"),),
    (("^ch", "tch"),),
    (("^tch", "ch"), ("(?<=[aeou])i", "y")),
    ((f"{VOWEL}y(?![aeou])", "i"),),
    (("(?<=[bdlnrstv])i(?=[aou])", "y"),),
    (("^ye", "e"),),
    (("(?<=[aeiou])ye", "e"),),
    (("shch", "sch"),),
    (("ks", "x"),),
    (("y([aou])", r"i\1"), (f"{VOWEL}y", "i")),
    (("y([aeou])", r"j\1"), (f"{VOWEL}y", "j"), ("kh", "h"), ("ts", "c")),
    (("(?<!t)ch", "tch"), ("sh", "ch"), ("zh", "j"), ("(?<!o)u", "ou")),  # French
    (("shch|(?<!s)t?ch", "tsch"), ("sh|zh", "sch"), ("v", "w"), ("kh", "ch")),  # German
)
ENDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("sk(?:y|iy|ii|i|yi|yj|ij)$", ("sky", "skiy", "skii", "ski", "skij")),
    ("sk(?:aya|aia|aja|aa)$", ("skaya", "skaia", "skaja")),
    ("(?:ov|off|ow)$", ("ov", "off", "ow")),
    ("(?:ev|eff|ew)$", ("ev", "eff", "ew")),
    ("(?<=[bdgkmnrtvz])(?:iy|ii|ij|y|yi)$", ("y", "iy", "ii", "i", "ij")),
    ("(?:iya|ia|ija)$", ("iya", "ia", "ija")),
)
"""What stands at the end, and what may stand there instead."""

OTHER: dict[str, tuple[Rules, ...]] = {
    "Ukrainian": ((("(?<![kzsctp])h", "g"),), (("y", "i"),), (("^ye", "ie"), ("^ya", "ia"))),
    "Belarusian": ((("(?<![kzsctp])h", "g"),), (("w(?=[a-z])", "v"),), (("ts", "t"),)),
    "Bulgarian": ((("^hr", "chr"),), (("^h", "kh"),), (("(?<=[a-z])y", "i"),)),
    "Azerbaijani": (
        (("^ə", "a"), ("ə", "a"), ("x", "kh"), ("q", "g"), ("c", "j"), ("ş", "sh"), ("ç", "ch")),
        (("x", "kh"), ("q", "k"), ("c", "j"), ("ə", "e"), ("ş", "sh"), ("ç", "ch")),
    ),
    "Serbian": ((("đ", "dj"),), (("ć|č", "ch"), ("š", "sh"), ("ž", "zh"), ("đ", "dj"))),
    "Croatian": ((("đ", "dj"),), (("ć|č", "ch"), ("š", "sh"), ("ž", "zh"), ("đ", "dj"))),
}
"""What some labels have of their own."""

C, V = "[^aeiouy-]", "[aeiou]"
WAYS = {
    "Arabic": f"^al->el- ^el->al- ou>u oo>u ee>i ^ch>sh ^sh>ch dj>j ^j>dj dh>d ei>ai ay>ai ah$>a"
    f" (?<=[bdhmnlrs])a$>ah i$>y y$>i q>k aa>a ss>s (?<={C})u(?={C})>ou",
    "Persian": f"gh>q q>gh ou>u oo>u ey>ei ei>ey ee>i aei$>ai ss>s ^j>dj eh$>e (?<={C})u(?={C})>ou",
    "Hebrew": f"^ch>h (?<={V})ch(?={V})>h tz>z tz>ts kh>ch ph>f ah$>a aa>a ei>ai y$>i ov>ow sh>sch",
    "Tamil": f"th>t (?<={V})t(?={V})>th sh>s dh>d ^v>w ee>i oo>u zh>l y$>i i$>y aa>a am$>an",
    "Malayalam": "th>t sh>s dh>d ^v>w ee>i oo>u zh>l y$>i aa>a kk>k",
    "Hindi": "sh>s ee>i oo>u v>w w>v aa>a y$>i ary$>ari th>t",
    "Bengali": "ow>ou oo>u ee>i bh>v aa>a z>j j>z sh>s y$>i i$>y",
    "Urdu": "ee>i oo>u q>k au>ou ai>ay aa>a ei>ai ah$>a (?<=[dhmnlrs])a$>ah",
    "Korean": "hyun>hyeon hyeon>hyun young>yeong yeong>young yeon>yun seo>suh oo>u woo>wu ee>i"
    " jung>jeong jeong>jung joon>jun jun>joon kyung>gyeong gyeong>kyung eun>un sung>seong"
    " seong>sung chul>cheol cheol>chul hee>hui hui>hee ae>ai soo>su (?<!e)su(?!n)>soo",
    "Japanese": f"ou>o oo>o (?<={V})to$>toh shi>si chi>ti tsu>tu ji>zi nb>mb np>mp mb>nb ^oh>o",
    "Thai": "th>t ph>p ^w>v ^v>w oo>u ee>i orn>on porn$>pon",
    "Greek": "ou>u ph>f f>ph ^k>c x>ks ks>x gg>ng ^mp>b ^nt>d oi>i",
    "Indonesian": f"(?<={C})u>oe ^j>dj dj>j (?<={V})y>j (?<={V})j>y ^c>tj",
    "Georgian": "dz>z kh>h ts>c gh>g q>k zh>j",
    "Armenian": "ian$>yan yan$>ian yan$>jan kh>gh ts>tz dz>tz ou>u ch>tch",
}
"""What may be written otherwise in the Latin letters of a label, one change at a time."""

CHINESE = (
    ("zh", "ch"),
    ("x", "hs"),
    ("q", "ch"),
    ("ong", "ung"),
    ("ian", "ien"),
    ("ue", "ueh"),
    ("(?<![cs])h?si$", "hsi"),
    ("r(?=[aeiou])", "j"),
    ("d", "t"),
    ("b", "p"),
    ("^g", "k"),
)
"""Wade-Giles without its apostrophes; only words with x, q or zh are surely written in Pinyin."""

UNMARKED = str.maketrans("ćčšžıöüğ", "ccszioug")


def changed(word: str, rules: Rules) -> str:
    """Apply the rules to a word."""
    for pattern, replacement in rules:
        word = re.sub(pattern, replacement, word)
    return word


def latin(word: str, label: str) -> str:
    """Write a Cyrillic word in Latin letters, as BGN/PCGN does."""
    letters = LATIN | NATIONAL[label]
    text = "".join(letters.get(letter, letter) for letter in word).replace("_", "")
    if label == "Russian":
        text = re.sub("^e", "ye", text) if word.startswith("е") else text
        text = re.sub("(?<=[aeiou])e(?!$)", "ye", text)
    return text


def otherwise(word: str, label: str) -> Iterator[str]:
    """Write a Latin word of a label in its other ways."""
    for way in WAYS.get(label, "").split():
        pattern, _, replacement = way.rpartition(">")
        yield re.sub(pattern, replacement, word)
    if label == "Chinese" and re.search("x|q|zh", word):
        yield changed(word, CHINESE)


@lru_cache(1 << 17)
def transliterations(word: str, label: str) -> tuple[str, ...]:
    """Return the word's other romanisations by rule; none for a label that has no rules.

    A Cyrillic word gets those of its first one too. Latin words change in one way at a time.
    """
    if label in NATIONAL:
        return _of_cyrillic(word, label) if word.isalpha() else ()
    if label not in OTHER:
        return _distinct(word, otherwise(word, label)) if word.isascii() else ()
    forms = (changed(word, rules).translate(UNMARKED) for rules in OTHER[label])
    plain = word.translate(UNMARKED)  # no romanisation, and a spelling anyhow
    return tuple(form for form in _distinct(word, forms) if form != plain)


def _of_cyrillic(word: str, label: str) -> tuple[str, ...]:
    first = latin(word, label) if "\u0400" <= word[0] <= "\u052f" else word
    if not first.isascii():
        return ()
    forms = [changed(first, rules) for rules in (*OTHER.get(label, ()), *BODIES)]
    for pattern, endings in ENDS:
        if re.search(pattern, first):
            forms += [re.sub(pattern, ending, first) for ending in endings]
            break
    return _distinct(word, [first, *forms])


def _distinct(word: str, forms: Iterable[str]) -> tuple[str, ...]:
    return tuple(form for form in dict.fromkeys(forms) if form and form != word)
