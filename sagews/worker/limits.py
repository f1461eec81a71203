"""When the limits of time end what, and whom a spare session fits. Thinking only, no I/O."""

from dataclasses import dataclass
from enum import Enum, auto

from sagews.protocol import sagews_pb2 as pb

_KEPT_WITHIN = ("address_space", "open_files", "disk", "files", "session_cpu_time")
"""Those that a session sets upon itself when it is forked."""


def fits(forked: pb.Limits, wanted: pb.Limits) -> bool:
    """Whether a session that was forked with some limits can be given away with others."""
    return all(getattr(forked, name) == getattr(wanted, name) for name in _KEPT_WITHIN)


class Deadline(Enum):
    """What is over when a deadline passes."""

    WALL_TIME = auto()
    IDLE = auto()
    LIFETIME = auto()
    GRACE = auto()


@dataclass(slots=True)
class Clock:
    """The moments of a session on which its deadlines rest, of the monotonic clock."""

    opened: float
    active: float
    """Of the last request, or the last end of an evaluation."""
    abandoned: float | None = None
    """Since when nobody is attached; None while somebody is."""
    evaluation: float | None = None
    """Since when an evaluation runs; None while none does."""
    stopping: bool = False
    """The running evaluation is being stopped already: its wall time rings no more."""

    def next_deadline(self, limits: pb.Limits, wall_time: float) -> tuple[float, Deadline] | None:
        """Return the first deadline that will pass, and what it means; None if nothing is limited.

        `wall_time` is that of the running evaluation, which may be lower than the session's.
        """
        deadlines: list[tuple[float, Deadline]] = []
        if limits.lifetime:
            deadlines.append((self.opened + limits.lifetime, Deadline.LIFETIME))
        if self.abandoned is not None:
            deadlines.append((self.abandoned + limits.grace, Deadline.GRACE))
        if self.evaluation is None:
            if limits.idle:
                deadlines.append((self.active + limits.idle, Deadline.IDLE))
        elif wall_time and not self.stopping:
            deadlines.append((self.evaluation + wall_time, Deadline.WALL_TIME))
        return min(deadlines, key=lambda deadline: deadline[0], default=None)
