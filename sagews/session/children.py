"""The zygote's children: the main processes of its sessions, each forked here and reaped here."""

import contextlib
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from sagews.protocol import sagews_pb2 as pb
from sagews.session import directories, family, namespaces, user_processes
from sagews.session.main import Session
from sagews.session.sandbox import Sandbox

STRAYS_DEADLINE = 5.0
"""Seconds after which a session counts as ended although something of it cannot be killed."""
EMPTY_LOOKS = 2
"""Looks in a row without a stray after which there is none."""
FAILED = 70
"""Exit status of a session that could not put up its walls (EX_SOFTWARE of sysexits.h)."""


@dataclass(slots=True)
class Child:
    """One session's main process, seen from the zygote."""

    number: int
    directory: str
    """Of a session without a sandbox; empty otherwise."""
    user: int = 0
    """By whom all that is the session's is found, where ancestors do not tell; 0 where they do."""
    status: int = 0
    ended: float = 0.0
    empty_looks: int = 0
    """Looks in a row, since its main process ended, that found nothing of it."""


class Children:
    """All sessions of one zygote."""

    def __init__(self, session: Session, sandbox: Sandbox, *, adopts: bool) -> None:
        """Have none yet; `adopts` is whether orphans of sessions become children of this process."""
        self._session = session
        self._adopts = adopts
        self._sandbox = sandbox
        self._own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        self._directory = tempfile.gettempdir()
        self._owner = os.getppid()
        directories.sweep(self._directory)
        self._living: dict[int, Child] = {}
        self._leaving: list[Child] = []
        """Their main processes have ended; what they left is being killed."""
        self._removing: set[int] = set()
        """Processes that remove directories of sessions that have been told of; they may take long."""

    @property
    def have_left_strays(self) -> bool:
        """Whether `reap` is to be called again soon."""
        return bool(self._leaving)

    def fork(self, spawn: pb.Spawn, received: list[int]) -> int:
        """Fork a session, inside the sandbox whose init's pidfd came with the spawn; return its process id.

        Until `reap` it is that of no other process. Raises OSError or ValueError.
        """
        walls = spawn.walls
        if len(received) != 3 + walls.sandbox + walls.cgroups:
            raise ValueError(f"{len(received)} descriptors came")
        if spawn.by_user and not walls.uid:
            raise ValueError("it is to be held by a user, and has none of its own")
        if not (walls.sandbox or spawn.by_user or self._adopts):
            raise ValueError("nobody would find what it leaves")
        self._sandbox.prepare(walls)
        directory = "" if walls.sandbox else f"{self._directory}/{directories.name(self._owner)}"
        if walls.sandbox:
            namespaces.enter(received[3], namespaces.NEW_PROCESSES)
        try:
            pid = os.fork()
            if pid == 0:
                self._live(spawn, received, directory)
        finally:
            if walls.sandbox:
                namespaces.enter(self._own, namespaces.NEW_PROCESSES)
        self._living[pid] = Child(spawn.number, directory, user=walls.uid if spawn.by_user else 0)
        return pid

    def signal(self, wish: pb.Signal) -> None:
        """Signal a session, unless its main process is reaped already: from then on its id may be another's."""
        for pid, child in self._living.items():
            if child.number == wish.number:
                # A group is there only when the session has made its own.
                with contextlib.suppress(ProcessLookupError):
                    (os.killpg if wish.group else os.kill)(pid, wish.signal)

    def _live(self, spawn: pb.Spawn, received: list[int], directory: str) -> NoReturn:
        try:
            family.forget_children()
            channel = self._sandbox.enter(spawn, received, directory)
            self._session.run(channel, spare=spawn.spare)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(FAILED)

    def reap(self) -> Iterator[pb.Exited]:
        """Reap what has ended; yield the sessions of which nothing runs any more."""
        for pid, status in family.reap().items():
            self._removing.discard(pid)
            if (child := self._living.pop(pid, None)) is not None:
                child.status, child.ended = status, time.monotonic()
                if child.directory:
                    self._leaving.append(child)
                else:
                    yield pb.Exited(number=child.number, status=status)
        if self._leaving:
            yield from self._clear()

    def _clear(self) -> Iterator[pb.Exited]:
        """Kill what sessions without a sandbox left: all of a user, or orphans, which are nobody else's here."""
        strays = family.kill_strays(known=self._living.keys() | self._removing)
        leaving, self._leaving = self._leaving, []
        for child in leaving:
            left = user_processes.kill(child.user) if child.user else strays
            # The list of children can miss one while others end: what nobody saw twice is not there.
            child.empty_looks = 0 if left else child.empty_looks + 1
            if child.empty_looks < EMPTY_LOOKS and time.monotonic() - child.ended < STRAYS_DEADLINE:
                self._leaving.append(child)
                continue
            self._remove(child.directory)
            yield pb.Exited(number=child.number, status=child.status)

    def _remove(self, directory: str) -> None:
        """Remove an empty directory now, any other in the background."""
        try:
            process = directories.remove(directory)
        except OSError as error:
            print(f"zygote: a directory stays until the worker starts anew: {error!r}", file=sys.stderr)
            return
        if process is not None:
            self._removing.add(process)

    def kill_all(self) -> None:
        """Kill the sessions that have no sandbox with everything below them; the supervisor is gone."""
        sandboxed = {pid for pid, child in self._living.items() if not child.directory}
        left = [child for child in (*self._living.values(), *self._leaving) if child.directory]
        # Users first: then nothing below a child lives whose id could meanwhile have become another's.
        user_processes.kill_all({child.user for child in left if child.user}, STRAYS_DEADLINE)
        if left:
            family.kill_all(spare=sandboxed | self._removing, deadline=STRAYS_DEADLINE)
        for child in left:
            self._remove(child.directory)
