"""Backends and workers of a machine, emptied: no new sessions come, readers move, and those that live may end in peace.

A backend that is stopped tells its readers to move; a worker that gets
SIGTERM waits for its sessions, and then ends for good. Which ones are drained
is kept in a file, until `start` takes them back.
"""

from contextlib import suppress
from pathlib import Path

import msgspec

from sagews.admin.here.files import write
from sagews.admin.here.words import Condition, Status
from sagews.admin.program import SECRET_MODE, WrittenFile
from sagews.admin.supervisor.asking import DOWN, UP, Fault, Process, State, Supervisor

DRAINED = ("backend", "worker")
"""Kinds of services that can be drained."""


class Drained:
    """The names of what is drained on this machine."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.names: set[str] = set()
        with suppress(OSError, msgspec.MsgspecError):
            self.names = msgspec.json.decode(path.read_bytes(), type=set[str])

    def add(self, name: str) -> None:
        """Keep a name. Raises ServiceError."""
        self._save(self.names | {name})

    def remove(self, name: str) -> None:
        """Keep a name no more. Raises ServiceError."""
        self._save(self.names - {name})

    def _save(self, names: set[str]) -> None:
        if names != self.names:
            self.names = names
            text = msgspec.json.encode(sorted(names)).decode()
            write(WrittenFile(path=self._path, text=text, mode=SECRET_MODE))


def begin(supervisor: Supervisor, name: str, kind: str) -> None:
    """Have a service begin to drain; only once, since a second SIGTERM ends it at once."""
    with suppress(Fault):
        if kind == "worker":
            supervisor.ask("supervisor.signalProcess", name, "TERM")
        else:
            supervisor.ask("supervisor.stopProcess", name, False)


def take_back(supervisor: Supervisor, name: str, kind: str) -> None:
    """Have a worker that still drains open sessions again; whatever else is drained is started as usual."""
    if kind == "worker":
        with suppress(Fault):
            supervisor.ask("supervisor.signalProcess", name, "USR1")


def over(process: Process | None) -> bool:
    """Whether what was drained has ended."""
    return process is None or process.state in DOWN


def seen(status: Status, drained: set[str], process: Process | None) -> Status:
    """Return how a service is, with its draining."""
    if status.service not in drained:
        return status
    if over(process):
        return msgspec.structs.replace(status, condition=Condition.DRAINED, why="")
    assert process is not None
    if process.state in UP or process.state is State.STOPPING:
        return msgspec.structs.replace(status, condition=Condition.DRAINING, why="")
    return status
