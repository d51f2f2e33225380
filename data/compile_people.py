"""Compile data/people/<Nationality>.txt from the people that name2nat knows.

    pip download --no-deps name2nat==0.5.1
    python data/compile_people.py name2nat-0.5.1-py3-none-any.whl

name2nat (https://github.com/Kyubyong/name2nat, Apache License 2.0) holds the names of a million
people of the English Wikipedia and their nationalities. Nothing of it is kept here, and it need not
be installed: its list is read out of its wheel, which must be the expected one to the byte.

A file holds surnames, one a line, sorted: a surname goes to the nationality that has the most of
its people, and to every other one that has at least a third as many. Counts are divided by the
square root of a nationality's size first, as the largest ones have some people of every surname.
"""

import argparse
import hashlib
import io
import pickle
import re
import shutil
import sys
import unicodedata
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

SHA256 = "cf6c45de61accfeb1d80c9ae86efd42fcf40cac481da5ab04d8a66dd7195fe94"
MEMBER = "name2nat/name2nats.pkl"
FOLDER = Path(__file__).resolve().parent / "people"

LEAST_PEOPLE = 1000
"""A nationality of fewer people is left out."""

SHARE = 1 / 3
"""A surname stands under a nationality that has this share of what its first one has."""

SUFFIXES = frozenset(["Jr.", "Jr", "Sr.", "Sr", "II", "III", "IV"])
SURNAME = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")


class _NoClasses(pickle.Unpickler):
    """Reads lists and dictionaries of text; a pickle that asks for anything else may not."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")


def read_people(wheel: Path) -> dict[str, list[str]]:
    """Return the nationalities of every person; raises `ValueError` for another wheel."""
    content = wheel.read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise ValueError("not the wheel of name2nat 0.5.1, which `pip download` gets from PyPI")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        people: dict[str, list[str]] = _NoClasses(io.BytesIO(archive.read(MEMBER))).load()
    return people


def surname(title: str) -> str | None:
    """Return the last word of an article's title that is one's name, in small letters, or None.

    What stands in brackets or behind a comma tells people of one name apart.
    """
    words = re.sub(r"\(.*\)", "", title).split(",")[0].split()
    while words and words[-1] in SUFFIXES:
        words.pop()
    if len(words) < 2:
        return None
    last = unicodedata.normalize("NFC", words[-1].replace("\u2019", "'")).lower()
    return last if len(last) > 1 and SURNAME.fullmatch(last) else None


def surnames(people: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Return the surnames of each nationality, sorted."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    sizes: Counter[str] = Counter()
    for title, nationalities in people.items():
        if name := surname(title):
            counts[name].update(nationalities)
            sizes.update(nationalities)
    files: dict[str, list[str]] = defaultdict(list)
    for name, count in sorted(counts.items()):
        weights = {
            nationality: number / sizes[nationality] ** 0.5
            for nationality, number in count.items()
            if sizes[nationality] >= LEAST_PEOPLE
        }
        for nationality, weight in weights.items():
            if weight >= SHARE * max(weights.values()):
                files[nationality].append(name)
    return dict(sorted(files.items()))


def main(arguments: Sequence[str] | None = None, folder: Path = FOLDER) -> int:
    """Write the files, in place of those that are there; 2 where the wheel is not the one."""
    parser = argparse.ArgumentParser(description="Compile data/people from the wheel of name2nat.")
    parser.add_argument("wheel", type=Path, help="name2nat-0.5.1-py3-none-any.whl")
    wheel = parser.parse_args(arguments).wheel
    try:
        files = surnames(read_people(wheel))
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for nationality, names in files.items():
            text = "".join(f"{name}\n" for name in names)
            (folder / f"{nationality}.txt").write_text(text, encoding="utf-8", newline="\n")
    except OSError as problem:
        print(f"{problem.filename}: {problem.strerror}", file=sys.stderr)
        return 2
    except ValueError as problem:
        print(f"{wheel}: {problem}", file=sys.stderr)
        return 2
    total = sum(map(len, files.values()))
    print(f"wrote {total} surnames of {len(files)} nationalities")
    return 0


if __name__ == "__main__":
    sys.exit(main())
