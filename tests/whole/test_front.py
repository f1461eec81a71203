"""What stands before a site on three machines, as browsers meet it: HTTP/2, WebSockets, compression, limits."""

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser.browsers import CHROMIUM, browser_path
from tests.browser.conftest import ARGUMENTS
from tests.browser.reader import Reader
from tests.whole.readers import Readers, browser, trusting
from tests.whole.three_machines import ADDRESS, NAME, ThreeMachines

pytestmark = pytest.mark.timeout(300)
NETWORK = (f"--host-resolver-rules=MAP {NAME} {ADDRESS}", "--ignore-certificate-errors")
PROTOCOL = "performance.getEntriesByType('navigation')[0].nextHopProtocol"
LIMIT = 10
"""Requests of one address in ten seconds."""
OPEN = 12
"""Connections of one address at once."""
ASK = f"""
import ssl, urllib.request
trusting = ssl.create_default_context()
trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
request = urllib.request.Request("https://{ADDRESS}/healthz", headers={{"Host": "{NAME}"}})
print(urllib.request.urlopen(request, timeout=10, context=trusting).status)
"""


@contextmanager
def reader() -> Iterator[tuple[Reader, list[str]]]:
    """Give somebody with a browser in the network, and the addresses of the WebSockets that it has opened."""
    path, sockets = browser_path(CHROMIUM), list[str]()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *NETWORK])
        try:
            page = chromium.new_context(ignore_https_errors=True).new_page()
            page.on("websocket", lambda socket: sockets.append(socket.url))
            yield Reader(page, f"https://{NAME}/"), sockets
        finally:
            chromium.close()


def evaluate_in_a_browser(protocol: str) -> None:
    with reader() as (somebody, sockets):
        somebody.open()
        assert somebody.page.evaluate(PROTOCOL) == protocol
        expect(somebody.evaluate("print(6 * 7)")).to_contain_text("42")
        assert [url.startswith(f"wss://{NAME}/") for url in sockets] == [True]


def test_a_browser_evaluates_through_the_balancer_by_http_2(site: ThreeMachines) -> None:
    """Its WebSocket goes the same way."""
    evaluate_in_a_browser("h2")


def test_a_browser_evaluates_through_stunnel(site: ThreeMachines) -> None:
    site.write(stunnel=True)
    try:
        changed = site.admin("start")
        assert changed.status == 0, changed
        evaluate_in_a_browser("http/1.1")
    finally:
        site.write()
        back = site.admin("start")
    assert back.status == 0, back


async def test_what_is_text_comes_compressed(site: ThreeMachines) -> None:
    """Pages by whoever has them, answers of backends by the balancer."""
    for path in ("", "openapi.json", "healthz"):
        async with browser() as http, http.get(f"https://{NAME}/{path}") as answer:
            assert (answer.status, answer.headers["Content-Encoding"]) == (200, "gzip"), path
            assert await answer.text()


async def test_who_asks_too_much_is_told_so_and_others_go_on(site: ThreeMachines) -> None:
    """By its address: requests in ten seconds, and connections at once."""
    site.write(haproxy=f"requests_per_address = {LIMIT}\nconnections_per_address = {OPEN}\n")
    try:
        changed = await asyncio.to_thread(site.admin, "start")
        assert changed.status == 0, changed
        told = Counter[int]()
        for _ in range(4):
            told.update(await asyncio.gather(*(ask() for _ in range(LIMIT // 2))))
        assert set(told) == {200, 429} and told[200] >= LIMIT, told
        # From another address all is as ever.
        asked = await asyncio.to_thread(site.left.run, sys.executable, "-I", "-c", ASK, check=False)
        assert asked.stdout == "200\n", asked
        await until_answered()
        # They ask nothing.
        held = [await asyncio.open_connection(ADDRESS, 443, ssl=trusting()) for _ in range(OPEN)]
        try:
            assert await ask() == 429
        finally:
            for _, writer in held:
                writer.transport.abort()
        await until_answered()
    finally:
        site.write()
        back = await asyncio.to_thread(site.admin, "start")
    assert back.status == 0, back
    async with Readers(2) as readers:
        pass
    assert not readers.refusals


async def until_answered() -> None:
    """Wait, and ask now and then, until that is not too much any more."""
    async with asyncio.timeout(60):
        while await ask() != 200:
            await asyncio.sleep(3)


async def ask() -> int:
    """Return how a request on a connection of its own is answered."""
    async with browser() as http, http.get(f"https://{NAME}/healthz", timeout=aiohttp.ClientTimeout(10)) as answer:
        return answer.status
