"""How a field of `TrainConfig` declares its option, so that the command line follows from it."""

from dataclasses import Field, fields
from typing import Any

MODEL = "The model"
TRAINING = "Training"
DISTILLATION = "Distillation and synthetic names"
"""Groups of options, as the help of `names train` shows them."""


def option(
    group: str | None, metavar: str, text: str, flags: str = "", after: str = ""
) -> dict[str, Any]:
    """Declare a field that `names train` has an option for; return the field's metadata.

    In the help it follows the field before it, or the one that `after` names.
    """
    return {"group": group, "metavar": metavar, "help": text, "flags": flags, "after": after}


def options(config: type[Any]) -> list[Field[Any]]:
    """Return the fields of `config` that declare an option, in the order of the help."""
    declared = {one.name: one for one in fields(config) if one.metadata}
    order = list(declared)
    for name, one in declared.items():
        if after := one.metadata["after"]:
            order.remove(name)
            order.insert(order.index(after) + 1, name)
    groups = list(dict.fromkeys(one.metadata["group"] for one in declared.values()))
    order.sort(key=lambda name: groups.index(declared[name].metadata["group"]))
    return [declared[name] for name in order]
