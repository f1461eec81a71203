"""Lays out the client's files for nginx: `python -m sagews.admin.static_files DIRECTORY`.

Each file is written whole or not at all, beside it its gzipped form. The time
of a file is made of its content, since nginx makes the ETag of time and size:
so the same file has the same ETag on each machine, and another one another.
Files of an earlier version stay for a while, for pages that are still open.
"""

import hashlib
import os
import sys
import time
from pathlib import Path

from sagews.service.public_files import BUNDLE, is_hashed, packed, type_of

KEPT_DAYS = 30
"""Days for which files stay that no version here has any more."""
_FIRST, _LAST = 1_000_000_000, 1_700_000_000
"""Between which seconds since the epoch the times of files lie."""


def lay_out(into: Path, bundle: Path = BUNDLE) -> None:
    """Bring a directory to what the bundle is. Raises OSError."""
    mask = os.umask(0o022)
    try:
        into.mkdir(parents=True, exist_ok=True)
        wanted = set()
        for path in sorted(bundle.iterdir()):
            if path.suffix == ".html" or not path.is_file():
                continue  # Pages are the backends' own.
            body = path.read_bytes()
            wanted.add(_write(into / path.name, body))
            smaller = packed(body, type_of(path.name))
            if smaller is not None:
                wanted.add(_write(into / f"{path.name}.gz", smaller))
        _forget(into, wanted)
    finally:
        os.umask(mask)


def _write(path: Path, body: bytes) -> str:
    digest = int.from_bytes(hashlib.sha256(body).digest()[:8], "big")
    when = _FIRST + digest % (_LAST - _FIRST)
    if not (path.is_file() and path.stat().st_mtime == when and path.read_bytes() == body):
        new = path.with_name(f".{path.name}.new")
        new.write_bytes(body)
        os.utime(new, (when, when))
        new.replace(path)
    return path.name


def _forget(into: Path, wanted: set[str]) -> None:
    """Remove what is not wanted and is old, or would be taken for something of today."""
    before = time.time() - KEPT_DAYS * 86400
    for path in into.iterdir():
        if path.name not in wanted and (path.stat().st_ctime < before or not is_hashed(path.name.removesuffix(".gz"))):
            path.unlink()


if __name__ == "__main__":
    lay_out(Path(sys.argv[1]))
