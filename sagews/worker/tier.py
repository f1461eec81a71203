"""The tiers of isolation: how much a machine lets a worker put between its sessions and everything else."""

import enum


class Tier(enum.IntEnum):
    """From the strongest to none; a smaller number is better."""

    A = 1
    """Root: a user for each session, namespaces, a filter of system calls, cgroups."""
    B = 2
    """An ordinary user that may make user namespaces: as A, without another user and without cgroups."""
    C = 3
    """No namespaces, as in many containers: a filter of system calls, Landlock where there is some; with root, a user
    for each session."""
    D = 4
    """Nothing but limits: for one person who trusts their own code."""

    @property
    def has_namespaces(self) -> bool:
        """Whether sessions have a sandbox."""
        return self <= Tier.B

    @property
    def has_filter(self) -> bool:
        """Whether system calls are filtered."""
        return self <= Tier.C

    @property
    def is_weak(self) -> bool:
        """Whether it takes trust in the readers: sessions have no sandbox."""
        return not self.has_namespaces

    @property
    def protects(self) -> str:
        """What it protects from what, in one sentence."""
        return _PROTECTS[self]


_PROTECTS = {
    Tier.A: "Every session is a user of its own in a sandbox of its own: it reaches neither other sessions, nor the"
    " files of this machine, nor a network that its environment does not have.",
    Tier.B: "Every session has a sandbox of its own: it reaches neither other sessions, nor the files of this machine,"
    " nor a network that its environment does not have; all sessions are the worker's user to the system.",
    Tier.C: "Sessions write only in their own directory and make only harmless system calls, but they see each other's"
    " processes and can read what the worker's user can read (with root: what everybody can).",
    Tier.D: "Nothing but limits: sessions can do all that the worker's user can.",
}
