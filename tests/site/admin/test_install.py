"""`sagews admin install`: the program comes to a machine behind SSH that has none, and to nobody else's harm."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sagews.admin.build import build
from tests.site.admin.command import AdministeredSite, administered_site
from tests.site.admin.sshd import SSHD, running_sshd
from tests.site.admin.test_two_machines import TwoMachines
from tests.site.client_end import connected, text_of

pytestmark = [
    pytest.mark.skipif(not SSHD and not os.environ.get("SAGEWS_DEMAND_SERVICES"), reason="sshd is not installed"),
    pytest.mark.timeout(400),
]


class Bare(TwoMachines):
    """The worker is here; the backend's machine, behind SSH, has no sagews."""

    def write(self, more: str = "") -> None:
        super().write("[limits]\ngrace = 600\n")
        text = self.file.read_text().replace("backend = 1", "X = 1").replace("worker = 1", "backend = 1")
        text = (
            text.replace("[worker]\n", "[worker]\ndrain_seconds = 2\n")
            .replace("X = 1", "worker = 1")
            .replace(str(self.file.with_name("sagews")), str(self.program))
        )
        self.file.write_text(text)

    @property
    def home(self) -> Path:
        return self.file.with_name("opt")

    @property
    def program(self) -> Path:
        return self.home / "bin" / "sagews"

    def clear(self) -> None:
        super().clear()
        self.places = self.there
        super().clear()


@pytest.fixture
def site() -> Iterator[AdministeredSite]:
    with administered_site(Bare) as site:
        yield site


async def test_a_machine_without_the_program_gets_it_and_serves(site: Bare) -> None:
    assert site.admin("install").status == 2  # No certificates yet.
    assert AdministeredSite.admin(site, "certificates").status == 0
    with running_sshd(site.file.parent):
        assert "has no sagews" in site.admin("check").stderr
        done = site.admin("install")
        assert done.status == 0, done
        assert f"left: {build()} is installed" in done.stdout
        there = site.there.data
        brought = {path.name for path in [*there.iterdir(), *(there / "certificates").iterdir()]}
        assert {"ticket-keys", "authority.pem", "backend.pem", "backend-key.pem", "token"} <= brought
        assert not {"worker-key.pem", "authority-key.pem"} & brought
        for name in ("ticket-keys", "certificates/token", "certificates/backend-key.pem"):
            assert (there / name).stat().st_mode & 0o777 == 0o600
        token = (there / "certificates/token").read_text().strip()
        assert token not in done.stdout + done.stderr
        version = subprocess.run([site.program, "--version"], capture_output=True, text=True, check=True, timeout=30)
        assert version.stdout.startswith("sagews ")
        again = site.admin("install")
        assert again.status == 0 and f"{build()} is there" in again.stdout and ": brought" not in again.stdout
        assert site.admin("check").status == 0
        started = site.admin("start")
        assert started.status == 0, started
        (before,) = site.admin("status", "worker", "--json").json["services"]
        async with connected(site.url + "/", within=300) as client:
            session = await client.open()
            opened = client.opened
            await client.evaluate(session, "x = 6")
            # A file that changed there, and a build that is another one, are said.
            (there / "certificates/token").write_text("other\n")
            errors = next((site.home / "versions").glob("*/lib/*/site-packages/sagews")) / "errors.py"
            errors.write_text(errors.read_text() + "# more\n")
            wrong = site.admin("check")
            assert wrong.status == 1 and "token differs" in wrong.stderr and "has build" in wrong.stderr
            upgraded = site.admin("upgrade")
            assert upgraded.status == 0, upgraded
        lines = upgraded.stdout.splitlines()
        assert lines.index("front: is up to date") < lines.index(f"left: {build()} is installed")
        assert [line for line in lines if line.startswith("left backend1: restarted")]
        assert site.admin("check").status == 0 and (there / "certificates/token").read_text().strip() == token
        # The worker need not restart: its session is found again.
        (after,) = site.admin("status", "worker", "--json").json["services"]
        assert after["pid"] == before["pid"]
        async with connected(site.url + "/", within=300) as client:
            await client.send("attach", session=session, token=opened["token"], after_sequence=0)
            await client.until("attached")
            assert text_of(await client.evaluate(session, "print(7 * x)")) == "42\n"
            # Now it must; who has not gone in time is told why.
            site.file.write_text(site.file.read_text().replace("[worker]\n", "[worker]\nstall_seconds = 50\n"))
            assert site.admin("upgrade").status == 0
            (told,) = [each for each in await client.until("ended", session=session) if each["kind"] == "ended"]
            assert told["reason"] == "drained"
        (last,) = site.admin("status", "worker", "--json").json["services"]
        assert last["pid"] != before["pid"]
        # What can be seen before keeps all as it is; the first machine that fails ends it.
        (site.home / "bin").unlink()
        (site.home / "bin").mkdir()
        refused = site.admin("upgrade")
        assert refused.status == 3 and "nothing was changed" in refused.stderr and "up to date" not in refused.stdout
        (site.home / "bin").rmdir()
        (site.home / ".bin").mkdir()
        failed = site.admin("upgrade")
        assert failed.status == 3 and "left: stopped here; machines that are left as they are: none" in failed.stderr
        assert "left: can be reached, has no build\n" in failed.stdout
        (site.home / ".bin").rmdir()
        assert site.admin("upgrade").status == 0
        assert site.admin("stop").status == 0


def test_what_does_not_allow_it_is_said(site: Bare) -> None:
    assert AdministeredSite.admin(site, "certificates").status == 0
    (site.file.with_name("ssh_config")).write_text("Host *\nHostName 127.0.0.1\nPort 1\n")
    away = site.admin("install")
    assert away.status == 4 and "machine left: cannot be reached" in away.stderr
    away = site.admin("upgrade")
    assert away.status == 4 and "machine left: cannot be reached" in away.stderr and "nothing was" in away.stderr
    assert not [*site.places.data.rglob("*.sqlite")]
    with running_sshd(site.file.parent):
        (site.home / "bin").mkdir(parents=True)
        taken = site.admin("install")
        assert taken.status == 3 and "was not made by sagews admin install" in taken.stderr
        (site.home / "bin").rmdir()
        (site.home / "versions").write_text("")
        assert site.admin("install").status == 3
    site.file.write_text(site.file.read_text().replace(str(site.program), "sagews"))
    unplaced = site.admin("install")
    assert unplaced.status == 2 and "/opt/sagews/bin/sagews" in unplaced.stderr
