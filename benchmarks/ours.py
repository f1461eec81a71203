"""Our side: the product started as `sagews serve`, and spoken to as the page does."""

import asyncio
import os
import re
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.client import DEADLINE, Client, Json
from benchmarks.memory import command, descendants, sandboxed

NO_SPARES = """
[[environment]]
name = "python"
preload = ["numpy", "scipy", "sympy", "matplotlib.pyplot", "pandas", "ipywidgets"]
spares = 0
"""
"""The default site without its pool of spare sessions: each one is forked when its reader comes."""

BARE = """
[worker]
tier = "D"
cgroups = false
"""
"""The default site without walls around its sessions; as it is, it puts up all that the machine allows."""


class OurReader:
    """A reader of sagews: one connection, one session."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._session = ""
        self._evaluation = 0
        self._running = False

    @classmethod
    async def arrive(cls, client: Client) -> "OurReader":
        """Connect and open a session."""
        reader = cls(client)
        await client.enter()
        await client.send({"kind": "open", "id": 1})
        reader._session = (await reader._next("opened"))["session"]
        return reader

    async def evaluate(self, code: str, kind: str = "execute_result") -> str:
        """Run the code; return the body of its first output of a kind."""
        self._evaluation += 1
        self._running = True
        await self._client.send(
            {
                "kind": "evaluate",
                "id": self._evaluation + 1,
                "session": self._session,
                "evaluation": f"e{self._evaluation}",
                "code": code,
            }
        )
        while True:
            event = await self._next("output")
            if event["output_kind"] == "error":
                raise RuntimeError(event["body"])
            if event["output_kind"] == kind:
                return str(event["body"])

    async def settle(self) -> None:
        """Read until the evaluation is done."""
        while self._running:
            await self._next("done")

    async def leave(self) -> None:
        """Close the session."""
        await self._client.send({"kind": "close", "id": 999_999, "session": self._session})
        await self._next("ended")
        await self._client.close()

    async def _next(self, kind: str) -> Json:
        """Return the next event of a kind."""
        while True:
            event = await self._client.receive()
            if event["kind"] == "failure":
                raise RuntimeError(f"{event['noun']}: {event['what']}; {event['hint']}")
            if event["kind"] == "done":
                self._running = False
            if event["kind"] == kind:
                return event


class Visitor:
    """A reader of stateless evaluations: one connection, no session of its own."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._running = False

    @classmethod
    async def arrive(cls, client: Client) -> "Visitor":
        """Connect, and be welcome."""
        await client.enter()
        while (await client.receive())["kind"] != "welcome":
            pass
        return cls(client)

    async def evaluate(self, code: str, kind: str = "execute_result") -> str:
        """Run the code, or be given the result that is kept; return the body of its first output of a kind."""
        self._running = True
        await self._client.send({"kind": "run", "id": 1, "evaluation": os.urandom(12).hex(), "code": code})
        while True:
            event = await self._next()
            if event["kind"] == "output" and event["output_kind"] == kind:
                return str(event["body"])

    async def settle(self) -> None:
        """Read until the evaluation is done."""
        while self._running:
            await self._next()

    async def leave(self) -> None:
        """Close the connection."""
        await self._client.close()

    async def _next(self) -> Json:
        event = await self._client.receive()
        if event["kind"] == "failure":
            raise RuntimeError(f"{event['noun']}: {event['what']}; {event['hint']}")
        if event["kind"] == "done":
            self._running = False
        return event


class Ours:
    """A running site of sagews."""

    def __init__(self, url: str, name: str, process: int, *, has_spares: bool) -> None:
        self.url = url
        self._process = process
        self.name = name
        self.has_spares = has_spares

    async def arrive(self) -> OurReader:
        """Come as a new reader."""
        return await OurReader.arrive(self.client())

    def client(self) -> Client:
        """Return a client that is not connected yet."""
        return Client(self.url)

    @property
    def everything(self) -> list[int]:
        """All processes of the site."""
        return [self._process, *descendants(self._process)]

    @property
    def backend(self) -> int:
        """The backend's process."""
        return next(process for process in descendants(self._process) if "backend" in command(process))

    def stateless(self) -> "Stateless":
        """Return the same site, for readers who want no session."""
        return Stateless(self.url)

    def processes(self, session: int) -> list[int]:
        """Return the session's process and, behind walls, the init of its sandbox."""
        return sandboxed(descendants(self._process), session) or [session]


class Stateless:
    """A running site of sagews, whose readers' evaluations are stateless."""

    name = "sagews, stateless"
    has_spares = True

    def __init__(self, url: str) -> None:
        self.url = url

    async def arrive(self) -> Visitor:
        """Come as a new reader."""
        return await Visitor.arrive(Client(self.url))

    def processes(self, session: int) -> list[int]:
        """Return the session's process."""
        return [session]


@asynccontextmanager
async def running_site(directory: Path, name: str, config: str = "") -> AsyncIterator[Ours]:
    """Start `sagews serve` on a free port with its data in a directory; stop it at the end."""
    home = directory / name
    home.mkdir()
    (home / "sagews.toml").write_text(config)
    command = ["-m", "sagews", "serve", "--port", "0", "--data", str(home / "data")]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, "--config", str(home / "sagews.toml"), stdin=DEVNULL, stdout=PIPE, stderr=STDOUT
    )
    try:
        yield Ours(await _address(process), name, process.pid, has_spares="spares = 0" not in config)
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(10):
            await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    """Return the address that the site prints when a cell can be evaluated."""
    assert process.stdout is not None
    said = b""
    async with asyncio.timeout(DEADLINE):
        while line := await process.stdout.readline():
            said += line
            if found := re.search(rb"http://[^\s/]+:\d+", line):
                return found[0].decode()
    raise RuntimeError(f"sagews did not start: {said.decode(errors='replace')}")
