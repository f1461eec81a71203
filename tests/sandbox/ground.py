"""Sessions with a wall taken away: the product's own builder, sandboxes, zygote and walls, in the test's own loop.

The switch is here and in `taken_away.py`, and nowhere else: the product
cannot leave out a wall.
"""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sagews.config.environment import Environment
from sagews.errors import ProtocolError
from sagews.protocol import sagews_pb2 as pb
from sagews.worker import bootstrap
from sagews.worker.cgroup import Cgroup
from sagews.worker.cgroups import Cgroups
from sagews.worker.guard import Breach
from sagews.worker.interpreter import readable_paths
from sagews.worker.process import SessionProcess
from sagews.worker.sandboxes import Builder, Sandbox, Sandboxes
from sagews.worker.tier import Tier
from sagews.worker.users import User, Users
from sagews.worker.walls import Walls
from sagews.worker.watch import Watch
from sagews.worker.zygote import Zygote
from tests.sandbox import taken_away
from tests.sandbox.attack import PRELUDE, Attack

DEADLINE = 60.0
_FIRST = 6_520_000 + os.getpid() % 1000 * 100
USERS = range(_FIRST, _FIRST + 99)
BARE_USER = USERS[-1] + 1
"""For sessions without a sandbox."""
ADDRESS_SPACE = 2 << 30


@dataclass(frozen=True)
class Changed(Walls):
    """The walls of a tier with some of them changed."""

    change: dict[str, Any] = field(default_factory=dict)
    """Fields of `pb.Walls` and their values."""
    loosened: frozenset[str] = frozenset()
    """Limits that cgroups do not keep."""
    beside: Cgroup | None = None
    """The cgroup of another session, to be in it too."""

    def of(self, sandbox: Sandbox | None, user: User | None, cgroups: int) -> pb.Walls:
        walls = Walls.of(self, sandbox, user, cgroups)
        for name, value in self.change.items():
            setattr(walls, name, value)
        return walls

    def cgroup(self, limits: pb.Limits) -> Cgroup | None:
        if self.beside is not None:
            shared = Cgroup(self.beside._layout, self.beside._directories)
            shared.open()
            return shared
        kept = pb.Limits()
        kept.CopyFrom(limits)
        for name in self.loosened:
            kept.ClearField(name)
        return Walls.cgroup(self, kept)


@dataclass(frozen=True)
class Without:
    """What is different from all walls that a tier has."""

    walls: dict[str, Any] = field(default_factory=dict)
    """Fields of `pb.Walls` and their values."""
    taken: frozenset[str] = frozenset()
    """Steps that builder and session leave out; see `taken_away.py`."""
    namespaces: bool = True
    """Whether the session has a sandbox; without one it is a user of its own all the same."""
    machine_network: bool = False
    """Whether sandboxes share the machine's network instead of having an empty one."""
    limits: dict[str, float] = field(default_factory=dict)
    """Of the session, where they are not the usual ones."""
    cgroups: bool = False
    """Whether the session has a cgroup."""
    loosened: frozenset[str] = frozenset()
    """Limits that its cgroup does not keep."""
    watch: bool = False
    """Whether the worker looks at what the session uses."""


class Heard:
    """The owner of a session: what it wrote until its evaluation was over, or it had ended."""

    def __init__(self) -> None:
        self.text = ""
        self.breach: Breach | None = None
        """The limit for which it was ended."""
        self.over = asyncio.Event()

    def reported(self, report: pb.Report) -> None:
        if report.WhichOneof("kind") == "finished":
            self.over.set()

    def wrote(self, stream: str, text: str) -> None:
        self.text += text

    def violated(self, what: str) -> None:
        self.over.set()

    def exited(self, exit_status: int | None, killed_by: int | None) -> None:
        self.over.set()

    @property
    def found(self) -> dict[str, Any]:
        told = [line[5:] for line in self.text.splitlines() if line.startswith("TOLD ")]
        assert told or self.breach, self.text[-3000:]
        return dict(json.loads(told[0])) if told else {}

    def held(self, attack: Attack) -> bool:
        """Whether the attack did not succeed, or the session was ended for it."""
        return (attack.may_end and self.breach is not None) or attack.held(self.found)


