"""Download the public 18-language surname set."""

import logging
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pooch

from names_predictor.errors import NamesError

BASE_URL = (
    "https://raw.githubusercontent.com/spro/practical-pytorch/"
    "c520c52e68e945d88fff563dba1c028b6ec0197b/data/names/"
)
"""Source of the files: Sean Robertson's practical-pytorch, MIT licence."""

SHA256 = {
    "Arabic.txt": "6f424a8dbe51cbbbabab7a57d38b617210125e4e3991f3c657cb79b8f104bafc",
    "Chinese.txt": "09ba8f1f7e38dbc99372d461b26ad4433b811fc6bfa6a3ecca6fe11a9a777465",
    "Czech.txt": "e17ab0ec47616a72c39cb85c783f70c3663ab64488721e5d8378f146d2226be7",
    "Dutch.txt": "924f32b635170eae561f84538632138fc07d4c8bbd70ba3fb980de1ecc4d2af3",
    "English.txt": "9cca037066d3d5989e24bc01801416162de506b5e28e15b7c092a47905d29bf2",
    "French.txt": "81e65b36c60ed5b89a17422f6edcadbb89546f38ad69e960e64e7ba682012a95",
    "German.txt": "7449cd590b97a733e18d613a4155decd77ec35dc5f8aadd7a82204dce4f051db",
    "Greek.txt": "3555b5186de7f401e6d991b088e9e644ca3099116477818c25ab5793801389e6",
    "Irish.txt": "cf8c7013256252a88d2503127b87282a11f21b2ff6db1bded68834c19a1ec058",
    "Italian.txt": "f88414c27d0606a11a678b4859277828c2565d6cc4d9ee932deef6e94f3b35e4",
    "Japanese.txt": "e0e717e114fec3e7eade4d9dabe0067c475f43147e36a22b47902ee76ad9e67f",
    "Korean.txt": "cd54221ccb362a6cba4c78828838cf3268a0e59744767a37cf6ec4b74036b136",
    "Polish.txt": "45bab898af2f60ed3a728bbf6980e28821011a7caa53227553b5785903a40826",
    "Portuguese.txt": "50a8735f41f4f73757c8ce5b16cb0275cd86b2b214bcbc8c9805f508cb131c53",
    "Russian.txt": "0cfe53ac18041e8f63666aa77313e0a3ff378facb132abee052d8ebdc8c3d62c",
    "Scottish.txt": "78d0252711d87d948ea86fe34826c51d2d794a8e52d15b5d6f7b6244d45d62dd",
    "Spanish.txt": "1bcb462ed3316756a85781d68232bddae04498fdddd5d9219c53fd1fbdeba7a7",
    "Vietnamese.txt": "f3f9e4164ab47601178a6e45b216464a64122f49d05541f24bf18a757253281d",
}
TIMEOUT = 30
"""Seconds to wait for a response."""


def fetch_names18(folder: Path, base_url: str = BASE_URL) -> Iterator[str]:
    """Download the 18 files into `folder`; yield the name of each finished file.

    Intact files are not downloaded again. The others are moved into `folder` together, once the
    SHA-256 of each is verified.

    Raises:
        NamesError: A download failed, or the folder cannot be written.

    """
    pooch.get_logger().setLevel(logging.WARNING)
    missing = {}
    for name, sha256 in SHA256.items():
        path = folder / name
        if path.exists() and pooch.file_hash(str(path)) == sha256:
            yield name
        else:
            missing[name] = sha256
    if not missing:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(dir=folder, prefix=".fetch-"))
    except OSError as problem:
        raise NamesError(f"{folder}: cannot be written: {problem.strerror}") from None
    try:
        for name, sha256 in missing.items():
            _download(f"{base_url.rstrip('/')}/{name}", sha256, staging / name)
            yield name
        for name in missing:
            (staging / name).replace(folder / name)
    finally:
        shutil.rmtree(staging)


def _download(url: str, sha256: str, path: Path) -> None:
    try:
        pooch.retrieve(
            url,
            known_hash=sha256,
            fname=path.name,
            path=path.parent,
            downloader=pooch.HTTPDownloader(timeout=TIMEOUT),
        )
    except OSError as problem:  # the base of all exceptions of requests, which have no errno
        if problem.errno and not isinstance(problem, (ConnectionError, TimeoutError)):
            raise NamesError(f"{path.parent}: cannot be written: {problem.strerror}") from None
        if isinstance(problem, ValueError):  # as well, for an invalid address
            raise NamesError(f"{url}: not an address: give --base-url https://...") from None
        response = getattr(problem, "response", None)
        if response is not None:
            raise NamesError(
                f"{url}: the server answers {response.status_code}: nothing was kept; correct "
                "--base-url, or try again later"
            ) from None
        raise NamesError(
            f"{url}: no connection, or it broke: nothing was kept; try again when online, or copy "
            "the set's 18 files to a folder by hand and name it with --data"
        ) from None
    except ValueError:  # pooch: the hash differs
        raise NamesError(
            f"{url}: not the expected file (SHA-256 differs from {sha256[:12]}...): nothing was "
            "kept; try again, or name another server with --base-url"
        ) from None
