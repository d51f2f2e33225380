"""The report in a real browser, if there is one."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import HANGS, small_config
from PIL import Image, ImageStat

from names_trainer.config import TrainConfig
from names_trainer.evaluation.comparison import trend_per_doubling
from names_trainer.evaluation.plots import plot_reliability
from names_trainer.metrics import evaluate
from names_trainer.pipeline import fit
from names_trainer.runs.run import Run
from names_trainer.study.cells import Cell
from names_trainer.study.questions import label_trends, other_seeds, questions
from names_trainer.study.report import _save, write_report
from names_trainer.study.study import Result, StudyRun
from names_trainer.training.loop import train


@pytest.fixture(scope="module")
def report(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    planned = []
    for split in ("random", "grouped"):
        for size in (10, 20, 40):
            for seed in (100, 101):
                config = small_config(corpus, split=split, batch_size=size, seed=seed)
                run = Run.create(folder / "runs", config, f"{split}-{size}-{seed}")
                list(train(run))
                fit(run)
                cell = {"batch_size": size}
                planned.append(StudyRun(config, run.folder, "batch-size", cell))
    write_report(planned, folder / "report.html")
    return folder / "report.html"


def test_the_page_holds_everything_and_loads_nothing(report: Path) -> None:
    page = report.read_text(encoding="utf-8")
    assert "12 of 12 runs finished" in page
    assert (
        page.count("<svg") == 6 + 2 + 2
    )  # curves of the cells, reliability and confusions by split
    assert page.count("coursework 0.784") == 1  # under the random split alone
    assert page.count('class="answer"') == 4
    (verdict,) = re.findall(r'<div class="verdict">(.*?)</div>', page, re.DOTALL)
    assert len(re.findall(r"validates best, correct for \d+ of \d+ names", verdict)) == 2
    assert verdict.count("test macro-F1: ") == 2
    assert page.index(verdict) < page.index("<table")
    assert page.count("Confusions") == 2
    for outside in ("<script", "<link", "@import", 'src="', "url(http"):
        assert outside not in page
    assert len(list((report.parent / "plots").glob("*.svg"))) == 6 + 2 + 2


def test_curves_of_one_seed_have_no_band(finished_run: Run, tmp_path: Path) -> None:
    run = StudyRun(finished_run.config, finished_run.folder, "one", {"dropout": 0.0})
    write_report([run], tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "dropout 0.0: training (dashed) and validation<" in page


def test_a_grid_of_a_file_may_be_called_layers(finished_run: Run, tmp_path: Path) -> None:
    runs = [
        StudyRun(finished_run.config, finished_run.folder, "layers", {"dropout": rate})
        for rate in (0.0, 0.1)
    ]
    write_report(runs, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<h2>layers, grouped split</h2>" in page
    assert "Task 1" not in page


def test_a_cell_without_a_run_leaves_a_gap_in_its_column(finished_run: Run, tmp_path: Path) -> None:
    sizes = [(1, 200), (1, 300), (2, 200), (2, 250), (2, 300)]  # not (1, 250)
    runs = [
        StudyRun(
            replace(finished_run.config, num_layers=layers, hidden_dim=size),
            finished_run.folder,
            "layers",
            {"num_layers": layers, "hidden_dim": size},
        )
        for layers, size in sizes
    ]
    write_report(runs, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    table = page[page.index("Task 1") :].partition("</table>")[0]
    assert re.findall(r"<th>(.*?)</th>", table) == [
        "layers",
        *(f"hidden {n}" for n in (200, 250, 300)),
    ]
    rows = [re.findall(r"<td>(.*?)</td>", row) for row in table.split("<tr>")[2:]]
    assert [[bool(cell) for cell in row] for row in rows] == [
        [True, True, False, True],
        [True] * 4,
    ]


def cell_of(size: int, seeds: list[int]) -> Cell:
    """Return a cell whose accuracy depends on the seed only."""
    results = []
    for seed in seeds:
        config = TrainConfig(batch_size=size, seed=seed)
        run = StudyRun(config, Path("x"), "batch-size", {"batch_size": size})
        right = np.arange(10) < seed
        probabilities = np.where(right[:, None], [0.9, 0.1], [0.1, 0.9]).astype(np.float32)
        test = evaluate(probabilities, np.zeros(10, dtype=np.int64), ("a", "b"))
        results.append(Result(run, (), test))
    options = {"batch_size": size}
    return Cell("batch-size", "grouped", str(size), options, tuple(results), {})


def test_only_runs_of_the_same_seeds_are_compared() -> None:
    assert questions([cell_of(10, [1, 2, 3]), cell_of(20, [2, 3, 4])]) == []
    found = questions([cell_of(10, [1, 2, 3]), cell_of(20, [1, 2, 3]), cell_of(40, [2, 3, 4])])
    assert {question.seeds for question in found} == {3}
    assert [question.trend.mean for question in found if question.trend] == [0.0, 0.0]
    cells = [cell_of(10, [1, 2, 3]), cell_of(20, [1, 2, 3]), cell_of(5, [3, 9])]
    assert other_seeds(cells) == []
    for seeds in ([1, 3], [1, 3, 4]):
        cells[-1] = cell_of(5, seeds)
        ((cell, shared, gap),) = other_seeds(cells)
        assert (cell.options, shared, gap.mean) == ({"batch_size": 5}, 2, 0.0)


def with_accuracies(size: int, accuracies: list[float]) -> Cell:
    cell = cell_of(size, list(range(1, len(accuracies) + 1)))
    pairs = zip(cell.results, accuracies, strict=True)
    changed = (replace(one, test=replace(one.test, accuracy=right)) for one, right in pairs)
    return replace(cell, results=tuple(changed))


def test_other_seeds_are_compared_with_the_nearest_value() -> None:
    cells = [cell_of(size, [1, 2, 3]) for size in (10, 20)]
    cells[1] = with_accuracies(20, [0.9, 0.9, 0.9])
    ((_, _, gap),) = other_seeds([*cells, cell_of(40, [1, 2])])
    assert gap.mean == pytest.approx((0.1 + 0.2) / 2 - 0.9)


def test_an_answer_has_the_trend_and_the_pairs_that_differ() -> None:
    rising = [with_accuracies(10 * 2**n, [0.7 + 0.05 * n, 0.72 + 0.05 * n]) for n in range(3)]
    accuracy, macro_f1 = questions(rising)
    assert accuracy.answer() == (
        "Batch size matters: test accuracy changes by +5.00 points a doubling (95 % interval +5.00 "
        "to +5.00); pairs that differ: 20 against 10 +5.00, 40 against 10 +10.00, 40 against 20 "
        "+5.00."
    )
    assert macro_f1.verdict == "no effect of batch size is shown"
    assert macro_f1.answer().endswith("; no pair differs.")
    assert accuracy.friedman is not None
    assert questions(rising[:2])[0].friedman is None
    hill = [[0.70, 0.71, 0.72], [0.80, 0.81, 0.82], [0.70, 0.72, 0.71]]
    found, _ = questions([with_accuracies(10 * 2**n, values) for n, values in enumerate(hill)])
    assert found.verdict == "no trend over batch size is shown"


def test_the_value_0_is_compared_but_has_no_doubling() -> None:
    means = {0.0: 0.6, 0.2: 0.7, 0.4: 0.75}
    cells = [
        replace(with_accuracies(10, [mean, mean + 0.02]), options={"dropout": rate})
        for rate, mean in means.items()
    ]
    accuracy, _ = questions(cells)
    assert accuracy.answer() == (
        "Dropout matters: test accuracy changes by +5.00 points a doubling (95 % interval +5.00 "
        "to +5.00); pairs that differ: 0.2 against 0 +10.00, 0.4 against 0 +15.00, 0.4 against 0.2 "
        "+5.00."
    )
    accuracy, macro_f1 = questions(cells[:2])
    assert accuracy.answer() == "Dropout matters: pairs that differ: 0.2 against 0 +10.00."
    assert macro_f1.answer() == "No effect of dropout is shown: no pair differs."
    assert label_trends(cells[:2]) == []


def test_the_trend_of_a_label_needs_test_rows_in_every_run() -> None:
    cells = [cell_of(10, [1, 2]), cell_of(20, [1, 2])]
    pairs = zip(cells[1].results, cell_of(20, [5, 9]).results, strict=True)
    tests = (replace(one, test=other.test) for one, other in pairs)
    cells[1] = replace(cells[1], results=tuple(tests))
    first, *others = cells[0].results
    of_a, of_b = first.test.per_label
    with_b = replace(first, test=replace(first.test, per_label=(of_a, replace(of_b, rows=1))))
    cells[0] = replace(cells[0], results=(with_b, *others))
    ((split, label, trend),) = label_trends(cells)
    assert (split, label) == ("grouped", "a")
    f1s = {cell.value: [one.test.per_label[0].f1 for one in cell.results] for cell in cells}
    assert trend == trend_per_doubling(f1s, comparisons=2) != trend_per_doubling(f1s)


def test_the_name_of_a_plot_fits_a_file_system(tmp_path: Path) -> None:
    _save(plot_reliability(()), tmp_path, "study, " * 100)
    _save(plot_reliability(()), tmp_path, "опыт" * 100)
    assert len(list(tmp_path.glob("*.svg"))) == 2


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_the_page_in_a_browser(report: Path, tmp_path: Path, width: int, dark: bool) -> None:
    chromium = shutil.which("chromium")
    if not chromium:
        pytest.skip("no chromium")
    picture = tmp_path / "page.png"
    subprocess.run(
        [
            chromium,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--hide-scrollbars",
            *(["--force-dark-mode"] if dark else []),
            f"--user-data-dir={tmp_path / 'profile'}",
            f"--window-size={width},1600",
            f"--screenshot={picture}",
            report.as_uri(),
        ],
        check=True,
        capture_output=True,
        timeout=HANGS,
    )
    screen = Image.open(picture).convert("L")
    assert screen.size == (width, 1600)
    corner, statistics = screen.getpixel((2, 2)), ImageStat.Stat(screen)
    assert corner < 60 if dark else corner > 240
    assert abs(statistics.mean[0] - corner) > 2  # the page has text
    # The text keeps a margin on both sides: the page is no wider than the window.
    for left in (0, width - 8):
        assert len(screen.crop((left, 0, left + 8, 1600)).getcolors() or []) == 1
