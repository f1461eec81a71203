"""Which wall holds what: each taken away by itself, and an attack that then succeeds, or what holds it all the same.

A wall behind which another one stands is shown twice: with the other one in
its place the attack is held still, and without both it succeeds.
"""

from dataclasses import dataclass, replace

from sagews.worker.tier import Tier
from tests.sandbox.attack import Attack
from tests.sandbox.attacks import ATTACKS
from tests.sandbox.ground import Without

BY_NUMBER = {attack.number: attack for attack in ATTACKS}

DISK = Attack(
    "3", "64 megabytes of files", "size", "tell(written=attempt(lambda: open('x', 'wb').write(b'x' * (64 << 20))))"
)
FILES = Attack(
    "4", "3000 files", "number", "tell(made=attempt(lambda: [open(f'x{n}', 'w').close() for n in range(3000)]))"
)
FORKS = Attack(
    "1",
    "200 forks",
    "threads",
    """
def fork():
    for _ in range(200):
        if not _os.fork():
            _signal.pause()
tell(forked=attempt(fork))
import time
time.sleep(0.5)
""",
    may_end=True,
)
ADDRESSES = Attack(
    "2", "three gigabytes of addresses", "addresses", "tell(mapped=attempt(__import__('mmap').mmap, -1, 3 << 30))"
)
MEMORY = Attack(
    "2b",
    "240 megabytes in six processes",
    "memory",
    """
import time
children = []
for _ in range(6):
    if not (child := _os.fork()):
        taken = bytearray(b"x") * (40 << 20)
        _signal.pause()
    children.append(child)
time.sleep(1.5)
tell(survivors=len([child for child in children if _os.waitpid(child, _os.WNOHANG)[0] == 0]))
""",
    held=lambda found: found["survivors"] < 5,
    may_end=True,
)
_BURN = """
import time
def burn(seconds):
    _signal.signal(_signal.SIGXCPU, _signal.SIG_IGN)
    while time.process_time() < seconds:
        pass
    return "done"
"""
BURN = Attack(
    "19c",
    "burn two seconds, deaf to SIGXCPU",
    "processor time",
    _BURN + "tell(burned=in_fork(lambda: burn(2)))",
)
SPREAD = Attack(
    "19c",
    "burn in one process after another",
    "processor time",
    _BURN + "for _ in range(4):\n    word = in_fork(lambda: burn(0.6))\ntell(burned=word)",
    may_end=True,
)
"""As 1, 2b, 3, 4 and 19c of the table, in the measure of a test that is to succeed."""
CHOWN = Attack(
    "12c",
    "give a file away",
    "no capabilities",
    "open('x', 'w').close()\ntell(given=attempt(_os.chown, 'x', 12345, 12345))",
)
READ = Attack(
    "8",
    "read files of the machine",
    "a root of its own",
    "tell(others=attempt(read, TARGET.readable), log=attempt(read, '/var/log/dpkg.log'))",
)
ELEVATED = replace(BY_NUMBER["12b"], held=lambda found: found["real"] == found["effective"])
CAPABLE = replace(BY_NUMBER["12b"], held=lambda found: found["capabilities"] == 0)
RIGHTS = replace(
    BY_NUMBER["12"],
    held=lambda found: (
        {int(text, 16) for text in found["capabilities"]} == {0} and found["attempts"]["file capability"] != "done"
    ),
)
SYSRQ = replace(BY_NUMBER["11b"], held=lambda found: "/proc/sys/kernel/panic" not in found["opened"])
OUTSIDE = replace(BY_NUMBER["15"], held=lambda found: found["outside"] != "done" and found["own"] == "done")
ENVIRON = replace(BY_NUMBER["5"], held=lambda found: found["environ"] != "done")
OPENED = replace(BY_NUMBER["42"], held=lambda found: found["error"] == "EMFILE" and found["opened"] < 300)
"""As those of the table, judged by one of the things that they try."""
SERVERS = Attack(
    "17",
    "servers of the machine",
    "network",
    """
import socket
def ask(kind, port):
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.settimeout(2)
        sock.connect(("127.0.0.1", port))
        sock.send(b"x" * 20)
        sock.recv(10)
tell(tcp=attempt(ask, socket.SOCK_STREAM, TARGET.tcp), udp=attempt(ask, socket.SOCK_DGRAM, TARGET.udp))
""",
)
"""As 17, of this machine alone."""


