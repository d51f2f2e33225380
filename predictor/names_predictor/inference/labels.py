"""The labels that a prediction may have."""

import difflib
from collections.abc import Mapping, Sequence

from names_predictor.errors import NamesError


def codes_of(labels: Sequence[str], codes: Mapping[str, str]) -> list[str]:
    """Return the code of each of `labels`, "" for one without.

    Raises:
        NamesError: The model has no `codes`.

    """
    if not codes:
        raise NamesError("codes: the model has none: export it again with names export --codes")
    return [codes.get(label, "") for label in labels]


def kept_labels(wanted: Sequence[str] | None, labels: Sequence[str]) -> list[int]:
    """Return the numbers of the `wanted` labels in the model's order, of all without any.

    Raises:
        NamesError: There are fewer than two, or one is none of the model's.

    """
    if wanted is None:
        return list(range(len(labels)))
    if isinstance(wanted, str) or not all(isinstance(label, str) for label in wanted):
        raise NamesError('labels: give a list of labels, such as ["Korean", "Chinese"]')
    for label in wanted:
        if label not in labels:
            near = difflib.get_close_matches(label, labels, 1)
            hint = f": did you mean {near[0]}?" if near else "; names-predict --list-labels has all"
            raise NamesError(f"labels: {label!r} is none of the model's labels{hint}")
    if len(set(wanted)) < min(2, len(labels)):
        raise NamesError("labels: give two at least, else there is nothing to tell apart")
    return [i for i, label in enumerate(labels) if label in wanted]
