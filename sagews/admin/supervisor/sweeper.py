"""Ends what a program that ended has left behind; a listener to events of its supervisord.

Started by supervisord as its first program and stopped as its last, by the
protocol of supervisord's event listeners: a line READY, a header and a body
for each event, the answer RESULT. Standard library only; a script, with no
module of sagews, so that it is small.

Supervisord leads the Unix session that all its programs live in, and each
program leads a process group. A group whose leader is gone belongs to a
program that ended, such as the workers of an nginx whose master was killed:
they would keep its port for ever, and are killed.

The end of stdin says that supervisord was killed. Then everything in the
session is asked to end by SIGINT, which every service takes for "at once",
and killed after a while.
"""

import os
import signal
import sys
import time
from contextlib import suppress

GENTLE_SECONDS = 8.0
"""Seconds that programs have to end after supervisord was killed."""


def main() -> None:
    """Listen to events until stdin ends, then end whatever supervisord has started."""
    session = os.getsid(0)
    if session != os.getppid():
        return  # Started by hand, or by a supervisord that leads no session: others' processes may be in it.
    # By which what is left is asked to end, here as by the next start: not this, which sees to the rest.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        while event():
            sweep(session)
            _say("RESULT 2\nOK")
    except BrokenPipeError:
        pass
    end_all(session)


def event() -> bool:
    """Say that an event is wanted and read one; return False if there will be none."""
    _say("READY\n")
    header = sys.stdin.readline()
    sys.stdin.read(int(dict(word.split(":", 1) for word in header.split()).get("len", "0")))
    return bool(header)


def sweep(session: int) -> None:
    """Kill every process of the session whose group has no leader any more."""
    found = members(session)
    alive = {process for process, _ in found}
    for process, group in found:
        if group not in alive:
            _signal(process, signal.SIGKILL)


def end_all(session: int) -> None:
    """End all other processes of the session: asked first, killed after GENTLE_SECONDS."""
    end = time.monotonic() + GENTLE_SECONDS
    for process in _others(session):
        _signal(process, signal.SIGINT)
        _signal(process, signal.SIGCONT)
    while _others(session) and time.monotonic() < end:
        time.sleep(0.05)
    while left := _others(session):
        for process in left:
            _signal(process, signal.SIGKILL)
        time.sleep(0.05)


def members(session: int) -> list[tuple[int, int]]:
    """Return process id and process group of each process of a session (proc(5)) that is not a zombie."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                    fields = file.read().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == session and fields[0] not in "ZX":
                found.append((int(name), int(fields[2])))
    return found


def _others(session: int) -> list[int]:
    return [process for process, _ in members(session) if process != os.getpid()]


def _signal(process: int, number: int) -> None:
    with suppress(OSError):  # It may have ended by now.
        os.kill(process, number)


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
