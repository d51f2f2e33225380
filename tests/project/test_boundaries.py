"""What may import what: the walls between the rooms of both packages, lazy imports included."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("torch", "onnx", "names_trainer")


def imports(folder: str) -> dict[str, set[str]]:
    """Return what each module of a folder imports, by its path in the repository."""
    found = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        names: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module or "")
                names |= {f"{node.module}.{alias.name}" for alias in node.names}
        found[str(path.relative_to(ROOT))] = names
    assert found
    return found


def crossings(folder: str, forbidden: tuple[str, ...]) -> list[str]:
    return [
        f"{module} imports {name}"
        for module, names in imports(folder).items()
        for name in sorted(names)
        if any(name == one or name.startswith(f"{one}.") for one in forbidden)
    ]


PREDICTOR, TRAINER = "predictor/names_predictor", "trainer/names_trainer"


@pytest.mark.parametrize(
    ("folder", "forbidden"),
    [
        (PREDICTOR, HEAVY),
        (f"{PREDICTOR}/formats", ("names_predictor.engines", "names_predictor.cli")),
        (f"{PREDICTOR}/inference", ("names_predictor.formats", "names_predictor.cli")),
        (f"{TRAINER}/data", ("names_trainer.models",)),
        (
            f"{TRAINER}/training",
            ("names_trainer.distillation", "names_trainer.evaluation", "names_trainer.views"),
        ),
        (f"{TRAINER}/views", ("names_trainer.training", "names_trainer.distillation")),
    ],
)
def test_no_room_reaches_through_a_wall(folder: str, forbidden: tuple[str, ...]) -> None:
    assert not crossings(folder, forbidden)


def test_only_the_pipeline_knows_the_order_of_a_run() -> None:
    both = {"names_trainer.training.loop", "names_trainer.distillation.soft_labels"}
    knows = [module for module, names in imports(TRAINER).items() if both <= names]
    assert knows == [f"{TRAINER}/pipeline.py"]


def test_child_processes_start_in_one_module() -> None:
    starts = [
        module
        for module, names in imports(TRAINER).items()
        if names & {"subprocess", "multiprocessing"}
    ]
    assert len(starts) == 1, starts
