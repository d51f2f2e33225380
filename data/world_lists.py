"""Read the name lists of the sources: which lists, which of their names, with what counts."""

import re
from functools import cache
from pathlib import Path

from faker_lists import clean, listed_names, scripts
from faker_sources import LANGUAGES, SCRIPTS
from world_archives import Entries, lists
from world_people import key
from world_sources import ALL_RANKS, COMPLETE, MORE_SCRIPTS, RANK_OFFSET, WORTH, Label

JOINED = re.compile(r"[^\W\d_]{5}(?<=[a-zß-öø-ÿčćđšžńłęąśźżñ])(?=[A-ZÀ-ÖØ-ÞČĆĐŠŽŁŚŹŻ])")
"""Two entries of a list that lack a sign between them; McDonald and FitzGerald are one."""

KINDS = ("surnames", "given")

GAELIC = ("English", "Irish", "Welsh")
"""Labels with Gaelic names (McHugh); elsewhere such letters begin a word (Mchunu)."""


def is_latin(name: str) -> bool:
    """Say whether a name is written in Latin letters."""
    return scripts(name) == {"Latin"}


@cache
def allowed_scripts(label: str) -> frozenset[str]:
    """Return the scripts that a label's own names are written in, beside Latin."""
    return frozenset(SCRIPTS.get(label, set()) | MORE_SCRIPTS.get(label, set()))


@cache
def usable(name: str, label: str) -> str | None:
    """Return the name, cleaned, or None where it can be none of the label's."""
    found = clean(name)
    if found and label not in GAELIC:
        found = found.replace("McH", "Mch")
    if not found or not key(found) or len(found) > 40 or JOINED.search(found):
        return None
    used = scripts(found)
    return found if used == {"Latin"} or used <= allowed_scripts(label) else None


@cache
def all_ranks() -> float:
    """Return the sum of what the ranks' shares are in proportion to."""
    return sum(1 / (rank + RANK_OFFSET) for rank in range(1, ALL_RANKS + 1))


def rank_share(rank: int) -> float:
    """Return the share of a people that bears the surname of this rank."""
    return 1 / (rank + RANK_OFFSET) / all_ranks()


def coverage(names: int) -> float:
    """Return the share of a people that bears one of so many commonest surnames."""
    return min(1.0, sum(map(rank_share, range(1, names + 1))))


def weighted(entries: Entries, meaning: str, complete: bool = False) -> Entries:
    """Turn a list's weights, or what its ranks stand for, into people of `WORTH`."""
    if meaning == "rank":
        return [(name, WORTH * rank_share(rank)) for rank, (name, _) in enumerate(entries, 1)]
    if meaning == "counts":
        entries = [(name, weight) for name, weight in entries if weight]
    total = sum(weight for _, weight in entries if weight)
    if not meaning or not total:
        return [(name, None) for name, _ in entries]
    scale = WORTH * (1.0 if complete else coverage(len(entries))) / total
    return [(name, weight * scale if weight else None) for name, weight in entries]


def fits(attribute: str, kind: str) -> bool:
    """Say whether a list of that name holds surnames (or given names)."""
    small = attribute.lower().replace("_", "")
    if any(part in small for part in ("format", "kana", "pair", "romanized", "chinese", "indian")):
        return False
    wanted = ("last", "surname") if kind == "surnames" else ("first", "male", "female")
    last = any(part in small for part in ("last", "surname"))
    return last if kind == "surnames" else not last and any(part in small for part in wanted)


def source_names(folder: Path, source: str, kind: str) -> list[Entries]:
    """Return the lists of one source, weighted where it says how."""
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
    """Return the language of a label's lists in Faker and Mimesis, or nothing if none are read."""
    language = name if label.listed == "same" else label.listed
    return language if listed_names(language) else ""


def listed_places(name: str, label: Label) -> list[str]:
    """Return those lists, as labels.csv names them."""
    language = listed_language(name, label)
    return [place.replace("/", ":") for place in LANGUAGES.get(language, [])]


def label_names(name: str, label: Label, kind: str) -> list[str]:
    """Return the names that those lists have for the label."""
    return listed_names(listed_language(name, label), given=kind == "given")
