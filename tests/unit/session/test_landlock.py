"""Landlock in real processes: what is refused, and what is not."""

import errno
import os
import signal
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sagews.session import capabilities, landlock
from sagews.session.landlock import Ruleset
from tests.unit.session.forks import error_of, in_fork

pytestmark = pytest.mark.skipif(landlock.available() < landlock.SCOPES_SINCE, reason="this system's Landlock is older")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory with `inside` and `outside`, a file in each, and `own`, which is empty."""
    for name in ("inside", "outside", "own"):
        (tmp_path / name).mkdir()
    for name in ("inside", "outside"):
        (tmp_path / name / "file").write_text(name)
    return tmp_path


def confined(act: Callable[[], Any], ruleset: Ruleset) -> Any:
    """Return what the function returns in a fork that the ruleset confines."""

    def confine() -> Any:
        capabilities.no_new_privileges()
        capabilities.drop_all()
        ruleset.restrict()
        ruleset.close()
        return act()

    try:
        return in_fork(confine)
    finally:
        ruleset.close()


def test_what_is_not_named_cannot_be_read(place: Path) -> None:
    def attempts() -> list[Any]:
        return [
            (place / "inside/file").read_text(),
            os.listdir(place / "inside"),
            error_of(lambda: os.open(place / "outside/file", os.O_RDONLY)),
            error_of(lambda: os.listdir(place / "outside")),
            error_of(lambda: os.open("/etc/passwd", os.O_RDONLY)),
            error_of(lambda: os.open(place / "inside/../outside/file", os.O_RDONLY)),
        ]

    found = confined(attempts, Ruleset([str(place / "inside")]))
    assert found == ["inside", ["file"], *[errno.EACCES] * 4]


def test_what_can_be_read_cannot_be_changed(place: Path) -> None:
    file = place / "inside/file"

    def attempts() -> list[int]:
        return [
            error_of(lambda: os.open(file, os.O_WRONLY)),
            error_of(lambda: os.truncate(file, 0)),
            error_of(file.unlink),
            error_of(lambda: file.rename(place / "own/file")),
            error_of(lambda: os.link(file, place / "own/link")),
            error_of(lambda: os.mkdir(place / "inside/new")),
            error_of(lambda: os.symlink("/", place / "inside/link")),
        ]

    errors = confined(attempts, Ruleset([str(place / "inside")], [str(place / "own")]))
    assert set(errors) <= {errno.EACCES, errno.EXDEV}
    assert file.read_text() == "inside"


def test_its_own_directory_is_its_own(place: Path) -> None:
    own = place / "own"

    def work() -> list[Any]:
        (own / "deep/er").mkdir(parents=True)
        (own / "file").write_text("abc")
        os.truncate(own / "file", 2)
        (own / "file").rename(own / "deep/er/file")
        os.link(own / "deep/er/file", own / "link")
        os.symlink("link", own / "symbolic")
        os.mkfifo(own / "fifo")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(own / "socket"))
        text = (own / "symbolic").read_text()
        for name in ("link", "symbolic", "fifo", "socket"):
            (own / name).unlink()
        device = error_of(lambda: os.mknod(own / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3)))
        return [text, os.listdir(own), device != 0]

    assert confined(work, Ruleset(write=[str(own)])) == ["ab", ["deep"], True]


def test_a_file_can_be_named_as_well_as_a_directory(place: Path) -> None:
    def attempts() -> list[int]:
        return [
            error_of(lambda: Path(os.devnull).write_text("gone")),
            error_of(lambda: os.open(place / "inside/file", os.O_RDONLY)),
            error_of(lambda: os.open(place / "inside/file", os.O_RDWR)),
            error_of(lambda: os.open("/dev/zero", os.O_RDONLY)),
        ]

    ruleset = Ruleset([str(place / "inside/file")], [os.devnull])
    assert confined(attempts, ruleset) == [0, 0, errno.EACCES, errno.EACCES]


def test_rules_can_be_added_in_the_fork(place: Path) -> None:
    ruleset = Ruleset([str(place / "inside")])

    def act() -> list[int]:
        own = place / "made"
        own.mkdir()
        ruleset.allow(write=[str(own)])
        capabilities.no_new_privileges()
        ruleset.restrict()
        return [error_of(lambda: (own / "file").write_text("")), error_of(lambda: os.listdir(place / "outside"))]

    assert in_fork(act) == [0, errno.EACCES]
    ruleset.close()


def test_abstract_sockets_of_others_are_out_of_reach(place: Path) -> None:
    name = f"\0sagews-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as outside:
        outside.bind(name)
        outside.listen()

        def attempts() -> list[int]:
            with socket.socket(socket.AF_UNIX) as own:
                own.bind(f"{name}-own")
                own.listen()
                return [error_of(lambda: connect(name)), error_of(lambda: connect(f"{name}-own"))]

        assert in_fork(lambda: error_of(lambda: connect(name))) == 0
        assert confined(attempts, Ruleset()) == [errno.EPERM, 0]


def connect(name: str) -> None:
    with socket.socket(socket.AF_UNIX) as asking:
        asking.connect(name)


def test_signals_do_not_get_out() -> None:
    def attempts() -> list[Any]:
        parent = error_of(lambda: os.kill(os.getppid(), 0))
        if (child := os.fork()) == 0:
            signal.pause()
        own = error_of(lambda: os.kill(child, signal.SIGKILL))
        return [parent, own, os.waitpid(child, 0)[1]]

    assert in_fork(lambda: error_of(lambda: os.kill(os.getppid(), 0))) == 0
    assert confined(attempts, Ruleset()) == [errno.EPERM, 0, signal.SIGKILL]


@pytest.mark.parametrize("deny_tcp", [True, False])
def test_tcp(deny_tcp: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()

        def attempts() -> list[int]:
            with socket.socket() as asking, socket.socket() as listening:
                return [error_of(lambda: asking.connect(address)), error_of(lambda: listening.bind(("127.0.0.1", 0)))]

        expected = errno.EACCES if deny_tcp else 0
        assert confined(attempts, Ruleset(deny_tcp=deny_tcp)) == [expected] * 2


def test_programs_are_confined_with_who_starts_them(place: Path) -> None:
    def act() -> int:
        return os.spawnlp(os.P_WAIT, "cat", "cat", str(place / "outside/file"))

    system = [path for path in ("/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache") if os.path.exists(path)]
    assert confined(act, Ruleset(system)) == 1
    assert confined(act, Ruleset([*system, str(place)])) == 0


def test_a_wall_that_cannot_be_put_up_is_an_error(place: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(FileNotFoundError, match="missing"):
        Ruleset([str(place / "missing")])
    assert len(os.listdir("/proc/self/fd")) == before

    def without_the_right_to() -> int:
        capabilities.drop_all()
        return error_of(Ruleset().restrict)

    assert in_fork(without_the_right_to) == errno.EPERM
    closed = Ruleset()
    closed.close()
    assert in_fork(lambda: error_of(closed.restrict)) != 0
