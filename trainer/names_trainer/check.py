"""A linter for a corpus: what is in the files, and what a classifier could make of it."""

import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from names_predictor.encoding import normalise
from names_trainer.corpus import label_files, problem_of, read_lines

USUAL_MARKS = set(" '-.")
"""What may stand in a name besides letters and their marks, after normalisation."""


@dataclass(frozen=True)
class LabelCheck:
    """`lines` are usable lines, `distinct` their names; `leaked` is explained at `Check`."""

    label: str
    lines: int
    distinct: int
    duplicates: int
    shared: int
    leaked: float


@dataclass(frozen=True)
class Finding:
    """A line worth a look; only the kind `unusual` is usable for training."""

    file: str
    line: int
    kind: str
    detail: str


@dataclass(frozen=True)
class Check:
    """What `check_corpus` found.

    `shared` maps every name of several labels to its lines per label. The ceilings are the best
    accuracy of any classifier that sees the name alone, over all lines and over distinct
    (name, label) pairs. `leaked` is the expected share of test rows whose name also stands in the
    training part when lines are split 80/10/10 at random.
    """

    labels: tuple[LabelCheck, ...]
    lines: int
    distinct_names: int
    distinct_pairs: int
    shared: dict[str, dict[str, int]]
    ceiling_lines: float
    ceiling_pairs: float
    leaked: float
    findings: tuple[Finding, ...]

    @property
    def unusable(self) -> int:
        """Count the lines that no training can use."""
        return sum(finding.kind != "unusual" for finding in self.findings)


def check_corpus(folder: Path) -> Check:
    """Read every line of `folder`; raises `CorpusError` where there is no corpus at all."""
    findings: list[Finding] = []
    counts: dict[str, Counter[str]] = defaultdict(Counter)  # name -> label -> lines
    files = label_files(folder)
    for path in files:
        for line in read_lines(path):
            name = normalise(line.text or "")
            problem = problem_of(line.text)
            if problem:
                detail = f"{len(name)} characters" if problem == "too-long" else ""
                findings.append(Finding(str(path), line.number, problem, detail))
                continue
            counts[name][path.stem] += 1
            if unusual := sorted({c for c in name if not _is_usual(c)}):
                detail = ", ".join(f"U+{ord(c):04X} {unicodedata.name(c, '?')}" for c in unusual)
                findings.append(Finding(str(path), line.number, "unusual", detail))
    lines = sum(labels.total() for labels in counts.values())
    pairs = sum(map(len, counts.values()))
    shared = {n: dict(sorted(c.items())) for n, c in sorted(counts.items()) if len(c) > 1}
    leak_of_copies = _leak_by_copies(lines, max((c.total() for c in counts.values()), default=0))
    names_of: dict[str, list[str]] = {path.stem: [] for path in files}
    for name, labels in counts.items():
        for label in labels:
            names_of[label].append(name)
    findings += [Finding(str(f), 1, "no name", "") for f in files if not names_of[f.stem]]
    rows = []
    for label, names in names_of.items():
        of_label = sum(counts[name][label] for name in names)
        leaked = sum(counts[name][label] * leak_of_copies[counts[name].total()] for name in names)
        rows.append(
            LabelCheck(
                label=label,
                lines=of_label,
                distinct=len(names),
                duplicates=of_label - len(names),
                shared=sum(len(counts[name]) > 1 for name in names),
                leaked=leaked / max(of_label, 1),
            )
        )
    return Check(
        labels=tuple(rows),
        lines=lines,
        distinct_names=len(counts),
        distinct_pairs=pairs,
        shared=shared,
        ceiling_lines=sum(max(c.values()) for c in counts.values()) / max(lines, 1),
        ceiling_pairs=len(counts) / max(pairs, 1),
        leaked=sum(row.leaked * row.lines for row in rows) / max(lines, 1),
        findings=tuple(findings),
    )


def _leak_by_copies(lines: int, most: int) -> list[float]:
    """Return, for a name on 0, 1, 2, ... lines, the chance that a test row of it is leaked.

    That is one minus the chance that none of its other lines is among the training lines, when
    those are drawn without replacement from all lines but the test row.
    """
    training = lines - 2 * round(lines / 10)
    chances, none_in_training = [0.0, 0.0], 1.0
    for other in range(most - 1):
        none_in_training *= max(lines - 1 - training - other, 0) / (lines - 1 - other)
        chances.append(1 - none_in_training)
    return chances


def _is_usual(character: str) -> bool:
    return character in USUAL_MARKS or unicodedata.category(character)[0] in "LM"
