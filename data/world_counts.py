"""Count the bearers of every surname and given name by label, from people and from lists."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from world_archives import Entries, state_surnames
from world_labels import LABELS
from world_lists import KINDS, is_latin, label_names, source_names, usable
from world_nigeria import tell
from world_people import Parts, bearers, by_label, key, parts, words
from world_sources import (
    CHINESE_AMONG,
    CHINESE_LISTS,
    INDIAN_REST,
    NOT_CHINESE,
    SIKH_SHARE,
    SPEAKERS,
    UNEXPLAINED,
    WORTH,
)

SIKH = frozenset(["singh", "kaur"])
LEAST_CHINESE = 20
"""A Chinese surname of this many bearers tells people elsewhere who have Chinese names."""


@dataclass
class Names:
    """The names of one label and kind: those with counts of bearers, and those without."""

    counted: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    listed: set[str] = field(default_factory=set)
    others: dict[bool, float] = field(default_factory=lambda: defaultdict(float))
    """People whose names the lists leave out, of lists in Latin letters and of others."""
    people: float = 0
    """People of name2nat among the counted."""
    rarest: dict[bool, float] = field(default_factory=dict)
    """The people of the rarest name that a list with counts has, by script likewise."""
    facts: dict[str, float] = field(default_factory=dict)
    """The shares that public statistics tell of the commonest names."""
    trust: float = 0
    """The people that these shares are worth as evidence."""


def state_shares(folder: Path) -> dict[str, dict[str, float]]:
    """Return the share of each language's people who bear a surname, by surname."""
    shares: dict[str, dict[str, float]] = defaultdict(dict)
    for language, counts in state_surnames(folder).items():
        total = sum(counts.values())
        for name, people in counts.items():
            shares[name][language] = people / total
    return shares


def indian(
    titles: Iterable[str], shares: Mapping[str, Mapping[str, float]]
) -> dict[str, list[tuple[Parts, float]]]:
    """Divide the people of India among its languages, by the states in which the surname lives."""
    found = [
        (one, set(map(key, words(title)))) for title in titles for one in parts([title], "last")
    ]
    found = [(one, all_words) for one, all_words in found if one.surname]
    bearers = Counter(key(one.surname) for one, _ in found)
    sikh = Counter(
        key(one.surname)
        for one, all_words in found
        if (all_words - {key(one.surname), key(one.given)}) & SIKH
    )
    divided: dict[str, list[tuple[Parts, float]]] = defaultdict(list)
    for one, _ in found:
        name = key(one.surname)
        states = shares.get(name, {})
        rate = bearers[name] / len(found)
        if not states or (bearers[name] > 4 and rate > UNEXPLAINED * max(states.values())):
            punjabi = sikh[name] > 1 and sikh[name] >= SIKH_SHARE * bearers[name]
            divided["Punjabi" if punjabi else INDIAN_REST].append((one, 1.0))
            continue
        weights = {language: share * SPEAKERS[language] for language, share in states.items()}
        for language, weight in weights.items():
            if (posterior := weight / sum(weights.values())) > 0.02:
                divided[language].append((one, posterior))
    return divided


def people_parts(
    people: Mapping[str, list[str]],
    shares: Mapping[str, Mapping[str, float]],
    seeds: Mapping[str, Iterable[str]],
) -> dict[str, list[tuple[Parts, float]]]:
    """Return the people of every label, taken apart and weighted."""
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
        label: [(one, 1.0) for one in parts(own, LABELS[label].order) if one.surname]
        for label, own in titles.items()
    }
    divided |= nigerian(divided, {name: seeds[name] for name in ("Hausa", "Igbo", "Yoruba")})
    ours = indian(sorted(title for title, own in people.items() if "Indian" in own), shares)
    for label, more in ours.items():
        divided.setdefault(label, []).extend(more)
    return divided


def nigerian(
    divided: Mapping[str, list[tuple[Parts, float]]], seeds: Mapping[str, Iterable[str]]
) -> dict[str, list[tuple[Parts, float]]]:
    """Divide the people of Nigeria among its three largest languages, where their names tell.

    Names of English people are seeds of no language: their given names are borne by all three.
    """
    english = Counter(one.given for one, _ in divided["English"])
    english.update(one.surname for one, _ in divided["English"])
    common = [name for name, _ in sorted(english.items(), key=lambda pair: (-pair[1], pair[0]))]
    told = tell(
        [one for one, _ in divided["Nigerian"]], {**seeds, "Nigerian": common[:2000]}, "Nigerian"
    )
    found = {language: list(divided.get(language, [])) for language in seeds}
    found["Nigerian"] = []
    for one, language in told:
        found[language].append((one, 1.0))
    return found


def known_abroad(labels: Mapping[str, Names]) -> dict[str, float]:
    """Return the people who bear a name, by its key, in the label that has the second most of them.

    A name of emigrants has bearers in several labels. One that only looks alike has them in one.
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
    """Return the keys of the common Chinese surnames that are rarely given names."""
    found = list(parts(titles, "first"))
    surnames = Counter(key(one.surname) for one in found)
    given = Counter(key(one.given) for one in found)
    return frozenset(
        name
        for name, count in surnames.items()
        if count >= LEAST_CHINESE and count > 2 * given[name]
    )


def seed_names(folder: Path) -> dict[str, list[str]]:
    """Return what lists know of Yoruba, Igbo and Hausa names, and of Chinese surnames in Latin."""
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
    """Add names to a label's, those that it can use."""
    for raw, weight in pairs:
        if name := usable(raw, label):
            if weight is None:
                names.listed.add(name)
            else:
                names.counted[name] += weight


def add_list(names: Names, label: str, entries: Entries) -> None:
    """Add a list's names, and the people whose names it leaves out."""
    add(names, label, entries)
    if people := sum(weight for _, weight in entries if weight):
        latin = is_latin(entries[0][0])
        names.others[latin] += max(0.0, WORTH - people)
        names.rarest[latin] = min(weight for _, weight in entries if weight)


def count(people: Mapping[str, list[str]], folder: Path) -> dict[str, dict[str, Names]]:
    """Return the names of every label, by kind."""
    borne = bearers(people)
    divided = people_parts(people, state_shares(folder), seed_names(folder))
    counts: dict[str, dict[str, Names]] = {kind: defaultdict(Names) for kind in KINDS}
    for name, label in LABELS.items():
        for kind in KINDS:
            names = counts[kind][name]
            for one, weight in divided.get(name, []):
                word = one.surname if kind == "surnames" else one.given
                if word and all(borne[key(part)] > 1 for part in word.split() if key(part)):
                    add(names, name, [(word, weight)])
                    names.people += weight
            own = label.surnames if kind == "surnames" else label.given
            for source in f"{label.both} {own}".split():
                for entries in source_names(folder, source, kind):
                    add_list(names, name, entries)
            add(names, name, [(entry, None) for entry in label_names(name, label, kind)])
    return counts
