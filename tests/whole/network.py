"""A network of its own for one test run: a switch, and machines plugged into it whose cables can be pulled.

Theory of operation.

Each machine is a process that is the first of process, network, mount and
name namespaces of its own; the switch is a network namespace with a bridge.
They hold the reading end of a pipe of the test, and end when it is closed,
however the test ends; with the first process of its namespaces the kernel ends
all others of a machine, and with them goes all that was mounted, and the
network. So nothing has a name on the machine on which the tests run, and two
runs do not meet.

The test itself acts as a reader: its main thread enters a namespace of the
network for a while (setns(2)); sockets that it makes there stay there.
"""

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

PREFIX = "10.0.0."
SECONDS = 30.0
"""That any command on a machine may take, unless it is told otherwise."""

FIRST_PROCESS = Path(__file__).with_name("first_process.py")
_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)


class Switch:
    """The network's switch, and the place where readers sit."""

    def __init__(self) -> None:
        self._held = _unshared("--net", "sh", "-c", "echo ready; exec cat")
        self.run("ip", "link", "add", "name", "switch", "type", "bridge")
        self.run("ip", "addr", "add", f"{PREFIX}9/24", "dev", "switch")
        for name in ("lo", "switch"):
            self.run("ip", "link", "set", name, "up")

    def run(self, *command: str) -> None:
        """Run a command in the switch's namespace."""
        subprocess.run(
            ["nsenter", f"--net=/proc/{self._held.pid}/ns/net", *command],
            check=True,
            timeout=SECONDS,
            stdin=subprocess.DEVNULL,
        )

    def plug(self, name: str, address: str, process: int) -> None:
        """Give a machine, by its first process, a cable and an address."""
        ends = ("type", "veth", "peer", "name", "cable", "netns", str(process))
        self.run("ip", "link", "add", "name", name, *ends)
        self.run("ip", "link", "set", name, "master", "switch", "up")
        there = ["nsenter", f"--net=/proc/{process}/ns/net", "ip"]
        for command in (
            f"addr add {address}/24 dev cable",
            "link set cable up",
            "link set lo up",
        ):
            subprocess.run([*there, *command.split()], check=True, timeout=SECONDS)

    def cut(self, name: str) -> None:
        """Let nothing through to a machine and from it: nobody is told."""
        self.run("ip", "link", "set", name, "nomaster")

    def heal(self, name: str) -> None:
        """Let everything through again."""
        self.run("ip", "link", "set", name, "master", "switch")

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Have sockets that this thread makes, and processes that it starts, be those of a reader in this network."""
        own = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        there = os.open(f"/proc/{self._held.pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            _enter(there)
            yield
        finally:
            _enter(own)
            os.close(own)
            os.close(there)

    def end(self) -> None:
        """Take it down."""
        _end(self._held)


class Machine:
    """One machine in the network, which runs an sshd and nothing else until somebody starts more."""

    def __init__(
        self, switch: Switch, name: str, number: int, sshd: Sequence[str], volumes: Mapping[Path, str], log: Path
    ) -> None:
        """`volumes` are directories in memory of the machine alone, with tmpfs's options (tmpfs(5)); `log` is of its
        sshd.
        """
        self.name, self.address = name, f"{PREFIX}{number}"
        mounts = [f"{path}={options}" for path, options in volumes.items()]
        spaces = ("--net", "--pid", "--fork", "--mount", "--uts", "--mount-proc", "--kill-child")
        own = (sys.executable, "-I", "-S", str(FIRST_PROCESS), name, str(len(mounts)), *mounts, *sshd)
        with log.open("ab") as file:
            self._held = _unshared(*spaces, *own, errors=file.fileno())
        (first,) = psutil.Process(self._held.pid).children()
        self.first = first.pid
        """Its first process, as it is numbered outside."""
        switch.plug(name, self.address, self.first)

    @property
    def root(self) -> Path:
        """Its files, seen from outside."""
        return Path(f"/proc/{self.first}/root")

    def run(self, *command: str, seconds: float = SECONDS, check: bool = True) -> "subprocess.CompletedProcess[str]":
        """Run a command on it to the end."""
        return subprocess.run(
            ["nsenter", "--target", str(self.first), "--net", "--pid", "--mount", "--uts", *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=check,
        )

    def processes(self) -> dict[int, str]:
        """Return the command line of each process, by its number on the machine, but for the first and sshd's."""
        found = {}
        for path in (self.root / "proc").glob("[0-9]*"):
            try:
                command = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            except OSError:
                continue
            if command and "sshd" not in command and path.name != "1":
                found[int(path.name)] = command
        return found

    def signal(self, number: int, *processes: int) -> None:
        """Send a signal to processes, by their numbers on the machine."""
        self.run("kill", f"-{number}", *map(str, processes))

    def lose_power(self) -> None:
        """Kill everything on it at once; what is on its volumes stays."""
        self.run(sys.executable, "-I", "-S", "-c", "import os; os.kill(-1, 9)")

    def fill(self, volume: Path) -> None:
        """Write on a volume until nothing more goes onto it."""
        filler = self.root / volume.relative_to("/") / "filler"
        with filler.open("wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    continue

    def empty(self, volume: Path) -> None:
        """Remove what `fill` wrote."""
        (self.root / volume.relative_to("/") / "filler").unlink()

    def end(self) -> None:
        """End it and everything on it."""
        _end(self._held)


def missing() -> str:
    """Return which programs a network is made with that are not here; empty if all are."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    wanted = ("ip", "nsenter", "unshare", "kill", "haproxy", "nginx", "stunnel", "memcached", "ssh", "sshd")
    return " ".join(name for name in wanted if shutil.which(name, path=path) is None)


def _unshared(*arguments: str, errors: int = subprocess.DEVNULL) -> "subprocess.Popen[bytes]":
    """Start a process in namespaces of its own; it has them when it says that it is ready."""
    held = subprocess.Popen(
        ["unshare", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, start_new_session=True
    )
    assert held.stdout is not None
    if held.stdout.readline() != b"ready\n":
        _end(held)
        raise AssertionError(f"could not be started in namespaces of its own: {arguments}")
    return held


def _end(held: "subprocess.Popen[bytes]") -> None:
    assert held.stdin is not None and held.stdout is not None
    held.stdin.close()
    try:
        held.wait(15)
    finally:
        held.kill()
        held.wait()
        held.stdout.close()


def _enter(descriptor: int) -> None:
    if _LIBC.setns(descriptor, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
