"""Draw the screens of the commands, at 80 and 120 columns, as SVGs in `docs/screens`.

    python docs/screens.py
    python docs/screens.py --artifacts my-model evaluate

Needs tmux, and the corpus of the bundled model in `data` (`names evaluate` says what is missing).
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from picture import draw, screen_of

from names_predictor.artifact.store import RELEASED

ROOT = Path(__file__).resolve().parents[1]
WIDTHS = (80, 120)
SCREENS = {
    "inspect": "names inspect",
    "data-check": "names data check --data my-names",
    "evaluate": "names evaluate",
    "explain": "names-predict --explain 'Maria-Konstantina Papadopoulou'",
    "codes": "names-predict --codes people.txt",
}
"""The commands, by the names of their pictures."""

CORPUS = {
    "Danish": b"Jensen\nNielsen\n\nAndersen\nM\xf8ller\nS\xf8rensen\nBerg\nLund\n",
    "Norwegian": b"Hansen\nJensen\nhansen\nBerg\nLund\nAS 24/7\nOle & sons\n\nDahl\n",
    "norwegian": b"Haugen\n",
}
"""Names with one or two findings of each kind."""

PEOPLE = "Maria Papadopoulou\nKowalska\nNguyen Van An\nKwame Nkrumah\n12345\n"


def main() -> None:
    """Draw the screens that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("screens", nargs="*", choices=[[], *SCREENS], metavar="SCREEN")
    parser.add_argument("--artifacts", type=Path, default=RELEASED, metavar="DIR")
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "data").symlink_to(ROOT / "data")
        (here / "artifacts").symlink_to(arguments.artifacts.resolve())
        (here / "my-names").mkdir()
        for label, lines in CORPUS.items():
            (here / "my-names" / f"{label}.txt").write_bytes(lines)
        (here / "people.txt").write_text(PEOPLE, encoding="utf-8")
        for name in arguments.screens or SCREENS:
            for width in WIDTHS:
                screen = screen_of(SCREENS[name], width, 70, None, here)
                draw(
                    ROOT / "docs" / "screens" / f"{name}-{width}.svg", SCREENS[name], screen, width
                )


if __name__ == "__main__":
    main()
