"""The supervisor: admits sessions, finds them again, and ends them.

Theory of operation. Four kinds of process take part:

    supervisor   this one; asyncio; holds the links and the keys; runs no user code
    zygote       one for each environment; warm interpreter; started by exec; forks
    init         parent of all processes of one session; kills them all; then serves another
    session      runs the user's code

The supervisor asks a zygote for a session by passing it four descriptors
(`worker/process.py` says which); the zygote gives them to an init, and that
forks the session. Who dies first: the session's main process, then everything
it started; its init tells how it ended. If the supervisor is killed,
the kernel closes every lifeline and each init kills its session; the zygote
sees its socket end and goes too. If a zygote is killed, its sessions live on
and it is started anew. If an init is killed, the zygote kills the orphans.
"""

import asyncio
import ctypes
import os
import secrets
from collections import deque

import structlog

from sagews.config.site import Site
from sagews.errors import SagewsError
from sagews.protocol import sagews_pb2 as pb
from sagews.session import family
from sagews.worker import journal
from sagews.worker.admission import Admission
from sagews.worker.cgroups import Cgroups
from sagews.worker.limits import environment_limits, lowered
from sagews.worker.refusal import Refusal
from sagews.worker.session import Session
from sagews.worker.spares import Spares
from sagews.worker.zygote import Zygote

LAST_DEADLINE = 1.0
"""Seconds for killing what is left of this process's descendants at its end."""
MAX_ENDED = 32
"""Ended sessions whose last events are still kept for a page that comes back."""

_PR_SET_CHILD_SUBREAPER = 36
_REAP_EVERY = 1.0

log = structlog.get_logger()


