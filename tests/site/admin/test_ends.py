"""Programs and supervisords that end, hang or do not start, and commands that keep their time all the same."""

import os
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from sagews.admin.here.words import Condition
from sagews.admin.program import Answers, OwnedDirectory
from sagews.admin.supervisor.leftovers import leftovers
from sagews.errors import ConfigurationError, SagewsError, ServiceError, TimeLimitError
from tests.processes import wait_until
from tests.site.admin.ground import Ground

EXECUTES = "os.execv(sys.executable, [sys.executable, '-I', '-S', *sys.argv[1:]])"
LEAVES_A_CHILD = f"import os, sys; os.fork() or {EXECUTES}; os.waitpid(-1, 0)"
"""A program whose child is what listens, as nginx has it; the child outlives a killed parent."""


def test_a_program_that_is_killed_runs_again(ground: Ground) -> None:
    programs = [ground.program("one")]
    assert ground.machine(programs).start() == 0
    first, _ = ground.page("one")
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: ground.status(programs)["one"].condition is Condition.RUNNING, 20, "it runs again")
    assert ground.page("one")[0] != first


def test_a_program_that_cannot_start_is_told_with_its_last_line_and_tried_again(ground: Ground) -> None:
    needs = frozenset({"broken"})
    programs = [ground.program("broken", "ends"), ground.program("fine"), ground.program("above", needs=needs)]
    assert ground.machine(programs, 30).start() == 3
    assert "told to end" in ground.words("broken")
    assert "left as it is, since broken failed" in ground.words("above")
    assert ground.page("fine")[1] == "one"
    status = ground.status(programs)
    assert status["broken"].condition is Condition.RESTARTING
    assert status["above"].condition is Condition.STOPPED
    # The pause grows by a second each time, and no processor is spent meanwhile.
    starts = Path(programs[0].log).read_text().count("told to end")
    assert starts <= 5
    fixed = [ground.program("broken"), *programs[1:]]
    assert ground.machine(fixed, 30).start() == 0
    assert ground.page("above")[1] == "one"


def test_a_hung_program_is_stopped(ground: Ground) -> None:
    programs = [ground.program("hung", stop_seconds=1.0), ground.program("other")]
    assert ground.machine(programs).start() == 0
    process, _ = ground.page("hung")
    os.kill(process, signal.SIGSTOP)
    before = time.monotonic()
    assert ground.machine(programs, 30).stop(["hung"]) == 0
    assert time.monotonic() - before < 10
    assert not Path(f"/proc/{process}").exists()
    assert ground.page("other")[1] == "one"


def test_a_stop_that_takes_too_long_ends_in_its_time_and_the_next_start_waits_for_it(ground: Ground) -> None:
    programs = [ground.program("hung", stop_seconds=3.0)]
    assert ground.machine(programs).start() == 0
    process, _ = ground.page("hung")
    os.kill(process, signal.SIGSTOP)
    with pytest.raises(TimeLimitError, match="hung: was not done within 1 s"):
        ground.machine(programs, 1.0).stop()
    assert ground.status(programs)["hung"].condition is Condition.STOPPING
    assert ground.machine(programs).start() == 0
    assert ground.page("hung")[0] != process


def test_a_hung_program_is_told_as_silent(ground: Ground) -> None:
    programs = [ground.program("hung", start_seconds=1.0)]
    assert ground.machine(programs).start() == 0
    process, _ = ground.page("hung")
    os.kill(process, signal.SIGSTOP)
    wait_until(lambda: ground.status(programs)["hung"].condition is Condition.SILENT, 20, "it is told")
    assert ground.machine(programs).start() == 3
    assert "does not answer" in ground.words("hung")
    os.kill(process, signal.SIGCONT)
    assert ground.machine(programs).start() == 0 and ground.page("hung")[0] == process


def test_what_a_killed_program_leaves_on_its_port_is_ended(ground: Ground) -> None:
    plain = ground.program("one")
    programs = [replace(plain, command=(sys.executable, "-I", "-S", "-c", LEAVES_A_CHILD, *plain.command[3:]))]
    assert ground.machine(programs).start() == 0
    child, _ = ground.page("one")
    os.kill(ground.status(programs)["one"].pid, signal.SIGKILL)
    wait_until(lambda: not Path(f"/proc/{child}").exists(), 10, "the child is gone")
    wait_until(lambda: ground.status(programs)["one"].condition is Condition.RUNNING, 30, "it runs again")
    assert ground.page("one")[0] != child


