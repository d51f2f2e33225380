"""The table of labels next to a corpus: the codes of an artifact and the texts of its card."""

from pathlib import Path

import pytest
from conftest import CommandLine, small_config, write_corpus

from names_predictor.artifact.store import CARD_FILE, read_artifact
from names_predictor.errors import NamesError
from names_trainer.data.label_table import label_codes
from names_trainer.export.export import export
from names_trainer.export.release import RELEASE
from names_trainer.runs.run import Run
from names_trainer.training.loop import train

TABLE = "millions,label,iso639_3\n5,Vowelish,vow\n9,Zed-like,\n7,Elsewhere,els\n"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    corpus = write_corpus(tmp_path / "data" / "world" / "names")
    run = Run.create(tmp_path / "runs", small_config(corpus, num_epochs=1))
    list(train(run))
    return run


def test_codes_are_those_of_the_table_above_the_data(run: Run, tmp_path: Path) -> None:
    labels, corpus = run.dataset.labels, tmp_path / "data" / "world" / "names"
    assert label_codes(labels, corpus) == {}
    (tmp_path / "labels.csv").write_text(TABLE)  # three folders above: not read
    assert label_codes(labels, corpus) == {}
    (tmp_path / "data" / "labels.csv").write_text(TABLE)
    assert label_codes(labels, corpus) == {"Vowelish": "vow"}
    (tmp_path / "data" / "world" / "labels.csv").write_text("label,bird\nVowelish,owl\n")
    assert label_codes(labels, corpus) == {"Vowelish": "vow"}
    assert label_codes(labels, tmp_path / "data" / "world" / "no such corpus") == {}


def test_a_corpus_in_the_current_folder_has_folders_above_it_too(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data" / "labels.csv").write_text(TABLE)
    monkeypatch.chdir(tmp_path / "data" / "world")
    assert label_codes(run.dataset.labels, Path("names")) == {"Vowelish": "vow"}


def test_a_given_table_must_serve(run: Run, tmp_path: Path) -> None:
    table = tmp_path / "codes.csv"
    table.write_bytes(b"\xef\xbb\xbflabel,iso639_3\r\nVowelish,vow\r\n")  # as Excel writes it
    assert label_codes(run.dataset.labels, Path("names"), table) == {"Vowelish": "vow"}
    table.unlink()
    for content, problem in (
        (None, "cannot be read"),
        (b"label,iso639_3\nElsewhere,els\n", "has no iso639_3 of any of the model's labels"),
        (b"label,code\nVowelish,vow\n", "give it the columns label and iso639_3"),
        (b"label,iso639_3\nVowelish,\xff\n", "not a CSV file in UTF-8"),
        (
            b"label,iso639_3\nVowelish,two words\n",
            "Vowelish: 'two words' is not three small letters",
        ),
        (b"label,iso639_3\nVowelish," + b"x" * 36 + b"\n", "is not three small letters"),
        (b"label,iso639_3\nVowelish,el\n", "Vowelish: 'el' is not three small letters"),
        (b"label,iso639_3\nVowelish,ell\nVowelish,grc\n", "two codes of Vowelish: remove one"),
    ):
        if content is not None:
            table.write_bytes(content)
        with pytest.raises(NamesError, match=problem):
            label_codes(run.dataset.labels, Path("names"), table)


def test_an_export_carries_codes_and_its_card_speaks_of_people(
    run: Run, names: CommandLine, tmp_path: Path
) -> None:
    plain, coded = tmp_path / "plain", tmp_path / "coded"
    assert "codes:" not in names("export", "--run", run.folder, "--output", plain).out
    assert read_artifact(plain).vocab.codes == {}
    card = (plain / CARD_FILE).read_text(encoding="utf-8")
    assert "nationality" not in card
    assert "language" not in card
    assert "to decide anything about who or what bears a name" in card
    (tmp_path / "t.csv").write_text(TABLE)
    options = ("--run", run.folder, "--codes", tmp_path / "t.csv")
    result = names("export", *options, "--output", coded)
    assert "codes: ISO 639-3 for 1 of 3 labels" in result.out
    assert read_artifact(coded).vocab.codes == {"Vowelish": "vow"}
    card = (coded / CARD_FILE).read_text(encoding="utf-8")
    assert "to determine anyone's nationality" in card
    assert "ISO 639-3 for 1 of 3 labels" in card
    assert "1 have ISO 639 codes" in names("inspect", coded).out
    wrong = names("export", "--run", run.folder, "--codes", "nowhere.csv")
    assert (wrong.code, wrong.err.count("\n")) == (2, 1)


def test_the_release_has_the_codes_of_its_table(run: Run) -> None:
    root = Path(__file__).resolve().parents[2]
    codes = label_codes(("Greek", "Ghanaian", "Polish"), root / RELEASE.data_dir)
    assert codes == {"Greek": "ell", "Polish": "pol"}
    assert export(run, run.folder / "artifact")[0].vocab.codes == {}
