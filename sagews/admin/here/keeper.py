"""One machine's supervisord, and single steps with one program of it."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from sagews.admin.deadline import Deadline
from sagews.admin.here.accounts import group_of
from sagews.admin.here.answering import answers, patience, place, stranger
from sagews.admin.here.difference import Step
from sagews.admin.here.executing import execute, home
from sagews.admin.here.files import give, see_to, told, write
from sagews.admin.program import SECRET_MODE, OwnedDirectory, Program, WrittenFile
from sagews.admin.supervisor import daemon
from sagews.admin.supervisor.asking import DOWN, UP, Fault, Process, State, Supervisor
from sagews.admin.supervisor.configuration import configuration
from sagews.admin.supervisor.leftovers import end_leftovers, is_marked
from sagews.admin.supervisor.places import Places
from sagews.errors import ConfigurationError, ServiceError

COMMAND_SECONDS = 120.0
"""Seconds that a command which prepares or settles a program may take."""
STOP_MARGIN = 10.0
"""Seconds beyond its own after which a program that was killed has to be gone."""
FREE_SECONDS = 3.0
"""Seconds after an end within which a port is free again."""
TRIES = 3
"""Starts after which a program is said to fail; supervisord goes on trying."""
LOG_TAIL = 4096
LOG_READER = "logwatch"
"""The kind of service that reads all logs of its machine."""


class Keeper:
    """The supervisord of this machine."""

    def __init__(self, programs: Sequence[Program], places: Places, deadline: Deadline) -> None:
        self._programs = programs
        self._places = places
        self._deadline = deadline
        self.supervisor = self._supervisor = Supervisor(places.socket)
        self._stale: set[str] = set()

    def runs(self) -> bool:
        """Whether it runs. Raises ServiceError if it hangs, or if something else answers."""
        return self._supervisor.runs()

    def ours(self) -> Callable[[int], bool]:
        """Return what says whether a process was started by this supervisord, or by one that was killed."""
        session = int(self._supervisor.ask("supervisor.getPID")) if self.runs() else -1

        def ours(process: int) -> bool:
            with suppress(OSError):
                return os.getsid(process) == session or is_marked(process, self._places.socket)
            return False

        return ours

    def processes(self) -> dict[str, Process]:
        """Return what it says of each program."""
        return self._supervisor.processes()

    def make_directories(self) -> None:
        """Make the machine's own directories. Raises ConfigurationError for one that is not as it should be."""
        places, shared = self._places, os.getuid() == 0
        open_mode = 0o711 if shared else 0o700
        try:
            for path, mode in ((places.data, open_mode), (places.logs, 0o700), (places.settings.parent, open_mode)):
                if not path.exists():
                    see_to(OwnedDirectory(path=path, mode=mode))
            see_to(OwnedDirectory(path=places.directory))
            closed = not places.data.stat().st_mode & 0o001
        except OSError as error:
            raise told(error, places.data) from error
        if users := sorted({program.user for program in self._programs if program.user and shared and closed}):
            what = f"lets user {users[0]} not get to the files of its service"
            raise ConfigurationError(what, str(places.data), "chmod 0711 it")

    def clear(self) -> int:
        """End what a supervisord that was killed has left; return how many processes that were."""
        return 0 if self.runs() else end_leftovers(self._places.socket, self._deadline)

    def bring_up(self) -> None:
        """Have supervisord run with the newest configuration."""
        self._share_logs()
        user = "root" if os.getuid() == 0 else ""
        programs = [replace(p, environment={**home(p.user), **p.environment}) for p in self._programs]
        text = configuration(programs, self._places, user=user, open_files=daemon.open_files())
        write(WrittenFile(path=self._places.configuration, text=text, mode=SECRET_MODE))
        if not self.runs():
            daemon.start(self._places, self._deadline)
            return
        try:
            added, changed, _ = self._supervisor.reread()
        except Fault as fault:
            raise ServiceError(f"refuses its configuration: {fault.word}", "supervisord", "") from fault
        self._stale = added | changed

    def _share_logs(self) -> None:
        """Let whom logs are shipped by read them, and nobody else: new files get the directory's group (inode(7))."""
        readers = [program.user for program in self._programs if program.kind == LOG_READER and program.user]
        if not readers or os.getuid():
            return
        logs = self._places.logs
        try:
            for path in (logs, *logs.iterdir()):
                os.chown(path, -1, group_of("", readers[0]), follow_symlinks=False)
            logs.chmod(0o2750)
        except OSError as error:
            raise told(error, logs) from error

    def lay_out(self, program: Program) -> None:
        """Make a program's directories and write its files."""
        for directory in program.directories:
            see_to(directory)
        for file in program.files:
            write(file)

    def share(self, program: Program) -> None:
        """Let a program's user read what it has to, which may be there anew."""
        if program.user and os.getuid() == 0:
            for path in program.reads:
                if path.is_relative_to(self._places.data):
                    give(path, group_of("", program.user))

    def begin(self, program: Program, todo: Step) -> None:
        """Do what makes a program start or reload, without waiting for it."""
        if todo is Step.LEAVE:
            return
        if todo is Step.RELOAD:
            self._supervisor.ask("supervisor.signalProcess", program.name, program.reload_signal)
            return
        self.make_ready(program)
        self._renew(program)
        self._refuse_taken(program)
        try:
            self._supervisor.ask("supervisor.startProcess", program.name, False)
        except Fault as fault:
            if not fault.word.startswith("ALREADY_STARTED"):
                raise ServiceError(f"could not be started: {fault.word}", program.name, f"see {program.log}") from fault

    def make_ready(self, program: Program) -> None:
        """Run what has to be done before each start."""
        self._command(program, program.migrate, "could not be prepared", user="")
        self._command(program, program.prepare, "could not be prepared", user=program.user)

    def wait(self, program: Program) -> None:
        """Wait until a program answers. Raises ServiceError if it does not in its time, or ends again and again."""
        end = Deadline(self._deadline.step(program.start_seconds))
        seen: set[int] = set()
        pause = 0.05
        while not answers(program, self._deadline.step(patience(program))):
            process = self.processes()[program.name]
            seen.add(process.pid)
            if process.state in DOWN or (process.state is State.BACKOFF and len(seen - {0}) >= TRIES):
                raise self._failure(program, f"ended ({process.why or process.state.lower()})")
            if end.over:
                if self._deadline.over:
                    raise self._deadline.passed(program.name)
                raise self._failure(program, f"does not answer after {program.start_seconds:g} s")
            time.sleep(pause)
            pause = min(0.5, pause * 1.5)
        # It might be somebody else who answers, while this one ends again and again.
        process = self.processes()[program.name]
        if process.state not in UP:
            raise self._failure(program, f"ended ({process.why or process.state.lower()})")

    def settle(self, program: Program) -> None:
        """Run what has to be done once a program answers."""
        self._command(program, program.settle, "could not be settled", user=program.user)
        self._command(program, program.complete, "could not be settled", user="")

    def stop(self, names: Sequence[str]) -> Iterator[tuple[str, bool]]:
        """Stop programs at the same time; yield each name once it is down, and whether it ran.

        What does not end in its time is killed by supervisord, with its process group.
        """
        before = self.processes()
        seconds = {program.name: program.stop_seconds for program in self._programs}
        for name in names:
            if name in before and before[name].state not in DOWN:
                with suppress(Fault):
                    self._supervisor.ask("supervisor.stopProcess", name, False)
        for name in names:
            end = Deadline(self._deadline.step(seconds.get(name, 60.0) + STOP_MARGIN))
            while (process := self.processes().get(name)) is not None and process.state not in DOWN:
                if end.over:
                    if self._deadline.over:
                        raise self._deadline.passed(name)
                    raise ServiceError("does not end, though it was killed", name, f"see process {process.pid}")
                time.sleep(0.05)
            yield name, name in before and before[name].state not in DOWN

    def remove(self, names: Sequence[str]) -> None:
        """Have supervisord forget programs that are stopped."""
        for name in names:
            with suppress(Fault):
                self._supervisor.ask("supervisor.removeProcessGroup", name)

    def end(self) -> None:
        """End supervisord, whose programs have ended, and whatever it has left."""
        daemon.end(self._places, self._deadline)

    def _renew(self, program: Program) -> None:
        """Have supervisord take the newest settings of a program that does not run."""
        process = self.processes().get(program.name)
        if process is not None and process.state in (State.BACKOFF, State.STOPPING):
            list(self.stop([program.name]))
        if program.name in self._stale or process is None:
            self.remove([program.name])
            with suppress(Fault):
                self._supervisor.ask("supervisor.addProcessGroup", program.name)
            self._stale.discard(program.name)

    def _refuse_taken(self, program: Program) -> None:
        address = place(program)
        end = Deadline(self._deadline.step(FREE_SECONDS))
        process = self.processes().get(program.name)
        if not address or (process is not None and process.state in UP):
            return
        while who := stranger(address, lambda _: False):
            if end.over:
                what = f"{address} is in use by {who}"
                raise ServiceError(what, program.name, "end it, or choose another port")
            time.sleep(0.1)

    def _command(self, program: Program, command: Sequence[str], what: str, *, user: str) -> None:
        if not command:
            return
        seconds = self._deadline.step(COMMAND_SECONDS)
        wrong = execute(command, seconds, user=user, directory=program.directory, variables=program.environment)
        if wrong is not None:
            raise ServiceError(f"{what}: {wrong}", program.name, "correct what it says, then start again")

    def _failure(self, program: Program, what: str) -> ServiceError:
        said = ""
        with suppress(OSError), open(program.log, "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LOG_TAIL))
            lines = file.read().decode(errors="replace").strip().splitlines()
            said = f", its last line: {lines[-1][:300]}" if lines else ""
        return ServiceError(f"{what}{said}", program.name, f"see {program.log}; it is tried again and again")
