"""A real backend, started as a service in a temporary folder, for workers that a test has started."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass
class RunningBackend:
    """A backend and where it serves."""

    process: "subprocess.Popen[bytes]"
    url: str
    log: Path

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1].strip("/"))


@contextlib.contextmanager
def backend_process(
    folder: Path,
    config: str,
    *,
    name: str = "backend",
    port: int = 0,
    environment: dict[str, str] | None = None,
    module: str = "sagews",
) -> Iterator[RunningBackend]:
    """Start `sagews backend` on a free port, or on this one; stop it, if it has not ended.

    `module`: what is run in the place of `sagews`.
    """
    toml = folder / f"{name}.toml"
    toml.write_text(config)
    arguments = ["--config", str(toml), "--data", str(folder / "data"), "--runtime", str(folder / "run")]
    command = [sys.executable, "-m", module, "backend", "--lifeline", "--port", str(port), *arguments]
    log_file = folder / f"{name}.log"
    with log_file.open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            env=os.environ | (environment or {}),
        )
    assert process.stdin is not None and process.stdout is not None
    try:
        announcement = json.loads(process.stdout.readline() or b"{}")
        assert "ready" in announcement, (announcement, log_file.read_text())
        yield RunningBackend(process, f"http://127.0.0.1:{announcement['ready']['port']}/", log_file)
    finally:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        finally:
            process.stdout.close()


@contextlib.contextmanager
def running_backend(folder: Path, config: str, environment: dict[str, str] | None = None) -> Iterator[str]:
    """Start `sagews backend` on a free port; give its address, and stop it."""
    with backend_process(folder, config, environment=environment) as backend:
        yield backend.url


def resident(pid: int, proc: Path = Path("/proc")) -> int:
    """Return the bytes of memory that a process has for itself: RSS without what files back (proc(5)).

    `proc` is that of the machine on which it has this number.
    """
    with open(proc / str(pid) / "status") as status:
        lines = dict(line.split(":", 1) for line in status if ":" in line)
    return int(lines["RssAnon"].split()[0]) << 10


def descriptors(pid: int) -> int:
    """Return how many descriptors a process has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))
