"""`compose.services.yaml`: a site with a container for each service, which keeps what it has when all are made anew."""

import json
import os
import shutil
import subprocess
import sys
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.processes import wait_until
from tests.site.admin.ground import free_port

IMAGE = os.environ.get("SAGEWS_IMAGE", "")
COMPOSE = Path(sys.executable).with_name("podman-compose")
ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.skipif(not IMAGE, reason="no SAGEWS_IMAGE: `make test-image` builds one"),
    pytest.mark.timeout(300),
]


@dataclass
class Composed:
    """The site of the file, on a port of its own."""

    folder: Path
    port: int

    def compose(self, *arguments: str) -> str:
        command = [str(COMPOSE), "-p", self.folder.name, "-f", "compose.services.yaml", *arguments]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=200)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def up(self) -> None:
        self.compose("up", "-d")
        wait_until(self.evaluates, 90, "it evaluates")

    def evaluates(self) -> bool:
        try:
            return bool(self.ask("/service", b"code=6*7")["result"] == "42")
        except OSError:
            return False

    def ask(self, path: str, data: bytes | None = None, kind: str = "application/x-www-form-urlencoded") -> Any:
        request = urllib.request.Request(f"http://localhost:{self.port}{path}", data, {"Content-Type": kind})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Composed]:
    folder, port = tmp_path / f"sagews{uuid.uuid4().hex[:8]}", free_port()
    (folder / "examples").mkdir(parents=True)
    shutil.copy(ROOT / "examples" / "containers.toml", folder / "examples")
    text = (ROOT / "compose.services.yaml").read_text()
    assert '"8080:8080"' in text and "image: localhost/sagews\n" in text
    text = text.replace('"8080:8080"', f'"127.0.0.1:{port}:8080"').replace(
        "image: localhost/sagews\n", f"image: {IMAGE}\n"
    )
    (folder / "compose.services.yaml").write_text(text)
    composed = Composed(folder, port)
    try:
        yield composed
    finally:
        composed.compose("down", "-v")


def test_each_service_has_a_container_and_the_site_outlives_them(site: Composed) -> None:
    site.up()
    told = site.ask("/service", b"code=import os; print(os.getuid() != 0, os.getpid() < 10)")
    assert told["stdout"] == "True True\n"  # In namespaces of its own: tier A.
    made = site.ask("/api/v1/permalinks", json.dumps({"code": "2 + 2"}).encode(), "application/json")
    site.compose("stop", "backend1")
    assert site.evaluates()
    site.compose("down")
    site.up()
    assert site.ask(f"/api/v1/permalinks/{made['id']}")["code"] == "2 + 2"
