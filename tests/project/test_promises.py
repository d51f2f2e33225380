"""The promises of README.md and docs/reliability.md about both packages."""

import ast
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import Result
from faults_load import FEWEST_CALLS, PROCESSES, THREADS, soak

from names_predictor.inference.predictor import NamePredictor
from names_trainer.runs.run import Run

ROOT = Path(__file__).parents[2]
SOURCES = [
    *(ROOT / "predictor" / "names_predictor").rglob("*.py"),
    *(ROOT / "trainer" / "names_trainer").rglob("*.py"),
]
UNSAFE_MODULES = {
    "pickle",
    "cPickle",
    "_pickle",
    "dill",
    "cloudpickle",
    "joblib",
    "shelve",
    "marshal",
}
UNSAFE_CALLS = {
    *("torch.load", "torch.save", "torch.jit.load", "np.load", "numpy.load", "onnx.load"),
    *("pd.read_pickle", "yaml.load", "eval", "exec", "os.system"),
}
GRID = "[grid]\nhidden_dim = [8]\n\n[settings]\nnum_epochs = 1\nembedding_dim = 4\n"
NETWORK_MODULES = {
    *("socket", "ssl", "http", "urllib", "requests", "httpx", "httpx2", "ftplib", "pooch"),
    "huggingface_hub",
}
FETCHING = {
    "download.py": {"pooch"},
    "hub.py": {"huggingface_hub"},
    "share.py": {"huggingface_hub"},
}


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def called(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_nothing_is_unpickled_or_evaluated(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not UNSAFE_MODULES & set(imported(tree))
    assert not UNSAFE_CALLS & set(called(tree))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_the_network_is_for_fetching_alone(path: Path) -> None:
    found = NETWORK_MODULES & set(imported(ast.parse(path.read_text(encoding="utf-8"))))
    assert found == FETCHING.get(path.name, set())


def test_the_search_finds_what_it_searches_for() -> None:
    tree = ast.parse("import pickle.x\nfrom joblib import load\ndef f(): return torch.load('x')")
    assert {*imported(tree)} == {"pickle", "joblib"}
    assert UNSAFE_CALLS & {*called(tree)} == {"torch.load"}


def test_weights_are_safetensors(finished_run: Run) -> None:
    suffixes = {path.suffix for path in finished_run.folder.iterdir()}
    assert suffixes == {".json", ".jsonl", ".safetensors"}


def offline(folder: Path, *commands: list[object]) -> Result:
    """Run commands one after another in a process that ends if it uses the network."""
    code = (
        "import json, sys\n"
        "from names_predictor.cli.main import main as predict\n"
        "from names_trainer.cli.main import main as names\n"
        "for command, *arguments in json.loads(sys.argv[1]):\n"
        "    sys.argv = [command, *arguments]\n"
        "    try: {'names': names, 'names-predict': predict}[command]()\n"
        "    except SystemExit as ended:\n"
        "        if ended.code: raise\n"
    )
    import json

    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(commands, default=str)],
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join([str(ROOT / "tests" / "offline"), *sys.path])},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def test_no_network_is_touched(corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("Kova\nZaktzu\n", encoding="utf-8")
    (tmp_path / "names.csv").write_text("name,n\nKova,1\n", encoding="utf-8")
    (tmp_path / "grid.toml").write_text(GRID, encoding="utf-8")
    small = ["--hidden-dim", 8, "--embedding-dim", 4, "--num-epochs", 1, "--data-dir", corpus]
    result = offline(
        tmp_path,
        ["names", "data", "check", "--data-dir", corpus],
        ["names", "train", *small],
        ["names", "export"],
        ["names", "evaluate"],
        ["names", "inspect"],
        ["names", "study", "grid.toml", "--data-dir", corpus, "--seeds", "1", "--split", "grouped"],
        ["names-predict", "names.txt", "--output", "labelled.tsv"],
        ["names-predict", "names.txt", "--output", "labelled.tsv", "--resume"],
        ["names-predict", "names.csv", "--column", "name", "--coverage", "0.9", "--hash-names"],
        ["names-predict", "--explain", "Kova"],
    )
    assert result.code == 0, result.err
    assert len((tmp_path / "labelled.tsv").read_text(encoding="utf-8").splitlines()) == 2


def test_the_block_is_real(tmp_path: Path) -> None:
    """Otherwise the test above could not fail."""
    result = offline(tmp_path, ["names", "data", "fetch", "--base-url", "http://127.0.0.1:9/"])
    assert result.code == 99
    assert "network: socket" in result.err


def test_a_predictor_can_be_pickled(artifact_folder: Path) -> None:
    labels = NamePredictor.load(artifact_folder).labels
    predictor = NamePredictor.load(artifact_folder, prior={labels[0]: 1, labels[2]: 3})
    copy = pickle.loads(pickle.dumps(predictor))
    names = ["abc", "", "xyz", "王"]
    np.testing.assert_array_equal(copy.predict_proba(names), predictor.predict_proba(names))
    assert copy.predict(names) == predictor.predict(names)


def test_threads_and_processes_predict_alike(artifact_folder: Path) -> None:
    done = soak(artifact_folder, seconds=4)
    assert done.calls >= FEWEST_CALLS * (THREADS + PROCESSES)
    assert done.different == 0
    assert done.growth < 50
