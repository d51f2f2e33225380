"""Read and apply the frequencies of common names in public statistics ("facts").

A row has the frequency of a name among the people of a label, per mille. Facts replace the counts
of name2nat and of lists. They are the commonest names of a label, and some well-known ones.
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
"""Number of a host's commonest names by which the fraction of adopted names is estimated."""

FEW = 0.05
"""People of a name weigh less in a label with fewer than this fraction of the people elsewhere."""

Facts = dict[str, dict[str, float]]
"""By label: the frequency of each name."""


def read_facts(data: Path, kind: str) -> Facts:
    """Return the facts of a kind of names; raises `ValueError` for an invalid row."""
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
            frequency = float(text) / 1000
            totals[label, is_latin(name)] += frequency
            if not frequency > 0 or totals[label, is_latin(name)] > 1:
                raise ValueError(f"{table}, line {number}: {text} per mille is impossible")
            facts[label][name] = frequency
    return dict(facts)


def softened(facts: Facts, millions: Mapping[str, float]) -> Facts:
    """Return the facts, reduced if more people of the name belong to another label.

    The frequency is multiplied by the square root of `fractions_of_largest`: the Joneses are many
    in Wales, but the Welsh are few among all Joneses.
    """
    fractions = fractions_of_largest(facts, millions)
    return {
        label: {name: part * fractions[label, name] ** 0.5 for name, part in found.items()}
        for label, found in facts.items()
    }


def weights_of_people(facts: Facts, millions: Mapping[str, float]) -> dict[tuple[str, str], float]:
    """Return the weights of people, by label and the key of their name.

    A weight is below 1 if the label has less than the fraction `FEW` of the name's people in the
    largest label: Mohamed Ali of a small people is no evidence against Arabic.
    """
    found = fractions_of_largest(facts, millions)
    return {
        (label, key(name)): min(1.0, fraction / FEW) ** 0.5
        for (label, name), fraction in found.items()
    }


def fractions_of_largest(
    facts: Facts, millions: Mapping[str, float]
) -> dict[tuple[str, str], float]:
    """Return the people of a name in each label, divided by those in the label with the most."""
    people: dict[tuple[str, str], float] = {}
    most: dict[str, float] = defaultdict(float)
    for label, found in facts.items():
        for name, frequency in found.items():
            people[label, name] = frequency * millions[label]
            most[key(name)] = max(most[key(name)], frequency * millions[label])
    return {(label, name): number / most[key(name)] for (label, name), number in people.items()}


def without_hosts(
    labels: Mapping[str, Names], given: Mapping[str, Names], hosts: Mapping[str, str]
) -> None:
    """Subtract the hosts' names from the counts of each label with hosts.

    The names of such a people are its own and a fraction of the host's, estimated as the median
    ratio of the frequencies of the host's commonest surnames. A host's given name that is used as a
    surname (John, of people without surnames) is reduced by its frequency as a given name.
    """
    of_surnames = {name: frequencies(names) for name, names in labels.items()}
    of_given = {name: frequencies(names) for name, names in given.items()}
    for name, found in hosts.items():
        names, own = labels[name], of_surnames[name]
        for host in found.split():
            theirs = of_surnames[host]
            top = sorted(theirs, key=lambda letters: (-theirs[letters], letters))[:COMMONEST]
            taken = median(own.get(letters, 0.0) / theirs[letters] for letters in top)
            for spelt in names.counted:
                letters = key(spelt)
                if mine := own.get(letters, 0.0):
                    left = max(0.0, 1 - taken * theirs.get(letters, 0.0) / mine)
                    as_given = of_given[host].get(letters, 0.0)
                    first = 0.0 if LABELS[name].given_as_surnames else as_given
                    names.counted[spelt] *= left * mine / (mine + first)


def frequencies(names: Names) -> dict[str, float]:
    """Return the frequency of each key among a label's counted people, or its fact."""
    whole = max(1.0, sum(names.counted.values()) + sum(names.others.values()))
    found: dict[str, float] = defaultdict(float)
    for name, people in names.counted.items():
        found[key(name)] += people / whole
    found.update({key(name): part for name, part in names.facts.items() if is_latin(name)})
    return found
