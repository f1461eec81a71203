"""Which walls stand around the sessions of an environment: what its tier has, put into words for builder and zygote."""

from dataclasses import dataclass
from itertools import count

from sagews.protocol import sagews_pb2 as pb
from sagews.worker.cgroup import Cgroup
from sagews.worker.cgroups import Cgroups
from sagews.worker.sandboxes import Sandbox, Sandboxes
from sagews.worker.tier import Tier
from sagews.worker.users import User, Users

_number = count(1)


@dataclass(frozen=True, slots=True)
class Walls:
    """The walls of one environment's sessions."""

    tier: Tier
    sandboxes: Sandboxes | None
    """Where the tier has namespaces."""
    network: bool
    landlock: bool
    cgroups: Cgroups | None
    """Where the worker may make some."""
    users: Users | None = None
    """Where sessions without a sandbox have users of their own."""
    by_user: bool = False
    """Whether these users are what sessions are held by, each and all that it starts; see `by_user.py`."""

    async def sandbox(self, limits: pb.Limits) -> Sandbox | None:
        """Return a sandbox for a session; None in a tier without. Raises ServiceError if none can be built."""
        return None if self.sandboxes is None else await self.sandboxes.take(limits)

    def user(self) -> User | None:
        """Return a user for a session without a sandbox; None where all are the worker's own. Raises ServiceError."""
        return None if self.users is None else self.users.take()

    def cgroup(self, limits: pb.Limits) -> Cgroup | None:
        """Return a cgroup for a session; None where there are none. Raises OSError."""
        return None if self.cgroups is None else self.cgroups.make(f"s{next(_number)}", limits)

    def remove(self, cgroup: Cgroup) -> None:
        """Have a cgroup removed, with what is left in it, in the background."""
        if self.cgroups is not None:
            self.cgroups.remove(cgroup)

    def of(self, sandbox: Sandbox | None, user: User | None, cgroups: int) -> pb.Walls:
        """Return what a session is to put up around itself, in which sandbox or as which user, in how many cgroups."""
        walls = pb.Walls(
            seccomp=self.tier.has_filter,
            landlock=self.landlock,
            network=self.network,
            user_namespace=self.tier is Tier.B,
            no_memory_files=not cgroups,
            cgroups=cgroups,
        )
        if user is not None:
            walls.uid, walls.gid = user.uid, user.gid
        if sandbox is not None:
            walls.sandbox = True
            walls.user, walls.home = sandbox.user.name, sandbox.user.home
            if self.tier is Tier.A:
                walls.uid, walls.gid = sandbox.user.uid, sandbox.user.gid
        return walls
