"""Without a sandbox: the end of a session is the end of all that it started."""

import socket
import time
from pathlib import Path

from tests.unit.session.running import RunningSession, RunningZygote, alive, running_zygote, wait_until_dead

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
