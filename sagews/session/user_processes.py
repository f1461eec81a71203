"""All that runs as one user: finding it, and killing it whatever it has become.

For systems where the line of ancestors (`family.py`) does not hold, as in
gVisor, which hands orphans to the first process of all and to no subreaper.
What no session can leave there is its user: it has no right to be another.

A process id says nothing once its process may have been reaped by somebody
else. So no id is signalled here. A process becomes the user, as far as
signals are concerned, and the system sends one to all that it may reach
(kill(2), -1). The user itself cannot reach that process: to be signalled counts
the real user, which stays one that nobody has.
"""

import contextlib
import errno
import os
import signal
import time
from collections.abc import Collection

NOBODYS = 2**32 - 2
"""A user id that is never given: `(uid_t) -2`, since -1 means none."""
_NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""Errors after which a process may be there that could not be looked at."""
_PAUSE = 0.005
_ROUNDS = 20
"""Signals in a row, against those that fork meanwhile: gVisor reaches one after the other, Linux all at once."""
_LOOKS = 2
"""Looks in a row that find nothing, after which there is nothing: a list of processes can miss one that is new."""


def found(user: int, *, dead: bool = False) -> list[int]:
    """Return the ids of a user's processes; those that have ended and are not reaped only if `dead`.

    Raises OSError where there is no room for looking.
    """
    return listed(dead=dead).get(user, [])


def listed(*, dead: bool = False) -> dict[int, list[int]]:
    """Return the ids of all processes, by their users, as `found`. Raises OSError."""
    ids: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/status", "rb", buffering=0) as file:
                text = file.read(4096)
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise
            continue
        user = _field(text, b"Uid").split()[:1]
        if user and (dead or not _is_dead(text)):
            ids.setdefault(int(user[0]), []).append(int(name))
    return ids


def kill(user: int) -> bool:
    """Kill all processes of a user; return whether there were any. Call it until there are none."""
    if (killer := start_killing(user)) is None:
        return False
    if killer:
        os.waitpid(killer, 0)
    return True


def start_killing(user: int) -> int | None:
    """As `kill`, which does not wait: return the process that does it, for waitpid(2); None if there was nothing.

    0: there is no room for a process now. Who has no room to look kills all the same: there may be some.
    """
    with contextlib.suppress(OSError):
        if not found(user):
            return None
    try:
        pid = os.fork()
    except OSError:
        return 0  # There is again when some of what was killed is gone.
    if pid == 0:
        try:
            _become(user)
            for _ in range(_ROUNDS):
                os.kill(-1, signal.SIGKILL)
        finally:
            os._exit(0)
    return pid


def kill_all(users: Collection[int], deadline: float) -> None:
    """Kill all processes of these users, and what they fork meanwhile; give up after `deadline` seconds."""
    end = time.monotonic() + deadline
    looks = 0
    while users and looks < _LOOKS and time.monotonic() < end:
        looks = 0 if [user for user in users if kill(user)] else looks + 1
        time.sleep(_PAUSE)


def _become(user: int) -> None:
    """Be a user to whom one sends a signal, and nobody to those who would send one; every right goes with it."""
    os.setgroups([])
    os.setresuid(NOBODYS, user, NOBODYS)


def _is_dead(status: bytes) -> bool:
    """Whether no thread of a process is left: its first one may have ended before the others."""
    threads = _field(status, b"Threads")
    return _field(status, b"State")[:1] in (b"Z", b"X") and threads in (b"", b"0", b"1")


def _field(status: bytes, name: bytes) -> bytes:
    # The last one: the process's name comes first, and in gVisor it may hold lines that look like others.
    with contextlib.suppress(ValueError):
        start = status.rindex(b"\n%b:\t" % name) + len(name) + 3
        return status[start : status.index(b"\n", start)]
    return b""
