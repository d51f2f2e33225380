"""Compare the accuracy of the presets with other classifiers trained on the same names.

    python benchmarks/accuracy.py --data-dir data/names18

All classifiers get the same splits, seed by seed, are tuned and calibrated on the validation split,
and are evaluated once on the test split; the presets with the predictor, from the exported
artifact. Runs in `results.jsonl` are not repeated.

With --auxiliary-dir, the linear models and the presets with teachers learn those names too, and
the results are a separate table.
"""

import argparse
import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any

import numpy as np
from accuracy_rivals import Job, Trained, fasttext, linear, majority, svm_with_fallbacks
from rich.console import Console
from rich.table import Table

from names_predictor.conformal import prediction_sets, thresholds
from names_predictor.inference.predictor import NamePredictor
from names_predictor.processors import available_processors
from names_trainer.config import Source
from names_trainer.data.corpus import read_corpus, split_corpus
from names_trainer.distillation.soft_labels import teach
from names_trainer.evaluation.comparison import t_interval
from names_trainer.export.export import export
from names_trainer.metrics import evaluate
from names_trainer.pipeline import fit
from names_trainer.presets import PRESETS
from names_trainer.runs.folders import SOFT_LABELS_FILE
from names_trainer.runs.run import Run

COVERAGE = 0.9


def preset(job: Job, name: Any) -> Trained:
    """Train and export a preset; return the predictor's results."""
    config = replace(PRESETS[name], data_dir=str(job.data_dir), split=job.strategy, seed=job.seed)
    if config.teachers:
        teachers = job.teachers or config.teachers
        config = replace(config, auxiliary_dir=job.auxiliary_dir, teachers=teachers)
    started = time.perf_counter()
    run = Run.create(job.folder, config, name)
    teaching = run.folder / "teaching_seconds"
    # The presets with teachers have the same ones, so the second reuses the first's soft labels.
    for other in (job.folder / p for p in PRESETS if p != name):
        if config.teachers and (other / SOFT_LABELS_FILE).exists():
            shutil.copy(other / SOFT_LABELS_FILE, run.folder)
            shutil.copy(other / teaching.name, teaching)
    if config.teachers and not teaching.exists():
        teach(run, available_processors(), lambda *_: None)
        teaching.write_text(str(time.perf_counter() - started))
        started = time.perf_counter()
    fit(run)
    artifact, _ = export(run, run.folder / "artifact")
    own = time.perf_counter() - started
    taught = float(teaching.read_text()) if config.teachers else 0.0
    predictor = NamePredictor.load(run.folder / "artifact")
    probabilities = predictor.predict_proba([row.name for row in job.split.test])
    unusable = np.isnan(probabilities[:, 0])
    probabilities[unusable] = np.array(artifact.vocab.class_priors, dtype=np.float32)
    targets = job.targets(job.split.test)
    lowest = thresholds(artifact.vocab.groups, len(job.labels), COVERAGE)
    sets = prediction_sets(probabilities, lowest)
    held = np.bincount(targets, sets[np.arange(len(targets)), targets], len(job.labels))
    extra = {
        "taught": taught,
        "held": held.tolist(),
        "support": np.bincount(targets, minlength=len(job.labels)).tolist(),
        "set_size": float(sets.sum(axis=1).mean()),
        "temperatures": artifact.vocab.temperatures,
    }
    return Trained(probabilities, len(artifact.model) / 1e3, own + taught, extra)


CLASSIFIERS: dict[str, Callable[[Job], Trained]] = {
    "majority label": majority,
    "n-gram SVM": lambda job: linear(job, "svm"),
    "n-gram SVM, fallbacks": svm_with_fallbacks,
    "n-gram logistic regression": lambda job: linear(job, "logistic"),
    "fastText": fasttext,
    "names, default": lambda job: preset(job, "default"),
    "names, coursework": lambda job: preset(job, "coursework"),
    "names, best": lambda job: preset(job, "best"),
    "names, small": lambda job: preset(job, "small"),
}


