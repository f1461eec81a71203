"""`sagews admin run`: services in the foreground, each as a container has it."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest

from tests.processes import wait_until
from tests.site.admin.command import AdministeredSite, administered_site
from tests.site.admin.ground import free_port


class Small(AdministeredSite):
    """A worker, a memcached and a backend."""

    def write(self, more: str = "") -> None:
        super().write(f"[memcached]\nport = {free_port()}\n{more}")
        text = self.file.read_text()
        machine = '[[machine]]\nname = "one"\nservices = { backend = 1, worker = 1, memcached = 1 }\n'
        self.file.write_text(text.replace("[backend]", f"{machine}[backend]"))

    @contextmanager
    def running(self, name: str, *more: str) -> Iterator["subprocess.Popen[bytes]"]:
        command = [self.python, "-P", "-m", "sagews", "admin", "run", name, "--config", str(self.file), *more]
        with open(self.said(name), "ab") as said:
            process = subprocess.Popen(command, stdout=said, stderr=said, stdin=subprocess.DEVNULL)
        try:
            yield process
        finally:
            for child in psutil.Process(process.pid).children() if process.poll() is None else ():
                child.kill()
            process.kill()
            process.wait(10)

    def said(self, name: str) -> Path:
        return self.file.with_name(f"{name}.said")


@pytest.fixture
def site() -> Iterator[Small]:
    with administered_site(Small) as site:
        assert isinstance(site, Small)
        yield site


def test_services_in_the_foreground_are_a_site_and_end_well(site: Small) -> None:
    with ExitStack() as stack:
        # The backend waits for what it needs, whatever starts first.
        started = {name: stack.enter_context(site.running(name)) for name in ("backend1", "memcached1", "worker1")}
        wait_until(lambda: "backend1: answers" in site.said("backend1").read_text(), 60, "the backend answers")
        assert "backend1: waits for worker" in site.said("backend1").read_text()
        assert site.sagews("run", "-c", "6*7", "--server", site.url).stdout.strip() == "42"
        for process in started.values():
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
    # Their logs are what they say.
    assert '"event": "backend ends"' in site.said("backend1").read_text()


def test_a_service_that_is_killed_ends_it_and_what_cannot_run_is_said(site: Small) -> None:
    with site.running("memcached1") as process:
        wait_until(lambda: "answers" in site.said("memcached1").read_text(), 20, "memcached answers")
        (service,) = psutil.Process(process.pid).children()
        service.kill()
        assert process.wait(10) == 128 + signal.SIGKILL
    run = ("admin", "run", "--config", str(site.file), "--timeout", "1")
    unknown, alone = site.sagews(*run, "backend7"), site.sagews(*run, "backend1")
    assert unknown.status == 2 and "it has memcached1, worker1, backend1" in unknown.stderr
    assert alone.status == 3 and "needs a worker, and none answers" in alone.stderr
