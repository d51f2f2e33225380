"""The map of the page, with the places of the labels of the bundled model."""

import csv
from collections.abc import Sequence
from importlib.resources import files
from typing import TypedDict

WEST, NORTH, STEP = -168.75, 76.25, 2.5
"""Longitude and latitude of the first dot of `land.txt`, and the distance of dots, in degrees."""

LAND = "#"


class Home(TypedDict):
    """A label's row of `places.csv`; `dots` are columns and rows of the map, with fractions."""

    holds: str
    region: str
    dots: list[tuple[float, float]]


def land_rows() -> list[str]:
    """Return the map from north to south, a character for each dot."""
    return _text("land.txt").splitlines()


def homes_of(labels: Sequence[str]) -> dict[str, Home] | None:
    """Return each label's home, or None if one is not of the bundled model."""
    table = _table()
    if not set(labels) <= table.keys():
        return None
    return {
        label: {
            "holds": table[label]["holds"],
            "region": table[label]["region"],
            "dots": [_dot(place) for place in table[label]["places"].split(";")],
        }
        for label in labels
    }


def are_bundled(labels: Sequence[str]) -> bool:
    """Return whether the labels are those of the bundled model, none missing."""
    return set(labels) == _table().keys()


def _table() -> dict[str, dict[str, str]]:
    return {row["label"]: row for row in csv.DictReader(_text("places.csv").splitlines())}


def _dot(place: str) -> tuple[float, float]:
    latitude, longitude = map(float, place.split())
    return (longitude - WEST) % 360 / STEP, (NORTH - latitude) / STEP


def _text(name: str) -> str:
    return (files("names_trainer.page") / name).read_text(encoding="utf-8")
