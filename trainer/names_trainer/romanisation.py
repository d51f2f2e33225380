"""Other romanisations of a word by rule: there are several standards, and files mix them.

The rules are those of BGN/PCGN, ALA-LC, ISO 9, passports and French or German newspapers.
"""

import re
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


@lru_cache(1 << 17)
def transliterations(word: str, label: str) -> tuple[str, ...]:
    """Return the word's other romanisations by rule; none for a label that has no rules.

    A Cyrillic word gets those of its first one too. Latin words change in one way at a time.
    """
    if not word.isalpha() or (label not in NATIONAL and label not in OTHER):
        return ()
    first = word
    if label in NATIONAL and "\u0400" <= word[0] <= "\u052f":
        first = latin(word, label)
    if not first[0].isascii() and label in NATIONAL:
        return ()
    forms = [changed(first, rules).translate(UNMARKED) for rules in OTHER.get(label, ())]
    if label in NATIONAL:
        forms += [changed(first, rules) for rules in BODIES]
        for pattern, endings in ENDS:
            if re.search(pattern, first):
                forms += [re.sub(pattern, ending, first) for ending in endings]
                break
    unchanged = {word} if label in NATIONAL else {word, word.translate(UNMARKED)}
    found = dict.fromkeys([first, *forms])
    return tuple(form for form in found if form not in unchanged)
