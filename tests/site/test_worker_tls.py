"""Links between machines: TLS with the site's own certificates, and a token; whoever has not both gets nothing."""

import asyncio
import contextlib
import json
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sagews.backend.link import Link
from sagews.config.address import parse_tcp_address
from sagews.config.links import Links
from sagews.config.site import Site
from sagews.errors import ServiceError
from sagews.protocol import VERSION
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.framing import frame
from sagews.service.dialer import Dialer
from sagews.service.tls import backend_tls
from sagews.worker.door import MAX_STRANGERS
from tests.site.commands import sagews
from tests.site.worker_process import BackendEnd, RunningWorker, link_to, running_worker, stdout_of, told

CONFIG = "[[environment]]\nname = 'python'\npreload = []\nspares = 0\n[worker]\nlisten = '127.0.0.1:0'\n"
BARE = CONFIG.partition("[worker]")[0]


def certify(data: Path, *arguments: str) -> None:
    """Make certificates and a token, as an operator does."""
    data.mkdir(exist_ok=True, parents=True)
    made = sagews(data, "certificates", "--data", str(data), *arguments)
    assert made.status == 0, made.stderr


@dataclass
class Distant:
    """A worker that other machines reach, and what its backends have."""

    worker: RunningWorker
    site: Site

    @property
    def token_file(self) -> Path:
        return self.site.link_file("token")

    @property
    def token(self) -> bytes:
        return self.token_file.read_bytes().splitlines()[0]

    def refusals(self) -> list[dict[str, str]]:
        lines = [json.loads(line) for line in self.worker.log.read_text().splitlines()]
        return [line for line in lines if line["event"] == "link refused"]

    def dialer(self, **files: str) -> Dialer:
        """Return the way to the worker; with `files`, some of what is shown is another."""
        site = Site(data_directory=str(self.site.data), links=Links(**files))
        return Dialer(site, parse_tcp_address(self.worker.listen, ""))


@contextlib.contextmanager
def distant_worker(folder: Path, config: str = CONFIG) -> Iterator[Distant]:
    certify(folder / "data")
    with running_worker(folder, config) as worker:
        yield Distant(worker, Site(data_directory=str(worker.data)))