class Supervisor:
    """All sessions of one worker."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._zygotes = {environment.name: Zygote(environment) for environment in site.environment}
        self._limits = {
            environment.name: environment_limits(site.limits, environment) for environment in site.environment
        }
        self._spares: dict[str, Spares] = {}
        self._cgroups: Cgroups | None = None
        self._sessions: dict[str, Session] = {}
        self._admission = Admission(site.worker)
        self._counted: dict[str, str] = {}
        """As what the reader of each session was counted."""
        self._ended: deque[Session] = deque()
        self._empty = asyncio.Event()
        self._draining = False
        self._reaper: asyncio.Task[None] | None = None

    @property
    def environments(self) -> list[str]:
        """Names of the environments, the default one first."""
        return list(self._zygotes)

    async def start(self) -> None:
        """Start the zygotes and spares. Raises ServiceError if an environment cannot be started."""
        become_subreaper()
        self._reaper = asyncio.create_task(_reap())
        await self._find_cgroups()
        for environment in self._site.environment:
            zygote = self._zygotes[environment.name]
            await zygote.start()
            spares = Spares(zygote, self._limits[environment.name], environment.spares, self._cgroups)
            self._spares[environment.name] = spares
            await spares.start()

    async def _find_cgroups(self) -> None:
        """Find out whether the system can keep the limits of sessions, and clear away what an earlier life left."""
        if self._site.worker.cgroups:
            self._cgroups = Cgroups.find(self._site.worker.name)
        if self._cgroups is None:
            log.info("no cgroups: limits are kept by looking at processes")
            return
        log.info("cgroups keep limits", version=self._cgroups.version, controllers=self._cgroups.controllers)
        await self._cgroups.sweep()

    async def stop(self) -> None:
        """End all sessions with all their processes, then the zygotes."""
        self._draining = True
        for session in list(self._sessions.values()):
            session.close(pb.SESSION_REASON_SHUTDOWN)
        try:
            async with asyncio.timeout(1.5):
                await asyncio.gather(*(spares.stop() for spares in self._spares.values()))
                while self._sessions:
                    self._empty.clear()
                    await self._empty.wait()
        except TimeoutError:
            log.error("sessions did not end in time", sessions=list(self._sessions))
        await asyncio.gather(*(zygote.stop() for zygote in self._zygotes.values()))
        if self._reaper is not None:
            self._reaper.cancel()
        if self._cgroups is not None:
            await self._cgroups.close()
        # What an init left that was killed when there was no zygote, or that a session had stopped.
        family.kill_all(deadline=LAST_DEADLINE)

    async def open(self, wish: pb.Open) -> Session:
        """Start a session. Raises Refusal if there is no room or none can be made."""
        environment = wish.environment or self.environments[0]
        noun = f"worker {self._site.worker.name}"
        if environment not in self._zygotes:
            known = ", ".join(self.environments)
            raise Refusal(
                pb.FAILURE_CODE_UNKNOWN_ENVIRONMENT,
                "is not known here",
                f"environment {environment!r}",
                f"choose one of: {known}",
            )
        if self._draining:
            raise Refusal(pb.FAILURE_CODE_DRAINING, "is shutting down", noun, "try another worker")
        counted = self._admission.enter(wish.reader)
        try:
            session = await self._start(environment, lowered(self._limits[environment], wish.limits))
        except BaseException:
            self._admission.leave(counted)
            raise
        self._counted[session.name] = counted
        self._sessions[session.name] = session
        log.info("session opened", session=session.name, environment=environment, reader=wish.reader, pid=session.pid)
        return session

    async def _start(self, environment: str, limits: pb.Limits) -> Session:
        """Take a session's process and make it a session. Raises Refusal."""
        noun = f"worker {self._site.worker.name}"
        try:
            process = await self._spares[environment].take(limits)
        except (SagewsError, TimeoutError, OSError) as error:
            log.error("session not started", environment=environment, error=str(error))
            raise Refusal(
                pb.FAILURE_CODE_UNAVAILABLE, "could not start a session", noun, "try again; the worker's log says why"
            ) from error
        if self._draining:
            process.kill()
            raise Refusal(pb.FAILURE_CODE_DRAINING, "is shutting down", noun, "try another worker")
        name = f"{self._site.worker.name}-{secrets.token_hex(8)}"
        return Session(name, environment, limits, process, self._site, self._session_ended)

    def find(self, name: str, token: str) -> Session:
        """Return a session that lives, or ended a moment ago. Raises Refusal."""
        session = self._sessions.get(name) or next((ended for ended in self._ended if ended.name == name), None)
        if session is None:
            raise Refusal(
                pb.FAILURE_CODE_UNKNOWN_SESSION,
                "is not known here: it ended, or its worker was started anew",
                f"session {name}",
                "open a new one",
            )
        if not secrets.compare_digest(session.token.encode(), token.encode()):
            raise Refusal(
                pb.FAILURE_CODE_WRONG_TOKEN, "the token is not its own", f"session {name}", "use the one of `opened`"
            )
        return session

    def _session_ended(self, session: Session) -> None:
        del self._sessions[session.name]
        self._admission.leave(self._counted.pop(session.name))
        self._empty.set()
        if session.ended is None:
            return
        journal.session_ended(session.name, session.ended, session.output_bytes)
        if session.ended.reason != pb.SESSION_REASON_CLOSED:
            self._ended.append(session)
            if len(self._ended) > MAX_ENDED:
                self._ended.popleft()
            asyncio.get_running_loop().call_later(session.limits.grace, self._forget, session)

    def _forget(self, session: Session) -> None:
        if session in self._ended:
            self._ended.remove(session)


def become_subreaper() -> None:
    """Adopt the inits of a zygote that dies (prctl(2), PR_SET_CHILD_SUBREAPER)."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        log.warning("cannot become a subreaper", error=os.strerror(ctypes.get_errno()))


async def _reap() -> None:
    """Collect adopted children, so that none stays a zombie."""
    while True:
        await asyncio.sleep(_REAP_EVERY)
        try:
            while os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG) is not None:  # noqa: ASYNC222  # WNOHANG
                pass
        except ChildProcessError:
            pass
