"""A copy of the site's database while it is in use, and back: SQLite's own backup, or pg_dump and pg_restore."""

import os
import sqlite3
import subprocess
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import URL

from sagews.admin.backup import archive
from sagews.admin.deadline import Deadline
from sagews.admin.program import SECRET_MODE
from sagews.config.site import Site
from sagews.database.address import database_url
from sagews.errors import ConfigurationError, ServiceError
from sagews.service.database_password import database_password

SQLITE, POSTGRESQL = "database.sqlite", "database.dump"
"""Names of the copy in a backup."""


def copy(site: Site, folder: Path, deadline: Deadline) -> str | None:
    """Put a copy of the database into a directory, check it, and return its name; None if there is no database yet.

    Raises ServiceError, TimeLimitError.
    """
    if site.database.url:
        target = folder / POSTGRESQL
        _run(site, ["pg_dump", "--format=custom", "--no-owner", "--file", str(target)], deadline)
        _run(site, ["pg_restore", "--list", str(target)], deadline, connects=False)
        return POSTGRESQL
    if not site.database_file.exists():
        return None
    target = folder / SQLITE
    try:
        with closing(_open(site.database_file)) as source, closing(sqlite3.connect(target)) as copied:
            source.backup(copied)
        check(target)
    except sqlite3.Error as error:
        raise ServiceError(f"cannot be copied ({error})", str(site.database_file), "see its volume") from error
    return SQLITE


def put_back(site: Site, folder: Path, deadline: Deadline, *, replace: bool) -> None:
    """Have the database be what a directory has a copy of. Raises ConfigurationError, ServiceError, TimeLimitError.

    A database that is there is only replaced if that is wanted; a file is kept beside the new one.
    """
    kind = SQLITE if (folder / SQLITE).exists() else POSTGRESQL
    if not (folder / kind).exists():
        return
    if bool(site.database.url) != (kind == POSTGRESQL):
        hint = "let the configuration name a database of the kind that was backed up"
        raise ConfigurationError(f"the backup has {kind}, and the site another kind", "setting 'database.url'", hint)
    if kind == POSTGRESQL:
        clean = ["--clean", "--if-exists"] if replace else []
        restore = ["pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", *clean]
        url = database_url(site)
        _run(site, [*restore, "--dbname", url.database or "", str(folder / kind)], deadline)
        return
    check(folder / kind)
    file = site.database_file
    if file.exists():
        if not replace:
            raise ConfigurationError("is there", str(file), "give --replace to put the backup in its place")
        kept = time.strftime(f"{file.name}.before-%Y%m%dT%H%M%S")
        for end in ("", "-wal", "-shm"):
            old = file.with_name(file.name + end)
            if old.exists():
                old.rename(file.with_name(kept + end))
    archive.put(folder / kind, file, SECRET_MODE)


def check(file: Path) -> None:
    """See that a file is a whole SQLite database. Raises ServiceError."""
    with closing(_open(file)) as connection:
        found = connection.execute("PRAGMA integrity_check").fetchone()
    if found != ("ok",):
        raise ServiceError(f"is damaged ({found[0]})", str(file), "see its volume")


def _open(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(file, timeout=10)


def _run(site: Site, command: Sequence[str], deadline: Deadline, *, connects: bool = True) -> None:
    """Run a program of PostgreSQL; the password is in its environment, which only its user can read."""
    environment = dict(os.environ)
    if connects:
        environment |= libpq(site, database_password(site))
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=deadline.step(3600),
        )
    except FileNotFoundError as error:
        raise ServiceError(
            "is not installed", command[0], "install postgresql-client of the server's version"
        ) from error
    except subprocess.TimeoutExpired as error:
        raise deadline.passed(command[0]) from error
    if done.returncode:
        raise ServiceError(
            f"ended with status {done.returncode}: {_error(done.stderr)}", command[0], "nothing was changed"
        )


def _error(said: bytes) -> str:
    """Return the error among what a program of PostgreSQL said; a statement of any length may follow it there."""
    lines = said.decode(errors="replace").splitlines()
    errors = [line for line in lines if "error:" in line.lower()]
    return " ".join(" ".join(errors or lines).split())[-500:]


def libpq(site: Site, password: str) -> dict[str, str]:
    """Return the variables by which libpq finds a site's database, and trusts it as services do (libpq-envars)."""
    url = database_url(site, password)
    authority = site.database.authority
    given = {
        "PGHOST": url.host or _word(url, "host"),
        "PGPORT": str(url.port or _word(url, "port")),
        "PGUSER": url.username or "",
        "PGDATABASE": url.database or "",
        "PGPASSWORD": url.password or "",
        "PGSSLMODE": "verify-full" if authority else _word(url, "ssl"),
        "PGSSLROOTCERT": str(Path(authority).expanduser().absolute()) if authority else "",
        "PGCONNECT_TIMEOUT": "10",
    }
    return {name: value for name, value in given.items() if value}


def _word(url: URL, name: str) -> str:
    """Return what an address says after its question mark."""
    found = url.query.get(name, "")
    return found if isinstance(found, str) else found[0]
