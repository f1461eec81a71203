"""A site in a container: a cell, the walls that stand, and all that it keeps over a restart."""

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

import pytest

from tests.processes import wait_until
from tests.site.admin.ground import free_port

IMAGE = os.environ.get("SAGEWS_IMAGE", "")
pytestmark = pytest.mark.skipif(not IMAGE, reason="no SAGEWS_IMAGE: `make test-image` builds one")
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
    port: int = field(default_factory=free_port)
    token: str = ""

    def wait(self) -> None:
        def ready() -> Any:
            said = podman("logs", self.name, check=False)
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
def container(volume: str, *options: str) -> Iterator[Container]:
    """Run the image with a volume; at the end it is stopped, and shows that it ended well."""
    one = Container(f"sagews-{uuid.uuid4().hex[:8]}")
    mapped = f"127.0.0.1:{one.port}:8080"
    podman("run", "--detach", "--name", one.name, "-p", mapped, "-v", f"{volume}", *options, IMAGE)
    try:
        one.wait()
        yield one
        begun = time.monotonic()
        podman("stop", "--time", str(STOP), one.name)
        assert time.monotonic() - begun < STOP
        assert podman("inspect", "--format", "{{.State.ExitCode}}", one.name).strip() == "0"
    finally:
        podman("rm", "--force", one.name, check=False)


@pytest.fixture
def volume() -> Iterator[str]:
    name = f"sagews-{uuid.uuid4().hex[:8]}"
    yield name
    podman("volume", "rm", "--force", name, check=False)


@pytest.mark.parametrize(
    ("options", "at", "tier"),
    [
        ((), "/data", "C"),
        (("--cap-add", "SYS_ADMIN,SYS_PTRACE"), "/data", "A"),
        (("--user", "1000", "--security-opt", "seccomp=unconfined", "--security-opt", "unmask=ALL"), "/data:U", "B"),
    ],
    ids=["plain", "with capabilities", "as a user"],
)
def test_it_serves_a_cell_with_the_walls_that_stand(volume: str, options: tuple[str, ...], at: str, tier: str) -> None:
    with container(f"{volume}:{at}", *options) as site:
        told = site.ask("/service", b"code=import os; print(os.getuid() != 0, 6 * 7)")
        assert told["stdout"] == "True 42\n"
        assert [worker["tier"] for worker in site.ask("/status.json")["workers"]] == [tier]
        doctor = json.loads(podman("exec", site.name, "sagews", "doctor", "--json", check=False))
        assert doctor["tier"] == tier
        if tier == "C":
            words = " ".join(podman("exec", site.name, "sagews", "doctor", check=False).split())
            assert "root without CAP_SYS_PTRACE, CAP_SYS_ADMIN" in words and "--cap-add SYS_ADMIN,SYS_PTRACE" in words


def test_what_it_keeps_is_in_its_volume(volume: str) -> None:
    with container(f"{volume}:/data") as first:
        made = first.ask("/api/v1/permalinks", json.dumps({"code": "2 + 2"}).encode())
    with container(f"{volume}:/data") as second:
        assert second.token == first.token
        assert second.ask(f"/api/v1/permalinks/{made['id']}")["code"] == "2 + 2"
