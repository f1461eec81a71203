"""The walls around a session, in the order in which it puts them up around itself.

`Sandbox()` prepares in the zygote what can be prepared; `enter` runs in the
forked session before anything of the reader's does. What a spawn costs is
copying pages, so that it touches as little as it can.

The order is that of what each step still needs: descriptors of the cgroups
before they are closed, rights before they are dropped, system calls before
they are forbidden. A step that fails ends the session; none is skipped.
"""

import os
import resource
import sys
import tempfile

from sagews.protocol import sagews_pb2 as pb
from sagews.session import capabilities, descriptors, directories, family, landlock, namespaces, seccomp
from sagews.session.rlimits import limit_resources

CHANNEL = 200
"""Lowest number of the channel's descriptor: far from those that programs hand out, and closed by exec."""
NAMESPACES = namespaces.NEW_MOUNTS | namespaces.NEW_IPC | namespaces.NEW_HOSTNAME
"""Those of the sandbox that a session enters by itself; into that of processes it was forked."""
WRITABLE = ["/tmp", "/home", "/dev/shm", "/dev"]  # noqa: S108  # those of the sandbox
"""Where Landlock lets a session write; what lies there has its own owners and modes."""
DEVICES = ["/dev/null", "/dev/zero", "/dev/full"]
"""What of the machine's own /dev a session without a sandbox may write to."""

_FILTERED = 2
_KILLED_FIRST = b"500"


class WallError(Exception):
    """A wall does not stand, although every step of putting it up succeeded."""


class Sandbox:
    """What the zygote prepares for the walls of all its sessions."""

    def __init__(self) -> None:
        self._taken = address_space()
        self._processes = os.stat("/proc/self/ns/pid").st_ino
        self._programs = {
            (memory_files, network): seccomp.program(memory_files=memory_files, network=network)
            for memory_files in (True, False)
            for network in (True, False)
            if seccomp.available()
        }
        capabilities.prepare()
        self._is_bounded = os.geteuid() != 0

    def prepare(self, walls: pb.Walls) -> None:
        """Do in the zygote, before a fork, what holds for all sessions of its kind. Raises OSError."""
        if walls.sandbox and not self._is_bounded:
            # What a process itself holds is not touched by it. Without sandboxes the zygote
            # goes on starting a program that needs rights: it removes what sessions left.
            capabilities.drop_bounding()
            self._is_bounded = True

    def enter(self, spawn: pb.Spawn, received: list[int], directory: str) -> int:
        """Confine this process; return the number of the channel's descriptor.

        `received` are the descriptors that came with the spawn; `directory`
        is where a session without a sandbox works, and does not exist yet.
        Raises OSError or WallError.
        """
        walls = spawn.walls
        _be_killed_first()
        _lead_own_group()
        channel = _take_descriptors(*received[:3])
        _join_cgroups(received[3 + walls.sandbox :])
        if walls.sandbox:
            namespaces.enter(received[3], NAMESPACES if walls.network else NAMESPACES | namespaces.NEW_NETWORK)
            # Seen from a namespace of its own, the cgroup that it has just joined is the root.
            namespaces.unshare(namespaces.NEW_CGROUPS)
        descriptors.close_all_but([0, 1, 2, channel])
        limit_resources(spawn.limits, self._taken, walls)
        _become_user(walls)
        if directory:
            _keep_orphans(by_user=spawn.by_user)
        _move_to(walls, directory)
        self._forbid(walls, directory)
        self._check(walls)
        _reseed()
        return channel

    def _forbid(self, walls: pb.Walls, directory: str) -> None:
        """Give up what is left of rights, then the system calls that nobody needs."""
        if walls.seccomp or walls.landlock or walls.uid:
            capabilities.drop_all()
            capabilities.no_new_privileges()
        if walls.landlock:
            deny_tcp = not walls.network and landlock.available() >= landlock.TCP_SINCE
            writable = [directory, *DEVICES] if directory else WRITABLE
            ruleset = landlock.Ruleset(["/"], writable, deny_tcp=deny_tcp)
            ruleset.restrict()
            ruleset.close()
        if walls.seccomp:
            seccomp.load(self._programs[not walls.no_memory_files, walls.network])

    def _check(self, walls: pb.Walls) -> None:
        """Look at the walls from within. Raises WallError if one does not stand."""
        if not walls.sandbox and not walls.seccomp:
            return
        status = capabilities.status()
        if walls.seccomp and status.seccomp != _FILTERED:
            raise WallError("no filter of system calls is in force")
        if not status.no_new_privileges:
            raise WallError("new privileges can be had")
        if status.effective or status.permitted or status.inheritable or status.ambient:
            raise WallError("capabilities are left")
        if walls.uid and (status.users != (walls.uid,) * 4 or status.groups != (walls.gid,) * 4 or status.more_groups):
            raise WallError(f"the user is {status.users}, of groups {status.groups} and {status.more_groups}")
        if walls.sandbox and os.stat("/proc/self/ns/pid").st_ino == self._processes:
            raise WallError("it is in no process namespace of its own")


