"""A split of the world's names by their words, without leaks.

A hash of its letters decides whether a word is held out, as surname and given name, for all labels.
Training lines contain no held-out word in any spelling.
"""

import hashlib
import re
import shutil
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

from names_predictor.encoding import normalise
from names_trainer.data.romanisation import transliterations

CAP = 300
"""Highest number of test lines per label."""

ONE_IN = 10
"""One word in this many is held out."""

HAN = re.compile("[\u4e00-\u9fff]+")

TEST_SETS = ("test-surnames", "test-people", "test-new-surname")

HAN_SETS = {"test-han": True, "test-han-new-given": False}
"""Test sets of full names in Han characters, and whether their surnames are held out too."""

SMALL = {"ß": "ss", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe"}
SMALL |= {"þ": "th", "ə": "a", "ħ": "h", "ŋ": "n"}
LETTERS = str.maketrans(SMALL | {c.upper(): t.title() for c, t in SMALL.items() if c not in "ßı"})
"""Letters that Unicode does not decompose."""

PARTICLES = (
    "a af al an ap av bar ben bin bint da dal das de degli dei del della den der des di do dos du"
    " e el i ibn ibnu la las le les los lo mac mc ni san santa st te ten ter the u ul und van"
    " vom von y z zu zum"
)
"""Words that are too frequent to be held out."""


class Line(NamedTuple):
    """A line of a label's file: its fields (a name, or surname and given name) and its people.

    `people` is a count as text; it is a fraction for people of countries with several labels.
    """

    fields: tuple[str, ...]
    label: str
    people: str

    @property
    def weight(self) -> float:
        """The number of people of the line."""
        return float(self.people or 1)


def plain(text: str) -> str:
    """Return `text` without the diacritics of Latin and Greek letters."""
    bare: list[str] = []
    latin = False
    for character in unicodedata.normalize("NFKD", text.translate(LETTERS)):
        if not unicodedata.combining(character):
            latin = unicodedata.name(character, "").startswith(("LATIN", "GREEK"))
        elif latin:
            continue
        bare.append(character)
    return unicodedata.normalize("NFC", "".join(bare))


@cache
def key(word: str) -> str:
    """Return the letters of a word in lower case, without diacritics.

    The pairs ae, oe, ue and aa become a, o, u and a. Vowel signs, as in Devanagari, are kept.
    """
    letters = unicodedata.normalize("NFKD", plain(word.casefold()).casefold())
    letters = "".join(
        c for c in letters if unicodedata.category(c)[0] in "LM" and not unicodedata.combining(c)
    )
    letters = re.sub(r"ae|aa", "a", letters.replace("oe", "o").replace("ue", "u"))
    return unicodedata.normalize("NFC", letters)


def keys(word: str) -> set[str]:
    """Return the keys of a word; one with the Azerbaijani ə, written as a or e, has two."""
    return {key(word), key(word.replace("ə", "e").replace("Ə", "E"))}


def pieces(word: str) -> list[str]:
    """Split a word at hyphens and apostrophes."""
    return re.split(r"[-‐'’ʻʼ`]", word)


@cache
def is_word(word_key: str) -> bool:
    """Whether `key` can be held out: it is neither an initial nor a particle."""
    return word_key not in PARTICLES.split() and (len(word_key) > 1 or not word_key.isascii())


def word_keys(field: str) -> frozenset[str]:
    """Return the keys of all possible words of `field`.

    O'Connor-Smith is one word, and also oconnor, connor and smith; "O Connor" is oconnor too.
    """
    words = field.split()
    hyphens = [piece for word in words for piece in re.split(r"[-‐]", word)]
    readings = {*words, *hyphens, *(p for word in words for p in pieces(word)), "".join(words)}
    return frozenset(k for word in readings - {""} for k in keys(word) if is_word(k))


@cache
def chosen(word_key: str, seed: int, purpose: str = "test", one_in: int = ONE_IN) -> bool:
    """Whether the hash holds a word out for `purpose`, as it does one word in `one_in`."""
    digest = hashlib.blake2b(f"{seed}\t{purpose}\t{word_key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % one_in == 0


def held_out(
    field: str, seed: int, split_hyphens: bool, purpose: str = "test", one_in: int = ONE_IN
) -> bool:
    """Whether every word of `field` is held out, except for particles.

    With `split_hyphens`, smith and jones in Smith-Jones must be held out too. Otherwise it is one
    word, like the Korean given name Ji-hye.
    """
    words = [w for word in field.split() for w in (word, *(pieces(word) if split_hyphens else ()))]
    found = [k for word in words if word for k in keys(word) if is_word(k)]
    return bool(found) and all(chosen(k, seed, purpose, one_in) for k in found)


def touched(field: str, seed: int, purpose: str = "test", one_in: int = ONE_IN) -> bool:
    """Whether any possible word of `field` is held out."""
    return any(chosen(word, seed, purpose, one_in) for word in word_keys(field))


def read_lines(folder: Path, fields: int = 1) -> Iterator[Line]:
    """Yield the lines of all <Label>.txt files in `folder`."""
    for path in sorted(folder.glob("*.txt")):
        for text in path.read_text(encoding="utf-8").splitlines():
            cells = text.split("\t")
            yield Line(tuple(cells[:fields]), path.stem, "".join(cells[fields : fields + 1]))


def write_lines(folder: Path, lines: Iterable[Line]) -> None:
    """Write `lines` to <Label>.txt files, in their order."""
    by_label: dict[str, list[str]] = {}
    for line in lines:
        cells = "\t".join(filter(None, (*line.fields, line.people)))
        by_label.setdefault(line.label, []).append(f"{cells}\n")
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.txt"):
        old.unlink()
    for label, texts in by_label.items():
        (folder / f"{label}.txt").write_text("".join(texts), encoding="utf-8")


def capped(lines: Iterable[Line], seed: int, cap: int = CAP) -> list[Line]:
    """Return at most `cap` lines per label, those with the lowest hashes, sorted."""
    by_label: dict[str, list[tuple[bytes, Line]]] = {}
    for line in lines:
        text = f"{seed}\tcap\t{line.label}\t{line.fields}".encode()
        by_label.setdefault(line.label, []).append((hashlib.blake2b(text).digest(), line))
    return sorted(line for keyed in by_label.values() for _, line in sorted(keyed)[:cap])


def split_names(lines: Iterable[Line], seed: int) -> tuple[list[Line], list[Line]]:
    """Split single names into training and test lines.

    Names that are only partly held out, or whose romanisation is held out, are in neither.
    """
    train, test = [], []
    for line in lines:
        if not touched(line.fields[0], seed):
            romanised = transliterations(normalise(line.fields[0]), line.label, True)
            if not any(touched(form, seed) for form in romanised):
                train.append(line)
        elif held_out(line.fields[0], seed, split_hyphens=True):
            test.append(line)
    return train, test


def split_people(lines: Iterable[Line], seed: int) -> tuple[list[Line], list[Line], list[Line]]:
    """Split full names into training, both names held out, and only the surname held out.

    People who more likely have another label are not in the tests.
    """
    train, strict, new_surname = [], [], []
    for line in lines:
        surname, given = line.fields
        if not (touched(surname, seed) or touched(given, seed)):
            train.append(line)
        elif line.weight >= 0.5 and held_out(surname, seed, split_hyphens=True):
            if held_out(given, seed, split_hyphens=False):
                strict.append(line)
            elif not touched(given, seed):
                new_surname.append(line)
    return train, strict, new_surname


def han_names(data: Path, seed: int, new_surname: bool) -> list[Line]:
    """Return Chinese and Japanese full names in Han characters, with held-out given names.

    Each given name follows a surname without a space, the commonest names first, `CAP` per label.

    Args:
        data: Folder of the corpus.
        seed: Seed of the split.
        new_surname: Whether the surnames are held out too.

    """

    def is_wanted(kind: str, name: str) -> bool:
        if kind == "surnames" and not new_surname:
            return not touched(name, seed)
        return held_out(name, seed, split_hyphens=True)

    found = []
    for label in ("Chinese", "Japanese"):
        surnames, given = (
            [
                line.fields[0]
                for line in sorted(
                    read_lines(data / kind), key=lambda line: (-line.weight, line.fields)
                )
                if line.label == label
                and HAN.fullmatch(line.fields[0])
                and is_wanted(kind, line.fields[0])
            ]
            for kind in ("surnames", "given")
        )
        pairs = list(zip(cycle(surnames), given, strict=False))[:CAP]
        found += [Line((f"{surname}{name}",), label, "") for surname, name in pairs]
    return found


def prepare(data: Path, people: Path, folder: Path, seed: int) -> dict[str, int]:
    """Write the training and test data of a corpus; return the number of lines of each."""
    surnames, test_surnames = split_names(read_lines(data / "surnames"), seed)
    given, _ = split_names(read_lines(data / "given"), seed)
    full, strict, new_surname = split_people(read_lines(people, 2), seed)
    written = {"surnames": surnames, "given": given, "people": full}
    for name, lines in zip(TEST_SETS, (test_surnames, strict, new_surname), strict=True):
        written[name] = capped(lines, seed)
    for name, is_new in HAN_SETS.items():
        written[name] = han_names(data, seed, is_new)
    for name, lines in written.items():
        write_lines(folder / name, lines)
    shutil.copy(data / "given" / "orders.toml", folder / "given")
    variants = (data / "given" / "variants.csv").read_text(encoding="utf-8").splitlines()
    seen = []
    for label, *forms in (line.split(",") for line in variants):
        seen.append(",".join([label, *(form for form in forms if not touched(form, seed))]) + "\n")
    (folder / "given" / "variants.csv").write_text("".join(seen), encoding="utf-8")
    (folder / "seed.txt").write_text(f"{seed}\n")
    return {name: len(lines) for name, lines in written.items()}
