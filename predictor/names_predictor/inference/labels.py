"""The ids of the labels to predict, and the codes of labels."""

from collections.abc import Mapping, Sequence

from names_predictor.errors import NamesError


def codes_of(labels: Sequence[str], codes: Mapping[str, str]) -> list[str]:
    """Return the code of each label, "" for none; raises `NamesError` for a model without codes."""
    if not codes:
        raise NamesError("codes: the model has none: export it again with names export --codes")
    return [codes.get(label, "") for label in labels]


def label_ids(requested: Sequence[str] | None, labels: Sequence[str]) -> list[int]:
    """Return the ids of the requested labels of a model, in its order; None requests all.

    Raises:
        NamesError: The model does not have a label, or fewer than two are requested.

    """
    if requested is None:
        return list(range(len(labels)))
    if isinstance(requested, str) or not all(isinstance(label, str) for label in requested):
        raise NamesError('labels: give a list of labels, such as ["Korean", "Chinese"]')
    for label in requested:
        if label not in labels:
            from difflib import get_close_matches  # not needed for most jobs

            near = get_close_matches(label, labels, 1)
            hint = (
                f": did you mean {near[0]}?" if near else ": names-predict --list-labels prints all"
            )
            raise NamesError(f"labels: the model has no label {label!r}{hint}")
    if len(set(requested)) < min(2, len(labels)):
        raise NamesError("labels: give at least two to choose from")
    return [i for i, label in enumerate(labels) if label in requested]
