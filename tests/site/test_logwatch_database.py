"""Logwatch and the database: rights, TLS, days that leave, memory while it is away, and how far it is."""

import asyncio
import datetime
import ipaddress
import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.postgresql import PASSWORD
from tests.site.backend_process import resident
from tests.site.logwatch_process import PROVE, Logwatch, all_once, line


async def test_records_of_days_that_are_long_ago_leave(logwatch: Logwatch) -> None:
    logwatch.start()
    (logwatch.logs / "backend1.log").write_text(line(0))
    await logwatch.until("SELECT count(*) FROM log_record", 1)
    await logwatch.server.ask(
        "CREATE TABLE log_record_20200101 PARTITION OF log_record FOR VALUES FROM ('2020-01-01') TO ('2020-01-02')"
    )
    await logwatch.server.ask(
        "INSERT INTO log_record SELECT '2020-01-01', file, \"offset\", machine, service, time, level, message, data,"
        " cut FROM log_record"
    )
    logwatch.end()
    logwatch.start()
    await logwatch.until("SELECT count(*) FROM log_record", 1)
    await logwatch.until("SELECT to_regclass('log_record_20200101') IS NULL", True)


async def test_its_role_needs_the_rights_that_the_page_says_and_no_more(logwatch: Logwatch) -> None:
    page = (Path(__file__).parents[2] / "docs/how-to/logs.md").read_text()
    grants = page.partition("```sql\n")[2].partition("```")[0].strip().splitlines()
    assert len(grants) == 6
    await logwatch.server.ask(f"CREATE ROLE sagews_logwatch LOGIN PASSWORD '{PASSWORD}'")
    try:
        for grant in ["GRANT USAGE ON SCHEMA public TO PUBLIC", *grants]:
            await logwatch.server.ask(grant)
        logwatch.use(logwatch.server.url.replace("//sagews@", "//sagews_logwatch@"))
        logwatch.start()
        log = logwatch.logs / "backend1.log"
        log.write_text(line(0))
        await logwatch.until("SELECT count(*) FROM log_record", 1)
        log.rename(log.with_name("backend1.log.1"))
        log.write_text("half a line that is lost")
        await logwatch.until("SELECT count(*) FROM log_position WHERE name = 'backend1.log.1'", 1)
        os.truncate(log, 0)
        await logwatch.until("SELECT sum(size)::int FROM log_gap", 24)
        logwatch.end()
    finally:
        await logwatch.server.ask("DROP OWNED BY sagews_logwatch")
        await logwatch.server.ask("DROP ROLE sagews_logwatch")


async def test_it_says_how_far_it_is(logwatch: Logwatch) -> None:
    (logwatch.logs / "backend1.log").write_text(line(0))

    async def check() -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            *logwatch.command, "--check", env=logwatch.environment, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await process.communicate()
        return process.returncode, said.decode()

    assert await check() == (0, f"1 logs of here, {len(line(0))} bytes of them not in the database\n")
    logwatch.start()
    await logwatch.until("SELECT count(*) FROM log_record", 1)
    assert await check() == (0, "1 logs of here, 0 bytes of them not in the database\n")


async def test_while_the_database_is_away_memory_does_not_grow(logwatch: Logwatch) -> None:
    log = logwatch.logs / "backend1.log"
    log.write_text(line(0))
    logwatch.start()
    await logwatch.until("SELECT count(*) FROM log_record", 1)
    assert logwatch.process is not None
    before = resident(logwatch.process.pid)
    logwatch.server.stop()
    count = 400_000 if PROVE else 40_000
    try:
        with log.open("a") as file:
            file.writelines(line(number) for number in range(1, count))
        await asyncio.sleep(3)
        assert resident(logwatch.process.pid) - before < 50 << 20
    finally:
        logwatch.server.start()
    await logwatch.until("SELECT count(*) FROM log_record", count)
    assert resident(logwatch.process.pid) - before < 50 << 20
    await all_once(logwatch, count)


async def test_records_go_over_tls_where_the_address_asks_for_it(logwatch: Logwatch, tmp_path: Path) -> None:
    server = logwatch.server
    key, certificate = certificate_for("127.0.0.1")
    owner = (server.folder / "data").stat()
    for name, content in (("server.key", key), ("server.crt", certificate)):
        path = server.folder / "data" / name
        path.write_bytes(content)
        path.chmod(0o600)
        os.chown(path, owner.st_uid, owner.st_gid)
    (tmp_path / "authority.crt").write_bytes(certificate)
    (tmp_path / "stranger.crt").write_bytes(certificate_for("127.0.0.1")[1])
    await server.ask("ALTER SYSTEM SET ssl = on")
    try:
        await server.ask("SELECT pg_reload_conf()")
        (logwatch.logs / "backend1.log").write_text(line(0))
        logwatch.use(f"{server.url}?ssl=verify-full")
        logwatch.trust(tmp_path / "stranger.crt")
        logwatch.start()
        async with asyncio.timeout(30):
            while not any("certificate verify failed" in str(said) for said in logwatch.said):
                await asyncio.sleep(0.1)
        assert logwatch.end() == 0 and await logwatch.messages() == []
        logwatch.trust(tmp_path / "authority.crt")
        logwatch.start()
        await logwatch.until("SELECT count(*) FROM log_record", 1)
        rows = await server.ask(
            "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE client_addr IS NOT NULL"
        )
        assert rows and all(row["ssl"] for row in rows)
        logwatch.end()
    finally:
        await server.ask("ALTER SYSTEM RESET ssl")
        await server.ask("SELECT pg_reload_conf()")


def certificate_for(address: str) -> tuple[bytes, bytes]:
    """Return a key and a certificate that it has signed itself, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "database")])
    now = datetime.datetime.now(datetime.UTC)
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(alternative, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    written = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return written, certificate.public_bytes(pem)
