"""Several machines: orders over pipes and over OpenSSH, kind by kind; what cannot be reached is told."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from sagews.admin.deadline import Deadline
from sagews.admin.fleet.channel import Channel, there
from sagews.admin.fleet.fleet import Fleet
from sagews.admin.here.orders import Task
from sagews.admin.here.words import Condition, Word
from sagews.errors import ConfigurationError
from tests.site.admin.ground import Ground, free_port
from tests.site.admin.small_part import Small, SmallSite
from tests.site.admin.sshd import SSHD, running_sshd, ssh_configuration

ROOT = Path(__file__).resolve().parents[3]
HERE = (sys.executable, "-m", "tests.site.admin.small_part")


class Machines:
    """Three machines, each a data directory of its own: `front` needs `middle`, which needs `back`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.grounds = {name: Ground(folder / name) for name in ("a", "b", "c")}
        self.ports = {name: free_port() for name in ("front", "middle1", "middle2", "back")}
        self.texts = dict.fromkeys(self.ports, "one")
        self.absent: set[str] = set()
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
        left = {path: [small for small in has if small.name not in self.absent] for path, has in machines.items()}
        return msgspec.json.encode(SmallSite(left)).decode()

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
    machines.absent = {"middle1"}
    assert await machines.do("start") == 0
    assert "b middle1: stopped" in machines.lines and set(machines.grounds["b"].supervisor.processes()) == set()
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
    machines.commands["b"] = there("127.0.0.1", "/nowhere/sagews", ssh_configuration(machines.folder, 1))
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
    with running_sshd(machines.folder) as configuration:
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