_WORDS = {"seccomp": "filter", "landlock": "landlock", "uid": "another user", "user_namespace": "user namespace"}


@dataclass(frozen=True)
class Row:
    """One wall taken away."""

    wall: str
    attack: Attack
    before: Without
    """Where the attack is held."""
    after: Without
    """The same without the wall."""
    held_by: str = ""
    """What holds it all the same; empty: it succeeds."""
    tier: Tier = Tier.A

    @property
    def also_gone(self) -> list[str]:
        """Other walls that do not stand, before and after."""
        before = self.before
        walls = [_WORDS[name] for name, value in before.walls.items() if name in _WORDS and not value]
        return [*sorted(before.taken), *sorted(before.loosened), *walls, *([] if before.namespaces else ["sandbox"])]

    def __str__(self) -> str:
        return f"{self.attack.number} without {self.wall}".replace(" ", "-")


def without(*taken: str, **walls: object) -> Without:
    """Leave out steps, and give walls other values."""
    return Without(walls=walls, taken=frozenset(taken))


ALL = Without()
IN_CGROUP = Without(cgroups=True)
_USER = {"uid": 0, "gid": 0}
_NO_FILTER = {"seccomp": False, "landlock": False}
_NETWORK = Without(walls={"network": True}, machine_network=True)
_MEMORY = {"memory": 150 << 20}
_THREADS = {"threads": 90}
_FEW = {"processes": 60}
_SECOND = {"session_cpu_time": 1}
_NPROC = "limit of threads of the user"

