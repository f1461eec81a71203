"""What is written and kept around programs: their users, their logs, and volumes that are full."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sagews.admin.here.words import Condition
from sagews.admin.program import Answers, OwnedDirectory, WrittenFile
from sagews.errors import ConfigurationError, ServiceError
from tests.processes import wait_until
from tests.site.admin.ground import Ground

ROOT = os.getuid() == 0
NOBODY, NOBODY_GROUP = "nobody", "nogroup"


@pytest.mark.skipif(not ROOT, reason="only root can start a program as somebody else")
def test_a_program_runs_as_its_user_who_reads_its_own_secret(ground: Ground) -> None:
    plain = ground.program("one")
    folder = OwnedDirectory(path=ground.places.data / "of-nobody", owner=NOBODY)
    secret = WrittenFile(path=folder.path / "secret", text="secret", mode=0o600, owner=NOBODY)
    whoami = ("/bin/sh", "-c", f'test "$(id -un)" = {NOBODY} && test "$HOME" = "$(eval echo ~{NOBODY})"')
    program = replace(
        plain,
        command=("/bin/sh", "-c", f"touch {folder.path}/ready; sleep 600"),
        answers=Answers(command=("/usr/bin/test", "-e", f"{folder.path}/ready")),
        user=NOBODY,
        directories=(folder,),
        files=(secret,),
        check=("/bin/grep", "-q", "secret", "{root}" + str(secret.path)),
        prepare=whoami,
        settle=whoami,
    )
    assert ground.machine([program]).start() == 0, ground.said
    process = ground.status([program])["one"].pid
    assert Path(f"/proc/{process}").stat().st_uid == secret.path.stat().st_uid == folder.path.stat().st_uid != 0
    assert stat.S_IMODE(secret.path.stat().st_mode) == 0o600
    assert "secret\n" not in ground.places.configuration.read_text() + ground.places.started.read_text()
    private = ground.places.data / "supervisor" / "sh"
    private.symlink_to("/bin/sh")
    for wrong, what in (
        (replace(program, user="no-such-user"), "no-such-user: is no user of this machine"),
        (replace(program, command=(str(private),)), "user nobody cannot execute it"),
    ):
        with pytest.raises(ConfigurationError, match=what):
            ground.machine([wrong]).start()
        assert Path(f"/proc/{process}").exists()


@pytest.mark.skipif(not ROOT, reason="only root can give files away")
def test_a_directory_takes_in_what_belongs_into_it_and_is_opened_but_never_closed(ground: Ground) -> None:
    folder, data = ground.places.data / "of-nobody", ground.places.data
    data.mkdir()
    (data / "keys").write_text("old")
    wanted = OwnedDirectory(path=folder, owner=NOBODY, adopts=(data / "keys", data / "none"))
    program = ground.program("one", files=(WrittenFile(path=data / "one.txt", text="one"),), directories=(wanted,))
    program = replace(program, command=(*program.command[:-1], str(data / "one.txt")))
    assert ground.machine([program]).start() == 0, ground.said
    assert (folder / "keys").read_text() == "old" and not (data / "keys").exists()
    assert (folder / "keys").stat().st_uid == folder.stat().st_uid != 0
    # What is there is not overwritten.
    (data / "keys").write_text("another")
    opened = replace(wanted, mode=0o710, group=NOBODY_GROUP)
    assert ground.machine([replace(program, directories=(opened,), stop_seconds=4.0)]).start() == 0, ground.said
    assert (folder / "keys").read_text() == "old"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o710
    with pytest.raises(ConfigurationError, match="has mode 0710, not 0700"):
        ground.machine([program]).start()


@pytest.mark.skipif(ROOT, reason="root can start a program as anybody")
def test_an_ordinary_user_cannot_start_a_program_as_somebody_else(ground: Ground) -> None:
    with pytest.raises(ConfigurationError, match="only root can start a service as this user"):
        ground.machine([ground.program("one", user="root")]).start()


def test_a_secret_that_is_missing_is_told_before_anything_starts(ground: Ground) -> None:
    program = ground.program("one", reads=(ground.places.data / "key.pem",))
    with pytest.raises(ConfigurationError, match=r"key\.pem is missing.*sagews admin install"):
        ground.machine([program]).start()
    (ground.places.data / "key.pem").write_text("")
    assert ground.machine([program]).start() == 0


def test_what_prepares_and_settles_a_program_has_to_succeed(ground: Ground) -> None:
    mark = ground.places.data.parent / "mark"
    prepared = ground.program("prepared", prepare=("/usr/bin/touch", str(mark)))
    failing = ground.program("failing", settle=("/bin/sh", "-c", "echo no tables; exit 7"))
    above = ground.program("above", needs=frozenset({"failing"}))
    assert ground.machine([prepared, failing, above]).start() == 3
    assert mark.exists() and "started" in ground.words("prepared")
    assert "could not be settled: ended with status 7: no tables" in ground.words("failing")
    assert "left as it is, since failing failed" in ground.words("above")
    # Twice is harmless, and a program that is not settled is not taken for one that is as the file says.
    assert ground.status([prepared, failing])["failing"].changed


def test_a_program_that_runs_is_settled_again_and_completed_after_that(ground: Ground) -> None:
    mark = ground.places.data.parent / "mark"
    settle, complete = (("/bin/sh", "-c", f'echo {word} >> "$0"', str(mark)) for word in ("settled", "completed"))
    program = ground.program("one", settle=settle, complete=complete)
    for _ in range(2):
        assert ground.machine([program]).start() == 0, ground.said
    assert ground.words("one") == "runs" and mark.read_text().split() == ["settled", "completed"] * 2
    assert ground.machine([replace(program, complete=("/bin/false",))]).start() == 3


def test_logs_are_captured_and_rotated(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sagews.admin.supervisor.configuration.LOG_BYTES", 20_000)
    code = "import sys, time; [print(f'{i:09}', file=(sys.stdout, sys.stderr)[i % 2], flush=True) for i in range(5000)]"
    program = ground.program("talks")
    talks = replace(
        program,
        command=(sys.executable, "-I", "-S", "-c", f"{code}; time.sleep(600)"),
        answers=Answers(command=("/bin/true",)),
    )
    assert ground.machine([talks]).start() == 0

    def written() -> str:
        files = sorted(talks.log.parent.glob("talks.log*"), key=lambda file: (len(file.name), file.name))
        assert len(files) <= 4
        return "".join(file.read_text() for file in reversed(files))

    # How much goes into one file depends on how much is read at once; it may have been rotated after the last line.
    wait_until(lambda: "000004999\n" in written(), 20, "the last line is there")
    assert written() == "".join(f"{i:09}\n" for i in range(5000))
    assert talks.log.with_name("talks.log.1").exists()


@pytest.mark.skipif(not ROOT, reason="only root can start a program as somebody else")
def test_who_ships_logs_can_read_them_and_nobody_else(ground: Ground) -> None:
    talks = ground.program("talks")
    ships = replace(
        ground.program("logwatch", files=(), directories=(), needs=frozenset({"talks"})),
        command=("/usr/bin/tail", "-f", str(talks.log)),
        answers=Answers(command=("/usr/bin/test", "-r", str(talks.log))),
        user=NOBODY,
        may_end=True,
    )
    assert ground.machine([talks]).start() == 0
    assert stat.S_IMODE(talks.log.parent.stat().st_mode) == 0o700
    assert ground.machine([talks, ships]).start() == 0, ground.said
    wait_until(lambda: "begins" in ships.log.read_text(), 10, "the log is read")
    assert stat.S_IMODE(talks.log.parent.stat().st_mode) == 0o2750
    assert stat.S_IMODE(ships.log.stat().st_mode) == 0o640
    assert {talks.log.stat().st_gid, ships.log.stat().st_gid} == {talks.log.parent.stat().st_gid} != {0}


@pytest.fixture
def small_volume(ground: Ground) -> Iterator[Path]:
    """Give a volume of 200 KB where the programs' texts go."""
    folder = ground.places.data / "texts"
    folder.mkdir(parents=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k,mode=0700", "none", str(folder)], check=False)
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a volume")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.skipif(not ROOT, reason="only root can mount a volume")
def test_a_full_volume_is_told_by_name_and_stops_nothing(ground: Ground, small_volume: Path) -> None:
    assert ground.machine([ground.program("one", "1" * 50_000)]).start() == 0
    process, _ = ground.page("one")
    filler = small_volume / "filler"
    with pytest.raises(OSError), filler.open("wb") as file:
        file.write(b"0" * 1_000_000)
    larger = [replace(ground.program("one", "2" * 60_000), reload_signal="HUP")]
    assert ground.machine(larger).start() == 3
    assert f"volume {small_volume}: no space is left" in ground.words("one")
    assert ground.page("one") == (process, "1" * 50_000)
    assert not list(small_volume.glob(".*"))
    filler.unlink()
    assert ground.machine(larger).start() == 0
    assert ground.page("one")[1] == "2" * 60_000
    assert ground.status(larger)["one"].condition is Condition.RUNNING


def test_who_answers_on_the_socket_without_being_supervisord_is_told(ground: Ground) -> None:
    import socket

    ground.places.directory.mkdir(parents=True, mode=0o700)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(ground.places.socket))
        # A stale socket, on which nobody listens, is no hindrance.
        assert ground.machine([ground.program("one")]).start() == 0
        assert ground.machine([ground.program("one")]).stop() == 0
    server = subprocess.Popen(
        [sys.executable, "-c", _IMPOSTOR, str(ground.places.socket)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None and server.stdout.readline() == "ready\n"
        with pytest.raises(ServiceError, match="is answered by something that is not supervisord"):
            ground.machine([ground.program("one")]).start()
        assert server.poll() is None
    finally:
        server.kill()
        server.communicate()


_IMPOSTOR = """
import socket, sys
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen()
print("ready", flush=True)
while True:
    peer, _ = server.accept()
    peer.recv(65536)
    peer.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\nhello")
    peer.close()
"""
