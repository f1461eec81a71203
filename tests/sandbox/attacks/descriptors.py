"""Attacks by descriptors: those that a session was left, and as many as can be had."""

from tests.sandbox.attack import Attack, Found

_KNOWN = ("pipe:", "/dev/null", "anon_inode:[eventpoll]", "/proc/", "/home/")


def _few(found: Found) -> bool:
    """Standard streams; the loop's pair of sockets; the channel; the pipes once more; the directory of its files."""
    targets = list(found["own"].values())
    sockets = [target for target in targets if target.startswith("socket:")]
    others = [target for target in targets if not target.startswith((*_KNOWN, "socket:"))]
    inherited = [target for target in found["inherited"].values() if not target.startswith(_KNOWN)]
    return len(sockets) == 3 and not others and not inherited and len(targets) <= 12


ATTACKS = [
    Attack(
        "10",
        "descriptors that were left open",
        "all but four are closed",
        """
import subprocess
own = {}
for number in _os.listdir("/proc/self/fd"):
    try:
        own[number] = _os.readlink(f"/proc/self/fd/{number}")
    except FileNotFoundError:
        pass
show = "for n in /proc/$$/fd/*; do echo ${n##*/} $(readlink $n); done"
inherited = subprocess.run(["/bin/sh", "-c", show], capture_output=True, text=True, close_fds=False).stdout
lines = [line for line in inherited.splitlines() if " " in line and "/fd/" not in line]
tell(own=own, inherited=dict(line.split(" ", 1) for line in lines))
""",
        held=_few,
    ),
    Attack(
        "42",
        "open files without end",
        "limit of open files",
        """
opened = []
error = ""
try:
    for _ in range(300_000):
        opened.append(_os.open("/dev/null", _os.O_RDONLY))
except OSError as failed:
    error = _errno.errorcode[failed.errno]
for fd in opened:
    _os.close(fd)
tell(opened=len(opened), error=error)
""",
        held=lambda found: found["error"] == "EMFILE",
    ),
    Attack(
        "42b",
        "descriptors on their way without end",
        "limit of open files",
        """
import socket
ours, theirs = socket.socketpair()
ours.setblocking(False)
sent, error = 0, ""
try:
    for _ in range(10_000):
        socket.send_fds(ours, [b"x"], [0] * 200)
        sent += 200
except OSError as failed:
    error = _errno.errorcode[failed.errno]
tell(sent=sent, error=error)
""",
        held=lambda found: found["error"] in ("ETOOMANYREFS", "EAGAIN"),
    ),
    Attack(
        "10b",
        "write into what the session was given to read",
        "/dev/null, opened to be read",
        "tell(stdin=attempt(_os.write, 0, b'x'))",
        held=lambda found: found["stdin"] == "EBADF",
    ),
]
