"""The walls around a session, in the order in which it puts them up around itself.

`enter` runs in the forked session before anything of the reader's does. What
a spawn costs is copying pages, so that it touches as little as it can.
"""

import math
import os
import resource
import sys
import tempfile

from sagews.protocol import sagews_pb2 as pb
from sagews.session import descriptors, family

CHANNEL = 200
"""Lowest number of the channel's descriptor: far from those that programs hand out, and closed by exec."""


LEAST_OPEN_FILES = 256
"""Open files with which a session can still work."""
CPU_MARGIN = 10
"""Seconds of processor time by which the system's own limit is above that which the supervisor keeps."""


def enter(limits: pb.Limits, taken: int, received: tuple[int, int, int], directory: str, *, own_user: bool) -> int:
    """Confine this process; return the number of the channel's descriptor.

    `taken` are the bytes of address space that the zygote has; `received` the
    descriptors of channel, stdout and stderr; `directory` does not exist yet
    and is removed by the init; `own_user` where no other session has this user id.
    """
    _lead_own_group()
    channel = _take_descriptors(*received)
    _limit_resources(limits, taken, own_user=own_user)
    _move_into(directory)
    _reseed()
    # Here come, in this order: cgroups, users and capabilities, namespaces, no-new-privileges, seccomp.
    return channel


def address_space() -> int:
    """Return the bytes of address space that this process has (VmSize), for `enter` in a fork of it."""
    with open("/proc/self/statm", "rb") as statm:
        return int(statm.read().split()[0]) * resource.getpagesize()


def _reseed() -> None:
    """Seed anew the generators of random numbers that modules made before the fork, so that siblings differ.

    Python's own is seeded by the interpreter in every fork.
    """
    if numpy_random := sys.modules.get("numpy.random"):
        # A whole number is much the cheapest seed: the general way goes through half of the module.
        numpy_random.seed(int.from_bytes(os.urandom(4)))
    if sympy_random := sys.modules.get("sympy.core.random"):
        sympy_random.rng.seed(os.urandom(16))


def _lead_own_group() -> None:
    """Leave the init's session, so that an interrupt reaches the session and not its init."""
    os.setsid()
    family.die_with_parent()
    os.umask(0o077)


def _take_descriptors(channel: int, stdout: int, stderr: int) -> int:
    """Put the pipes at 1 and 2, the end of file at 0, the channel out of the way; close all others."""
    channel = descriptors.out_of_the_way(channel, CHANNEL)
    stdout = descriptors.out_of_the_way(stdout, CHANNEL)
    stderr = descriptors.out_of_the_way(stderr, CHANNEL)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    descriptors.close_all_but([0, 1, 2, channel])
    return channel


def _limit_resources(limits: pb.Limits, taken: int, *, own_user: bool) -> None:
    """Have the system refuse this process, and what it starts, more than the limits say; allow no core dump.

    Processor time is a backstop here, of each process: the supervisor counts that of all.
    """
    _limit(resource.RLIMIT_CORE, 0)
    if limits.address_space:
        _limit(resource.RLIMIT_AS, taken + limits.address_space)
    if limits.threads and own_user:  # The system counts the threads of a user, of all its processes.
        _limit(resource.RLIMIT_NPROC, limits.threads)
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


def _move_into(directory: str) -> None:
    """Work in a directory of the session's own, with another one in it for temporary files."""
    temporary, files = f"{directory}/temporary", f"{directory}/files"
    for each in (directory, temporary, files):
        os.mkdir(each, 0o700)
    os.chdir(files)
    os.environ["TMPDIR"] = temporary
    tempfile.tempdir = None
