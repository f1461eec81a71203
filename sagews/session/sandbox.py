"""The walls around a session, in the order in which it puts them up around itself.

`enter` runs in the forked session before anything of the reader's does. Each
step is cheap: most of what a spawn costs is copying pages.
"""

import os
import resource
import signal
import sys
import tempfile
from pathlib import Path

from sagews.protocol import sagews_pb2 as pb
from sagews.session import descriptors, family

CHANNEL = 200
"""Lowest number of the channel's descriptor: far from those that programs hand out, and closed by exec."""


def enter(limits: pb.Limits, received: tuple[int, int, int], directory: Path) -> int:
    """Confine this process; return the number of the channel's descriptor.

    `received` are the descriptors of channel, stdout and stderr; `directory`
    does not exist yet and is removed by the init.
    """
    _lead_own_group()
    channel = _take_descriptors(*received)
    _limit_resources(limits)
    _move_into(directory)
    # Here come, in this order: cgroups, users and capabilities, namespaces, no-new-privileges, seccomp.
    _differ_from_siblings()
    return channel


def _lead_own_group() -> None:
    """Leave the init's session, so that an interrupt reaches the session and not its init."""
    os.setsid()
    family.die_with_parent()
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
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


def _limit_resources(limits: pb.Limits) -> None:
    """Limit the address space to what the zygote has already and the given bytes; allow no core dump."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if limits.address_space:
        with open("/proc/self/statm", "rb") as statm:
            taken = int(statm.read().split()[0]) * resource.getpagesize()
        limit = taken + limits.address_space
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _move_into(directory: Path) -> None:
    """Work in a directory of the session's own, with another one in it for temporary files."""
    temporary = directory / "tmp"
    files = directory / "files"
    directory.mkdir(mode=0o700)
    temporary.mkdir()
    files.mkdir()
    os.chdir(files)
    os.environ["TMPDIR"] = str(temporary)
    tempfile.tempdir = None


def _differ_from_siblings() -> None:
    """Seed anew the generators of random numbers that were seeded in the zygote.

    Python's own is seeded by the interpreter at every fork.
    """
    if numpy_random := sys.modules.get("numpy.random"):
        numpy_random.seed()
    if sympy_random := sys.modules.get("sympy.core.random"):
        sympy_random.rng.seed()
