"""This machine: its programs as the configuration has them, its supervisord, and the verbs that bring them together.

One command at a time changes a machine; each step is told as it is done. What
fails is told, with the exit status that it makes; what does not depend on it
goes on, but nothing else that runs is stopped then. Whatever is not done at
the end, the same command does when it is given again.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby

from sagews.admin.deadline import Deadline
from sagews.admin.here import draining
from sagews.admin.here.accounts import needed, see_to_users
from sagews.admin.here.checking import check, refuse_strangers
from sagews.admin.here.difference import Step, chosen, gone, in_order, started, step
from sagews.admin.here.files import write
from sagews.admin.here.keeper import Keeper
from sagews.admin.here.lock import locked
from sagews.admin.here.memory import Memory
from sagews.admin.here.status import status, unknown
from sagews.admin.here.words import Status, Word
from sagews.admin.program import Program, WrittenFile
from sagews.admin.supervisor.asking import UP, Process
from sagews.admin.supervisor.places import Places
from sagews.errors import ConfigurationError, SagewsError, ServiceError, TimeLimitError

FAULT = 1
"""Exit status: something is not as the configuration says."""
FAILED = ServiceError.exit_status


class Machine:
    """The programs of one machine and what keeps them."""

    def __init__(
        self,
        programs: Sequence[Program],
        places: Places,
        tell: Callable[[Word], None],
        deadline: Deadline,
        shared: Sequence[WrittenFile] = (),
    ) -> None:
        self.programs = in_order(programs)
        """All programs of the machine, in the order in which they start."""
        self.places = places
        self._shared = shared
        self._tell = tell
        self._deadline = deadline
        self._keeper = Keeper(self.programs, places, deadline)
        self._failed: set[str] = set()
        self._lost: set[str] = set()
        self._worst = 0

    def check(self, names: Sequence[str] = ()) -> int:
        """See whether the programs could run as the configuration says, and change nothing. Raises SagewsError."""
        wanted = self._chosen(names)
        with self._alone():
            self._check(wanted, self._steps(wanted), change=False)
        return 0

    def start(self, names: Sequence[str] = ()) -> int:
        """Bring the programs of these names or kinds, or all, to what the configuration says; return the status.

        With all goes the end of what the configuration has no more. Raises SagewsError, with nothing stopped or
        changed, where the configuration or the machine does not allow it.
        """
        wanted = self._chosen(names)
        with self._alone():
            steps = self._steps(wanted)
            self._check([program for program in wanted if steps[program.name] is not Step.LEAVE], steps)
            self._bring_up()
            self._take_back(wanted)
            if not names:
                self._stop_gone()
            for _, group in groupby(wanted, key=lambda program: program.kind):
                self._close(list(group), steps)
        return self._worst

    def drain(self, names: Sequence[str] = ()) -> int:
        """Empty the backends and workers of these names or kinds, or all; return when they have ended.

        Other commands may go on meanwhile. Raises TimeLimitError when they have not ended in time; they go on.
        """
        wanted = [program for program in self._chosen(names) if program.kind in draining.DRAINED]
        with self._alone():
            drained, processes = draining.Drained(self.places.drained), self._processes()
            for program in wanted:
                if draining.over(processes.get(program.name)):
                    self._say(program.name, "does not run")
                elif program.name not in drained.names:
                    draining.begin(self._keeper.supervisor, program.name, program.kind)
                    self._say(program.name, "drains")
                drained.add(program.name)
        left = {program.name for program in wanted if not draining.over(processes.get(program.name))}
        while left:
            kept, processes = draining.Drained(self.places.drained).names, self._processes()
            for name in sorted(left):
                if draining.over(processes.get(name)) or name not in kept:
                    self._say(name, "is drained" if name in kept else "was taken back", 0 if name in kept else FAULT)
                    left.remove(name)
            if self._deadline.over:
                hint = "it goes on draining; sagews admin start takes it back"
                raise TimeLimitError("has sessions or readers still", min(left), hint)
            time.sleep(min(0.2, self._deadline.left))
        return self._worst

    def tidy(self) -> int:
        """End what the configuration has no more."""
        with self._alone():
            if self._keeper.runs():
                self._stop_gone()
        return self._worst

    def restart(self, names: Sequence[str] = ()) -> int:
        """Stop and start programs one after another, each once the one before answers; return the status."""
        wanted = self._chosen(names)
        with self._alone():
            steps = {name: Step.RESTART if s is not Step.START else s for name, s in self._steps(wanted).items()}
            self._check(wanted, steps)
            self._bring_up()
            self._take_back(wanted)
            for program in wanted:
                self._close([program], steps)
        return self._worst

    def reload(self, names: Sequence[str] = ()) -> int:
        """Have programs take their new files without an end; return the status."""
        wanted = self._chosen(names)
        with self._alone():
            steps = self._steps(wanted)
            self._check([program for program in wanted if steps[program.name] in (Step.RELOAD, Step.LEAVE)], steps)
            if self._keeper.runs():
                self._bring_up()
            for program in wanted:
                if steps[program.name] is Step.START:
                    self._say(program.name, "does not run", FAULT)
                elif not program.reload_signal or steps[program.name] is Step.RESTART:
                    # Named, it was meant; among all, it is enough that it is as the file says.
                    status = FAULT if names or steps[program.name] is not Step.LEAVE else 0
                    what = "takes nothing new while it runs: restart it" if status else "left alone"
                    self._say(program.name, what, status)
                else:
                    self._close([program], {program.name: Step.RELOAD})
        return self._worst

    def status(self, machine: str) -> list[Status]:
        """Return how each program is, and what else supervisord keeps."""
        memory = Memory(self.places.started)
        processes = self._processes()
        listed = [status(machine, p, processes.get(p.name), memory.of(p.name), self._deadline) for p in self.programs]
        drained = draining.Drained(self.places.drained).names
        listed = [draining.seen(each, drained, processes.get(each.service)) for each in listed]
        return listed + [unknown(machine, processes[name]) for name in gone(self.programs, processes)]

    def stop(self, names: Sequence[str] = ()) -> int:
        """End programs in the reverse order, and with all of them supervisord and what it has left."""
        wanted = self._chosen(names)
        with self._alone():
            if self._keeper.runs():
                if not names:
                    self._stop_gone()
                for _, group in groupby(reversed(wanted), key=lambda program: program.kind):
                    self._stop([program.name for program in group], silent=not names)
            elif names:
                for program in wanted:
                    self._say(program.name, "does not run")
            else:
                self._say("", "nothing runs here")
            if not names and not self._worst:
                self._keeper.end()
        return self._worst

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._keeper.make_directories()
        with locked(self.places.lock, self._deadline):
            self._memory = Memory(self.places.started)
            yield

    def _chosen(self, names: Iterable[str]) -> list[Program]:
        known = {word for program in self.programs for word in (program.name, program.kind)}
        if unknown := sorted(set(names) - known):
            raise ConfigurationError("is no service of this machine", unknown[0], "see sagews admin status")
        return chosen(self.programs, names)

    def _processes(self) -> dict[str, Process]:
        return self._keeper.processes() if self._keeper.runs() else {}

    def _take_back(self, wanted: Sequence[Program]) -> None:
        """End the draining of programs: a worker that still has sessions opens others again."""
        drained, processes = draining.Drained(self.places.drained), self._processes()
        for program in wanted:
            if program.name in drained.names:
                if not draining.over(processes.get(program.name)):
                    draining.take_back(self._keeper.supervisor, program.name, program.kind)
                    self._say(program.name, "is taken back")
                drained.remove(program.name)

    def _steps(self, wanted: Sequence[Program]) -> dict[str, Step]:
        processes = self._processes()
        up = {name for name, process in processes.items() if process.state in UP}
        return {p.name: step(p, self._memory.of(p.name), up=p.name in up) for p in wanted}

    def _check(self, programs: Sequence[Program], steps: dict[str, Step], *, change: bool = True) -> None:
        for name in see_to_users(needed(programs, self.programs)):
            self._say("", f"made user {name}")
        for program in programs:
            check(program, self.places.data, self._deadline)
        if change and (ended := self._keeper.clear()):
            self._say("", f"ended {ended} processes that a supervisord had left behind")
        ours = self._keeper.ours()
        for program in programs:
            if steps[program.name] is Step.START:
                refuse_strangers(program, ours)

    def _bring_up(self) -> None:
        for file in self._shared:
            write(file)
        self._keeper.bring_up()

    def _close(self, group: Sequence[Program], steps: dict[str, Step]) -> None:
        """Do to each program of a kind what has to be done; those that only start do so at the same time."""
        begun = []
        for program in group:
            todo = steps[program.name]
            if missing := sorted(program.needs & self._lost):
                self._fail(program, f"left as it is, since {missing[0]} failed", FAILED)
            elif todo in (Step.RESTART, Step.RELOAD) and self._failed:
                self._fail(program, f"left as it is, since {min(self._failed)} failed", FAILED)
            else:
                with self._told(program):
                    self._keeper.share(program)
                    if todo is not Step.LEAVE:
                        # All that is written comes before the end of what runs: the volume may be full.
                        self._memory.forget(program.name)
                        self._keeper.lay_out(program)
                    if todo is Step.RESTART:
                        self._stop([program.name])
                    self._keeper.begin(program, todo)
                    if todo is Step.START:
                        begun.append(program)
                    else:
                        self._await(program, todo)
        for program in begun:
            with self._told(program):
                self._await(program, Step.START)
        if self._failed.issuperset(program.name for program in group):
            self._lost |= {program.kind for program in group}

    def _await(self, program: Program, todo: Step) -> None:
        before = time.monotonic()
        self._keeper.wait(program)
        self._keeper.settle(program)
        if todo is Step.LEAVE:
            self._say(program.name, "runs")
            return
        self._memory.keep(program.name, started(program))
        done = {Step.START: "started", Step.RESTART: "restarted", Step.RELOAD: "reloaded"}[todo]
        self._say(program.name, f"{done}, answers after {time.monotonic() - before:.1f} s")

    def _stop(self, names: Sequence[str], *, silent: bool = False) -> None:
        """Stop programs; of one that does not run nothing is said, if that is wanted."""
        for name, ended in self._keeper.stop(names):
            if ended or not silent:
                self._say(name, "stopped" if ended else "does not run")

    def _stop_gone(self) -> None:
        if names := gone(self.programs, self._keeper.processes()):
            self._stop(names)
            self._keeper.remove(names)

    @contextmanager
    def _told(self, program: Program) -> Iterator[None]:
        try:
            yield
        except SagewsError as error:
            what = f"{error.what}; {error.hint}" if error.hint else error.what
            noun = "" if error.noun in ("", program.name) else f"{error.noun}: "
            self._fail(program, f"failed: {noun}{what}", max(error.exit_status, FAILED))
            if isinstance(error, TimeLimitError):
                raise

    def _fail(self, program: Program, what: str, status: int) -> None:
        self._failed.add(program.name)
        self._say(program.name, what, status)

    def _say(self, service: str, what: str, status: int = 0) -> None:
        self._worst = max(self._worst, status)
        self._tell(Word(service, what, status))