def address_space() -> int:
    """Return the bytes of address space that this process has (VmSize), for `enter` in a fork of it."""
    with open("/proc/self/statm", "rb") as statm:
        return int(statm.read().split()[0]) * resource.getpagesize()


def _be_killed_first() -> None:
    """Let the kernel, when it runs out of memory, end sessions before anything of the server's."""
    descriptor = os.open("/proc/self/oom_score_adj", os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, _KILLED_FIRST)
    finally:
        os.close(descriptor)


def _lead_own_group() -> None:
    """Leave the zygote's session, so that an interrupt reaches this session alone."""
    os.setsid()
    os.umask(0o077)


def _take_descriptors(channel: int, stdout: int, stderr: int) -> int:
    """Put the pipes at 1 and 2, the end of file at 0, the channel out of the way."""
    channel = descriptors.out_of_the_way(channel, CHANNEL)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    return channel


def _join_cgroups(joins: list[int]) -> None:
    """Become a member of the cgroups whose lists of processes these are; 0 is the writer itself (cgroups(7))."""
    for fd in joins:
        os.write(fd, b"0")


def _become_user(walls: pb.Walls) -> None:
    if walls.user_namespace:
        namespaces.enter_new_user_namespace()
        capabilities.drop_bounding()
    elif walls.uid and not walls.sandbox:
        capabilities.drop_bounding()
    if walls.uid:
        os.setgroups([])
        os.setresgid(walls.gid, walls.gid, walls.gid)
        os.setresuid(walls.uid, walls.uid, walls.uid)
        # The change of user made this process's own /proc/self unreadable to itself; no other can see it.
        capabilities.dumpable()


def _keep_orphans(*, by_user: bool) -> None:
    """Have orphans stay with the session, and what it leaves be the zygote's, unless its user tells what that is."""
    try:
        family.adopt_orphans()
    except OSError:
        if not by_user:
            raise


def _move_to(walls: pb.Walls, directory: str) -> None:
    """Work in the user's home directory; without a sandbox, in a directory of the session's own."""
    environment = os.environ
    if walls.sandbox:
        home, temporary = walls.home, "/tmp"  # noqa: S108  # the sandbox's own
        environment.update(HOME=home, USER=walls.user, LOGNAME=walls.user)
    else:
        directories.make(directory)
        home, temporary = f"{directory}/{directories.FILES}", f"{directory}/{directories.TEMPORARY}"
    os.chdir(home)
    environment.update(TMPDIR=temporary, DOT_SAGE=f"{temporary}/.sage")
    tempfile.tempdir = None


def _reseed() -> None:
    """Seed anew the generators of random numbers that modules made before the fork, so that siblings differ.

    Python's own is seeded by the interpreter in every fork.
    """
    if numpy_random := sys.modules.get("numpy.random"):
        # A whole number is much the cheapest seed: the general way goes through half of the module.
        numpy_random.seed(int.from_bytes(os.urandom(4)))
    if sympy_random := sys.modules.get("sympy.core.random"):
        sympy_random.rng.seed(os.urandom(16))
