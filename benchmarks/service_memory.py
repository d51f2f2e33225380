"""Measure the memory of a service: one predictor that labels names, call by call.

    python benchmarks/service_memory.py NAMES [--names-per-call 10000]

NAMES is a file with a name per line. It prints the peak memory of the process after the first call,
and after each million names.
"""

import argparse
import resource
import sys
from itertools import islice
from pathlib import Path

from names_predictor import NamePredictor

REPORTED = 1_000_000


def peak() -> float:
    """Return the highest memory that the process has had, in MB."""
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # kB, on macOS bytes
    return size / (1e6 if sys.platform == "darwin" else 1e3)


def main() -> None:
    """Label the names and print the memory."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", type=Path)
    parser.add_argument("--names-per-call", type=int, default=10_000)
    options = parser.parse_args()
    predictor = NamePredictor.load()
    done = reported = 0
    with options.names.open(encoding="utf-8") as lines:
        while names := [line.rstrip("\n") for line in islice(lines, options.names_per_call)]:
            predictor.label(names)
            done += len(names)
            if not reported or done // REPORTED > reported // REPORTED:
                print(f"{done:,} names: {peak():.0f} MB")
                reported = done


if __name__ == "__main__":
    main()
