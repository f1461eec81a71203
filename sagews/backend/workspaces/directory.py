"""A directory of a backend's own: one that begins while another of its name still ends has another one.

Whose it is, is known by a lock on a file beside it, which the system takes
from whoever dies. What the dead left is removed by the next one.
"""

import fcntl
import os
import shutil
from pathlib import Path

from sagews.errors import ServiceError

MOST = 100
"""Directories of one name."""


def own_directory(place: Path, name: str) -> Path:
    """Return a directory in this place that nobody else has until this process ends; it need not be there yet.

    Raises ServiceError if there can be none.
    """
    own = None
    try:
        _make(place)
        for number in range(1, MOST + 1):
            directory = place / f"{name}.{number}"
            if (own is None or directory.exists()) and (lock := _locked(directory)) is not None:
                shutil.rmtree(directory, ignore_errors=True)
                # The first one stays locked as long as it is open.
                if own is None:
                    own = directory
                else:
                    os.close(lock)
    except OSError as error:
        why = error.strerror or type(error).__name__
        hint = "look at its owner and the room that is left on its disk"
        raise ServiceError(f"cannot be written: {why}", f"copies of workspaces in {place}", hint) from error
    if own is None:
        what = f"has {MOST} directories in use"
        raise ServiceError(what, f"copies of workspaces in {place}", "end other backends of this name")
    return own


def _make(place: Path) -> None:
    """Have a folder that nobody else reads; whatever above it is not there is made so, too. Raises OSError."""
    for folder in (*reversed(place.parents), place):
        # What is there stays as it is: it may be a link, or of somebody else.
        if not folder.is_dir():
            folder.mkdir(mode=0o700, exist_ok=True)
    place.chmod(0o700)


def _locked(directory: Path) -> int | None:
    """Lock a directory and return the descriptor that holds it; None if somebody else has it."""
    lock = os.open(directory.with_name(f"{directory.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock
