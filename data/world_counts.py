"""Count the people of every surname and given name by label, from name2nat and from lists."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from world_archives import Entries, state_surnames
from world_labels import LABELS
from world_lists import KINDS, is_latin, label_names, source_names, usable
from world_nigeria import classify
from world_people import FullName, bearers, by_label, full_names, key, words
from world_sources import (
    CHINESE_AMONG,
    CHINESE_LISTS,
    INDIAN_REST,
    NOT_CHINESE,
    SIKH_FRACTION,
    SPEAKERS,
    UNEXPLAINED,
    WORTH,
)

SIKH = frozenset(["singh", "kaur"])
FEWEST_CHINESE = 20
"""Surnames with this many Chinese people identify people with Chinese names elsewhere."""


@dataclass
class Names:
    """The names of one label and kind.

    Scripts are True for Latin letters, False for others.
    """

    counted: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    """Names with their number of people."""
    listed: set[str] = field(default_factory=set)
    """Names without a count."""
    others: dict[bool, float] = field(default_factory=lambda: defaultdict(float))
    """People whose names are not in the lists, by script."""
    people: float = 0
    """Number of counted people from name2nat."""
    rarest: dict[bool, float] = field(default_factory=dict)
    """People of the rarest name in a list with counts, by script."""
    facts: dict[str, float] = field(default_factory=dict)
    """Frequencies of the commonest names in public statistics."""
    trust: float = 0
    """Number of people that these frequencies weigh as evidence."""


def state_frequencies(folder: Path) -> dict[str, dict[str, float]]:
    """Return the frequency of each surname among the people of each language, by surname."""
    frequencies: dict[str, dict[str, float]] = defaultdict(dict)
    for language, counts in state_surnames(folder).items():
        total = sum(counts.values())
        for name, people in counts.items():
            frequencies[name][language] = people / total
    return frequencies


def indian(
    titles: Iterable[str], frequencies: Mapping[str, Mapping[str, float]]
) -> dict[str, list[tuple[FullName, float]]]:
    """Divide the people of India among its languages, by the states with their surname."""
    found = [
        (one, set(map(key, words(title))))
        for title in titles
        for one in full_names([title], "last")
    ]
    found = [(one, all_words) for one, all_words in found if one.surname]
    bearers = Counter(key(one.surname) for one, _ in found)
    sikh = Counter(
        key(one.surname)
        for one, all_words in found
        if (all_words - {key(one.surname), key(one.given)}) & SIKH
    )
    divided: dict[str, list[tuple[FullName, float]]] = defaultdict(list)
    for one, _ in found:
        name = key(one.surname)
        states = frequencies.get(name, {})
        rate = bearers[name] / len(found)
        if not states or (bearers[name] > 4 and rate > UNEXPLAINED * max(states.values())):
            punjabi = sikh[name] > 1 and sikh[name] >= SIKH_FRACTION * bearers[name]
            divided["Punjabi" if punjabi else INDIAN_REST].append((one, 1.0))
            continue
        weights = {language: part * SPEAKERS[language] for language, part in states.items()}
        for language, weight in weights.items():
            if (posterior := weight / sum(weights.values())) > 0.02:
                divided[language].append((one, posterior))
    return divided


def people_by_label(
    people: Mapping[str, list[str]],
    frequencies: Mapping[str, Mapping[str, float]],
    seeds: Mapping[str, Iterable[str]],
) -> dict[str, list[tuple[FullName, float]]]:
    """Return the full names of every label's people, with weights.

    `frequencies` are those of `state_frequencies`, `seeds` those of `seed_names`.
    """
    nations = {nation: name for name, label in LABELS.items() for nation in label.people.split()}
    titles = by_label(people, nations)
    chinese = chinese_surnames(titles["Chinese"]) | frozenset(map(key, seeds["Chinese"]))
    chinese -= frozenset(NOT_CHINESE.split())
    moved: set[str] = set()
    for nation in CHINESE_AMONG:
        for title in sorted(title for title, own in people.items() if nation in own):
            found = words(title)
            if found and not chinese.isdisjoint({key(found[0]), key(found[-1])}):
                moved.add(title)
    titles = {
        name: [title for title in own if name == "Chinese" or title not in moved]
        for name, own in titles.items()
    }
    titles["Chinese"] = sorted({*titles["Chinese"], *moved})
    divided = {
        label: [(one, 1.0) for one in full_names(own, LABELS[label].order) if one.surname]
        for label, own in titles.items()
    }
    divided |= nigerian(divided, {name: seeds[name] for name in ("Hausa", "Igbo", "Yoruba")})
    of_india = indian(
        sorted(title for title, own in people.items() if "Indian" in own), frequencies
    )
    for label, more in of_india.items():
        divided.setdefault(label, []).extend(more)
    return divided


def nigerian(
    divided: Mapping[str, list[tuple[FullName, float]]], seeds: Mapping[str, Iterable[str]]
) -> dict[str, list[tuple[FullName, float]]]:
    """Divide the people of Nigeria among its three largest languages, by their names.

    English names are seeds of the rest, because people of all three languages have them.
    """
    english = Counter(one.given for one, _ in divided["English"])
    english.update(one.surname for one, _ in divided["English"])
    common = [name for name, _ in sorted(english.items(), key=lambda pair: (-pair[1], pair[0]))]
    classified = classify(
        [one for one, _ in divided["Nigerian"]], {**seeds, "Nigerian": common[:2000]}, "Nigerian"
    )
    found = {language: list(divided.get(language, [])) for language in seeds}
    found["Nigerian"] = []
    for one, language in classified:
        found[language].append((one, 1.0))
    return found


def known_abroad(labels: Mapping[str, Names]) -> dict[str, float]:
    """Return the people of each name, by its key, in the label with the second most of them.

    Names of emigrants are in several labels; names that only look similar are in one.
    """
    known: dict[str, list[float]] = defaultdict(list)
    for label in sorted(labels):
        people: dict[str, float] = defaultdict(float)
        for name, number in labels[label].counted.items():
            people[key(name)] += number
        for letters, number in people.items():
            known[letters].append(number)
    return {letters: sorted(people)[-2] for letters, people in known.items() if len(people) > 1}


def chinese_surnames(titles: Iterable[str]) -> frozenset[str]:
    """Return the keys of common Chinese surnames that are rarely given names."""
    found = list(full_names(titles, "first"))
    surnames = Counter(key(one.surname) for one in found)
    given = Counter(key(one.given) for one in found)
    return frozenset(
        name
        for name, count in surnames.items()
        if count >= FEWEST_CHINESE and count > 2 * given[name]
    )


def seed_names(folder: Path) -> dict[str, list[str]]:
    """Return listed Yoruba, Igbo and Hausa names, and Chinese surnames in Latin letters."""
    seeds: dict[str, list[str]] = {}
    for name in ("Hausa", "Igbo", "Yoruba"):
        label, seeds[name] = LABELS[name], []
        for kind in KINDS:
            seeds[name] += label_names(name, label, kind)
            for source in label.both.split():
                for entries in source_names(folder, source, kind):
                    seeds[name] += [entry for entry, _ in entries]
    chinese = (source_names(folder, source, "surnames") for source in CHINESE_LISTS)
    malay = (source_names(folder, "php:ms_MY", kind) for kind in KINDS)
    others = {key(name) for found in malay for entries in found for name, _ in entries}
    seeds["Chinese"] = [
        name
        for found in chinese
        for entries in found
        for name, _ in entries
        if is_latin(name) and key(name) not in others
    ]
    return seeds


def add(names: Names, label: str, pairs: Entries) -> None:
    """Add the usable names to those of a label."""
    for raw, weight in pairs:
        if name := usable(raw, label):
            if weight is None:
                names.listed.add(name)
            else:
                names.counted[name] += weight


def add_list(names: Names, label: str, entries: Entries) -> None:
    """Add the names of a list, and the number of people whose names it leaves out."""
    add(names, label, entries)
    if people := sum(weight for _, weight in entries if weight):
        latin = is_latin(entries[0][0])
        names.others[latin] += max(0.0, WORTH - people)
        names.rarest[latin] = min(weight for _, weight in entries if weight)


def count(people: Mapping[str, list[str]], folder: Path) -> dict[str, dict[str, Names]]:
    """Return the names of every label, by kind."""
    borne = bearers(people)
    divided = people_by_label(people, state_frequencies(folder), seed_names(folder))
    counts: dict[str, dict[str, Names]] = {kind: defaultdict(Names) for kind in KINDS}
    for name, label in LABELS.items():
        for kind in KINDS:
            names = counts[kind][name]
            for one, weight in divided.get(name, []):
                word = one.surname if kind == "surnames" else one.given
                if word and all(borne[key(piece)] > 1 for piece in word.split() if key(piece)):
                    add(names, name, [(word, weight)])
                    names.people += weight
            own = label.surnames if kind == "surnames" else label.given
            for source in f"{label.both} {own}".split():
                for entries in source_names(folder, source, kind):
                    add_list(names, name, entries)
            add(names, name, [(entry, None) for entry in label_names(name, label, kind)])
    return counts
