"""A real memcached, started on a free port of this machine, which a test may stop, freeze, and start again."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote_to_bytes

from tests.processes import wait_until

MISSING = "memcached is not installed; the tests of the shared cache need it: apt-get install memcached"


class RunningMemcached:
    """One memcached server."""

    def __init__(self, port: int, *options: str) -> None:
        self.port = port
        self.address = f"127.0.0.1:{port}"
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        assert shutil.which("memcached") is not None, MISSING
        # It refuses to run as root.
        user = ["-u", "nobody"] if os.getuid() == 0 else []
        command = ["memcached", "-l", "127.0.0.1", "-p", str(self.port), "-U", "0", *user, *self._options]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        wait_until(self._answers, 10, "memcached answers")

    def stop(self) -> None:
        """Kill it, frozen or not, and wait for its end."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def freeze(self) -> None:
        """Let it do nothing, with its port open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        # Its threads stop one after the other, and one that has not yet may still answer.
        wait_until(self._stopped, 10, "memcached is frozen")

    def thaw(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def say(self, command: bytes, end: bytes = b"END\r\n") -> bytes:
        """Return what it answers to a command."""
        with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
            connection.sendall(command + b"\r\n")
            answer = b""
            while not answer.endswith(end):
                piece = connection.recv(1 << 16)
                assert piece, answer
                answer += piece
        return answer

    def statistics(self) -> dict[str, int]:
        """Return its counts."""
        found = re.findall(rb"STAT (\w+) (\d+)\r", self.say(b"stats"))
        return {name.decode(): int(number) for name, number in found}

    def held(self) -> set[str]:
        """Return every key that it holds."""
        keys: set[str] = set()

        def whole() -> bool:
            keys.clear()
            dump = self.say(b"lru_crawler metadump all")
            keys.update(unquote_to_bytes(key).decode() for key in re.findall(rb"^key=(\S+)", dump, re.MULTILINE))
            return len(keys) == self.statistics()["curr_items"]

        # A dump leaves out for some moments what was used, and moves from one of its lists to another.
        wait_until(whole, 10, "memcached lists all that it holds")
        return keys

    def get(self, key: str) -> bytes:
        """Return a value."""
        answer = self.say(f"get {key}".encode())
        header, _, rest = answer.partition(b"\r\n")
        return rest[: int(header.split()[3])]

    def set(self, key: str, value: bytes) -> None:
        """Put a value."""
        assert self.say(f"set {key} 0 0 {len(value)}\r\n".encode() + value, b"\r\n") == b"STORED\r\n"

    def _stopped(self) -> bool:
        assert self._process is not None
        threads = Path(f"/proc/{self._process.pid}/task").glob("*/stat")
        return all(thread.read_text().rpartition(")")[2].split()[0] == "T" for thread in threads)

    def _answers(self) -> bool:
        try:
            return b"VERSION" in self.say(b"version", b"\r\n")
        except OSError:
            return False


@contextlib.contextmanager
def running_memcached(*options: str, started: bool = True) -> Iterator[RunningMemcached]:
    """Start a memcached with some more options; it is gone afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    server = RunningMemcached(port, *options)
    try:
        if started:
            server.start()
        yield server
    finally:
        server.stop()
