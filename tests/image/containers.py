"""Containers of the image, run and stopped as an operator does."""

import json
import os
import re
import subprocess
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.processes import wait_until
from tests.site.admin.ground import free_port

IMAGE = os.environ.get("SAGEWS_IMAGE", "")
SAGE_IMAGE = os.environ.get("SAGEWS_SAGE_IMAGE", "")
READY = re.compile(r"sagews is ready: http://\S+/\?token=(\S+)")
STOP = 10
"""Seconds after which the engine kills what does not stop."""


def podman(*arguments: str, check: bool = True) -> str:
    done = subprocess.run(["podman", *arguments], capture_output=True, text=True, timeout=120)
    assert not check or done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@dataclass
class Container:
    """A container that serves."""

    name: str
    engine: tuple[str, ...] = ()
    """Options of podman itself."""
    port: int = field(default_factory=free_port)
    token: str = ""

    @property
    def url(self) -> str:
        """With the token."""
        return f"http://127.0.0.1:{self.port}/?token={self.token}"

    def podman(self, command: str, *arguments: str, check: bool = True) -> str:
        return podman(*self.engine, command, *arguments, check=check)

    def run(self, *command: str, check: bool = True) -> str:
        """Run a command within it, and return what it says."""
        return self.podman("exec", self.name, *command, check=check)

    def wait(self) -> None:
        def ready() -> Any:
            said = self.podman("logs", self.name, check=False)
            assert "Error" not in said, said
            return READY.search(said)

        self.token = wait_until(ready, 60, "the site is ready")[1]

    def ask(self, path: str, data: bytes | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if path == "/service":
            del headers["Content-Type"]
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


@contextmanager
def container(volume: str, *options: str, engine: tuple[str, ...] = (), image: str = IMAGE) -> Iterator[Container]:
    """Run the image with a volume; at the end it is stopped, and shows that it ended well."""
    one = Container(f"sagews-{uuid.uuid4().hex[:8]}", engine)
    mapped = f"127.0.0.1:{one.port}:8080"
    one.podman("run", "--detach", "--name", one.name, "-p", mapped, "-v", f"{volume}", *options, image)
    try:
        one.wait()
        yield one
        begun = time.monotonic()
        one.podman("stop", "--time", str(STOP), one.name)
        assert time.monotonic() - begun < STOP
        assert one.podman("inspect", "--format", "{{.State.ExitCode}}", one.name).strip() == "0"
    finally:
        one.podman("rm", "--force", "--volumes", one.name, check=False)
