"""A site's backup is whole, or there is none; what is restored is what was there."""

import io
import json
import os
import stat
import subprocess
import tarfile
import urllib.request
from pathlib import Path

import pytest

from sagews.config.load import load
from tests.postgresql import PASSWORD, running_postgresql
from tests.site.admin.balanced import BalancedSite, balanced_site
from tests.site.admin.command import AdministeredSite, administered_site


def put(site: AdministeredSite, code: str) -> str:
    """Have the site keep a piece of code; return its address."""
    asked = urllib.request.Request(
        f"{site.url}/api/v1/permalinks",
        json.dumps({"code": code}).encode(),
        {"Content-Type": "application/json"},
        method="POST",
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return str(json.loads(answer.read())["id"])


def code_of(site: AdministeredSite, identifier: str) -> str:
    with urllib.request.urlopen(f"{site.url}/api/v1/permalinks/{identifier}", timeout=10) as answer:
        return str(json.loads(answer.read())["code"])


def forget(site: AdministeredSite) -> None:
    """Lose everything that a site has in its data directory."""
    for path in site.places.data.rglob("*"):
        if path.is_file():
            path.unlink()


def test_a_lost_site_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "site.backup"
    with administered_site() as site:
        assert site.admin("start").status == 0
        kept = put(site, "1 + 1")
        site.sagews("certificates", "--config", str(site.file))
        key = (site.places.data / "certificates" / "authority-key.pem").read_bytes()
        (site.places.data / "certificates" / "authority.pem").chmod(0o644)
        # It is written while the site runs.
        written = site.admin("backup", str(file))
        assert written.status == 0 and "read back" in written.stdout, written
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        later = put(site, "2 + 2")
        refused = site.admin("restore", str(file), "--replace")
        assert refused.status == 3 and "runs" in refused.stderr
        assert site.admin("stop").status == 0
        there = site.admin("restore", str(file))
        assert there.status == 2 and "--replace" in there.stderr
        forget(site)
        configuration = site.file.read_text()
        site.file.unlink()
        assert site.admin("restore", str(file)).status == 0
        assert site.file.read_text() == configuration
        assert (site.places.data / "certificates" / "authority-key.pem").read_bytes() == key
        own = "backend/" if os.getuid() == 0 else ""
        modes = [
            stat.S_IMODE((site.places.data / name).stat().st_mode)
            for name in ("certificates/authority-key.pem", "certificates/authority.pem", f"{own}sagews.sqlite")
        ]
        assert modes == [0o600, 0o644, 0o600]
        assert site.admin("start").status == 0
        assert code_of(site, kept) == "1 + 1"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            code_of(site, later)
        assert site.admin("stop").status == 0
        # In the place of what is there, the database that was there is kept beside it.
        assert site.admin("restore", str(file), "--replace").status == 0
        assert list(site.places.data.glob(f"{own}sagews.sqlite.before-*"))
    assert [path.name for path in tmp_path.iterdir()] == ["site.backup"]


def test_a_damaged_backup_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "site.backup"
    with administered_site() as site:
        site.places.data.mkdir()
        (site.places.data / "access-token").write_text("a" * 20_000)
        assert site.admin("backup", str(file)).status == 0
        whole = file.read_bytes()
        damages = {
            "cut": lambda: file.write_bytes(whole[: len(whole) * 2 // 3]),
            "changed": lambda: _rewrite(file, lambda info, content: (info, content.replace(b"aaa", b"aba"))),
            "empty": lambda: file.write_bytes(b""),
            "other": lambda: file.write_bytes(os.urandom(5000)),
            "above": lambda: _rewrite(file, lambda info, content: (_renamed(info, "../../evil"), content)),
            "link": lambda: _rewrite(file, _linked),
        }
        for name, damage in damages.items():
            file.write_bytes(whole)
            damage()
            ended = site.admin("restore", str(file), "--replace")
            assert ended.status == 2 and "Traceback" not in ended.stderr, (name, ended)
            assert (site.places.data / "access-token").read_text() == "a" * 20_000
    assert [path.name for path in tmp_path.iterdir()] == ["site.backup"]


def _rewrite(file: Path, change: object) -> None:
    with tarfile.open(file) as archive:
        members = [(info, archive.extractfile(info).read()) for info in archive]  # type: ignore[union-attr]
    with tarfile.open(file, "w:gz") as archive:
        for info, content in members:
            if info.name != "manifest.json":
                info, content = change(info, content)  # type: ignore[operator]
            archive.addfile(info, io.BytesIO(content))


def _renamed(info: tarfile.TarInfo, name: str) -> tarfile.TarInfo:
    info.name = name
    return info


def _linked(info: tarfile.TarInfo, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
    info.type, info.linkname, info.size = tarfile.SYMTYPE, "/etc/passwd", 0
    return info, b""


def test_a_backup_that_cannot_be_written_leaves_the_one_before(tmp_path: Path) -> None:
    with administered_site() as site:
        assert site.admin("backup", str(tmp_path / "no" / "where")).status == 2
        file = tmp_path / "site.backup"
        assert site.admin("backup", str(file)).status == 0
        before = file.read_bytes()
        site.places.data.mkdir()
        (site.places.data / "sagews.sqlite").write_bytes(b"not a database" * 1000)
        ended = site.admin("backup", str(file))
        assert ended.status == 3 and "cannot be copied" in ended.stderr
        assert file.read_bytes() == before and len(list(tmp_path.iterdir())) == 1


def test_the_database_of_a_site_with_a_server_of_its_own_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "site.backup"
    with balanced_site() as site:
        assert site.admin("migrate").status == 0
        marks = "INSERT INTO log_gap VALUES (1, 2, 'm', 's', 3, 'r', 4)"
        assert sql(site, marks) == "" and site.admin("backup", str(file)).status == 0
        assert sql(site, "DELETE FROM log_gap") == "" and sql(site, "SELECT count(*) FROM log_gap") == "0\n"
        assert site.admin("restore", str(file), "--replace").status == 0
        assert sql(site, "SELECT count(*) FROM log_gap") == "1\n"
        # Its services have their rights on what was restored.
        granted = "SELECT count(*) FROM information_schema.role_table_grants WHERE grantee = 'sagews_backend'"
        assert int(sql(site, granted)) > 3
        assert site.admin("stop").status == 0


def sql(site: BalancedSite, statement: str) -> str:
    """Have the owner of a site's tables do something."""
    psql = str(max(Path("/usr/lib/postgresql").glob("*/bin/psql")))
    port = ("-p", str(load(site.file).postgresql.port))
    where = ("-h", str(site.places.data / "postgresql/run"), *port, "-U", "sagews_owner", "-d", "sagews")
    done = subprocess.run([psql, "-XAtq", *where, "-c", statement], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def test_a_database_of_postgresql_comes_back(tmp_path: Path) -> None:
    file, password = tmp_path / "site.backup", tmp_path / "password"
    password.write_text(PASSWORD)
    password.chmod(0o600)
    with running_postgresql() as server, administered_site() as site:
        site.write(f'[database]\nurl = "{server.url}"\npassword_file = "{password}"\n')
        assert site.sagews("database", "migrate", "--config", str(site.file)).status == 0
        insert = "INSERT INTO marks VALUES (1), (2)"
        await server.ask("CREATE TABLE marks (number int)")
        await server.ask(insert)
        assert site.admin("backup", str(file)).status == 0
        await server.ask(insert)
        there = site.admin("restore", str(file))
        assert there.status == 3 and "already exists" in there.stderr, there
        assert len(await server.ask("SELECT * FROM marks")) == 4
        assert site.admin("restore", str(file), "--replace").status == 0
        assert len(await server.ask("SELECT * FROM marks")) == 2
        await server.forget()
        assert site.admin("restore", str(file)).status == 0
        assert len(await server.ask("SELECT * FROM marks")) == 2
        server.stop()
        away = site.admin("backup", str(file))
        assert away.status == 3 and "pg_dump: ended with status 1" in away.stderr
        assert PASSWORD not in away.stderr
