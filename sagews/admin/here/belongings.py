"""Files of a machine that the operator's machine has for it: put in their places, and looked at."""

import hmac
from collections.abc import Callable, Sequence
from pathlib import Path

from sagews.admin.here.files import told, write
from sagews.admin.here.orders import Brought
from sagews.admin.here.words import Word
from sagews.admin.program import WrittenFile
from sagews.errors import ConfigurationError

LARGEST = 1 << 20
"""Bytes of a file that is looked at."""


def bring(files: Sequence[Brought], tell: Callable[[Word], None]) -> int:
    """Put files in their places, each whole or not at all. Raises ConfigurationError, ServiceError."""
    for file in files:
        path = Path(file.path)
        if not path.is_absolute():
            raise ConfigurationError("is no absolute path", file.path, "give the site's directories as such")
        try:
            for folder in reversed(path.parents):
                if not folder.exists():
                    # Those that services of other users have to pass are opened by whatever starts them.
                    folder.mkdir(mode=0o711 if folder != path.parent else 0o700, exist_ok=True)
        except OSError as error:
            raise told(error, path) from error
        changed = write(WrittenFile(path=path, text=file.text, mode=file.mode))
        tell(Word("", f"{path}: {'brought' if changed else 'is there'}"))
    return 0


def digests(paths: Sequence[str], salt: str) -> dict[str, str]:
    """Return a digest of each file with the salt in it; empty for one that cannot be read."""
    found = {}
    for path in paths:
        try:
            with open(path, "rb") as file:
                found[path] = digest(file.read(LARGEST), salt)
        except OSError:
            found[path] = ""
    return found


def digest(content: bytes, salt: str) -> str:
    """Return a digest from which a short secret cannot be guessed without the salt."""
    return hmac.digest(salt.encode(), content, "sha256").hex()
