"""Files that hold a secret: made for their owner alone, and read only if nobody else can read them.

What root made may be readable by a group of the site's services (`config/users.py`).
"""

import grp
import os
import secrets
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sagews.config.users import GROUPS
from sagews.errors import ConfigurationError


def make_secret(path: Path, content: Callable[[], str]) -> None:
    """Make the file, of one line of ASCII, unless it is there; of two that do it at once, both find the first one's.

    Raises ConfigurationError where it cannot be written.
    """
    if path.exists():
        return
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Written whole under another name, so that nobody reads half of it.
        draft = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with open(descriptor, "w", encoding="ascii") as file:
                file.write(content() + "\n")
            with suppress(FileExistsError):
                os.link(draft, path)
        finally:
            draft.unlink()
    except OSError as error:
        raise ConfigurationError(
            f"cannot be written ({error.strerror})", str(path), "choose another directory with --data"
        ) from error


def read_secret(path: Path, limit: int, hint: str) -> bytes:
    """Return the content of a file, at most `limit` bytes of it.

    Raises ConfigurationError with this hint for one that cannot be read, that
    is no file of this user's, or that others can read: its content may be known.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise ConfigurationError(f"cannot be read ({error.strerror})", str(path), hint) from error
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or not (found.st_uid in (os.getuid(), 0) or _of_its_directory(path, found)):
            raise ConfigurationError("is not a file of this user", str(path), hint)
        if found.st_mode & 0o077 and not _shared_by_root(found):
            raise ConfigurationError(f"can be read by others (mode {found.st_mode & 0o777:04o})", str(path), hint)
        return os.read(descriptor, limit)
    finally:
        os.close(descriptor)


def _of_its_directory(path: Path, found: os.stat_result) -> bool:
    """Whether this is root, who reads what a service keeps in the directory that it alone may write to."""
    if os.getuid():
        return False
    folder = path.parent.stat()
    return folder.st_uid == found.st_uid and not folder.st_mode & 0o022


def _shared_by_root(found: os.stat_result) -> bool:
    """Whether root lets services of the site read a file, and nobody else."""
    if found.st_uid or found.st_mode & 0o037:
        return False
    try:
        return grp.getgrgid(found.st_gid).gr_name in GROUPS
    except KeyError:
        return False
