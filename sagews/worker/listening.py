"""The Unix socket on which a worker listens: in a directory of its user alone, into which backends may look."""

import os
import pwd
import socket
import stat
from pathlib import Path

from sagews.errors import ConfigurationError, ServiceError

MAX_SOCKET_PATH = 107
"""Bytes of a Unix socket's path (unix(7): sun_path has 108, the last one NUL)."""


def account(name: str) -> pwd.struct_passwd:
    """Return the Unix user of this name. Raises ConfigurationError."""
    try:
        return pwd.getpwnam(name)
    except KeyError:
        raise ConfigurationError("is no user of this machine", name, "see --backend-user") from None


def listen(path: Path, backends: pwd.struct_passwd | None = None) -> socket.socket:
    """Return a socket that listens on a path which its owner can reach, and the group of its backends' user.

    Raises SagewsError.
    """
    if len(os.fsencode(path)) > MAX_SOCKET_PATH:
        raise ConfigurationError(
            f"is longer than the {MAX_SOCKET_PATH} bytes of a socket's path",
            str(path),
            "choose a shorter runtime_directory",
        )
    _make_private(path.parent, backends)
    listener = socket.socket(socket.AF_UNIX)
    try:
        _take_over(path)
        listener.bind(str(path))
        if backends is not None:
            os.chown(path, -1, backends.pw_gid)
        path.chmod(0o600 if backends is None else 0o660)
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


def _make_private(directory: Path, backends: pwd.struct_passwd | None) -> None:
    """Make the directory, or check that nobody else may go into it; backends may, but change nothing there."""
    try:
        if not directory.exists():
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if backends is not None:
                os.chown(directory, -1, backends.pw_gid)
                directory.chmod(0o710)
        found = directory.lstat()
    except OSError as error:
        raise ConfigurationError(
            f"cannot be made ({error.strerror})", str(directory), "choose another runtime_directory"
        ) from error
    shut = 0o067 if backends is not None and found.st_gid == backends.pw_gid else 0o077
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & shut:
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
