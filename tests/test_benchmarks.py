import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_the_accuracy_benchmark_scores_what_it_is_asked_to(corpus: Path, tmp_path: Path) -> None:
    only = ["majority label", "n-gram SVM", "names, coursework"]
    command = [sys.executable, ROOT / "benchmarks" / "accuracy.py", "--data-dir", corpus]
    options = ["--seeds", "2", "--output", tmp_path, "--only", *only]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=True)
    results = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    assert [(r["seed"], r["name"]) for r in results] == [
        (s, name) for s in (100, 101) for name in only
    ]
    majority, svm, coursework = results[:3]
    assert majority["accuracy"] < 0.5 < svm["accuracy"]
    assert coursework["kilobytes"] > 100
    assert "names, coursework against n-gram SVM" in done.stdout
    again = subprocess.run([*command, *options], capture_output=True, text=True, check=True)
    assert len((tmp_path / "results.jsonl").read_text().splitlines()) == len(results)
    assert again.stdout in done.stdout