FILTER = [
    *(Row("filter", BY_NUMBER[each], ALL, without(seccomp=False)) for each in ("16", "17b", "29", "30", "30c", "31")),
    Row("filter", BY_NUMBER["43"], ALL, without(no_memory_files=False), tier=Tier.B),
]
USER = [
    Row("another user", BY_NUMBER["8d"], ALL, without(**_USER)),
    Row("another user", SYSRQ, ALL, without(**_USER), held_by="landlock"),
    Row("another user", SYSRQ, without(landlock=False), without(landlock=False, **_USER)),
    Row(
        "user namespace",
        ENVIRON,
        ALL,
        without(user_namespace=False),
        held_by="landlock (ABI 6), which lets nobody look out of its domain",
        tier=Tier.B,
    ),
    Row("user namespace", ENVIRON, without(landlock=False), without(landlock=False, user_namespace=False), tier=Tier.B),
]
PRIVILEGES = [
    Row(
        "no new privileges",
        ELEVATED,
        without(**_NO_FILTER),
        without("no new privileges", **_NO_FILTER),
        held_by="nosuid; without it filter and landlock cannot be loaded either, so that no session gets ready",
    ),
    Row(
        "no new privileges",
        ELEVATED,
        Without(walls=_NO_FILTER, namespaces=False),
        Without(walls=_NO_FILTER, namespaces=False, taken=frozenset({"no new privileges"})),
        tier=Tier.C,
    ),
    Row("nosuid", ELEVATED, ALL, without("nosuid"), held_by="no new privileges"),
    Row(
        "nosuid",
        ELEVATED,
        without("no new privileges", **_NO_FILTER),
        without("no new privileges", "nosuid", **_NO_FILTER),
    ),
    Row(
        "no new privileges", ELEVATED, without("nosuid", **_NO_FILTER),
        without("nosuid", "no new privileges", **_NO_FILTER),
    ),
    Row(
        "bounding set",
        CAPABLE,
        without("no new privileges", "nosuid", **_NO_FILTER),
        without("no new privileges", "nosuid", "bounding set", **_NO_FILTER),
    ),
    Row("bounding set", CAPABLE, ALL, without("bounding set"), held_by="no new privileges; nosuid"),
    Row("no capabilities", CHOWN, ALL, without("capabilities"), held_by="another user, to become whom takes them too"),
    Row("no capabilities", CHOWN, without(**_USER), without("capabilities", **_USER)),
    Row("no capabilities", RIGHTS, ALL, without("capabilities"), tier=Tier.B),
]  # fmt: skip
MOUNTS = [
    Row("mount namespace", READ, ALL, without("mount namespace")),
    Row("mount namespace", BY_NUMBER["13"], ALL, without("mount namespace")),
    Row("private mounts", BY_NUMBER["13"], ALL, without("private mounts")),
    Row("nodev", BY_NUMBER["8e"], ALL, without("nodev")),
    Row("read-only mounts", BY_NUMBER["11d"], ALL, without("read-only mounts"), held_by="landlock"),
    Row("read-only mounts", BY_NUMBER["11d"], without(landlock=False), without("read-only mounts", landlock=False)),
]
NAMESPACES = [
    Row("process namespace", BY_NUMBER["9"], ALL, without("process namespace")),
    Row("IPC namespace", BY_NUMBER["14"], ALL, without("IPC namespace")),
    Row("host name namespace", BY_NUMBER["26b"], ALL, without("host name namespace")),
    Row("network namespace", BY_NUMBER["17c"], ALL, without("network namespace")),
    Row("network namespace", SERVERS, ALL, without("network namespace"), held_by="filter; landlock for TCP"),
    Row(
        "network namespace",
        SERVERS,
        without(**_NO_FILTER),
        without("network namespace", **_NO_FILTER),
    ),
    Row("cgroup namespace", BY_NUMBER["38b"], IN_CGROUP, replace(IN_CGROUP, taken=frozenset({"cgroup namespace"}))),
]
LANDLOCK = [
    Row("landlock", SYSRQ, ALL, without(landlock=False), held_by="another user"),
    Row("landlock", SYSRQ, without(**_USER), without(landlock=False, **_USER)),
    Row("landlock", BY_NUMBER["11d"], ALL, without(landlock=False), held_by="read-only mounts"),
    Row("landlock", BY_NUMBER["11d"], without("read-only mounts"), without("read-only mounts", landlock=False)),
    Row("landlock", OUTSIDE, _NETWORK, replace(_NETWORK, walls={"network": True, "landlock": False})),
]
PROCESS_LIMITS = [
    Row("limit of address space", ADDRESSES, ALL, Without(limits={"address_space": 0})),
    Row("limit of open files", OPENED, Without(limits={"open_files": 256}), ALL),
    Row("limit of core dumps", BY_NUMBER["27"], ALL, without("limit of core dumps")),
    Row("limit of a process's time", BURN, Without(limits={"session_cpu_time": 1}), ALL),
    Row("closing of descriptors", BY_NUMBER["10"], ALL, without("closing of descriptors")),
    Row("size of files", DISK, Without(limits={"disk": 1 << 24}), ALL),
    Row("number of files", FILES, Without(limits={"files": 2000}), ALL),
]
CGROUPS = [
    Row(
        "memory of the cgroup",
        MEMORY,
        replace(IN_CGROUP, limits=_MEMORY),
        replace(IN_CGROUP, limits=_MEMORY, loosened=frozenset({"memory"})),
    ),
    Row(
        "threads of the cgroup",
        FORKS,
        replace(IN_CGROUP, limits=_THREADS),
        replace(IN_CGROUP, limits=_THREADS, loosened=frozenset({"threads"})),
        held_by=_NPROC,
    ),
    Row(
        "threads of the cgroup",
        FORKS,
        replace(IN_CGROUP, limits=_THREADS, taken=frozenset({_NPROC})),
        replace(IN_CGROUP, limits=_THREADS, taken=frozenset({_NPROC}), loosened=frozenset({"threads"})),
    ),
    Row(
        _NPROC,
        FORKS,
        replace(IN_CGROUP, limits=_THREADS),
        replace(IN_CGROUP, limits=_THREADS, taken=frozenset({_NPROC})),
        held_by="threads of the cgroup",
    ),
    Row(_NPROC, FORKS, Without(limits=_THREADS), Without(limits=_THREADS, taken=frozenset({_NPROC}))),
]
WATCH = [
    Row("watch, where no cgroup counts", MEMORY, Without(limits=_MEMORY, watch=True), Without(limits=_MEMORY)),
    Row("watch, where no cgroup counts", FORKS, Without(limits=_FEW, watch=True), Without(limits=_FEW)),
    Row("watch, where no cgroup counts", SPREAD, Without(limits=_SECOND, watch=True), Without(limits=_SECOND)),
    Row(
        "watch of the cgroup",
        SPREAD,
        replace(IN_CGROUP, limits=_SECOND, watch=True),
        replace(IN_CGROUP, limits=_SECOND),
    ),
]
"""Of the worker, from outside: memory, processes and processor time that the system does not count for it."""

ROWS: list[Row] = [
    *FILTER, *USER, *PRIVILEGES, *MOUNTS, *NAMESPACES, *LANDLOCK, *PROCESS_LIMITS, *CGROUPS, *WATCH,
]  # fmt: skip
