"""Sessions with a wall taken away: the product's own builder, sandboxes, zygote and walls, in the test's own loop.

The switch is here and nowhere else: the product cannot leave out a wall.
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
from sagews.protocol import sagews_pb2 as pb
from sagews.worker.interpreter import readable_paths
from sagews.worker.process import SessionProcess
from sagews.worker.sandboxes import Builder, Sandbox, Sandboxes
from sagews.worker.tier import Tier
from sagews.worker.users import User, Users
from sagews.worker.walls import Walls
from sagews.worker.zygote import Zygote
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

    def of(self, sandbox: Sandbox | None, user: User | None, cgroups: int) -> pb.Walls:
        walls = Walls.of(self, sandbox, user, cgroups)
        for name, value in self.change.items():
            setattr(walls, name, value)
        return walls


@dataclass(frozen=True)
class Without:
    """What is different from all walls that a tier has."""

    walls: dict[str, Any]
    """Fields of `pb.Walls` and their values."""
    namespaces: bool = True
    machine_network: bool = False
    """Whether sandboxes share the machine's network instead of having an empty one."""
    disk: int = 1 << 29
    files: int = 1 << 17
    address_space: int = ADDRESS_SPACE
    threads: int = 0


class Heard:
    """The owner of a session: what it wrote until its evaluation was over, or it had ended."""

    def __init__(self) -> None:
        self.text = ""
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
        assert told, self.text[-3000:]
        return dict(json.loads(told[0]))


class Ground:
    """One builder and one zygote, as a worker of a tier has them."""

    def __init__(self, tier: Tier, builder: Builder, zygote: Zygote, targets: dict[str, Any]) -> None:
        self._tier = tier
        self._builder = builder
        self._zygote = zygote
        self._targets = targets

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, tier: Tier, targets: dict[str, Any], shown: list[Path]) -> AsyncIterator["Ground"]:
        environment = Environment(name="python", preload=["numpy"], interpreter=sys.executable)
        builder = Builder([*readable_paths(environment), *map(str, shown)], new_user_namespace=tier is Tier.B)
        zygote = Zygote(environment, builder.namespaces, started=lambda _name: None)
        await builder.start()
        try:
            await zygote.start()
            yield cls(tier, builder, zygote, targets)
        finally:
            await zygote.stop()
            await builder.stop()

    async def make(self, attack: Attack, without: Without | None = None) -> dict[str, Any]:
        """Make an attack within all walls, or without some; return what it found."""
        without = without or Without({})
        heard = Heard()
        limits = pb.Limits(
            address_space=without.address_space, disk=without.disk, files=without.files, threads=without.threads
        )
        process = await SessionProcess.spawn(self._zygote, self._walls(without), limits, spare=False)
        try:
            process.owner = heard
            code = PRELUDE.format(targets=json.dumps(self._targets)) + attack.code
            process.send(pb.Request(id=1, evaluate=pb.Evaluate(evaluation="attack", code=code)))
            async with asyncio.timeout(DEADLINE):
                await heard.over.wait()
            process.flush_text()
            return heard.found
        finally:
            process.kill()
            async with asyncio.timeout(DEADLINE):
                await process.gone.wait()

    def _walls(self, without: Without) -> Walls:
        if self._tier is not Tier.A or without.walls.get("uid") == 0:
            users = Users.own()
        else:
            users = Users((uid, uid, "reader") for uid in USERS)
        sandboxes = Sandboxes(self._builder, users, pb.Limits(), network=without.machine_network)
        return Changed(
            tier=self._tier,
            sandboxes=sandboxes if without.namespaces else None,
            network=False,
            landlock=True,
            cgroups=None,
            change=without.walls,
        )
