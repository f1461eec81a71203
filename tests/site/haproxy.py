"""A real HAProxy in front of a backend."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

DEADLINE = 10.0
DEMAND = "SAGEWS_DEMAND_SERVICES"
CONFIG = """
global
    maxconn 200
defaults
    mode {mode}
    timeout connect 5s
    timeout client 60s
    timeout server 60s
frontend front
    bind 127.0.0.1:{port}
    default_backend back
backend back
{lines}
    server one 127.0.0.1:{target} {options}
"""


def haproxy_path() -> str:
    """Return where the program is; where it is not, skip the test, or fail it if SAGEWS_DEMAND_SERVICES is set."""
    if (program := shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")) is not None:
        return program
    if os.environ.get(DEMAND):
        pytest.fail(f"there is no haproxy on this machine, and {DEMAND} is set")
    pytest.skip("there is no haproxy on this machine")


@contextlib.contextmanager
def running_haproxy(
    folder: Path, target: int, *, mode: str = "http", lines: str = "", options: str = ""
) -> Iterator[str]:
    """Start HAProxy on a free port before a backend's port; give the address of a site there, and stop it."""
    program = haproxy_path()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = folder / "haproxy.cfg"
    config.write_text(CONFIG.format(mode=mode, port=port, target=target, lines=lines, options=options))
    with (folder / "haproxy.log").open("ab") as log:
        process = subprocess.Popen(
            [program, "-db", "-f", str(config)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        _await_port(process, port, folder / "haproxy.log")
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.kill()
        process.wait(DEADLINE)


def _await_port(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + DEADLINE
    while True:
        assert process.poll() is None, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.05)
