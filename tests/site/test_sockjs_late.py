"""SockJS requests that come late, or to a backend that does not know them."""

import asyncio
import itertools
import json
from pathlib import Path

import aiohttp

from tests.running import RunningSite
from tests.site.backend_process import running_backend
from tests.site.client_end import fetch_ticket, hello, result_of
from tests.site.poller import Poller, polling
from tests.site.worker_process import BARE, running_worker


async def test_a_poll_that_comes_too_late_is_a_new_client_and_nothing_is_done_twice(site: RunningSite) -> None:
    """A proxy holds a poll for longer than a SockJS session lives, and lets what is sent pass."""
    async with polling(site.url) as poller:
        await poller.send({"kind": "open", "id": 1})
        opened = (await poller.until("opened"))[-1]
        session, token = opened["session"], opened["token"]
        first = {"kind": "evaluate", "id": 2, "session": session, "evaluation": "first", "code": "n = 1; n"}
        await poller.send(first)
        seen = (await poller.until("done"))[-1]["sequence"]
        # The poll is on its way; what is sent meanwhile is heard as long as the client counts as there.
        counts = {"kind": "evaluate", "session": session, "evaluation": "counts", "code": "n += 1; n"}
        assert (await poller.send(counts))[0] == 204
        async with asyncio.timeout(20):
            while (await poller.send())[0] != 404:
                await asyncio.sleep(1)
        assert await poller.poll() == "o"
        # The old one's rights are gone with it.
        await poller.send({**counts, "id": 3, "evaluation": "refused"})
        refused = (await poller.until("failure"))[-1]
        assert (refused["request"], refused["code"]) == (3, "out_of_order")
        await poller.send_raw(json.dumps([hello(await fetch_ticket(poller.http, site.url))]))
        await poller.until("welcome")
        await poller.send({**counts, "id": 4, "evaluation": "refused"})
        refused = (await poller.until("failure"))[-1]
        assert (refused["request"], refused["code"]) == (4, "unknown_session")
        attach = {"kind": "attach", "id": 4, "session": session, "token": token, "after_sequence": seen}
        await poller.send(attach)
        assert result_of(await poller.until("attached")) == "2"
        # Sent again, it does not run again.
        await poller.send({**counts, "id": 5})
        last = {"kind": "evaluate", "id": 6, "session": session, "evaluation": "last", "code": "n"}
        await poller.send(last)
        events = await poller.until("done")
        while events[-1]["evaluation"] != "last":
            events += await poller.until("done")
        assert result_of([event for event in events if event.get("evaluation") == "last"]) == "2"


async def test_the_wrong_backend_ends_a_sockjs_session_cleanly(tmp_path: Path) -> None:
    """Two backends behind a balancer that sends each request to the other one than the last."""
    with running_worker(tmp_path, BARE) as worker:
        config = f"[backend]\nworkers = ['unix:{worker.socket}']\n"
        one, two = tmp_path / "one", tmp_path / "two"
        one.mkdir()
        two.mkdir()
        with running_backend(one, config) as first, running_backend(two, config) as second:
            jar = aiohttp.CookieJar(unsafe=True)
            async with aiohttp.ClientSession(cookie_jar=jar) as http, asyncio.timeout(30):
                turns = itertools.cycle([Poller(http, first, "turn"), Poller(http, second, "turn")])
                assert await next(turns).poll() == "o"
                status, text = await next(turns).send({"kind": "open", "id": 1})
                assert (status, text) == (404, "There is no such SockJS session: connect again.\n")
                # The client connects anew, and with the balancer repaired all is well.
                async with polling(first) as poller:
                    await poller.send({"kind": "open", "id": 1})
                    session = (await poller.until("opened"))[-1]["session"]
                    code = {"kind": "evaluate", "id": 2, "session": session, "evaluation": "e", "code": "1+1"}
                    await poller.send(code)
                    assert result_of(await poller.until("done")) == "2"