@pytest.fixture(scope="module")
def distant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Distant]:
    with distant_worker(tmp_path_factory.mktemp("distant")) as running:
        yield running


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the certificates of another site."""
    data = tmp_path_factory.mktemp("stranger")
    certify(data)
    return data / "certificates"


@contextlib.asynccontextmanager
async def link_over_tls(distant: Distant, token: bytes | None = None) -> AsyncIterator[BackendEnd]:
    """Connect as a backend does, and say Hello."""
    address = parse_tcp_address(distant.worker.listen, "")
    async with asyncio.timeout(10):
        context = backend_tls(distant.site).get()
        reader, writer = await asyncio.open_connection(address.host, address.port, ssl=context)
    end = BackendEnd(reader, writer)
    try:
        token = distant.token if token is None else token
        end.send(hello=pb.Hello(version=VERSION, role=pb.LINK_ROLE_SESSION, token=token, backend="test"))
        yield end
    finally:
        with contextlib.suppress(ssl.SSLError):
            await end.close()


async def test_an_evaluation_on_another_machine(distant: Distant) -> None:
    async with link_over_tls(distant) as link:
        assert (await link.event()).welcome.worker == "w1"
        version = link.writer.get_extra_info("ssl_object").version()
        assert version == "TLSv1.3"
        await link.open(reader="ada")
        events = await link.evaluate("print('x' * 3_000_000)", limits=pb.Limits(output_bytes=10_000_000))
        assert told(events)[-1] == "done:done"
        assert len(stdout_of(events)) == 3_000_001


async def test_a_backend_reaches_it_by_its_name_and_address(distant: Distant) -> None:
    for host in ("localhost", "127.0.0.1"):
        address = parse_tcp_address(f"{host}:{distant.worker.listen.rpartition(':')[2]}", "")
        link = await Link.connect(Dialer(distant.site, address), "b1")
        assert link.worker == "w1"
        link.close()


HELLO = frame(pb.Request(id=1, hello=pb.Hello(version=VERSION, role=pb.LINK_ROLE_SESSION)).SerializeToString())


def own(distant: Distant, stranger: Path) -> ssl.SSLContext:
    return backend_tls(distant.site).get()


def without_certificate(distant: Distant, stranger: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(distant.site.link_file("authority")))


def of_another_authority(distant: Distant, stranger: Path) -> ssl.SSLContext:
    context = without_certificate(distant, stranger)
    context.load_cert_chain(stranger / "backend.pem", stranger / "backend-key.pem")
    return context


def a_workers(distant: Distant, stranger: Path) -> ssl.SSLContext:
    context = without_certificate(distant, stranger)
    context.load_cert_chain(distant.site.link_file("worker_certificate"), distant.site.link_file("worker_key"))
    return context


def older_tls(distant: Distant, stranger: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(distant.site.link_file("authority")))
    context.load_cert_chain(distant.site.link_file("backend_certificate"), distant.site.link_file("backend_key"))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def no_tls(distant: Distant, stranger: Path) -> None:
    return None


@pytest.mark.parametrize(
    ("context", "why"),
    [
        (without_certificate, "PEER_DID_NOT_RETURN_A_CERTIFICATE"),
        (of_another_authority, "its certificate is not accepted"),
        (a_workers, "unsuitable certificate purpose"),
        (older_tls, "UNSUPPORTED_PROTOCOL"),
        (no_tls, "TLS failed"),
        (own, "shows no token"),
    ],
)
async def test_who_fails_one_check_gets_one_line_in_the_log_and_no_more(
    distant: Distant, stranger: Path, context: object, why: str
) -> None:
    before = len(distant.refusals())
    address = parse_tcp_address(distant.worker.listen, "")
    received = b""
    with contextlib.suppress(OSError):
        async with asyncio.timeout(10):
            reader, writer = await asyncio.open_connection(
                address.host,
                address.port,
                ssl=context(distant, stranger),  # type: ignore[operator]
            )
            writer.write(HELLO)
            try:
                received = await reader.read(1 << 16)
            finally:
                writer.transport.abort()
    # Without TLS, OpenSSL answers with a TLS alert: nothing of ours.
    assert received == b"" or (context is no_tls and received[0] == 21), received
    async with asyncio.timeout(5):
        while len(distant.refusals()) == before:
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.1)
    (line,) = distant.refusals()[before:]
    assert why in line["why"], line
    assert line["peer"].startswith("127.0.0.1:")
    assert "Traceback" not in distant.worker.log.read_text()


@pytest.mark.parametrize("token", [b"x" * 43, b"", b"x" * 100_000])
async def test_a_wrong_token_is_told_nothing_and_not_logged(distant: Distant, token: bytes) -> None:
    async with link_over_tls(distant, token) as link:
        with pytest.raises(EOFError):
            await link.event()
    log = distant.worker.log.read_text()
    assert "xxxx" not in log and distant.token.decode() not in log


async def test_a_backend_accepts_no_one_but_a_worker_of_its_site(distant: Distant, stranger: Path) -> None:
    with pytest.raises(ServiceError, match="its certificate is not accepted"):
        await Link.connect(distant.dialer(authority=str(stranger / "authority.pem")), "b1")


async def test_a_backends_certificate_is_no_workers(tmp_path: Path) -> None:
    certify(tmp_path / "data")
    files = tmp_path / "data" / "certificates"
    names = f"worker_certificate = '{files}/backend.pem'\nworker_key = '{files}/backend-key.pem'\n"
    with running_worker(tmp_path, CONFIG + "[links]\n" + names) as worker:
        pretender = Distant(worker, Site(data_directory=str(worker.data)))
        with pytest.raises(ServiceError, match="its certificate is not accepted"):
            await Link.connect(pretender.dialer(), "b1")


async def test_a_worker_of_another_name_is_not_the_one(tmp_path: Path, distant: Distant) -> None:
    certify(tmp_path)
    certificate = tmp_path / "certificates"
    # The same site's authority, and a certificate for another host.
    site = Site(data_directory=str(tmp_path))
    address = parse_tcp_address(distant.worker.listen, "")
    for name in ("authority.pem", "backend.pem", "backend-key.pem", "token"):
        shutil.copy2(distant.site.certificates / name, certificate / name)
    context = backend_tls(site).get()
    with pytest.raises(ssl.SSLCertVerificationError, match="elsewhere"):
        await asyncio.open_connection(address.host, address.port, ssl=context, server_hostname="elsewhere.example")


async def test_a_new_token_and_new_certificates_need_no_restart(tmp_path: Path) -> None:
    with distant_worker(tmp_path) as distant:
        old = distant.token
        dialer = distant.dialer()
        async with link_over_tls(distant) as live:
            await live.event()
            await live.open()
            before = live.writer.get_extra_info("ssl_object").getpeercert()["serialNumber"]
            certify(distant.site.data, "--renew", "--renew-token")
            assert distant.token != old
            for token in (distant.token, old):
                async with link_over_tls(distant, token) as link:
                    assert (await link.event()).WhichOneof("kind") == "welcome"
                    after = link.writer.get_extra_info("ssl_object").getpeercert()["serialNumber"]
                    assert after != before
            # A backend that runs shows the new one, and the old one is taken out.
            distant.token_file.write_bytes(distant.token + b"\n")
            assert dialer.token() == distant.token
            (await Link.connect(dialer, "b1")).close()
            async with link_over_tls(distant, old) as link:
                with pytest.raises(EOFError):
                    await link.event()
            # A file that others may read is not used: the last good one is.
            distant.token_file.chmod(0o644)
            async with link_over_tls(distant, distant.token) as link:
                assert (await link.event()).WhichOneof("kind") == "welcome"
            assert "files changed and are not used" in distant.worker.log.read_text()
            assert told(await live.evaluate("1"))[-1] == "done:done"


@pytest.mark.parametrize("name", ["token", "worker-key.pem"])
def test_a_secret_that_others_may_read_is_an_error_with_a_hint(tmp_path: Path, name: str) -> None:
    certify(tmp_path / "data")
    (tmp_path / "data" / "certificates" / name).chmod(0o640)
    (tmp_path / "sagews.toml").write_text(CONFIG)
    options = ["--config", str(tmp_path / "sagews.toml"), "--data", str(tmp_path / "data")]
    started = sagews(tmp_path, "worker", *options, "--runtime", str(tmp_path / "run"))
    assert started.status == 2
    assert "can be read by others (mode 0640); chmod 600 it" in started.stderr
    assert len(started.stderr.splitlines()) == 1


def test_without_certificates_it_says_how_to_make_them(tmp_path: Path) -> None:
    (tmp_path / "sagews.toml").write_text(CONFIG)
    options = ["--config", str(tmp_path / "sagews.toml"), "--data", str(tmp_path / "data")]
    started = sagews(tmp_path, "worker", *options, "--runtime", str(tmp_path / "run"))
    assert started.status == 2
    assert "sagews certificates" in started.stderr


async def test_strangers_are_bounded_and_shut_nobody_else_out(tmp_path: Path) -> None:
    with distant_worker(tmp_path) as distant:
        address = parse_tcp_address(distant.worker.listen, "")
        silent = [await asyncio.open_connection(address.host, address.port) for _ in range(MAX_STRANGERS + 6)]
        async with link_to(distant.worker) as local:
            assert told(await local.evaluate("1"))[-1] == "done:done"
            async with asyncio.timeout(20):
                for reader, writer in silent:
                    with contextlib.suppress(ConnectionError):
                        assert await reader.read() == b""
                    writer.close()
        (await Link.connect(distant.dialer(), "b1")).close()
        assert len(distant.refusals()) == len(silent)


def test_certificates_are_made_once_and_renewed_on_demand(tmp_path: Path) -> None:
    def serials() -> dict[str, str]:
        return {path.name: path.read_text() for path in (tmp_path / "certificates").iterdir()}

    certify(tmp_path)
    first = serials()
    certify(tmp_path)
    assert serials() == first
    certify(tmp_path, "--name", "w2.example")
    renamed = serials()
    assert {name for name in first if renamed[name] != first[name]} == {"worker.pem", "worker-key.pem"}
    certify(tmp_path, "--renew")
    renewed = serials()
    assert renewed["authority.pem"] == first["authority.pem"] and renewed["token"] == first["token"]
    assert renewed["backend.pem"] != first["backend.pem"]
    shown = subprocess.run(
        ["openssl", "x509", "-in", str(tmp_path / "certificates" / "worker.pem"), "-noout", "-ext", "subjectAltName"],
        capture_output=True,
        text=True,
        check=True,
        timeout=10,
    )
    assert "w2.example" in shown.stdout
    for name in ("authority-key.pem", "worker-key.pem", "backend-key.pem", "token"):
        assert (tmp_path / "certificates" / name).stat().st_mode & 0o777 == 0o600


def test_a_name_that_is_none_is_refused(tmp_path: Path) -> None:
    made = sagews(tmp_path, "certificates", "--data", str(tmp_path), "--name", "no name")
    assert made.status == 2 and "is no name of a machine" in made.stderr
