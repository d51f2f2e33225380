"""The site: a description a page, the list of languages, icon, social preview and edit links."""

import csv
import re
import shutil
import struct
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
CONFIG = ROOT / "zensical.toml"
NAVIGATION = str(tomllib.loads(CONFIG.read_text())["project"]["nav"])
PAGES = sorted(set(re.findall(r"[\w-]+\.md", NAVIGATION)))
DESCRIPTION = re.compile(r"\A---\n(?:\w+: .*\n)*?description: (.+)\n(?:\w+: .*\n)*?---\n")


def description(page: str) -> str:
    found = DESCRIPTION.match((DOCS / page).read_text(encoding="utf-8"))
    assert found, f"docs/{page} has no description in its front matter"
    return found[1]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_a_description_that_a_search_engine_shows_whole(page: str) -> None:
    assert 50 <= len(description(page)) <= 160


def test_descriptions_differ() -> None:
    assert len({description(page) for page in PAGES}) == len(PAGES)


def test_the_page_of_languages_lists_the_labels() -> None:
    page = (DOCS / "languages.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in page.splitlines()
        if line.startswith("|")
    ][2:]
    with (ROOT / "data" / "labels.csv").open(encoding="utf-8", newline="") as file:
        labels = list(csv.DictReader(file))
    assert [row[:3] for row in rows] == [[x["label"], x["iso639_3"], x["holds"]] for x in labels]
    assert [row[3].split(", ") for row in rows] == [x["neighbours"].split() or [""] for x in labels]
    assert f"{len(labels)} labels" in page
    assert all(re.fullmatch(r"\d+\s%\sof\s[\d,]+", row[4]) for row in rows)
    predicted = {x for row in rows for x in re.findall(r"([A-Z]\w+) \d+\s%", row[5])}
    assert predicted
    assert predicted <= {x["label"] for x in labels}


def test_the_files_that_pages_name_exist() -> None:
    """Pages name a module by its path in the repository or in one of the packages."""
    roots = [ROOT, ROOT / "predictor/names_predictor", ROOT / "trainer/names_trainer"]
    for page in ("decisions.md", "reliability.md", "performance.md", "distributed.md"):
        text = (DOCS / page).read_text(encoding="utf-8")
        names = re.findall(r"`(\w+/[\w/]+\.(?:py|js))`", text)
        assert names, page
        for name in names:
            assert any((root / name).exists() for root in roots), f"{page}: {name}"


def test_the_picture_of_social_previews_has_the_size_they_take() -> None:
    picture = (DOCS / "social.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert struct.unpack(">2I", picture[16:24]) == (1200, 630)
    assert len(picture) < 150_000


def test_an_address_adds_preview_and_edit_links(tmp_path: Path) -> None:
    """Only a site that knows its address can have these."""
    shutil.copytree(DOCS, tmp_path / "docs")
    for package in ("predictor", "trainer"):
        (tmp_path / package).symlink_to(ROOT / package)
    address = (
        'site_url = "https://example.org/names/"\nrepo_url = "https://example.org/names.git"\n'
    )
    config = CONFIG.read_text().replace("[project]\n", f"[project]\n{address}", 1)
    (tmp_path / "zensical.toml").write_text(config)
    command = [str(Path(sys.executable).with_name("zensical")), "build", "--strict"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    page = (tmp_path / "build/docs/faq.html").read_text(encoding="utf-8")
    assert f'name="description" content="{description("faq.md")}"' in page
    assert f'property="og:description" content="{description("faq.md")}"' in page
    assert 'property="og:image" content="https://example.org/names/social.png"' in page
    assert "https://example.org/names.git/edit/main/docs/faq.md" in page
    assert re.search(r'rel="icon" href="[./]*icon\.svg"', page)
    assert (tmp_path / "build/docs/icon.svg").exists()
    assert not list((tmp_path / "build/docs").rglob("*.py"))
