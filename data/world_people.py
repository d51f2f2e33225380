"""Split full names of people into surname and given name.

The names are titles of articles of the English Wikipedia, mostly with the surname last. In labels
with the surname first (Chinese, Korean, Vietnamese, Khmer), emigrants often use the other order;
the word that is more frequent as a first word is then the surname.
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
class FullName:
    """The surname and the given name of a person; "" if unknown."""

    surname: str
    given: str


@cache
def key(name: str) -> str:
    """Return the letters of a name in lower case, without diacritics, equal for all spellings."""
    small = unicodedata.normalize("NFD", name.lower().translate(LATIN))
    return "".join(char for char in small if char.isalpha())


def words(title: str) -> list[str]:
    """Return the words of a person's name; none if the title is not a plain name.

    Brackets and text after a comma, which distinguish people of the same name, are ignored.
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


def from_the_end(names: list[str], particles: bool = True) -> FullName:
    """Return the last word with its particles as surname, and the first word as given name."""
    start = len(names) - 1
    while particles and start > 1 and names[start - 1].lower() in PARTICLES.split():
        start -= 1
    return FullName(" ".join(names[start:]), names[0])


def split(
    names: list[str], order: str, firsts: Mapping[str, int], lasts: Mapping[str, int]
) -> FullName:
    """Split a person's words by the order of the label.

    `firsts` and `lasts` are the counts of the label's first and last words. The surname is

    - last: the last word with its particles;
    - bare: the last word without particles (Silva in da Silva);
    - plain: the last word, in languages in which the particles are names;
    - arabic: as last, without "son of";
    - either: the last word, or the first if it is more frequent as a last word;
    - first: the first word, or the last if it is more frequent as a first word;
    - mongolian: the first word if it is a genitive (of the father's name), or the last.
    """
    if order == "arabic":
        names = [name for name in names if name.lower() not in PATRONYMIC.split()]
    if len(names) < 2:
        return FullName("", "")
    first, last = names[0], names[-1]
    begins = {
        "first": firsts.get(key(first), 0) >= firsts.get(key(last), 0),
        "either": lasts.get(key(first), 0) > lasts.get(key(last), 0),
        "mongolian": bool(GENITIVE.search(first)),
    }.get(order, False)
    if begins:
        return FullName(first, last)
    if order == "first":
        return FullName(last, first)
    return from_the_end(names, particles=order not in ("bare", "plain"))


def full_names(titles: Iterable[str], order: str) -> Iterator[FullName]:
    """Yield the surname and given name of each person of a label."""
    names = [found for found in map(words, titles) if len(found) > 1]
    firsts = Counter(key(found[0]) for found in names)
    lasts = Counter(key(found[-1]) for found in names)
    for found in names:
        yield split(found, order, firsts, lasts)


def by_label(
    people: Mapping[str, Iterable[str]], labels: Mapping[str, str]
) -> dict[str, list[str]]:
    """Return the sorted titles of each label's people; `labels` maps nationalities to labels."""
    titles: dict[str, list[str]] = defaultdict(list)
    for title in sorted(people):
        for label in sorted({labels[nation] for nation in people[title] if nation in labels}):
            titles[label].append(title)
    return titles


def bearers(titles: Iterable[str]) -> Counter[str]:
    """Return the number of people with each word in their name, by its key."""
    counts: Counter[str] = Counter()
    for title in titles:
        counts.update(set(map(key, words(title))))
    return counts
