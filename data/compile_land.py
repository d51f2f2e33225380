"""Compile trainer/names_trainer/page/land.txt: the world's land as rows of dots.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python data/compile_land.py package/land-110m.json

The land is that of Natural Earth, 1:110m, which is in the public domain.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.path import Path as Outline

STEP = 2.5
WEST, NORTH, SOUTH = -168.75, 76.25, -56.25
"""Where the grid begins, in degrees; it goes once around the world."""

FINE, ENOUGH = 4, 0.36
"""Points along each side of a cell, and the fraction of them on land from which it is land."""

TARGET = Path(__file__).parents[1] / "trainer" / "names_trainer" / "page" / "land.txt"
LAND, SEA = "#", "."

Points = npt.NDArray[np.float64]


def arcs_of(topology: dict[str, Any]) -> list[Points]:
    """Return the arcs of a TopoJSON file, whose points are differences of whole numbers."""
    transform = topology["transform"]
    return [
        np.cumsum(arc, axis=0) * transform["scale"] + transform["translate"]
        for arc in topology["arcs"]
    ]


def rings_of(topology: dict[str, Any]) -> list[Points]:
    """Return the outlines of the land, islands and inland seas alike."""
    arcs = arcs_of(topology)
    rings: list[Points] = []
    for geometry in topology["objects"]["land"]["geometries"]:
        for polygon in geometry["arcs"]:
            for ring in polygon:
                # A number below nought is the arc ~number, backwards.
                pieces = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in ring]
                rings.append(np.concatenate(pieces))
    return rings


def land_rows(rings: list[Points]) -> list[str]:
    """Return the grid from north to south: a cell is land if enough of it is."""
    fine = (np.arange(FINE) + 0.5) / FINE - 0.5
    columns, rows = round(360 / STEP), round((NORTH - SOUTH) / STEP)
    longitudes = WEST + STEP * np.add.outer(np.arange(columns), fine).ravel()
    latitudes = NORTH - STEP * np.add.outer(np.arange(rows), fine).ravel()
    x, y = np.meshgrid((longitudes + 180) % 360 - 180, latitudes)
    points = np.column_stack([x.ravel(), y.ravel()])
    is_land = np.zeros(len(points), dtype=bool)
    for ring in rings:
        # An outline that crosses the antimeridian continues beyond 180 degrees.
        outline = Outline(np.column_stack([np.unwrap(ring[:, 0], period=360), ring[:, 1]]))
        for turn in (-360, 0, 360):
            is_land ^= outline.contains_points(np.add(points, (turn, 0)))
    cells = is_land.reshape(rows, FINE, columns, FINE).mean(axis=(1, 3)) >= ENOUGH
    return ["".join(np.where(row, LAND, SEA)) for row in cells]


def main() -> None:
    """Write the grid."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("topology", type=Path, help="land-110m.json of world-atlas")
    topology = json.loads(parser.parse_args().topology.read_text(encoding="utf-8"))
    TARGET.write_text("\n".join(land_rows(rings_of(topology))) + "\n", encoding="utf-8")
    print(f"wrote {TARGET}")


if __name__ == "__main__":
    main()
