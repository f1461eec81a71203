"""The tables of docs/reference/services.md, compared with what the system says of a site that root has started."""

import os
import pwd
import re
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import psutil
import pytest

from sagews.config.load import load
from sagews.config.site import Site
from tests.site.admin.balanced import BalancedSite, balanced_site

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root starts services as others")

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "services.md"
USERS = ("sagews-backend", "sagews-logwatch", "haproxy", "www-data", "memcache", "postgres", "nobody")
"""Everybody whom the page speaks of, and somebody else."""
TRY = 'for file in "$@"; do test -r "$file" && r=r || r=-; test -w "$file" && w=w || w=-; echo $r$w; done'
CONNECT = "import socket, sys; s = socket.socket(socket.AF_UNIX); s.settimeout(5); s.connect(sys.argv[1])"


@pytest.fixture(scope="module")
def site() -> Iterator[BalancedSite]:
    """Give the site of `examples/one-machine.toml`, with certificates, as if there were more machines."""
    with balanced_site() as site:
        assert site.sagews("certificates", "--config", str(site.file)).status == 0
        started = site.admin("start")
        assert started.status == 0, started
        yield site
        assert site.admin("stop").status == 0


@cache
def table(first: str) -> list[list[list[str]]]:
    """Return the rows of the table whose first column is called so, each cell as a list."""
    (text,) = re.findall(rf"^\| {first} \|.*\n\|-.*\n((?:\|.*\n)+)", PAGE.read_text(), re.MULTILINE)
    rows = [line.strip("|").split("|") for line in text.splitlines()]
    return [[[w for w in re.split(r",\s*", cell.replace("`", "").strip()) if w] for cell in row] for row in rows]


def processes(site: BalancedSite) -> Iterator[tuple[str, psutil.Process]]:
    """Yield the kind of service and each process of it."""
    for service in site.admin("status", "--json").json["services"]:
        first = psutil.Process(service["pid"])
        for process in (first, *first.children(recursive=True)):
            yield service["service"].rstrip("0123456789"), process


def user(process: psutil.Process) -> str:
    try:
        return pwd.getpwuid(process.uids().effective).pw_name
    except KeyError:
        return "sessions"


def ports(site: Site, setting: str) -> set[int]:
    """Return the ports that a setting stands for."""
    name, _, key = setting.partition(".")
    first = getattr(getattr(site, name), key)
    count = sum(machine.services.get(name, 0) for machine in site.machine) if key == "port" else 1
    return {first + number for number in range(count)}


def files(site: BalancedSite) -> dict[str, Path]:
    """Return the files of the site by the names that the page has for them."""
    found = {}
    for name, folder in (("DATA", site.places.data), ("RUNTIME", site.file.with_name("run"))):
        for path in folder.rglob("*"):
            if not path.is_dir() and not path.is_symlink():
                found[f"{name}/{path.relative_to(folder)}"] = path
    return found


def test_each_service_runs_as_the_users_of_the_page(site: BalancedSite) -> None:
    found: dict[str, set[str]] = {}
    for kind, process in processes(site):
        found.setdefault(kind, set()).add(user(process))
        assert process.gids().effective == (
            pwd.getpwnam(user(process)).pw_gid if user(process) != "sessions" else process.uids().effective
        )
    assert found == {row[0][0]: set(row[1]) for row in table("Service")}


def test_each_service_listens_where_the_page_says(site: BalancedSite) -> None:
    configured = load(site.file)
    tcp: dict[str, set[int]] = {}
    unix: dict[str, set[str]] = {}
    for kind, process in processes(site):
        listening = (each.laddr.port for each in process.net_connections("tcp") if each.status == psutil.CONN_LISTEN)
        tcp.setdefault(kind, set()).update(listening)
        paths = (str(each.laddr) for each in process.net_connections("unix") if each.laddr)
        unix.setdefault(kind, set()).update(Path(path).name for path in paths if path.startswith("/"))
    for (kind,), _, places, _ in table("Service"):
        settings = [place for place in places if re.fullmatch(r"[a-z]+\.[a-z_]+", place)]
        assert tcp[kind] == {port for setting in settings for port in ports(configured, setting)}, kind
        patterns = [place for place in places if place not in settings]
        assert all(any(fnmatch(name, pattern) for pattern in patterns) for name in unix[kind]), (kind, unix[kind])
        assert all(any(fnmatch(name, pattern) for name in unix[kind]) for pattern in patterns), (kind, unix[kind])


