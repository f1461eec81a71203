"""nginx between a site's balancer and its backends: the client's files, and what may be kept of backends' answers."""

import asyncio
import json
import os
import pwd
import re
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import aiohttp
import psutil
import pytest

from sagews.service.public_files import BUNDLE, PREFIX
from tests.processes import wait_until
from tests.site.admin.balanced import BalancedSite, balanced_site

LISTED = "https://book.example.org"
FILES = ["sockjs.js", "embedded_sagecell.js"]
FILES += sorted(f.name for f in BUNDLE.iterdir() if f.name.startswith(("main-", "icon-", "KaTeX_Size1")))
APART = {"Date", "Server", "Connection", "Keep-Alive", "Etag", "Content-Length"}
"""Headers that may differ: a hash of the content on one side, its size and a time made of it on the other."""


@pytest.fixture(scope="module")
def site() -> Iterator[BalancedSite]:
    """Give a site without TLS, whose readers come from one page of another site as well."""
    with balanced_site() as site:
        site.write(certificate=False)
        site.edit("hosts = ", f'origins = ["{LISTED}"]\nhosts = ')
        started = site.admin("start")
        assert started.status == 0, started
        yield site
        assert site.admin("stop").status == 0


def one(site: BalancedSite, name: str) -> psutil.Process:
    services = site.admin("status", "--json").json["services"]
    return psutil.Process(next(each["pid"] for each in services if each["service"] == name))


