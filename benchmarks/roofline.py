"""How near is the classifier to what the machine can multiply, and where does the time go?

Part of `predict_speed.py`. One thread, the first block of a file.
"""

import json
import time
from collections import Counter
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from rich.console import Console
from rich.table import Table

from names_predictor import model as model_module
from names_predictor.answers import cells_of
from names_predictor.artifact import read_artifact
from names_predictor.encoding import normalise
from names_predictor.model import NamePredictor, softmax
from names_predictor.prefixes import logits_by_prefix
from names_predictor.runtime import ort

NAMES = 50_000
SIZE = 1024
REPEATS = 5


def print_roofline(path: Path, artifacts: dict[str, str], console: Console) -> None:
    """Print operations a name, the matrix peak, the share reached, and the time by its cause."""
    with path.open(encoding="utf-8") as file:
        names = [line.rstrip("\n") for line, _ in zip(file, range(NAMES), strict=False)]
    steps, characters = _steps(names)
    peaks = {"float32": _peak(np.float32), "int8": _peak(np.int8)}
    table = Table(
        title=f"{len(names):,} distinct names, one thread: {characters:.2f} characters and "
        f"{steps:.2f} distinct prefixes a name"
    )
    for title in (
        "",
        "million operations a name",
        "peak, Gop/s",
        "reached",
        "of it in the session",
    ):
        table.add_column(title, justify="left" if not title else "right")
    causes = Table(title="where the time goes, one thread, µs a name")
    columns = ("", "session", "prefix tree", "sort, encode", "normalise", "softmax", "to text")
    for title in columns:
        causes.add_column(title, justify="left" if not title else "right")
    for name, folder in artifacts.items():
        predictor = NamePredictor.load(folder, 1)
        hidden, labels = _hidden(predictor), len(predictor.labels)
        operations = steps * 2 * (4 * hidden * hidden + hidden * labels)
        seconds = _seconds_by_cause(predictor, names)
        total = sum(seconds.values())
        peak = peaks["int8" if "int8" in name else "float32"]
        table.add_row(
            name,
            f"{operations / 1e6:.2f}",
            f"{peak / 1e9:,.0f}",
            f"{operations * len(names) / total / peak:.0%}",
            f"{operations * len(names) / seconds['session'] / peak:.0%}",
        )
        causes.add_row(name, *(f"{s / len(names) * 1e6:.2f}" for s in seconds.values()))
    console.print(table)
    console.print(causes)
    _print_operators(artifacts, console)


def _steps(names: list[str]) -> tuple[float, float]:
    """Count distinct prefixes and characters a name."""
    normalised = [normalise(name) for name in names]
    prefixes = {name[:end] for name in normalised for end in range(1, len(name) + 1)}
    return len(prefixes) / len(names), sum(map(len, normalised)) / len(names)


def _hidden(predictor: NamePredictor) -> int:
    shape = predictor._session.get_overridable_initializers()[0].shape
    return int(shape[-1])


def _peak(kind: Any) -> float:
    """Measure onnxruntime's product of two square matrices; return operations a second."""
    generator = np.random.default_rng(0)
    weights = (generator.normal(size=(SIZE, SIZE)) * 40).astype(kind)
    whole = kind is np.int8
    node = helper.make_node("MatMulInteger" if whole else "MatMul", ["a", "b"], ["c"])
    of = (TensorProto.UINT8, TensorProto.INT32) if whole else (TensorProto.FLOAT, TensorProto.FLOAT)
    ends = [
        helper.make_tensor_value_info(n, t, [SIZE, SIZE]) for n, t in zip("ac", of, strict=True)
    ]
    graph = helper.make_graph(
        [node], "peak", ends[:1], ends[1:], [numpy_helper.from_array(weights, "b")]
    )
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, ir_version=8, opset_imports=opset)
    session = ort.InferenceSession(model.SerializeToString(), _one_thread())
    inputs = {"a": generator.integers(0, 127, (SIZE, SIZE)).astype(np.uint8 if whole else kind)}
    seconds = []
    for _ in range(10 * REPEATS):
        start = time.perf_counter()
        session.run(None, inputs)
        seconds.append(time.perf_counter() - start)
    return 2 * SIZE**3 / median(seconds)


def _one_thread() -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return options


class _Clock:
    """Stands before something callable and counts the seconds it takes."""

    def __init__(self, work: Any) -> None:
        self.work = work
        self.seconds = 0.0

    def __call__(self, *arguments: Any, **more: Any) -> Any:
        start = time.perf_counter()
        try:
            return self.work(*arguments, **more)
        finally:
            self.seconds += time.perf_counter() - start

    def __getattr__(self, name: str) -> Any:
        return getattr(self.work, name)


def _seconds_by_cause(predictor: NamePredictor, names: list[str]) -> dict[str, float]:
    """Classify several times, with a clock in each part; return medians."""
    turns: list[dict[str, float]] = []
    session = predictor._session
    for _ in range(REPEATS):
        run, walked, soft = _Clock(session.run), _Clock(logits_by_prefix), _Clock(softmax)

        predictor._session = SimpleNamespace(
            run=run, get_overridable_initializers=session.get_overridable_initializers
        )
        vars(model_module).update(logits_by_prefix=walked, softmax=soft)
        start = time.perf_counter()
        answers = predictor.answer(names)
        answered = time.perf_counter()
        lines = [
            "\t".join((n, *c))
            for n, c in zip(names, cells_of(answers, predictor.labels), strict=True)
        ]
        written = time.perf_counter()
        assert len(lines) == len(names)
        [normalise(name) for name in names]
        normalised = time.perf_counter() - written
        rest = answered - start - walked.seconds - soft.seconds - normalised
        turns.append(
            {
                "session": run.seconds,
                "prefix tree": walked.seconds - run.seconds,
                "sort, encode": rest,
                "normalise": normalised,
                "softmax": soft.seconds,
                "to text": written - answered,
            }
        )
    predictor._session = session
    vars(model_module).update(logits_by_prefix=logits_by_prefix, softmax=softmax)
    return {cause: median(turn[cause] for turn in turns) for cause in turns[0]}


def _print_operators(artifacts: dict[str, str], console: Console) -> None:
    """Print the share of a step's time that each operator has, in batches of 1,024."""
    table = Table(title="operators, share of a step of 1,024 prefixes")
    table.add_column("")
    table.add_column("")
    for name, folder in artifacts.items():
        options = _one_thread()
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(folder) / "profile")
        session = ort.InferenceSession(read_artifact(Path(folder)).model, options)
        generator = np.random.default_rng(0)
        inputs: dict[str, Any] = {
            state.name: np.tanh(generator.normal(size=(1024, state.shape[-1]))).astype(np.float32)
            for state in session.get_overridable_initializers()
        }
        inputs |= {"ids": generator.integers(2, 20, (1024, 1)), "lengths": np.ones(1024, np.int64)}
        for _ in range(100):
            session.run(None, inputs)
        profile = Path(session.end_profiling())
        spent: Counter[str] = Counter()
        for event in json.loads(profile.read_text()):
            if event["cat"] == "Node" and event["name"].endswith("kernel_time"):
                spent[event["args"]["op_name"]] += event["dur"]
        profile.unlink()
        del spent["If"]  # the sum of the others
        whole = sum(spent.values())
        shares = (f"{op} {took / whole:.0%}" for op, took in spent.most_common(8))
        table.add_row(name, ", ".join(shares))
    console.print(table)
