"""Turn what is left of a label's names into people of a million.

Names in Latin letters and names in the label's own script are each other's doubles, so each of the
two is a million by itself. The facts come first. The other names share what the facts leave of the
part of the people that the file covers.
"""

from collections.abc import Iterable, Mapping

from world_counts import Names
from world_lists import coverage, is_latin
from world_sources import FEW_PEOPLE

MILLION = 1_000_000

SURE_FACTS = 0.7
"""This part of a label's facts are its commonest names; what no fact tells is no commoner."""


LEAST_REST = 0.05
"""The part of the people without a fact whose names a file has at least."""


def covered(names: Names, kept: Mapping[str, float], latin: bool) -> float:
    """Return the part of a label's people whose names are among those kept, of one script.

    - Lists with counts, weights or ranks say how many people they leave out.
    - Of many people, the part whose name is borne once estimates the part that was never seen
      (Good and Turing).
    - It is no less than what the number of names tells, by the shares that ranks stand for.
    """
    least = coverage(sum(is_latin(name) == latin for name in kept))
    counted = [people for name, people in names.counted.items() if is_latin(name) == latin]
    whole = sum(counted)
    if names.others.get(latin):
        return max(least, whole / (whole + names.others[latin]))
    if names.people >= FEW_PEOPLE and whole:
        return max(least, 1 - sum(people for people in counted if people <= 1) / whole)
    return least


def beyond(facts: int, part: float) -> float:
    """Return the part that a file has of those people whose name is none of so many facts.

    `part` is what it has of all; what the facts have of them is as the ranks' shares say.
    """
    first = coverage(facts)
    return max(LEAST_REST, (part - first) / (1 - first))


def least_common(facts: Iterable[float]) -> float:
    """Return the share that no name has but the facts: that of the rarest that is surely common."""
    found = sorted(facts, reverse=True)
    return found[int(SURE_FACTS * (len(found) - 1))] if found else 1.0


def of_a_million(names: Names, kept: Mapping[str, float]) -> dict[str, int]:
    """Return the people of a million that bear each name kept; each has one at least."""
    found: dict[str, int] = {}
    for latin in (True, False):
        facts = {name: part for name, part in names.facts.items() if is_latin(name) == latin}
        others = {
            name: people
            for name, people in kept.items()
            if is_latin(name) == latin and name not in facts
        }
        most = least_common(facts.values())
        told = sum(facts.values())
        rest = (1 - told) * beyond(len(facts), max(covered(names, kept, latin), told))
        whole = sum(others.values())
        found |= {name: max(1, round(MILLION * part)) for name, part in facts.items()}
        found |= {
            name: max(1, round(MILLION * min(most, rest * people / whole)))
            for name, people in others.items()
        }
    return dict(sorted(found.items()))
