"""Romanisations of a word by rule.

Sources: BGN/PCGN, ALA-LC, ISO 9, passports, and French and German newspapers.
"""

import re
from collections.abc import Iterator

Rules = tuple[tuple[str, str], ...]
"""Pairs of a regular expression and its replacement, in order."""

LETTERS = "а б в г д е ё  ж  з и й к л м н о п р с т у ф х  ц  ч  ш  щ    ъ ы ь э ю  я  і ў ј"
READING = "a b v g d e yo zh z i y k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya i u j"
LATIN = dict(zip(LETTERS.split(), READING.split(), strict=True))
"""Latin forms of the Russian letters, and of those that related alphabets add."""

NATIONAL = {
    "Ukrainian": {"г": "h", "ґ": "g", "и": "y", "ї": "yi", "є": "ye"},
    "Belarusian": {"г": "h", "ў": "w"},
    "Bulgarian": {"х": "h", "щ": "sht", "ъ": "a", "ь": "y"},
    "Russian": {},
}
"""Labels in Cyrillic script, and the letters that differ from Russian."""

VOWEL = "(?<=[aeiou])"
CYRILLIC: tuple[Rules, ...] = (
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
)
"""Rules of all labels in Cyrillic script."""

FOREIGN: tuple[Rules, ...] = (
    (("ov$", "off"), ("ev$", "eff")),
    (("(?<!t)ch", "tch"), ("sh", "ch"), ("zh", "j"), ("(?<!o)u", "ou")),  # French
    (("shch|(?<!s)t?ch", "tsch"), ("sh|zh", "sch"), ("v", "w"), ("kh", "ch")),  # German
)
CYRILLIC_ENDINGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("sk(?:y|iy|ii|i|yi|yj|ij)$", ("sky", "skiy", "skii", "ski", "skij")),
    ("sk(?:aya|aia|aja|aa)$", ("skaya", "skaia", "skaja")),
    ("(?:ov|off|ow)$", ("ov",)),
    ("(?:ev|eff|ew)$", ("ev",)),
    ("(?<=[bdgkmnrtvz])(?:iy|ii|ij|y|yi)$", ("y", "iy", "ii", "i", "ij")),
    ("(?:iya|ia|ija)$", ("iya", "ia", "ija")),
)
"""Endings of these labels, and their alternatives."""

OTHER: dict[str, tuple[Rules, ...]] = {
    "Ukrainian": ((("(?<![kzsctp])h", "g"),), (("y", "i"),), (("^ye", "ie"), ("^ya", "ia"))),
    "Belarusian": ((("(?<![kzsctp])h", "g"),), (("w(?=[a-z])", "v"),), (("ts", "t"),)),
    "Bulgarian": ((("^hr", "chr"),), (("^h", "kh"),), (("(?<=[a-z])y", "i"),)),
    "Azerbaijani": (
        (("^ə", "a"), ("ə", "a"), ("x", "kh"), ("q", "g"), ("c", "j"), ("ş", "sh"), ("ç", "ch")),
        (("x", "kh"), ("q", "k"), ("c", "j"), ("ə", "e"), ("ş", "sh"), ("ç", "ch")),
    ),
    "Serbian": ((("đ", "dj"),),),
    "Croatian": ((("đ", "dj"),),),
}
"""More rules of single labels."""

C, V = "[^aeiouy-]", "[aeiou]"
RESPELLINGS = {
    "Arabic": f"^al->el- ^el->al- ou>u oo>u ee>i ^ch>sh ^sh>ch dj>j ^j>dj dh>d ei>ai ay>ai ah$>a"
    f" (?<=[bdhmnlrs])a$>ah i$>y y$>i q>k aa>a ss>s (?<={C})u(?={C})>ou",
    "Persian": f"gh>q q>gh ou>u oo>u ey>ei ei>ey ee>i aei$>ai ss>s eh$>e (?<={C})u(?={C})>ou",
    "Hebrew": f"^ch>h (?<={V})ch(?={V})>h tz>z tz>ts kh>ch ph>f ah$>a aa>a ei>ai y$>i",
    "Tamil": f"th>t (?<={V})t(?={V})>th sh>s dh>d ee>i oo>u zh>l y$>i i$>y aa>a am$>an",
    "Malayalam": "th>t sh>s dh>d ee>i oo>u zh>l y$>i aa>a kk>k",
    "Hindi": "sh>s ee>i oo>u v>w w>v aa>a y$>i ary$>ari th>t",
    "Bengali": "ow>ou oo>u ee>i bh>v aa>a z>j j>z sh>s y$>i i$>y",
    "Urdu": "ee>i oo>u q>k au>ou ai>ay aa>a ei>ai ah$>a (?<=[dhmnlrs])a$>ah",
    "Korean": "hyun>hyeon hyeon>hyun young>yeong yeong>young yeon>yun seo>suh oo>u woo>wu ee>i"
    " jung>jeong jeong>jung joon>jun jun>joon kyung>gyeong gyeong>kyung eun>un sung>seong"
    " seong>sung chul>cheol cheol>chul hee>hui hui>hee ae>ai soo>su (?<!e)su(?!n)>soo",
    "Japanese": f"ou>o oo>o (?<={V})to$>toh nb>mb np>mp mb>nb ^oh>o",
    "Thai": "th>t ph>p ^w>v ^v>w oo>u ee>i orn>on porn$>pon",
    "Greek": "ou>u ph>f x>ks ks>x gg>ng oi>i",
    "Indonesian": f"(?<={C})u>oe ^j>dj dj>j (?<={V})y>j (?<={V})j>y",
    "Georgian": "dz>z kh>h ts>c gh>g q>k zh>j",
    "Armenian": "ian$>yan yan$>ian kh>gh ts>tz dz>tz ou>u",
}
"""Rules `pattern>replacement` for words of a label in Latin letters, each applied alone."""

