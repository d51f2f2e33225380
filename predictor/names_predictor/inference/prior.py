"""Prior shift: from the class priors of the training names to those of another population."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from names_predictor.errors import NamesError
from names_predictor.inference.labels import check_known
from names_predictor.inference.types import Probabilities


def copied_prior(prior: Mapping[str, float] | None) -> dict[str, float] | None:
    """Return a copy of a prior; raises `NamesError` if it is not a mapping."""
    if prior is None:
        return None
    if not isinstance(prior, Mapping):
        raise NamesError('prior: give a mapping of labels to frequencies, such as {"Greek": 0.25}')
    return dict(prior)


@dataclass(frozen=True)
class PriorShift:
    """The class priors of a population, and their ratios to those of the training names.

    Attributes:
        label_ids: Ids of the labels to predict.
        ratios: Ratio of each label, float64 [all labels]; None if all are 1.
        class_priors: Priors of the labels to predict, float64 [labels].

    """

    label_ids: list[int]
    ratios: npt.NDArray[np.float64] | None
    class_priors: npt.NDArray[np.float64]

    def apply(self, probabilities: Probabilities) -> Probabilities:
        """Multiply probabilities by the ratios, and normalise those of the labels to predict.

        Source: Saerens, Latinne and Decaestecker, "Adjusting the Outputs of a Classifier to New a
        Priori Probabilities", 2002.

        Args:
            probabilities: Those of the model, float32 [names, all labels].

        Returns:
            Probabilities float32 [names, labels]; rows of NaN stay so.

        """
        if self.ratios is None and len(self.label_ids) == probabilities.shape[1]:
            return probabilities
        weighted = probabilities if self.ratios is None else probabilities * self.ratios
        weighted = weighted[:, self.label_ids]
        # If all labels round to 0, the prior remains.
        total = weighted.sum(axis=1, keepdims=True)
        weighted = np.where(total == 0, self.class_priors, weighted)
        return np.asarray(weighted / weighted.sum(axis=1, keepdims=True), dtype=np.float32)


def prior_shift(
    prior: Mapping[str, float] | None,
    labels: Sequence[str],
    class_priors: Sequence[float],
    label_ids: list[int],
) -> PriorShift:
    """Return the shift to a prior.

    Args:
        prior: Frequency of each label in the population, on any scale; None for `class_priors`.
        labels: All labels of the model.
        class_priors: Their frequencies in the training names.
        label_ids: Ids of the labels to predict.

    Raises:
        NamesError: The prior has unknown labels or invalid frequencies, or is 0 for all labels to
            predict.

    """
    ratios = None if prior is None else _ratios(prior, labels, class_priors)
    if ratios is not None and not ratios[label_ids].any():
        raise NamesError("prior: give at least one of the requested labels a frequency above 0")
    priors = np.array(class_priors)
    priors = (priors if ratios is None else priors * ratios)[label_ids]
    return PriorShift(label_ids, ratios, np.asarray(priors / priors.sum()))


def _ratios(
    prior: Mapping[str, float], labels: Sequence[str], class_priors: Sequence[float]
) -> npt.NDArray[np.float64]:
    check_known("prior", prior, labels)
    try:
        values = np.array([prior.get(label, 0.0) for label in labels], dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        values = np.array([np.nan])
    if not (np.isfinite(values).all() and (values >= 0).all() and values.any()):
        raise NamesError("prior: give frequencies from 0, at least one of them above 0")
    values /= values.max()  # the sum of the highest floats would be infinite
    return np.asarray(values / values.sum() / np.array(class_priors))
