"""Measure how many full names a second other classifiers label, next to names.

    pip install lingua-language-detector
    python benchmarks/other_speed.py artifacts/predict-speed/real-people.txt \
      --lingua --svm artifacts/yardstick/rivals/svm.joblib --run artifacts/runs/RUN

The file has a name per line; `predict_speed.py` writes that of real people, `world.py` trains the
SVM; a run is the network in torch. In every turn all label the same names, on one thread, with
models that are loaded and have not seen the names. The seconds are those of the processor.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from names_predictor import NamePredictor

Label = Callable[[Sequence[str]], object]


def lingua() -> Label:
    """Return a function that labels names with all languages of lingua."""
    from lingua import LanguageDetectorBuilder

    builder = LanguageDetectorBuilder.from_all_languages().with_preloaded_language_models()
    detector = builder.build()
    return lambda names: [detector.detect_language_of(name) for name in names]


def svm(path: Path) -> Label:
    """Return a function that labels names with the SVM of `world.py`."""
    import joblib
    from world_rivals import scores_of

    model, _ = joblib.load(path)
    return lambda names: scores_of(model, names).argmax(axis=1)


def in_torch(folder: Path) -> Label:
    """Return a function that labels names with the network of a run, computed in torch."""
    from names_predictor.encoding import normalise
    from names_trainer.data.corpus import Row
    from names_trainer.evaluation.fitted import FittedModel
    from names_trainer.runs.run import Run

    fitted = FittedModel.of(Run.open(folder))
    label = fitted.dataset.labels[0]
    return lambda names: fitted.predict_proba([Row(normalise(name), label) for name in names])


def names_per_second(label: Label, names: Sequence[str]) -> float:
    """Return how many names a function labels in a second of the processor."""
    started = time.process_time()
    label(names)
    return len(names) / (time.process_time() - started)


def main() -> None:
    """Let all label names in turns, and print the medians and the ratios to names."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("file", type=Path, help="a name per line")
    parser.add_argument("--lingua", action="store_true")
    parser.add_argument("--svm", type=Path, metavar="FILE")
    parser.add_argument("--run", type=Path, metavar="DIR")
    parser.add_argument("--rows", type=int, default=20_000, help="names per turn")
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    rivals: dict[str, Label] = {}
    if options.lingua:
        rivals["lingua"] = lingua()
    if options.svm:
        rivals["linear SVM"] = svm(options.svm)
    if options.run:
        rivals["the network in torch"] = in_torch(options.run)
    names = options.file.read_text(encoding="utf-8").splitlines()[: options.rows * options.turns]
    ours: list[float] = []
    theirs: dict[str, list[float]] = {name: [] for name in rivals}
    for turn in range(options.turns):
        rows = names[turn * options.rows : (turn + 1) * options.rows]
        ours.append(names_per_second(NamePredictor.load().label, rows))
        for name, label in rivals.items():
            theirs[name].append(names_per_second(label, rows))
    print(f"{options.turns} turns of {len(names) // options.turns:,} names, one thread")
    print(f"names: {median(ours):,.0f} a second")
    for name, speeds in theirs.items():
        ratios = sorted(a / b for a, b in zip(ours, speeds, strict=True))
        print(
            f"{name}: {median(speeds):,.0f} a second; names labels {median(ratios):.1f} times as "
            f"many ({ratios[0]:.1f} to {ratios[-1]:.1f})"
        )


if __name__ == "__main__":
    main()
