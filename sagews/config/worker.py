"""The settings of workers."""

import msgspec


class Worker(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Table `[worker]`: where a worker listens, how many sessions it holds, how much of their output it keeps."""

    name: str = "w1"
    """The worker's name: lower-case letters and digits. Session ids begin with it."""
    max_sessions: int = 100
    """Sessions that live at once; further readers are told that it is full."""
    replay_bytes: int = 32 << 20
    """Bytes of events kept for each session, from which a reloaded page gets what it missed."""
    max_waiting: int = 100
    """Evaluations that may wait in the queue of one session."""
    listen: str = ""
    """`HOST:PORT` on which backends of other machines reach it, beside its Unix socket. Empty: none of them can."""
    metrics: str = ""
    """`HOST:PORT` of its `/healthz` and `/metrics`, which ask for no token. Empty: none."""
    drain_seconds: float = 3600.0
    """Seconds that its sessions may go on after a SIGTERM, before they are ended."""
    stall_seconds: float = 60.0
    """Seconds without any progress after which a link that does not read its events is ended."""
