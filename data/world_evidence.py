"""Clean names by evidence: how much more common a name is in one label than in the others.

With n people of N in a label, a name weighs (n / N) x sqrt(N) there, where n / N is at most
`MOST_SHARE` and N at most `EVIDENCE_SIZE`. The share is how common the name is, and the root a
prior that trusts a large label more than a handful of people. What counts is the ratio of a name's
weight to its largest weight in any label: a name of a small ratio is left out of a label, one of a
middling ratio keeps a part of its count. A name may so be at home in many labels.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from world_counts import Names
from world_lists import is_latin
from world_people import key
from world_shares import least_common
from world_sources import (
    EVIDENCE_SIZE,
    FEW_PEOPLE,
    LEAST_RATIO,
    LISTED_SHARE,
    MOST_SHARE,
    SURE_RATIO,
)

Ratios = dict[str, dict[str, float]]
"""By label and key: a name's weight there, as a part of its largest weight."""


def merge_spellings(names: Names) -> Names:
    """Join the spellings of a name that differ in capitals, or in diacritics left out.

    A spelling without diacritics joins the commonest one with them, if that has a quarter of its
    bearers: forms without diacritics are made in training, from the ones with them.
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
    """Return how many people a name without a count stands for, in Latin letters and in others.

    It is one, but for labels of few people: there such names share what the counted lists leave
    out, each at most half as common as the rarest counted one.
    """
    each = {True: 1.0, False: 1.0}
    if names.people < FEW_PEOPLE:
        number = Counter(map(is_latin, names.listed))
        for latin, rarest in names.rarest.items():
            rest = names.others.get(latin, 0.0) / max(1, number[latin])
            each[latin] = max(1.0, min(rest, rarest / 2))
    return each


def shares(names: Names) -> tuple[dict[str, float], dict[str, float]]:
    """Return each key's share of a label's people, and its weight as evidence.

    Where the label has no counts at all, a list's name may be a common one, of `LISTED_SHARE`.
    Names in Latin letters and names in the label's own script are each other's doubles, so each
    of the two is a whole by itself.
    """
    people: dict[str, float] = defaultdict(float)
    whole: dict[bool, float] = defaultdict(float, names.others)
    each = listed_people(names)
    latin: dict[str, bool] = {}
    facts: dict[str, float] = defaultdict(float)
    by_script: dict[bool, list[float]] = {True: [], False: []}
    for name, part in names.facts.items():
        latin[key(name)] = is_latin(name)
        facts[key(name)] += part
        by_script[is_latin(name)].append(part)
    rarest = {script: least_common(found) for script, found in by_script.items()}
    for name in sorted(names.counted) + sorted(names.listed):
        letters = key(name)
        latin[letters] = is_latin(name)
        bearers = names.counted.get(name)
        people[letters] += each[latin[letters]] if bearers is None else bearers
        whole[latin[letters]] += 1.0 if bearers is None else bearers
    least = 0.0 if names.counted else LISTED_SHARE
    share = {
        letters: min(
            rarest[latin[letters]], max(least, people[letters] / max(1.0, whole[latin[letters]]))
        )
        for letters in people
    } | facts
    trust = {
        letters: names.trust if letters in facts else min(whole[latin[letters]], EVIDENCE_SIZE)
        for letters in share
    }
    return share, {
        letters: min(part, MOST_SHARE) * trust[letters] ** 0.5 for letters, part in share.items()
    }


def ratios(labels: Mapping[str, Names]) -> Ratios:
    """Return the ratio of every label and key."""
    weights = {label: shares(names)[1] for label, names in labels.items()}
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
    """Return the names to keep with the people that bear them; facts are among them.

    `known` counts people abroad; given, they are the counts of names that have none and are most at
    home here.
    """
    kept = dict.fromkeys(sorted(names.facts), 0.0)
    each = listed_people(names)
    forms = {key(name) for name in names.facts}
    for name in sorted(names.counted) + sorted(names.listed):
        home = ratio[key(name)]
        if key(name) in forms or home < LEAST_RATIO[kind]:
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
    """Keep so many names, those of most people first; ties by the name."""
    order = sorted(kept, key=lambda name: (-kept[name], name))
    return {name: kept[name] for name in sorted(order[:most])}


def overlaps(files: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, float]]:
    """Return, for each label and each other, what part of their people have names in common.

    It is the sum over names of the smaller of the two labels' shares: 1 for labels whose names are
    equally frequent, 0 for labels without a common name.
    """
    share: dict[str, dict[str, float]] = {}
    holders: dict[str, list[str]] = defaultdict(list)
    for label, kept in files.items():
        share[label] = shares(Names({name: float(people) for name, people in kept.items()}))[0]
        for letters in share[label]:
            holders[letters].append(label)
    common: dict[str, dict[str, float]] = {label: defaultdict(float) for label in files}
    for letters, labels in holders.items():
        for one in labels:
            for other in labels:
                if one != other:
                    common[one][other] += min(share[one][letters], share[other][letters])
    return common


def neighbours(
    common: Mapping[str, Mapping[str, float]], least: float = 0.02, most: int = 4
) -> dict[str, list[str]]:
    """Return the labels that each label overlaps with most, the nearest first."""
    return {label: nearest(shares.items(), least, most) for label, shares in common.items()}


def closest_pairs(
    common: Mapping[str, Mapping[str, float]], number: int
) -> list[tuple[str, str, float]]:
    """Return the pairs of labels with the largest overlaps, the largest first."""
    pairs = [
        (one, other, part)
        for one, parts in common.items()
        for other, part in parts.items()
        if one < other
    ]
    return sorted(pairs, key=lambda pair: (-pair[2], pair[0], pair[1]))[:number]


def nearest(counts: Iterable[tuple[str, float]], least: float, most: int) -> list[str]:
    """Return the labels of the largest shares, the largest first."""
    order = sorted(counts, key=lambda pair: (-pair[1], pair[0]))
    return [label for label, share in order[:most] if share >= least]
