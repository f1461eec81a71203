"""The tiers of isolation: how much a machine lets a worker put between its sessions and everything else."""

import enum


class Tier(enum.IntEnum):
    """From the strongest to none; a smaller number is better."""

    A = 1
    """Root: a user for each session, namespaces, a filter of system calls, cgroups."""
    B = 2
    """An ordinary user that may make user namespaces: as A, without another user and without cgroups."""
    C = 3
    """No namespaces, as in many containers: a filter of system calls and landlock; with root, another user."""
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
