"""Measure how many names a second lingua labels with all its languages, next to names.

    pip install lingua-language-detector
    python benchmarks/lingua_speed.py artifacts/predict-speed/real-people.txt

The file has a name per line; `predict_speed.py` writes that of real people. In every turn both
label the same names, on one thread, with models that are loaded and have not seen the names. The
seconds are those of the processor.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from names_predictor import NamePredictor

Label = Callable[[Sequence[str]], object]


def lingua() -> Label:
    """Return a function that labels names with lingua."""
    from lingua import LanguageDetectorBuilder

    builder = LanguageDetectorBuilder.from_all_languages().with_preloaded_language_models()
    detector = builder.build()
    return lambda names: [detector.detect_language_of(name) for name in names]


def names_per_second(label: Label, names: Sequence[str]) -> float:
    """Return how many names a function labels in a second of the processor."""
    started = time.process_time()
    label(names)
    return len(names) / (time.process_time() - started)


def main() -> None:
    """Let both label names in turns, and print the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("file", type=Path, help="a name per line")
    parser.add_argument("--rows", type=int, default=20_000, help="names per turn")
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    names = options.file.read_text(encoding="utf-8").splitlines()[: options.rows * options.turns]
    rival = lingua()
    ours, its = [], []
    for turn in range(options.turns):
        rows = names[turn * options.rows : (turn + 1) * options.rows]
        ours.append(names_per_second(NamePredictor.load().label, rows))
        its.append(names_per_second(rival, rows))
    ratios = sorted(a / b for a, b in zip(ours, its, strict=True))
    print(
        f"{options.turns} turns of {len(names) // options.turns:,} names, one thread: "
        f"names {median(ours):,.0f}/s, lingua {median(its):,.0f}/s; "
        f"{median(ratios):.0f} times ({ratios[0]:.0f} to {ratios[-1]:.0f})"
    )


if __name__ == "__main__":
    main()
