"""The settings of workers."""

import msgspec


class Worker(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Table `[worker]`: how many sessions one worker holds, and how much of their output it keeps."""

    name: str = "w1"
    """The worker's name: lower-case letters and digits. Session ids begin with it."""
    tier: str = ""
    """Tier of isolation, A to D, that sessions get; `sagews doctor` explains them. Empty: the best possible here."""
    required_tier: str = ""
    """The lowest tier that will do; the worker refuses to start in a lower one. Empty: any."""
    accept_weak_isolation: bool = False
    """Start in tier C or D although anybody can open sessions without a token: on loopback, with `hosts` configured."""
    users: str = ""
    """Users that sessions run as, one at a time each: `NAME,NAME...`, or a range of user ids, as in `6000000-6000999`.
    Empty: user ids from 6000000 on, which belong to nobody. Only for a worker that runs as root."""
    max_sessions: int = 100
    """Sessions that live at once; further readers are told that it is full."""
    replay_bytes: int = 32 << 20
    """Bytes of events kept for each session, from which a reloaded page gets what it missed."""
    max_waiting: int = 100
    """Evaluations that may wait in the queue of one session."""
