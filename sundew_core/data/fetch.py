"""Downloads with progress, a time limit and no partial files: a file is either complete and checked, or missing."""

import hashlib
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from sundew_core.data.dataset import Progress

TIMEOUT_S = 20.0
"""Longest silence of a server, so that a blocked network ends in a message and not in a page that hangs."""
BLOCK_BYTES = 1 << 20
PROGRESS_STEPS = 10


def fetch(urls: Sequence[str], path: Path, md5: str, progress: Progress) -> None:
    """Download one file to `path` from the first address that serves it; does nothing if `path` holds it already.

    Raises `OSError`, which names each address and its error. A file whose MD5 sum differs from `md5` is an error too.
    """
    if path.is_file() and hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() == md5:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    failures = []
    for url in urls:
        try:
            if _download(url, partial, progress) == md5:
                partial.replace(path)
                return
            failures.append(f"{url}: the file is incomplete or changed (its MD5 sum differs)")
        except OSError as error:
            failures.append(f"{url}: {error}")
        finally:
            partial.unlink(missing_ok=True)
    raise OSError("; ".join(failures))


def _download(url: str, path: Path, progress: Progress) -> str:
    """Write what the address serves to `path` and return its MD5 sum."""
    digest = hashlib.md5(usedforsecurity=False)
    request = urllib.request.Request(url, headers={"User-Agent": "sundew"})
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response, path.open("wb") as file:
        total_bytes = int(response.headers.get("Content-Length") or 0)
        done_bytes, next_report = 0, 0.0
        while block := response.read(BLOCK_BYTES):
            file.write(block)
            digest.update(block)
            done_bytes += len(block)
            if done_bytes >= next_report:
                progress(f"Downloading {path.stem}: {done_bytes / 1e6:.0f} of {total_bytes / 1e6:.0f} MB")
                next_report = done_bytes + max(total_bytes / PROGRESS_STEPS, BLOCK_BYTES)
    return digest.hexdigest()
