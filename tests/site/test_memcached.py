"""The cache that backends share, with real memcached servers that are stopped, frozen, full, emptied and wrong."""

import asyncio
import json
import re
import time
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from sagews.backend.memcached import RETRY
from tests.site.backend_process import running_backend
from tests.site.client_end import connected
from tests.site.memcached_process import RunningMemcached, running_memcached
from tests.site.test_control_link import until_health
from tests.site.test_runs import bodies, counter
from tests.site.worker_process import QUICK, running_worker

ODD = ["'a\r\nflush_all\r\n'", "'\0'", "' '", "'\x7f'", "'ß\u2028'", "get sagews:x\r\n", "1" + " " * 10_000]
"""Code that would say more than it should if it became a key as it is; some of it is no Python."""


@dataclass
class Ground:
    """A worker, and a memory of what the backends before it said."""

    folder: Path
    stack: ExitStack
    backends: int = 0

    def backend(self, *servers: RunningMemcached, host: str = "127.0.0.1") -> str:
        """Start one more backend, without a memory of its own; return its address."""
        self.backends += 1
        folder = self.folder / f"backend{self.backends}"
        folder.mkdir()
        addresses = ", ".join(f'"{server.address}"' for server in servers)
        worker = f"unix:{self.folder / 'run' / 'w1.sock'}"
        backend = f"[backend]\nhost = '{host}'\nworkers = ['{worker}']\n"
        config = f"{QUICK}{backend}[cache]\nmemory = 0\nmemcached = [{addresses}]\n"
        return self.stack.enter_context(running_backend(folder, config))

    def log(self) -> list[dict[str, str]]:
        """Return what the first backend has logged of memcached: a line when it goes, one when it is back."""
        lines = (self.folder / "backend1" / "backend.log").read_text().splitlines()
        log = [line for line in map(json.loads, lines) if line["event"].startswith("memcached")]
        for number, line in enumerate(log):
            assert line["event"] == ("memcached is back" if number % 2 else "memcached away")
        return log

    def away(self) -> bool:
        """Whether a server is away, as the first backend has logged."""
        return len(self.log()) % 2 == 1

    def reasons(self) -> set[str]:
        """Return why servers went away. On a machine that is busy with other tests, one may be slow once."""
        return {line["error"] for line in self.log() if "error" in line} - {"no answer in time"}