def asking(**headers: str) -> aiohttp.ClientSession:
    """Return a client that takes what comes, packed or not."""
    asked = {"Accept-Encoding": "identity"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return aiohttp.ClientSession(
        auto_decompress=False, headers=asked, timeout=aiohttp.ClientTimeout(20), connector=aiohttp.TCPConnector()
    )


def nginx(site: BalancedSite) -> str:
    return f"http://127.0.0.1:{site.nginx_port}"


async def test_a_file_is_the_same_from_nginx_and_from_a_backend(site: BalancedSite) -> None:
    backend = f"http://127.0.0.1:{site.backend_port}"
    assert len(FILES) == 5
    for more in ({}, {"Accept_Encoding": "gzip"}, {"Origin": LISTED}, {"X_Forwarded_Proto": "https"}):
        async with asking(**more) as client:
            for name in FILES:
                async with client.get(f"{nginx(site)}{PREFIX}{name}") as kept:
                    body = await kept.read()
                async with client.get(f"{backend}{PREFIX}{name}") as own:
                    assert (await own.read(), own.status) == (body, 200) and kept.status == 200
                mine, theirs = (sorted((n, v) for n, v in a.headers.items() if n not in APART) for a in (kept, own))
                assert _joined(mine) == _joined(theirs), (name, more)
                async with client.get(
                    f"{nginx(site)}{PREFIX}{name}", headers={"If-None-Match": kept.headers["ETag"]}
                ) as a:
                    assert a.status == 304 and a.headers["Cache-Control"] == kept.headers["Cache-Control"]


def _joined(headers: list[tuple[str, str]]) -> dict[str, str]:
    names = {name for name, _ in headers}
    return {name: ", ".join(value for n, value in headers if n == name) for name in names}


async def test_the_balancer_sends_files_there_and_pages_to_backends(site: BalancedSite) -> None:
    log = site.places.logs / "nginx1.log"
    async with asking() as client:
        async with client.get(f"{site.url}{PREFIX}sockjs.js?secret=word") as answer:
            assert answer.status == 200 and "Server" not in answer.headers
        async with client.get(site.url) as answer:
            assert answer.status == 200 and answer.headers["X-Frame-Options"] == "DENY"
        async with client.get(f"{site.url}{PREFIX}nothing-ABCDEFGH.js") as answer:
            assert answer.status == 404 and "load the page again" in await answer.text()
        async with client.get(f"{site.url}{PREFIX}%2e%2e/nginx.conf") as answer:
            assert answer.status in (400, 404)
    entries = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    assert any(each["path"] == f"{PREFIX}sockjs.js" and each["client"] == "127.0.0.1" for each in entries)
    assert "word" not in log.read_text() and not any(each["path"] == "/" for each in entries)


async def test_only_balancers_are_answered(site: BalancedSite) -> None:
    connector = aiohttp.TCPConnector(local_addr=("127.0.0.9", 0))
    url = f"{nginx(site)}{PREFIX}sockjs.js"
    async with aiohttp.ClientSession(connector=connector) as client, client.get(url) as answer:
        assert answer.status == 403


async def test_its_processes_have_no_rights(site: BalancedSite) -> None:
    workers = one(site, "nginx1").children()
    assert workers
    if os.geteuid() == 0:
        assert {worker.uids().real for worker in workers} == {pwd.getpwnam("www-data").pw_uid}


async def make_link(site: BalancedSite) -> str:
    async with asking() as client, client.post(f"{site.url}/api/v1/permalinks", json={"code": "1+2"}) as answer:
        assert answer.status == 201, await answer.text()
        return str(site.url + answer.headers["Location"])


async def test_what_is_public_is_kept_and_what_is_anybodys_own_is_not(site: BalancedSite) -> None:
    link = await make_link(site)
    seen = []
    for more in (
        {},
        {},
        {"Cookie": "a=b"},
        {"Authorization": "Bearer x"},
        {"Origin": LISTED},
        {"Sec_Fetch_Site": "cross-site"},
    ):
        async with asking(**more) as client, client.get(link) as answer:
            seen.append((answer.status, answer.headers["Cache-Status"]))
            if answer.status == 200:
                assert (await answer.json())["code"] == "1+2" and answer.headers[
                    "Cache-Control"
                ] == "public, max-age=60"
                assert ("Access-Control-Allow-Origin" in answer.headers) == ("Origin" in more)
                etag = answer.headers["ETag"]
    kept, passed = "nginx; hit", "nginx; fwd=bypass"
    assert seen == [(200, "nginx; fwd=uri-miss"), (200, kept), (200, kept), (200, passed), (200, passed), (200, passed)]
    async with asking(If_None_Match=etag) as client, client.get(link) as answer:
        assert (answer.status, answer.headers["Cache-Status"]) == (304, kept)
    # From the backend itself, too.
    async with asking(If_None_Match=f"W/{etag}", Authorization="Bearer x") as client, client.get(link) as answer:
        assert (answer.status, answer.headers["Cache-Status"]) == (304, passed)
    assert link.rpartition("/")[2] not in (site.places.logs / "nginx1.log").read_text()


async def test_the_balancers_log_tells_no_name_that_cannot_be_guessed(site: BalancedSite) -> None:
    link = await make_link(site)
    name, log = link.rpartition("/")[2], site.places.logs / "haproxy1.log"
    paths = [f"/api/v1/permalinks/{name}", "/api/v1/sessions/its-name/files/secret.txt", "/sockjs/a/its-name/xhr_send"]
    # With what would end a text in JSON, and longer than a line of a log is by itself.
    long = "/long" + "%22" * 10 + '"' * 1500
    async with asking() as client:
        for path in (*paths, f"/last?{name}"):
            await (await client.get(f"{site.url}{path}")).read()
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(f"GET {long} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    await asyncio.wait_for(reader.read(), 10)
    writer.close()

    def logged() -> list[str]:
        return [json.loads(line)["path"] for line in log.read_text().splitlines() if line.startswith("{")]

    wait_until(lambda: any(path.startswith("/long") for path in logged()), 5, "the last request is logged")
    assert {"/api/v1/permalinks/", "/api/v1/sessions/", "/sockjs/", "/last"} <= set(logged())
    assert name not in log.read_text() and "its-name" not in log.read_text() and "secret" not in log.read_text()


async def test_who_polls_comes_to_the_same_backend_each_time(site: BalancedSite) -> None:
    async with asking() as client:
        for number in range(20):
            session = f"{site.url}/sockjs/0/polls{number}"
            async with client.post(f"{session}/xhr") as opened:
                assert await opened.text() == "o\n"
            async with client.post(f"{session}/xhr_send", data='["{}"]') as sent:
                assert sent.status == 204, (number, await sent.text())


async def test_a_publication_is_kept_asked_for_again_and_gone_when_withdrawn(site: BalancedSite) -> None:
    async with author(site) as client:
        origin = {"Origin": site.url}
        workspaces = f"{site.url}/api/v1/workspaces"
        async with client.post(workspaces, json={"name": "one"}, headers=origin) as answer:
            assert answer.status == 201, await answer.text()
            its = f"{workspaces}/{(await answer.json())['id']}"
        cells = [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# Rings"}]
        notebook = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
        saved = {"base": "", "files": [{"path": "a.ipynb", "text": notebook}]}
        async with client.post(f"{its}/save", json=saved, headers=origin) as answer:
            assert answer.status == 200, await answer.text()
        async with client.post(f"{its}/publications", json={"path": "a.ipynb"}, headers=origin) as answer:
            assert answer.status == 201, await answer.text()
            name = (await answer.json())["id"]
        page, again = f"{site.url}/published/{name}", {"path": "a.ipynb", "title": "New"}
        seen = []
        # Whatever is asked beside it, and from wherever a reader comes, it is one page; taken in, it is not given.
        for query, more in (
            ("", {}),
            ("", {}),
            ("?x=1", {"Cookie": "a=b"}),
            ("", {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}),
            ("", {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors"}),
        ):
            async with asking(**more) as anybody, anybody.get(page + query) as answer:
                seen.append((answer.status, answer.headers["Cache-Status"]))
                if answer.status == 200:
                    assert "Rings</h1>" in await answer.text() and "s-maxage=30" in answer.headers["Cache-Control"]
                    etag = answer.headers["ETag"]
        hit = (200, "nginx; hit")
        assert seen == [(200, "nginx; fwd=uri-miss"), hit, hit, hit, (403, "nginx; fwd=bypass")]
        async with asking(If_None_Match=etag) as anybody, anybody.get(page) as answer:
            assert (answer.status, answer.headers["Cache-Status"]) == (304, "nginx; hit")
        # Packed, it is kept apart.
        async with asking(Accept_Encoding="gzip") as anybody, anybody.get(page) as answer:
            assert answer.headers["Content-Encoding"] == "gzip" and answer.headers["ETag"] != etag
        async with client.post(f"{its}/publications", json={"path": "a.ipynb"}, headers=origin) as answer:
            other = (await answer.json())["id"]
        async with asking() as anybody, anybody.get(f"{site.url}/published/{other}") as answer:
            assert answer.status == 200
        async with client.put(f"{its}/publications/{other}", json=again, headers=origin) as answer:
            assert answer.status == 200, await answer.text()
        # Each is kept for 30 seconds.
        await asyncio.sleep(31)
        async with asking() as anybody, anybody.get(page) as answer:
            assert (answer.status, answer.headers["Cache-Status"]) == (200, "nginx; hit; detail=revalidated")
        async with asking() as anybody, anybody.get(f"{site.url}/published/{other}") as answer:
            assert answer.headers["Cache-Status"] == "nginx; fwd=stale" and "<title>New" in await answer.text()
        async with client.delete(f"{its}/publications/{name}", headers=origin) as answer:
            assert answer.status == 204
        await asyncio.sleep(31)
        for status in ("nginx; fwd=stale", "nginx; hit"):
            async with asking() as anybody, anybody.get(page) as answer:
                assert (answer.status, answer.headers["Cache-Status"]) == (410, status)
        for log in ("nginx1", "haproxy1"):
            said = (site.places.logs / f"{log}.log").read_text().replace("\\/", "/")
            assert name not in said and other not in said and '"/published/"' in said


@asynccontextmanager
async def author(site: BalancedSite) -> AsyncIterator[aiohttp.ClientSession]:
    """Give a client of somebody who is signed in by a link of an operator."""
    added = site.admin("users", "add", "Emmy")
    assert added.status == 0, added
    (token,) = re.findall(r"token=([\w-]+)", added.stdout)
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar, timeout=aiohttp.ClientTimeout(20)) as client:
        fields, origin = {"token": token}, {"Origin": site.url}
        async with client.post(f"{site.url}/sign-in/link", data=fields, headers=origin) as answer:
            assert answer.status == 200, await answer.text()
        yield client


async def test_what_is_kept_outlives_the_database(site: BalancedSite) -> None:
    link = await make_link(site)
    async with asking() as client:
        assert (await client.get(link)).status == 200
        stopped = site.admin("stop", "postgresql")
        assert stopped.status == 0, stopped
        try:
            assert (await client.get(link)).status == 200
            async with client.get(link, headers={"Authorization": "Bearer x"}) as answer:
                assert answer.status == 503
        finally:
            assert site.admin("start").status == 0


async def test_without_nginx_backends_serve_the_files(site: BalancedSite) -> None:
    master = one(site, "nginx1")
    link = await make_link(site)
    os.kill(master.pid, signal.SIGKILL)
    async with asking() as client:
        statuses = []
        for number in range(40):
            async with client.get(f"{site.url}{PREFIX}{FILES[number % len(FILES)]}") as answer:
                statuses.append(answer.status)
            async with client.get(link) as answer:
                statuses.append(answer.status)
        assert set(statuses) == {200}

        def taken_back() -> bool:
            text = (site.places.logs / "nginx1.log").read_text()
            return '"path":"/static/' in text[before:]

        before = (site.places.logs / "nginx1.log").stat().st_size
        wait_until(lambda: site.admin("status").status == 0, 30, "it runs again")
        for _ in range(50):
            await (await client.get(f"{site.url}{PREFIX}sockjs.js")).read()
        wait_until(taken_back, 10, "it is asked again")


async def test_a_changed_configuration_is_reloaded(site: BalancedSite) -> None:
    master = one(site, "nginx1")
    site.edit(r"\[nginx\]", "[nginx]\ncache = 2097152")
    started = site.admin("start")
    assert started.status == 0 and "nginx1: reloaded" in started.stdout, started
    assert one(site, "nginx1") == master
    assert "max_size=2097152" in (site.places.data / "nginx" / "nginx.conf").read_text()
    async with asking() as client, client.get(f"{site.url}{PREFIX}sockjs.js") as answer:
        assert answer.status == 200
