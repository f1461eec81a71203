"""Limits of resources of each process of a session (setrlimit(2))."""

import resource

from sagews.protocol import sagews_pb2 as pb


def limit_resources(limits: pb.Limits, taken: int) -> None:
    """Limit the address space to what the zygote has already and the given bytes; allow no core dump."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if limits.address_space:
        limit = taken + limits.address_space
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
