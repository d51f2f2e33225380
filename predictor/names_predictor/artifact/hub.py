"""Models on the Hugging Face Hub; no other module of the predictor imports huggingface_hub.

An address `hf://owner/model@commit` identifies the files of one commit. A branch, a tag or no
revision is resolved to its commit first, so that the loaded model can be reported exactly.

huggingface_hub reads its environment variables on import. Before that, its telemetry is disabled,
and so is Xet, native code for files of gigabytes: a model is a few megabytes, and the tests cover
plain HTTPS. Variables that a user has set are kept.

Source: https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from names_predictor.errors import NamesError, one_line

if TYPE_CHECKING:
    from huggingface_hub import HfApi

SETTINGS = {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_XET": "1"}
TIMEOUT = 30
"""Seconds without a response after which a request for a commit fails."""

# Compiled only for an address: most models are in a folder.
REPOSITORY = r"(?a:[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)"
COMMIT = r"[0-9a-f]{40}"
REMEDIES = {
    401: "not signed in, or no such model: check the name and HF_TOKEN",
    403: "no access: ask its owner, or put a token that has it into HF_TOKEN",
    404: "no such model, or a private one: check the name and HF_TOKEN",
}


@dataclass(frozen=True)
class Address:
    """A model on the Hub; `revision` is a commit, a branch or a tag, empty for the main branch."""

    repository: str
    revision: str = ""

    def __str__(self) -> str:
        """Return the address as a user writes it."""
        return f"hf://{self.repository}" + f"@{self.revision}" * bool(self.revision)

    @property
    def is_pinned(self) -> bool:
        """Whether the revision is a commit."""
        return bool(re.fullmatch(COMMIT, self.revision))


def address_of(folder: Path) -> Address | None:
    """Return the address that is given as a folder; None for a folder.

    A path has one slash where an address has two: `Path("hf://a/b")` is `hf:/a/b`.

    Raises:
        NamesError: The address is invalid.

    """
    text = folder.as_posix()
    if not text.startswith("hf:/"):
        return None
    repository, at, revision = text.removeprefix("hf:/").lstrip("/").partition("@")
    if not re.fullmatch(REPOSITORY, repository) or (at and not re.fullmatch(r"[!-~]+", revision)):
        raise NamesError(
            f"{text.replace('hf:/', 'hf://', 1)}: not the address of a model: write "
            "hf://owner/model, or hf://owner/model@ and a commit, branch or tag"
        )
    return Address(repository, revision)


def pinned(address: Address) -> Address:
    """Return the address with the current commit of its branch or tag.

    Raises:
        NamesError: The Hub has no such model or revision, refuses, or does not respond.

    """
    if address.is_pinned:
        return address
    with open_hub(address) as hub:
        info = hub.model_info(
            address.repository, revision=address.revision or None, timeout=TIMEOUT
        )
        return at_commit(address, info.sha)


def download(address: Address, most_bytes: Mapping[str, int]) -> Path:
    """Return a folder with files of a pinned address, in the cache of huggingface_hub.

    The network is used only for files that are not in the cache.

    Args:
        address: The pinned address.
        most_bytes: Names of the files, with their highest number of bytes.

    Raises:
        NamesError: A file is missing or too large, the Hub refuses or does not respond.

    """
    with open_hub(address) as hub:
        from huggingface_hub import try_to_load_from_cache

        repository, commit = address.repository, address.revision
        cached = [try_to_load_from_cache(repository, name, revision=commit) for name in most_bytes]
        if not all(isinstance(path, str) for path in cached):
            info = hub.model_info(repository, revision=commit, files_metadata=True, timeout=TIMEOUT)
            sizes = {file.rfilename: file.size for file in info.siblings or ()}
            for name, most in most_bytes.items():
                size = sizes.get(name)
                if size is None:
                    raise NamesError(f"{address}: has no {name}: it is not a names model")
                if size > most:
                    raise NamesError(
                        f"{address}: {name} is larger than {most:,} bytes, as no names model is"
                    )
        paths = [hub.hf_hub_download(repository, name, revision=commit) for name in most_bytes]
        return Path(paths[0]).parent


def at_commit(address: Address, commit: str | None) -> Address:
    """Return the address with a commit, which becomes part of a path and is checked."""
    found = replace(address, revision=commit or "")
    if not found.is_pinned:
        raise NamesError(f"{address}: the Hub names no commit: check HF_ENDPOINT")
    return found


@contextmanager
def open_hub(address: Address) -> Iterator["HfApi"]:
    """Yield the interface of the library, whose exceptions become one line with the address."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    try:
        from huggingface_hub import HfApi
        from huggingface_hub.errors import HfHubHTTPError, RevisionNotFoundError
    except ImportError:
        raise NamesError(
            f"{address}: needs huggingface_hub: pip install 'names-predictor[hub]'"
        ) from None
    hub = HfApi()
    try:
        yield hub
    except NamesError:
        raise
    except RevisionNotFoundError:
        raise NamesError(
            f"{address}: no such commit, branch or tag: check what follows the @"
        ) from None
    except HfHubHTTPError as problem:
        status = problem.response.status_code
        reason = REMEDIES.get(status, one_line(problem))
        raise NamesError(f"{address}: {hub.endpoint} answers {status}: {reason}") from None
    except ValueError as problem:  # a name or a card that the Hub does not allow
        reason = " ".join(str(problem).split())[:300]
        raise NamesError(f"{address}: refused: {reason}") from None
    except Exception as problem:  # of the library and its HTTP client, without a common base
        reason = one_line(problem).rstrip(".")
        raise NamesError(f"{address}: {reason}: check the connection to {hub.endpoint}") from None
