"""Files of a machine that the operator's machine has for it: put in their places, and looked at."""

import hmac
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from sagews.admin.here.accounts import own_group
from sagews.admin.here.files import told, write
from sagews.admin.here.orders import Brought
from sagews.admin.here.words import Word
from sagews.admin.kinds.own import BACKEND_DIRECTORY, BACKEND_FILES
from sagews.admin.program import WrittenFile
from sagews.config.users import BACKEND_USER
from sagews.errors import ConfigurationError

LARGEST = 1 << 20
"""Bytes of a file that is looked at."""


def bring(files: Sequence[Brought], tell: Callable[[Word], None]) -> int:
    """Put files in their places, each whole or not at all. Raises ConfigurationError, ServiceError."""
    for file in files:
        if not Path(file.path).is_absolute():
            raise ConfigurationError("is no absolute path", file.path, "give the site's directories as such")
        path, owner = _place(Path(file.path))
        shared = file.shared and os.getuid() == 0
        try:
            for folder in reversed(path.parents):
                if not folder.exists():
                    # Where root starts the site, users of services pass: what they may read has a mode of its own.
                    folder.mkdir(mode=0o711 if os.getuid() == 0 or folder != path.parent else 0o700, exist_ok=True)
        except OSError as error:
            raise told(error, path) from error
        mode, group = (0o640, own_group().gr_name) if shared else (file.mode, "")
        # One that is the same keeps the group that it was given for those who read it.
        changed = (shared or _content(path) != file.text.encode()) and write(
            WrittenFile(path=path, text=file.text, mode=mode, owner=owner, group=group)
        )
        tell(Word("", f"{path}: {'brought' if changed else 'is there'}"))
    return 0


def digests(paths: Sequence[str], salt: str) -> dict[str, str]:
    """Return a digest of each file with the salt in it; empty for one that cannot be read."""
    found = {}
    for path in paths:
        content = _content(_place(Path(path))[0])
        found[path] = "" if content is None else digest(content, salt)
    return found


def digest(content: bytes, salt: str) -> str:
    """Return a digest from which a short secret cannot be guessed without the salt."""
    return hmac.digest(salt.encode(), content, "sha256").hex()


def _place(path: Path) -> tuple[Path, str]:
    """Return where a file is on this machine, and whose: backends with a user of their own have a directory, too."""
    folder = path.parent / BACKEND_DIRECTORY
    own = os.getuid() == 0 and path.name in BACKEND_FILES and folder.is_dir()
    return (folder / path.name, BACKEND_USER) if own else (path, "")


def _content(path: Path) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read(LARGEST)
    except OSError:
        return None
