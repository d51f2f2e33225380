"""Leave out of a label's rare names those that are spelt like another label's.

A foreigner's name that no other label has seems to be at home where it was met. Its letters tell:
a model of three letters of every label's names in Latin letters says how likely it would write the
name, and where another label's model is far likelier to, the name is softened or left out. Facts,
names of several people, and the names of labels with long lists are as they are.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Mapping

from world_lists import is_latin
from world_people import key

SMOOTHING = 20
"""The names' worth of the mean of all labels that is mixed into each label's letters."""

ODD, STRANGE = 3.0, 5.0
"""How much likelier, as a logarithm, another label's model may write a name: above the first its
count is reduced by as much as it is above, above the second the name is left out."""

SURE_PEOPLE = 5
"""A name of so many people, or of a list that counts them, is a label's own."""

LONG_LIST = 6_000
"""A label with more names than this has them from lists."""


def pieces(name: str) -> list[str]:
    """Return the runs of three letters of a name, its ends marked."""
    marked = f"<<{key(name)}>"
    return [marked[start : start + 3] for start in range(len(marked) - 2)]


class Letters:
    """Three-letter models of all labels, trained on the square roots of their counts."""

    def __init__(self, labels: Mapping[str, Mapping[str, int]]) -> None:
        self.labels = sorted(labels)
        self.runs: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        self.starts: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        self.means: dict[str, float] = {}
        for label in self.labels:
            weights = {n: c**0.5 for n, c in sorted(labels[label].items()) if is_latin(n)}
            self.means[label] = mean = sum(weights.values()) / max(1, len(weights))
            for name, weight in weights.items():
                for run in pieces(name):
                    self.runs[run][label] += weight / mean
                    self.starts[run[:2]][label] += weight / mean
        whole: dict[str, float] = defaultdict(float)
        for found in self.runs.values():
            for label, weight in found.items():
                whole[label] += weight
        self.common = {
            run: sum(weight / whole[label] for label, weight in found.items())
            for run, found in self.runs.items()
        }
        self.begun: dict[str, float] = defaultdict(float)
        for run, weight in self.common.items():
            self.begun[run[:2]] += weight

    def chances(self, name: str, own: str, people: int) -> dict[str, float]:
        """Return the logarithm of each label's probability to write a name.

        The label it stands in has learnt it with so many people, and forgets it.
        """
        logs = dict.fromkeys(self.labels, 0.0)
        forgotten = people**0.5 / self.means[own]
        for run in pieces(name):
            mean = (self.common.get(run, 0.0) + 1e-3) / (self.begun.get(run[:2], 0.0) + 1e-2)
            runs, starts = self.runs.get(run, {}), self.starts.get(run[:2], {})
            for label in self.labels:
                less = forgotten if label == own else 0.0
                chance = max(0.0, runs.get(label, 0.0) - less) + SMOOTHING * mean
                logs[label] += math.log(
                    chance / (max(0.0, starts.get(label, 0.0) - less) + SMOOTHING)
                )
        return logs


def without_strangers(
    labels: Mapping[str, Mapping[str, int]], sure: Mapping[str, Collection[str]]
) -> dict[str, dict[str, int]]:
    """Return the names of every label without those that are spelt like another's.

    `sure` names are left as they are.
    """
    letters = Letters(labels)
    kept: dict[str, dict[str, int]] = {}
    for label, names in labels.items():
        kept[label] = dict(names)
        if len(names) > LONG_LIST:
            continue
        for name in names:
            if not is_latin(name) or name in sure.get(label, ()):
                continue
            chances = letters.chances(name, label, names[name])
            strange = max(chances.values()) - chances[label]
            if strange > STRANGE:
                del kept[label][name]
            elif strange > ODD:
                kept[label][name] = max(1, round(names[name] * math.exp(ODD - strange)))
    return kept