class Ground:
    """One builder and one zygote, as a worker of a tier has them."""

    def __init__(
        self, tier: Tier, builder: Builder, zygote: Zygote, cgroups: Cgroups | None, targets: dict[str, Any]
    ) -> None:
        self._tier = tier
        self._builder = builder
        self._zygote = zygote
        self.cgroups = cgroups
        """Where this machine has some."""
        self._targets = targets
        self._users = Users((uid, uid, "reader") for uid in USERS)

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, tier: Tier, targets: dict[str, Any]) -> AsyncIterator["Ground"]:
        """Start both, with the switches by which walls are taken away."""
        switches = _switches(targets)
        environment = Environment(name="python", preload=["numpy"], interpreter=sys.executable)
        shown = [*readable_paths(environment), targets["shown"], "/dev/shm"]
        builder = Builder(shown, new_user_namespace=tier is Tier.B)
        zygote = Zygote(environment, builder.namespaces, started=lambda _name: None)
        cgroups = Cgroups.find("ablation") if tier is Tier.A else None
        bootstrap.command = lambda interpreter, module: taken_away.command(interpreter, module, switches)
        try:
            _write(switches, frozenset(), targets)
            await builder.start()
            await zygote.start()
            yield cls(tier, builder, zygote, cgroups, targets)
        finally:
            bootstrap.command = taken_away.bootstrap_command
            await zygote.stop()
            await builder.stop()
            if cgroups is not None:
                await cgroups.close()

    async def make(self, attack: Attack, without: Without) -> Heard:
        """Make an attack without some walls; return what was heard of it."""
        async with self.session(without) as (process, heard):
            await self.evaluate(process, heard, attack.code)
        return heard

    async def evaluate(self, process: SessionProcess, heard: Heard, code: str) -> None:
        """Run code of an attack to its end, or the session's."""
        code = PRELUDE.format(targets=json.dumps(self._targets)) + code
        process.send(pb.Request(id=1, evaluate=pb.Evaluate(evaluation="attack", code=code)))
        async with asyncio.timeout(DEADLINE):
            await heard.over.wait()
        process.flush_text()

    async def is_ready(self, without: Without) -> bool:
        """Whether a session gets ready at all."""
        try:
            async with self.session(without):
                return True
        except ProtocolError:
            return False

    @contextlib.asynccontextmanager
    async def session(
        self, without: Without, beside: SessionProcess | None = None
    ) -> AsyncIterator[tuple[SessionProcess, Heard]]:
        """Give a session, in the cgroup of another one if there is one beside it; end it."""
        _write(_switches(self._targets), without.taken, self._targets)
        limits = pb.Limits(address_space=ADDRESS_SPACE, disk=1 << 29, files=1 << 17)
        for name, value in without.limits.items():
            setattr(limits, name, value)
        walls = self._walls(without, beside.cgroup if beside is not None else None)
        process = await SessionProcess.spawn(self._zygote, walls, limits, spare=False)
        heard = Heard()
        process.owner = heard

        def ended(breach: Breach) -> None:
            heard.breach = breach
            process.kill()

        watch = None
        try:
            if without.watch:
                in_cgroup = process.cgroup is not None
                watch = Watch(
                    process.meter(limits), limits, kept_by_system=in_cgroup, reached=ended, lost_process=lambda: None
                )
                watch.begin(0)
            yield process, heard
        finally:
            if watch is not None:
                watch.close()
            process.kill()
            async with asyncio.timeout(DEADLINE):
                await process.gone.wait()

    def _walls(self, without: Without, beside: Cgroup | None) -> Walls:
        own = self._tier is not Tier.A or without.walls.get("uid") == 0
        change = dict(without.walls) if without.namespaces else {"uid": BARE_USER, "gid": BARE_USER, **without.walls}
        if "mount namespace" in without.taken:
            change["home"] = self._targets["home"]  # That of the sandbox is not to be seen.
        sandboxes = Sandboxes(
            self._builder, Users.own() if own else self._users, pb.Limits(), network=without.machine_network
        )
        return Changed(
            tier=self._tier,
            sandboxes=sandboxes if without.namespaces else None,
            network=False,
            landlock=True,
            cgroups=self.cgroups if without.cgroups else None,
            change=change,
            loosened=without.loosened,
            beside=beside,
        )


def _switches(targets: dict[str, Any]) -> Path:
    """Return the file that says what is to be left out: where the builder can see it too."""
    return Path(targets["shown"]) / "switches"


def _write(switches: Path, taken: frozenset[str], targets: dict[str, Any]) -> None:
    switches.write_text(json.dumps({"taken": sorted(taken), "shown": targets["shown"]}))