def test_each_service_reaches_only_whom_the_page_says(site: BalancedSite) -> None:
    configured = load(site.file)
    kinds = [row[0][0] for row in table("Service")]
    settings = [place for row in table("Service") for place in row[2] if re.fullmatch(r"[a-z]+\.[a-z_]+", place)]
    owner = {port: setting.partition(".")[0] for setting in settings for port in ports(configured, setting)}
    may = {row[0][0]: set(row[3]) for row in table("Service")}
    assert set().union(*may.values()) <= set(kinds)
    for kind, process in processes(site):
        for each in process.net_connections("tcp"):
            if each.raddr and each.laddr.port not in owner:
                assert owner.get(each.raddr.port) in may[kind], (kind, each)
    # A worker's Unix socket lets in those alone who may reach workers.
    let_in = {row[1][0] for row in table("Service") if "worker" in row[3]}
    for path in site.file.with_name("run").glob("*.sock"):
        for name in USERS:
            done = as_user(name, "/usr/bin/python3", "-I", "-c", CONNECT, str(path))
            assert (done.returncode == 0) == (name in let_in), (name, path, done.stderr)


def test_each_user_may_read_and_write_what_the_page_says_and_nothing_else(site: BalancedSite) -> None:
    found = files(site)
    said = {name: [row for row in table("File") if fnmatch(name, row[0][0])][:1] for name in found}
    assert not [name for name, rows in said.items() if not rows], "files of which the page says nothing"
    patterns = {row[0][0] for row in table("File")} - {rows[0][0][0] for rows in said.values()}
    assert not patterns, "files that are not there"
    for who in USERS:
        may = as_user(who, "/bin/sh", "-c", TRY, "sh", *map(str, found.values())).stdout.split()
        assert len(may) == len(found)
        for name, rights in zip(found, may, strict=True):
            _, reads, writes = said[name][0]
            wanted = "".join(
                letter if {who, "everybody"} & set(users) else "-" for letter, users in (("r", reads), ("w", writes))
            )
            assert rights == wanted, (who, name, rights, wanted)


def test_no_service_has_a_file_open_that_it_may_not_read(site: BalancedSite) -> None:
    names = {path: name for name, path in files(site).items()}
    seen = 0
    for kind, process in processes(site):
        if user(process) in ("root", "sessions"):
            continue
        for each in process.open_files():
            if (name := names.get(Path(each.path))) is not None:
                row = next(row for row in table("File") if fnmatch(name, row[0][0]))
                assert {user(process), "everybody"} & set(row[1]), (kind, name)
                seen += 1
    assert seen, "logwatch has logs open"


def test_each_unix_user_may_be_one_role_of_the_database(site: BalancedSite) -> None:
    psql = str(max(Path("/usr/lib/postgresql").glob("*/bin/psql")))
    there = (psql, "-X", "-h", str(site.places.data / "postgresql" / "run"), "-d", "sagews", "-c", "SELECT 1", "-U")
    roles = {"sagews-backend": "sagews_backend", "sagews-logwatch": "sagews_logwatch", "root": "sagews_owner"}
    for who in (*USERS, "root"):
        for role in (*roles.values(), "postgres"):
            allowed = roles.get(who) == role or who == role == "postgres"
            done = as_user(who, *there, role)
            assert (done.returncode == 0) == allowed, (who, role, done.stderr)


def as_user(name: str, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a user, with the groups that it has."""
    own = ("runuser", "-u", name, "--") if name != "root" else ()
    return subprocess.run([*own, *command], cwd="/", capture_output=True, text=True, timeout=60)
