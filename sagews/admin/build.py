"""Which build of the program this is: a digest of all its files, the same however it was installed."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from sagews import __file__ as _init
from sagews import __version__


def build() -> str:
    """Return the version and a digest of the program's files."""
    whole = hashlib.sha256()
    for name, path in files():
        whole.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return f"{__version__}-{whole.hexdigest()[:12]}"


def files() -> Iterator[tuple[str, Path]]:
    """Yield the name in a wheel and the path of each file of the program, in order; without what Python compiles."""
    root = Path(_init).resolve().parent
    for path in sorted(root.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
            yield str(Path("sagews", path.relative_to(root))), path
