"""Classify a file with fastText, as a rival of names-predict in `predict_speed.py`.

python benchmarks/rivals.py MODEL FILE OUTPUT
"""

import sys
from itertools import islice
from pathlib import Path

from names_predictor.encoding import normalise

BLOCK = 20_000


def classify(model: str, path: Path, output: Path) -> None:
    """Write a label and a probability for every line of a file, normalised as by names-predict."""
    import fasttext

    loaded = fasttext.load_model(model)
    with path.open(encoding="utf-8") as lines, output.open("w", encoding="utf-8") as out:
        while names := [normalise(line) or "_" for line in islice(lines, BLOCK)]:
            labels, scores = loaded.predict(names)
            rows = zip(labels, scores, strict=True)
            out.writelines(f"{label[0][9:]}\t{score[0]:.4f}\n" for label, score in rows)


if __name__ == "__main__":
    classify(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
