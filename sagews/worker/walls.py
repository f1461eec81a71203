"""Which walls stand around the sessions of an environment: what its tier has, put into words for builder and zygote."""

from dataclasses import dataclass

from sagews.protocol import sagews_pb2 as pb
from sagews.worker.sandboxes import Sandbox, Sandboxes
from sagews.worker.tier import Tier


@dataclass(frozen=True, slots=True)
class Walls:
    """The walls of one environment's sessions."""

    tier: Tier
    sandboxes: Sandboxes | None
    """Where the tier has namespaces."""
    network: bool
    landlock: bool

    async def sandbox(self) -> Sandbox | None:
        """Return a sandbox for a session; None in a tier without. Raises ServiceError if none can be built."""
        return None if self.sandboxes is None else await self.sandboxes.take()

    def of(self, sandbox: Sandbox | None) -> pb.Walls:
        """Return what a session is to put up around itself, and in which sandbox."""
        walls = pb.Walls(
            seccomp=self.tier.has_filter,
            landlock=self.landlock,
            network=self.network,
            user_namespace=self.tier is Tier.B,
            no_memory_files=self.tier is not Tier.A,
        )
        if sandbox is not None:
            walls.sandbox = True
            walls.user, walls.home = sandbox.user.name, sandbox.user.home
            if self.tier is Tier.A:
                walls.uid, walls.gid = sandbox.user.uid, sandbox.user.gid
        return walls
