"""The settings of workers."""

import msgspec


class Worker(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Table `[worker]`: how many sessions one worker holds, and how much of their output it keeps."""

    name: str = "w1"
    """The worker's name: lower-case letters and digits. Session ids begin with it."""
    max_sessions: int = 100
    """Sessions that live at once; further readers are told that it is full."""
    replay_bytes: int = 32 << 20
    """Bytes of events kept for each session, from which a reloaded page gets what it missed."""
    max_waiting: int = 100
    """Evaluations that may wait in the queue of one session."""
    sessions_per_account: int = 0
    """Sessions that one account may have at once. 0: as many as there are."""
    sessions_per_address: int = 0
    """Sessions that readers without an account may have at once from one IP address, or from one /64 of IPv6.
    0: as many as there are."""
    cgroups: bool = True
    """Whether the system's cgroups keep the limits of sessions, where this worker may make some. Without them the
    worker looks after its sessions' processes every second or more often."""