SLAVIC = ((("ć|č", "ch"), ("š", "sh"), ("ž", "zh"), ("đ", "dj")),)
RARE: dict[str, tuple[Rules, ...]] = {
    **dict.fromkeys(NATIONAL, FOREIGN),
    "Serbian": SLAVIC,
    "Croatian": SLAVIC,
    "Greek": ((("^k", "c"),), (("^mp", "b"), ("^nt", "d")), (("f", "ph"),)),
    "Armenian": ((("yan$", "jan"),), (("ch", "tch"), ("sh", "ch"), ("yan$", "ian"))),
    "Japanese": ((("shi", "si"), ("chi", "ti"), ("tsu", "tu"), ("ji", "zi")),),
    "Hebrew": ((("sh", "sch"),), (("v", "w"), ("z", "s"))),
    "Tamil": ((("^v", "w"),),),
    "Persian": ((("^j", "dj"),), (("sh", "ch"), ("(?<!o)u", "ou"))),
    "Indonesian": ((("j", "dj"), ("(?<!j)y", "j"), ("^c", "tj"), ("sy", "sj"), ("u", "oe")),),
}
"""Rare rules: spellings used abroad or in the past."""

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
"""Pinyin to Wade-Giles without apostrophes, for words with x, q or zh, which are surely Pinyin."""

RULED = frozenset((*NATIONAL, *OTHER, *RESPELLINGS, *RARE, "Chinese"))
"""The labels that have rules."""

UNMARKED = str.maketrans("ćčšžıöüğ", "ccszioug")


def _apply(word: str, rules: Rules) -> str:
    """Apply the rules to a word, one after another."""
    for pattern, replacement in rules:
        word = re.sub(pattern, replacement, word)
    return word


def _latin(word: str, label: str) -> str:
    """Romanise a Cyrillic word of a label by BGN/PCGN."""
    letters = LATIN | NATIONAL[label]
    text = "".join(letters.get(letter, letter) for letter in word).replace("_", "")
    if label == "Russian":
        text = re.sub("^e", "ye", text) if word.startswith("е") else text
        text = re.sub("(?<=[aeiou])e(?!$)", "ye", text)
    return text


def _respelled(word: str, label: str) -> Iterator[str]:
    """Yield alternative spellings of a word in Latin letters."""
    for rule in RESPELLINGS.get(label, "").split():
        pattern, _, replacement = rule.rpartition(">")
        yield re.sub(pattern, replacement, word)
    if label == "Chinese" and re.search("x|q|zh", word):
        yield _apply(word, CHINESE)


def transliterations(word: str, label: str, is_rare: bool = True) -> tuple[str, ...]:
    """Return the other romanisations of a word by rule.

    Args:
        word: A normalised word, in Latin or Cyrillic letters; others have no romanisation here.
        label: The label, whose rules are applied.
        is_rare: Whether rare rules are applied too.

    """
    if label not in RULED or not word:
        return ()
    first = word
    rules = OTHER.get(label, ()) + (RARE.get(label, ()) if is_rare else ())
    if label in NATIONAL and word[0] >= "\u0400":
        first = _latin(word, label)
    if label in NATIONAL:
        rules += CYRILLIC
    if not first.isascii() and label not in OTHER:
        return ()
    forms = [first, *(_apply(first, each) for each in rules), *_respelled(first, label)]
    for pattern, endings in CYRILLIC_ENDINGS if label in NATIONAL else ():
        if re.search(pattern, first):
            forms += [re.sub(pattern, ending, first) for ending in endings]
            break
    plain = {word, word.translate(UNMARKED)}  # already among the spellings
    found = dict.fromkeys(form.translate(UNMARKED) for form in forms)
    return tuple(form for form in found if form and form not in plain and form.isascii())
