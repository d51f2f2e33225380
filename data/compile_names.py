"""Compile data/names/<Language>.txt and data/given/<Language>.txt from Faker and Mimesis.

Run it from anywhere: ``python data/compile_names.py`` writes the name files and the generated
parts of data/README.md; with ``--check`` it writes nothing and says what differs.

Which list belongs to which language, what is left out and why, and how native spellings are
romanised is all in the tables of `name_sources`. The lists are read as the packages hold them,
never sampled, and every package is pinned, so the same input always gives the same bytes.
"""

import argparse
import importlib
import json
import re
import sys
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from name_sources import (
    ELSEWHERE_IN,
    FIXES,
    GIVEN,
    JOINED,
    LANGUAGES,
    PINS,
    SCRIPTS,
    SURNAME_FIRST,
    SURNAMES,
    TRIBE,
    Kind,
    Scheme,
)

MINIMUM = 70
FOLDER = Path(__file__).resolve().parent


def script(letter: str) -> str:
    """Name a letter's script, from the letter's Unicode name."""
    first = unicodedata.name(letter, "unknown").split()[0].split("-")[0].capitalize()
    return {"Cjk": "Han", "Ideographic": "Han"}.get(first, first)


def scripts(name: str) -> set[str]:
    """Name the scripts of a name's letters."""
    return {script(char) for char in name if char.isalpha()}


def plain(text: str) -> str:
    """Drop what a passport leaves out: diacritics, and signs between the letters."""
    letters = (
        char for char in unicodedata.normalize("NFD", text) if char.isalpha() or char in " -"
    )
    kept = (char for char in letters if unicodedata.category(char) != "Lm")
    return unicodedata.normalize("NFC", "".join(kept))


def natural_case(name: str) -> str:
    """Mend a name wholly in capitals or small letters, and Mc before a small letter."""
    if name.isupper():
        name = re.sub(r"[^\W\d_]+", lambda word: word[0].capitalize(), name)
    elif name.islower():
        *particles, last = name.split(" ")
        name = " ".join([*particles, last[:1].title() + last[1:]])
    return re.sub(r"\bMc([a-z])", lambda match: "Mc" + match[1].upper(), name)


def clean(raw: str) -> str | None:
    """Return the name as it is kept, or None if it can't be one."""
    name = FIXES.get(raw, raw)
    if "Ã" in name:  # UTF-8 that was read as Windows-1252
        name = name.encode("cp1252").decode("utf-8")
    name = unicodedata.normalize("NFC", name)
    name = re.sub("[\u2018\u2019\u02bc\u02bb`\u00b4]", "'", name)
    name = re.sub("(?<![\u0600-\u06ff])\u200c|[\u200b\u200d\u00ad\ufeff]", "", name)
    name = re.sub(r"\([^)]*\)", "", name)
    name = re.sub("^ال ", "", " ".join(name.split()).strip(" .,;?"))  # a doubled article
    if not name or len(name.split()) > 4 or TRIBE.search(name):
        return None
    signs = re.sub(r"[^\W\d_]", "", name)
    if any(unicodedata.category(sign)[0] != "M" and sign not in " '-\u200c" for sign in signs):
        return None
    if len(name) == 1 and name.lower() != name.upper():
        return None
    return natural_case(name)


@cache
def transliterator(key: str) -> Any:
    """Load ICU's transliterator of that id."""
    return importlib.import_module("icu").Transliterator.createInstance(key)


def romanise(name: str, scheme: Scheme) -> str:
    """Write the name in plain Latin letters, in the case of the native spelling."""
    for old, new in scheme.before.items():
        name = name.replace(old, new)
    if scheme.tool == "icu":
        latin = str(transliterator(scheme.key).transliterate(name))
    elif scheme.tool == "koroman":
        latin = str(importlib.import_module("koroman").romanize(name))
    else:
        latin = str(importlib.import_module("tetrak_translit").transliterate(name, scheme.key))
    latin = unicodedata.normalize("NFC", latin)
    for old, new in scheme.after.items():
        latin = latin.replace(old, new)
    latin = re.sub(r"[^\W\d_]+", lambda word: word[0][0] + word[0][1:].lower(), plain(latin))
    return latin.capitalize() if latin.islower() else latin


