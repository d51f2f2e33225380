"""The script that compiles data/people from the wheel of name2nat."""

import hashlib
import importlib
import pickle
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "data"))
compile_people = importlib.import_module("compile_people")

PEOPLE = {
    "Ada Lovelace": ["English"],
    "Mary Lovelace (nurse)": ["English"],
    "Linda Lovelace": ["American"],
    "Ann Lovelace": ["English"],
    "Bob Lovelace": ["English"],
    "Plato": ["Greek"],
    "Zoë O\u2019Hara-Núñez, 2nd": ["American", "Martian"],
}


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[object], Path]:
    monkeypatch.setattr(compile_people, "FEWEST_PEOPLE", 2)

    def write(content: object) -> Path:
        path = tmp_path / "name2nat.whl"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(compile_people.MEMBER, pickle.dumps(content))
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        monkeypatch.setattr(compile_people, "SHA256", sha256)
        return path

    return write


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Ada Lovelace", "lovelace"),
        ("Ada Lovelace (band)", "lovelace"),
        ("Ann O\u2019Hara", "o'hara"),
        ("Ann Go\u0301mez", "g\u00f3mez"),
        ("Bob Smith Jr.", "smith"),
        ("Bob Smith, Baron Smith of Leeds", "smith"),
        ("Ann Lee-Ray III", "lee-ray"),
        ("Plato", None),
        ("Malcolm X", None),
        ("Blink 182", None),
        ("John Doe Jr.", "doe"),
        ("Doe Jr.", None),
        ("", None),
    ],
)
def test_a_surname_is_the_last_word(title: str, name: str | None) -> None:
    assert compile_people.surname(title) == name


def test_a_surname_belongs_to_the_nationality_with_most_people(
    wheel: Callable[[object], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "people"
    folder.mkdir()
    (folder / "Old.txt").write_text("gone\n")
    assert compile_people.main([str(wheel(PEOPLE))], folder) == 0
    files = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    # Of Lovelace: 4 of 4 English, weight 2; 1 of 2 American, weight 0.71, at least a third of it.
    # Martian has too few people, Plato no surname.
    assert files == {
        "English.txt": "lovelace\n",
        "American.txt": "lovelace\no'hara-núñez\n",
    }
    assert capsys.readouterr().out == "wrote 3 surnames of 2 nationalities\n"


def test_a_nationality_of_few_of_its_people_is_left_out(wheel: Callable[[object], Path]) -> None:
    people = PEOPLE | {f"{chr(97 + i)} Lovelace": ["English"] for i in range(26)}
    assert compile_people.surnames(people)["American"] == ["o'hara-núñez"]


def test_another_wheel_is_refused_and_nothing_is_lost(
    wheel: Callable[[object], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = wheel(PEOPLE)
    path.write_bytes(path.read_bytes() + b" ")
    (tmp_path / "people").mkdir()
    (tmp_path / "people" / "Dutch.txt").write_text("jansen\n")
    for argument in (path, tmp_path / "missing.whl"):
        assert compile_people.main([str(argument)], tmp_path / "people") == 2
        out, error = capsys.readouterr()
        assert (out, error.count("\n")) == ("", 1)
        assert error.startswith(f"{argument}: ")
    assert (tmp_path / "people" / "Dutch.txt").read_text() == "jansen\n"


def test_a_folder_that_cannot_be_created_is_an_error(
    wheel: Callable[[object], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "people").write_text("a file in its place\n")
    assert compile_people.main([str(wheel(PEOPLE))], tmp_path / "people") == 2
    assert capsys.readouterr().err == f"{tmp_path / 'people'}: File exists\n"


def test_a_pickle_may_not_call_anything(wheel: Callable[[object], Path], tmp_path: Path) -> None:
    with pytest.raises(pickle.UnpicklingError, match="it needs pathlib"):
        compile_people.main([str(wheel(Path("x")))], tmp_path / "people")
