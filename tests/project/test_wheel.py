"""The predictor's wheel alone, in an environment without torch."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_the_wheel_predicts_without_torch(artifact_folder: Path, tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    subprocess.run(
        [*pip, "wheel", "--no-deps", "-w", tmp_path / "wheels", ROOT / "predictor"], check=True
    )
    (wheel,) = (tmp_path / "wheels").iterdir()
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    constraints = ROOT / "constraints.txt"
    subprocess.run([python, "-m", "pip", "-q", "install", "-c", constraints, wheel], check=True)
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format=freeze"], capture_output=True, text=True, check=True
    ).stdout
    installed = {line.partition("==")[0] for line in listed.splitlines()}
    assert "names-predictor" in installed
    assert not {"torch", "onnx", "names-trainer", "safetensors"} & installed
    (tmp_path / "names.txt").write_text("abc\n\n")
    done = subprocess.run(
        [python.with_name("names-predict"), "names.txt", "--artifacts", artifact_folder],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    first, second = done.stdout.splitlines()
    assert first.startswith("abc\tlabel ")
    assert second == "\t\t\tblank"
