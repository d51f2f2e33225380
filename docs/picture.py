"""Draw what a command shows in a terminal as an SVG.

    python docs/picture.py docs/predict.svg "names-predict --top-k 2 short.txt"

Needs tmux and rich. The command runs in a real terminal; what its screen shows when it has ended,
or after `--seconds`, is drawn with its colours. The picture loads nothing: its letters are those of
any monospaced font.
"""

import argparse
import io
import re
import subprocess
import time
from pathlib import Path

from rich.console import Console
from rich.text import Text

WAITS = "picture-done"
FONT = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
"""What would load a font from another server."""


def screen_of(
    command: str, width: int, height: int, seconds: float | None, folder: Path = Path()
) -> str:
    """Return the screen, with ANSI colours, of `command` at its end or after `seconds`."""
    server = f"picture-{time.monotonic_ns()}"  # a new one, since the last one may not have ended
    tmux = ["tmux", "-L", server]
    shell = f"{command}; tmux -L {server} wait-for -S {WAITS}; sleep 60"
    size = ["-x", str(width), "-y", str(height)]
    subprocess.run([*tmux, "new-session", "-d", *size, "bash", "-c", shell], check=True, cwd=folder)
    try:
        if seconds is None:
            subprocess.run([*tmux, "wait-for", WAITS], check=True)
        else:
            time.sleep(seconds)
        capture = [*tmux, "capture-pane", "-e", "-p"]
        return subprocess.run(capture, check=True, capture_output=True, text=True).stdout
    finally:
        subprocess.run([*tmux, "kill-server"], check=True)


def draw(svg: Path, command: str, screen: str, width: int) -> None:
    """Write the picture of a `command` and the screen that it left."""
    console = Console(record=True, width=width, file=io.StringIO())
    console.print(Text.from_ansi(f"$ {command}\n{screen.rstrip()}"))
    svg.write_text(FONT.sub("", console.export_svg(title="")), encoding="utf-8")


def main() -> None:
    """Draw one picture."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("svg", type=Path)
    parser.add_argument("command")
    parser.add_argument("--width", type=int, default=84)
    parser.add_argument("--height", type=int, default=30)
    parser.add_argument("--seconds", type=float, help="don't wait for the command's end")
    arguments = parser.parse_args()
    screen = screen_of(arguments.command, arguments.width, arguments.height, arguments.seconds)
    draw(arguments.svg, arguments.command, screen, arguments.width)


if __name__ == "__main__":
    main()
