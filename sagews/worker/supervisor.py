"""The supervisor: admits sessions, finds them again, and ends them.

Theory of operation. Five kinds of process take part:

    supervisor   this one; asyncio; holds the links and the keys; runs no user code
    builder      small; started by exec; makes sandboxes ahead of time
    init         first process of a sandbox; its end is the end of everything inside
    zygote       one for each environment; warm interpreter; started by exec; forks
    session      runs the user's code

The supervisor takes a sandbox that stands, and asks a zygote to fork a session
into it by passing the descriptors that `worker/process.py` names. Who dies
first: the session's main process, of which the zygote tells, or the init,
which the supervisor kills. If the supervisor is killed, the kernel closes
every lifeline, and each init ends with its sandbox; zygote and builder see
their sockets end and go too. If a zygote or the builder is killed, sessions
live on, and it is started anew. Where there are no namespaces there is no
init, and the zygote kills what a session leaves.
"""

import asyncio
import secrets
from collections import deque

import msgspec
import structlog

from sagews.config.site import Site
from sagews.errors import SagewsError
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.isolation import encode
from sagews.service.readers import Readers
from sagews.session import family
from sagews.worker.isolation import Isolation
from sagews.worker.limits import lowered, site_limits
from sagews.worker.refusal import Refusal
from sagews.worker.session import Session
from sagews.worker.spares import Spares
from sagews.worker.zygote import Zygote

LAST_DEADLINE = 1.0
"""Seconds for killing what is left of this process's descendants at its end."""
MAX_ENDED = 32
"""Ended sessions whose last events are still kept for a page that comes back."""

_REAP_EVERY = 1.0

log = structlog.get_logger()


class Supervisor:
    """All sessions of one worker."""

    def __init__(self, site: Site, readers: Readers = Readers.TOKEN) -> None:
        self._site = site
        self.isolation = ""
        """What the worker found of its isolation, as JSON; see `protocol/isolation.py`. Known after `start`."""
        self._limits = site_limits(site.limits)
        self._isolation = Isolation(site, readers)
        self._zygotes = {
            environment.name: Zygote(environment, self._isolation.namespaces) for environment in site.environment
        }
        self._spares: dict[str, Spares] = {}
        self._sessions: dict[str, Session] = {}
        self._opening = 0
        self._ended: deque[Session] = deque()
        self._empty = asyncio.Event()
        self._draining = False
        self._reaper: asyncio.Task[None] | None = None

    @property
    def tier(self) -> str:
        """The tier in which sessions are isolated."""
        return self._isolation.tier.name

    @property
    def environments(self) -> list[str]:
        """Names of the environments, the default one first."""
        return list(self._zygotes)

    async def start(self) -> None:
        """Start the zygotes and spares. Raises ServiceError if an environment cannot be started."""
        become_subreaper()
        self._reaper = asyncio.create_task(self._reap())
        await self._isolation.start()
        examination = asyncio.create_task(self._examine())
        for environment in self._site.environment:
            zygote = self._zygotes[environment.name]
            await zygote.start()
            walls = self._isolation.walls(environment)
            self._spares[environment.name] = Spares(zygote, walls, self._limits, environment.spares)
            await self._spares[environment.name].start()
        await examination

    async def _examine(self) -> None:
        """Examine this machine, while the zygotes preload; all at once, so that nothing of the loop comes between."""
        found = self._isolation.examine()
        log.info("examined", isolation=msgspec.to_builtins(found))
        self.isolation = encode(found)

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
        await self._isolation.stop()
        await asyncio.gather(*(zygote.stop() for zygote in self._zygotes.values()))
        if self._reaper is not None:
            self._reaper.cancel()
        # What an init left that was killed when there was no zygote, or that a session had stopped.
        family.kill_all(deadline=LAST_DEADLINE)

    def preloaded(self, environment: str) -> pb.Preloaded:
        """Return what the zygote of an environment said when it was ready."""
        return self._zygotes[environment].preloaded

    async def _reap(self) -> None:
        """Collect adopted children, so that none stays a zombie; kill what sessions without a sandbox left.

        Those that somebody waits for are left to them.
        """
        while True:
            await asyncio.sleep(_REAP_EVERY)
            awaited = {zygote.pid for zygote in self._zygotes.values()} | self._isolation.pids
            awaited |= {pid for spares in self._spares.values() for pid in spares.pids}
            awaited |= {session.pid for session in self._sessions.values()}
            if not self._isolation.tier.has_namespaces:
                family.kill_strays(known=awaited)
            family.reap(leave=awaited)

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
        if len(self._sessions) + self._opening >= self._site.worker.max_sessions:
            raise Refusal(
                pb.FAILURE_CODE_FULL, f"holds {len(self._sessions)} sessions, its limit", noun, "try again in a while"
            )
        limits = lowered(self._limits, wish.limits)
        self._opening += 1
        try:
            process = await self._spares[environment].take(limits)
        except (SagewsError, TimeoutError, OSError) as error:
            log.error("session not started", environment=environment, error=str(error))
            raise Refusal(
                pb.FAILURE_CODE_UNAVAILABLE, "could not start a session", noun, "try again; the worker's log says why"
            ) from error
        finally:
            self._opening -= 1
        if self._draining:
            process.kill()
            raise Refusal(pb.FAILURE_CODE_DRAINING, "is shutting down", noun, "try another worker")
        session = Session(
            f"{self._site.worker.name}-{secrets.token_hex(8)}",
            environment,
            limits,
            process,
            replay_bytes=self._site.worker.replay_bytes,
            max_waiting=self._site.worker.max_waiting,
            interrupt_pause=self._site.limits.interrupt_pause,
            on_end=self._session_ended,
        )
        self._sessions[session.name] = session
        log.info("session opened", session=session.name, environment=environment, reader=wish.reader, pid=process.pid)
        return session

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
        self._empty.set()
        if session.ended is None:
            return
        log.info(
            "session ended",
            session=session.name,
            reason=pb.SessionReason.Name(session.ended.reason),
            status=session.ended.status,
        )
        if session.ended.reason != pb.SESSION_REASON_CLOSED:
            self._ended.append(session)
            if len(self._ended) > MAX_ENDED:
                self._ended.popleft()
            asyncio.get_running_loop().call_later(session.limits.grace, self._forget, session)

    def _forget(self, session: Session) -> None:
        if session in self._ended:
            self._ended.remove(session)


def become_subreaper() -> None:
    """Adopt what a zygote leaves that dies."""
    try:
        family.adopt_orphans()
    except OSError as error:
        log.warning("cannot become a subreaper", error=str(error))
