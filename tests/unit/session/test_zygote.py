"""The zygote: what it reports, forks, refuses."""

import os
import select
import socket
import time
from pathlib import Path

import pytest

from sagews.protocol import sagews_pb2 as pb
from tests.unit.session.running import PRELOAD, RunningZygote, alive, running_zygote, wait_until_dead


def test_it_reports_what_it_preloaded(zygote: RunningZygote) -> None:
    assert list(zygote.preloaded.modules) == PRELOAD
    assert zygote.preloaded.python.startswith("3.")
    assert len(os.listdir(f"/proc/{zygote.process.pid}/task")) == 1


def test_a_missing_or_broken_module_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken_module.py").write_text("1/0")
    with running_zygote(
        ["math", "no_such_module", "broken_module"], {"PYTHONPATH": f"{tmp_path}:{os.getcwd()}"}
    ) as zygote:
        assert list(zygote.preloaded.modules) == ["math"]
        assert list(zygote.preloaded.missing) == ["no_such_module", "broken_module"]
        with zygote.session() as session:
            assert session.evaluate("1+1").results == ["2"]


def test_a_module_that_starts_a_thread_keeps_it_from_forking(tmp_path: Path) -> None:
    (tmp_path / "threaded.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
    )
    with (
        pytest.raises(AssertionError, match="ended before"),
        running_zygote(["threaded"], {"PYTHONPATH": f"{tmp_path}:{os.getcwd()}"}),
    ):
        raise RuntimeError("it reported")


def test_siblings_differ_in_their_random_numbers(zygote: RunningZygote) -> None:
    code = (
        "import random, numpy, sympy.core.random, uuid, tempfile\n"
        "print(random.random(), numpy.random.random(), sympy.core.random.rng.random(), uuid.uuid4(), tempfile.mktemp())"
    )
    with zygote.session() as one, zygote.session() as two:
        first, second = one.evaluate(code).text().split(), two.evaluate(code).text().split()
    assert all(a != b for a, b in zip(first, second, strict=True))


def test_datagrams_that_it_cannot_serve(zygote: RunningZygote) -> None:
    zygote.control.send(pb.ZygoteRequest(spawn=pb.Spawn(number=1001)).SerializeToString())
    ours, theirs = socket.socketpair()
    socket.send_fds(zygote.control, [b"\xff\xff"], [theirs.fileno()] * 3)
    socket.send_fds(
        zygote.control, [pb.ZygoteRequest(spawn=pb.Spawn(number=1002)).SerializeToString()], [theirs.fileno()] * 2
    )
    socket.send_fds(zygote.control, [pb.Spawn(number=1003).SerializeToString()], [theirs.fileno()] * 20)
    theirs.close()
    ours.settimeout(5)
    assert ours.recv(64) == b"", "all ends of it are closed"
    ours.close()
    with zygote.session() as session:
        assert session.evaluate("1+1").results == ["2"]


def test_many_sessions_and_no_zombie(zygote: RunningZygote) -> None:
    sessions = [zygote.spawn() for _ in range(10)]
    for session in sessions:
        session.wait_until_ready()
    for session in sessions:
        session.end()
    zygote.sessions.clear()
    with zygote.session() as session:
        children = Path(f"/proc/{zygote.process.pid}/task/{zygote.process.pid}/children")
        deadline = time.monotonic() + 5
        while len(children.read_text().split()) > 1:
            assert time.monotonic() < deadline
            session.evaluate("1")


def test_the_end_of_the_supervisor_ends_it() -> None:
    with running_zygote([]) as zygote:
        pid = zygote.process.pid
        assert alive(pid)
    wait_until_dead(pid)
    assert zygote.process.returncode == 0


def test_so_does_the_end_of_one_that_left_a_report_unread() -> None:
    with running_zygote([]) as zygote:
        zygote.control.send(pb.ZygoteRequest(spawn=pb.Spawn(number=1001)).SerializeToString())
        assert select.select([zygote.control], [], [], 10)[0], "it reports that there is no session"
    wait_until_dead(zygote.process.pid)
    assert zygote.process.returncode == 0


def test_a_home_that_cannot_be_written_leaves_nothing_elsewhere(tmp_path: Path) -> None:
    """As for a user without a home: where it looks, there is a file and no directory."""
    (tmp_path / "home").touch()
    (tmp_path / "temporary").mkdir()
    places = {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "temporary")}
    with running_zygote(["matplotlib.pyplot"], places) as zygote, zygote.session() as session:
        plot = "import matplotlib.pyplot as plot, os\n_ = plot.plot([1, 2])\nplot.show()"
        assert "display_data" in session.evaluate(plot).kinds
        assert session.evaluate("'MPLCONFIGDIR' in os.environ").results == ["False"]
        own = Path(session.evaluate("print(os.path.dirname(os.getcwd()))").text().strip())
        assert list((tmp_path / "temporary").iterdir()) == [own]