@cache
def source_names(source: str, given: bool = False) -> frozenset[str]:
    """Read and clean a source's names: those the locale itself defines, not the inherited ones."""
    kind = GIVEN if given else SURNAMES
    package, locale = source.split("/")
    if package == "faker":
        provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
        lists = {key: value for key, value in vars(provider).items() if kind.faker in key}
    else:
        root = Path(str(importlib.import_module("mimesis").__file__)).parent
        text = (root / "datasets" / locale / "person.json").read_text(encoding="utf-8")
        names = json.loads(text).get(kind.mimesis, [])
        lists = names if isinstance(names, dict) else {kind.mimesis: names}
    raw = {
        entry
        for key, entries in lists.items()
        if isinstance(entries, tuple | list | dict) and f"{source}/{key}" not in kind.excluded
        for entry in entries
        if isinstance(entry, str)
    }
    wrong = {clean(name) for name in kind.wrong.get(source, "").split(", ")} | {None}
    return frozenset(name for name in map(clean, raw) if name and name not in wrong)


def language_names(language: str, given: bool = False) -> set[str]:
    """Collect all surnames or given names of a language, native and romanised."""
    kind = GIVEN if given else SURNAMES
    names: set[str] = set()
    for source in LANGUAGES[language]:
        if source not in kind.excluded:
            others = kind.gives_way.get(source, "").split()
            taken = {plain(name) for other in others for name in source_names(other, given)}
            names |= {name for name in source_names(source, given) if plain(name) not in taken}
    if language in ELSEWHERE_IN.split():
        names -= set(kind.elsewhere)
    native = SCRIPTS.get(language, {"Latin"})
    names = {name for name in names if scripts(name) <= native or scripts(name) == {"Latin"}}
    if scheme := kind.schemes.get(language):
        latin = {romanise(name, scheme) for name in names if scripts(name) <= native}
        names |= {name for name in latin if len(name) > 1}
    return names


def table(rows: Iterable[Iterable[object]]) -> str:
    """Lay out a Markdown table; the first row is its head."""
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join([lines[0], re.sub("[^|]+", " --- ", lines[0]), *lines[1:]])


def languages_table(corpus: dict[str, set[str]]) -> str:
    """Count the names of every language, and all of them."""
    rows: list[tuple[object, ...]] = [("Language", "Native", "Romanised", "Scripts", "Sources")]
    for language, names in corpus.items():
        found = ", ".join(sorted(set().union(*map(scripts, names))))
        latin = sum(scripts(name) == {"Latin"} for name in names) if language in SCRIPTS else 0
        rows.append((language, len(names) - latin, latin, found, ", ".join(LANGUAGES[language])))
    total = f"{sum(map(len, corpus.values()))} names in {len(corpus)} languages"
    distinct = len(set().union(*corpus.values()))
    return f"{table(rows)}\n\n{total}, {distinct} of them distinct."


def exceptions(kind: Kind, suffix: str) -> dict[str, str]:
    """Write the tables of lists and entries that are not read, by their markers' names."""
    return {
        f"excluded{suffix}": table([("List", "Why it is not read"), *kind.excluded.items()]),
        f"wrong{suffix}": table([("List", "Entries"), *kind.wrong.items()]),
    }


