"""Read name lists from package files: wheels, npm tarballs, Debian packages.

No code of a package is imported or run. Python, JavaScript and PHP sources are parsed as text,
pickles may contain lists, dictionaries and text only, and every file must have its SHA-256.
"""

import ast
import csv
import hashlib
import io
import json
import pickle
import re
import shlex
import subprocess
import tarfile
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

from world_sources import ARCHIVES, MOST_LINES, STATES

Entries = list[tuple[str, float | None]]
"""Names with their weights, or None without one."""

QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")


class NoClasses(pickle.Unpickler):
    """Reads pickles of lists and dictionaries of text; rejects all others."""

    def find_class(self, module: str, name: str) -> Any:
        """Reject the class or function."""
        raise pickle.UnpicklingError(f"it needs {module}.{name}")


def download(folder: Path) -> None:
    """Download the missing archives with their package managers."""
    folder.mkdir(parents=True, exist_ok=True)
    for archive in ARCHIVES.values():
        if not (folder / archive.file).is_file():
            subprocess.run(shlex.split(archive.download), cwd=folder, check=True)


def content(folder: Path, key: str) -> bytes:
    """Return the bytes of an archive; raises `ValueError` if they are not the pinned ones."""
    archive = ARCHIVES[key]
    found = (folder / archive.file).read_bytes()
    if hashlib.sha256(found).hexdigest() != archive.sha256:
        raise ValueError(f"{archive.file}: not the pinned file; {archive.download} gets it")
    return found


def deb_data(package: bytes) -> bytes:
    """Return the data.tar member of a Debian package, which is in ar format."""
    position = 8
    while position < len(package):
        head = package[position : position + 60]
        size = int(head[48:58])
        if head[:16].strip().startswith(b"data.tar"):
            return package[position + 60 : position + 60 + size]
        position += 60 + size + size % 2
    raise ValueError("the Debian package has no data.tar")


@cache
def members(folder: Path, key: str) -> dict[str, bytes]:
    """Return the files of an archive by their path below its root."""
    archive, packed = ARCHIVES[key], content(folder, key)
    files: dict[str, bytes] = {}
    if archive.file.endswith(".whl"):
        with zipfile.ZipFile(io.BytesIO(packed)) as wheel:
            files = {
                name: wheel.read(name) for name in wheel.namelist() if name.startswith(archive.root)
            }
    else:
        packed = deb_data(packed) if archive.file.endswith(".deb") else packed
        with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
            for info in tar:
                if info.isfile() and info.name.startswith(archive.root):
                    stream = tar.extractfile(info)
                    files[info.name] = stream.read() if stream else b""
    return {name.removeprefix(archive.root): data for name, data in files.items()}


def member(folder: Path, key: str, pattern: str) -> bytes:
    """Return the only file of an archive whose path matches the pattern."""
    found = [data for name, data in sorted(members(folder, key).items()) if fnmatch(name, pattern)]
    if len(found) != 1:
        raise ValueError(f"{ARCHIVES[key].file}: {len(found)} files are named {pattern}")
    return found[0]


def text(folder: Path, key: str, pattern: str) -> str:
    """Return the `member` as text."""
    return member(folder, key, pattern).decode("utf-8")


def value(node: ast.expr, known: dict[str, Entries]) -> Entries | None:
    """Return the names in a Python expression, or None if it is not a list of names."""
    if isinstance(node, ast.Call) and node.args:  # OrderedDict(...), set(...)
        return value(node.args[0], known)
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = value(node.left, known), value(node.right, known)
        return None if left is None or right is None else left + right
    try:
        plain = ast.literal_eval(node)
    except ValueError:
        return None
    if isinstance(plain, dict):
        plain = tuple(plain.items())
    if not isinstance(plain, tuple | list | set):
        return None
    pairs = [item if isinstance(item, tuple) else (item, None) for item in plain]
    fit = all(
        len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], float | int | None)
        for pair in pairs
    )
    return [(name, weight) for name, weight in pairs] if fit else None


def python_lists(source: str) -> dict[str, Entries]:
    """Return the lists of names in the classes of a Python source, by attribute."""
    known: dict[str, Entries] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef):
            for line in node.body:
                if isinstance(line, ast.Assign):
                    target, right = line.targets[0], line.value
                elif isinstance(line, ast.AnnAssign) and line.value is not None:
                    target, right = line.target, line.value
                else:
                    continue
                entries = value(right, known)
                if isinstance(target, ast.Name) and entries is not None:
                    known[target.id] = entries
    return known


def javascript_block(source: str, key: str) -> str:
    """Return the content of `key:{...}`; braces within template strings are ignored."""
    found = re.search(rf"\b{key}:\{{", source)
    if not found:
        return ""
    depth, inside, position = 1, False, found.end()
    while depth and position < len(source):
        character = source[position]
        if character == "`":
            inside = not inside
        elif not inside:
            depth += (character == "{") - (character == "}")
        position += 1
    return source[found.end() : position - 1]


