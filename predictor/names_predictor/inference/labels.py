"""The ids of the labels to predict, and the codes of labels."""

from collections.abc import Iterable, Mapping, Sequence

from names_predictor.errors import NamesError


def codes_of(labels: Sequence[str], codes: Mapping[str, str]) -> list[str]:
    """Return the code of each label, "" for none; raises `NamesError` for a model without codes."""
    if not codes:
        raise NamesError("codes: the model has none: export it again with names export --codes")
    return [codes.get(label, "") for label in labels]


def copied_labels(requested: Iterable[str] | None) -> tuple[str, ...] | None:
    """Return the requested labels as a tuple; raises `NamesError` if they are not texts."""
    if requested is None:
        return None
    is_list = isinstance(requested, Iterable) and not isinstance(requested, str)
    copied = tuple(requested) if is_list else ()
    if not is_list or not all(isinstance(label, str) for label in copied):
        raise NamesError('labels: give a list of labels, such as ["Korean", "Chinese"]')
    return copied


def label_ids(requested: Sequence[str] | None, labels: Sequence[str]) -> list[int]:
    """Return the ids of the requested labels of a model, in its order; None requests all.

    Raises:
        NamesError: The model does not have a label, or fewer than two are requested.

    """
    if requested is None:
        return list(range(len(labels)))
    check_known("labels", requested, labels)
    if len(set(requested)) < min(2, len(labels)):
        raise NamesError("labels: give at least two to choose from")
    return [i for i, label in enumerate(labels) if label in requested]


def check_known(argument: str, given: Iterable[object], labels: Sequence[str]) -> None:
    """Raise `NamesError`, with the most similar label, for one that the model does not have."""
    for label in given:
        if label not in labels:
            from difflib import get_close_matches  # not needed for most jobs

            near = get_close_matches(str(label), labels, 1)
            hint = f"did you mean {near[0]}?" if near else "names-predict --list-labels prints all"
            raise NamesError(f"{argument}: the model has no label {str(label)!r}: {hint}")
