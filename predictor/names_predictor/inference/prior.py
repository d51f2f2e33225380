"""Class priors: the labels' shares in another population than the training names are of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from names_predictor.errors import NamesError
from names_predictor.inference.types import Probabilities


def copied_prior(prior: Mapping[str, float] | None) -> dict[str, float] | None:
    """Return a prior as a dict of its own.

    Raises:
        NamesError: It is no mapping.

    """
    if prior is None:
        return None
    if not isinstance(prior, Mapping):
        raise NamesError('prior: give a mapping of labels to shares, such as {"Greek": 0.25}')
    return dict(prior)


def shift_to(
    prior: Mapping[str, float], labels: Sequence[str], class_priors: Sequence[float]
) -> npt.NDArray[np.float64]:
    """Return each label's share in the prior over that in training [labels].

    Raises:
        NamesError: The prior has other labels or impossible shares.

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
    shares /= shares.max()  # the sum of shares near the largest number would be infinite
    return np.asarray(shares / shares.sum() / np.array(class_priors))


@dataclass(frozen=True)
class Reweighting:
    """Probabilities of all labels of a model become those of the `kept` ones, under a prior.

    `shift` holds each label's share in the prior over that in training [all labels], None where
    they are alike; `shares` are those of the kept labels [kept].
    """

    kept: list[int]
    shift: npt.NDArray[np.float64] | None
    shares: npt.NDArray[np.float64]

    def __call__(self, probabilities: Probabilities) -> Probabilities:
        """Weigh every label by its share in the population against that in training.

        Labels that are left out have no share. Source: Saerens, Latinne and Decaestecker,
        "Adjusting the Outputs of a Classifier to New a Priori Probabilities", 2002.

        Args:
            probabilities: Those that the model gives [names, all labels].

        Returns:
            Probabilities [names, kept labels]; rows of NaN stay so.

        """
        if self.shift is None and len(self.kept) == probabilities.shape[1]:
            return probabilities
        weighted = probabilities if self.shift is None else probabilities * self.shift
        weighted = weighted[:, self.kept]
        # All labels that the prior allows can round to nothing: then the prior alone is left.
        total = weighted.sum(axis=1, keepdims=True)
        weighted = np.where(total == 0, self.shares, weighted)
        return np.asarray(weighted / weighted.sum(axis=1, keepdims=True), dtype=np.float32)


def reweighting(
    prior: Mapping[str, float] | None,
    labels: Sequence[str],
    class_priors: Sequence[float],
    kept: list[int],
) -> Reweighting:
    """Return how probabilities change under a prior, or where only some labels are kept.

    Args:
        prior: Each label's share in the population, on any scale; None for that in training.
        labels: All labels of the model.
        class_priors: Their shares of the training names.
        kept: The numbers of the labels to predict.

    Raises:
        NamesError: The prior has other labels, impossible shares, or none for the kept labels.

    """
    shift = None if prior is None else shift_to(prior, labels, class_priors)
    if shift is not None and not shift[kept].any():
        raise NamesError("prior: gives none of the labels to answer among a share above 0")
    shares = np.array(class_priors)
    shares = (shares if shift is None else shares * shift)[kept]
    return Reweighting(kept, shift, np.asarray(shares / shares.sum()))