@pytest.fixture(scope="module")
def worker_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give the folder of a worker that serves all backends of these tests."""
    folder = tmp_path_factory.mktemp("memcached")
    with running_worker(folder, QUICK):
        yield folder
        assert "Traceback" not in (folder / "worker.log").read_text()


@pytest.fixture
def ground(worker_folder: Path, tmp_path: Path) -> Iterator[Ground]:
    (tmp_path / "run").symlink_to(worker_folder / "run")
    with ExitStack() as stack:
        ground = Ground(tmp_path, stack)
        yield ground
    for number in range(1, ground.backends + 1):
        log = (tmp_path / f"backend{number}" / "backend.log").read_text()
        assert "Traceback" not in log and '"level": "error"' not in log, log


@pytest.fixture
def memcached() -> Iterator[RunningMemcached]:
    with running_memcached() as server:
        yield server


async def until(condition: object, what: str, deadline: float = 10) -> None:
    async with asyncio.timeout(deadline):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.02)


async def service(url: str, code: str, **headers: str) -> tuple[dict[str, object], str, float]:
    """Return an answer of the service, what the cache did, and the seconds that it took."""
    async with aiohttp.ClientSession() as http:
        begun = time.monotonic()
        async with http.post(url + "service", data={"code": code}, headers=headers) as response:
            assert response.status == 200, await response.text()
            answer = json.loads(await response.text())
            return answer, response.headers["Cache-Status"], time.monotonic() - begun


async def kept(url: str, server: RunningMemcached, code: str) -> dict[str, object]:
    """Evaluate so that the result is kept, and see that it is."""
    before = server.statistics()["curr_items"]
    async with asyncio.timeout(20):
        while True:
            answer, status, _ = await service(url, code)
            if status == "sagews; fwd=miss; stored":
                break
            assert status == "sagews; fwd=miss; detail=away", status
            await asyncio.sleep(0.2)
    await until(lambda: server.statistics()["curr_items"] > before, "the result is kept")
    return answer


async def found(url: str, code: str) -> dict[str, object]:
    """Return a kept answer, without the time since when; a server that was slow once is asked again."""
    async with asyncio.timeout(20):
        while "detail=memcached" not in (asked := await service(url, code))[1]:
            await asyncio.sleep(0.2)
    assert asked[0].pop("kept_since")
    return asked[0]


@asynccontextmanager
async def ready(ground: Ground, *servers: RunningMemcached) -> AsyncIterator[str]:
    """Start a backend whose worker and servers are in reach."""
    url = ground.backend(*servers)
    await until_health(url, 200, ["ready"], 10)
    yield url


async def test_what_one_backend_has_kept_another_one_gives(ground: Ground, memcached: RunningMemcached) -> None:
    code = "print('ä' * 10)\n2**100"
    async with ready(ground, memcached) as one, ready(ground, memcached) as two:
        async with connected(one) as client:
            first = await client.run(code)
        await until(lambda: memcached.statistics()["curr_items"] == 1, "the result is kept")
        for url in (two, one):
            async with connected(url) as client:
                async with asyncio.timeout(20):
                    while "kept_since" not in (again := await client.run(code))[-1]:
                        await asyncio.sleep(0.2)
            assert bodies(again) == bodies(first) and again[-1]["kept_since"] == first[0]["time"]
            assert [event["time"] for event in again] == [event["time"] for event in first]
            assert await counter(url, 'sagews_cache_hits_total{store="memcached"}') == 1
        assert memcached.statistics()["get_hits"] >= 2


async def test_whatever_the_code_is_the_server_sees_a_hash(ground: Ground, memcached: RunningMemcached) -> None:
    async with ready(ground, memcached) as url:
        for code in ODD:
            first, status, _ = await service(url, code)
            if "stored" in status:
                again = await found(url, code)
            else:
                again = (await service(url, code))[0]
            assert again == first, code
        # An environment's name, a cell, the name of an evaluation: nothing of a reader's goes anywhere else.
        async with connected(url) as client:
            await client.run("1", cell="flush_all", environment="python")
            for odd in ("a b", "a\r\nflush_all", "é", ""):
                await client.send("run", evaluation=odd, code="1")
                assert (await client.failure())["code"] == "bad_message"
    held = memcached.held()
    assert len(held) >= 4 and all(re.fullmatch(r"sagews:[0-9a-f]{64}", key) for key in held)
    counts = memcached.statistics()
    assert (counts["cmd_flush"], counts["cmd_touch"], counts["cmd_meta"]) == (0, 0, 0)


async def test_a_server_that_goes_and_comes_back(ground: Ground, memcached: RunningMemcached) -> None:
    async with ready(ground, memcached) as url:
        first = await kept(url, memcached, "'a' * 3")
        assert await found(url, "'a' * 3") == first
        for outage in ("stop", "freeze", "stop"):
            getattr(memcached, outage)()
            for _ in range(5):
                again, status, took = await service(url, "'a' * 3")
                assert again == first and status == "sagews; fwd=miss; detail=away", status
                assert took < 5
            assert ground.away()
            memcached.thaw() if outage == "freeze" else memcached.start()
            await until(lambda: not ground.away(), "it is back")
            if outage == "stop":
                await kept(url, memcached, "'a' * 3")
            assert await found(url, "'a' * 3") == first
        assert len(ground.log()) >= 6
        away = await counter(url, 'sagews_memcached_errors_total{what="away"}')
        assert away == (len(ground.log()) + 1) // 2


async def test_a_frozen_server_is_asked_no_more(ground: Ground, memcached: RunningMemcached) -> None:
    async with ready(ground, memcached) as url:
        await kept(url, memcached, "3")
        memcached.freeze()
        # All who come at once wait for it together.
        answers = await asyncio.gather(*(service(url, f"{number}") for number in range(3, 9)))
        assert [answer["result"] for answer, _, _ in answers] == [str(number) for number in range(3, 9)]
        # It is tried beside, and nothing more is said of that.
        await until(ground.away, "it is noticed")
        lines = len(ground.log())
        await asyncio.sleep(2 * RETRY)
        assert len(ground.log()) == lines
        assert await counter(url, 'sagews_memcached_errors_total{what="away"}') == (lines + 1) // 2
        memcached.thaw()
        await until(lambda: not ground.away(), "it is back")
        await found(url, "3")


async def test_one_that_was_never_there(ground: Ground) -> None:
    with running_memcached(started=False) as server:
        async with ready(ground, server) as url:
            for _ in range(3):
                answer, status, _ = await service(url, "1 + 1")
                assert answer["result"] == "2" and status == "sagews; fwd=miss; detail=away"
            assert len(ground.log()) == 1
            server.start()
            await until(lambda: not ground.away(), "it is back")
            await kept(url, server, "1 + 1")


async def test_a_full_server_forgets_and_fails_nobody(ground: Ground) -> None:
    with running_memcached("-m", "1", "-I", "512k") as server:
        async with ready(ground, server) as url:
            large = "import random\nrandom.seed({})\nrandom.randbytes(300_000).hex()"
            first = [(await service(url, large.format(number)))[0]["result"] for number in range(12)]
            assert server.statistics()["curr_items"] < 12
            again = [(await service(url, large.format(number)))[0]["result"] for number in range(12)]
            assert again == first
            # To be full is not to be away.
            assert not ground.reasons()


async def test_an_emptied_server(ground: Ground, memcached: RunningMemcached) -> None:
    async with ready(ground, memcached) as url:
        first = await kept(url, memcached, "1 + 2")
        memcached.say(b"flush_all", b"OK\r\n")
        again, status, _ = await service(url, "1 + 2")
        assert again == first and "fwd=miss" in status
        assert not ground.reasons()


async def test_what_a_server_makes_up_is_not_believed(ground: Ground, memcached: RunningMemcached) -> None:
    async with ready(ground, memcached) as url:
        first = await kept(url, memcached, "1 + 3")
        (key,) = memcached.held()
        await kept(url, memcached, "5 + 5")
        (other,) = memcached.held() - {key}
        for value in (b"", b"END\r\n", memcached.get(other), zlib.compress(b"\0" * (64 << 20)), b"\xff" * 900_000):
            memcached.set(key, value)
            puts = memcached.statistics()["cmd_set"]
            again, status, _ = await service(url, "1 + 3")
            assert again == first and "fwd=miss" in status
            # The right value comes after the answer; it must not come after the next wrong one.
            await until(lambda puts=puts: memcached.statistics()["cmd_set"] > puts, "the right value is kept")
        assert not ground.reasons()


async def test_two_servers_that_disagree(ground: Ground, memcached: RunningMemcached) -> None:
    with running_memcached() as other:
        # One backend knows both, another one both in the other order, a third one knows one, and keeps its own results.
        urls = [ground.backend(*servers) for servers in ((memcached, other), (other, memcached), (other,))]
        for url in urls:
            await until_health(url, 200, ["ready"], 10)
        codes = [f"{number} + {number}" for number in range(12)]
        results = {code: {(await service(url, code))[0]["result"] for url in urls} for code in codes}
        assert all(len(same) == 1 for same in results.values())
        # The two agree by which server each result is kept.
        for url in urls[:2]:
            for code in codes:
                assert {(await found(url, code))["result"]} == results[code]
        assert memcached.held() and other.held()
        other.stop()
        again = {code: {(await service(url, code))[0]["result"] for url in urls} for code in codes}
        assert again == results


async def test_who_may_come_in_does_not_rest_on_it(ground: Ground, memcached: RunningMemcached) -> None:
    """The token opens the door, and nothing else does, with a memcached that is there, frozen, or gone."""
    url = ground.backend(memcached, host="0.0.0.0")
    token = next(ground.folder.glob("backend1/data/access-token")).read_text().strip()
    async with aiohttp.ClientSession() as http:

        async def status(credentials: str) -> int:
            headers = {"Authorization": f"Bearer {credentials}"}
            async with http.post(url + "service", data={"code": "1"}, headers=headers) as response:
                return response.status

        for state in ("there", "frozen", "gone"):
            if state == "frozen":
                memcached.freeze()
            elif state == "gone":
                memcached.stop()
            assert await status(token) == 200
            for wrong in ("", " ", "a b", "a+b@example.org", "ä", token[:-1], "sagews:" + "0" * 64):
                assert await status(wrong) == 403, wrong
