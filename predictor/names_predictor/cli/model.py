"""The model that a command line takes, named on standard error where its address was open."""

import sys
from pathlib import Path

from names_predictor.artifact.hub import address_of, pinned
from names_predictor.artifact.store import chosen_folder


def model_folder(given: Path | None) -> Path:
    """Return the `given` folder, without one the default; of an address, the pinned one.

    Raises:
        NamesError: The Hub has no such model or revision, refuses, or does not answer.

    """
    folder = given or chosen_folder()
    address = address_of(folder)
    if address is None or address.is_pinned:
        return folder
    found = pinned(address)
    sys.stderr.write(f"pinned: {found}\n")
    return Path(str(found))
