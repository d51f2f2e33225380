"""Clean the names of labels by evidence: their frequencies in this label and in others.

A name with n of the N people of a label has the weight (n / N) x sqrt(N) there, where n / N is at
most `HIGHEST_FREQUENCY` and N at most `EVIDENCE_SIZE`; the root gives large labels more weight. The
ratio is the weight divided by the name's largest weight in any label. Names with a low ratio are
left out of a label, and those with a medium ratio keep a fraction of their count. A name can thus
belong to several labels.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping

from world_counts import Names
from world_frequencies import rarest_common
from world_lists import is_latin
from world_people import key
from world_sources import (
    EVIDENCE_SIZE,
    FEW_PEOPLE,
    HIGHEST_FREQUENCY,
    LISTED_FREQUENCY,
    LOWEST_RATIO,
    SURE_RATIO,
)

Ratios = dict[str, dict[str, float]]
"""By label and key: a name's weight divided by its largest weight in any label."""


def merge_spellings(names: Names) -> Names:
    """Merge the spellings of a name that differ in case, or in missing diacritics.

    A spelling without diacritics is merged into the commonest one with them if that has a quarter
    of its people; training generates the forms without diacritics.
    """
    by_key: dict[str, list[str]] = defaultdict(list)
    for name in sorted(names.counted):
        by_key[key(name)].append(name)
    merged = Names(
        others=names.others,
        people=names.people,
        rarest=names.rarest,
        facts=names.facts,
        trust=names.trust,
    )
    best: dict[str, str] = {}
    for letters, forms in by_key.items():
        by_case: dict[str, list[str]] = defaultdict(list)
        for form in forms:
            by_case[form.lower()].append(form)
        counts = {
            max(group, key=lambda form: names.counted[form]): sum(
                names.counted[one] for one in group
            )
            for group in by_case.values()
        }
        accented = [form for form in counts if not form.isascii() and is_latin(form)]
        if accented:
            top = max(accented, key=lambda form: counts[form])
            for form in [form for form in counts if form.isascii()]:
                if counts[top] >= counts[form] / 4:
                    counts[top] += counts.pop(form)
        merged.counted.update(counts)
        best[letters] = max(counts, key=lambda form: counts[form])
    lower = {name.lower() for name in merged.counted}
    for name in sorted(names.listed):
        spelt = best.get(key(name), "")
        if name.lower() not in lower and not (name.isascii() and spelt and not spelt.isascii()):
            merged.listed.add(name)
    return merged


def listed_people(names: Names) -> dict[bool, float]:
    """Return the number of people of each name without a count, by script.

    It is one. In labels with few people, it is an equal fraction of the people whose names the
    counted lists leave out, at most half of the people of the rarest counted name.
    """
    each = {True: 1.0, False: 1.0}
    if names.people < FEW_PEOPLE:
        number = Counter(map(is_latin, names.listed))
        for latin, rarest in names.rarest.items():
            rest = names.others.get(latin, 0.0) / max(1, number[latin])
            each[latin] = max(1.0, min(rest, rarest / 2))
    return each


def frequencies(names: Names) -> tuple[dict[str, float], dict[str, float]]:
    """Return the frequency of each key among a label's people, and its weight as evidence.

    In a label without counts, listed names have at least the frequency `LISTED_FREQUENCY`. The
    frequencies of names in Latin letters and of names in the label's own script each add up to 1,
    since people have a name in both.
    """
    people: dict[str, float] = defaultdict(float)
    whole: dict[bool, float] = defaultdict(float, names.others)
    each = listed_people(names)
    latin: dict[str, bool] = {}
    facts: dict[str, float] = defaultdict(float)
    by_script: dict[bool, list[float]] = {True: [], False: []}
    for name, frequency in names.facts.items():
        latin[key(name)] = is_latin(name)
        facts[key(name)] += frequency
        by_script[is_latin(name)].append(frequency)
    rarest = {script: rarest_common(found) for script, found in by_script.items()}
    for name in sorted(names.counted) + sorted(names.listed):
        letters = key(name)
        latin[letters] = is_latin(name)
        bearers = names.counted.get(name)
        people[letters] += each[latin[letters]] if bearers is None else bearers
        whole[latin[letters]] += 1.0 if bearers is None else bearers
    lowest = 0.0 if names.counted else LISTED_FREQUENCY
    found = {
        letters: min(
            rarest[latin[letters]], max(lowest, people[letters] / max(1.0, whole[latin[letters]]))
        )
        for letters in people
    } | facts
    trust = {
        letters: names.trust if letters in facts else min(whole[latin[letters]], EVIDENCE_SIZE)
        for letters in found
    }
    return found, {
        letters: min(frequency, HIGHEST_FREQUENCY) * trust[letters] ** 0.5
        for letters, frequency in found.items()
    }


