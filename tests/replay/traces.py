"""What a case might leave behind: processes, sockets and other descriptors of the services, files, cgroups."""

import asyncio
import os
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import psutil

from tests.processes import command
from tests.running import RunningSite
from tests.site.client_end import assert_serves

GONE = 5.0
"""Seconds after the end of a session by which nothing of it is left."""
STILL = 0.4
"""Seconds in which nothing changes where nobody does anything."""
SHARED = ("/tmp", "/dev/shm")
FIRST_USER = 6_000_000
"""From here on user ids belong to sessions alone."""


class Standing(NamedTuple):
    """What there is of a product at one moment."""

    processes: Counter[str]
    """By their command lines."""
    descriptors: Counter[str]
    """Of each service: open files, sockets among them."""
    connections: int
    """TCP connections of the services, as far as they are established."""
    files: frozenset[str]
    cgroups: int

    def beyond(self, usual: "Standing") -> str:
        """Say what is here and was not there; nothing if nothing is."""
        more = {
            "processes": self.processes - usual.processes,
            "descriptors": self.descriptors - usual.descriptors,
            "connections": max(0, self.connections - usual.connections),
            "files": self.files - usual.files,
            "cgroups": max(0, self.cgroups - usual.cgroups),
        }
        return ", ".join(f"{name}: {found}" for name, found in more.items() if found)


class Traces:
    """Compares a product with what it was when nobody had used it for a moment."""

    def __init__(self, site: RunningSite) -> None:
        self._site = site
        self._usual: Standing | None = None

    async def begin(self) -> None:
        """Know, before the first case, what there is; a first session is had and gone."""
        if self._usual is not None:
            return
        await assert_serves(self._site.url)
        async with asyncio.timeout(30):
            before, now = self._look(), None
            while now is None or before.beyond(now) or now.beyond(before):
                before = now or before
                await asyncio.sleep(STILL)
                now = self._look()
        self._usual = before

    async def assert_none_left(self) -> None:
        """Assert that within `GONE` seconds there is no more than when nobody had used it."""
        assert self._usual is not None
        loop = asyncio.get_running_loop()
        end = loop.time() + GONE
        while left := self._look().beyond(self._usual):
            assert loop.time() < end, f"left behind: {left}"
            await asyncio.sleep(0.05)

    def _look(self) -> Standing:
        services = {name: self._site.service(name) for name in ("worker", "backend")}
        return Standing(
            processes=Counter(map(command, self._site.processes.look())),
            descriptors=Counter({name: process.num_fds() for name, process in services.items()}),
            connections=sum(map(_connections, services.values())),
            files=frozenset(self._files()),
            cgroups=_cgroups(services["worker"].pid),
        )

    def _files(self) -> list[str]:
        own = [str(path) for path in self._site.directory.rglob("*")]
        # Other sites of this machine have directories of their sessions there, with their workers' numbers.
        theirs = f"sagews-{self._site.service('worker').pid}-"
        places = (path for place in SHARED for path in Path(place).iterdir())
        shared = (path for path in places if not path.name.startswith("sagews-") or path.name.startswith(theirs))
        return own + [str(path) for path in shared if _is_of_a_session(path)]


def _connections(process: psutil.Process) -> int:
    return sum(each.status == psutil.CONN_ESTABLISHED for each in process.net_connections("tcp"))


def _is_of_a_session(path: Path) -> bool:
    try:
        return path.lstat().st_uid >= FIRST_USER
    except FileNotFoundError:
        return False


def _cgroups(worker: int) -> int:
    """Return how many cgroups a worker has made."""
    return sum(f"/sagews-w1-{worker}-" in place for place, _below, _files in os.walk("/sys/fs/cgroup"))
