"""Starting and ending a machine's supervisord, which turns itself into a daemon."""

import os
import resource
import select
import subprocess
import sys
import time

from sagews.admin.deadline import Deadline
from sagews.admin.supervisor.asking import Supervisor
from sagews.admin.supervisor.leftovers import end_leftovers, leftovers
from sagews.admin.supervisor.places import Places
from sagews.errors import ServiceError

START_SECONDS = 20.0
"""Seconds that it may take to start."""
END_SECONDS = 60.0
"""Seconds that it may take to end, with its programs stopped before."""
MOST_OPEN_FILES = 65536
"""Open files that a program may have, where the system's limit is not lower."""
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PASSED_ON = ("HOME", "USER", "LOGNAME", "SAGEWS_RUN", "SAGEWS_TEST")
"""Variables that programs have from whoever starts the site: who that is, and the marks by which a test finds what it
started."""


def open_files() -> int:
    """Return how many files a program may have open; supervisord sets this limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_OPEN_FILES)


def environment() -> dict[str, str]:
    """Return the environment of supervisord and its programs: no more than they need, and no secret."""
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {"PATH": PATH, "LANG": "C.UTF-8", **passed}


def start(places: Places, deadline: Deadline) -> None:
    """Start supervisord with the configuration that is written. Raises ServiceError, TimeLimitError."""
    command = [sys.executable, "-P", "-m", "supervisor.supervisord", "-c", str(places.configuration)]
    try:
        done = subprocess.run(
            command,
            env=environment(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=deadline.step(START_SECONDS),
            umask=0o077,
        )
    except subprocess.TimeoutExpired as error:
        raise ServiceError("did not start in time", "supervisord", f"see {places.log}") from error
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
        raise ServiceError(f"did not start: {said[-1] if said else ''}", "supervisord", f"see {places.log}")
    supervisor = Supervisor(places.socket)
    end = Deadline(deadline.step(START_SECONDS))
    while not supervisor.runs():
        if end.over:
            raise ServiceError("started, but does not answer", "supervisord", f"see {places.log}")
        time.sleep(0.05)


def end(places: Places, deadline: Deadline) -> None:
    """End supervisord, whose programs have ended, and see that nothing is left. Raises TimeLimitError."""
    supervisor = Supervisor(places.socket)
    if supervisor.runs():
        descriptor = os.pidfd_open(supervisor.ask("supervisor.getPID"))
        try:
            supervisor.ask("supervisor.shutdown")
            if not select.select([descriptor], [], [], deadline.step(END_SECONDS))[0]:
                raise deadline.passed("supervisord")
        finally:
            os.close(descriptor)
    gentle = Deadline(2.0)
    while leftovers(places.socket) and not gentle.over:
        time.sleep(deadline.step(0.05))
    end_leftovers(places.socket, deadline)
