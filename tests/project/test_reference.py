"""The examples in the docstrings of the Python reference run, and every public method has one."""

import doctest
import inspect
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
SAME = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
CLASSES = [
    "names_predictor.inference.predictor.NamePredictor",
    "names_trainer.classifier.NameClassifier",
]
"""The classes whose methods have examples; other objects have examples on their pages."""


def at(path: str) -> Any:
    module, name = path.rsplit(".", 1)
    return getattr(import_module(module), name)


def public_members(cls: type) -> dict[str, Any]:
    """Return the public members that the class defines itself."""
    return {
        name: member
        for name, member in vars(cls).items()
        if not name.startswith("_") and not name.endswith("_request")
    }


@pytest.mark.parametrize("path", CLASSES)
def test_examples_of_docstrings(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the example of the class, then those of its methods, which use its variables."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NAMES_ARTIFACTS", raising=False)
    cls = at(path)
    variables: dict[str, Any] = {}
    runner = doctest.DocTestRunner(optionflags=SAME)
    report: list[str] = []
    for name, member in {cls.__name__: cls, **public_members(cls)}.items():
        text = inspect.getdoc(getattr(cls, name, member)) or ""
        example = doctest.DocTestParser().get_doctest(text, variables, name, path, 0)
        assert example.examples, f"{path}: {name} has no example"
        example.globs = variables  # a copy by default
        runner.run(example, out=report.append, clear_globs=False)
    assert not runner.summarize(verbose=False).failed, "".join(report)


def test_the_reference_shows_every_public_method() -> None:
    pages = "".join((DOCS / name).read_text() for name in ("python.md", "python-trainer.md"))
    for path in CLASSES:
        cls = at(path)
        listed = re.search(
            rf"^::: .*\.{cls.__name__}\n.*\n +members: \[(.*)\]", pages, re.MULTILINE
        )
        assert listed, path
        assert set(listed[1].split(", ")) == set(public_members(cls))
