"""Read what public statistics tell of the commonest names, and use it.

A row says which part of a label's people, in thousandths, bears a name. Rows override the counts
of people and lists. They are a label's commonest names, and some that are only well known.
"""

import csv
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from world_counts import Names
from world_labels import LABELS
from world_lists import is_latin, usable
from world_people import key

FREQUENCIES = {"surnames": "frequencies.csv", "given": "frequencies_given.csv"}
HEAD = ["label", "name", "per_mille", "source"]

COMMONEST = 30
"""The host's commonest names that show how much of them a people has taken over."""

FEW = 0.05
"""Below this part of the bearers in another people, people of a name count less for a label."""

Facts = dict[str, dict[str, float]]
"""By label: the share of its people that bears a surname."""


def read_facts(data: Path, kind: str) -> Facts:
    """Return the shares of a kind's table; a row that cannot be used is a ValueError."""
    table = FREQUENCIES[kind]
    facts: Facts = defaultdict(dict)
    totals: dict[tuple[str, bool], float] = defaultdict(float)
    with (data / table).open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        if next(rows, None) != HEAD:
            raise ValueError(f"{table}: the first line is not {','.join(HEAD)}")
        for number, row in enumerate(rows, 2):
            if len(row) != len(HEAD) or not row[3]:
                raise ValueError(f"{table}, line {number}: not four fields, or no source")
            label, name, text, _ = row
            if label not in LABELS or usable(name, label) != name or name in facts[label]:
                raise ValueError(f"{table}, line {number}: {label} cannot have {name} (again)")
            share = float(text) / 1000
            totals[label, is_latin(name)] += share
            if not share > 0 or totals[label, is_latin(name)] > 1:
                raise ValueError(f"{table}, line {number}: {text} is no possible part of all")
            facts[label][name] = share
    return dict(facts)


def softened(facts: Facts, millions: Mapping[str, float]) -> Facts:
    """Return the shares, smaller where more of the name's bearers belong to another people.

    The share shrinks by the square root of the ratio of its bearers to those in the people that
    has most of them: the Joneses of Wales are many in Wales, but few among all Joneses.
    """
    parts = parts_of_most(facts, millions)
    return {
        label: {name: share * parts[label, name] ** 0.5 for name, share in shares.items()}
        for label, shares in facts.items()
    }


def weights_of_people(facts: Facts, millions: Mapping[str, float]) -> dict[tuple[str, str], float]:
    """Return the weight with which people count for a label, by label and the key of a name.

    It is below 1 where the name's bearers are fewer than `FEW` of those in the people that has
    most of them: a small people's Mohamed Ali is no evidence against the Arabic one.
    """
    found = parts_of_most(facts, millions)
    return {
        (label, key(name)): min(1.0, part / FEW) ** 0.5 for (label, name), part in found.items()
    }


def parts_of_most(facts: Facts, millions: Mapping[str, float]) -> dict[tuple[str, str], float]:
    """Return a name's bearers in each people, as a part of those in the people that has most."""
    bearers: dict[tuple[str, str], float] = {}
    most: dict[str, float] = defaultdict(float)
    for label, shares in facts.items():
        for name, share in shares.items():
            bearers[label, name] = share * millions[label]
            most[key(name)] = max(most[key(name)], share * millions[label])
    return {(label, name): part / most[key(name)] for (label, name), part in bearers.items()}


def without_hosts(
    labels: Mapping[str, Names], given: Mapping[str, Names], hosts: Mapping[str, str]
) -> None:
    """Take from the counts of each label that has hosts what its people bear of the hosts' names.

    A people's names are its own and a part of the host's: that part is the median, over the host's
    commonest surnames, of how common each is here and there. A host's given name that stands as a
    surname (John, where people have no surnames) keeps its own part of both shares.
    """
    shares = {name: parts(names) for name, names in labels.items()}
    borne = {name: parts(names) for name, names in given.items()}
    for name, found in hosts.items():
        names, own = labels[name], shares[name]
        for host in found.split():
            theirs = shares[host]
            top = sorted(theirs, key=lambda letters: (-theirs[letters], letters))[:COMMONEST]
            taken = median(own.get(letters, 0.0) / theirs[letters] for letters in top)
            for spelt in names.counted:
                letters = key(spelt)
                if share := own.get(letters, 0.0):
                    left = max(0.0, 1 - taken * theirs.get(letters, 0.0) / share)
                    first = 0.0 if LABELS[name].shares_given else borne[host].get(letters, 0.0)
                    names.counted[spelt] *= left * share / (share + first)


def parts(names: Names) -> dict[str, float]:
    """Return each key's share of a label's counted people, or its fact."""
    whole = max(1.0, sum(names.counted.values()) + sum(names.others.values()))
    found: dict[str, float] = defaultdict(float)
    for name, people in names.counted.items():
        found[key(name)] += people / whole
    found.update({key(name): share for name, share in names.facts.items() if is_latin(name)})
    return found
