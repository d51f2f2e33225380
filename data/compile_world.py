"""Compile data/world and labels.csv: surnames and given names with counts.

The embedded corpus, data/names and data/given, has the commonest of them.

    python data/compile_world.py --download   # get the pinned packages into data/cache first
    python data/compile_world.py              # write the files and the tables of README.md
    python data/compile_world.py --check      # write nothing; print differences, exit with 1
    python data/compile_world.py --people     # write the full names into data/people-world

`world_sources` and `world_labels` define the sources. The packages are read as files with a fixed
SHA-256; only those of `faker_sources` are imported, in pinned versions. The output is therefore
reproducible to the byte.
"""

import argparse
import csv
import io
import pickle
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from faker_lists import unmet_pins
from world_archives import download, read_people
from world_counts import count, known_abroad, people_by_label, seed_names, state_frequencies
from world_evidence import (
    clean,
    closest_pairs,
    merge_spellings,
    most_borne,
    neighbours,
    overlaps,
    ratios,
)
from world_facts import read_facts, softened, weights_of_people, without_hosts
from world_frequencies import MILLION, of_a_million
from world_labels import LABELS
from world_lists import KINDS, is_latin, listed_places
from world_people import key
from world_peoples import MILLIONS, trust
from world_sources import (
    EVIDENCE_SIZE,
    FEWEST_SURNAMES,
    INDIAN_REST,
    MOST_EMBEDDED,
    MOST_LINES,
    STATES,
    Label,
)
from world_spelling import SURE_PEOPLE, without_strangers

FOLDER = Path(__file__).resolve().parent
BEGIN, END = "<!-- world -->", "<!-- end world -->"

PAIRS = 50
PAIRS_TITLE = (
    f"The {PAIRS} pairs of labels that are hardest to tell apart by a surname alone, by the part of"
    " their people\nwho have names in common (the sum over surnames of the smaller frequency):"
)

EMBEDDED = {"surnames": "names", "given": "given"}
"""Folders of the embedded corpus, by kind."""

FOLDERS = (*(f"world/{kind}" for kind in KINDS), *EMBEDDED.values())
ORDERS = "given/orders.toml"

DIVIDED = {*STATES, INDIAN_REST, "Igbo", "Yoruba"}
"""Labels among which the people of India and Nigeria are divided."""

Kept = dict[str, dict[str, int]]
"""By label: names with their counts."""


def lines(kept: Mapping[str, int]) -> str:
    """Return the content of a file: sorted names, each with a tab and its count."""
    return "".join(f"{name}\t{count}\n" for name, count in sorted(kept.items()))


def table(rows: Iterable[Iterable[object]]) -> str:
    """Return a Markdown table; the first row is its header."""
    head, *body = ("| " + " | ".join(map(str, row)) + " |" for row in rows)
    return "\n".join([head, re.sub("[^|]+", " --- ", head), *body])


def sources(name: str, label: Label) -> list[str]:
    """Return the sources of a label's names, as in labels.csv."""
    found = ["name2nat"] if label.people or name in DIVIDED else []
    lists = f"{label.both} {label.surnames} {label.given}".split()
    places = [source.split("#")[0] for source in lists] + listed_places(name, label)
    return list(dict.fromkeys([*found, *places, "frequencies"]))


def holds(name: str, label: Label) -> str:
    """Return the description of a label."""
    return label.holds or f"{name} names"


def covered_fraction(kept: Mapping[str, int]) -> float:
    """Return the fraction of a label's people whose surnames are in the file, in one script."""
    people = [0, 0]
    for name, number in kept.items():
        people[is_latin(name)] += number
    return max(people) / MILLION


def rows(kept: Mapping[str, Kept], common: Mapping[str, Mapping[str, float]]) -> list[list[str]]:
    """Return the rows of labels.csv, its header first; `common` has the overlaps of labels."""
    near = neighbours(common)
    head = [
        *("label", "iso639_3", "holds", "millions", "surnames", "given", "covered"),
        *("neighbours", "sources"),
    ]
    return [head] + [
        [
            name,
            LABELS[name].iso,
            holds(name, LABELS[name]),
            f"{MILLIONS[name]:g}",
            str(len(kept["surnames"][name])),
            str(len(kept["given"][name])),
            f"{100 * covered_fraction(kept['surnames'][name]):.0f}",
            " ".join(near[name]),
            " ".join(sources(name, LABELS[name])),
        ]
        for name in kept["surnames"]
    ]


def compile_kept(cache: Path, data: Path) -> dict[str, Kept]:
    """Return the names of every label by kind, without small labels."""
    people = read_people(cache)
    counts = count(people, cache)
    merged = {
        kind: {name: merge_spellings(counts[kind][name]) for name in LABELS} for kind in KINDS
    }
    for kind in KINDS:
        for name, found in softened(read_facts(data, kind), MILLIONS).items():
            merged[kind][name].facts = found
            merged[kind][name].trust = EVIDENCE_SIZE * trust(MILLIONS[name])
    hosts = {name: label.hosts for name, label in LABELS.items() if label.hosts}
    without_hosts(merged["surnames"], merged["given"], hosts)
    kept: dict[str, Kept] = {}
    for kind in KINDS:
        evidence = ratios(merged[kind])
        known = known_abroad(merged[kind])
        kept[kind] = {}
        for name, names in merged[kind].items():
            abroad = known if LABELS[name].diaspora else None
            found_names = clean(names, evidence[name], kind, abroad)
            kept[kind][name] = most_borne(of_a_million(names, found_names), MOST_LINES[kind])
    sure = {
        name: {one for one, people in names.counted.items() if people >= SURE_PEOPLE}
        | set(names.facts)
        for name, names in merged["surnames"].items()
    }
    kept["surnames"] = without_strangers(kept["surnames"], sure)
    large = [name for name in LABELS if len(kept["surnames"][name]) >= FEWEST_SURNAMES]
    return {kind: {name: kept[kind][name] for name in large} for kind in KINDS}


