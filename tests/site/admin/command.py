"""`sagews admin`, run as its user does, on a site whose data is in a directory of the test."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagews.admin.supervisor.leftovers import leftovers
from sagews.admin.supervisor.places import Places
from tests.processes import wait_until
from tests.site.admin.ground import free_port, kill
from tests.site.ordinary_user import readable_environment

DEADLINE = 120.0


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it printed."""

    status: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


class AdministeredSite:
    """A site that is started and stopped by `sagews admin`."""

    def __init__(self, folder: Path) -> None:
        self.places = Places(folder / "data")
        self.file = folder / "sagews.toml"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.python = interpreter(folder / "python")
        self.write()

    def write(self, more: str = "") -> None:
        """Write the configuration, with more of it at its end."""
        data, runtime = self.places.data, self.file.with_name("run")
        shared = f'data_directory = "{data}"\nruntime_directory = "{runtime}"\n'
        self.file.write_text(f"{shared}[backend]\nport = {self.port}\n{more}")

    def admin(self, *arguments: str) -> Ended:
        """Run `sagews admin ARGUMENTS --config FILE`."""
        return self.sagews("admin", *arguments, "--config", str(self.file))

    def sagews(self, *arguments: str) -> Ended:
        """Run `sagews ARGUMENTS`."""
        command = [self.python, "-P", "-m", "sagews", *arguments]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE)
        return Ended(done.returncode, done.stdout, done.stderr)

    def clear(self) -> None:
        """End whatever is left."""
        if self.places.pid.exists():
            kill(int(self.places.pid.read_text()), signal.SIGKILL, "supervisord")
        wait_until(lambda: not leftovers(self.places.socket), 15, "all have ended")


def interpreter(folder: Path) -> str:
    """Return a Python that the users of services can execute: this one, or one that is made in a directory."""
    own = Path(sys.executable).resolve()
    if os.getuid() or all(each.stat().st_mode & 0o001 for each in own.parents):
        return sys.executable
    return str(readable_environment(folder))


@contextmanager
def administered_site(kind: type["AdministeredSite"] | None = None) -> Iterator[AdministeredSite]:
    """Give a site, of a kind, that does not run yet; nothing of it runs at the end."""
    with tempfile.TemporaryDirectory(prefix="sagews-admin-") as folder:
        Path(folder).chmod(0o711)
        site = (kind or AdministeredSite)(Path(folder))
        try:
            yield site
        finally:
            site.clear()
