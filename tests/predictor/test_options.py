"""The options of a prediction: validated when they are made, and the columns that they give."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from names_predictor.cli.parser import parser
from names_predictor.errors import NamesError
from names_predictor.inference.options import PredictOptions


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"top_k": 0}, "top_k can't be 0: give a whole number from 1"),
        ({"top_k": True}, "top_k can't be True"),
        ({"top_k": 1.0}, "top_k can't be 1.0"),
        ({"top_k": None}, "top_k can't be None"),
        ({"min_probability": 1.5}, "min_probability can't be 1.5: give one from 0 to 1"),
        ({"min_probability": float("nan")}, "min_probability can't be nan"),
        ({"min_probability": "0.5"}, "min_probability can't be '0.5'"),
        ({"min_probability": None}, "min_probability can't be None"),
        ({"min_probability": True}, "min_probability can't be True"),
        ({"coverage": 1}, "coverage can't be 1: give a number between 0 and 1"),
        ({"coverage": "0.9"}, "coverage can't be '0.9'"),
        ({"coverage": True}, "coverage can't be True"),
        ({"prefix": None}, "prefix can't be None: give a text"),
    ],
)
def test_an_invalid_option_is_one_line(options: dict[str, Any], message: str) -> None:
    with pytest.raises(NamesError, match=message):
        PredictOptions(**options)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("Greek, Polish,", ("Greek", "Polish")),
        ('"Korea, South" , Greek', ("Korea, South", "Greek")),
        ('5" nails,Greek', ('5" nails', "Greek")),
        ("", ()),
    ],
)
def test_labels_are_separated_by_commas(text: str, labels: tuple[str, ...]) -> None:
    assert parser().parse_args(["--labels", text]).labels == labels


def test_labels_are_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parser().parse_args(["--labels", "Greek\nPolish"])
    assert "--labels: give labels separated by commas, on one line" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["0", "1", "90", "nan", "x"])
def test_a_coverage_is_between_0_and_1(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert parser().parse_args(["--coverage", "0.9"]).coverage == 0.9
    with pytest.raises(SystemExit, match="2"):
        parser().parse_args(["--coverage", text])
    assert "--coverage: give a number between 0 and 1" in capsys.readouterr().err


def test_numbers_of_numpy_are_numbers() -> None:
    top_k: Any = np.int64(2)
    share: Any = np.float32(0.5)
    options = PredictOptions(top_k, share, share)
    assert list(options.columns(["a", "b"]))[:4] == [
        "label", "probability", "label_2", "probability_2"
    ]  # fmt: skip


def test_columns_stand_in_the_order_of_their_cells() -> None:
    options = PredictOptions(top_k=9, coverage=0.9, distribution=True, prefix="x_")
    assert options.columns(["a", "b"]) == {
        "x_label": "string",
        "x_probability": "double",
        "x_label_2": "string",
        "x_probability_2": "double",
        "x_candidates": "string",
        "x_p_a": "double",
        "x_p_b": "double",
        "x_reason": "string",
    }


def test_a_job_is_made_without_numpy() -> None:
    code = (
        "import sys; from names_predictor.cli.parser import parse\n"
        "parse(['people.csv', '--column', 'name', '--top-k', '2'])\n"
        "print(*{'numpy', 'onnxruntime'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
