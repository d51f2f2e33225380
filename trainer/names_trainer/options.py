"""Options of `names train`: each is declared once, at its field of `TrainConfig`."""

from collections.abc import Mapping, Sequence
from dataclasses import Field, fields
from typing import Any

from names_predictor.errors import NamesError

MODEL = "The model"
TRAINING = "Training"
DISTILLATION = "Distillation and synthetic names"
"""Groups of options, as the help of `names train` shows them."""

NEEDED = {
    "ngram_rows": "ngrams",
    "ngram_dim": "ngrams",
    "ngram_dropout": "ngrams",
    "synthetic_names": "teachers",
    "label_power": "given_dir",
    "forms": "given_dir",
}
"""Options that have no effect without another."""


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


def flag(name: str) -> str:
    """Return the option of a field."""
    return f"--{name.replace('_', '-')}"


def check_effects(chosen: Sequence[Mapping[str, Any]], configs: Sequence[Any]) -> None:
    """Raise `NamesError` for an option without effect: no config has the one that it needs.

    Args:
        chosen: The chosen values of each config.
        configs: The configs.

    """
    for name, needed in NEEDED.items():
        default = getattr(type(configs[0]), name)
        is_changed = any(values.get(name, default) != default for values in chosen)
        if is_changed and not any(getattr(config, needed) for config in configs):
            raise NamesError(f"{flag(name)} has no effect without {flag(needed)}: give both")
