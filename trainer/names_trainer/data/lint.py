"""A linter for a corpus: unusable and unusual lines, duplicates, leaks and accuracy ceilings."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from names_predictor.artifact.manifest import is_label
from names_predictor.encoding import normalise
from names_trainer.config import Source
from names_trainer.data.corpus import Row, split_corpus, tenth_of
from names_trainer.data.lines import NO_NAME, CorpusError, Line, problem_of_line
from names_trainer.data.sources import check_labels, check_two_labels, corpus_lines

Counts = dict[str, Counter[str]]
"""Lines by name and label."""

_SEPARATORS = re.compile(r"[\s_-]+")

HARMLESS = {"blank", "nameless-label", "unusual", "similar-label"}
"""The kinds of findings that do not stop training, which skips blank lines."""

USUAL_MARKS = set(" '-.")
"""Usual characters of a normalised name, besides letters and their marks."""

ENOUGH_NAMES = 20
"""Mean number of distinct names per label from which none of the grouped splits is empty."""


@dataclass(frozen=True)
class LabelCheck:
    """Counts for one label.

    Attributes:
        label: The label.
        lines: Number of usable lines.
        distinct: Number of distinct names.
        duplicates: Number of lines that repeat a name of the label.
        shared: Number of distinct names that are also under another label.
        leaked: Expected fraction of leaked test rows, see `Check`.

    """

    label: str
    lines: int
    distinct: int
    duplicates: int
    shared: int
    leaked: float


@dataclass(frozen=True)
class Finding:
    """A blank, unusable or unusual line: its place, the kind of finding and a detail."""

    file: str
    line: int
    kind: str
    detail: str

    @property
    def harmless(self) -> bool:
        """Whether training accepts the line."""
        return self.kind in HARMLESS


@dataclass(frozen=True)
class Check:
    """The result of `check_corpus`.

    Attributes:
        labels: Counts per label.
        lines: Number of usable lines.
        distinct_names: Number of distinct names.
        distinct_pairs: Number of distinct (name, label) pairs.
        shared: Lines per label of each name that has several labels.
        ceiling_lines: Highest accuracy that any classifier of names can reach, over lines.
        ceiling_pairs: The same over distinct (name, label) pairs.
        leaked: Expected fraction of test rows whose name is also in the training split, when
            lines are split 80/10/10 at random.
        findings: The blank, unusable and unusual lines.
        refusal: Why training refuses the corpus although it can use every line; mostly "".

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
    refusal: str

    @property
    def unusable(self) -> int:
        """The number of lines that stop training; one can have two findings."""
        return len({(f.file, f.line) for f in self.findings if not f.harmless})


def check_corpus(source: Source) -> Check:
    """Check every line of a corpus.

    Args:
        source: The corpus.

    Raises:
        CorpusError: There is no corpus, it cannot be read, or every line can be used but there
            are fewer than two labels.

    """
    counts, first, findings = _read(source)
    unusable = {finding.file for finding in findings if not finding.harmless}
    findings += _label_findings(first, counts, source, unusable)
    refusal = ""
    if all(finding.harmless for finding in findings):
        labels = {label for of_name in counts.values() for label in of_name}
        check_two_labels(source, len(labels))
        if len(counts) < ENOUGH_NAMES * len(labels):
            refusal = _refusal(counts)
    lines = sum(labels.total() for labels in counts.values())
    pairs = sum(map(len, counts.values()))
    check_labels(source, len(first), lines)
    rows = _label_checks(sorted(first), counts, lines)
    return Check(
        labels=rows,
        lines=lines,
        distinct_names=len(counts),
        distinct_pairs=pairs,
        shared={n: dict(sorted(c.items())) for n, c in sorted(counts.items()) if len(c) > 1},
        ceiling_lines=sum(max(c.values()) for c in counts.values()) / max(lines, 1),
        ceiling_pairs=len(counts) / max(pairs, 1),
        leaked=sum(row.leaked * row.lines for row in rows) / max(lines, 1),
        findings=tuple(findings),
        refusal=refusal,
    )


def _refusal(counts: Counts) -> str:
    """Return why a corpus cannot be split for training; "" if it can."""
    try:
        split_corpus([Row(n, label) for n, c in counts.items() for label in c], "grouped", 0)
    except CorpusError as problem:
        return str(problem)
    return ""


def _read(source: Source) -> tuple[Counts, dict[str, Line], list[Finding]]:
    """Return the counts of usable lines, the first line of each label, and the findings."""
    findings: list[Finding] = []
    counts: Counts = defaultdict(Counter)
    first: dict[str, Line] = {}
    for line in corpus_lines(source):
        if is_label(line.label):
            first.setdefault(line.label, line)
        name = normalise(line.text)
        problem, detail = problem_of_line(line), ""
        if problem:
            detail = f"{len(name)} characters" if problem == "too-long" else ""
        else:
            counts[name][line.label] += 1
            if unusual := sorted({c for c in name if not _is_usual(c)}):
                problem = "unusual"
                detail = ", ".join(f"U+{ord(c):04X} {unicodedata.name(c, '?')}" for c in unusual)
        if problem:
            findings.append(Finding(str(line.path), line.number, problem, detail))
    return counts, first, findings


def _label_findings(
    first: Mapping[str, Line], counts: Counts, source: Source, unusable: Set[str]
) -> Iterator[Finding]:
    """Yield the labels without a name, unless their file has another problem, and similar ones."""
    named = Counter(label for labels in counts.values() for label in labels)
    alike: dict[str, list[str]] = defaultdict(list)
    for label, line in first.items():
        alike[_SEPARATORS.sub("", normalise(label).casefold())].append(label)
        if not named[label] and str(line.path) not in unusable:
            kind = "nameless-label" if line.path == source.path else NO_NAME
            yield Finding(str(line.path), line.number, kind, label)
    for labels in alike.values():
        usual = max(labels, key=lambda label: named[label])
        for label in labels:
            if label != usual:
                place = first[label]
                detail = f"{label} and {usual}: one label, written in two ways?"
                yield Finding(str(place.path), place.number, "similar-label", detail)


def _label_checks(labels: Sequence[str], counts: Counts, lines: int) -> tuple[LabelCheck, ...]:
    leak_of_copies = _leak_by_copies(lines, max((c.total() for c in counts.values()), default=0))
    names_of: dict[str, list[str]] = {label: [] for label in labels}
    for name, of_name in counts.items():
        for label in of_name:
            names_of[label].append(name)
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
    return tuple(rows)


def _leak_by_copies(lines: int, most: int) -> list[float]:
    """Return the probability that a test row is leaked, for a name on 0, 1, ..., `most` lines.

    That is one minus the hypergeometric probability that none of the name's other lines is drawn
    into the training split.
    """
    training = lines - 2 * tenth_of(lines)
    chances, none_in_training = [0.0, 0.0], 1.0
    for other in range(most - 1):
        none_in_training *= max(lines - 1 - training - other, 0) / (lines - 1 - other)
        chances.append(1 - none_in_training)
    return chances


def _is_usual(character: str) -> bool:
    return character in USUAL_MARKS or unicodedata.category(character)[0] in "LM"
