"""Readers of a site, who run numbered evaluations one after the other while something happens to it, and the judge.

What a reader does is bounded: so many readers, each with one evaluation at a
time. Every evaluation prints its number, how many ran in its session before
it, and numbered lines; so what was lost, doubled, out of order or run twice
shows in its text.
"""

import asyncio
import secrets
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from types import TracebackType

import aiohttp

from sagews.client import Client, Done, Ended, Gap, Output
from sagews.client.address import parse_address
from sagews.client.connection import Connection, SiteRoute
from sagews.client.session import Session
from sagews.errors import SagewsError
from tests.whole.three_machines import ADDRESS, NAME

LINES = 12
PAUSE = 0.02
MOST = 10
"""Readers."""
LEAVING = 60.0
"""Seconds in which all have left."""
CODE = """
import time
ran = globals().get("ran", 0) + 1
for line in range({lines}):
    print({number}, ran, line, flush=True)
    time.sleep({pause})
"""
LOST = frozenset({"worker_lost", "killed", "shutdown", "drained"})
"""Reasons of a session's end by which a reader is told that it is lost."""


@dataclass
class Told:
    """What a reader was told of one evaluation."""

    number: str
    session: str
    ran: int
    """Which one of its session this is, from 1."""
    begun: float
    text: str = ""
    reason: str = ""
    ended: float = 0.0
    gaps: int = 0

    @property
    def reader(self) -> int:
        """Who began it."""
        return int(self.number.partition("-")[0]) % MOST

    @property
    def wanted(self) -> str:
        """What it prints."""
        return "".join(f"{self.number} {self.ran} {line}\n" for line in range(LINES))