def ratios(labels: Mapping[str, Names]) -> Ratios:
    """Return the ratios of all labels."""
    weights = {label: frequencies(names)[1] for label, names in labels.items()}
    largest: dict[str, float] = defaultdict(float)
    for found in weights.values():
        for letters, weight in found.items():
            largest[letters] = max(largest[letters], weight)
    return {
        label: {letters: weight / largest[letters] for letters, weight in found.items()}
        for label, found in weights.items()
    }


def clean(
    names: Names, ratio: Mapping[str, float], kind: str, known: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Return the cleaned names with their number of people, facts included.

    `known` are counts of people abroad, used for names without a count whose ratio is 1.
    """
    kept = dict.fromkeys(sorted(names.facts), 0.0)
    each = listed_people(names)
    forms = {key(name) for name in names.facts}
    for name in sorted(names.counted) + sorted(names.listed):
        home = ratio[key(name)]
        if key(name) in forms or home < LOWEST_RATIO[kind]:
            continue
        sure = min(1.0, home / SURE_RATIO[kind])
        bearers = names.counted.get(name)
        if bearers is None:
            abroad = known.get(key(name), 0.0) if known and home == 1 else 0.0
            kept[name] = max(abroad, each[is_latin(name)]) * sure
        elif bearers * sure >= 0.5 or (sure == 1 and bearers):
            kept[name] = bearers * sure
    return kept


def most_borne(kept: Mapping[str, int], most: int) -> dict[str, int]:
    """Return the names with the most people, at most `most`; ties are broken by the name."""
    order = sorted(kept, key=lambda name: (-kept[name], name))
    return {name: kept[name] for name in sorted(order[:most])}


def overlaps(files: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, float]]:
    """Return the overlap of each pair of labels.

    It is the sum, over names, of the lower of the two frequencies: 1 for labels with equal
    frequencies, 0 for labels without a common name.
    """
    found: dict[str, dict[str, float]] = {}
    holders: dict[str, list[str]] = defaultdict(list)
    for label, kept in files.items():
        found[label] = frequencies(Names({name: float(n) for name, n in kept.items()}))[0]
        for letters in found[label]:
            holders[letters].append(label)
    common: dict[str, dict[str, float]] = {label: defaultdict(float) for label in files}
    for letters, labels in holders.items():
        for one in labels:
            for other in labels:
                if one != other:
                    common[one][other] += min(found[one][letters], found[other][letters])
    return common


def neighbours(
    common: Mapping[str, Mapping[str, float]], lowest: float = 0.02, most: int = 4
) -> dict[str, list[str]]:
    """Return, for each label, the labels with the largest overlaps, the largest first."""
    found = {}
    for label, others in common.items():
        order = sorted(others.items(), key=lambda pair: (-pair[1], pair[0]))
        found[label] = [other for other, overlap in order[:most] if overlap >= lowest]
    return found


def closest_pairs(
    common: Mapping[str, Mapping[str, float]], number: int
) -> list[tuple[str, str, float]]:
    """Return the pairs of labels with the largest overlaps, the largest first."""
    pairs = [
        (one, other, overlap)
        for one, overlaps_of in common.items()
        for other, overlap in overlaps_of.items()
        if one < other
    ]
    return sorted(pairs, key=lambda pair: (-pair[2], pair[0], pair[1]))[:number]
