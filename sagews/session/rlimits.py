"""Limits of resources of each process of a session (setrlimit(2))."""

import math
import resource

from sagews.protocol import sagews_pb2 as pb

LEAST_OPEN_FILES = 256
"""Open files with which a session can still work."""
THREADS_MARGIN = 16
"""Threads by which the system's own limit is above that of the cgroup."""
CPU_MARGIN = 10
"""Seconds of processor time by which the system's own limit is above that which the supervisor keeps."""


def limit_resources(limits: pb.Limits, taken: int, walls: pb.Walls) -> None:
    """Have the system refuse this process, and what it starts, more than the limits say; allow no core dump.

    `taken` are the bytes of address space that the zygote has already.
    Processor time is a backstop here, of each process: the supervisor counts
    that of all. So are threads where a cgroup limits and counts them.
    """
    _limit(resource.RLIMIT_CORE, 0)
    if limits.address_space:
        _limit(resource.RLIMIT_AS, taken + limits.address_space)
    if limits.threads and (walls.uid or walls.user_namespace):
        # The system counts the threads of a user: here nobody else's.
        _limit(resource.RLIMIT_NPROC, limits.threads + (THREADS_MARGIN if walls.cgroups else 0))
    if limits.open_files:
        _limit(resource.RLIMIT_NOFILE, max(limits.open_files, LEAST_OPEN_FILES))
    if limits.disk:
        _limit(resource.RLIMIT_FSIZE, limits.disk)
    if limits.session_cpu_time:
        _limit(resource.RLIMIT_CPU, math.ceil(limits.session_cpu_time) + CPU_MARGIN)


def _limit(which: int, value: int) -> None:
    """Set a limit, soft and hard, unless it is lower already."""
    _soft, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(which, (value, value))
