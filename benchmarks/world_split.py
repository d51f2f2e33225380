"""Names held out by their words: what a model of the world's names must not have seen.

A hash of a word's letters says whether it is held out, as a surname and as a given name alike and
for all labels. A line of training holds no such word, in whatever form it is written.
"""

import hashlib
import re
import shutil
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from names_predictor.encoding import normalise
from names_trainer.data.romanisation import transliterations

CAP = 300
"""Test lines a label."""

SHARE = 10
"""One word in so many is held out."""

PARTS = ("test-surnames", "test-people", "test-new-surname")

SMALL = {"ß": "ss", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe"}
SMALL |= {"þ": "th", "ə": "a", "ħ": "h", "ŋ": "n"}
LETTERS = str.maketrans(SMALL | {c.upper(): t.title() for c, t in SMALL.items() if c not in "ßı"})
"""Letters that Unicode does not decompose."""

PARTICLES = (
    "a af al an ap av bar ben bin bint da dal das de degli dei del della den der des di do dos du"
    " e el i ibn ibnu la las le les los lo mac mc ni san santa st te ten ter the u ul und van"
    " vom von y z zu zum"
)
"""Words that stand in too many names to be held out."""


class Line(NamedTuple):
    """A line of a label's file: its fields (a name, or surname and given name), its people.

    A person of a country with several labels counts for each in part; `people` is as it is written.
    """

    fields: tuple[str, ...]
    label: str
    people: str

    @property
    def weight(self) -> float:
        """Return how many people the line stands for."""
        return float(self.people or 1)


def plain(text: str) -> str:
    """Return `text` without diacritics; other scripts' vowel signs and letters stay."""
    bare: list[str] = []
    latin = False
    for sign in unicodedata.normalize("NFKD", text.translate(LETTERS)):
        if not unicodedata.combining(sign):
            latin = unicodedata.name(sign, "").startswith(("LATIN", "GREEK"))
        elif latin:
            continue
        bare.append(sign)
    return unicodedata.normalize("NFC", "".join(bare))


@cache
def key(word: str) -> str:
    """Return a word's letters: small, no marks, ae, oe, ue and aa as a, o, u and a.

    A vowel sign, as in Devanagari, is no mark: it has no combining class.
    """
    letters = unicodedata.normalize("NFKD", plain(word.casefold()).casefold())
    letters = "".join(
        c for c in letters if unicodedata.category(c)[0] in "LM" and not unicodedata.combining(c)
    )
    letters = re.sub(r"ae|aa", "a", letters.replace("oe", "o").replace("ue", "u"))
    return unicodedata.normalize("NFC", letters)


def keys(word: str) -> set[str]:
    """Return the keys of a word and of its other usual spelling: Azerbaijan writes ə as a or e."""
    return {key(word), key(word.replace("ə", "e").replace("Ə", "E"))}


def pieces(word: str) -> list[str]:
    """Return what hyphens and apostrophes part a word into."""
    return re.split(r"[-‐'’ʻʼ`]", word)


@cache
def is_word(word_key: str) -> bool:
    """Say whether a key is that of a word that can be held out: no initial and no particle."""
    return word_key not in PARTICLES.split() and (len(word_key) > 1 or not word_key.isascii())


def word_keys(field: str) -> frozenset[str]:
    """Return the keys of all words that `field` can be read as.

    O'Connor-Smith is one word, and oconnor, connor and smith; "O Connor" is oconnor as well.
    """
    words = field.split()
    hyphens = [part for word in words for part in re.split(r"[-‐]", word)]
    readings = {*words, *hyphens, *(p for word in words for p in pieces(word)), "".join(words)}
    return frozenset(k for word in readings - {""} for k in keys(word) if is_word(k))


@cache
def chosen(word_key: str, seed: int, purpose: str = "test", share: int = SHARE) -> bool:
    """Say whether a word is among the one in `share` that are kept for `purpose`."""
    digest = hashlib.blake2b(f"{seed}\t{purpose}\t{word_key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % share == 0


def held_out(
    field: str, seed: int, parted: bool, purpose: str = "test", share: int = SHARE
) -> bool:
    """Say whether every word of `field` is held out, its particles apart.

    `parted`: Smith-Jones needs smith and jones held out too; else smithjones is a word of its own,
    as Korean given names (Ji-hye) are.
    """
    words = [w for word in field.split() for w in (word, *(pieces(word) if parted else ()))]
    found = [k for word in words if word for k in keys(word) if is_word(k)]
    return bool(found) and all(chosen(k, seed, purpose, share) for k in found)


def touched(field: str, seed: int, purpose: str = "test", share: int = SHARE) -> bool:
    """Say whether any reading of `field` has a held-out word."""
    return any(chosen(word, seed, purpose, share) for word in word_keys(field))


def read_lines(folder: Path, fields: int = 1) -> Iterator[Line]:
    """Yield the lines of all files of `folder`, which are named after their labels."""
    for path in sorted(folder.glob("*.txt")):
        for text in path.read_text(encoding="utf-8").splitlines():
            cells = text.split("\t")
            yield Line(tuple(cells[:fields]), path.stem, "".join(cells[fields : fields + 1]))


def write_lines(folder: Path, lines: Iterable[Line]) -> None:
    """Write `lines` as the files of their labels, in their order."""
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
    """Return at most `cap` lines a label, those of the least hashes, in their order."""
    by_label: dict[str, list[tuple[bytes, Line]]] = {}
    for line in lines:
        text = f"{seed}\tcap\t{line.label}\t{line.fields}".encode()
        by_label.setdefault(line.label, []).append((hashlib.blake2b(text).digest(), line))
    return sorted(line for keyed in by_label.values() for _, line in sorted(keyed)[:cap])


def split_names(lines: Iterable[Line], seed: int) -> tuple[list[Line], list[Line]]:
    """Part single names into those to train on and those held out; a few are neither.

    One in another script whose romanisation, which training makes of it, is held out is neither.
    """
    train, test = [], []
    for line in lines:
        if not touched(line.fields[0], seed):
            romanised = transliterations(normalise(line.fields[0]), line.label, True)
            if not any(touched(form, seed) for form in romanised):
                train.append(line)
        elif held_out(line.fields[0], seed, parted=True):
            test.append(line)
    return train, test


def split_people(lines: Iterable[Line], seed: int) -> tuple[list[Line], list[Line], list[Line]]:
    """Part full names into training, both names held out, and the surname alone held out.

    Who is more likely another label's is no test.
    """
    train, strict, new_surname = [], [], []
    for line in lines:
        surname, given = line.fields
        if not (touched(surname, seed) or touched(given, seed)):
            train.append(line)
        elif line.weight >= 0.5 and held_out(surname, seed, parted=True):
            if held_out(given, seed, parted=False):
                strict.append(line)
            elif not touched(given, seed):
                new_surname.append(line)
    return train, strict, new_surname


def prepare(data: Path, people: Path, folder: Path, seed: int) -> dict[str, int]:
    """Write the training and the test part of a corpus; return the lines of each."""
    surnames, test_surnames = split_names(read_lines(data / "surnames"), seed)
    given, _ = split_names(read_lines(data / "given"), seed)
    full, strict, new_surname = split_people(read_lines(people, 2), seed)
    written = {"surnames": surnames, "given": given, "people": full}
    for part, lines in zip(PARTS, (test_surnames, strict, new_surname), strict=True):
        written[part] = capped(lines, seed)
    for name, lines in written.items():
        write_lines(folder / name, lines)
    shutil.copy(data / "given" / "orders.toml", folder / "given")
    variants = (data / "given" / "variants.csv").read_text(encoding="utf-8").splitlines()
    seen = (",".join(c for c in line.split(",") if not touched(c, seed)) for line in variants)
    (folder / "given" / "variants.csv").write_text("\n".join(seen) + "\n", encoding="utf-8")
    (folder / "seed.txt").write_text(f"{seed}\n")
    return {name: len(lines) for name, lines in written.items()}
