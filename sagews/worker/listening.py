"""The Unix socket on which a worker listens: in a directory of its user alone, and no other worker's."""

import os
import socket
import stat
from pathlib import Path

from sagews.errors import ConfigurationError, ServiceError

MAX_SOCKET_PATH = 107
"""Bytes of a Unix socket's path (unix(7): sun_path has 108, the last one NUL)."""


def listen(path: Path) -> socket.socket:
    """Return a socket that listens on a path which only its owner can reach. Raises SagewsError."""
    if len(os.fsencode(path)) > MAX_SOCKET_PATH:
        raise ConfigurationError(
            f"is longer than the {MAX_SOCKET_PATH} bytes of a socket's path",
            str(path),
            "choose a shorter runtime_directory",
        )
    _make_private(path.parent)
    listener = socket.socket(socket.AF_UNIX)
    try:
        _take_over(path)
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise ServiceError(
            f"cannot listen ({error.strerror})", str(path), "choose another runtime_directory"
        ) from error
    except ServiceError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener


def _make_private(directory: Path) -> None:
    """Make the directory, or check that nobody else may go into it."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = directory.lstat()
    except OSError as error:
        raise ConfigurationError(
            f"cannot be made ({error.strerror})", str(directory), "choose another runtime_directory"
        ) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise ConfigurationError(
            "is not a directory of this user alone", str(directory), "chmod 700 it, or choose another runtime_directory"
        )


def _take_over(path: Path) -> None:
    """Remove the socket of a worker that is dead; refuse if one listens there."""
    if not path.exists():
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            path.unlink()
            return
    raise ServiceError("a worker listens there already", str(path), "stop it, or give this one another name")
