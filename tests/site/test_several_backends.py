"""Two backends before one worker: each event reaches every client once, and the end of one backend loses nothing."""

import asyncio
import random
import secrets
import signal
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

from sagews.client import Client, Done, Event, Output, Session
from tests.site.backend_process import backend_process
from tests.site.client_end import ClientEnd, Json, connected, text_of
from tests.site.relay import relay
from tests.site.two_backends import two_backends

DEADLINE = 30.0


def text(events: list[Event]) -> str:
    return "".join(event.content.get("text", "") for event in events if isinstance(event, Output))


async def evaluate(session: Session, code: str) -> list[Event]:
    return [event async for event in session.evaluate(code)]


async def attach(client: ClientEnd, session: str, token: str, after: int = 0) -> list[Json]:
    """Attach, and return the events that the session has kept."""
    await client.send("attach", session=session, token=token, after_sequence=after)
    return (await client.until("attached"))[:-1]


async def test_every_event_reaches_every_client_once_whichever_backend_it_holds(tmp_path: Path) -> None:
    with two_backends(tmp_path, limits="event_rate = 0") as site:
        async with AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(connected(url)) for url in (*site.urls, *site.urls)]
            session = await clients[0].open()
            token = clients[0].opened["token"]
            for client in clients[1:]:
                await attach(client, session, token)
            for number, client in enumerate(clients):
                code = f"for i in range(200): display({number} * 1000 + i)"
                await client.send("evaluate", session=session, evaluation=f"e{number}", code=code)
            first, *others = [await until_done(client, len(clients)) for client in clients]
            assert [event["sequence"] for event in first] == list(range(1, 4 * 203 + 1))
            assert all(history == first for history in others)


async def until_done(client: ClientEnd, evaluations: int) -> list[Json]:
    """Return all numbered events until so many evaluations have ended."""
    return [event for _ in range(evaluations) for event in await client.until("done") if event["sequence"]]


async def test_a_killed_backend_costs_its_clients_nothing(tmp_path: Path) -> None:
    counting = "import time\nfor i in range(60): print(i, flush=True); time.sleep(0.05)"
    with two_backends(tmp_path) as site:
        states: list[str] = []
        async with Client(site.urls, on_state=states.append) as client, connected(site.two.url) as other:
            session = await client.open()
            await attach(other, session.name, session.token)
            running = asyncio.create_task(evaluate(session, counting))
            queued = [asyncio.create_task(evaluate(session, f"print('after', {n})")) for n in range(3)]
            await other.until("output")
            site.one.process.send_signal(signal.SIGKILL)
            # What is asked at that very moment is done as well, and once.
            unacknowledged = asyncio.create_task(evaluate(session, "print('late')"))
            told = await asyncio.wait_for(running, DEADLINE)
            assert text(told).split() == [str(number) for number in range(60)]
            assert isinstance(told[-1], Done) and told[-1].reason == "done"
            for number, waiting in enumerate(queued):
                assert text(await asyncio.wait_for(waiting, DEADLINE)) == f"after {number}\n"
            assert text(await asyncio.wait_for(unacknowledged, DEADLINE)) == "late\n"
            seen = await until_done(other, 5)
            assert text_of(seen).endswith("after 0\nafter 1\nafter 2\nlate\n")
            await session.close()
        assert states == ["the connection is lost; trying to get it back", "the connection is back"]


async def test_what_was_sent_into_a_backend_that_dies_is_run_once(tmp_path: Path) -> None:
    with two_backends(tmp_path) as site, ExitStack() as stack:
        backends = [site.one, site.two]
        async with Client(site.urls) as client:
            session = await client.open()
            await evaluate(session, "n = 0")
            for number in range(1, 4):
                evaluating = asyncio.create_task(evaluate(session, "n += 1\nprint(n)"))
                for _ in range(2 * number):
                    await asyncio.sleep(0)
                victim = backends.pop(0)
                victim.process.kill()
                assert text(await asyncio.wait_for(evaluating, DEADLINE)) == f"{number}\n"
                victim.process.wait(5)
                again = backend_process(tmp_path, site.config, name=f"new{number}", port=victim.port)
                backends.append(stack.enter_context(again))
            await session.close()


