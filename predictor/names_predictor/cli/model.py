"""The folder of the model of a command line."""

import sys
from pathlib import Path

from names_predictor.artifact.hub import address_of, pinned
from names_predictor.artifact.store import chosen_folder


def model_folder(requested: Path | None) -> Path:
    """Return the requested folder or the default one; an address is pinned, and printed.

    Raises:
        NamesError: The Hub has no such model or revision, refuses, or does not respond.

    """
    folder = requested or chosen_folder()
    address = address_of(folder)
    if address is None or address.is_pinned:
        return folder
    found = pinned(address)
    sys.stderr.write(f"pinned: {found}\n")
    return Path(str(found))
