"""Several machines: orders over pipes and over OpenSSH, kind by kind; what cannot be reached is told."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from sagews.admin.deadline import Deadline
from sagews.admin.fleet.channel import Channel, there
from sagews.admin.fleet.fleet import Fleet
from sagews.admin.here.orders import Task
from sagews.admin.here.words import Condition, Word
from sagews.errors import ConfigurationError
from tests.processes import wait_until
from tests.site.admin.ground import Ground, free_port
from tests.site.admin.small_part import Small, SmallSite

ROOT = Path(__file__).resolve().parents[3]
SSHD = next((path for path in ("/usr/sbin/sshd", "/usr/local/sbin/sshd") if Path(path).exists()), "")
HERE = (sys.executable, "-m", "tests.site.admin.small_part")


class Machines:
    """Three machines, each a data directory of its own: `front` needs `middle`, which needs `back`."""

    def __init__(self, folder: Path) -> None:
        self.grounds = {name: Ground(folder / name) for name in ("a", "b", "c")}
        self.ports = {name: free_port() for name in ("front", "middle1", "middle2", "back")}
        self.texts = dict.fromkeys(self.ports, "one")
        self.check: tuple[str, ...] = ()
        self.commands: dict[str, tuple[str, ...]] = dict.fromkeys(self.grounds, HERE)
        self.told: list[tuple[str, Word]] = []

    def small(self, name: str, *needs: str) -> Small:
        return Small(name, self.ports[name], self.texts[name], needs, self.check)

    def site(self) -> str:
        paths = {name: str(ground.places.data) for name, ground in self.grounds.items()}
        machines = {
            paths["a"]: [self.small("front", "middle")],
            paths["b"]: [self.small("middle1", "back")],
            paths["c"]: [self.small("middle2", "back"), self.small("back")],
        }
        return msgspec.json.encode(SmallSite(machines)).decode()

    async def do(self, verb: str, names: tuple[str, ...] = (), seconds: float = 60.0) -> int:
        self.told.clear()
        fleet = self.fleet(seconds)
        try:
            return await fleet.do(verb, names)  # type: ignore[arg-type]
        finally:
            await fleet.close()

    async def status(self) -> tuple[int, dict[str, Condition]]:
        fleet = self.fleet(60.0)
        try:
            status, listed = await fleet.status(())
            return status, {each.service: each.condition for each in listed}
        finally:
            await fleet.close()

    def fleet(self, seconds: float) -> Fleet:
        def tell(machine: str, word: Word) -> None:
            self.told.append((Path(machine).name, word))

        tasks = {name: Task(self.site(), "", str(ground.places.data)) for name, ground in self.grounds.items()}
        channels = [Channel(tasks[name].machine, self.commands[name], tasks[name], tell) for name in self.grounds]
        return Fleet(channels, tell, Deadline(seconds))

    def page(self, name: str) -> tuple[int, str]:
        ground = next(iter(self.grounds.values()))
        ground.ports[name] = self.ports[name]
        return ground.page(name)

    @property
    def lines(self) -> str:
        return "\n".join(f"{machine} {word.service}: {word.what}" for machine, word in self.told)


@pytest.fixture
def machines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machines]:
    monkeypatch.chdir(ROOT)
    folder = Path(f"/tmp/sagews-fleet-{os.getpid()}-{time.monotonic_ns()}")
    folder.mkdir(mode=0o711)
    machines = Machines(folder)
    try:
        yield machines
    finally:
        for ground in machines.grounds.values():
            ground.clear()
        subprocess.run(["rm", "-r", str(folder)], check=True)


async def test_machines_start_and_stop_in_the_order_of_needs(machines: Machines) -> None:
    assert await machines.do("start") == 0, machines.lines
    started = [word.service for _, word in machines.told if "started" in word.what]
    assert started[0] == "back" and set(started[1:3]) == {"middle1", "middle2"} and started[3:] == ["front"]
    before = {name: machines.page(name) for name in machines.ports}
    assert await machines.do("start") == 0
    assert {name: machines.page(name) for name in machines.ports} == before
    machines.texts["middle2"] = "two"
    status, conditions = await machines.status()
    assert status == 1 and set(conditions.values()) == {Condition.RUNNING}
    assert await machines.do("start") == 0
    assert machines.page("middle2")[1] == "two"
    assert {name: machines.page(name) for name in machines.ports if name != "middle2"} == {
        name: page for name, page in before.items() if name != "middle2"
    }
    assert await machines.do("restart", ("middle1", "front")) == 0
    assert machines.page("middle1")[0] != before["middle1"][0] and machines.page("back") == before["back"]
    assert await machines.do("stop") == 0
    stopped = [word.service for _, word in machines.told if word.what == "stopped"]
    assert stopped[0] == "front" and stopped[-1] == "back"
    assert not any(ground.supervisor.runs() for ground in machines.grounds.values())
    assert (await machines.status())[0] == 1


async def test_what_one_machine_refuses_changes_nothing_on_any(machines: Machines) -> None:
    assert await machines.do("start") == 0, machines.lines
    before = {name: machines.page(name) for name in machines.ports}
    machines.texts["back"] = "two"
    machines.texts["middle1"] = "bad"
    machines.check = ("/bin/sh", "-c", "! grep -rq bad {root}")
    assert await machines.do("start") == 2
    assert "middle1: its new configuration is refused" in machines.lines and "nothing was changed" in machines.lines
    assert {name: machines.page(name) for name in machines.ports} == before
    with pytest.raises(ConfigurationError, match="no-such: is no service of the site"):
        await machines.do("stop", ("no-such",))


async def test_a_machine_that_cannot_be_reached_is_told_and_the_rest_goes_on(machines: Machines) -> None:
    # Nobody listens on port 1; a machine that swallows every packet ends the same way, after ConnectTimeout.
    machines.commands["b"] = there("127.0.0.1", "/nowhere/sagews", _ssh_configuration(machines, 1))
    assert await machines.do("start") == 4
    assert "b : machine" in machines.lines and "cannot be reached" in machines.lines
    assert machines.page("front")[1] == machines.page("middle2")[1] == "one"
    status, conditions = await machines.status()
    assert status == 4 and "middle1" not in conditions and conditions["front"] is Condition.RUNNING
    assert await machines.do("stop") == 4
    assert not machines.grounds["a"].supervisor.runs() and not machines.grounds["c"].supervisor.runs()


async def test_a_machine_that_hangs_ends_in_the_time_limit(machines: Machines) -> None:
    machines.commands["b"] = ("/bin/sleep", "60")
    before = time.monotonic()
    assert await machines.do("start", (), 2.0) >= 4
    assert time.monotonic() - before < 15


@pytest.mark.skipif(not SSHD and not os.environ.get("SAGEWS_DEMAND_SERVICES"), reason="sshd is not installed")
async def test_machines_behind_ssh(machines: Machines) -> None:
    script = machines.grounds["a"].script.with_name("sagews")
    script.write_text(f'#!/bin/sh\ncd {ROOT} && exec {sys.executable} -m tests.site.admin.small_part "$@"\n')
    script.chmod(0o755)
    with _sshd(machines) as configuration:
        for name in ("b", "c"):
            machines.commands[name] = there("127.0.0.1", str(script), configuration)
        assert await machines.do("start") == 0, machines.lines
        assert {machines.page(name)[1] for name in machines.ports} == {"one"}
        assert (await machines.status())[0] == 0
        assert await machines.do("start") == 0
        machines.commands["b"] = there("127.0.0.1", "/nowhere/sagews", configuration)
        assert await machines.do("start") == 3
        assert "has no sagews" in machines.lines and "nothing was changed" in machines.lines
        machines.commands["b"] = there("127.0.0.1", str(script), configuration)
        assert await machines.do("stop") == 0
    assert await machines.do("stop") == 4


@contextmanager
def _sshd(machines: Machines) -> Iterator[str]:
    """Run a real sshd on a free port of the loopback, with keys of its own; give ssh's configuration for it."""
    folder = machines.grounds["a"].script.parent
    for key in ("host_key", "user_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)], check=True)
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    port = free_port()
    settings = {
        "ListenAddress": f"127.0.0.1:{port}",
        "HostKey": folder / "host_key",
        "AuthorizedKeysFile": folder / "user_key.pub",
        "StrictModes": "no",
        "UsePAM": "no",
        "PidFile": "none",
        "AcceptEnv": "SAGEWS_RUN",
    }
    (folder / "sshd_config").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    with open(folder / "sshd.log", "wb") as log:
        server = subprocess.Popen(
            [SSHD or "sshd", "-D", "-e", "-f", str(folder / "sshd_config")], stderr=log, stdin=subprocess.DEVNULL
        )
    try:
        wait_until(lambda: _accepts(port), 10, "sshd listens")
        yield _ssh_configuration(machines, port)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(10)


def _ssh_configuration(machines: Machines, port: int) -> str:
    folder = machines.grounds["a"].script.parent
    lines = [
        "Host *",
        f"Port {port}",
        f"IdentityFile {folder / 'user_key'}",
        "IdentitiesOnly yes",
        f"UserKnownHostsFile {folder / 'known_hosts'}",
        "StrictHostKeyChecking accept-new",
        "SendEnv SAGEWS_RUN",
    ]
    (folder / "ssh_config").write_text("\n".join(lines) + "\n")
    return str(folder / "ssh_config")


def _accepts(port: int) -> bool:
    with socket.socket() as peer:
        return peer.connect_ex(("127.0.0.1", port)) == 0
