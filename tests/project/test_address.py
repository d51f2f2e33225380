"""The address of the repository, which the workflows write before they build."""

import runpy
import shutil
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILES = ("predictor/pyproject.toml", "trainer/pyproject.toml", "CITATION.cff", "zensical.toml")


def test_the_address_is_in_the_packages_the_citation_and_the_site(tmp_path: Path) -> None:
    for name in FILES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    set_address = runpy.run_path(str(ROOT / "dev" / "set_address.py"))["set_address"]
    set_address(tmp_path, "https://example.org/me/names", "https://example.org/docs/")
    for name in FILES[:2]:
        before = tomllib.loads((ROOT / name).read_text(encoding="utf-8"))
        project = tomllib.loads((tmp_path / name).read_text(encoding="utf-8"))["project"]
        assert project.pop("urls") == {
            "Repository": "https://example.org/me/names",
            "Changelog": "https://example.org/me/names/blob/main/CHANGELOG.md",
            "Documentation": "https://example.org/docs/",
        }
        assert project == before["project"]
    assert 'repository-code: "https://example.org/me/names"' in (
        tmp_path / "CITATION.cff"
    ).read_text(encoding="utf-8")
    site = tomllib.loads((tmp_path / "zensical.toml").read_text(encoding="utf-8"))["project"]
    assert site["repo_url"] == "https://example.org/me/names"
    assert site["site_url"] == "https://example.org/docs/"


def test_the_workflows_set_the_address_before_they_build() -> None:
    for workflow, build in (("release.yml", "-m build"), ("site.yml", "make docs")):
        text = (ROOT / ".github" / "workflows" / workflow).read_text(encoding="utf-8")
        assert 0 < text.index("dev/set_address.py") < text.index(f"{build}\n".strip())
