"""Read, clean and romanise the name lists of the installed packages Faker and Mimesis.

`faker_sources` has the lists of each language, the exclusions with their reasons, and the
romanisations. Lists are read completely and packages are pinned, so the result is reproducible.
"""

import importlib
import json
import re
import unicodedata
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from faker_sources import (
    ELSEWHERE_IN,
    FIXES,
    GIVEN,
    LANGUAGES,
    PINS,
    SCRIPTS,
    SURNAMES,
    TRIBE,
    Scheme,
)

FEWEST_LISTED = 70
"""Languages with fewer surnames are left out."""


def script(letter: str) -> str:
    """Return the script of a letter, from its Unicode name."""
    first = unicodedata.name(letter, "unknown").split()[0].split("-")[0].capitalize()
    return {"Cjk": "Han", "Ideographic": "Han"}.get(first, first)


def scripts(name: str) -> set[str]:
    """Return the scripts of a name's letters."""
    return {script(char) for char in name if char.isalpha()}


def plain(text: str) -> str:
    """Return `text` without diacritics and punctuation, as in passports."""
    letters = (
        char for char in unicodedata.normalize("NFD", text) if char.isalpha() or char in " -"
    )
    kept = (char for char in letters if unicodedata.category(char) != "Lm")
    return unicodedata.normalize("NFC", "".join(kept))


def natural_case(name: str) -> str:
    """Capitalise a name that is wholly in upper or lower case, and the letter after Mc."""
    if name.isupper():
        name = re.sub(r"[^\W\d_]+", lambda word: word[0].capitalize(), name)
    elif name.islower():
        *particles, last = name.split(" ")
        name = " ".join([*particles, last[:1].title() + last[1:]])
    return re.sub(r"\bMc([a-z])", lambda match: "Mc" + match[1].upper(), name)


def clean(raw: str) -> str | None:
    """Return the cleaned name, or None if it is not a name."""
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
    others = re.sub(r"[^\W\d_]", "", name)
    if any(unicodedata.category(c)[0] != "M" and c not in " '-\u200c" for c in others):
        return None
    if len(name) == 1 and name.lower() != name.upper():
        return None
    return natural_case(name)


@cache
def transliterator(key: str) -> Any:
    """Return the ICU transliterator with this id."""
    return importlib.import_module("icu").Transliterator.createInstance(key)


def romanise(name: str, scheme: Scheme) -> str:
    """Romanise a name to plain Latin letters, in the case of the native spelling."""
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
    """Return the cleaned names of a source, without inherited ones."""
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


@cache
def language_names(language: str, given: bool = False) -> frozenset[str]:
    """Return all surnames or given names of a language, native and romanised."""
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
    return frozenset(names)


def listed_names(language: str, given: bool = False) -> list[str]:
    """Return the sorted names of a language; none if it has no lists or too few surnames."""
    if language not in LANGUAGES or len(language_names(language)) < FEWEST_LISTED:
        return []
    return sorted(language_names(language, given))


def unmet_pins() -> list[str]:
    """Return the pinned packages that are missing or have another version."""
    unmet = []
    for package, pin in PINS.items():
        try:
            installed = version(package)
        except PackageNotFoundError:
            installed = "none"
        if installed != pin:
            unmet.append(f"{package}=={pin} (installed: {installed})")
    return unmet
