"""Convert the cleaned names of a label to counts per million people.

Names in Latin letters and names in the label's own script are each a million, since people have a
name in both. Facts keep their frequencies; the other names get the rest of the fraction of people
that the file covers.
"""

from collections.abc import Iterable, Mapping

from world_counts import Names
from world_lists import coverage, is_latin
from world_sources import FEW_PEOPLE

MILLION = 1_000_000

SURE_FACTS = 0.7
"""This fraction of a label's facts are its commonest names; names without a fact are rarer."""

LOWEST_REST = 0.05
"""Lowest fraction of the people without a fact whose names are in the file."""


def covered(names: Names, kept: Mapping[str, float], latin: bool) -> float:
    """Return the fraction of a label's people whose names are kept, for one script.

    It is estimated from the people that lists leave out, or else from the fraction of names that
    occur once (Good and Turing), and is at least the `coverage` of the number of names.
    """
    lowest = coverage(sum(is_latin(name) == latin for name in kept))
    counted = [people for name, people in names.counted.items() if is_latin(name) == latin]
    whole = sum(counted)
    if names.others.get(latin):
        return max(lowest, whole / (whole + names.others[latin]))
    if names.people >= FEW_PEOPLE and whole:
        return max(lowest, 1 - sum(people for people in counted if people <= 1) / whole)
    return lowest


def beyond(facts: int, fraction: float) -> float:
    """Return the fraction of the people without a fact whose names are in a file.

    `facts` is the number of facts, `fraction` that of all people whose names are in the file.
    """
    first = coverage(facts)
    return max(LOWEST_REST, (fraction - first) / (1 - first))


def rarest_common(facts: Iterable[float]) -> float:
    """Return the frequency of the rarest fact that is surely common, the limit of other names."""
    found = sorted(facts, reverse=True)
    return found[int(SURE_FACTS * (len(found) - 1))] if found else 1.0


def of_a_million(names: Names, kept: Mapping[str, float]) -> dict[str, int]:
    """Return the people of each kept name, per million, at least 1."""
    found: dict[str, int] = {}
    for latin in (True, False):
        facts = {name: part for name, part in names.facts.items() if is_latin(name) == latin}
        others = {
            name: people
            for name, people in kept.items()
            if is_latin(name) == latin and name not in facts
        }
        most = rarest_common(facts.values())
        known = sum(facts.values())
        rest = (1 - known) * beyond(len(facts), max(covered(names, kept, latin), known))
        whole = sum(others.values())
        found |= {name: max(1, round(MILLION * fact)) for name, fact in facts.items()}
        found |= {
            name: max(1, round(MILLION * min(most, rest * people / whole)))
            for name, people in others.items()
        }
    return dict(sorted(found.items()))
