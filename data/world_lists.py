"""Read the name lists of the sources, with usable names and their counts."""

import re
from functools import cache
from pathlib import Path

from faker_lists import clean, listed_names, scripts
from faker_sources import LANGUAGES, SCRIPTS
from world_archives import Entries, lists
from world_people import key
from world_sources import ALL_RANKS, COMPLETE, MORE_SCRIPTS, RANK_OFFSET, WORTH, Label

JOINED = re.compile(r"[^\W\d_]{5}(?<=[a-zß-öø-ÿčćđšžńłęąśźżñ])(?=[A-ZÀ-ÖØ-ÞČĆĐŠŽŁŚŹŻ])")
"""Two entries of a list without a separator between them, unlike McDonald and FitzGerald."""

KINDS = ("surnames", "given")

GAELIC = ("English", "Irish", "Welsh")
"""Labels with Gaelic names (McHugh); in others, Mch begins a word (Mchunu)."""


def is_latin(name: str) -> bool:
    """Whether a name is in Latin letters."""
    return scripts(name) == {"Latin"}


@cache
def allowed_scripts(label: str) -> frozenset[str]:
    """Return the scripts of a label's names, besides Latin."""
    return frozenset(SCRIPTS.get(label, set()) | MORE_SCRIPTS.get(label, set()))


@cache
def usable(name: str, label: str) -> str | None:
    """Return the cleaned name, or None if it cannot be a name of the label."""
    found = clean(name)
    if found and label not in GAELIC:
        found = found.replace("McH", "Mch")
    if not found or not key(found) or len(found) > 40 or JOINED.search(found):
        return None
    used = scripts(found)
    return found if used == {"Latin"} or used <= allowed_scripts(label) else None


@cache
def all_ranks() -> float:
    """Return the normalisation of `rank_frequency`."""
    return sum(1 / (rank + RANK_OFFSET) for rank in range(1, ALL_RANKS + 1))


def rank_frequency(rank: int) -> float:
    """Return the frequency of the surname of this rank, by a Zipf-Mandelbrot distribution."""
    return 1 / (rank + RANK_OFFSET) / all_ranks()


def coverage(names: int) -> float:
    """Return the fraction of a people with one of the commonest surnames, `names` of them."""
    return min(1.0, sum(map(rank_frequency, range(1, names + 1))))


def weighted(entries: Entries, meaning: str, complete: bool = False) -> Entries:
    """Convert the weights or the ranks of a list to numbers of people, of `WORTH` in all."""
    if meaning == "rank":
        return [(name, WORTH * rank_frequency(rank)) for rank, (name, _) in enumerate(entries, 1)]
    if meaning == "counts":
        entries = [(name, weight) for name, weight in entries if weight]
    total = sum(weight for _, weight in entries if weight)
    if not meaning or not total:
        return [(name, None) for name, _ in entries]
    scale = WORTH * (1.0 if complete else coverage(len(entries))) / total
    return [(name, weight * scale if weight else None) for name, weight in entries]


def fits(attribute: str, kind: str) -> bool:
    """Whether a list with this name is of surnames (or given names)."""
    small = attribute.lower().replace("_", "")
    if any(word in small for word in ("format", "kana", "pair", "romanized", "chinese", "indian")):
        return False
    wanted = ("last", "surname") if kind == "surnames" else ("first", "male", "female")
    last = any(word in small for word in ("last", "surname"))
    return last if kind == "surnames" else not last and any(word in small for word in wanted)


def source_names(folder: Path, source: str, kind: str) -> list[Entries]:
    """Return the lists of a source, weighted as its ending says."""
    place, _, meaning = source.partition("#")
    archive, _, name = place.partition(":")
    found = {key: entries for key, entries in lists(folder, archive, name).items() if entries}
    if (
        archive in ("outkast", "russiannames", "japanese", "variants", "ffaker")
        or "zxcvbn" in archive
    ):
        chosen = list(found.values())
    else:
        chosen = [entries for attribute, entries in found.items() if fits(attribute, kind)]
        have = [entries for entries in chosen if entries[0][1] is not None]
        chosen = [max(have, key=len)] if meaning != "rank" and meaning and have else chosen
        chosen = [max(chosen, key=len)] if meaning == "rank" and chosen else chosen
    return [weighted(entries, meaning, archive in COMPLETE) for entries in chosen]


def listed_language(name: str, label: Label) -> str:
    """Return the language of a label's lists in Faker and Mimesis, or "" if none are read."""
    language = name if label.listed == "same" else label.listed
    return language if listed_names(language) else ""


def listed_places(name: str, label: Label) -> list[str]:
    """Return the lists of a label in Faker and Mimesis, as named in labels.csv."""
    language = listed_language(name, label)
    return [place.replace("/", ":") for place in LANGUAGES.get(language, [])]


def label_names(name: str, label: Label, kind: str) -> list[str]:
    """Return the names of a label in Faker and Mimesis."""
    return listed_names(listed_language(name, label), given=kind == "given")