@dataclass
class Readers:
    """Some readers, from `async with` to its end."""

    count: int = 4
    address: str = f"https://{NAME}/"
    balancers: Sequence[str] = (ADDRESS,)
    """The addresses that DNS has for the site's name; each reader is given another one first."""
    told: list[Told] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    sessions: Counter[int] = field(default_factory=Counter)
    """How many sessions each reader has had."""
    ends: Counter[str] = field(default_factory=Counter)
    """Reasons for which sessions have ended that were not closed."""

    def __post_init__(self) -> None:
        assert self.count <= MOST
        self._leave = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Readers":
        """Come, and wait until each has evaluated once."""
        self._tasks = [asyncio.create_task(self._read(number)) for number in range(self.count)]
        await self.until_all_evaluate(40)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let each end what it has begun, then judge."""
        self._leave.set()
        if kind is not None:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks, timeout=LEAVING)
            return
        async with asyncio.timeout(LEAVING):
            await asyncio.gather(*self._tasks)
        self.judge()

    def judge(self) -> None:
        """Assert that nothing was lost, doubled or out of order, and that all ended in a state with a reason."""
        assert self.told
        for each in self.told:
            if each.reason == "done":
                assert (each.text, each.gaps) == (each.wanted, 0), each
            else:
                # Of a session that is lost, what came before is there, in order and once.
                assert each.reason in LOST | {"session_ended"}, each
                assert each.wanted.startswith(each.text) and not each.gaps, each
        assert not [each for each in self.refusals if "Traceback" in each or "report this" in each], self.refusals

    @property
    def lost(self) -> int:
        """How many sessions were lost."""
        return sum(self.sessions.values()) - len(self.sessions)

    @property
    def newest(self) -> dict[int, str]:
        """The session of each reader that has evaluated."""
        return {each.reader: each.session for each in self.told}

    async def until_all_evaluate(self, seconds: float, readers: Collection[int] = ()) -> float:
        """Wait until each reader has got all of an evaluation that it began from now on; return in how many seconds.

        Fails after `seconds`. With `readers`, only they are waited for.
        """
        begun = time.monotonic()
        missing = set(readers or range(self.count))
        while missing:
            took = time.monotonic() - begun
            assert took < seconds, f"after {took:.1f} s readers {missing} do not evaluate: {self.refusals[-4:]}"
            for task in self._tasks:
                if task.done():
                    task.result()
            await asyncio.sleep(0.02)
            missing -= {each.reader for each in self.told if each.begun >= begun and each.reason == "done"}
        return time.monotonic() - begun

    async def _read(self, reader: int) -> None:
        prefix = int.from_bytes(secrets.token_bytes(3), "big") * MOST + reader
        first = reader % len(self.balancers)
        balancers = [*self.balancers[first:], *self.balancers[:first]]
        number = 0
        while not self._leave.is_set():
            with suppress(SagewsError):
                try:
                    async with Client(TrustingRoute(self.address, balancers)) as client:
                        session, ran = await client.open(), 0
                        self.sessions[reader] += 1
                        while not self._leave.is_set() and session.ended is None:
                            number, ran = number + 1, ran + 1
                            told = Told(f"{prefix}-{number}", session.name, ran, time.monotonic())
                            try:
                                await self._evaluate(session, told)
                            except SagewsError:
                                # It was asked in the moment in which it ended, of which word comes.
                                if not await _has_ended(session):
                                    raise
                        if session.ended is None:
                            await session.close()
                        else:
                            self.ends[session.ended.reason] += 1
                except SagewsError as error:
                    self.refusals.append(str(error))
                    raise
            await asyncio.sleep(0.1)

    async def _evaluate(self, session: Session, told: Told) -> None:
        code = CODE.format(number=f"'{told.number}'", lines=LINES, pause=PAUSE)
        try:
            async for event in session.evaluate(code):
                if isinstance(event, Output):
                    told.text += event.content.get("text", "")
                elif isinstance(event, Gap):
                    told.gaps += 1
                elif isinstance(event, Done | Ended):
                    told.reason, told.ended = event.reason, time.monotonic()
        except SagewsError:
            # It was refused before it ran, or the session ended meanwhile.
            assert not told.text or session.ended is not None, told
            if not told.text:
                raise
            told.reason = session.ended.reason if session.ended is not None else ""
        self.told.append(told)


async def _has_ended(session: Session) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(2):
            await session.wait_ended()
    return session.ended is not None


class TrustingRoute(SiteRoute):
    """Leads to the site of the network, whose name and certificate only the test knows."""

    def __init__(self, address: str, balancers: Sequence[str] = (ADDRESS,)) -> None:
        super().__init__([parse_address(address)])
        self._balancers = balancers

    async def connect(self) -> Connection:
        if self._http is None:
            self._http = browser(self._balancers)
        return await super().connect()


class _Resolver(aiohttp.abc.AbstractResolver):
    def __init__(self, balancers: Sequence[str]) -> None:
        self._balancers = balancers

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[aiohttp.abc.ResolveResult]:
        return [
            {"hostname": host, "host": address, "port": port, "family": 2, "proto": 0, "flags": 4}
            for address in self._balancers
        ]

    async def close(self) -> None:
        pass


def trusting() -> ssl.SSLContext:
    """Return how somebody speaks TLS who trusts whoever answers."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def browser(balancers: Sequence[str] = (ADDRESS,)) -> aiohttp.ClientSession:
    """Return an HTTP client that finds the site, which has these addresses, and trusts it."""
    # Asked each time, so that the first address stays the first.
    connector = aiohttp.TCPConnector(
        ssl=trusting(), resolver=_Resolver(balancers), use_dns_cache=False, force_close=True
    )
    return aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(20))


@dataclass
class Knocks:
    """What came of requests that were made one after the other, each with a connection of its own."""

    answers: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0


@asynccontextmanager
async def knocking(path: str = "healthz", pause: float = 0.02) -> AsyncIterator[Knocks]:
    """Ask again and again, until the end."""
    knocks = Knocks()

    async def knock() -> None:
        async with browser() as http:
            while True:
                begun = time.monotonic()
                try:
                    async with http.get(f"https://{NAME}/{path}") as answer:
                        knocks.answers[str(answer.status)] += 1
                except (aiohttp.ClientError, OSError) as error:
                    knocks.answers[type(error).__name__] += 1
                knocks.slowest = max(knocks.slowest, time.monotonic() - begun)
                await asyncio.sleep(pause)

    task = asyncio.create_task(knock())
    try:
        yield knocks
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
