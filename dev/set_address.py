"""Write the address of the repository into the packages, the citation and the site.

    python dev/set_address.py https://github.com/OWNER/NAME [--site https://OWNER.github.io/NAME/]

The workflows do this before they build, since only they know where they run. In a repository that
stays where it is, the changed files can be committed.
"""

import argparse
from pathlib import Path

ROOT = Path(__file__).parent.parent


def set_address(root: Path, repository: str, site: str = "") -> None:
    """Write the address.

    Args:
        root: Folder of the project.
        repository: Address of the repository.
        site: Address of the documentation, if any.

    """
    urls = {"Repository": repository, "Changelog": f"{repository}/blob/main/CHANGELOG.md"}
    if site:
        urls["Documentation"] = site
    table = "".join(f'{name} = "{url}"\n' for name, url in urls.items())
    for package in ("predictor", "trainer"):
        _append(root / package / "pyproject.toml", f"\n[project.urls]\n{table}")
    _append(root / "CITATION.cff", f'repository-code: "{repository}"\n')
    config = root / "zensical.toml"
    lines = f'repo_url = "{repository}"\n' + (f'site_url = "{site}"\n' if site else "")
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("[project]\n", f"[project]\n{lines}", 1), encoding="utf-8")


def _append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def main() -> None:
    """Take the addresses from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("repository")
    parser.add_argument("--site", default="")
    options = parser.parse_args()
    set_address(ROOT, options.repository, options.site)


if __name__ == "__main__":
    main()
