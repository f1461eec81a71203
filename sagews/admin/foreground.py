"""`sagews admin run`: one service of a site in the foreground, as a container has it.

This process makes all ready, starts the service as its user, and stays: SIGTERM
and SIGINT become the signal by which the service ends in good order, SIGHUP
the one by which it takes new files. As a container's first process it reaps
whatever loses its parent. The service writes its log to this one's stdout.
"""

import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from sagews.admin.deadline import Deadline
from sagews.admin.here.accounts import needed, see_to_users
from sagews.admin.here.answering import answers
from sagews.admin.here.checking import check
from sagews.admin.here.executing import start_as
from sagews.admin.here.files import write
from sagews.admin.here.keeper import Keeper
from sagews.admin.program import Program
from sagews.admin.programs import programs
from sagews.admin.site_machine import settings_of
from sagews.admin.supervisor.places import Places
from sagews.config.load import parse, text_of
from sagews.config.placement import for_machine, placed
from sagews.errors import ConfigurationError, ServiceError

PAUSE = 0.2
"""Seconds between two questions whether a service answers."""
READY_SECONDS = 20.0
"""Seconds for which it is tried again to make it ready."""
KILLED = 128
"""Added to the number of the signal that killed it, as shells do."""


def run(config: Path, name: str, seconds: float, tell: Callable[[str], None]) -> int:
    """Run a service to its end; return its exit status. What it needs has to answer within so many seconds.

    Raises SagewsError.
    """
    # The first process of a container has no action for it by default.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(KILLED + signal.SIGTERM))
    text = text_of(config)
    site = parse(text, str(config))
    own = next((each for each in placed(site) if each.name == name), None)
    if own is None:
        raise ConfigurationError("is no service of the site", name, f"it has {', '.join(p.name for p in placed(site))}")
    wanted = programs(site, own.machine.name)
    program = next(each for each in wanted if each.name == name)
    places, deadline = Places(for_machine(site, own.machine).data), Deadline(seconds)
    keeper = Keeper((program,), places, deadline)
    see_to_users(needed((program,), wanted))
    keeper.make_directories()
    check(program, places.data, deadline)
    write(settings_of(text, places, (program,)))
    keeper.lay_out(program)
    _await_needs(program, wanted, tell, deadline)
    _make_ready(keeper, program, tell)
    process = start_as(program.command, user=program.user, variables=program.environment)
    _pass_signals_on(process, program)
    while process.poll() is None and not answers(program):
        time.sleep(PAUSE)
    if process.returncode is None:
        keeper.settle(program)
        tell(f"{name}: answers")
    return _end_of(process)


def _await_needs(program: Program, others: Iterable[Program], tell: Callable[[str], None], deadline: Deadline) -> None:
    """Wait until one service answers of each kind that has to before this one starts, if this machine has any."""
    for kind in sorted(program.needs):
        needed = [each for each in others if each.kind == kind]
        if needed and not any(map(answers, needed)):
            tell(f"{program.name}: waits for {kind}")
            while not any(map(answers, needed)):
                if deadline.over:
                    raise ServiceError(f"needs a {kind}, and none answers", program.name, "start that, too")
                time.sleep(PAUSE)


def _make_ready(keeper: Keeper, program: Program, tell: Callable[[str], None]) -> None:
    """Do what has to be done before the start; a database that answers may lack its roles for a moment."""
    end = Deadline(READY_SECONDS)
    while True:
        try:
            return keeper.make_ready(program)
        except ServiceError as error:
            if end.over:
                raise
            tell(str(error))
            time.sleep(1)


def _pass_signals_on(process: "subprocess.Popen[bytes]", program: Program) -> None:
    def end(*_: object) -> None:
        process.send_signal(signal.Signals[f"SIG{program.stop_signal}"])
        signal.alarm(math.ceil(program.stop_seconds))

    def reload(*_: object) -> None:
        if program.reload_signal:
            process.send_signal(signal.Signals[f"SIG{program.reload_signal}"])

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGHUP, reload)
    signal.signal(signal.SIGALRM, lambda *_: process.kill())


def _end_of(process: "subprocess.Popen[bytes]") -> int:
    """Reap until the service itself has ended; return its exit status."""
    if process.returncode is None:
        while True:
            ended, status = os.waitpid(-1, 0)
            if ended == process.pid:
                process.returncode = os.waitstatus_to_exitcode(status)
                break
    return process.returncode if process.returncode >= 0 else KILLED - process.returncode
