"""The product, running: a context manager around `sagews serve`, as a user starts it.

What a test needs of the real thing is here; nothing imitates it.
"""

import os
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from tests.processes import MARK, Processes, command, wait_until

READY_DEADLINE = 60.0
"""Seconds that a start may take on a machine that is busy with other tests."""
STOP_DEADLINE = 3.0
"""Seconds after a signal by which every process is gone."""

_ADDRESS = re.compile(r"sagews is ready: (http://\S+)")


class RunningSite:
    """One `sagews serve` and everything below it."""

    def __init__(self, process: "subprocess.Popen[str]", directory: Path, mark: str) -> None:
        self.process = process
        self.directory = directory
        self.data = directory / "data"
        self.processes = Processes(process.pid, mark)
        self.url = ""
        """The address that it printed, `?token=` included if there is one."""
        self.port = 0

    @property
    def said(self) -> str:
        """What it has printed so far, on stdout and stderr."""
        return (self.directory / "serve.txt").read_text(errors="replace")

    def log(self) -> str:
        """Return what both services have logged so far."""
        return "\n".join(path.read_text(errors="replace") for path in sorted((self.data / "logs").glob("*.log")))

    def service(self, name: str) -> psutil.Process:
        """Return the process of the `worker` or the `backend`."""
        children = psutil.Process(self.process.pid).children()
        return next(child for child in children if name in command(child).split())

    def stop(self, number: int = signal.SIGTERM, deadline: float = STOP_DEADLINE) -> int:
        """Send a signal, wait for the end, assert that nothing is left; return the exit status."""
        self.processes.look()
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            status = self.process.wait(deadline)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"serve runs {deadline} s after signal {number}\n{self.said}\n{self.log()}") from None
        self.processes.assert_gone(deadline)
        return status

    def kill(self) -> None:
        """End whatever still runs; for a test that has failed already."""
        self.processes.look()
        self.process.kill()
        self.process.wait()
        self.processes.kill()


@contextmanager
def running_site(
    tmp_path: Path, *arguments: str, config: str = "", environment: dict[str, str] | None = None
) -> Iterator[RunningSite]:
    """Start `sagews serve` on a free port with its data in `tmp_path`; stop it and assert that nothing is left.

    `arguments` go to `serve`; `config` is the text of a sagews.toml.
    """
    command = [sys.executable, "-m", "sagews", "serve", "--data", str(tmp_path / "data")]
    if "--port" not in arguments:
        command += ["--port", "0"]
    if config:
        (tmp_path / "sagews.toml").write_text(config, encoding="utf-8")
        command += ["--config", str(tmp_path / "sagews.toml")]
    mark = uuid.uuid4().hex
    with (tmp_path / "serve.txt").open("w") as output:
        process = subprocess.Popen(
            [*command, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **(environment or {}), MARK: mark},
        )
    site = RunningSite(process, tmp_path, mark)
    try:
        _await_ready(site)
        yield site
    except BaseException:
        site.kill()
        raise
    if process.poll() is None:
        site.stop()
    else:
        site.processes.assert_gone(STOP_DEADLINE)


def _await_ready(site: RunningSite) -> None:
    def address() -> Any:
        if (found := _ADDRESS.search(site.said)) is None and site.process.poll() is not None:
            raise AssertionError(f"serve ended with {site.process.returncode}:\n{site.said}\n{site.log()}")
        return found

    site.url = wait_until(address, READY_DEADLINE, "serve is ready")[1]
    port = re.search(r":(\d+)/", site.url)
    assert port is not None
    site.port = int(port[1])
    site.processes.look()
