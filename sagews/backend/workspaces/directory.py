"""A directory of a backend's own: one that begins while another of its name still ends has another one.

Whose it is, is known by a lock on a file beside it, which the system takes
from whoever dies.
"""

import fcntl
import os
from pathlib import Path

from sagews.errors import ServiceError

MOST = 100
"""Directories of one name."""


def own_directory(place: Path, name: str) -> Path:
    """Return a directory in this place that nobody else has until this process ends; it need not be there yet.

    Raises ServiceError if there can be none.
    """
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number in range(1, MOST + 1):
            directory = place / f"{name}.{number}"
            # It stays open: with it ends the lock.
            lock = os.open(directory.with_name(f"{directory.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
            else:
                return directory
    except OSError as error:
        why = error.strerror or type(error).__name__
        hint = "look at its owner and the room that is left on its disk"
        raise ServiceError(f"cannot be written: {why}", f"copies of workspaces in {place}", hint) from error
    raise ServiceError(
        f"has {MOST} directories in use", f"copies of workspaces in {place}", "end backends of this name"
    )
