"""`examples/one-machine.toml`, started by `sagews admin` and used as readers and its operator do."""

import asyncio
import contextlib
import json
import os
import re
import signal
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import psutil
import pytest

from tests.processes import wait_until
from tests.site.admin.balanced import BalancedSite, balanced_site
from tests.site.client_end import ClientEnd, fetch_ticket, result_of, text_of

SERVICES = ["postgresql1", "memcached1", "worker1", "worker2", "backend1", "backend2"]
SERVICES += ["nginx1", "haproxy1", "logwatch1"]
DEADLINE = 20
TRUSTING = ssl.create_default_context()
TRUSTING.check_hostname, TRUSTING.verify_mode = False, ssl.CERT_NONE


@pytest.fixture(scope="module")
def site() -> Iterator[BalancedSite]:
    """Give the site, which runs as its file says."""
    with balanced_site() as site:
        started = site.admin("start")
        assert started.status == 0, started
        assert [line.split(":")[0] for line in started.stdout.splitlines() if ": started" in line] == SERVICES
        yield site
        stopped = site.admin("stop")
        assert stopped.status == 0, stopped
        assert [line.split(":")[0] for line in stopped.stdout.splitlines()] == SERVICES[::-1]


@contextlib.asynccontextmanager
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(ssl=TRUSTING)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(DEADLINE)) as client:
        yield client
    # Connections of TLS close after the session has (aiohttp, "Graceful Shutdown").
    await asyncio.sleep(0.25)


def https(site: BalancedSite, path: str) -> str:
    return f"https://127.0.0.1:{site.https_port}{path}"


def processes(site: BalancedSite) -> dict[str, int]:
    return {service["service"]: service["pid"] for service in site.admin("status", "--json").json["services"]}


@contextlib.asynccontextmanager
async def connection(site: BalancedSite) -> AsyncIterator[ClientEnd]:
    """Connect as the page does."""
    async with browser() as client:
        ticket = await fetch_ticket(client, https(site, "/"))
        async with client.ws_connect(https(site, "/socket").replace("https", "wss")) as socket:
            end = ClientEnd(socket)
            await end.greet(ticket)
            yield end


async def test_a_reader_evaluates_over_tls(site: BalancedSite) -> None:
    async with connection(site) as client:
        assert result_of(await client.run("6*7")) == "42"


async def test_http_is_sent_on_to_https_which_browsers_remember(site: BalancedSite) -> None:
    async with browser() as client:
        async with client.get(f"{site.url}/somewhere?x=1", allow_redirects=False) as answer:
            assert answer.status == 308
            assert answer.headers["Location"].startswith("https://") and answer.headers["Location"].endswith("?x=1")
        async with client.get(https(site, "/")) as answer:
            assert answer.status == 200 and "sagews" in await answer.text()
            assert int(re.findall(r"max-age=(\d+)", answer.headers["Strict-Transport-Security"])[0]) >= 31_536_000


async def test_the_statistics_are_the_operators(site: BalancedSite) -> None:
    async with browser() as client:
        async with client.get(f"http://127.0.0.1:{site.statistics_port}/metrics") as answer:
            text = await answer.text()
        assert answer.status == 200 and 'haproxy_server_status{proxy="backends",server="backend2"' in text
        async with client.get(https(site, "/stats")) as answer:
            assert answer.status == 404


async def test_the_balancer_logs_json_with_the_client_and_without_what_was_asked(site: BalancedSite) -> None:
    async with browser() as client:
        await (await client.get(https(site, '/with"quote?token=secret'))).read()
    log = site.places.logs / "haproxy1.log"

    def logged() -> list[dict[str, object]]:
        lines = [line for line in log.read_text().splitlines() if line.startswith("{")]
        return [entry for entry in map(json.loads, lines) if entry["path"] == "/with%22quote"]

    wait_until(logged, 5, "the request is logged")
    entry = logged()[0]
    assert entry["client"] == "127.0.0.1" and entry["status"] == 404 and "secret" not in log.read_text()


