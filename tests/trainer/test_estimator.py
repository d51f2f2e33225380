"""`NameClassifier` follows scikit-learn's conventions, before it is fitted."""

import warnings
from collections.abc import Callable
from typing import Any

import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.utils import estimator_checks, get_tags

import names_trainer
from names_trainer.classifier import NameClassifier

SMALL = NameClassifier(hidden_dim=16, embedding_dim=8, batch_size=16, num_epochs=3)


@pytest.mark.parametrize("given", [{"num_epoch": 3}, {"data_dir": "names"}, {"split": "random"}])
def test_an_unknown_parameter_is_rejected(given: dict[str, Any]) -> None:
    (name,) = given
    with pytest.raises(TypeError, match=f"has no parameter '{name}': choose from embedding_dim, "):
        NameClassifier(**given)


@pytest.mark.parametrize(
    "ask",
    [
        lambda c: c.predict(["ab"]),
        lambda c: c.predict_proba(["ab"]),
        lambda c: c.score(["ab"], ["x"]),
        lambda c: c.export("nowhere"),
    ],
)
def test_before_fit_it_raises_not_fitted(ask: Callable[[NameClassifier], Any]) -> None:
    with pytest.raises(NotFittedError, match="NameClassifier instance is not fitted yet"):
        ask(clone(SMALL))


def test_its_tags_are_those_of_a_classifier_of_texts() -> None:
    tags = get_tags(SMALL)
    assert (tags.estimator_type, tags.requires_fit) == ("classifier", True)
    assert (tags.input_tags.string, tags.input_tags.one_d_array) == (True, True)
    assert not tags.input_tags.two_d_array
    assert tags.target_tags.required


def test_scikit_learn_skips_the_checks_that_feed_numbers() -> None:
    with warnings.catch_warnings(record=True) as skipped:
        warnings.simplefilter("always")
        results = estimator_checks.check_estimator(clone(SMALL))
    assert {result["status"] for result in results} == {"passed"}
    assert any(warning.category is SkipTestWarning for warning in skipped)


WITHOUT_NUMBERS = (
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_estimator_tags_renamed",
    "check_get_params_invariance",
    "check_mixin_order",
    "check_no_attributes_set_in_init",
    "check_parameters_default_constructible",
    "check_set_params",
    "check_valid_tag_types",
)
"""The checks of scikit-learn that need no data."""


@pytest.mark.parametrize("check", WITHOUT_NUMBERS)
def test_it_passes_the_checks_that_need_no_data(check: str) -> None:
    getattr(estimator_checks, check)("NameClassifier", clone(SMALL))


def test_the_package_has_the_estimator() -> None:
    assert names_trainer.NameClassifier is NameClassifier
    assert not hasattr(names_trainer, "Classifier")
