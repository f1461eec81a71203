"""Why a session ended. Thinking only, no I/O."""

import signal

from sagews.protocol import sagews_pb2 as pb
from sagews.worker import words
from sagews.worker.guard import Breach
from sagews.worker.limits import Deadline
from sagews.worker.usage import Usage

REASONS: dict[Deadline | Breach, pb.SessionReason] = {
    Deadline.IDLE: pb.SESSION_REASON_IDLE,
    Deadline.LIFETIME: pb.SESSION_REASON_LIFETIME,
    Deadline.GRACE: pb.SESSION_REASON_ABANDONED,
    Breach.SESSION_CPU_TIME: pb.SESSION_REASON_CPU_TIME,
    Breach.MEMORY: pb.SESSION_REASON_MEMORY,
    Breach.PROCESSES: pb.SESSION_REASON_PROCESSES,
}
"""Of what ends a session at its own limit."""


class Ending:
    """What is known of a session's end before it has come, and what follows when it has."""

    def __init__(self, limits: pb.Limits) -> None:
        self._limits = limits
        self.reason: pb.SessionReason | None = None
        """Why it is being ended, once it is; the first reason stays."""

    @property
    def has_begun(self) -> bool:
        """Whether the session is being ended."""
        return self.reason is not None

    def begin(self, reason: pb.SessionReason) -> None:
        """Note why it is being ended."""
        if self.reason is None:
            self.reason = reason

    def ended(
        self,
        exit_status: int | None,
        killed_by: int | None,
        usage: Usage,
        *,
        for_memory: bool,
        unstoppable: bool,
    ) -> pb.Ended:
        """Return the event of an end: how its main process ended, and what was used.

        `for_memory`: the system has just killed a process of it, since all
        its memory was used. `unstoppable`: its evaluation had to be ended by a
        stronger signal than SIGINT.
        """
        ended = pb.Ended(cpu_seconds=usage.cpu_seconds, memory_peak=usage.memory_peak)
        if self.reason is not None:
            ended.reason = self.reason
        elif exit_status is not None:
            ended.reason, ended.status = pb.SESSION_REASON_EXITED, exit_status
        elif for_memory and killed_by == signal.SIGKILL:
            ended.reason = pb.SESSION_REASON_MEMORY
        elif killed_by == signal.SIGXCPU and self._limits.session_cpu_time:
            ended.reason = pb.SESSION_REASON_CPU_TIME
        else:
            ended.reason, ended.status = pb.SESSION_REASON_KILLED, killed_by or signal.SIGKILL
        is_unstoppable = unstoppable and ended.reason == pb.SESSION_REASON_KILLED
        ended.text = words.UNSTOPPABLE if is_unstoppable else words.ended(ended.reason, self._limits, ended.status)
        return ended
