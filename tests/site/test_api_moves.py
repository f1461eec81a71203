"""Callers of the API whose backend is emptied, killed or full: they go on at another one, and lose nothing."""

import asyncio
import signal
from pathlib import Path

import pytest

from tests.running import running_site
from tests.site.api_end import LINES, SENT, Caller, Json, Room, calling, calling_at
from tests.site.client_end import text_of
from tests.site.two_backends import two_backends

COUNTING = "import time\nfor i in range(100): print(i, flush=True); time.sleep(0.06)"
"""Takes longer than a backend takes to be emptied."""
COUNTED = "".join(f"{number}\n" for number in range(100))


def at(caller: Caller, room: Room) -> Room:
    """Return a session as a caller sees it who speaks to another backend."""
    return Room(caller, room.opened)


async def rest(room: Room, events: list[Json]) -> list[Json]:
    """Return all events up to the first done, by a stream that goes on where others have ended."""
    async with asyncio.timeout(30):
        async with room.listen(after=events[-1]["sequence"] if events else 0) as stream:
            async for event in stream:
                events.append(event)
                if event["kind"] == "done":
                    break
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    return events


@pytest.mark.parametrize("form", [SENT, LINES])
async def test_a_stream_ends_in_time_when_its_backend_is_emptied(tmp_path: Path, form: str) -> None:
    with two_backends(tmp_path, backend="drain_seconds = 4") as site:
        one, two = site.one.url.rstrip("/"), site.two.url.rstrip("/")
        async with calling_at(one) as caller, calling_at(two) as other:
            room = await caller.open()
            await room.queue(COUNTING)
            waiting = asyncio.create_task(room.events(after=10_000, wait=60))
            events: list[Json] = []
            async with asyncio.timeout(10), room.listen(form=form) as stream:
                async for event in stream:
                    events.append(event)
                    if len(events) == 5:
                        site.one.process.send_signal(signal.SIGTERM)
            # The stream has ended as one does that is whole, and so has who waited for a page.
            assert (await waiting)["events"] == []
            assert text_of(await rest(at(other, room), events)) == COUNTED
            async with asyncio.timeout(6):
                while (status := site.one.process.poll()) is None:
                    await asyncio.sleep(0.05)
            assert status == 0
            await at(other, room).ask("DELETE", "", 204)
        assert "Traceback" not in site.one.log.read_text() + site.two.log.read_text()


async def test_a_stream_that_is_torn_goes_on_at_another_backend(tmp_path: Path) -> None:
    with two_backends(tmp_path) as site:
        one, two = site.one.url.rstrip("/"), site.two.url.rstrip("/")
        async with calling_at(one) as caller, calling_at(two) as other:
            room = await caller.open()
            await room.queue(COUNTING)
            events: list[Json] = []
            with pytest.raises(Exception):  # noqa: B017  # whatever the client's library makes of it
                async with asyncio.timeout(10), room.listen() as stream:
                    async for event in stream:
                        events.append(event)
                        if len(events) == 5:
                            site.one.process.kill()
                raise AssertionError("the stream was whole")
            assert text_of(await rest(at(other, room), events)) == COUNTED
            await at(other, room).ask("DELETE", "", 204)


async def test_a_full_site_says_when_to_come_again(tmp_path: Path) -> None:
    config = "[worker]\nmax_sessions = 1\n[[environment]]\nname = 'python'\npreload = []\nspares = 0\n"
    with running_site(tmp_path, config=config) as site:
        async with calling(site) as caller:
            room = await caller.open()
            loop = asyncio.get_running_loop()
            begun = loop.time()
            for method, path, more in (
                ("POST", "sessions", {}),
                ("POST", "evaluate", {}),
                ("POST", "evaluate", {"headers": {"Accept": SENT}}),
            ):
                error = await caller.ask(method, path, 503, json={} if path == "sessions" else {"code": "1"}, **more)
                assert error["code"] == "full", error
            assert loop.time() - begun < 20
            # Who waits a little in line gets the place that becomes free.
            waiting = asyncio.create_task(caller.evaluate("6 * 7"))
            await asyncio.sleep(0.5)
            await room.ask("DELETE", "", 204)
            assert (await waiting)["result"] == "42"
