"""Push an exported model to the Hugging Face Hub, with its card in the Hub's format."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from names_predictor.artifact.hub import TIMEOUT, Address, address_of, at_commit, open_hub
from names_predictor.artifact.manifest import Vocab
from names_predictor.artifact.store import CARD_FILE, MODEL_FILE, VOCAB_FILE, Artifact
from names_predictor.errors import NamesError
from names_trainer.config import PLACES

README_FILE = "README.md"
FRONT_MATTER = """\
---
library_name: names-predictor
pipeline_tag: text-classification
tags:
- names-predictor
- onnx
{licence}---

"""
"""Tags of the Hub. Source: https://huggingface.co/docs/hub/model-cards"""


def share_address(repository: str, licence: str = "") -> Address:
    """Return the address to push to, after checks that need no export.

    Raises:
        NamesError: The address is not `owner/model` or has a revision, huggingface_hub or a token
            is missing, or the licence is not an identifier.

    """
    if licence and not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", licence):
        raise NamesError(f"--license {licence}: give an identifier of the Hub, such as cc-by-4.0")
    address = address_of(Path(f"hf://{repository.removeprefix('hf://')}"))
    if address is None:
        raise NamesError(f"--push {repository}: give owner/model")
    with open_hub(address):
        from huggingface_hub import get_token

        if address.revision:
            raise NamesError(f"{address}: leave out what follows the @: a push makes a new commit")
        if not get_token():
            raise NamesError(f"{address}: no token: set HF_TOKEN, or run `hf auth login`")
    return address


def share(
    artifact: Artifact, folder: Path, address: Address, private: bool = False, licence: str = ""
) -> Address:
    """Push an artifact, whose card is in `folder`, in one commit; return its pinned address.

    Absolute paths of the training data are shortened to their last part.

    Raises:
        NamesError: The card cannot be read, the Hub refuses or does not respond, or the repository
            of a `private` model is public.

    """
    try:
        card = (folder / CARD_FILE).read_text(encoding="utf-8")
    except OSError as problem:
        raise NamesError(f"{folder / CARD_FILE}: cannot be read: {problem.strerror}") from None
    shared = replace(artifact, vocab=without_paths(artifact.vocab)).manifest
    size = f"| {VOCAB_FILE} | {{:,}} bytes"  # as the card has it
    card = card.replace(size.format(len(artifact.manifest)), size.format(len(shared)))
    card = card.replace("# DIR: this card's folder", f"# DIR: {address}")
    head = FRONT_MATTER.format(licence=f"license: {licence}\n" if licence else "")
    files = {
        MODEL_FILE: artifact.model,
        VOCAB_FILE: shared,
        README_FILE: (head + card).encode(),
    }
    return _upload(address, files, f"Model {artifact.sha256[:12]}", private)


def _upload(address: Address, files: Mapping[str, bytes], message: str, private: bool) -> Address:
    """Commit files to the repository of a model and return its pinned address.

    A missing repository is created, private if requested or by the settings of its owner.
    """
    with open_hub(address) as hub:
        from huggingface_hub import CommitOperationAdd

        repository = address.repository
        hub.create_repo(repository, private=private or None, exist_ok=True)
        if private and not hub.model_info(repository, timeout=TIMEOUT).private:
            raise NamesError(f"{address}: is public: nothing was pushed; leave out --private")
        added = [CommitOperationAdd(name, content) for name, content in files.items()]
        return at_commit(address, hub.create_commit(repository, added, commit_message=message).oid)


def without_paths(vocab: Vocab) -> Vocab:
    """Return the manifest with absolute paths in its settings shortened to their last part."""
    settings = {
        name: Path(value).name if name in PLACES and Path(str(value)).is_absolute() else value
        for name, value in vocab.provenance["config"].items()
    }
    return replace(vocab, provenance={**vocab.provenance, "config": settings})
