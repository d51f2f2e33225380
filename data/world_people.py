"""Take full names of people apart: which word is the surname, which the given name.

The names are article titles of the English Wikipedia, so most peoples' surnames stand last. Where
they stand first (Chinese, Korean, Vietnamese, Khmer), people who moved abroad often turn them
round; then the word that more people of the label begin with is the surname.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

SUFFIXES = "Jr Sr II III IV V VI Júnior Filho Neto Pasha Hanım Hatun Bey Rinpoche"
PARTICLES = (
    "al el ul abu abd abdul abdel ait ben bou la le les du des de del della delle di da dal dos das"
    " do van von der den ten ter te zu zur vom av af y 't ap ab ní nic ó ua mac st saint"
)
PATRONYMIC = "bin ibn binti bint binte"
TITLES = (
    "Sir Lord Lady Prince Princess King Queen Sheikh Saint St Dr Count Baron Duke Father Pope"
    " Archbishop Bishop Sultan Emir Imam Ayatollah Maulana Lama Haji Datuk"
    " Emperor Empress Imperial Consort Crown Grand Royal General Captain Miss DJ"
)
NOT_A_NAME = re.compile(r"[\d/&\"!?:;%+=*“”@#$]|(?:^|\s)(?:of|the|and|in|with|for|to)(?:\s|$)")
LATIN = str.maketrans(
    {"ß": "ss", "đ": "d", "ð": "d", "ø": "o", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
    | {"ə": "e", "ħ": "h", "ŋ": "n", "ɛ": "e", "ɔ": "o", "ƙ": "k", "ɗ": "d", "ɓ": "b"}
)
GENITIVE = re.compile("(?:iin|yn|giin|in|ün)$")


@dataclass(frozen=True)
class Parts:
    """The surname and the given name of one person; an unknown one is empty."""

    surname: str
    given: str


@cache
def key(name: str) -> str:
    """Return the letters of a name, small and without diacritics: what its spellings share."""
    small = unicodedata.normalize("NFD", name.lower().translate(LATIN))
    return "".join(char for char in small if char.isalpha())


def words(title: str) -> list[str]:
    """Return the words of a person's name; none where the title is no plain name.

    What stands in brackets or behind a comma tells people of one name apart.
    """
    name = re.sub(r"\([^)]*\)", "", title).split(",")[0].replace("\u2019", "'")
    if NOT_A_NAME.search(name):
        return []
    found = [
        word
        for word in unicodedata.normalize("NFC", name).split()
        if word.strip(".") not in SUFFIXES.split()
    ]
    while len(found) > 1 and found[0].strip(".") in TITLES.split():
        found.pop(0)
    return [word for word in found if not word.endswith(".") and len(word) > 1 and key(word)]


def from_the_end(names: list[str], particles: bool = True) -> Parts:
    """Return the last word, with the particles before it, and the first word."""
    start = len(names) - 1
    while particles and start > 1 and names[start - 1].lower() in PARTICLES.split():
        start -= 1
    return Parts(" ".join(names[start:]), names[0])


def split(
    names: list[str], order: str, firsts: Mapping[str, int], lasts: Mapping[str, int]
) -> Parts:
    """Take a person's words apart; `firsts` and `lasts` count the label's first and last words.

    - last: the last word with its particles;
    - bare: the last word without them (da Silva stands under Silva);
    - plain: the last word, in languages where a particle's letters are a name;
    - arabic: as last, and "son of" is no part of the name;
    - either: the last word, but for names whose first word is a commoner surname;
    - first: the first word, but for names whose last word begins more names;
    - mongolian: the father's name in the genitive, if it stands first; else the last word.
    """
    if order == "arabic":
        names = [name for name in names if name.lower() not in PATRONYMIC.split()]
    if len(names) < 2:
        return Parts("", "")
    first, last = names[0], names[-1]
    begins = {
        "first": firsts.get(key(first), 0) >= firsts.get(key(last), 0),
        "either": lasts.get(key(first), 0) > lasts.get(key(last), 0),
        "mongolian": bool(GENITIVE.search(first)),
    }.get(order, False)
    if begins:
        return Parts(first, last)
    if order == "first":
        return Parts(last, first)
    return from_the_end(names, particles=order not in ("bare", "plain"))


def parts(titles: Iterable[str], order: str) -> Iterator[Parts]:
    """Take the names of one label's people apart."""
    names = [found for found in map(words, titles) if len(found) > 1]
    firsts = Counter(key(found[0]) for found in names)
    lasts = Counter(key(found[-1]) for found in names)
    for found in names:
        yield split(found, order, firsts, lasts)


def by_label(
    people: Mapping[str, Iterable[str]], labels: Mapping[str, str]
) -> dict[str, list[str]]:
    """Return the titles of each label's people, sorted; `labels` names a nationality's label."""
    titles: dict[str, list[str]] = defaultdict(list)
    for title in sorted(people):
        for label in sorted({labels[nation] for nation in people[title] if nation in labels}):
            titles[label].append(title)
    return titles


def bearers(titles: Iterable[str]) -> Counter[str]:
    """Count the people in whose names each word stands, by its key."""
    counts: Counter[str] = Counter()
    for title in titles:
        counts.update(set(map(key, words(title))))
    return counts
