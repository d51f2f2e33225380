"""Remove rare names of a label that are spelt like names of another label.

The evidence cannot detect a foreigner's name that is in no other label. A trigram model of each
label's names in Latin letters computes its probability; if that of another label is much higher,
the name's count is reduced or the name is left out. Facts, names of several people, and names of
labels with long lists are kept.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Mapping

from world_lists import is_latin
from world_people import key

SMOOTHING = 20
"""Weight of the mean of all labels in each label's model, in names."""

ODD, STRANGE = 3.0, 5.0
"""Log ratios of the probability in another label to that in its own: above the first the count of a
name is reduced by the excess, above the second the name is left out."""

SURE_PEOPLE = 5
"""Names with this many people, or with counts in a list, are kept."""

LONG_LIST = 6_000
"""Labels with more names have them from lists, and are kept."""


def pieces(name: str) -> list[str]:
    """Return the trigrams of a name, with its ends marked."""
    marked = f"<<{key(name)}>"
    return [marked[start : start + 3] for start in range(len(marked) - 2)]


class Letters:
    """Trigram models of all labels, weighted by the square roots of the counts."""

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
        """Return the log probability of a name in each label.

        The name itself, of `people` people, is removed from the model of its `own` label.
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
    """Return the names of every label without those that are spelt like another label's.

    `sure` names are kept.
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
