"""What attacks aim at: on the machine outside, and in a sibling session."""

import contextlib
import ctypes
import hashlib
import os
import secrets
import shutil
import socket
import socketserver
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sagews.session import landlock

_CREATE = 0o1000 | 0o600
_REMOVE = 0
_libc = ctypes.CDLL(None, use_errno=True)

SIBLING = """
import os, socket
_own = os.getcwd()
def _planted():
    for _path in (_own + "/planted", "/tmp/planted", "/dev/shm/planted"):
        with open(_path, "w") as _file:
            _file.write("the sibling's own")
        os.chmod(_path, 0o666)
    os.mkfifo("/tmp/fifo", 0o666)
    for _address in ("/tmp/server", "\\0sagews-test-sibling"):
        _servers.append(socket.socket(socket.AF_UNIX))
        _servers[-1].bind(_address)
        _servers[-1].listen()
_servers = []
os.chmod(_own, 0o755)
try:
    _planted()
except PermissionError:
    pass  # Where there are no namespaces, /tmp is the machine's.
print(os.getuid(), _own, flush=True)
"""
"""What the sibling leaves lying about for whoever can reach it."""


class _Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        if isinstance(self.request, tuple):
            self.request[1].sendto(b"echo", self.client_address)
        else:
            self.request.sendall(b"echo")


@contextlib.contextmanager
def targets_outside() -> Iterator[dict[str, Any]]:
    """Put up on this machine what sessions must not reach; yield where it is."""
    with contextlib.ExitStack() as stack:
        servers = [
            socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Echo),
            socketserver.ThreadingUDPServer(("127.0.0.1", 0), _Echo),
        ]
        for server in servers:
            stack.enter_context(server)
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
            stack.callback(server.shutdown)
        name = f"sagews-test-{secrets.token_hex(8)}"
        abstract = stack.enter_context(socket.socket(socket.AF_UNIX))
        abstract.bind(f"\0{name}")
        abstract.listen()
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir="/var/tmp", prefix="sagews-test-")))
        folder.chmod(0o755)
        readable = folder / "readable"
        readable.write_text("everybody on this machine may read this")
        readable.chmod(0o644)
        shown = folder / "shown"
        shown.mkdir()
        shown.chmod(0o755)
        for file, mode in (("public", 0o644), ("private", 0o600)):
            (shown / file).write_text("a data set")
            (shown / file).chmod(mode)
        (shown / "open").write_text("everybody on this machine may write this")
        (shown / "open").chmod(0o666)
        _make_for_root(shown)
        (folder / "home").mkdir()
        (folder / "home").chmod(0o777)
        listening = stack.enter_context(socket.socket(socket.AF_UNIX))
        listening.bind(str(folder / "socket"))
        listening.listen()
        (folder / "socket").chmod(0o777)
        shared = Path("/dev/shm") / name
        shared.write_text("shared")
        shared.chmod(0o666)
        stack.callback(shared.unlink)
        key = 0x5A6E5753
        segment = _libc.shmget(key, 4096, _CREATE | 0o666)
        stack.callback(_libc.shmctl, segment, _REMOVE, None)
        yield {
            "tcp": servers[0].server_address[1],
            "udp": servers[1].server_address[1],
            "abstract": name,
            "readable": str(readable),
            "socket": str(folder / "socket"),
            "shared": str(shared),
            "segment_key": key,
            "segment": segment,
            "shown": str(shown),
            "home": str(folder / "home"),
            "hostname": socket.gethostname(),
            "test": os.getpid(),
            "landlock": landlock.available(),
        }


def _make_for_root(folder: Path) -> None:
    """Make what root alone can make for others: a program that runs as root, and a device that everybody may read."""
    elevated = folder / "elevated"
    shutil.copy("/bin/cat", elevated)
    elevated.chmod(0o4755)
    if os.geteuid() == 0:
        os.mknod(folder / "device", 0o020666, os.makedev(1, 5))
        (folder / "device").chmod(0o666)


class Secret:
    """Bytes that no session may ever have in its memory, and how one looks for them without having them."""

    def __init__(self) -> None:
        self.text = secrets.token_hex(32)

    @property
    def sought(self) -> dict[str, str]:
        """Their beginning, and a digest of the whole."""
        return {"begin": self.text[:16], "digest": hashlib.sha256(self.text.encode()).hexdigest()}
