"""The settings of workers."""

import msgspec


class Worker(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Table `[worker]`: where a worker listens, how many sessions it holds, how much of their output it keeps."""

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
    user_part: int = 0
    """Of several workers on one machine, which this one is, from 0: sessions of no two have the same user. Workers of
    `[[machine]]` have their own."""
    user_parts: int = 1
    """How many workers of the machine share the users that `users` names."""
    renew_after_sessions: int = 10_000
    """Sessions that one zygote forks before a new one takes its place. 0: without end."""
    renew_after_seconds: float = 86_400.0
    """Seconds that one zygote forks before a new one takes its place. 0: without end."""
    max_sessions: int = 100
    """Sessions that live at once; further readers are told that it is full."""
    replay_bytes: int = 32 << 20
    """Bytes of events kept for each session, from which a reloaded page gets what it missed."""
    max_waiting: int = 100
    """Evaluations that may wait in the queue of one session."""
    listen: str = ""
    """`HOST:PORT` on which backends of other machines reach it, beside its Unix socket. Empty: none of them can."""
    port: int = 7400
    """First TCP port on which the workers of a `[[machine]]` listen, if the site has backends on others."""
    metrics: str = ""
    """`HOST:PORT` of its `/healthz` and `/metrics`, which ask for no token. Empty: none."""
    drain_seconds: float = 3600.0
    """Seconds that its sessions may go on after a SIGTERM, before they are ended."""
    stall_seconds: float = 60.0
    """Seconds without any progress after which a link that does not read its events is ended."""
    sessions_per_account: int = 0
    """Sessions that one account may have at once. 0: as many as there are."""
    sessions_per_address: int = 0
    """Sessions that readers without an account may have at once from one IP address, or from one /64 of IPv6.
    0: as many as there are."""
    cgroups: bool = True
    """Whether the system's cgroups keep the limits of sessions, where this worker may make some. Without them the
    worker looks after its sessions' processes every second or more often."""
