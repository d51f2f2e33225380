"""What tells one job from another: every field of its values, unless a field is marked."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

NO_EFFECT: Mapping[str, bool] = {"affects_rows": False}
"""The metadata of a dataclass's field that changes no row of the output."""


def fingerprint(value: Any) -> Any:
    """Return a value in JSON's types, so that equal values have equal ones.

    Every field of a dataclass is in it, those of dataclasses within too, but for the ones with the
    metadata `NO_EFFECT`.
    """
    if is_dataclass(value):
        return {
            field.name: fingerprint(getattr(value, field.name))
            for field in fields(value)
            if field.metadata != NO_EFFECT
        }
    if isinstance(value, Mapping):
        return {key: fingerprint(of_key) for key, of_key in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(map(fingerprint, value))
    if isinstance(value, (list, tuple)):
        return list(map(fingerprint, value))
    return str(value) if isinstance(value, Path) else value
