"""What this machine's part says: progress while it works, and how each program is."""

from enum import StrEnum

import msgspec


class Word(msgspec.Struct, frozen=True):
    """One step that was done, or that failed."""

    service: str
    """The service's name; empty for the machine as a whole."""
    what: str
    status: int = 0
    """The exit status that this makes of the command: 0 for a step that went well."""


class Condition(StrEnum):
    """How a program is."""

    RUNNING = "running"
    """It runs and answers."""
    STARTING = "starting"
    """It runs, does not answer yet, and has time left for that."""
    SILENT = "silent"
    """It runs and does not answer."""
    RESTARTING = "restarting"
    """It ended, and is started again after a pause."""
    STOPPING = "stopping"
    """It is asked to end."""
    STOPPED = "stopped"
    """It does not run, and nobody wants it to."""
    ENDED = "ended"
    """It ended by itself."""
    DRAINING = "draining"
    """It lets nobody in any more, and those that are there may stay for a while."""
    DRAINED = "drained"
    """It was drained and has ended; `start` takes it back."""
    FAILED = "failed"
    """It could not be started, and is not tried again."""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """How one service is."""

    machine: str
    service: str
    kind: str
    condition: Condition
    changed: bool = False
    """Whether the configuration says something else than what it was started with."""
    pid: int = 0
    """Its process; 0 if there is none."""
    seconds: int = 0
    """How long it runs."""
    why: str = ""
    """Why it does not run."""

    @property
    def right(self) -> bool:
        """Whether it is as the configuration says."""
        return self.condition is Condition.RUNNING and not self.changed
