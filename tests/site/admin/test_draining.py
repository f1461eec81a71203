"""`sagews admin drain`: a machine is emptied while its session lives, is shown so, taken back, and emptied again."""

import asyncio
import os
import sys
from collections.abc import Iterator

import pytest

from tests.site.admin.command import AdministeredSite, administered_site
from tests.site.admin.sshd import SSHD, running_sshd
from tests.site.admin.test_two_machines import TwoMachines
from tests.site.client_end import connected, text_of

pytestmark = pytest.mark.skipif(
    not SSHD and not os.environ.get("SAGEWS_DEMAND_SERVICES"), reason="sshd is not installed"
)


class Emptied(TwoMachines):
    def clear(self) -> None:
        super().clear()
        self.places = self.there
        super().clear()

    async def drain(self) -> asyncio.subprocess.Process:
        """Begin to drain the worker's machine, and wait until that is shown."""
        arguments = ("admin", "drain", "left", "--config", self.file, "--ssh-config", self.file.with_name("ssh_config"))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "sagews", *arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(30):
            while self.condition() != "draining":
                await asyncio.sleep(0.2)
        return process

    def condition(self) -> str:
        (status,) = self.admin("status", "worker", "--json").json["services"]
        return str(status["condition"])


@pytest.fixture
def site() -> Iterator[AdministeredSite]:
    with administered_site(Emptied) as site:
        yield site


async def ended(process: asyncio.subprocess.Process) -> tuple[int | None, str]:
    async with asyncio.timeout(30):
        out, errors = await process.communicate()
    return process.returncode, (out + errors).decode()


async def test_a_machine_is_emptied_and_taken_back(site: Emptied) -> None:
    assert AdministeredSite.admin(site, "certificates").status == 0
    with running_sshd(site.file.parent):
        installed = site.there.data / "certificates"
        own = site.places.data / "certificates"
        installed.mkdir(parents=True, mode=0o700)
        site.there.data.chmod(0o711)
        for source in (own / "authority.pem", own / "token", *(own / "machines/left").iterdir()):
            (installed / source.name).write_bytes(source.read_bytes())
            (installed / source.name).chmod(0o600)
        started = site.admin("start")
        assert started.status == 0, started
        async with connected(site.url + "/") as client:
            session = await client.open()
            await client.evaluate(session, "x = 6")
            draining = await site.drain()
            assert text_of(await client.evaluate(session, "print(7 * x)")) == "42\n"
            limited = site.admin("drain", "left", "--timeout", "2")
            assert limited.status == 5 and "has sessions or readers still" in limited.stderr
            back = site.admin("start")
            assert back.status == 0 and "worker1: is taken back" in back.stdout
            status, said = await ended(draining)
            assert status == 1 and "was taken back" in said
            assert site.condition() == "running" and site.admin("status").status == 0
            # The session has lived through it, and others are opened again.
            assert text_of(await client.evaluate(session, "print(7 * x)")) == "42\n"
            assert site.sagews("run", "-c", "1+1", "--server", site.url).stdout.strip() == "2"
            draining = await site.drain()
            await client.send("close", session=session)
            await client.until("ended", session=session)
            status, said = await ended(draining)
            assert status == 0 and "worker1: is drained" in said
        assert site.condition() == "drained" and site.admin("status").status == 1
        assert "started" in site.admin("start").stdout
        assert site.sagews("run", "-c", "1+1", "--server", site.url).stdout.strip() == "2"
        assert site.admin("drain", "nowhere").status == 2
        assert site.admin("stop").status == 0
