"""TLS before a site, by HAProxy and by stunnel: who asks is known, and a new certificate drops no connection."""

import asyncio
import contextlib
import json
import os
import pwd
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import psutil
import pytest
from cryptography import x509

from tests.processes import wait_until
from tests.site.admin.balanced import BalancedSite, balanced_site, self_signed
from tests.site.client_end import ClientEnd, fetch_ticket, text_of

RELOADS = 10 if os.environ.get("SAGEWS_PROVE") else 2
PAUSE = 1.5
TRUSTING = ssl.create_default_context()
TRUSTING.check_hostname, TRUSTING.verify_mode = False, ssl.CERT_NONE
CLIENT = "127.0.0.2"
"""The address from which readers come here."""


@pytest.fixture(scope="module", params=["haproxy", "stunnel"])
def site(request: pytest.FixtureRequest) -> Iterator[BalancedSite]:
    """Give a site with TLS by the one or the other, which runs."""
    with balanced_site() as site:
        site.tls = request.param
        if site.tls == "stunnel":
            site.edit("haproxy = 1", "haproxy = 1, stunnel = 1")
        site.edit("certificate = ", f'tls = "{site.tls}"\ncertificate = ')
        site.edit("hard_stop_seconds = 30", "hard_stop_seconds = 90")
        started = site.admin("start")
        assert started.status == 0, started
        yield site
        stopped = site.admin("stop")
        assert stopped.status == 0, stopped


def https(site: BalancedSite, path: str = "/") -> str:
    return f"https://127.0.0.1:{site.https_port}{path}"


@contextlib.asynccontextmanager
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(ssl=TRUSTING, local_addr=(CLIENT, 0))
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(30)) as client:
        yield client
    await asyncio.sleep(0.25)


async def serial(site: BalancedSite) -> int:
    """Return the serial number of the certificate that a new connection is shown."""
    _, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", site.https_port, ssl=TRUSTING), 10)
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    with contextlib.suppress(OSError, ssl.SSLError):
        await asyncio.wait_for(writer.wait_closed(), 10)
    return x509.load_der_x509_certificate(shown).serial_number


async def test_who_comes_is_known_by_his_own_address_and_whatever_he_says(site: BalancedSite) -> None:
    async with browser() as client:
        lie = {"X-Forwarded-For": "192.0.2.1", "Forwarded": "for=192.0.2.1", "X-Forwarded-Proto": "http"}
        async with client.get(https(site, "/of-whom"), headers=lie) as answer:
            assert answer.status == 404 and "max-age" in answer.headers["Strict-Transport-Security"]
            # It is by HTTPS that he came.
            assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        async with client.get(f"{site.url}/of-whom", allow_redirects=False) as answer:
            assert answer.status == 308 and answer.headers["Location"].startswith("https://")
        log = site.places.logs / "haproxy1.log"

        def clients() -> list[str]:
            entries = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
            return [str(entry["client"]) for entry in entries if entry["path"] == "/of-whom"]

        wait_until(lambda: len(clients()) == 2, 5, "both requests are logged")
        assert clients() == [CLIENT, CLIENT]


async def test_what_is_older_than_tls_1_2_is_refused(site: BalancedSite) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        await asyncio.wait_for(asyncio.open_connection("127.0.0.1", site.https_port, ssl=old), 10)


@pytest.mark.timeout(120 + 20 * RELOADS)
async def test_a_new_certificate_drops_no_connection(site: BalancedSite) -> None:
    pem, refused = site.file.with_name("site.pem"), []
    stop = asyncio.Event()

    async def come() -> int:
        """Come again and again as somebody new; return how often."""
        times = 0
        while not stop.is_set():
            try:
                await serial(site)
                times += 1
            except (OSError, ssl.SSLError, TimeoutError) as error:
                refused.append(repr(error))
            await asyncio.sleep(0.01)
        return times

    count = round(RELOADS * (PAUSE + 3) * 4)
    code = f"import time\nfor n in range({count}): print(n, flush=True); time.sleep(0.25)"
    async with browser() as client:
        ticket = await fetch_ticket(client, https(site))
        async with client.ws_connect(https(site, "/socket").replace("https", "wss")) as live:
            end = ClientEnd(live)
            await end.greet(ticket)
            running = asyncio.create_task(end.run(code))
            coming = asyncio.create_task(come())
            for _ in range(RELOADS):
                await asyncio.sleep(PAUSE)
                before = await serial(site)
                pem.write_bytes(self_signed())
                own = x509.load_pem_x509_certificate(pem.read_bytes()).serial_number
                assert own != before
                reloaded = await asyncio.to_thread(site.admin, "reload", site.tls)
                assert reloaded.status == 0 and f"{site.tls}1: reloaded" in reloaded.stdout, reloaded
                async with asyncio.timeout(10):
                    while await serial(site) != own:
                        await asyncio.sleep(0.05)
                assert not running.done()
            stop.set()
            assert await coming > 20 and not refused, refused[:5]
            events = await asyncio.wait_for(running, count * 0.25 + 30)
    assert text_of(events).split() == [str(n) for n in range(count)]
    wait_until(lambda: site.admin("status").status == 0, 30, "all runs as the file says")


async def test_a_file_that_is_no_certificate_changes_nothing(site: BalancedSite) -> None:
    pem = site.file.with_name("site.pem")
    good, before = pem.read_bytes(), await serial(site)
    pem.write_bytes(good[: len(good) // 2])
    try:
        ended = site.admin("reload", site.tls)
        assert ended.status == 2 and str(pem) in ended.stderr, ended
        assert await serial(site) == before
    finally:
        pem.write_bytes(good)
    assert site.admin("reload").status == 0


def test_stunnel_has_no_rights_and_its_way_to_the_balancer_is_this_machines(site: BalancedSite) -> None:
    configuration = (site.places.data / "config" / "haproxy1.cfg").read_text()
    if site.tls != "stunnel":
        assert "accept-proxy" not in configuration
        return
    services = {each["service"]: each["pid"] for each in site.admin("status", "--json").json["services"]}
    process = psutil.Process(services["stunnel1"])
    assert "stunnel" in process.name()
    if os.geteuid() == 0:
        assert process.uids() == (pwd.getpwnam("stunnel4").pw_uid,) * 3
        assert (site.places.data / "config" / "stunnel1.pem").stat().st_mode & 0o077 == 0
    shown = site.admin("render", "stunnel")
    assert "PRIVATE KEY" not in shown.stdout and "holds a secret" in shown.stdout
    bound = next(line for line in configuration.splitlines() if "accept-proxy" in line)
    # Whoever looks whether it answers is no error in its log.
    log = site.places.logs / "stunnel1.log"
    before = log.read_text()
    assert site.admin("status").status == 0 and log.read_text() == before
    host, _, port = bound.split()[1].partition(":")
    assert host == "127.0.0.1"
    with socket.create_connection((host, int(port)), 10) as stranger:
        stranger.settimeout(15)
        stranger.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert stranger.recv(1000) == b""


def test_where_a_certificate_cannot_be_read(tmp_path: Path) -> None:
    from sagews.admin.certificate_check import wrong

    file = tmp_path / "site.pem"
    assert "missing" in wrong(file) or "cannot be read" in wrong(file)
    file.write_bytes(b"\n")
    assert "empty" in wrong(file)
    file.write_bytes(self_signed())
    assert wrong(file) == ""