def javascript_lists(source: str) -> dict[str, Entries]:
    """Return the lists of a locale of @faker-js/faker, with keys such as `last_name.male`."""
    lists: dict[str, Entries] = {}
    for key in ("last_name", "first_name"):
        pattern = r"(\w+):(?:`([^`]*)`\.split\(`([^`]+)`\)|\[((?:`[^`]*`,?)+)\])"
        for group, joined, separator, listed in re.findall(pattern, javascript_block(source, key)):
            names = joined.split(separator) if joined else re.findall("`([^`]*)`", listed)
            lists[f"{key}.{group}"] = [(name, None) for name in names]
    return lists


def php_lists(source: str) -> dict[str, Entries]:
    """Return the lists of text in a PHP class, by property."""
    source = re.sub(r"/\*.*?\*/", "", source, flags=re.S)
    source = re.sub(r"^\s*(//|#).*$", "", source, flags=re.M)
    found = re.findall(r"static \$(\w+)\s*=\s*(?:\[|array\()(.*?)(?:\]|\));", source, re.S)
    return {
        name: [
            (re.sub(r"\\(.)", r"\1", single or double), None)
            for single, double in QUOTED.findall(body)
        ]
        for name, body in found
    }


def variant_lists(source: str) -> dict[str, Entries]:
    """Return the native names of name-variants with their frequencies, and the romanised forms."""
    entries: Entries = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict):
            for native, cluster in ast.literal_eval(node.value).items():
                entries.append((native, cluster.get("frequency")))
                entries += [(form, None) for form in cluster["forms"]]
    return {"last_name": entries}


def columns(data: bytes, names: list[str]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of some columns of a Parquet file."""
    from pyarrow import parquet

    table = parquet.read_table(io.BytesIO(data), columns=names)
    yield from zip(*(table[name].to_pylist() for name in names), strict=True)


def state_surnames(folder: Path) -> dict[str, dict[str, int]]:
    """Return the surnames of outkast with their people, by the language of the state."""
    languages = {
        state: language for language, states in STATES.items() for state in states.split(", ")
    }
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    data = member(folder, "outkast", "secc_surname_composition.parquet")
    for state, name, people in columns(data, ["state", "last_name", "total_support"]):
        if state in languages:
            counts[languages[state]][name] += people
    return counts


def russian_lists(folder: Path) -> dict[str, Entries]:
    """Return the surnames of russiannames with their counts, without those of other peoples."""
    rows = columns(member(folder, "russiannames", "surnames.parquet"), ["text", "count", "ethnic"])
    found = [(name, people) for name, people, tags in rows if not tags or set(tags) == {"slav"}]
    return {
        "last_name": sorted(found, key=lambda pair: (-pair[1], pair[0]))[: MOST_LINES["surnames"]]
    }


MOST_KANJI = 2
"""Highest number of spellings of a Japanese given name that are read, of up to hundreds."""


def short_vowels(letters: str) -> str:
    """Return a Japanese reading without marks of long vowels, as in passports: Sato, Ono."""
    short = re.sub("oo|ou(?!e)", "o", letters)
    return re.sub("(y|ch|sh|j)uu", r"\1u", short)


def japanese_lists(source: str) -> dict[str, Entries]:
    """Return the names of a table in kanji and in Latin letters.

    A line has the kanji, people, kana and letters of a surname, or the kana, letters and kanji
    spellings of a given name.
    """
    entries: Entries = []
    for first, second, third, *rest in csv.reader(io.StringIO(source)):
        if second.isdecimal():
            entries += [(first, float(second)), (short_vowels(rest[0]), float(second))]
        else:
            kanji = [third, *rest][:MOST_KANJI]
            entries += [(name, None) for name in (*kanji, short_vowels(second))]
    return {"names": entries}


def lists(folder: Path, archive: str, name: str) -> dict[str, Entries]:
    """Return the lists of a source `<archive>:<name>`, by their names in the source."""
    locale, _, only = name.partition("/")
    patterns = {
        "faker": f"{name}/__init__.py",
        "fakerjs": f"{name}-*.js",
        "php": f"{locale}/Person.php",
        "variants": f"{name}.py",
        "japanese": f"{name}.csv",
        "ffaker": name,
    }
    parsers: dict[str, Callable[[str], dict[str, Entries]]] = {
        "faker": python_lists,
        "fakerjs": javascript_lists,
        "php": php_lists,
        "variants": variant_lists,
        "japanese": japanese_lists,
        "ffaker": lambda source: {name: [(line, None) for line in source.splitlines()]},
    }
    if archive == "outkast":
        return {"last_name": list(state_surnames(folder)[name].items())}
    if archive == "russiannames":
        return russian_lists(folder)
    if archive not in parsers:  # zxcvbn-ts
        names: list[str] = json.loads(text(folder, archive, f"{name}.json"))
        return {name: [(entry, None) for entry in names]}
    found = parsers[archive](text(folder, archive, patterns[archive]))
    return {key: entries for key, entries in found.items() if archive != "php" or only in ("", key)}


def read_people(folder: Path) -> dict[str, list[str]]:
    """Return the nationalities of each person in name2nat, by the title of the article."""
    people: dict[str, list[str]] = NoClasses(
        io.BytesIO(member(folder, "name2nat", "name2nats.pkl"))
    ).load()
    return people
