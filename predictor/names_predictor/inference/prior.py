"""The labels' shares in another population than the training names are of."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from names_predictor.errors import NamesError


def copied_prior(prior: Mapping[str, float] | None) -> dict[str, float] | None:
    """Return a prior as a dict of its own; raises `NamesError` where it maps nothing."""
    if prior is None:
        return None
    if not isinstance(prior, Mapping):
        raise NamesError('prior: give a mapping of labels to shares, such as {"Greek": 0.25}')
    return dict(prior)


def shift_to(
    prior: Mapping[str, float], labels: Sequence[str], label_shares: Sequence[float]
) -> npt.NDArray[np.float64]:
    """Return each label's share in the prior over that in training [labels].

    Raises `NamesError` for a prior with other labels or with impossible shares.
    """
    strangers = sorted(map(str, set(prior) - set(labels)))
    if strangers:
        raise NamesError(f"prior: {strangers[0]!r} is none of the model's labels")
    try:
        shares = np.array([prior.get(label, 0.0) for label in labels], dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        shares = np.array([np.nan])
    if not (np.isfinite(shares).all() and (shares >= 0).all() and shares.any()):
        raise NamesError("prior: give shares from 0, at least one of them above 0")
    shares /= shares.max()  # the sum of shares near the largest number would be no number
    return np.asarray(shares / shares.sum() / np.array(label_shares))
