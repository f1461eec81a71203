"""A real HAProxy before the backends of a test: started, reloaded, stopped."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.site.haproxy import haproxy_path

HARD_STOP = 3
"""Seconds that an old process of HAProxy keeps its connections after a reload."""

CONFIGURATION = """
global
    maxconn 500
    hard-stop-after {hard_stop}s
    stats socket {folder}/haproxy.sock level admin expose-fd listeners

defaults
    mode http
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    timeout tunnel 1h
    option redispatch
    retries 3

frontend site
    bind 127.0.0.1:{port}
    default_backend backends

backend backends
    balance leastconn
    option httpchk
    http-check send meth GET uri /healthz ver HTTP/1.1 hdr Host localhost
    default-server check inter 200 fall 1 rise 1
{servers}
"""


class Balancer:
    """One HAProxy, master and workers."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
        self._process = process
        self.url = f"http://127.0.0.1:{port}/"
        self.log = log

    def reload(self) -> None:
        """Have it read its configuration again, as `systemctl reload` does (haproxy(1))."""
        self._process.send_signal(signal.SIGUSR2)

    def kill(self) -> None:
        """Have all of it gone at once, as with its machine."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(5)

    def processes(self) -> list[psutil.Process]:
        """Return what serves: the new process, and old ones that have connections still."""
        return psutil.Process(self._process.pid).children()

    async def until_one_is_left(self, deadline: float) -> None:
        """Wait until no old process serves any more."""
        async with asyncio.timeout(deadline):
            while len(self.processes()) > 1:
                await asyncio.sleep(0.1)


@contextlib.contextmanager
def balancer(folder: Path, ports: list[int]) -> Iterator[Balancer]:
    """Start an HAProxy before backends on these ports."""
    path = haproxy_path()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    servers = "\n".join(f"    server b{number} 127.0.0.1:{one}" for number, one in enumerate(ports))
    configuration = folder / "haproxy.cfg"
    configuration.write_text(CONFIGURATION.format(hard_stop=HARD_STOP, folder=folder, port=port, servers=servers))
    log = folder / "haproxy.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [path, "-W", "-f", str(configuration)], stdout=output, stderr=output, start_new_session=True
        )
    tree: list[psutil.Process] = []
    try:
        yield Balancer(process, port, log)
        if process.poll() is None:
            tree = psutil.Process(process.pid).children(recursive=True)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    _, alive = psutil.wait_procs(tree, timeout=5)
    for left in alive:
        left.kill()
    assert not alive, alive