def compile_files(cache: Path, data: Path = FOLDER) -> dict[str, str]:
    """Return the content of each file, by its path in the data folder."""
    kept = compile_kept(cache, data)
    files = {
        f"world/{kind}/{name}.txt": lines(names)
        for kind in KINDS
        for name, names in kept[kind].items()
    }
    for kind, folder in EMBEDDED.items():
        for name, names in kept[kind].items():
            files[f"{folder}/{name}.txt"] = lines(most_borne(names, MOST_EMBEDDED))
    files[ORDERS] = (data / "world" / ORDERS).read_text(encoding="utf-8")
    common = overlaps(kept["surnames"])
    found = rows(kept, common)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(found)
    files["labels.csv"] = text.getvalue()
    readme = (data / "README.md").read_text(encoding="utf-8")
    if BEGIN not in readme or END not in readme:
        raise ValueError(f"data/README.md lacks {BEGIN} and {END}, between which the tables are")
    total = [sum(map(len, kept[kind].values())) for kind in KINDS]
    shown = table([(row[0], row[1], *row[3:8]) for row in found])
    pairs = [("Label", "Label", "Overlap, %")] + [
        (one, other, f"{100 * overlap:.1f}") for one, other, overlap in closest_pairs(common, PAIRS)
    ]
    few = [sum(min(MOST_EMBEDDED, len(names)) for names in kept[kind].values()) for kind in KINDS]
    summary = (
        f"{total[0]} surnames and {total[1]} given names of {len(found) - 1} labels;"
        f" {few[0]} and {few[1]} of them in `names/` and `given/`."
    )
    head, tail = readme.split(BEGIN)[0], readme.split(END)[1]
    files["README.md"] = (
        f"{head}{BEGIN}\n\n{shown}\n\n{summary}\n\n{PAIRS_TITLE}\n\n{table(pairs)}\n\n{END}{tail}"
    )
    return files


def differences(files: Mapping[str, str], data: Path) -> list[str]:
    """Return a line for each file that is missing, changed or superfluous."""
    found = {
        f"{folder}/{path.name}" for folder in FOLDERS for path in (data / folder).glob("*.txt")
    }
    out = [f"{name}: should not be there" for name in found - set(files)]
    for name, text in files.items():
        path = data / name
        if not path.is_file():
            out.append(f"{name}: missing")
        elif path.read_bytes() != text.encode():
            out.append(f"{name}: differs from what compile_world.py makes")
    return sorted(out)


def write(files: Mapping[str, str], data: Path) -> None:
    """Write the files and remove old ones."""
    for folder in FOLDERS:
        (data / folder).mkdir(parents=True, exist_ok=True)
        for path in (data / folder).glob("*.txt"):
            path.unlink()
    for name, text in files.items():
        (data / name).write_bytes(text.encode())


def write_people(cache: Path, data: Path) -> int:
    """Write the full names of each label's people to data/people-world; return their number.

    A line has surname, given name and the weight of the person: less than 1 if there are several
    labels, or if the names rather belong to a larger people.
    """
    people = read_people(cache)
    surnames, given = (weights_of_people(read_facts(data, kind), MILLIONS) for kind in KINDS)
    divided = people_by_label(people, state_frequencies(cache), seed_names(cache))
    folder = data / "people-world"
    folder.mkdir(exist_ok=True)
    for path in folder.glob("*.txt"):
        path.unlink()
    for name, found in divided.items():
        weights = (
            min(surnames.get((name, key(one.surname)), 1), given.get((name, key(one.given)), 1))
            for one, _ in found
        )
        text = sorted(
            f"{one.surname}\t{one.given}\t{probability * weight:.3g}\n"
            for (one, probability), weight in zip(found, weights, strict=True)
        )
        (folder / f"{name}.txt").write_bytes("".join(text).encode())
    return sum(map(len, divided.values()))


def main(arguments: Sequence[str] | None = None, data: Path = FOLDER) -> int:
    """Write the files or compare them; return 1 if they differ, 2 if a package is missing."""
    parser = argparse.ArgumentParser(description="Compile data/world from pinned package files.")
    parser.add_argument("--check", action="store_true", help="write nothing, print what differs")
    parser.add_argument("--download", action="store_true", help="download missing packages first")
    parser.add_argument("--people", action="store_true", help="write full names, not kept in git")
    parser.add_argument("--cache", type=Path, default=data / "cache", help="folder of the packages")
    options = parser.parse_args(arguments)
    if unmet := unmet_pins():
        print("compile_world.py needs " + ", ".join(unmet), file=sys.stderr)
        return 2
    try:
        if options.download:
            download(options.cache)
        if options.people:
            print(f"wrote {write_people(options.cache, data)} people")
            return 0
        files = compile_files(options.cache, data)
    except OSError as problem:
        print(f"{problem.filename}: {problem.strerror}; --download gets it", file=sys.stderr)
        return 2
    except (ValueError, pickle.UnpicklingError, subprocess.CalledProcessError) as problem:
        print(f"compile_world.py: {problem}", file=sys.stderr)
        return 2
    if options.check:
        found = differences(files, data)
        print("\n".join(found) or f"{len(files)} files are up to date")
        return 1 if found else 0
    write(files, data)
    print(f"wrote {len(files)} files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
