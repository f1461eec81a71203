"""A site on two machines, one of them behind SSH: a backend here, a worker there, TLS between them."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sagews.admin.supervisor.leftovers import leftovers
from sagews.admin.supervisor.places import Places
from tests.processes import wait_until
from tests.site.admin.command import AdministeredSite, Ended
from tests.site.admin.ground import free_port
from tests.site.admin.sshd import SSHD, running_sshd

pytestmark = pytest.mark.skipif(
    not SSHD and not os.environ.get("SAGEWS_DEMAND_SERVICES"), reason="sshd is not installed"
)


class TwoMachines(AdministeredSite):
    """The site; `there` is the data directory of the machine behind SSH."""

    def __init__(self, folder: Path) -> None:
        self.there = Places(folder / "there")
        self.worker_port = free_port()
        super().__init__(folder)

    def write(self, more: str = "") -> None:
        folder = self.file.parent
        program = folder / "sagews"
        program.write_text(f'#!/bin/sh\nexec {self.python} -P -m sagews "$@"\n')
        program.chmod(0o755)
        self.file.write_text(f"""
data_directory = "{self.places.data}"
runtime_directory = "{folder}/run"
[[machine]]
name = "front"
services = {{ backend = 1 }}
[[machine]]
name = "left"
ssh = "left"
program = "{program}"
data_directory = "{self.there.data}"
runtime_directory = "{folder}/run-there"
services = {{ worker = 1 }}
[backend]
port = {self.port}
[worker]
port = {self.worker_port}
{more}""")

    def admin(self, *arguments: str) -> Ended:
        ssh = ("--ssh-config", str(self.file.with_name("ssh_config")))
        return super().admin(*arguments, *ssh)


@pytest.fixture
def site() -> Iterator[TwoMachines]:
    with tempfile.TemporaryDirectory(prefix="sagews-two-") as folder:
        Path(folder).chmod(0o711)
        site = TwoMachines(Path(folder))
        try:
            yield site
        finally:
            site.clear()
            site.places = site.there
            site.clear()


def test_a_site_whose_worker_is_behind_ssh(site: TwoMachines) -> None:
    assert site.sagews("certificates", "--config", str(site.file), "--name", "127.0.0.1").status == 0
    # What goes to a machine that serves, but for the authority's key.
    shutil.copytree(
        site.places.data / "certificates",
        site.there.data / "certificates",
        ignore=shutil.ignore_patterns("authority-key.pem"),
    )
    with running_sshd(site.file.parent):
        started = site.admin("start")
        assert started.status == 0, started
        steps = [line for line in started.stdout.splitlines() if "started" in line]
        assert [line.split(":")[0] for line in steps] == ["left worker1", "front backend1"]
        # It is the other machine's own supervisord that keeps the worker.
        assert len(leftovers(site.there.socket)) > 1
        assert site.sagews("run", "-c", "1+1", "--server", site.url).stdout.strip() == "2"
        assert site.admin("start").stdout == "left worker1: runs\nfront backend1: runs\n"
        shown = site.admin("status", "--json")
        assert shown.status == 0, shown
        assert {each["machine"]: each["condition"] for each in shown.json["services"]} == {
            "front": "running",
            "left": "running",
        }
        assert site.admin("restart", "--machine", "left").status == 0
        assert site.there.settings.read_text() == site.file.read_text()
    away = site.admin("status")
    assert away.status == 4 and "machine left: cannot be reached" in away.stderr and "backend1" in away.stdout
    with running_sshd(site.file.parent):
        stopped = site.admin("stop")
        assert stopped.status == 0, stopped
        assert stopped.stdout == "front backend1: stopped\nleft worker1: stopped\n"
    wait_until(lambda: not leftovers(site.there.socket), 5, "nothing is left")


@pytest.mark.skipif(os.getuid() != 0, reason="only root starts services as others")
def test_a_backend_reads_its_own_key_and_no_other_also_after_it_was_renewed(site: TwoMachines) -> None:
    certificates = ("certificates", "--config", str(site.file), "--name", "127.0.0.1")
    assert site.sagews(*certificates).status == 0
    folder = site.places.data / "certificates"

    def read() -> set[str]:
        tried = ["runuser", "-u", "sagews-backend", "--", "/usr/bin/head", "-qc0"]
        names = {path.name for path in folder.iterdir() if path.name == "token" or path.name.endswith("-key.pem")}
        assert names == {"authority-key.pem", "backend-key.pem", "token", "worker-key.pem"}
        return {
            name for name in names if subprocess.run([*tried, str(folder / name)], capture_output=True).returncode == 0
        }

    with running_sshd(site.file.parent):
        shutil.copytree(folder, site.there.data / "certificates", ignore=shutil.ignore_patterns("authority-key.pem"))
        assert site.admin("start").status == 0
        before = (folder / "backend-key.pem").read_bytes()
        assert read() == {"backend-key.pem", "token"}
        assert site.sagews(*certificates, "--renew", "--renew-token").status == 0
        assert (folder / "backend-key.pem").read_bytes() != before and read() == {"backend-key.pem", "token"}
        assert site.admin("stop").status == 0
