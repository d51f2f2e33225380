"""Which module imports which: the layers of both packages, lazy imports included."""

import ast
from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PREDICTOR, TRAINER = "predictor/names_predictor", "trainer/names_trainer"
GROUND = ("errors.py", "encoding.py", "conformal.py", "fingerprint.py", "processors.py")
LAYERS = {
    PREDICTOR: "artifact inference formats engines cli",
    TRAINER: "options.py config.py presets.py metrics.py data models runs training evaluation "
    "observer.py distillation pipeline.py onnx_graph export classifier.py page study views cli "
    "child.py",
}
"""Modules and sub-packages: each imports only those before it."""

CHILDREN = ("subprocess", "multiprocessing", "torch.multiprocessing", "concurrent.futures.process")


def imported(source: str) -> set[str]:
    """Return the modules, and the names in them, that a module imports anywhere in its text."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "relative imports are not followed here"
            names |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def imports(place: str) -> dict[str, set[str]]:
    """Return what each module in a folder, or that of a path, imports."""
    paths = [ROOT / place] if place.endswith(".py") else sorted((ROOT / place).rglob("*.py"))
    assert paths
    return {str(p.relative_to(ROOT)): imported(p.read_text(encoding="utf-8")) for p in paths}


def module(package: str, path: str) -> str:
    """Return the dotted name of a module or sub-package of `package`."""
    return f"{Path(package).name}.{path.removesuffix('.py')}"


def within(names: Iterable[str], packages: Iterable[str]) -> list[str]:
    """Return those names that are one of the packages, or in one."""
    heads = tuple(packages)
    return sorted(n for n in names if n in heads or n.startswith(tuple(f"{h}." for h in heads)))


def test_imports_are_found_anywhere_in_a_module() -> None:
    lazy = "def f():\n    if 1:\n        from torch import nn\n    import a.b as c\n"
    assert imported(lazy) == {"torch", "torch.nn", "a.b"}
    assert within({"torch.nn", "torchvision", "onnx"}, ["torch", "onnx"]) == ["onnx", "torch.nn"]


@pytest.mark.parametrize(
    ("place", "forbidden"),
    [
        (PREDICTOR, ["torch", "onnx", "names_trainer"]),
        *(
            (f"{PREDICTOR}/{m}", [module(PREDICTOR, layer) for layer in LAYERS[PREDICTOR].split()])
            for m in GROUND
        ),
        *(
            (f"{package}/{layer}", [module(package, above) for above in layers.split()[i + 1 :]])
            for package, layers in LAYERS.items()
            for i, layer in enumerate(layers.split()[:-1])
        ),
        (f"{PREDICTOR}/formats/base.py", ["names_predictor.formats", "names_predictor.inference"]),
        (
            f"{TRAINER}/views",
            ["names_trainer.pipeline", "names_trainer.training", "names_trainer.distillation"],
        ),
    ],
)
def test_no_layer_imports_one_above(place: str, forbidden: list[str]) -> None:
    found = {path: within(names, forbidden) for path, names in imports(place).items()}
    assert not {path: names for path, names in found.items() if names}


@pytest.mark.parametrize("package", [PREDICTOR, TRAINER])
def test_no_two_modules_import_each_other(package: str) -> None:
    folder = Path(package).parent
    found = imports(package)
    named = {
        ".".join(Path(path).relative_to(folder).with_suffix("").parts).removesuffix(
            ".__init__"
        ): names
        for path, names in found.items()
    }
    graph = {name: (names & named.keys()) - {name} for name, names in named.items()}
    for name, names in graph.items():  # `from a.b import c` does not import a.b if c is a module
        needless = {n for n in names if any(other.startswith(f"{n}.") for other in names)}
        graph[name] = names - needless
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(f"a circle: {circle.args[1]}")


def test_only_the_pipeline_knows_the_order_of_a_run() -> None:
    loop, soft_labels = "names_trainer.training.loop", "names_trainer.distillation.soft_labels"
    knows = [m for m, names in imports(TRAINER).items() if {loop, soft_labels} <= names]
    assert knows == [f"{TRAINER}/pipeline.py"]


def test_child_processes_start_in_one_module() -> None:
    starts = [path for path, names in imports(TRAINER).items() if within(names, CHILDREN)]
    assert len(starts) == 1, starts
