"""The fingerprint of a job: all fields of its values that affect the output."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

NO_EFFECT: Mapping[str, bool] = {"affects_rows": False}
"""Metadata of a field that does not affect the output rows."""


def fingerprint(value: Any) -> Any:
    """Return a value as JSON types; equal values give equal results.

    Fields of dataclasses with the metadata `NO_EFFECT` are left out, at any depth.
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
