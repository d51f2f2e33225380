"""Options of `names train`: each is declared once, at its field of `TrainConfig`."""

from dataclasses import Field, fields
from typing import Any

MODEL = "The model"
TRAINING = "Training"
DISTILLATION = "Distillation and synthetic names"
"""Groups of options, as the help of `names train` shows them."""


def option(group: str | None, metavar: str, text: str, flags: str = "") -> dict[str, Any]:
    """Return the metadata of a field that is an option of `names train`.

    Args:
        group: Heading in the help; None for the options without one.
        metavar: Placeholder of the value, "" for a flag.
        text: Help text.
        flags: Names of the option; "" derives them from the field's name.

    """
    return {"group": group, "metavar": metavar, "help": text, "flags": flags}


def options(config: type[Any]) -> list[Field[Any]]:
    """Return the fields of the dataclass `config` that are options, in the order of the help."""
    return [one for one in fields(config) if one.metadata]
