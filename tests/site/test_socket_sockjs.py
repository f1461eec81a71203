"""Connections over `/sockjs`: the same messages by polling, by streaming and in SockJS's own frames."""

import asyncio
import json
import re

import aiohttp
import pytest

from tests.running import RunningSite
from tests.site.client_end import Json, fetch_ticket, hello, result_of, text_of
from tests.site.poller import Poller, browser, polling


async def test_an_evaluation_by_polling(site: RunningSite) -> None:
    async with polling(site.url) as poller:
        assert (await poller.send({"kind": "open", "id": 1}))[0] == 204
        session = (await poller.until("opened"))[-1]["session"]
        await poller.send({"kind": "evaluate", "id": 2, "session": session, "evaluation": "e", "code": "1+1"})
        events = await poller.until("done")
        assert result_of(events) == "2"
        assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))


async def test_an_evaluation_by_streaming(site: RunningSite) -> None:
    async with browser(site.url) as http:
        poller = Poller(http, site.url)
        async with http.post(poller.base + "/xhr_streaming") as stream:
            lines = aiter(stream.content)
            assert (await anext(lines)) == b"h" * 2048 + b"\n"
            assert (await anext(lines)) == b"o\n"
            await poller.send_raw(json.dumps([hello(await fetch_ticket(http, site.url))]))
            assert json.loads(json.loads((await anext(lines))[1:])[0])["kind"] == "welcome"
            await poller.send({"kind": "open", "id": 1})
            opened = json.loads(json.loads((await anext(lines))[1:])[0])
            code = {"kind": "evaluate", "session": opened["session"], "evaluation": "e", "code": "6*7"}
            await poller.send(code)
            events: list[Json] = []
            async for line in lines:
                events += [json.loads(text) for text in json.loads(line[1:])]
                if events[-1]["kind"] == "done":
                    break
            assert result_of(events) == "42"


async def test_sockjs_frames_over_a_websocket(site: RunningSite) -> None:
    async with aiohttp.ClientSession() as http, http.ws_connect(site.url + "sockjs/000/socket01/websocket") as socket:
        assert (await socket.receive(10)).data == "o"
        await socket.send_str(json.dumps([hello(await fetch_ticket(http, site.url))]))
        assert json.loads(json.loads((await socket.receive(10)).data[1:])[0])["kind"] == "welcome"
        await socket.send_str(json.dumps([json.dumps({"kind": "open", "id": 1})]))
        opened = json.loads(json.loads((await socket.receive(20)).data[1:])[0])
        assert opened["kind"] == "opened"
        await socket.send_str("no JSON")
        assert (await socket.receive(10)).type is aiohttp.WSMsgType.CLOSE
        assert socket.close_code == aiohttp.WSCloseCode.UNSUPPORTED_DATA


async def test_a_sockjs_session_is_no_credential(site: RunningSite) -> None:
    async with polling(site.url) as poller, aiohttp.ClientSession() as stranger:
        thief = Poller(stranger, site.url, poller.base.rsplit("/", 1)[1])
        assert (await thief.send({"kind": "open", "id": 1}))[0] == 404
        async with stranger.post(thief.base + "/xhr") as response:
            assert response.status == 404


async def test_a_client_that_stops_polling_is_gone(site: RunningSite) -> None:
    async with polling(site.url) as poller:
        await poller.send({"kind": "open", "id": 1})
        await poller.until("opened")
        async with asyncio.timeout(20):
            while (await poller.send())[0] != 404:
                # An empty send must not keep the session alive; a look every second does not disturb.
                await asyncio.sleep(1)


@pytest.mark.parametrize("path", ["000/abc/xhr", "000/abc/xhr_send", "000/abc/xhr_streaming"])
async def test_a_get_does_nothing(site: RunningSite, path: str) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{site.url}sockjs/{path}") as response:
        assert response.status == 405


@pytest.mark.parametrize("path", ["000/a.b/xhr", "a/b/c/d", "000/abc/xdr", "iframe.htm"])
async def test_what_is_not_there(site: RunningSite, path: str) -> None:
    async with aiohttp.ClientSession() as http:
        for method in ("GET", "POST"):
            async with http.request(method, f"{site.url}sockjs/{path}") as response:
                assert response.status == 404


