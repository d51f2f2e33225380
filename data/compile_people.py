"""Compile data/people/<Nationality>.txt from the people of name2nat.

    pip download --no-deps name2nat==0.5.1
    python data/compile_people.py name2nat-0.5.1-py3-none-any.whl

name2nat (https://github.com/Kyubyong/name2nat, Apache License 2.0) has the names and nationalities
of a million people of the English Wikipedia. They are read from its wheel, which must have the
expected SHA-256 and is neither kept nor installed.

A file has sorted surnames, one per line. A surname belongs to the nationality with the most people
of that name, and to every other with at least a third as many. Counts are first divided by the
square root of the nationality's size, since the largest have some people of every surname.
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

FEWEST_PEOPLE = 1000
"""Nationalities with fewer people are left out."""

FRACTION = 1 / 3
"""Lowest weight of a surname in a nationality, relative to its highest."""

SUFFIXES = frozenset(["Jr.", "Jr", "Sr.", "Sr", "II", "III", "IV"])
SURNAME = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")


class _NoClasses(pickle.Unpickler):
    """Reads pickles of lists and dictionaries of text; rejects all others."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"it needs {module}.{name}")


def read_people(wheel: Path) -> dict[str, list[str]]:
    """Return the nationalities of each person; raises `ValueError` for another wheel."""
    content = wheel.read_bytes()
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise ValueError("not the wheel of name2nat 0.5.1, which `pip download` gets from PyPI")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        people: dict[str, list[str]] = _NoClasses(io.BytesIO(archive.read(MEMBER))).load()
    return people


def surname(title: str) -> str | None:
    """Return the last word of a person's name in lower case, or None if it is not a surname.

    Brackets and text after a comma, which distinguish people of the same name, are ignored.
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
            if sizes[nationality] >= FEWEST_PEOPLE
        }
        for nationality, weight in weights.items():
            if weight >= FRACTION * max(weights.values()):
                files[nationality].append(name)
    return dict(sorted(files.items()))


def main(arguments: Sequence[str] | None = None, folder: Path = FOLDER) -> int:
    """Write the files and remove old ones; return 2 for another wheel."""
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
