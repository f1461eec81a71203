"""Removing the directory of a session that had no sandbox, whatever it has put there."""

import os
import re
import stat

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
            os.waitpid(remove(directory), 0)


def remove(directory: str) -> int:
    """Start a process that removes a directory with all that is in it; return its process id.

    A small program does it, which neither nesting too deep for Python nor
    modes that lock a directory can stop, and which follows no link.
    """
    # Modes stop no root; anybody else may have to change them first.
    script = _REMOVE if os.geteuid() == 0 else _UNLOCK_AND_REMOVE
    # posix_spawn shares this process's memory until the exec, where a fork would copy its tables.
    return os.posix_spawn("/bin/sh", ["sh", "-c", script, "sh", directory], {"PATH": "/usr/bin:/bin"})