async def test_the_page_for_frames_is_for_nobody_else_and_loads_nothing_of_others(site: RunningSite) -> None:
    async with aiohttp.ClientSession() as http, http.get(site.url + "sockjs/iframe-1.6.1.html") as response:
        policy = response.headers["Content-Security-Policy"].split("; ")
        assert "frame-ancestors 'self'" in policy and "default-src 'none'" in policy
        assert re.findall('src="(.*?)"', await response.text()) == ["/static/sockjs.js"]


@pytest.mark.parametrize("transport", ["eventsource", "htmlfile?c=x", "jsonp?c=x"])
@pytest.mark.parametrize("whose", ["cross-site", "same-site"])
async def test_scripts_and_frames_of_other_sites_receive_nothing(site: RunningSite, transport: str, whose: str) -> None:
    async with polling(site.url) as poller:
        # The browser of a reader shows the cookie; what its page does is not what another page may do.
        async with poller.http.get(f"{poller.base}/{transport}", headers={"Sec-Fetch-Site": whose}) as response:
            assert response.status == 403
        async with poller.http.get(
            f"{site.url}sockjs/0/new/{transport}", headers={"Sec-Fetch-Site": whose}
        ) as response:
            assert response.status == 403
        assert (await poller.send({"kind": "open", "id": 1}))[0] == 204
        assert (await poller.until("opened"))[-1]["request"] == 1


async def test_a_stream_ends_after_128_kib_and_the_next_goes_on(site: RunningSite) -> None:
    async with polling(site.url) as poller:
        await poller.send({"kind": "open", "id": 1})
        session = (await poller.until("opened"))[-1]["session"]
        code = "for i in range(200): print('x' * 9999, flush=True)"
        await poller.send({"kind": "evaluate", "id": 2, "session": session, "evaluation": "e", "code": code})
        events: list[Json] = []
        sizes: list[int] = []
        while not events or events[-1]["kind"] != "done":
            sizes.append(0)
            async with poller.http.post(poller.base + "/xhr_streaming") as stream:
                await stream.content.readline()
                async for line in stream.content:
                    sizes[-1] += len(line)
                    events += [json.loads(text) for text in json.loads(line[1:])]
                    if events[-1]["kind"] == "done":
                        break
        assert text_of(events) == ("x" * 9999 + "\n") * 200
        assert [event["sequence"] for event in events if event["sequence"]] == list(
            range(1, events[-1]["sequence"] + 1)
        )
        # What waits when it ends still goes with it: on a busy machine that is more.
        assert len(sizes) >= 2 and all(128 << 10 < size < 1 << 20 for size in sizes[:-1]), sizes


@pytest.mark.parametrize("transport", ["eventsource", "htmlfile?c=x", "jsonp?c=x"])
@pytest.mark.parametrize("page", ["", "http://127.0.0.1:{}"], ids=["program", "page"])
async def test_what_is_received_by_get(site: RunningSite, transport: str, page: str) -> None:
    """A browser tells the origin of its page with what it sends, and not with a GET to the page's own host."""
    origin = {"Origin": page.format(site.port)} if page else {}
    async with browser(site.url) as http:
        poller = Poller(http, site.url)
        say = {
            '"o"' if "?" in transport else "data: o": hello(await fetch_ticket(http, site.url, origin)),
            "welcome": json.dumps({"kind": "open", "id": 1}),
        }
        received = ""
        while "opened" not in received:
            async with http.get(f"{poller.base}/{transport}") as response:
                assert response.status == 200
                async for line in response.content:
                    received += line.decode()
                    for word in [word for word in say if word in received]:
                        body = json.dumps([say.pop(word)])
                        async with http.post(f"{poller.base}/xhr_send", data=body.encode(), headers=origin) as sent:
                            assert sent.status == 204
                    if "opened" in received:
                        break
        evil = {"Origin": "http://localhost:1"} if page else {"Origin": f"http://127.0.0.1:{site.port}"}
        async with http.post(f"{poller.base}/xhr_send", data=b'["{}"]', headers=evil) as sent:
            assert sent.status in {403, 404}


async def test_a_send_to_nobody_is_not_found(site: RunningSite) -> None:
    async with aiohttp.ClientSession() as http:
        assert (await Poller(http, site.url, "nobody").send({"kind": "open"}))[0] == 404
