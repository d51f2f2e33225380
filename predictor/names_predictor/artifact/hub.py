"""Models on the Hugging Face Hub: the one place that imports huggingface_hub.

An address `hf://owner/model@commit` names the files of one commit for good. A branch, a tag or
nothing behind the model's name is looked up first, so that what was loaded can be said exactly.

huggingface_hub reads its variables once, as it is imported. Before that its telemetry is switched
off, and so is Xet, native code for files of gigabytes: a model is a few megabytes, and
plain HTTPS is what the tests cover. A user who has set one of these variables is not overruled.

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
"""Seconds without an answer after which the question for a commit is given up."""

REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
COMMIT = re.compile(r"[0-9a-f]{40}")
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
        return bool(COMMIT.fullmatch(self.revision))


def address_of(folder: Path) -> Address | None:
    """Return the address that stands in place of a folder; None for a folder.

    A path has one slash where an address has two: `Path("hf://a/b")` is `hf:/a/b`.

    Raises:
        NamesError: It begins as an address, but is none.

    """
    text = folder.as_posix()
    if not text.startswith("hf:/"):
        return None
    repository, at, revision = text.removeprefix("hf:/").lstrip("/").partition("@")
    if not REPOSITORY.fullmatch(repository) or (at and not re.fullmatch(r"[!-~]+", revision)):
        raise NamesError(
            f"{text.replace('hf:/', 'hf://', 1)}: not the address of a model: write "
            "hf://owner/model, or hf://owner/model@ and a commit, branch or tag"
        )
    return Address(repository, revision)


def pinned(address: Address) -> Address:
    """Return the address with the commit that its branch or tag is at now.

    Raises:
        NamesError: The Hub has no such model or revision, refuses, or does not answer.

    """
    if address.is_pinned:
        return address
    with _hub(address) as hub:
        info = hub.model_info(
            address.repository, revision=address.revision or None, timeout=TIMEOUT
        )
        return _at(address, info.sha)


def download(address: Address, most_bytes: Mapping[str, int]) -> Path:
    """Return a folder with the files named in `most_bytes`, as they are at a pinned address.

    It is in huggingface_hub's cache; the network is used only for what is not there yet. A file
    larger than its number of bytes is not downloaded.

    Raises:
        NamesError: A file is not there or too large, the Hub refuses or does not answer.

    """
    with _hub(address) as hub:
        from huggingface_hub import try_to_load_from_cache

        at = address.repository, address.revision
        cached = [try_to_load_from_cache(at[0], name, revision=at[1]) for name in most_bytes]
        if not all(isinstance(path, str) for path in cached):
            info = hub.model_info(at[0], revision=at[1], files_metadata=True, timeout=TIMEOUT)
            sizes = {file.rfilename: file.size for file in info.siblings or ()}
            for name, most in most_bytes.items():
                size = sizes.get(name)
                if size is None:
                    raise NamesError(f"{address}: has no {name}, so it is no names model")
                if size > most:
                    raise NamesError(
                        f"{address}: {name} is larger than {most:,} bytes, as no names model is"
                    )
        paths = [hub.hf_hub_download(at[0], name, revision=at[1]) for name in most_bytes]
        return Path(paths[0]).parent


def check_upload(address: Address) -> None:
    """Raise `NamesError` where an upload must fail: no huggingface_hub, no token, a revision."""
    with _hub(address):
        from huggingface_hub import get_token

        if address.revision:
            raise NamesError(f"{address}: leave out what follows the @: a push makes a new commit")
        if not get_token():
            raise NamesError(f"{address}: no token: set HF_TOKEN, or run `hf auth login`")


def upload(address: Address, files: Mapping[str, bytes], message: str, private: bool) -> Address:
    """Put files into a model's repository in one commit and return its pinned address.

    A repository that is missing is made, as a `private` one or as its owner's settings say.

    Raises:
        NamesError: The repository is public and `private` is wanted, the Hub refuses or does not
            answer.

    """
    with _hub(address) as hub:
        from huggingface_hub import CommitOperationAdd

        repository = address.repository
        hub.create_repo(repository, private=private or None, exist_ok=True)
        if private and not hub.model_info(repository, timeout=TIMEOUT).private:
            raise NamesError(f"{address}: is public: nothing was pushed; leave out --private")
        added = [CommitOperationAdd(name, content) for name, content in files.items()]
        return _at(address, hub.create_commit(repository, added, commit_message=message).oid)


def _at(address: Address, commit: str | None) -> Address:
    """Return the address at a commit that the Hub names; it becomes a part of a path."""
    found = replace(address, revision=commit or "")
    if not found.is_pinned:
        raise NamesError(f"{address}: the Hub names no commit: check HF_ENDPOINT")
    return found


@contextmanager
def _hub(address: Address) -> Iterator["HfApi"]:
    """Yield the library's interface; what it raises becomes one line about `address`."""
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
    except ValueError as problem:  # a name or a card that the Hub has rules against
        reason = " ".join(str(problem).split())[:300]
        raise NamesError(f"{address}: refused: {reason}") from None
    except Exception as problem:  # of the library and of the one below it, without a common base
        reason = one_line(problem).rstrip(".")
        raise NamesError(f"{address}: {reason}: check the connection to {hub.endpoint}") from None
