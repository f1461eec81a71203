"""Tables `[quotas]`: how much one person may have of a site, by who they are."""

import msgspec

LIMITS = ("wall_time", "cpu_time", "memory")
"""Those of a quota that lower a limit of `[limits]`; the others count."""
BYTES = ("memory", "storage")
"""Those that are bytes."""
MOST = 1_000_000_000
"""The highest number of what is counted."""


class Quota(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Table `[quotas.ROLE]`: what one of a role may have; `ROLE` is `anonymous`, `account` or `operator`.

    Who is not signed in is `anonymous`, and counts by IP address, or by the first 64 bits of one of IPv6. An operator
    may give one account quotas of its own, at `/accounts`. See [how to](../how-to/accounts.md#quotas).
    """

    sessions: int = 0
    """Sessions at once, on all workers together. 0: as many as there are."""
    evaluations: int = 0
    """Evaluations in a day, which begins at 00:00 UTC, in sessions and stateless ones. 0: as many as the rates let."""
    wall_time: float = 0.0
    """Seconds of wall time for one evaluation, at most those of `[limits]`. 0: those."""
    cpu_time: float = 0.0
    """Seconds of processor time for one evaluation, at most those of `[limits]`. 0: those."""
    memory: int = 0
    """Bytes of memory of all processes of a session together, at most those of `[limits]`. 0: those."""
    storage: int = 0
    """Bytes that the workspaces of an account take up in the database together, history and deleted ones that can be
    brought back included. 0: no limit but that of each workspace."""


class Quotas(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Table `[quotas]`: the quotas of each role, in tables of their own."""

    anonymous: Quota = Quota()
    account: Quota = Quota()
    operator: Quota = Quota()
