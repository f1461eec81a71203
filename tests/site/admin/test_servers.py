"""Debian's servers as programs: each is killed and comes back, takes a new configuration, and is gone at the end."""

import os
import pwd
import shutil
import signal
import socket
import urllib.request
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from sagews.admin.here.words import Condition
from sagews.admin.program import Answers, OwnedDirectory, Program, WrittenFile
from tests.processes import wait_until
from tests.site.admin.ground import Ground, free_port

PATH = f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin"
SECONDS = 30.0


def found(program: str) -> str:
    """Return where a server is; skip the test, or fail it where servers are demanded."""
    path = next((str(p) for p in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), reverse=True)), None)
    path = path or shutil.which(program, path=PATH)
    if path is None:
        missing = f"{program} is not installed (scripts/install-services)"
        if os.environ.get("SAGEWS_DEMAND_SERVICES"):
            pytest.fail(missing)
        pytest.skip(missing)
    return path


def user(name: str) -> str:
    """Return whom a server runs as: its own user if this is root."""
    return name if os.getuid() == 0 else ""


def server(ground: Ground, name: str, **given: object) -> Program:
    defaults = {"name": name, "kind": name, "directory": Path("/"), "log": ground.places.logs / f"{name}.log"}
    return Program(**{**defaults, **given})  # type: ignore[arg-type]


def haproxy(ground: Ground, port: int, text: str) -> Program:
    file = ground.places.data / "config" / "haproxy.cfg"
    lines = [
        "global",
        "  hard-stop-after 2s",
        "defaults",
        "  mode http",
        "  timeout client 5s",
        "  timeout connect 5s",
        "  timeout server 5s",
        "frontend front",
        f"  bind 127.0.0.1:{port}",
        f'  http-request return status 200 content-type text/plain string "{text}"',
    ]
    return server(
        ground,
        "haproxy",
        command=(found("haproxy"), "-W", "-db", "-f", str(file)),
        user=user("haproxy"),
        answers=Answers(url=f"http://127.0.0.1:{port}/"),
        files=(WrittenFile(path=file, text="\n".join(lines) + "\n"),),
        check=(found("haproxy"), "-c", "-q", "-f", "{root}" + str(file)),
        reload_signal="USR2",
        stop_signal="USR1",
    )


def memcached(ground: Ground, port: int) -> Program:
    command = (found("memcached"), "-l", "127.0.0.1", "-p", str(port), "-U", "0", "-m", "8")
    return server(
        ground, "memcached", command=command, user=user("memcache"), answers=Answers(address=f"127.0.0.1:{port}")
    )


def postgresql(ground: Ground, port: int) -> Program:
    owner = user("postgres")
    folder = OwnedDirectory(path=ground.places.data / "postgresql", owner=owner)
    cluster = folder.path / "data"
    make = f"test -s {cluster}/PG_VERSION || {found('initdb')} -D {cluster} -A trust --no-sync --locale=C -E UTF8"
    settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": folder.path, "fsync": "off"}
    options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    return server(
        ground,
        "postgresql",
        command=(found("postgres"), "-D", str(cluster), *options),
        user=owner,
        answers=Answers(command=(found("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port))),
        prepare=("/bin/sh", "-ec", make),
        directories=(folder,),
        stop_signal="INT",
    )


@pytest.mark.parametrize("make", [haproxy, memcached, postgresql], ids=lambda make: make.__name__)
def test_a_killed_server_comes_back_on_its_port(ground: Ground, make: object) -> None:
    program = make(ground, free_port(), *(["one"] if make is haproxy else []))  # type: ignore[operator]
    assert ground.machine([program]).start() == 0, ground.said
    first = ground.status([program])[program.name].pid
    if program.user:
        assert Path(f"/proc/{first}").stat().st_uid == pwd.getpwnam(program.user).pw_uid
    os.kill(first, signal.SIGKILL)
    wait_until(partial(_is_another, ground, program, first), SECONDS, "it is started")
    wait_until(
        lambda: ground.status([program])[program.name].condition is Condition.RUNNING, SECONDS, "it answers again"
    )
    assert ground.machine([program]).stop() == 0
    assert not _owned(ground)


def test_a_balancer_takes_a_new_configuration_and_refuses_a_broken_one(ground: Ground) -> None:
    port = free_port()

    def page() -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            return str(answer.read().decode())

    assert ground.machine([haproxy(ground, port, "one")]).start() == 0, ground.said
    master = ground.status([haproxy(ground, port, "one")])["haproxy"].pid
    assert page() == "one"
    assert ground.machine([haproxy(ground, port, "two")]).start() == 0
    assert "reloaded" in ground.words("haproxy")
    wait_until(lambda: page() == "two", 10, "the new configuration is taken")
    broken = haproxy(ground, port, 'three" nonsense "')
    with pytest.raises(Exception, match="haproxy: its new configuration is refused"):
        ground.machine([broken]).start()
    assert page() == "two"
    assert ground.status([haproxy(ground, port, "two")])["haproxy"].pid == master


def test_the_database_is_killed_with_its_supervisord_and_keeps_what_it_has(ground: Ground) -> None:
    port = free_port()
    programs = [postgresql(ground, port), memcached(ground, free_port())]
    programs[1] = replace(programs[1], needs=frozenset({"postgresql"}))
    assert ground.machine(programs).start() == 0, ground.said
    os.kill(ground.pid(), signal.SIGKILL)
    assert ground.machine(programs).start() == 0, ground.said
    with socket.create_connection(("127.0.0.1", port), 5):
        pass
    assert ground.machine(programs).stop() == 0
    assert not _owned(ground)


def _is_another(ground: Ground, program: Program, before: int) -> bool:
    return ground.status([program])[program.name].pid not in (0, before)


def _owned(ground: Ground) -> list[str]:
    """Return the command lines of processes that name the ground's directory: servers and their children."""
    needle = str(ground.places.data).encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes()
        except OSError:
            continue
        if needle in line:
            found.append(line.replace(b"\0", b" ").decode(errors="replace"))
    return found