def test_a_killed_supervisord_takes_its_programs_with_it(ground: Ground) -> None:
    plain = ground.program("two")
    programs = [
        ground.program("one"),
        replace(plain, command=(sys.executable, "-I", "-S", "-c", LEAVES_A_CHILD, *plain.command[3:])),
    ]
    assert ground.machine(programs).start() == 0
    before = [ground.page(name)[0] for name in ("one", "two")]
    os.kill(ground.pid(), signal.SIGKILL)
    wait_until(lambda: not any(Path(f"/proc/{process}").exists() for process in before), 15, "all have ended")
    assert ground.machine(programs).start() == 0
    assert not set(before) & {ground.page(name)[0] for name in ("one", "two")}


def test_programs_whose_supervisord_and_sweeper_were_killed_are_ended_by_the_next_start(ground: Ground) -> None:
    programs = [ground.program("one"), ground.program("two")]
    assert ground.machine(programs).start() == 0
    before = {ground.page(name)[0] for name in ("one", "two")}
    sweepers = [process for process in leftovers(ground.places.socket) if process not in before]
    assert len(sweepers) == 1
    pid = ground.pid()
    os.kill(pid, signal.SIGSTOP)
    os.kill(sweepers[0], signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not ground.supervisor.runs(), 5, "the supervisord is gone")
    assert {ground.page(name)[0] for name in ("one", "two")} == before
    assert ground.machine(programs).start() == 0
    assert "ended 2 processes" in ground.words()
    assert not before & {ground.page(name)[0] for name in ("one", "two")}


def test_a_hung_supervisord_is_told_and_not_signalled(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = [ground.program("one")]
    assert ground.machine(programs).start() == 0
    monkeypatch.setattr("sagews.admin.supervisor.asking.QUESTION_SECONDS", 1.0)
    pid = ground.pid()
    os.kill(pid, signal.SIGSTOP)
    try:
        for verb in ("start", "stop"):
            with pytest.raises(ServiceError, match="does not answer within 1 s; end it yourself"):
                getattr(ground.machine(programs), verb)()
    finally:
        os.kill(pid, signal.SIGCONT)
    assert ground.machine(programs).stop() == 0


def test_a_start_that_takes_too_long_ends_in_its_time(ground: Ground) -> None:
    silent = ground.program("silent", answers=Answers(command=("/bin/false",)))
    before = time.monotonic()
    with pytest.raises(TimeLimitError):
        ground.machine([silent], 2.0).start()
    assert time.monotonic() - before < 6
    slow = ground.program("slow", prepare=("/bin/sleep", "60"))
    with pytest.raises(SagewsError):
        ground.machine([silent, slow], 2.0).start()
    assert time.monotonic() - before < 12


def test_starts_at_the_same_time_follow_one_another(ground: Ground) -> None:
    programs = [ground.program("one"), ground.program("two")]
    machines = [ground.machine(programs) for _ in range(6)]
    ended: list[int] = []
    threads = [threading.Thread(target=lambda m=machine: ended.append(m.start())) for machine in machines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert ended == [0] * 6
    assert sum("started" in word.what for word in ground.said) == 2
    assert len(leftovers(ground.places.socket)) == 3


def test_the_pid_of_a_stranger_in_the_pid_file_is_left_alone(ground: Ground) -> None:
    programs = [ground.program("one")]
    ground.places.directory.mkdir(parents=True, mode=0o700)
    ground.places.pid.write_text(f"{os.getpid()}\n")
    assert ground.machine(programs).stop() == 0
    assert ground.machine(programs).start() == 0
    assert int(ground.places.pid.read_text()) == ground.pid()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a directory to somebody else")
def test_a_directory_of_another_owner_or_mode_is_refused(ground: Ground) -> None:
    path = ground.places.data / "of-one"
    program = ground.program("one", directories=(OwnedDirectory(path=path),), files=())
    path.mkdir(parents=True)
    path.chmod(0o777)
    with pytest.raises(ConfigurationError, match=r"of-one: has mode 0777, not 0700; chmod 0700"):
        ground.machine([program]).start()
    path.chmod(0o700)
    os.chown(path, 65534, 65534)
    with pytest.raises(ConfigurationError, match="of-one: belongs to user 65534, not to root"):
        ground.machine([program]).start()
    assert not ground.supervisor.runs()
