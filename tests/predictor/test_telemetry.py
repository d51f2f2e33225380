"""The runtime's telemetry is off: no file below the home folder, no connection, no look-up."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from names_predictor.inference.runtime import TELEMETRY_OFF

ROOT = Path(__file__).parents[2]
RUNTIME = ROOT / "predictor" / "names_predictor" / "inference" / "runtime.py"
SILENCES = (
    "APPVEYOR", "BITBUCKET_BUILD_NUMBER", "BUILDKITE", "CI", "CIRCLECI", "CODEBUILD_BUILD_ID",
    "GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL", "TEAMCITY_VERSION", "TF_BUILD", "TRAVIS",
)  # fmt: skip
"""Variables of build machines, where the runtime is silent by itself."""

LABEL = """
import sys, time
from names_predictor import NamePredictor
predictor = NamePredictor.load()
for _ in range(int(sys.argv[1])):
    predictor.predict(["Papadopoulos"])
    time.sleep(1)
"""
EXPORT = """
from names_trainer.classifier import NameClassifier
names = [a + b for a in "abcdefgh" for b in ("ko", "mo")]
NameClassifier(num_epochs=1, hidden_dim=4, embedding_dim=4).fit(names, [n[-2:] for n in names])
"""


def environment(home: Path) -> dict[str, str]:
    """A user's environment, not a build machine's; nothing is switched off yet."""
    removed = (*SILENCES, *TELEMETRY_OFF)
    return {k: v for k, v in os.environ.items() if k not in removed} | {"HOME": str(home)}


@pytest.mark.parametrize(
    "command",
    [
        ["-m", "names_predictor", "names.txt", "--output", "labelled.tsv"],
        ["-c", LABEL, "1"],
        ["-c", EXPORT],
    ],
    ids=["names-predict", "predictor", "trainer"],
)
def test_nothing_is_written_below_the_home_folder(tmp_path: Path, command: list[str]) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "names.txt").write_text("Papadopoulos\n")
    done = subprocess.run(
        [sys.executable, *command],
        env=environment(home),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    written = [str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()]
    assert [path for path in written if "onnxruntime" in path or "Microsoft" in path] == []
    if command[0] == "-m":
        assert written == []


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("strace"), reason="needs strace: `make browser` installs it")
def test_native_code_opens_no_connection(tmp_path: Path) -> None:
    """The runtime sends its first events after some ten seconds."""
    trace = tmp_path / "trace"
    subprocess.run(
        ["strace", "-f", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg,execve",
         "-o", trace, sys.executable, "-c", LABEL, "15"],
        env=environment(tmp_path),
        check=True,
    )  # fmt: skip
    calls = trace.read_text(encoding="utf-8", errors="replace").splitlines()
    assert any("execve(" in call for call in calls), "strace saw nothing"
    assert [call for call in calls if re.search(r"\b(connect|send\w+)\(", call)] == []


def test_onnxruntime_is_imported_in_one_place() -> None:
    sources = [
        path
        for folder in ("predictor", "trainer", "benchmarks", "tests", "data")
        for path in (ROOT / folder).rglob("*.py")
    ]
    importers = {
        path
        for path in sources
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Import) and "onnxruntime" in {n.name for n in node.names})
        or (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("onnxruntime"))
    }
    assert importers == {RUNTIME}


def test_a_bare_session_in_the_docs_switches_it_off() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md"))
    blocks = re.findall(r"^```python[^\n]*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    sessions = [block for block in blocks if "import onnxruntime" in block]
    assert sessions
    for session in sessions:
        assert "ORT_DISABLE_TELEMETRY" in session.partition("import onnxruntime")[0]


def test_who_has_set_the_variable_is_not_overruled() -> None:
    code = (
        "import os, names_predictor.inference.runtime; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    )
    for given, expected in (({}, "1"), ({"ORT_DISABLE_TELEMETRY": "chosen"}, "chosen")):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=environment(Path.home()) | {"CI": "1"} | given,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == expected


@pytest.mark.parametrize("first", ["onnxruntime", "names_predictor.inference.runtime"])
def test_who_imports_the_runtime_first_is_warned(tmp_path: Path, first: str) -> None:
    """The runtime looks at the variable once, as it is imported."""
    code = f"import {first}\nfrom names_predictor import NamePredictor\nNamePredictor.load()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(tmp_path) | {"CI": "1"},  # nothing is to be sent by this test
        capture_output=True,
        text=True,
        check=True,
    )
    assert ("set ORT_DISABLE_TELEMETRY=1" in done.stderr) == (first == "onnxruntime")