def main() -> None:
    """Train the classifiers without results, then print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data-dir", type=Path, default=Path("data/names"))
    parser.add_argument("--split", choices=["grouped", "random"], default="grouped")
    parser.add_argument("--auxiliary-dir", type=Path, metavar="DIR")
    parser.add_argument("--teachers", type=int, metavar="N", help="override that of the presets")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=100)
    parser.add_argument("--only", nargs="*", default=list(CLASSIFIERS), metavar="CLASSIFIER")
    parser.add_argument("--output", type=Path, default=Path("artifacts/accuracy"))
    options = parser.parse_args()
    console = Console(width=None if Console().is_terminal else 140)
    rows = read_corpus(Source(options.data_dir))
    labels = tuple(sorted({row.label for row in rows}))
    results_file = options.output / "results.jsonl"
    options.output.mkdir(parents=True, exist_ok=True)
    key = f"{options.data_dir.name}, {options.split}"
    auxiliary_dir = str(options.auxiliary_dir or "")
    if auxiliary_dir:
        key += f", with {options.auxiliary_dir.name}"
    if options.teachers:
        key += f", {options.teachers} teachers"
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        split = split_corpus(rows, options.split, seed)
        folder = options.output / key.replace(", ", "-").replace(" ", "-") / str(seed)
        job = Job(
            options.data_dir, options.split, seed, split, labels, folder, auxiliary_dir,
            options.teachers,
        )  # fmt: skip
        for name in options.only:
            done = {(r["key"], r["seed"], r["name"]) for r in read_results(results_file)}
            if (key, seed, name) in done:
                continue
            trained = CLASSIFIERS[name](job)
            targets = job.targets(split.test)
            metrics = evaluate(trained.probabilities, targets, labels)
            best3 = np.argsort(-trained.probabilities, axis=1, kind="stable")[:, :3]
            result = {
                "key": key,
                "seed": seed,
                "name": name,
                "accuracy": metrics.accuracy,
                "macro_f1": metrics.macro_f1,
                "top3": float((best3 == targets[:, None]).any(axis=1).mean()),
                "loss": metrics.loss,
                "calibration_error": metrics.calibration_error,
                "seconds": trained.seconds,
                "kilobytes": trained.kilobytes,
            } | trained.extra
            with results_file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(result) + "\n")
            console.print(f"{key} {seed} {name}: {metrics.accuracy:.4f} {metrics.macro_f1:.4f}")
    show([r for r in read_results(results_file) if r["key"] == key], labels, console)


def read_results(path: Path) -> list[dict[str, Any]]:
    """Return the results of the finished runs."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def show(results: list[dict[str, Any]], labels: Sequence[str], console: Console) -> None:
    """Print means and deviations over seeds, paired differences, and coverages."""
    by_name = {name: [r for r in results if r["name"] == name] for name in CLASSIFIERS}
    by_name = {
        name: sorted(rows, key=lambda r: r["seed"]) for name, rows in by_name.items() if rows
    }
    table = Table(title=f"{results[0]['key']}: test split, mean and deviation over seeds")
    columns = ("seeds", "accuracy", "macro-F1", "top 3", "loss", "cal. error", "seconds", "kB")
    for title in ("", *columns):
        table.add_column(title)
    for name, rows in by_name.items():
        cells = [
            f"{mean(values):.4f}" + (f" ± {stdev(values):.4f}" if len(values) > 1 else "")
            for values in ([r[metric] for r in rows] for metric in ("accuracy", "macro_f1", "top3"))
        ]
        cells += [
            f"{mean(r[metric] for r in rows):.4f}" for metric in ("loss", "calibration_error")
        ]
        cells += [f"{median(r[f] for r in rows):,.0f}" for f in ("seconds", "kilobytes")]
        table.add_row(name, str(len(rows)), *cells)
    console.print(table)
    rivals = [name for name in by_name if name.startswith(("n-gram", "fastText"))]
    for name in (n for n in by_name if n.startswith("names")):
        for rival in [*rivals, *(n for n in by_name if n == "names, best" != name)]:
            theirs = {r["seed"]: r["accuracy"] for r in by_name[rival]}
            gaps = [r["accuracy"] - theirs[r["seed"]] for r in by_name[name] if r["seed"] in theirs]
            if len(gaps) > 1:
                gap = t_interval([100 * g for g in gaps])
                console.print(
                    f"{name} against {rival}: {gap.mean:+.2f} points of accuracy, "
                    f"95 % {gap.low:+.2f} to {gap.high:+.2f}, paired over {len(gaps)} seeds"
                )
        held, support = (
            np.sum([r[key] for r in by_name[name]], axis=0) for key in ("held", "support")
        )
        far = [
            f"{label} {h / n:.3f} of {n}"
            for label, h, n in zip(labels, held, support, strict=True)
            if n and abs(h / n - COVERAGE) > 0.015
        ]
        console.print(
            f"{name}: sets for {COVERAGE:.0%} hold the right label in "
            f"{held.sum() / support.sum():.2%}, "
            f"{mean(r['set_size'] for r in by_name[name]):.2f} labels a set; "
            f"more than 1.5 points off: {', '.join(far) or 'none'}"
        )


if __name__ == "__main__":
    main()