async def test_a_page_that_comes_back_to_the_other_backend_has_all_of_it(tmp_path: Path) -> None:
    """A page that is loaded again and again within a running cell, each time on the other backend."""
    with two_backends(tmp_path) as site:
        async with connected(site.one.url) as client:
            session = await client.open()
            token = client.opened["token"]
            code = "import time\nfor i in range(30): print('line', i, flush=True); time.sleep(0.1)"
            await client.send("evaluate", session=session, evaluation="e", code=code)
            await client.until("output")
        for number in range(5):
            async with connected(site.urls[(number + 1) % 2]) as client:
                replayed = await attach(client, session, token)
                assert [event["kind"] for event in replayed[:2]] == ["queued", "started"]
                assert "done" not in {event["kind"] for event in replayed}
                await client.until("output")
        async with connected(site.one.url) as client:
            replayed = await attach(client, session, token)
            rest = [] if replayed[-1]["kind"] == "done" else await client.until("done")
            assert text_of([*replayed, *rest]).splitlines() == [f"line {n}" for n in range(30)]
            await client.send("close", session=session)
            await client.until("ended")


async def test_a_tab_that_was_closed_for_a_while_gets_what_came_meanwhile(tmp_path: Path) -> None:
    with two_backends(tmp_path) as site:
        async with connected(site.one.url) as client:
            session = await client.open()
            token = client.opened["token"]
            code = "import time\nfor i in range(60): print(i, flush=True); time.sleep(0.05)"
            await client.send("evaluate", session=session, evaluation="e", code=code)
            await client.until("started")
        await asyncio.sleep(1.5)
        async with connected(site.two.url) as client:
            replayed = await attach(client, session, token)
            rest = await client.until("done")
            assert text_of(replayed).splitlines() and text_of(rest).splitlines()
            assert text_of([*replayed, *rest]).splitlines() == [str(n) for n in range(60)]


async def test_two_tabs_that_evaluate_in_turn_stay_equal(tmp_path: Path) -> None:
    with two_backends(tmp_path) as site:
        async with connected(site.one.url) as first, connected(site.two.url) as second:
            session = await first.open()
            await attach(second, session, first.opened["token"])
            for number in range(20):
                asks, watches = (first, second) if number % 2 else (second, first)
                told = await asks.evaluate(session, f"x = {number}\nprint(x)")
                seen = await watches.until("done")
                assert seen == told and text_of(seen) == f"{number}\n"


async def test_thirty_documents_recover_each_by_itself(tmp_path: Path) -> None:
    """Sockets of a reader with thirty sessions are dropped at random; the one of another reader stands."""
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    with two_backends(tmp_path) as site:
        async with AsyncExitStack() as stack:
            ways = [await stack.enter_async_context(relay(backend.port)) for backend in (site.one, site.two)]
            clients = [await stack.enter_async_context(Client([way.url for way in ways])) for _ in range(3)]
            other = await stack.enter_async_context(connected(site.one.url))
            quiet = await other.open()
            sessions = [await client.open() for client in clients for _ in range(10)]

            async def drop() -> None:
                while True:
                    await asyncio.sleep(chance.uniform(0.2, 0.8))
                    chance.choice(ways).cut()

            dropping = asyncio.create_task(drop())
            code = "import time\nfor i in range(20): print(i, flush=True); time.sleep(0.1)"
            histories = await asyncio.gather(*(evaluate(session, code) for session in sessions))
            for number in range(5):
                assert text_of(await other.evaluate(quiet, f"print({number})")) == f"{number}\n"
            dropping.cancel()
            await asyncio.gather(dropping, return_exceptions=True)
            for told in histories:
                assert text(told).split() == [str(number) for number in range(20)]
                assert [event.sequence for event in told] == list(range(1, len(told) + 1))
            await asyncio.gather(*(session.close() for session in sessions))


async def test_a_session_that_was_culled_says_so(tmp_path: Path) -> None:
    """Its time without use is over while nobody is connected, and while somebody is."""
    with two_backends(tmp_path, limits="idle = 2") as site:
        async with connected(site.one.url) as stays, connected(site.one.url) as leaves:
            await stays.open()
            session = await leaves.open()
            await leaves.socket.close()
            assert (await stays.until("ended"))[-1]["reason"] == "idle"
        await asyncio.sleep(1)  # the one that was left is a little younger
        async with connected(site.two.url) as back:
            await back.send("attach", session=session, token=leaves.opened["token"])
            ended = (await back.until("ended"))[-1]
            assert ended["reason"] == "idle" and "variables" in ended["text"]
