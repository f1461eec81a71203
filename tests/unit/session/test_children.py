"""Without a sandbox: the end of a session is the end of all that it started; by their users, signals are passed on."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sagews.protocol import sagews_pb2 as pb
from sagews.session import user_processes
from sagews.session.children import STRAYS_DEADLINE
from tests.processes import wait_until
from tests.unit.session.forks import coming_again
from tests.unit.session.running import RunningSession, RunningZygote, alive, running_zygote, wait_until_dead

ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="users of sessions need root")
USER = 6_300_000 + os.getpid() % 100_000
LAST = Path("/proc/sys/kernel/ns_last_pid")

DAEMON = """
import os, signal, sys
if os.fork() == 0:
    os.setsid()
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT): signal.signal(number, signal.SIG_IGN)
    if os.fork() == 0:
        os.setsid()
        print(os.getpid())
        while True: pass
    os._exit(0)
"""


def daemon(session: RunningSession) -> int:
    output = session.start(DAEMON)
    session.until(lambda: bool(output.status) and output.text().endswith("\n"))
    return int(output.text())


def directory(session: RunningSession) -> Path:
    return Path(session.evaluate("import os\nprint(os.getcwd())").text().strip()).parent


def test_a_daemon_dies_with_the_session(session: RunningSession) -> None:
    pid = daemon(session)
    files = directory(session)
    assert alive(pid) and files.exists()
    assert session.end() == ("S", 9)
    assert not alive(pid) and not alive(session.pid) and not files.exists()


def test_a_directory_that_takes_long_to_remove_holds_up_no_end(session: RunningSession) -> None:
    files = directory(session)
    code = "for a in range(40):\n os.mkdir(f'{a}')\n for b in range(1000): os.close(os.open(f'{a}/{b}', os.O_CREAT))"
    assert session.evaluate(code).status == "OK"
    assert session.end() == ("S", 9)
    assert files.exists(), "it is told as soon as nothing runs"
    wait_until(lambda: not files.exists(), 60, "the directory is removed")


def test_a_daemon_dies_when_the_session_exits(session: RunningSession) -> None:
    pid = daemon(session)
    session.start("import os; os._exit(5)")
    assert session.wait_until_ended() == ("X", 5)
    assert not alive(pid)


def test_all_dies_when_the_supervisor_does() -> None:
    with running_zygote([]) as zygote, zygote.session() as session:
        pid = daemon(session)
        files = directory(session)
        zygote.control.shutdown(socket.SHUT_RDWR)
        wait_until_dead(pid, session.pid)
        zygote.process.wait(5)
        deadline = time.monotonic() + 5
        while files.exists():
            assert time.monotonic() < deadline


def test_a_fork_bomb_ends(zygote: RunningZygote) -> None:
    with zygote.session() as session:
        output = session.start(
            "import os, time\nprint('go')\nfor _ in range(7): os.fork()\nwhile True: os.fork() or os._exit(0)"
        )
        session.until(lambda: "go" in output.text())
        time.sleep(0.2)
        start = time.monotonic()
        assert session.end() == ("S", 9)
        assert time.monotonic() - start < 5


def test_the_session_runs_on_without_its_zygote() -> None:
    with running_zygote([]) as zygote, zygote.session() as session:
        zygote.process.kill()
        zygote.process.wait()
        assert session.evaluate("1+1").results == ["2"]
        session.end()
        assert not alive(session.pid)


def test_the_interrupt_reaches_the_foreground_child(session: RunningSession) -> None:
    output = session.start("import subprocess\np = subprocess.Popen(['sleep', '600'])\nprint(p.pid)\np.wait()")
    session.until(lambda: output.text().endswith("\n"))
    session.interrupt()
    assert session.finish(output).status == "INTERRUPTED"
    wait_until_dead(int(output.text()), deadline=5)


@pytest.fixture
def held(zygote: RunningZygote) -> Iterator[RunningSession]:
    session = zygote.spawn_behind(pb.Walls(uid=USER, gid=USER), by_user=True)
    try:
        session.wait_until_ready()
        yield session
    finally:
        session.end()
        zygote.sessions.remove(session)
    assert not user_processes.found(USER)


def tell(zygote: RunningZygote, number: int, signal_number: int, *, group: bool = False) -> None:
    wish = pb.Signal(number=number, signal=signal_number, group=group)
    zygote.control.send(pb.ZygoteRequest(signal=wish).SerializeToString())


@ROOT
def test_its_process_id_is_told_and_no_descriptor_is_needed(held: RunningSession) -> None:
    assert held.pid > 0
    assert held.evaluate("import os\nprint(os.getpid(), os.getuid())").text() == f"{held.pid} {USER}\n"


@ROOT
def test_an_interrupt_reaches_its_group(zygote: RunningZygote, held: RunningSession) -> None:
    output = held.start("import subprocess\np = subprocess.Popen(['sleep', '600'])\nprint(p.pid)\np.wait()")
    held.until(lambda: output.text().endswith("\n"))
    tell(zygote, zygote.numbers, signal.SIGINT, group=True)
    assert held.finish(output).status == "INTERRUPTED"


@ROOT
def test_it_is_killed(zygote: RunningZygote, held: RunningSession) -> None:
    tell(zygote, zygote.numbers, signal.SIGKILL)
    assert held.wait_until_ended() == ("S", 9)


@ROOT
def test_a_session_that_was_never_there_is_not_signalled(zygote: RunningZygote, held: RunningSession) -> None:
    tell(zygote, 10_000, signal.SIGKILL)
    assert held.evaluate("1+1").results == ["2"]


@ROOT
@pytest.mark.skipif(not os.access(LAST, os.W_OK), reason="this system lets nobody choose the next process id")
def test_who_gets_the_process_id_of_one_that_has_ended_is_not_signalled(zygote: RunningZygote) -> None:
    session = zygote.spawn_behind(pb.Walls(uid=USER, gid=USER), by_user=True)
    session.wait_until_ready()
    number, pid = zygote.numbers, session.pid
    session.end()
    zygote.sessions.remove(session)
    assert not alive(pid)
    strangers: list[subprocess.Popen[bytes]] = []
    try:
        while not strangers or strangers[-1].pid != pid:
            assert len(strangers) < 50, "others start too many processes meanwhile"
            LAST.write_text(str(pid - 1))
            strangers.append(subprocess.Popen(["sleep", "60"]))
        for number_of_signal in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            tell(zygote, number, number_of_signal)
        with zygote.session() as other:  # Served after them.
            assert other.evaluate("1+1").results == ["2"]
        assert strangers[-1].poll() is None
    finally:
        for stranger in strangers:
            stranger.kill()
            stranger.wait()


@ROOT
def test_what_cannot_be_ended_holds_up_the_end_of_its_own_session_alone(zygote: RunningZygote) -> None:
    both = [zygote.spawn_behind(pb.Walls(uid=user, gid=user), by_user=True) for user in (USER, USER + 1)]
    for session in both:
        session.wait_until_ready()
    with coming_again(USER):
        lasting, other = both
        os.kill(lasting.pid, signal.SIGKILL)
        begun = time.monotonic()
        wait_until_dead(lasting.pid)
        assert other.end() == ("S", 9)
        zygote.hear()
        assert lasting.ended is None and time.monotonic() - begun < STRAYS_DEADLINE
        assert lasting.wait_until_ended() == ("S", 9)
        assert time.monotonic() - begun < STRAYS_DEADLINE * 3
        lasting.close()
    for session in both:
        zygote.sessions.remove(session)


@ROOT
def test_a_session_without_a_user_is_not_held_by_it(zygote: RunningZygote) -> None:
    session = zygote.spawn_behind(pb.Walls(), by_user=True)
    session.until(lambda: session.pid != 0)
    assert session.pid == -1
    session.close()
    zygote.sessions.remove(session)
