"""Removing the directory of a session that had no sandbox, whatever it has put there."""

import contextlib
import os
import re
import stat
import tempfile
from collections.abc import Iterator

PARTS = FILES, TEMPORARY = "files", "temporary"
"""What a session without a sandbox has its home and its temporary files in."""

_REMOVE = 'exec rm -rf -- "$1" 2>/dev/null'
_UNLOCK_AND_REMOVE = 'chmod -R u+rwx -- "$1" 2>/dev/null; ' + _REMOVE
_NAME = re.compile(r"sagews-(\d+)-[0-9a-f]{16}")


def name(owner: int) -> str:
    """Return a new name for a directory; `owner` is the process whose end makes it a leftover."""
    return f"sagews-{owner}-{os.urandom(8).hex()}"


def sweep(parent: str) -> None:
    """Remove the directories that owners left behind who are dead: they, and whoever worked for them, were killed."""
    for each in os.listdir(parent):
        if (found := _NAME.fullmatch(each)) is None or os.path.exists(f"/proc/{found[1]}"):
            continue
        directory = f"{parent}/{each}"
        status = os.lstat(directory)
        if stat.S_ISDIR(status.st_mode) and os.geteuid() in (0, status.st_uid):
            remove_now(directory)


def remove_now(directory: str) -> None:
    """Remove a directory with all that is in it, and wait until that is done."""
    if (process := remove(directory)) is not None:
        os.waitpid(process, 0)


def remove(directory: str) -> int | None:
    """Remove a directory in which no file is, and return None; or start a process that removes all; return its id.

    A small program does it, which neither nesting too deep for Python nor
    modes that lock a directory can stop, and which follows no link. It takes
    a fifth of what a session takes in all, and most sessions leave no file.
    """
    try:
        _remove_empty(directory)
    except OSError:
        return _remove_all(directory)
    return None


@contextlib.contextmanager
def named_by(variable: str) -> Iterator[None]:
    """Have a variable of the environment name a new directory inside the `with`.

    If this process is killed meanwhile, `sweep` of the next one removes it. Raises OSError.
    """
    # As /proc counts, which is how it is found out whether this process lives.
    owner = int(os.readlink("/proc/self"))
    directory = f"{tempfile.gettempdir()}/{name(owner)}"
    os.mkdir(directory, 0o700)
    os.environ[variable] = directory
    try:
        yield
    finally:
        del os.environ[variable]
        remove_now(directory)


def make(directory: str) -> None:
    """Make a directory for this user alone, with its PARTS."""
    for each in (directory, *(f"{directory}/{part}" for part in PARTS)):
        os.mkdir(each, 0o700)


def _remove_empty(directory: str) -> None:
    """Remove a directory with its empty PARTS, through no link. Raises OSError."""
    within = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        for part in PARTS:
            os.rmdir(part, dir_fd=within)
    finally:
        os.close(within)
    os.rmdir(directory)


def _remove_all(directory: str) -> int:
    # Modes stop no root; anybody else may have to change them first.
    script = _REMOVE if os.geteuid() == 0 else _UNLOCK_AND_REMOVE
    # posix_spawn shares this process's memory until the exec, where a fork would copy its tables.
    return os.posix_spawn("/bin/sh", ["sh", "-c", script, "sh", directory], {"PATH": "/usr/bin:/bin"})