def describe(
    corpus: dict[str, set[str]], given: dict[str, set[str]], small: dict[str, int]
) -> dict[str, str]:
    """Write the generated parts of data/README.md, by their markers' names."""
    few = ", ".join(f"{language} ({count})" for language, count in small.items())
    schemes = [(name, scheme.standard, scheme.tool) for name, scheme in SURNAMES.schemes.items()]
    ways = [(source, ", ".join(others.split())) for source, others in SURNAMES.gives_way.items()]
    elsewhere = ", ".join(SURNAMES.elsewhere)
    counts = [(language, len(names)) for language, names in given.items()]
    total = f"{sum(map(len, given.values()))} given names in {len(given)} languages."
    return {
        "languages": languages_table(corpus),
        "given": f"{table([('Language', 'Given names'), *counts])}\n\n{total}",
        "small": f"Left out for want of {MINIMUM} names: {few}.",
        "schemes": table([("Language", "Standard", "Tool"), *schemes]),
        **exceptions(SURNAMES, ""),
        **exceptions(GIVEN, "-given"),
        "gives-way": table([("List", "Leaves a name to"), *ways]),
        "elsewhere": f"{elsewhere} (from {', '.join(ELSEWHERE_IN.split())}).",
    }


def compile_files(folder: Path) -> dict[str, str]:
    """Say what each file of the folder must hold; README's prose is taken from the folder."""
    corpus = {language: language_names(language) for language in sorted(LANGUAGES)}
    small = {language: len(names) for language, names in corpus.items() if len(names) < MINIMUM}
    corpus = {language: names for language, names in corpus.items() if language not in small}
    given = {language: language_names(language, given=True) for language in corpus}
    files = {
        f"{kind.folder}/{language}.txt": "".join(f"{name}\n" for name in sorted(names))
        for kind, languages in ((SURNAMES, corpus), (GIVEN, given))
        for language, names in languages.items()
    }
    files["given/orders.toml"] = (
        "# Labels whose full names begin with the surname; the others' end with it.\n"
        f"surname_first = {json.dumps(SURNAME_FIRST)}\n\n"
        "# Labels whose full names have no space, where they aren't written in Latin letters.\n"
        f"joined = {json.dumps(JOINED)}\n"
    )
    readme = (folder / "README.md").read_text(encoding="utf-8")
    for key, text in describe(corpus, given, small).items():
        begin, end = f"<!-- {key} -->", f"<!-- end {key} -->"
        if begin not in readme or end not in readme:
            raise SystemExit(f"README.md has no place for its part {key!r}")
        head, tail = readme.split(begin)[0], readme.split(end)[1]
        readme = f"{head}{begin}\n\n{text}\n\n{end}{tail}"
    return files | {"README.md": readme}


def differences(folder: Path, files: dict[str, str]) -> list[str]:
    """Give one line for every file that is missing, changed or should not be there."""
    found = {
        f"{kind.folder}/{path.name}"
        for kind in (SURNAMES, GIVEN)
        for path in (folder / kind.folder).glob("*")
    }
    lines = [f"{name}: should not be there" for name in found - set(files)]
    for name, text in files.items():
        path = folder / name
        if not path.is_file():
            lines.append(f"{name}: missing")
        elif path.read_bytes() != text.encode():
            lines.append(f"{name}: differs from what compile_names.py makes")
    return sorted(lines)


def unmet_pins() -> list[str]:
    """List the pinned packages whose installed version is another, or none."""
    unmet = []
    for package, pin in PINS.items():
        try:
            installed = version(package)
        except PackageNotFoundError:
            installed = "none"
        if installed != pin:
            unmet.append(f"{package}=={pin} (installed: {installed})")
    return unmet


def main(arguments: list[str] | None = None, folder: Path = FOLDER) -> int:
    """Write the files, or compare them; 1 if they differ, 2 if the packages aren't the pinned."""
    parser = argparse.ArgumentParser(description="Compile data/names from Faker and Mimesis.")
    parser.add_argument("--check", action="store_true", help="write nothing, say what differs")
    check = parser.parse_args(arguments).check
    if unmet := unmet_pins():
        print("compile_names.py needs " + ", ".join(unmet), file=sys.stderr)
        return 2
    files = compile_files(folder)
    if check:
        lines = differences(folder, files)
        print("\n".join(lines) or f"{len(files)} files are up to date")
        return 1 if lines else 0
    for kind in (SURNAMES, GIVEN):
        (folder / kind.folder).mkdir(exist_ok=True)
        for path in (folder / kind.folder).glob("*"):
            path.unlink()
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())
    print(f"wrote {len(files)} files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