async def test_a_backend_that_is_killed_is_left_at_once_and_taken_back(site: BalancedSite) -> None:
    before = processes(site)
    os.kill(before["backend1"], signal.SIGKILL)
    async with browser() as client:
        for _ in range(30):
            async with client.get(https(site, "/healthz")) as answer:
                assert answer.status == 200
    wait_until(lambda: site.admin("status").status == 0, 30, "all run")
    after = processes(site)
    assert {name for name in SERVICES if before[name] != after[name]} == {"backend1"}


async def test_a_reload_of_the_balancer_keeps_what_is_open(site: BalancedSite) -> None:
    async with connection(site) as client:
        master = psutil.Process(processes(site)["haproxy1"])
        old = {child.pid for child in master.children()}
        site.edit("hard_stop_seconds = 30", "hard_stop_seconds = 40")
        assert site.admin("status").status == 1
        reloaded = site.admin("reload", "haproxy")
        assert reloaded.status == 0 and "haproxy1: reloaded" in reloaded.stdout, reloaded
        wait_until(lambda: {child.pid for child in master.children()} - old, 10, "a new process serves")
        assert text_of(await client.run("print('still here')")) == "still here\n"
    async with browser() as client, client.get(https(site, "/healthz")) as answer:
        assert answer.status == 200
    assert site.admin("status").status == 0


def test_a_configuration_that_haproxy_refuses_stops_nothing(site: BalancedSite) -> None:
    before, text = processes(site), site.file.read_text()
    site.edit('certificate = "[^"]*"', 'certificate = "/nowhere.pem"')
    try:
        checked = site.admin("check")
        assert checked.status == 2 and "/nowhere.pem" in checked.stderr, checked
        ended = site.admin("start")
        assert ended.status == 2 and "haproxy1" in ended.stderr and "/nowhere.pem" in ended.stderr, ended
        assert processes(site) == before
    finally:
        site.file.write_text(text)
    assert site.admin("check").stdout == "The site can run as the configuration says.\n"
    assert site.admin("start").status == 0 and processes(site) == before


async def test_logs_of_every_service_come_into_the_database(site: BalancedSite) -> None:
    word = f"look-for-{os.urandom(4).hex()}"
    async with browser() as client:
        await (await client.get(https(site, f"/{word}"))).read()

    def brought() -> set[str]:
        shown = site.sagews("admin", "logs", "--json", "--text", word, "--config", str(site.file))
        assert shown.status == 0 and "from the database" in shown.stderr, shown
        return {entry["service"] for entry in map(json.loads, shown.stdout.splitlines())}

    wait_until(lambda: "haproxy1" in brought() and len(brought()) == 2, 20, "balancer and backend tell of the request")


def test_each_service_may_do_in_the_database_what_it_needs_and_no_more(site: BalancedSite) -> None:
    def told(role: str, statement: str) -> str:
        command = [psql(), "-X", "-h", str(site.places.data / "postgresql" / "run"), "-U", role, "-d", "sagews"]
        done = subprocess.run([*command, "-c", statement], capture_output=True, text=True, timeout=20)
        return done.stdout + done.stderr

    assert "(1 row)" in told("sagews_backend", "SELECT count(*) FROM permalink")
    assert "permission denied" in told("sagews_backend", "SELECT * FROM log_record")
    assert "permission denied" in told("sagews_backend", "CREATE TABLE x ()")
    assert "permission denied" in told("sagews_logwatch", "SELECT * FROM permalink")
    assert "permission denied" in told("sagews_logwatch", "DELETE FROM log_record")
    if os.getuid() == 0:
        assert "Peer authentication failed" in told("postgres", "SELECT 1")


async def test_a_permalink_outlives_a_restart_of_everything(site: BalancedSite) -> None:
    async with browser() as client:
        async with client.post(https(site, "/api/v1/permalinks"), json={"code": "1+2"}) as answer:
            assert answer.status == 201, await answer.text()
            place = answer.headers["Location"]
        restarted = site.admin("restart", "postgresql", "backend")
        assert restarted.status == 0, restarted
        async with client.get(https(site, place)) as answer:
            assert answer.status == 200 and (await answer.json())["code"] == "1+2"


def psql() -> str:
    return str(max(Path("/usr/lib/postgresql").glob("*/bin/psql")))
